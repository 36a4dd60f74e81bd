import keras_gen.data

source = keras_gen.data.open_source("digits", image_size=16)
images = source.examples.images
print(images.shape[1:], images.dtype, source.classes[:3])  # (16, 16, 1) uint8 ('0', '1', '2')
