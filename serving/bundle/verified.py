"""The files of a bundle, read only where they are what the manifest says."""

from __future__ import annotations

import hashlib
from pathlib import Path

from serving.bundle.links import real_file
from serving.bundle.manifest import Manifest, Stored
from serving.common.errors import InputError


def stored_files(manifest: Manifest) -> list[Stored]:
    """Every file that a manifest names, one that several networks share once."""
    codes, film = manifest.codes, manifest.film
    named: list[Stored | None] = [each for network in manifest.networks.values() for each in (network, network.weights)]
    named += [codes, codes.labels, codes.atlas] if codes else []
    named += [film, film.frames] if film else []
    named += manifest.examples.values()
    files: dict[tuple[str, str, int], Stored] = {}
    for stored in filter(None, named):
        files.setdefault((stored.file, stored.sha256, stored.size), stored)
    return list(files.values())


def check_present(bundle: Path, stored: Stored) -> Path:
    """The path, behind a link, of a file that the manifest names, which is there with the size that it states.

    Raises:
        InputError: the file is missing, has another size or is a link that leads out of the bundle.
    """
    path = bundle / stored.file
    real = real_file(bundle, stored.file)
    if real is None:
        raise InputError(f"{path} is named in the manifest. Received: no such file.")
    size = real.lstat().st_size
    if size != stored.size:
        raise InputError(f"{path} must have {stored.size} bytes. Received: {size}.")
    return real


def read_verified(bundle: Path, stored: Stored) -> bytes:
    """The bytes of a file, after its size and SHA-256 were compared with the manifest's.

    Raises:
        InputError: the file is missing, truncated, altered or a link that leads out of the bundle.
    """
    with check_present(bundle, stored).open("rb") as file:
        content = file.read(stored.size + 1)  # no more, should it grow meanwhile
    digest = hashlib.sha256(content).hexdigest()
    if digest != stored.sha256:
        raise InputError(f"{bundle / stored.file} must have the SHA-256 {stored.sha256}. Received: {digest}.")
    return content
