"""Writes a Triton model repository: a folder with versions for every network and for every ensemble."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from export.triton.config import LABELS, network_config
from export.triton.ensembles import ensemble_config
from export.triton.kserve import STORAGE_URI, check_uri, inference_service
from serving.bundle.ensembles import ensembles
from serving.bundle.manifest import Manifest
from serving.bundle.names import CLASSIFIER
from serving.bundle.ports import MAX_BATCH_SIZE, MAX_TRANSLATED, Model, model_of
from serving.bundle.references import bundle_folder
from serving.bundle.verified import read_verified
from serving.common.errors import InputError, require_at_least
from serving.common.files import whole_file, whole_folder
from serving.translation import is_translator

INSTANCES = 1
MODEL = "model.onnx"
RECORD = "keras_gen.json"
SERVICE = "inference_service.yaml"
ENSEMBLE = """\
An ensemble has no file of its own. This file keeps the folder of its version, because object stores drop empty folders.
"""


def write_repository(
    bundle: str | Path,
    folder: str | Path,
    max_batch_size: int | None = None,
    instances: int | None = None,
    storage_uri: str | None = None,
) -> int:
    """Writes a bundle as a model repository, or adds it as the next version to a repository of the same networks.

    An existing repository keeps its older versions and its `config.pbtxt` files, which may have been tuned. A bundle
    that is the newest version already is not added again. If anything fails, nothing is written.

    Args:
        bundle: folder written by `keras-gen export`, or one on a model hub, as `serving.load` takes it.
        folder: the repository.
        max_batch_size: largest number of rows of joined requests; 64 by default, 8 for a model that translates.
        instances: number of instances of a network that run in parallel on a device; 1 by default.
        storage_uri: the URI at which a KServe cluster finds the repository.

    Returns:
        The number of the version.

    Raises:
        InputError: the bundle is damaged, the folder has other contents or other networks, or there are settings for an
            existing repository.
    """
    source, target = bundle_folder(bundle), Path(folder)
    check_repository(target, max_batch_size, instances, storage_uri)
    manifest = Manifest.read(source)
    _check_names(manifest)
    if not _is_free(target):
        return _add_version(source, manifest, target)
    rows = max_batch_size or (MAX_TRANSLATED if is_translator(manifest) else MAX_BATCH_SIZE)
    with whole_folder(target) as temporary:
        _write_settings(manifest, temporary, rows, instances or INSTANCES, storage_uri or STORAGE_URI)
        for name in _folders(manifest):
            _write_version(source, manifest, name, _made(temporary / name / "1"))
        _write_record(temporary, {"1": manifest})
    return 1


def check_repository(
    folder: str | Path,
    max_batch_size: int | None = None,
    instances: int | None = None,
    storage_uri: str | None = None,
) -> None:
    """Raises the errors of `write_repository` that do not depend on the bundle."""
    target, numbers = Path(folder), {"max_batch_size": max_batch_size, "instances": instances}
    require_at_least(1, **{name: value for name, value in numbers.items() if value is not None})
    if storage_uri is not None:
        check_uri(storage_uri)
    if _is_free(target):
        return
    _read_record(target)
    for name, value in {**numbers, "storage_uri": storage_uri}.items():
        if value is not None:
            raise InputError(
                f"--{name} must be left out for {target}, which keeps the settings that it has. Received: {value}."
            )


def _is_free(target: Path) -> bool:
    return not target.exists() or (target.is_dir() and not any(target.iterdir()))


def _models(manifest: Manifest, max_batch_size: int) -> dict[str, Model]:
    return {name: model_of(name, network, max_batch_size) for name, network in manifest.networks.items()}


def _folders(manifest: Manifest) -> list[str]:
    """The models of a repository: networks first, then ensembles."""
    return [*manifest.networks, *(ensemble.model.name for ensemble in ensembles(_models(manifest, 1)))]


def _check_names(manifest: Manifest) -> None:
    for name in manifest.networks:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise InputError(f"a network's name must be letters, digits, _, . and -. Received: {name!r}.")


def _write_settings(manifest: Manifest, folder: Path, rows: int, instances: int, storage_uri: str) -> None:
    models = _models(manifest, rows)
    for name, model in models.items():
        classes = manifest.classes if name == CLASSIFIER else ()
        place = _made(folder / name)
        (place / "config.pbtxt").write_text(network_config(model, instances, bool(classes)), encoding="utf-8")
        if classes:
            (place / LABELS).write_text("".join(f"{label}\n" for label in classes), encoding="utf-8")
    for ensemble in ensembles(models):
        place = _made(folder / ensemble.model.name)
        (place / "config.pbtxt").write_text(ensemble_config(ensemble), encoding="utf-8")
    (folder / SERVICE).write_text(inference_service(manifest, storage_uri), encoding="utf-8")


def _write_version(source: Path, manifest: Manifest, name: str, place: Path) -> None:
    """The files of a version. A model with several files is a folder with the name that a single file would have."""
    if name not in manifest.networks:
        (place / "README.txt").write_text(ENSEMBLE, encoding="utf-8")
        return
    network = manifest.networks[name]
    content = read_verified(source, network)
    if network.weights is None:
        (place / MODEL).write_bytes(content)
        return
    inside = _made(place / MODEL)
    (inside / MODEL).write_bytes(content)
    (inside / network.weights.file).write_bytes(read_verified(source, network.weights))


def _add_version(source: Path, manifest: Manifest, target: Path) -> int:
    record = _read_record(target)
    newest = record[max(record, key=int)]
    if _interface(newest) != _interface(manifest):
        raise InputError(
            f"{target} must hold the networks of the bundle, with the same inputs, outputs and classes. "
            f"Received: a repository of {newest.model!r} that has others; a new folder takes this bundle."
        )
    if newest.networks == manifest.networks:
        return int(max(record, key=int))
    folders = [target / name for name in _folders(manifest)]
    for folder in folders:
        if not (folder / "config.pbtxt").is_file():
            raise InputError(f"{folder} must be a folder with a config.pbtxt. Received: a folder without one.")
    taken = [int(path.name) for folder in folders for path in folder.iterdir() if path.name.isdecimal()]
    version = max([*map(int, record), *taken]) + 1
    with _staged(folders, version) as places:
        for folder, place in zip(folders, places, strict=True):
            _write_version(source, manifest, folder.name, place)
    _write_record(target, {**record, str(version): manifest})
    return version


@contextmanager
def _staged(folders: list[Path], version: int) -> Iterator[list[Path]]:
    """Yields a temporary folder in each of `folders`. If the block ends without an error, all of them become the
    version, otherwise none. Triton ignores folders whose names are not numbers."""
    places = [Path(tempfile.mkdtemp(prefix=f".{version}-", dir=folder)) for folder in folders]
    done: list[Path] = []
    try:
        yield places
        for folder, place in zip(folders, places, strict=True):
            place.chmod(folder.stat().st_mode & 0o777)
            place.rename(folder / str(version))
            done.append(folder / str(version))
    except BaseException:
        for place in done:
            shutil.rmtree(place)
        raise
    finally:
        for place in places:
            shutil.rmtree(place, ignore_errors=True)


def _interface(manifest: Manifest) -> dict[str, object]:
    """The contents of the `config.pbtxt` files and label files of a bundle."""
    ports = {
        name: [
            {tensor: (value.axes, value.dtype) for tensor, value in side.items()}
            for side in (network.inputs, network.outputs)
        ]
        for name, network in manifest.networks.items()
    }
    return {"ports": ports, "classes": manifest.classes}


def _read_record(target: Path) -> dict[str, Manifest]:
    """Version -> manifest, of an existing repository."""
    path = target / RECORD
    if not path.is_file():
        raise InputError(
            f"--triton must be a new folder or a repository of keras-gen. Received: {target}, which is neither."
        )
    try:
        versions = json.loads(path.read_text(encoding="utf-8"))["versions"]
        record = {str(int(version)): Manifest.from_json(json.dumps(entry)) for version, entry in versions.items()}
    except (InputError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} must be as keras-gen wrote it. Received: {error}.") from None
    if not record:
        raise InputError(f"{path} must name a version. Received: a path without one.")
    return record


def _write_record(target: Path, record: dict[str, Manifest]) -> None:
    versions = {version: json.loads(manifest.to_json()) for version, manifest in record.items()}
    with whole_file(target / RECORD) as temporary:
        temporary.write_text(json.dumps({"versions": versions}, indent=2) + "\n", encoding="utf-8")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
