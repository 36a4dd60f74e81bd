import tensorflow as tf

from keras_gen.losses import PAIRS, AdversarialPair


def my_generator_loss(fake_logits):
    return tf.reduce_mean(tf.square(fake_logits - 1.0), axis=1)


def my_discriminator_loss(real_logits, fake_logits):
    return tf.reduce_mean(tf.square(real_logits - 1.0) + tf.square(fake_logits), axis=1)


PAIRS.register("my_module:MINE", AdversarialPair(my_generator_loss, my_discriminator_loss))
print(list(PAIRS)[-1] == "my_module:MINE")  # True: `loss="my_module:MINE"` chooses it from now on
