"""`keras-gen evaluate RUN_OR_BUNDLE --data SOURCE`, or a `.keras` file instead."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from keras_gen.cli.evaluate_pictures import as_source, check_pictures, measure_pictures
from keras_gen.cli.own_code import import_own_code_of
from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from keras_gen.cli.reading import add_reading, as_trained, reading, reading_domains
from keras_gen.data import DATA_HELP, import_data
from serving import Manifest, Sampler, Translator
from serving.bundle.card_header import renew_header
from serving.bundle.figures import EVALUATION
from serving.bundle.manifest import FILE_NAME
from serving.bundle.names import IMAGE, LABEL, LATENT, TO_CLASS, TRANSLATION
from serving.bundle.references import bundle_folder, called, is_folder
from serving.common.errors import InputError, require_among, require_at_least
from serving.common.files import whole_file
from serving.common.images import to_float, to_uint8
from serving.common.interpolation import NAMES as INTERPOLATIONS
from serving.common.levels import value_range_text
from serving.translation import direction_to, is_translator

if TYPE_CHECKING:
    from keras_gen.metrics.result_page import Results
    from keras_gen.metrics.variants import Answers

MODEL_SUFFIX = ".keras"
Draw: TypeAlias = Callable[[int, int], np.ndarray]
Translate: TypeAlias = Callable[[np.ndarray], np.ndarray]
Show: TypeAlias = "Callable[[Results], None]"


def run(words: Sequence[str]) -> int:
    """Prints a table of figures and writes them to `evaluation.json` in the run or bundle, or `NAME_evaluation.json`
    beside the file `NAME.keras`; of pictures, and of a bundle of a hub or of the package, in the current folder."""
    options = _parser().parse_args(words)
    require_at_least(1, samples=options.samples, drawn=options.drawn, draws=options.draws)
    require_at_least(0, seed=options.seed)
    if options.count is not None:
        require_at_least(1, count=options.count)
    quiet_import()
    from keras_gen.metrics.comparison import AGAINST
    from keras_gen.metrics.extractors import check_extractor
    from keras_gen.metrics.figure import table
    from keras_gen.metrics.result_page import page_file, write_page

    source = as_source(options.place)
    if source is None or options.against in AGAINST:
        require_among(AGAINST, against=options.against)
        if options.data is None:
            raise InputError("keras-gen evaluate needs --data.")
    check_extractor(options.extractor)
    if options.data is not None:
        import_data(options.data)
    page = None if options.html is None else page_file(Path(options.html))
    shown: list[Results] = []
    figures, file = _of_model(options, shown.append) if source is None else _of_pictures(source, options)
    if page is not None and not shown:
        raise InputError("--html needs a model that translates, or one that reconstructs. Received: one that does not.")
    with whole_file(file) as temporary:
        temporary.write_text(json.dumps([figure.as_dict() for figure in figures], indent=2) + "\n", encoding="utf-8")
    if file.with_name(FILE_NAME).is_file():
        renew_header(file.parent, Manifest.read(file.parent))
    print(table(figures))
    print(f"figures: {file}")
    if page is not None:
        write_page(page, f"{options.place} on {options.data}", shown, figures)
        print(f"page: {page}")
    return 0


def _parser() -> Parser:
    parser = Parser("keras-gen evaluate", description="Measure a run or a bundle on data.")
    parser.add_argument(
        "place",
        type=str,
        help="run directory, bundle or .keras file to measure; or pictures: a folder, or a data set as --data has it.",
    )
    parser.add_argument(
        "--data", type=str | None, default=None, help=f"{DATA_HELP} Not needed with pictures --against others."
    )
    parser.add_argument("--split", type=str, default="test", help="split of the data: train, test or all.")
    parser.add_argument(
        "--count", type=int | None, default=None, help="number of pictures to measure on; all by default."
    )
    parser.add_argument("--samples", type=int, default=200, help="number of importance samples for a VAE's likelihood.")
    names = (
        "figures of samples: frechet, kernel, score, precision, density, modes, classes, class_frechet, "
        "accuracy_score, spectrum, memorization, neighbours, parzen; of codes: rate_distortion; "
        "figures of translations: labels, domains, variants, frechet, kernel, precision, density."
    )
    parser.add_argument("--metrics", type=str, nargs="+", default=[], help=names)
    parser.add_argument(
        "--extractor",
        type=str,
        default="classifier",
        help="network whose features compare pictures: classifier (of the data), judge:digits (published, in the "
        "package), inception or onnx:FILE.",
    )
    parser.add_argument(
        "--against",
        type=str,
        default="test",
        help="which pictures samples are compared with: those of --split (test), or the training pictures (train); for "
        "pictures in place of a model also another folder or data set, all of it.",
    )
    parser.add_argument(
        "--reverse",
        type=bool,
        default=False,
        help="for models that translate: use the data's second domain as A, as in training.",
    )
    parser.add_argument(
        "--drawn", type=int, default=10_000, help="number of samples to draw, and of codes to compare with the prior."
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=1,
        help="with --metrics: draw samples so many times, and give means with their confidence intervals.",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all random draws.")
    parser.add_argument(
        "--html",
        type=str | None,
        default=None,
        help="folder or file of a page with inputs, outputs and truth side by side, to sort by error.",
    )
    add_reading(parser, as_trained("run or bundle"))
    return parser


def _of_model(options: Any, show: Show) -> tuple[list[Any], Path]:
    """The figures of a run, a file or a bundle, and where they are written to."""
    place = bundle_folder(options.place)
    measure = _bundle if (place / FILE_NAME).is_file() else _run
    return measure(place, options, show), _figures_file(options.place, place)


def _of_pictures(source: str, options: Any) -> tuple[list[Any], Path]:
    """The same of pictures that are there."""
    check_pictures(source, options)
    return measure_pictures(source, options), Path(f"{called(source.rpartition(':')[2])}_{EVALUATION}")


def _figures_file(named: str, place: Path) -> Path:
    """Where figures are written: in the run or bundle, beside a file, and here of a bundle that is on a hub or in the
    package."""
    if not is_folder(named):
        return Path(f"{called(named)}_{EVALUATION}")
    return place.with_name(f"{place.stem}_{EVALUATION}") if place.suffix == MODEL_SUFFIX else place / EVALUATION


def _run(place: Path, options: Any, show: Show) -> list[Any]:
    from keras_gen.metrics.evaluation import ModelCoder, evaluate_coder, evaluate_model
    from keras_gen.metrics.generation import drawn_pictures
    from keras_gen.metrics.translation import answers_of, translations_of
    from keras_gen.training.run_directory import RunDirectory, open_model

    import_own_code_of(place)
    model = open_model(place)
    if place.suffix != MODEL_SUFFIX:
        config = RunDirectory(place).config()
        for name in ("value_range", "frames", *INTERPOLATIONS):
            options[name] = options[name] or config.get(name)
    if model.spec.translates:
        translate = translations_of(model, options.seed)
        return _translation(translate, answers_of(model), model.image_shape, options, show)
    inference = model.inference_networks()
    if TO_CLASS in inference:
        to_class = partial(_translated_to_class, inference[TO_CLASS])
        return _class_translation(to_class, model.spec.classes, model.image_shape, options, show)
    _check_for_samples(options)
    test, train = _sources(options, model.image_shape, model.spec.classes)
    draw = None if model.spec.prior is None else partial(drawn_pictures, model)
    of_samples = _samples(place, draw, len(model.spec.classes), options, test, train)
    of_codes = _codes(place, ModelCoder(model) if "encoder" in inference else None, options, test)
    figures = evaluate_model(model, test, options.count, options.samples, options.seed, options.drawn)
    if "encoder" in inference:
        figures += evaluate_coder(
            ModelCoder(model), test, train, options.count, options.seed, show, model.spec.clusters
        )
    return figures + of_samples + of_codes


def _bundle(place: Path, options: Any, show: Show) -> list[Any]:
    from keras_gen.metrics.evaluation import evaluate_classifier, evaluate_coder
    from keras_gen.metrics.sample_figures import OF_CLASSES
    from keras_gen.metrics.variants import Answers

    manifest = Manifest.read(place)
    options.value_range = options.value_range or value_range_text(manifest.image.value_range)
    for name in INTERPOLATIONS:
        options[name] = options[name] or getattr(manifest.image, name)
    if is_translator(manifest):
        translator = Translator(place)
        shape = (manifest.image.height, manifest.image.width, manifest.image.channels)
        if TO_CLASS in manifest.networks:
            by_label = partial(_to_class_by_bundle, translator)
            return _class_translation(by_label, manifest.classes, shape, options, show)
        ways = {direction_to(to): partial(_by_bundle, translator, to, options.seed) for to in translator.targets}
        answers = {
            way: Answers(translator.noise_dim, partial(_answered_by_bundle, translator, to))
            for to, way in ((to, direction_to(to)) for to in translator.targets)
            if LATENT in manifest.networks[way].inputs
        }
        return _translation(ways, answers, shape, options, show)
    sampler = Sampler(place)
    _check_for_samples(options)
    if not {"encode", "classify"} & set(sampler.abilities) and not options.metrics:
        raise InputError(
            f"{place} must have an encoder to be measured; evaluate the run, or samples with --metrics. "
            "Received: a bundle without an encoder."
        )
    image = sampler.manifest.image
    told = {"encode", "classify"} & set(sampler.abilities) or OF_CLASSES & set(options.metrics)
    asked = sampler.manifest.classes if told else ()
    test, train = _sources(options, (image.height, image.width, image.channels), asked)
    draw = (lambda n, seed: to_float(sampler.sample(n, seed))) if "sample" in sampler.abilities else None
    of_samples = _samples(place, draw, len(sampler.manifest.classes), options, test, train)
    coder, figures = _BundleCoder(sampler), []
    of_codes = _codes(place, coder if "encode" in sampler.abilities else None, options, test)
    if "encode" in sampler.abilities:
        figures += evaluate_coder(coder, test, train, options.count, options.seed, show)
    if "classify" in sampler.abilities:
        classes = len(sampler.manifest.classes)
        figures += evaluate_classifier(coder.classify, classes, test, options.count, options.seed)
    return figures + of_samples + of_codes


def _samples(place: Path, draw: Draw | None, classes: int, options: Any, test: Any, train: Any) -> list[Any]:
    """The figures asked for of what `draw(n, seed)` gives. Measured first: mistakes show before the long work."""
    from keras_gen.metrics.comparison import Comparison
    from keras_gen.metrics.evaluation import CODE_METRICS
    from keras_gen.metrics.intervals import over_draws
    from keras_gen.metrics.sample_figures import evaluate_samples

    asked = [name for name in options.metrics if name not in CODE_METRICS]
    if not asked:
        if options.draws != 1:
            raise InputError(f"--draws must be left out without --metrics. Received: {options.draws}.")
        return []
    if draw is None:
        raise InputError(f"{place} must be able to draw samples for --metrics. Received: a model that cannot.")
    drawn = draw(options.drawn, options.seed)
    comparison = Comparison(
        drawn, classes, test, train, options.against, options.count, options.seed, options.extractor
    )
    first = evaluate_samples(asked, comparison)
    if options.draws == 1:
        return first
    others = (comparison.of_other_samples(draw(options.drawn, options.seed + i)) for i in range(1, options.draws))
    return over_draws([first, *(evaluate_samples(asked, other) for other in others)])


def _codes(place: Path, coder: Any, options: Any, test: Any) -> list[Any]:
    """The figures asked for of codes, made and read by `coder`, or None."""
    from keras_gen.metrics.evaluation import CODE_METRICS

    asked = [name for name in dict.fromkeys(options.metrics) if name in CODE_METRICS]
    if not asked:
        return []
    if coder is None or not coder.decodes:
        raise InputError(
            f"{place} must have an encoder and a decoder for --metrics {asked[0]}. Received: a model without."
        )
    return [figure for name in asked for figure in CODE_METRICS[name](coder, test, options.count, options.seed)]


def _check_for_samples(options: Any) -> None:
    from keras_gen.metrics.evaluation import CODE_METRICS
    from keras_gen.metrics.sample_figures import METRICS, check_metrics

    check_metrics(options.metrics, [*METRICS, *CODE_METRICS])
    if options.reverse:
        raise InputError("--reverse must be left out for a model that does not translate. Received: true.")


def _translation(
    translate: Mapping[str, Translate],
    answers: Mapping[str, Answers],
    shape: tuple[int, int, int],
    options: Any,
    show: Show,
) -> list[Any]:
    """The figures of both directions, or the one that there is."""
    from keras_gen.data import open_domains
    from keras_gen.metrics.sample_figures import check_metrics
    from keras_gen.metrics.translation import METRICS, Settings, evaluate_translation

    check_metrics(options.metrics, METRICS)
    if options.draws != 1:
        raise InputError(f"--draws must be left out for a model that translates. Received: {options.draws}.")
    settings = Settings(options.metrics, options.against, options.count, options.seed, options.extractor)
    splits = (options.split, "train")
    test, train = (
        open_domains(options.data, shape[:2], shape[2], split, options.reverse, **reading_domains(options))
        for split in splits
    )
    return evaluate_translation(translate, test, train, settings, show, answers)


def _class_translation(
    translate: Callable[[np.ndarray, int], np.ndarray],
    classes: Sequence[str],
    shape: tuple[int, int, int],
    options: Any,
    show: Show,
) -> list[Any]:
    """The figures of translations to every class; labels of the data may be others than these classes."""
    from keras_gen.metrics.class_translation import METRICS, evaluate_class_translation
    from keras_gen.metrics.sample_figures import check_metrics

    check_metrics(options.metrics, METRICS)
    for option, value, wanted in (("--draws", options.draws, 1), ("--reverse", options.reverse, False)):
        if value != wanted:
            raise InputError(f"{option} must be left out for a model that translates to a class. Received: {value}.")
    test, train = _sources(options, shape, ())
    return evaluate_class_translation(
        translate, classes, test, train, options.metrics, options.count, options.seed, show
    )


def _translated_to_class(network: Any, images: np.ndarray, label: int) -> np.ndarray:
    from keras_gen.metrics.translation import AT_ONCE

    feed = {IMAGE: images, LABEL: np.full(len(images), label, np.int64)}
    return network.predict(feed, batch_size=AT_ONCE, verbose=0)[TRANSLATION]


def _to_class_by_bundle(translator: Translator, images: np.ndarray, label: int) -> np.ndarray:
    return to_float(translator.translate(to_uint8(images), translator.targets[label]))


def _answered_by_bundle(translator: Translator, to: str, images: np.ndarray, latents: np.ndarray) -> np.ndarray:
    return to_float(translator.translate(to_uint8(images), to, latents))


def _by_bundle(translator: Translator, to: str, seed: int, images: np.ndarray) -> np.ndarray:
    latents = translator.latents(len(images), seed) if translator.noise_dim else None
    return to_float(translator.translate(to_uint8(images), to, latents))


def _sources(options: Any, shape: tuple[int, int, int], classes: Sequence[str]) -> tuple[Any, Any]:
    """Both splits, with labels of the model's classes if it has any that the figures ask for. Without, pictures are
    compared with those of other classes, such as samples of groups that were found without labels with digits."""
    from keras_gen.data import open_source

    test, train = (
        open_source(options.data, shape[:2], shape[2], split, classes, **reading(options))
        for split in (options.split, "train")
    )
    return test, train


class _BundleCoder:
    """A bundle with pictures in [-1, 1] on both sides."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        encoder = sampler.manifest.networks.get("encoder")
        self.sees_class = encoder is not None and LABEL in encoder.inputs
        self.decodes = "decode" in sampler.abilities

    def encode(self, images: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        return self.sampler.encode(self.sampler.as_input(to_uint8(images)), labels=self._told(labels))

    def decode(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        return to_float(self.sampler.decode(latents, labels=self._told(labels)))

    def _told(self, labels: np.ndarray | None) -> np.ndarray | None:
        return labels if self.sampler.takes_class else None

    def classify(self, images: np.ndarray) -> np.ndarray:
        return self.sampler.classify(self.sampler.as_input(to_uint8(images)))
