"""Runs that are being trained, as a page on this machine. Imports no TensorFlow."""

from keras_gen.watch.runs import Runs
from keras_gen.watch.site import watched

__all__ = ["Runs", "watched"]
