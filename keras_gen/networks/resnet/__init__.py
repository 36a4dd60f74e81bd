"""Residual networks: those of WGAN-GP and SNGAN, and the image-to-image generator of CycleGAN."""

from keras_gen.networks.resnet.gan import decoder, discriminator, encoder, generator
from keras_gen.networks.resnet.translation import translator

__all__ = ["decoder", "discriminator", "encoder", "generator", "translator"]
