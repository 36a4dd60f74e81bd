import serving

sampler = serving.load("bundles/vae", provider="cpu", threads=1)
pictures = sampler.sample(4, seed=7)
print(pictures.shape, pictures.dtype)  # (4, 8, 8, 1) uint8
print(sampler.manifest.latent.size)  # 2
