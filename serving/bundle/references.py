"""Where a bundle is, from how it was named: the one place that knows."""

from __future__ import annotations

from pathlib import Path

from serving.bundle.prefixes import HUB

ON_HUB = "hub:USER/NAME[@REVISION][#sha256=DIGEST]"
BUNDLE_HELP = f"bundle: a folder written by keras-gen export, or {ON_HUB}."
BUNDLES_HELP = f"bundles: folders written by keras-gen export, or {ON_HUB}."


def bundle_folder(bundle: str | Path) -> Path:
    """The folder of a bundle, which is downloaded first where it is on a model hub.

    Args:
        bundle: a folder, or `hub:USER/NAME[@REVISION][#sha256=DIGEST]`.

    Raises:
        InputError: a name of another form, no such bundle on the hub, or one that is not what its manifest says.
        OSError: the hub cannot be reached.
    """
    if not is_on_hub(bundle):
        return Path(bundle)
    from serving.bundle.hub import fetch  # 11 ms of every start, for the few bundles that are there

    return fetch(str(bundle))


def is_on_hub(bundle: str | Path) -> bool:
    """Whether a bundle is named as one on a model hub."""
    return str(bundle).startswith(HUB)
