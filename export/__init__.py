"""From a trained model, or from networks of any origin, to a bundle: checked against them before anything is written.

What needs TensorFlow is imported when it is first used: `export.triton` works on a bundle and does without.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from export.bundle import export_bundle
    from export.foreign.bundle_networks import bundle_networks
    from export.parity import ParityError
    from export.provider_check import ProviderCheck
    from export.quality import QualityError
    from export.quantized import Wish

__all__ = ["ParityError", "ProviderCheck", "QualityError", "Wish", "bundle_networks", "export_bundle"]

_HOMES = {
    "bundle_networks": "export.foreign.bundle_networks",
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
