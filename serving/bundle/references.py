"""Where a bundle is, from how it was named: the one place that knows."""

from __future__ import annotations

import re
from pathlib import Path

from serving.bundle.prefixes import HUB, READY

ON_HUB = "hub:USER/NAME[@REVISION][#sha256=DIGEST]"
OF_PACKAGE = "ready:NAME"
BUNDLE_HELP = f"bundle: a folder written by keras-gen export, {OF_PACKAGE} of keras-gen ready, or {ON_HUB}."
BUNDLES_HELP = f"bundles: folders written by keras-gen export, {OF_PACKAGE} of keras-gen ready, or {ON_HUB}."


def bundle_folder(bundle: str | Path) -> Path:
    """The folder of a bundle, which is downloaded first where it is on a model hub.

    Args:
        bundle: a folder, `ready:NAME`, or `hub:USER/NAME[@REVISION][#sha256=DIGEST]`.

    Raises:
        InputError: a name of another form, no such bundle in the package or on the hub, or one that is not what its
            manifest says.
        OSError: the hub cannot be reached.
    """
    text = str(bundle)
    if text.startswith(READY):
        from serving.bundle.ready import ready_bundle

        return ready_bundle(text)
    if text.startswith(HUB):
        from serving.bundle.hub import fetch  # 11 ms of every start, for the few bundles that are there

        return fetch(text)
    return Path(bundle)


def is_folder(bundle: str | Path) -> bool:
    """Whether a bundle is named by its folder, which then is the user's own to write to."""
    return not str(bundle).startswith((HUB, READY))


def called(bundle: str | Path) -> str:
    """What a bundle is called where it stands beside others: `vae` of `runs/vae`, `ready:vae` and `hub:me/vae@v1`."""
    text = str(bundle)
    if text.startswith(READY):
        return text.removeprefix(READY)
    if text.startswith(HUB):
        return re.split("[@#]", text, maxsplit=1)[0].rpartition("/")[2]
    return Path(bundle).resolve().name
