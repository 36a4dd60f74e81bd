"""`keras-gen evaluate PICTURES`: files of any origin, or a data set, in place of a model that draws them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_gen.cli.reading import reading
from keras_gen.data import import_data
from keras_gen.data.kinds import SOURCES
from keras_gen.training.run_files import CONFIG
from serving.bundle.manifest import FILE_NAME
from serving.common.errors import InputError
from serving.common.images import to_float

FOLDER = "folder"


def as_source(named: str) -> str | None:
    """The data set that a place names, or a folder that is neither run nor bundle; None for anything else."""
    place = Path(named)
    if not place.exists():
        return named if named.partition(":")[0] in SOURCES else None
    is_other = place.is_dir() and not (place / CONFIG).is_file() and not (place / FILE_NAME).is_file()
    return f"{FOLDER}:{named}" if is_other else None


def check_pictures(source: str, options: Any) -> None:
    """Raises InputError for pictures without a metric, or with options of a model that draws."""
    if not options.metrics:
        raise InputError(f"{source} must be measured by --metrics. Received: none of them, and no run or bundle.")
    if options.draws != 1:
        raise InputError(f"--draws must be left out for pictures that are there. Received: {options.draws}.")


def measure_pictures(source: str, options: Any) -> list[Any]:
    """The figures of all pictures of a source, against those of another.

    Args:
        source: as `open_source` takes it.
        options: of the command line. `--against` names the other pictures, all of which are taken; or says which split
            of `--data` they are.

    Raises:
        InputError: sources that do not fit, or a metric that they cannot be measured by.
    """
    from keras_gen.data import open_source
    from keras_gen.metrics.comparison import AGAINST, Comparison
    from keras_gen.metrics.sample_figures import evaluate_samples

    import_data(source)
    read = reading(options)
    if options.against in AGAINST:
        side = options.against
        train = open_source(options.data, **read)
        shape = train.image_shape
        test = open_source(options.data, shape[:2], shape[2], options.split, **read)
    else:
        side = "test"
        test = open_source(as_source(options.against) or options.against, split="all", **read)
        shape = test.image_shape
        train = open_source(options.data, shape[:2], shape[2], **read) if options.data else test
    drawn = open_source(source, shape[:2], shape[2], "all", **read).draw(options.drawn, options.seed)
    comparison = Comparison(
        to_float(drawn.examples.images), 0, test, train, side, options.count, options.seed, options.extractor
    )
    return evaluate_samples(options.metrics, comparison)
