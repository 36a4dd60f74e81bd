"""Codes of a data set in a bundle: what its encoder makes of pictures, and the pictures made small."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from export.beside import described, within
from export.subject import Subject
from keras_gen.data import Source, open_source
from serving import Sampler
from serving.bundle.manifest import Atlas, Codes, Stored
from serving.bundle.names import LABEL
from serving.bundle.schema import MOST_CODES
from serving.common.array_files import write_array
from serving.common.errors import InputError
from serving.common.images import shown_channels, to_uint8, write_png
from serving.latents.stored_codes import atlas_of

CODES, LABELS, ATLAS = "codes.npy", "codes_labels.npy", "codes.png"
# Of the longer side of a picture in the atlas, in pixels.
TILE = 32


def coded_source(subject: Subject, data: str) -> Source:
    """The data set whose codes a bundle is to bring, opened before anything is converted, which takes long.

    Args:
        subject: what is exported.
        data: name of the data set; it is read as in the subject's training, and at most 5,000 of it are drawn.

    Raises:
        InputError: a model without an encoder, or data that does not fit.
    """
    if subject.encode is None:
        raise InputError(
            f"--codes must be left out for a model without an encoder. Received: {data} for {subject.model!r}."
        )
    height, width, channels = subject.image_shape
    source = open_source(data, (height, width), channels, **subject.reading)
    return source.draw(MOST_CODES, seed=0)


def write_codes(folder: Path, source: Source) -> Codes:
    """Writes codes, labels and atlas beside the networks of a bundle.

    Args:
        folder: of the bundle, whose manifest is there.
        source: the pictures.

    Raises:
        InputError: pictures of a class that an encoder which is told the class does not know.
    """
    sampler = Sampler(folder, provider="cpu")
    told = LABEL in sampler.manifest.networks["encoder"].inputs
    source = source.of_classes(sampler.manifest.classes if told else ())
    images, labels = to_uint8(source.examples.images), source.examples.labels
    codes = sampler.encode(sampler.as_input(images), labels=labels if told else None)
    write_array(folder / CODES, codes.astype("<f4"))
    if labels is not None:
        write_array(folder / LABELS, labels.astype("<i8"))
    tiles = np.stack([within(image, TILE) for image in images[..., : shown_channels(images.shape[3])]])
    columns = math.ceil(math.sqrt(len(tiles)))
    write_png(folder / ATLAS, atlas_of(tiles, columns))
    atlas = Atlas(*described(folder, ATLAS), tile=(tiles.shape[1], tiles.shape[2]), columns=columns)
    of_labels = None if labels is None else Stored(*described(folder, LABELS))
    return Codes(*described(folder, CODES), count=len(codes), source=source.name, atlas=atlas, labels=of_labels)
