"""Bundles whose files are links, as hubs and clusters lay them out, and as those who mean ill would."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.handmade import beside, product, write

REVISION = "0123abcd"
OUT = "or a link to one of the bundle or of its model hub's cache. Received: a link to "


def _bundle(place: Path) -> Path:
    return write(place, {"a": product(beside())})


def hub(place: Path, inside: str = ".") -> Path:
    """The cache of a model hub, with the bundle in a folder of the model."""
    folder = place / "models--me--a" / "snapshots" / REVISION / inside
    folder.mkdir(parents=True)
    blobs = place / "models--me--a" / "blobs"
    blobs.mkdir()
    up = Path(*[".."] * (2 + len(Path(inside).parts)))
    for number, file in enumerate(sorted(_bundle(place / "made").iterdir())):
        file.rename(blobs / f"{number}")
        (folder / file.name).symlink_to(up / "blobs" / f"{number}")
    return folder


def volume(place: Path) -> Path:
    """A volume of Kubernetes, which exchanges all files at once by exchanging one link."""
    folder = place / "mounted"
    folder.mkdir()
    for file in sorted(_bundle(folder / "..2024_11_27").iterdir()):
        (folder / file.name).symlink_to(Path("..data", file.name))
    (folder / "..data").symlink_to("..2024_11_27")
    return folder


def current(place: Path) -> Path:
    """A link to the folder of a bundle, whose files are links too."""
    (place / "current").symlink_to(hub(place))
    return place / "current"


def elsewhere(name: str, folder: str = "bundle", other: str = "other") -> Callable[[Path], Path]:
    """A file that is behind a link to another folder."""

    def made(place: Path) -> Path:
        (place / other).mkdir(parents=True)
        bundle = _bundle(place / "made").rename(_parents(place / folder))
        (bundle / name).rename(place / other / name)
        (bundle / name).symlink_to(place / other / name)
        return bundle

    return made


def volume_of_others(place: Path) -> Path:
    """`..data` leads out of the volume."""
    folder = volume(place)
    (folder / "..2024_11_27").rename(place / "others")
    (folder / "..data").unlink()
    (folder / "..data").symlink_to(place / "others")
    return folder


def blobs_elsewhere(place: Path) -> Path:
    """`blobs` is itself a link."""
    folder = hub(place)
    blobs = folder.parents[1] / "blobs"
    blobs.rename(place / "others")
    blobs.symlink_to(place / "others")
    return folder


def to_what(target: str) -> Callable[[Path], Path]:
    """A network that is a link to something of the bundle that is no file."""

    def made(place: Path) -> Path:
        bundle = _bundle(place / "bundle")
        (bundle / "a.onnx").unlink()
        (bundle / "folder").mkdir()
        (bundle / "a.onnx").symlink_to(target)
        return bundle

    return made


def altered(place: Path) -> Path:
    """A blob with another content of the same length."""
    folder = hub(place)
    path = (folder / "a.onnx").resolve()
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    return folder


def copied(place: Path) -> Path:
    """Links that were copied without what they lead to."""
    return shutil.copytree(hub(place), place / "copy", symlinks=True)


def _parents(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


# Name -> what makes it, and what a reader must say; nothing where it accepts.
LAYOUTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a hub's cache": (hub, ""),
    "a folder in a hub's cache": (lambda place: hub(place, "deeper/still"), ""),
    "a mounted volume": (volume, ""),
    "a link to a snapshot": (current, ""),
    **{f"{name} elsewhere": (elsewhere(name), OUT) for name in ("manifest.json", "a.onnx", "weights.data")},
    "a folder whose name begins like the bundle's": (elsewhere("a.onnx", other="bundle2"), OUT),
    "another model's blobs": (elsewhere("a.onnx", "me/snapshots/1", "you/blobs"), OUT),
    "beside the blobs": (elsewhere("a.onnx", "me/snapshots/1", "me/blobs2"), OUT),
    "blobs without snapshots": (elsewhere("a.onnx", "me/1", "me/blobs"), OUT),
    "another volume": (volume_of_others, OUT),
    "blobs that are elsewhere": (blobs_elsewhere, OUT),
    "a link to nothing": (to_what("nothing"), "a.onnx must be a file of its own. Received: a link to no file."),
    "a circle": (to_what("a.onnx"), "a.onnx must be a file of its own. Received: a link to no file."),
    "a link to a folder": (to_what("folder"), "Received: something else."),
    "links without blobs": (copied, "manifest.json must be a file of its own. Received: a link to no file."),
    "an altered blob": (altered, "a.onnx must have the SHA-256 "),
}
