"""Published judges: classifiers in the package whose features and classes anybody can compare pictures by.

A judge is an ONNX file that never changes: bytes in, `features` and `logits` out. `catalogue.json` says of each what it
was trained on, its SHA-256 and how much it reads correctly. `benchmarks/train_judge.py` makes them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from serving.common.errors import InputError, nearest, shown

CATALOGUE = "catalogue.json"
FOLDER = Path(__file__).parent


def judge_catalogue() -> dict[str, dict[str, Any]]:
    """What is known of each judge by its name: `title`, `image_shape`, `classes`, `trained_on`, `data_license`,
    `recipe`, `epochs`, `seed`, `sha256`, `size` in bytes and `accuracy`, the share of test pictures that it reads
    correctly."""
    entries: dict[str, dict[str, Any]] = json.loads((FOLDER / CATALOGUE).read_text(encoding="utf-8"))
    return entries


def check_judge(name: str) -> dict[str, Any]:
    """The entry of a judge.

    Raises:
        InputError: no judge of this name.
    """
    known = judge_catalogue()
    if name not in known:
        raise InputError(
            f"a judge must be one of {', '.join(known)}. Received: {shown(name)}.{nearest(name, list(known))}"
        )
    return known[name]


def judge_file(name: str) -> Path:
    """Where the ONNX file of a judge is."""
    return FOLDER / f"{name}.onnx"


def judge_content(name: str) -> bytes:
    """The ONNX file of a judge, whose SHA-256 is compared with the published one.

    Raises:
        InputError: no judge of this name; a file that is missing, or another than was published.
    """
    expected, file = check_judge(name)["sha256"], judge_file(name)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} must be a file of the package; install keras-gen again. Received: {error}.") from None
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise InputError(f"{file} must have the published SHA-256 {expected}. Received: {found}.")
    return content
