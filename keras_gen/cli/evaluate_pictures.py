"""`keras-gen evaluate PICTURES`: files of any origin, or a data set, in place of a model that draws them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_gen.cli.reading import reading
from keras_gen.data import Source, import_data
from keras_gen.data.kinds import SOURCES
from keras_gen.training.run_files import CONFIG
from serving.bundle.manifest import FILE_NAME
from serving.common.errors import InputError
from serving.common.images import to_float
from serving.common.interpolation import BICUBIC

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

    All are read in the shape of the pictures that they are measured against, or of the judge, where there is one.

    Args:
        source: as `open_source` takes it.
        options: of the command line. `--against` names the other pictures, all of which are taken; or says which split
            of `--data` they are.

    Raises:
        InputError: sources that do not fit, or a metric that they cannot be measured by.
    """
    from keras_gen.data import open_source
    from keras_gen.metrics.comparison import Comparison
    from keras_gen.metrics.extractors import read_shape
    from keras_gen.metrics.sample_figures import OF_CLASSES, evaluate_samples

    import_data(source)
    judged, read = read_shape(options.extractor), reading(options)
    if judged is not None:
        read["interpolation"] = read["interpolation"] or BICUBIC
    side, test, train = _measured_against(options, judged, read)
    shape = test.image_shape
    drawn = open_source(source, shape[:2], shape[2], "all", **read).draw(options.drawn, options.seed)
    asked = [name for name in options.metrics if name in OF_CLASSES]
    classes = (train.classes or drawn.classes) if asked else ()
    if asked and drawn.examples.labels is None:
        raise InputError(
            f"{source} must have labels, such as a folder for each class, for --metrics {asked[0]}. Received: none."
        )
    comparison = Comparison(
        to_float(drawn.examples.images),
        len(classes),
        test,
        train,
        side,
        options.count,
        options.seed,
        options.extractor,
        drawn.of_classes(classes).examples.labels,
    )
    return evaluate_samples(options.metrics, comparison)


def _measured_against(
    options: Any, judged: tuple[int, int, int] | None, read: dict[str, Any]
) -> tuple[str, Source, Source]:
    """Which of the two it is, test and training pictures, all of one shape."""
    from keras_gen.data import open_source
    from keras_gen.metrics.comparison import AGAINST

    size, channels = (None, None) if judged is None else (judged[:2], judged[2])
    if options.against in AGAINST:
        train = open_source(options.data, size, channels, **read)
        height, width, channels = train.image_shape
        return options.against, open_source(options.data, (height, width), channels, options.split, **read), train
    test = open_source(as_source(options.against) or options.against, size, channels, "all", **read)
    height, width, channels = test.image_shape
    return "test", test, open_source(options.data, (height, width), channels, **read) if options.data else test
