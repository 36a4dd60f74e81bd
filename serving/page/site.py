"""A folder of static files: the built page, and bundles beside it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from serving.bundle.links import real_file
from serving.bundle.manifest import FILE_NAME, Manifest, Stored
from serving.bundle.names import SAMPLER
from serving.bundle.references import bundle_folder, called
from serving.bundle.verified import check_present, stored_files
from serving.common.errors import InputError
from serving.common.files import whole_folder
from serving.page.built import built_page

LIST, BUNDLES, SAMPLES = "bundles.json", "bundles", "samples.png"
# What is there in every folder that this module wrote, and hardly together in another.
MARKS = ("index.html", "service_worker.js", LIST)
# What WebAssembly can address.
MOST_BYTES = 4 * 2**30


class Included(NamedTuple):
    """A bundle of the page.

    Attributes:
        name: what the page calls it.
        folder: where it is.
        manifest: what it holds.
        files: what the page needs of it.
    """

    name: str
    folder: Path
    manifest: Manifest
    files: list[Stored]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(stored.size for stored in self.files)


def write_site(bundles: Sequence[str | Path], out: str | Path, page: Path | None = None) -> list[str]:
    """Writes the page with some bundles.

    Args:
        bundles: folders, or names of bundles on a model hub.
        out: folder to write, new or written before.
        page: the built page; that of this installation by default.

    Returns:
        The names of the bundles on the page.

    Raises:
        InputError: no bundle, a damaged one, one that is too large for a browser, two of one name, an output folder
            that holds something else, or no built page.
        OSError: a model hub that cannot be reached.
    """
    out = Path(out)
    _check_out(out)
    included = [_included(bundle) for bundle in bundles]
    names = [one.name for one in included]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"bundles must have different names. Received: {twice!r} twice.")
    page = page or built_page()
    with whole_folder(out) as temporary:
        shutil.copytree(page, temporary, dirs_exist_ok=True)
        listed = [_copied(one, temporary / BUNDLES / one.name) for one in included]
        (temporary / LIST).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    return names


def _check_out(out: Path) -> None:
    """Raises InputError for what would be lost."""
    if out.is_dir():
        there = {path.name for path in out.iterdir()}
        if there and not there.issuperset(MARKS):
            raise InputError(f"{out} must be a new folder, or one with a page. Received: a folder with {min(there)}.")
    elif out.exists():
        raise InputError(f"{out} must be a new folder, or one with a page. Received: a file.")


def _included(bundle: str | Path) -> Included:
    folder = bundle_folder(bundle)
    manifest = Manifest.read(folder)
    drawn = manifest.networks.get(SAMPLER)
    # The page draws the noise and decodes it in two steps.
    files = [stored for stored in stored_files(manifest) if drawn is None or stored.file != drawn.file]
    one = Included(called(bundle) or "bundle", folder, manifest, files)
    if one.size > MOST_BYTES:
        raise InputError(f"{bundle} must have at most {MOST_BYTES} bytes for a browser. Received: {one.size}.")
    return one


def _copied(one: Included, target: Path) -> dict[str, object]:
    """Copies the files of a bundle, and returns its entry in the list."""
    target.mkdir(parents=True)
    shutil.copyfile(one.folder / FILE_NAME, target / FILE_NAME)
    for stored in one.files:
        _copy_verified(one.folder, stored, target / stored.file)
    entry = {
        "name": one.name,
        "place": f"{BUNDLES}/{quote(one.name)}/",
        "model": one.manifest.model,
        "size": one.size,
    }
    picture = real_file(one.folder, SAMPLES)
    if picture is not None:
        shutil.copyfile(picture, target / SAMPLES)
        entry["picture"] = SAMPLES
    return entry


def _copy_verified(folder: Path, stored: Stored, target: Path) -> None:
    """Copies a file that may be larger than what memory should hold."""
    digest = hashlib.sha256()
    with check_present(folder, stored).open("rb") as source, target.open("wb") as copy:
        while piece := source.read(2**20):
            digest.update(piece)
            copy.write(piece)
    if digest.hexdigest() != stored.sha256:
        path = folder / stored.file
        raise InputError(f"{path} must have the SHA-256 {stored.sha256}. Received: {digest.hexdigest()}.")
