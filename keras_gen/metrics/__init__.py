"""What says whether a model works: each metric a function of arrays or of a model and pictures."""

from keras_gen.metrics.codes import active_units, linear_probe
from keras_gen.metrics.likelihood import importance_sampled_nll
from keras_gen.metrics.similarity import psnr, ssim

__all__ = ["active_units", "importance_sampled_nll", "linear_probe", "psnr", "ssim"]
