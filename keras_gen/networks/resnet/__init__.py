"""Residual networks: those of WGAN-GP and SNGAN, and CycleGAN's from picture to picture."""

from keras_gen.networks.resnet.gan import decoder, discriminator, encoder, generator
from keras_gen.networks.resnet.translation import translator

__all__ = ["decoder", "discriminator", "encoder", "generator", "translator"]
