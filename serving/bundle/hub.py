"""Bundles of a model hub: `hub:USER/NAME[@REVISION][#sha256=DIGEST]`.

A bundle is downloaded once for each commit, into a folder of the cache that holds what its manifest names and nothing
else. Nothing is sent but the requests for these files.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.bundle import schema
from serving.bundle.hub_client import explained, hub_client
from serving.bundle.manifest import FILE_NAME, Manifest
from serving.bundle.prefixes import HUB
from serving.bundle.verified import read_verified, stored_files
from serving.common import environment
from serving.common.errors import InputError, shown
from serving.common.files import whole_file, whole_folder

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
REPOSITORY = re.compile(f"{NAME}/{NAME}")
REFERENCE = re.compile(
    rf"{HUB}(?P<repository>{NAME}/{NAME})(?:@(?P<revision>{NAME}(?:/{NAME})*))?(?:#sha256=(?P<sha256>[0-9a-f]{{64}}))?"
)
COMMIT = re.compile("[0-9a-f]{40}")
NEWEST = "main"
SECONDS = 20.0


@dataclass(frozen=True)
class Reference:
    """A bundle of a hub.

    Attributes:
        repository: `USER/NAME`.
        revision: a branch, a tag or a commit; None for the newest.
        sha256: what `manifest.json`, which has the SHA-256 of every other file, must hash to; None for anything.
    """

    repository: str
    revision: str | None = None
    sha256: str | None = None

    @classmethod
    def of(cls, text: str) -> Reference:
        """Reads what `str` gives.

        Raises:
            InputError: a text of another form.
        """
        found = REFERENCE.fullmatch(text)
        if found is None:
            raise InputError(
                f"a bundle of a hub must be {HUB}USER/NAME, with @REVISION and #sha256= of its manifest behind it as "
                f"wanted. Received: {shown(text)}."
            )
        return cls(**found.groupdict())

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        return f"{HUB}{self.repository}{revision}{f'#sha256={self.sha256}' if self.sha256 else ''}"


def fetch(text: str) -> Path:
    """The folder of a bundle in the cache, downloaded and checked where it is not there yet.

    A commit, or a manifest's SHA-256, that is there already is not asked for again; of a branch and a tag the newest
    commit is, and the last one that was seen is taken where the hub cannot be reached.

    Args:
        text: a `Reference`.

    Raises:
        InputError: a text of another form, no such bundle, or one that is not what it must be.
        OSError: the hub cannot be reached, and the bundle is not in the cache.
    """
    reference = Reference.of(text)
    of_repository = environment.cache_folder() / "hub" / reference.repository.replace("/", "--")
    if reference.sha256 and (known := _with_manifest(of_repository, reference.sha256)):
        return known
    folder = of_repository / _commit(reference, of_repository)
    if not folder.is_dir():
        with whole_folder(folder) as temporary:
            _download(reference, folder.name, temporary)
    _check_pinned(reference, folder)
    return folder


def manifest_sha256(bundle: Path) -> str:
    """What pins a bundle: the SHA-256 of its manifest."""
    return hashlib.sha256((bundle / FILE_NAME).read_bytes()).hexdigest()


def _with_manifest(of_repository: Path, sha256: str) -> Path | None:
    """The folder of any commit that has the manifest of this SHA-256."""
    found = sorted(of_repository.glob(f"*/{FILE_NAME}"))
    return next((file.parent for file in found if manifest_sha256(file.parent) == sha256), None)


def _commit(reference: Reference, of_repository: Path) -> str:
    """The commit that a revision is now, or was when the hub was last reached."""
    revision = reference.revision or NEWEST
    if COMMIT.fullmatch(revision):
        return revision
    seen = of_repository / "revisions.json"
    known: dict[str, str] = json.loads(seen.read_text(encoding="utf-8")) if seen.is_file() else {}
    try:
        with explained(str(reference)):
            commit = hub_client().HfApi().model_info(reference.repository, revision=revision, timeout=SECONDS).sha
    except OSError:
        if revision not in known:
            raise
        return known[revision]
    if not COMMIT.fullmatch(commit or ""):
        raise OSError(f"{reference} must be at a commit. Received: {shown(commit)}.")
    if known.get(revision) != commit:
        with whole_file(seen) as temporary:
            temporary.write_text(json.dumps({**known, revision: commit}), encoding="utf-8")
    return commit


def _download(reference: Reference, commit: str, folder: Path) -> None:
    """What the manifest of a commit names, each file after its size was compared and before it is used."""
    _download_file(reference, commit, FILE_NAME, folder, most=schema.MOST_BYTES)
    _check_pinned(reference, folder)
    for stored in stored_files(Manifest.read(folder)):
        _download_file(reference, commit, stored.file, folder, most=stored.size)
        read_verified(folder, stored)
    shutil.rmtree(folder / ".cache", ignore_errors=True)  # the client's own notes


def _download_file(reference: Reference, commit: str, name: str, folder: Path, most: int) -> None:
    wanted: dict[str, Any] = {"revision": commit, "local_dir": folder}
    hub = hub_client()
    with explained(f"{name} of {reference}"):
        size = hub.hf_hub_download(reference.repository, name, dry_run=True, **wanted).file_size
    if size is not None and size > most:
        raise InputError(f"{name} of {reference} must have at most {most} bytes. Received: {size}.")
    with explained(f"{name} of {reference}"):
        hub.hf_hub_download(reference.repository, name, **wanted)


def _check_pinned(reference: Reference, folder: Path) -> None:
    if reference.sha256 and (found := manifest_sha256(folder)) != reference.sha256:
        raise InputError(f"{FILE_NAME} of {reference} must have that SHA-256. Received: {found}.")
