"""The command line, one command a file. Nothing here imports TensorFlow before a command needs it."""

from keras_gen.cli.main import main

__all__ = ["main"]
