"""The figures that `keras-gen evaluate` leaves in a run or a bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from serving.common.errors import InputError

EVALUATION = "evaluation.json"


def read_figures(folder: Path) -> list[dict[str, Any]]:
    """The figures of `evaluation.json`, `name`, `value` and `data` of each at least; none where nothing was measured.

    Raises:
        InputError: the file is not what `keras-gen evaluate` writes.
    """
    file = folder / EVALUATION
    if not file.is_file():
        return []
    try:
        figures = json.loads(file.read_text(encoding="utf-8"))
        texts = [{key: str(figure[key]) for key in ("name", "data")} for figure in figures]
        return [
            {**figure, **text, "value": float(figure["value"])} for figure, text in zip(figures, texts, strict=True)
        ]
    except (ValueError, TypeError, KeyError) as error:
        received = f"{type(error).__name__}: {error}"
        raise InputError(f"{file} must be as `keras-gen evaluate` wrote it. Received: {received}.") from error
