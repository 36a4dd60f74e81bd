"""`prepared:FOLDER`: pictures that `keras-gen prepare` decoded and resized once, read from the disk when needed.

A split is one array of all its pictures, or pairs, and two arrays where two domains are unpaired. They are mapped into
memory: any row can be read without the others, so that the order of training is as random, and as repeatable, as that
of a set in memory, and each worker reads its own rows alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_gen.data.examples import SPLITS, DomainExamples, Examples, MissingSplitError, Shape, joined, of_pairs
from keras_gen.data.forms import Form
from keras_gen.data.labels import named_classes
from serving.bundle.inputs import size_text
from serving.common.errors import InputError
from serving.common.files import existing_folder
from serving.common.levels import ValueRange, known_range, value_range_text

FILE, FORMAT, FIRST_FORMAT = "prepared.json", "keras-gen prepared pictures, 2", "keras-gen prepared pictures, 1"
_WHAT = "what `keras-gen prepare SOURCE --out FOLDER` decoded and resized once, read from the disk batch by batch"
SOURCE = DOMAINS = Form(("prepared:FOLDER",), _WHAT)
ONE, PAIRS, UNPAIRED = "one", "pairs", "unpaired"


@dataclass(frozen=True)
class Facts:
    """What is said of a folder in `prepared.json`.

    Attributes:
        source: what the pictures were opened by.
        domains: ONE, PAIRS or UNPAIRED.
        image_shapes: (height, width, channels) of each split's pictures.
        classes: names of the classes in the order of their labels; empty if unknown.
        value_range: the numbers of the source that are black and white; None where full scale is.
    """

    source: str
    domains: str
    image_shapes: dict[str, tuple[int, int, int]]
    classes: tuple[str, ...]
    value_range: ValueRange | None = None

    def to_json(self) -> str:
        """The content of the file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2) + "\n"


def read(location: str, split: str, shape: Shape) -> Examples:
    """The arrays of a split, mapped; both one after the other, in memory, for `all`."""
    folder, facts = open_folder(location, two=False)
    return read_domain(folder, facts, "", split, shape)


def classes(location: str) -> tuple[str, ...]:
    """Those of `prepared.json`, or of the labels of the training split where it has no names."""
    folder, facts = open_folder(location, two=False)
    if facts.classes or "train" not in facts.image_shapes:
        return facts.classes
    return _mapped(folder, "", "train", facts).classes


def read_domains(location: str, split: str, shape: Shape) -> DomainExamples:
    """The arrays of a split, mapped; those of both splits, in memory, for `all`."""
    folder, facts = open_folder(location, two=True)
    if facts.domains == PAIRS:
        return of_pairs(read_domain(folder, facts, "", split, shape))
    a, b = (read_domain(folder, facts, domain, split, shape) for domain in "ab")
    return DomainExamples(a, b, paired=False)


def open_folder(location: str, two: bool) -> tuple[Path, Facts]:
    """A folder and its facts.

    Args:
        location: the folder.
        two: whether two domains are wanted.

    Raises:
        InputError: no such folder, or another one; pictures of one domain where two are wanted, or the reverse.
    """
    name = f"prepared:{location}"
    folder = existing_folder(Path(location), name)
    facts = _facts(folder, name)
    if two == (facts.domains == ONE):
        wanted, received = ("two domains", "one") if two else ("one domain", "two")
        raise InputError(f"{name} must hold pictures of {wanted}. Received: those of {received}.")
    return folder, facts


def read_domain(folder: Path, facts: Facts, domain: str, split: str, shape: Shape) -> Examples:
    """The pictures, or pairs, of a domain.

    Args:
        folder: of `open_folder`.
        facts: of it.
        domain: `a` or `b` of unpaired domains, otherwise empty.
        split: `train`, `test` or `all`.
        shape: what is asked for.

    Raises:
        InputError: a split or a shape that was not prepared, or a damaged array.
    """
    name = f"prepared:{folder}"
    if split not in ("all", *facts.image_shapes):
        raise MissingSplitError(f"{name} must have the split {split!r}. Received: {', '.join(facts.image_shapes)}.")
    parts = [part for part in facts.image_shapes if split in ("all", part)]
    for part in parts:
        _check_shape(name, part, facts.image_shapes[part], shape)
    _take_range(name, facts, shape)
    return joined(name, [_mapped(folder, domain, part, facts) for part in parts])


