import export
import keras_gen

model = keras_gen.VAE(
    image_shape=(8, 8, 1),
    latent_dim=2,
    encoder={"name": "mlp", "units": [16]},
    decoder={"name": "mlp", "units": [16]},
)
model.compile()
print(export.export_bundle(model, "bundles/vae"))  # bundles/vae: compared with Keras, then written
