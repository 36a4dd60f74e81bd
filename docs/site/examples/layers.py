import tensorflow as tf

from keras_gen import layers

pictures = tf.random.stateless_uniform((2, 8, 8, 16), seed=(1, 2), minval=-1.0, maxval=1.0)
normalized = layers.InstanceNormalization()(pictures)
print(normalized.shape)  # (2, 8, 8, 16)
print(list(layers.AUGMENTATIONS))  # ['color', 'translation', 'cutout', 'mirror', 'geometry', 'affine']
