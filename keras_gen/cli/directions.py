"""`keras-gen directions RUN --out directions.npy`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.bundle_options import check_file
from keras_gen.cli.own_code import import_own_code_of
from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from serving.common.array_files import write_array
from serving.latents.directions import closed_form_directions


def run(words: Sequence[str]) -> int:
    """Writes the directions of styles that change pictures most."""
    parser = Parser(
        "keras-gen directions",
        description="Find the directions in which a style-based generator's pictures change most, in its weights.",
    )
    parser.add_argument("run", type=str, help="run directory or .keras file.")
    parser.add_argument("--out", type=str, required=True, help=".npy file to write, for traverse of a bundle in w.")
    parser.add_argument("--count", type=int, default=8, help="number of directions, the strongest first.")
    options = parser.parse_args(words)
    check_file("--out", options.out, ".npy")
    quiet_import()
    from keras_gen.training.run_directory import open_model

    place = Path(options.run)
    import_own_code_of(place)
    model = open_model(place)
    model.use_space("w")
    directions = closed_form_directions(model.style_weights(), options.count)
    write_array(Path(options.out), directions)
    print(f"{len(directions)} directions of {directions.shape[1]} numbers: {options.out}")
    return 0