def images_file(folder: Path, domain: str, split: str) -> Path:
    """Where the pictures of a domain are."""
    return folder / "-".join(filter(None, (split, domain, "images.npy")))


def labels_file(folder: Path, domain: str, split: str) -> Path:
    """Where their labels are, if they have any."""
    return folder / "-".join(filter(None, (split, domain, "labels.npy")))


def _check_shape(name: str, split: str, prepared: tuple[int, int, int], shape: Shape) -> None:
    wanted = (*(shape.size or prepared[:2]), shape.channels or prepared[2])
    if wanted != prepared:
        raise InputError(
            f"{name} holds pictures of {size_text(prepared)} in the split {split!r}; another size must be prepared "
            f"anew. Received: requested {size_text(wanted)}."
        )


def _take_range(name: str, facts: Facts, shape: Shape) -> None:
    """Lets what asks know the range that the pictures were prepared with."""
    if shape.levels is None:
        return
    asked = shape.levels.value_range
    if (asked is not None or shape.levels.measuring) and asked not in (None, facts.value_range):
        raise _other_range(name, facts, value_range_text(asked))
    if shape.levels.measuring and facts.value_range is None:
        raise _other_range(name, facts, "auto")
    shape.levels.value_range = facts.value_range


def _other_range(name: str, facts: Facts, asked: str | None) -> InputError:
    prepared = value_range_text(facts.value_range) or "full scale"
    return InputError(
        f"{name} holds pictures of the range {prepared}; another --value-range must be prepared anew. "
        f"Received: requested {asked}."
    )


def _mapped(folder: Path, domain: str, split: str, facts: Facts) -> Examples:
    file, of_labels = images_file(folder, domain, split), labels_file(folder, domain, split)
    images = _array(file, "r")
    labels = _array(of_labels, None) if of_labels.exists() else None
    wanted = (2, *facts.image_shapes[split]) if facts.domains == PAIRS else facts.image_shapes[split]
    if images.shape[1:] != wanted or images.dtype not in (np.uint8, np.float32):
        raise InputError(
            f"{file} must hold uint8 or float32 pictures of {wanted}. Received: {images.dtype}, {images.shape}."
        )
    if labels is not None and (labels.shape != images.shape[:1] or labels.dtype != np.int64):
        raise InputError(f"{of_labels} must hold {len(images)} labels. Received: {labels.dtype}, {labels.shape}.")
    if labels is None:
        return Examples(images, None, facts.classes)
    return Examples(images, *named_classes(str(of_labels), labels, len(images), facts.classes))


def _array(path: Path, mode: Any) -> np.ndarray:
    try:
        return np.load(path, mmap_mode=mode, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} must be an array as `keras-gen prepare` writes it. Received: {error}.") from error


def _facts(folder: Path, name: str) -> Facts:
    try:
        facts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if facts["format"] == FIRST_FORMAT:
            facts |= {"domains": ONE, "image_shapes": dict.fromkeys(facts["splits"], facts["image_shape"])}
        elif facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']!r}")
        shapes = {split: _shape(facts["image_shapes"][split]) for split in SPLITS if split in facts["image_shapes"]}
        if not shapes or facts["domains"] not in (ONE, PAIRS, UNPAIRED):
            raise ValueError(f"{facts['domains']!r} in {list(shapes)}")
        value_range = known_range(facts.get("value_range"))
        return Facts(facts["source"], facts["domains"], shapes, tuple(facts["classes"]), value_range)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        received = f"{type(error).__name__}: {error}"
    raise InputError(f"{name} must be a folder that `keras-gen prepare` has written. Received: {received}.")


def _shape(values: Any) -> tuple[int, int, int]:
    height, width, channels = map(int, values)
    return height, width, channels
