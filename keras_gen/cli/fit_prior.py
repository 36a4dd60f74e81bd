"""`keras-gen fit-prior RUN --prior mixture`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_gen.cli.own_code import import_own_code_of
from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from keras_gen.cli.reading import add_reading, as_trained, reading
from keras_gen.data import DATA_HELP, import_data
from serving.bundle.manifest import FILE_NAME
from serving.common.errors import InputError, require_at_least
from serving.common.interpolation import NAMES as INTERPOLATIONS

KINDS = "gaussian, mixture of Gaussians, two_stage (a second VAE, of the codes), or flow (RealNVP)."


def run(words: Sequence[str]) -> int:
    """Fits a prior to the codes of a run's training pictures and stores it in the run as `prior.keras`, where sampling,
    evaluation and export find it."""
    options = _parser().parse_args(words)
    if options.count is not None:
        require_at_least(2, count=options.count)
    place = Path(options.place)
    _require_run(place)
    quiet_import()
    from keras_gen.metrics.generation import aggregate_codes
    from keras_gen.metrics.pictures import as_trained as as_shown
    from keras_gen.metrics.pictures import random_pictures
    from keras_gen.models.vq_vae import CODE_MAP
    from keras_gen.priors import PRIORS, PriorOptions, fit_prior
    from keras_gen.training.fitted_prior import write_prior
    from keras_gen.training.precision import in_float32
    from keras_gen.training.run_directory import RunDirectory

    PRIORS.find(options.prior, "--prior")
    wanted = PriorOptions(options.components, options.epochs, options.seed)
    run_directory = RunDirectory(place)
    config = run_directory.config()
    import_own_code_of(place)
    model = run_directory.load_model(with_prior=False)
    networks = model.inference_networks()
    if not {"encoder", "decoder"} <= networks.keys():
        raise InputError(f"{place} must have codes, an encoder and a decoder. Received: {type(model).__name__}.")
    if CODE_MAP in networks["encoder"].output:
        raise InputError(
            f"{place} must have codes that are numbers; for whole numbers there is `keras-gen train code_prior "
            f"--from`. Received: {type(model).__name__}."
        )
    source = _source(options, config, model)
    images, labels = random_pictures(source, options.count, options.seed)
    images = as_shown(model, images, options.seed)
    codes = aggregate_codes(in_float32(model), images, labels if model.spec.labelled else None, options.seed)
    prior = fit_prior(model, codes, options.prior, wanted, {"data": f"{source.name} ({source.split})"})
    print(f"prior: {write_prior(place, prior)} ({options.prior}, of {len(codes)} codes of {model.latent_dim} numbers)")
    return 0


def _parser() -> Parser:
    parser = Parser("keras-gen fit-prior", description="Fit a prior to the codes of a run, by which it can be sampled.")
    parser.add_argument("place", type=str, help="run directory of a model with an encoder and a decoder.")
    parser.add_argument("--prior", type=str, required=True, help=KINDS)
    parser.add_argument("--data", type=str | None, default=None, help=f"{DATA_HELP} As the run was trained by default.")
    parser.add_argument("--count", type=int | None, default=None, help="number of pictures to encode; all by default.")
    parser.add_argument("--components", type=int, default=10, help="number of Gaussians of mixture.")
    parser.add_argument("--epochs", type=int, default=30, help="passes over the codes for two_stage and flow.")
    parser.add_argument("--seed", type=int, default=0, help="seed of all random draws.")
    add_reading(parser, as_trained("run"))
    return parser


def _require_run(place: Path) -> None:
    if (place / FILE_NAME).is_file():
        raise InputError(f"{place} must be a run directory, which is then exported. Received: a bundle.")
    if place.suffix == ".keras":
        raise InputError(f"{place} must be a run directory, which keeps the prior. Received: a file.")


def _source(options: Any, config: dict[str, Any], model: Any) -> Any:
    """The training pictures, read as in training."""
    from keras_gen.data import open_source

    for name in ("data", "value_range", "frames", *INTERPOLATIONS):
        options[name] = options[name] or config.get(name)
    import_data(options.data)
    height, width, channels = model.image_shape
    return open_source(options.data, (height, width), channels, "train", model.spec.classes, **reading(options))
