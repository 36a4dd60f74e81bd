from keras_gen.networks import build_network

generator = build_network(
    "generator",
    {"name": "mlp", "units": [32, 16]},
    input_shape=(8,),
    output_shape=(12, 12, 1),
    latent_dim=8,
    image_shape=(12, 12, 1),
)
print(generator.output_shape)  # (None, 12, 12, 1)
