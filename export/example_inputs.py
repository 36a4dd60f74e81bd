"""Pictures in a bundle to try its translator with, and the colours of label maps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from export.beside import described, within
from export.examples import training_sources
from export.subject import Subject
from keras_gen.data import Source
from serving.bundle.manifest import ExampleInputs
from serving.bundle.names import TO_CLASS
from serving.bundle.schema import MOST_COLOURS
from serving.common.errors import InputError
from serving.common.images import shown_channels, to_uint8, write_png
from serving.latents.stored_codes import atlas_of

COUNT, COLUMNS = 8, 4
# Pictures whose colours make the palette of a label map.
LOOKED_AT = 500
# Longer side in pixels that an example has at most.
LONGEST = 256


def example_sources(subject: Subject, data: str) -> dict[str, Source]:
    """The data set of each domain that is translated from, opened before anything is converted: `a` for a model that is
    told a class, which translates pictures of any.

    Args:
        subject: what is exported.
        data: name of the data set, which is read as in the subject's training.

    Raises:
        InputError: a model that does not translate, or data that does not fit.
    """
    tells_class = TO_CLASS in subject.makers
    if not (subject.translates or tells_class):
        raise InputError(
            f"--examples must be left out for a model that does not translate. Received: {data} for {subject.model!r}."
        )
    sources = training_sources(subject, data, subject.reading)
    # `a_to_b` starts in `a`.
    starts = {"a"} if tells_class else {name[0] for name in subject.makers}
    return {domain: source for domain, source in sources.items() if domain in starts}


def write_examples(folder: Path, sources: Mapping[str, Source]) -> dict[str, ExampleInputs]:
    """Writes `examples_a.png` and `examples_b.png`, of domains that are there, beside the networks of a bundle."""
    return {domain: _written(folder, f"examples_{domain}.png", source) for domain, source in sources.items()}


def _written(folder: Path, name: str, source: Source) -> ExampleInputs:
    colours = colours_of(_shown(source, LOOKED_AT))
    # The labels of a map are not mixed.
    resampling = Image.Resampling.NEAREST if colours else Image.Resampling.BOX
    tiles = np.stack([within(picture, LONGEST, resampling) for picture in _shown(source, COUNT)])
    write_png(folder / name, atlas_of(tiles, COLUMNS))
    return ExampleInputs(
        *described(folder, name),
        tile=(tiles.shape[1], tiles.shape[2]),
        columns=COLUMNS,
        count=len(tiles),
        source=source.name,
        colours=colours,
    )


def _shown(source: Source, count: int) -> np.ndarray:
    """Pictures drawn from a data set, uint8 (count, height, width, 1 or 3)."""
    pictures = to_uint8(source.draw(count, seed=0).examples.images)
    return pictures[..., : shown_channels(pictures.shape[3])]


def colours_of(pictures: np.ndarray) -> tuple[str, ...]:
    """Colours of label maps, uint8 (n, height, width, 1 or 3), those of most pixels first, as `#rrggbb`; none where
    there are more than 24."""
    rgb = np.broadcast_to(pictures, (*pictures.shape[:3], 3)).reshape(-1, 3).astype(np.uint32)
    packed, counts = np.unique(rgb @ np.array([1 << 16, 1 << 8, 1], np.uint32), return_counts=True)
    if len(packed) > MOST_COLOURS:
        return ()
    return tuple(f"#{colour:06x}" for colour in packed[np.argsort(-counts, kind="stable")])
