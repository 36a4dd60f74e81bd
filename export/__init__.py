"""From a trained model to a bundle: SavedModel and ONNX, checked against Keras before anything is written."""

from export.bundle import export_bundle
from export.parity import ParityError

__all__ = ["ParityError", "export_bundle"]
