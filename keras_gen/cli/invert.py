"""`keras-gen invert RUN PICTURES --out inverted.png`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_gen.cli.bundle_options import add_pictures, check_file, write_grid
from keras_gen.cli.own_code import import_own_code_of
from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from serving import Sampler
from serving.bundle.inputs import picture_paths, read_pictures
from serving.bundle.manifest import FILE_NAME, Image, Manifest
from serving.bundle.references import bundle_folder
from serving.common.array_files import write_array
from serving.common.classes import class_index
from serving.common.errors import InputError
from serving.common.images import to_float, to_uint8
from serving.common.levels import known_range
from serving.latents.distortion import psnr

PAIRS_IN_A_ROW = 8


def run(words: Sequence[str]) -> int:
    """Writes each picture beside the nearest one that the model can make, and the latents if asked."""
    options = _parser().parse_args(words)
    check_file("--out", options.out, ".png")
    if options.latents is not None:
        check_file("--latents", options.latents, ".npy")
    quiet_import()
    from keras_gen.inversion import invert, open_decoder
    from keras_gen.inversion.invert import PRIOR_WEIGHT

    place = bundle_folder(options.place)
    import_own_code_of(place)
    decoder = open_decoder(place, Sampler)
    pictures = read_pictures(options.pictures, _image(place, decoder.image_shape), options.resize)
    labels = None
    if options["class"] is not None:
        labels = np.full(len(pictures), class_index(options["class"], decoder.classes))
    elif decoder.classes:
        raise InputError(
            f"--class must say which class to decode, of {', '.join(decoder.classes)}. Received: no --class."
        )
    weight = PRIOR_WEIGHT if options.prior_weight is None else options.prior_weight
    search = {"steps": options.steps, "restarts": options.restarts, "seed": options.seed, "prior_weight": weight}
    found = invert(decoder, to_float(pictures), labels, **search)
    decoded = to_uint8(found.pictures)
    write_grid(
        options.out,
        np.stack([pictures, decoded], axis=1).reshape(-1, *pictures.shape[1:]),
        columns=2 * min(PAIRS_IN_A_ROW, len(pictures)),
    )
    values = psnr(to_float(decoded), to_float(pictures))
    worst = picture_paths(options.pictures, decoder.image_shape[2])[values.argmin()]
    print(f"PSNR: {values.mean():.2f} dB in the mean, least {values.min():.2f} dB ({worst})")
    if options.latents is not None:
        write_array(Path(options.latents), found.latents)
        print(f"{len(found.latents)} latents of {found.latents.shape[1]} numbers: {options.latents}")
    return 0


def _image(place: Path, shape: tuple[int, int, int]) -> Image:
    """The pictures that a bundle or a run was trained on."""
    from keras_gen.training.run_directory import RunDirectory

    if (place / FILE_NAME).is_file():
        return Manifest.read(place).image
    config = {} if place.suffix == ".keras" else RunDirectory(place).config()
    value_range = known_range(config.get("value_range"))
    return Image(*shape, value_range=value_range, interpolation=config.get("interpolation"))


def _parser() -> Parser:
    parser = Parser(
        "keras-gen invert", description="Find the latents of pictures, by optimization where there is no encoder."
    )
    parser.add_argument("place", type=str, help="run directory, bundle or .keras file.")
    add_pictures(parser)
    parser.add_argument(
        "--out", type=str, required=True, help="PNG file to write: each picture beside the one that its latent gives."
    )
    parser.add_argument("--latents", type=str | None, default=None, help="also write the latents to this .npy file.")
    parser.add_argument("--class", type=str | None, default=None, help="name of the class, for a model that takes one.")
    parser.add_argument(
        "--steps", type=int | None, default=None, help="optimization steps; 0 by default with an encoder, else 300."
    )
    parser.add_argument(
        "--restarts", type=int, default=8, help="number of draws of the prior to start from, without an encoder."
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of these draws.")
    parser.add_argument(
        "--prior_weight",
        type=float | None,
        default=None,
        help="weight of the distance to a normal prior; 0 fits only the picture.",
    )
    return parser
