"""From a trained model to a bundle: SavedModel and ONNX, checked against Keras before anything is written.

What needs TensorFlow is imported when it is first used: `export.triton` works on a bundle and does without.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from export.bundle import export_bundle
    from export.parity import ParityError
    from export.provider_check import ProviderCheck
    from export.quality import QualityError
    from export.quantized import Wish

__all__ = ["ParityError", "ProviderCheck", "QualityError", "Wish", "export_bundle"]

_HOMES = {
    "export_bundle": "export.bundle",
    "ParityError": "export.parity",
    "ProviderCheck": "export.provider_check",
    "QualityError": "export.quality",
    "Wish": "export.quantized",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'export' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
