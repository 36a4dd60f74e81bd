import tensorflow as tf

from keras_gen import losses

real, fake = tf.constant([[2.0], [0.0]]), tf.constant([[-1.0], [-2.0]])
per_example = losses.hinge_discriminator_loss(real, fake)
print(per_example.numpy())  # [0. 1.]: one value per example

pair = losses.PAIRS["hinge"]  # what `--model.loss hinge` chooses
print(pair.generator_loss(fake).numpy())  # [1. 2.]
