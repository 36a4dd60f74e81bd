import keras_gen

optimizer = keras_gen.OptimizerSpec("adam", learning_rate=2e-4, schedule="linear", decay_steps=1000).build()
print(type(optimizer).__name__)  # Adam
print(keras_gen.VAE.spec.prior)  # standard_normal: what is known before a model is made
