"""Keras layers that Keras does not have, one a file."""

from keras_gen.layers import aliases  # noqa: F401 - registers them
from keras_gen.layers.attended import Attended
from keras_gen.layers.attention import SelfAttention
from keras_gen.layers.augmentation import AUGMENTATIONS, Augmentation, DifferentiableAugmentation, PictureChange
from keras_gen.layers.autoregressive_flow import InverseAutoregressiveFlow
from keras_gen.layers.batch_normalization import BatchNormalization
from keras_gen.layers.by_label import ByLabel
from keras_gen.layers.canvas import LearnedCanvas, LearnedPooling
from keras_gen.layers.code_vectors import CodeVectors
from keras_gen.layers.conditional_normalization import ConditionalBatchNormalization
from keras_gen.layers.conditioning import ClassCode, ClassPlane
from keras_gen.layers.convolution import Conv2D, Conv2DTranspose
from keras_gen.layers.corruption import CORRUPTIONS, Corruption, Damage, PixelCorruption
from keras_gen.layers.coupling import AffineCoupling
from keras_gen.layers.dropout import Dropout
from keras_gen.layers.finite_scalar_quantizer import FiniteScalarQuantizer
from keras_gen.layers.gated import GatedLinearUnit
from keras_gen.layers.given_statistics import GivenStatistics
from keras_gen.layers.gradient_reversal import GradientReversal
from keras_gen.layers.grouped_convolution import GroupedConv2D
from keras_gen.layers.info_prior import InfoPrior
from keras_gen.layers.instance_normalization import InstanceNormalization
from keras_gen.layers.latent_levels import Inferred, LatentLevels, Merge
from keras_gen.layers.lightness import SameLightness
from keras_gen.layers.likelihood import LIKELIHOODS, Likelihood, PixelDistribution, PixelLikelihood
from keras_gen.layers.masked_dense import MaskedDense
from keras_gen.layers.mixture_of_gaussians import MixtureOfGaussians
from keras_gen.layers.modulation import ChannelBias, EqualizedDense, ModulatedConv2D, RootMeanSquare
from keras_gen.layers.orthogonal import OffDiagonalOrthogonal
from keras_gen.layers.padding import ReflectionPadding
from keras_gen.layers.picture_decoders import PictureDecoders
from keras_gen.layers.prior import LatentPrior, Prior
from keras_gen.layers.projection import ProjectionHead
from keras_gen.layers.pseudo_pictures import PseudoPictures
from keras_gen.layers.residual_quantizer import ResidualQuantizer
from keras_gen.layers.sampling import GaussianSampling
from keras_gen.layers.spectral import SpectralConv2D, SpectralDense, SpectralEmbedding
from keras_gen.layers.style_noise import AnotherLatent, FeatureNoise, StyleMixing
from keras_gen.layers.subpixel import SubPixel
from keras_gen.layers.token_attention import TokenAttention
from keras_gen.layers.token_dense import TokenDense
from keras_gen.layers.token_embedding import TokenEmbedding
from keras_gen.layers.truncation import TruncatedNormal
from keras_gen.layers.unmasking import Unmasking
from keras_gen.layers.upsampling import NearestUpsampling
from keras_gen.layers.vector_quantizer import VectorQuantizer

__all__ = [
    "AUGMENTATIONS",
    "CORRUPTIONS",
    "LIKELIHOODS",
    "AffineCoupling",
    "AnotherLatent",
    "Attended",
    "Augmentation",
    "BatchNormalization",
    "ByLabel",
    "ChannelBias",
    "ClassCode",
    "ClassPlane",
    "CodeVectors",
    "ConditionalBatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "Corruption",
    "Damage",
    "DifferentiableAugmentation",
    "Dropout",
    "EqualizedDense",
    "FeatureNoise",
    "FiniteScalarQuantizer",
    "GatedLinearUnit",
    "GaussianSampling",
    "GivenStatistics",
    "GradientReversal",
    "GroupedConv2D",
    "Inferred",
    "InfoPrior",
    "InstanceNormalization",
    "InverseAutoregressiveFlow",
    "LatentLevels",
    "LatentPrior",
    "LearnedCanvas",
    "LearnedPooling",
    "Likelihood",
    "MaskedDense",
    "Merge",
    "MixtureOfGaussians",
    "ModulatedConv2D",
    "NearestUpsampling",
    "OffDiagonalOrthogonal",
    "PictureChange",
    "PictureDecoders",
    "PixelCorruption",
    "PixelDistribution",
    "PixelLikelihood",
    "Prior",
    "ProjectionHead",
    "PseudoPictures",
    "ReflectionPadding",
    "ResidualQuantizer",
    "RootMeanSquare",
    "SameLightness",
    "SelfAttention",
    "SpectralConv2D",
    "SpectralDense",
    "SpectralEmbedding",
    "StyleMixing",
    "SubPixel",
    "TokenAttention",
    "TokenDense",
    "TokenEmbedding",
    "TruncatedNormal",
    "Unmasking",
    "VectorQuantizer",
]
