"""A bundle as a model repository of the Triton Inference Server. Imports neither TensorFlow nor Keras."""

from export.triton.repository import check_repository, write_repository

__all__ = ["check_repository", "write_repository"]
