import keras_gen.inversion
import serving
from serving.common.images import to_float

sampler = serving.load("bundles/vae")
decoder = keras_gen.inversion.decoder_of_bundle(sampler)
images = to_float(sampler.sample(2, seed=7))
found = keras_gen.inversion.invert(decoder, images)
print(found.latents.shape, found.pictures.shape)  # (2, 2) (2, 8, 8, 1)
