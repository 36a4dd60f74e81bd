"""From a trained model to a bundle: SavedModel and ONNX, checked against Keras before anything is written."""

from export.bundle import export_bundle
from export.parity import ParityError
from export.quantized import QualityError, Wish

__all__ = ["ParityError", "QualityError", "Wish", "export_bundle"]
