"""What is said of a bundle to people."""

from __future__ import annotations

from typing import Any

from serving.sampler import Sampler
from serving.server.catalogue import Bundle

# Of a bundle with an encoder and a decoder.
RECONSTRUCT = "reconstruct"


def summary(bundle: Bundle) -> dict[str, Any]:
    """A bundle's name, what it can do, and the pictures that it takes and gives."""
    manifest = bundle.manifest
    image = manifest.image
    said: dict[str, Any] = {
        "name": bundle.name,
        "version": bundle.version,
        "model": manifest.model,
        "abilities": abilities(bundle),
        "networks": sorted(manifest.networks),
        "image": {
            "height": image.height,
            "width": image.width,
            "channels": image.channels,
            "any_size": image.any_size,
        },
        "classes": list(manifest.classes),
    }
    if not isinstance(bundle.opened, Sampler):
        said["takes_seed"] = bool(bundle.opened.noise_dim)
        said["targets"] = [manifest.domains.get(each, each) for each in bundle.opened.targets]
    return said


def abilities(bundle: Bundle) -> list[str]:
    """The picture routes that a bundle has."""
    opened = bundle.opened
    if not isinstance(opened, Sampler):
        return ["translate"]
    found: list[str] = [each for each in ("sample", "encode", "classify") if each in opened.abilities]
    both = {"encode", "decode"} <= {*opened.abilities}
    return [*found, RECONSTRUCT] if both else found
