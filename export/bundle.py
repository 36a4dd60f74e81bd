"""Writing a bundle of a trained model: convert, check, describe, and only then put it in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from export.assembly import Made, Parity, assemble, check_wishes
from export.border import IO, Bordered
from export.culprits import explained
from export.describe import describe
from export.film import film_of
from export.graph import Target
from export.measured import measured_file
from export.parity import check_network
from export.points import check_wishes_of_points, with_points
from export.provider_check import ProviderCheck
from export.quantized import Wish
from export.refusals import check_layers
from export.seeded import drawn_latents, seeded_networks
from export.stored import Exported
from export.subject import Subject
from export.to_onnx import convert, save_saved_model, without_unrounded
from keras_gen.data.made_smaller import enlarged_by
from keras_gen.models import model_name
from keras_gen.networks.sizes import side_multiple
from keras_gen.training.precision import in_float32
from keras_gen.training.run_directory import RunDirectory, load_model_file
from keras_gen.training.styles import LayerNoise, Space
from serving.bundle.manifest import Image, PixelDistribution
from serving.bundle.names import CODE, DECODER, ENCODER, IMAGE, LATENT, MEAN, NOISE, TRANSLATION, makes_pictures
from serving.common.levels import known_range
from serving.common.points import is_point


def export_bundle(
    model: keras.Model | str | Path,
    path: str | Path,
    io: IO = "uint8",
    target: Target = "any",
    quantize: Wish | None = None,
    say: Callable[[str], None] = lambda line: None,
    check_provider: ProviderCheck | None = None,
    license: str | None = None,
    codes: str | None = None,
    examples: str | None = None,
    space: Space = "z",
    layer_noise: LayerNoise = "fixed",
) -> Path:
    """Writes a bundle of a trained model, replacing a bundle that is there.

    Every network is loaded in ONNX Runtime and compared with Keras at batches of 1, 3 and 17 first; if one
    differs, nothing is written.

    Args:
        model: a model of keras_gen, a run directory, or a `.keras` file.
        path: the folder to write.
        io: `uint8` takes and gives pictures as 0..255, with scaling and rounding inside the graph; `float`
            keeps [-1, 1].
        target: what the graphs are written for. `cpu` computes 3x3 convolutions of many channels by parts, with half
            the multiplications; on a GPU, whose own kernels do that, `any` is faster.
        quantize: numbers to write networks in whose pictures stay near enough; float32 by default.
        say: is told what became of each network that was to be quantized or measured.
        check_provider: a provider to measure the pictures of, which the manifest then states.
        license: of the model, which manifest and card then state: `apache-2.0`.
        codes: data set of which the bundle brings the codes of at most 5,000 pictures, their labels, and the pictures
            made small; none by default.
        examples: data set of which the bundle of a translator brings some pictures to try it with; none by default.
        space: what the decoder's latent is, of a model with a style-based generator: `z`, or `w`, its style.
        layer_noise: the noise of such a generator's layers: `fixed`, or `drawn` with every picture from its seed, which
            makes it a part of the latent.

    Returns:
        The folder.

    Raises:
        InputError: no such run, `path` holds something that is not a bundle, what cannot be exported, no name of a
            licence, codes of a model without an encoder, examples of one that does not translate, or another `space` or
            `layer_noise` than a model has.
        ParityError: a network differs from Keras.
        QualityError: a quantized network differs too much, or one on the provider that is checked.
    """
    folder = Path(path)
    check_wishes(folder, target, quantize, check_provider, license)
    source = model
    model, facts = _resolve(model)
    model.use_space(space, layer_noise)
    # Making them may take long: BigGAN's generator is given its standing statistics each time.
    inference = model.inference_networks()
    for name, network in inference.items():
        check_layers(name, network)
    trained, model = model, in_float32(model)
    if model is not trained:
        model.use_space(space, layer_noise)
        inference = model.inference_networks()
    subject = replace(
        _subject(model, inference, facts), license=license, figures=measured_file(source), film=film_of(source)
    )
    if is_point(model.image_shape):
        check_wishes_of_points(quantize, check_provider)
        inference = with_points(inference, subject.reading["value_range"])
    make = partial(_made, subject, inference, io=io, target=target)
    return assemble(folder, subject, make, quantize, check_provider, say, codes, examples)


def _resolve(model: keras.Model | str | Path) -> tuple[keras.Model, dict[str, Any]]:
    """The model, and what is known about its training."""
    if isinstance(model, keras.Model):
        return model, {}
    place = Path(model)
    if place.suffix == ".keras":
        return load_model_file(place), {}
    run = RunDirectory(place)
    config = run.config()
    return run.load_model(), {"finished_epochs": run.position().epochs, "config": config}


def _subject(model: keras.Model, inference: dict[str, keras.Model], facts: dict[str, Any]) -> Subject:
    spec = model.spec
    return Subject(
        model=model_name(model),
        image_shape=model.image_shape,
        makers=frozenset(name for name, network in inference.items() if makes_pictures(network.output)),
        latent_dim=inference[DECODER].input[LATENT].shape[-1] if DECODER in inference else None,
        latent_noise=model.latent_noise,
        prior=spec.prior,
        prior_latents=model.prior_latents if spec.prior else None,
        prior_network=model.latent_network() if spec.prior else None,
        encode=partial(_encode, inference[ENCODER]) if ENCODER in inference else None,
        translates=spec.translates,
        classes=spec.classes,
        normalization=spec.normalization,
        weights=spec.weights,
        likelihood=_likelihood(model),
        training={"steps": int(model.noise.step), **facts, **_prior_facts(model)},
        reading=_reading(spec.translates, facts),
        enlarge=_enlarge(facts),
        reverse=bool(facts.get("config", {}).get("reverse")),
    )


def _likelihood(model: keras.Model) -> PixelDistribution | None:
    """What readers compute a bound with, of a model that was trained with the standard normal prior."""
    kind = model.spec.likelihood
    return PixelDistribution(kind, model.pixel_scale()) if kind and model.prior_network() is None else None


def _prior_facts(model: keras.Model) -> dict[str, Any]:
    return {"prior": model.fitted_prior.described()} if model.fitted_prior else {}


def _encode(encoder: keras.Model, images: np.ndarray) -> np.ndarray:
    codes = encoder({IMAGE: images}, training=False)
    return np.asarray(codes[CODE if CODE in codes else MEAN])


def _made(subject: Subject, inference: dict[str, keras.Model], folder: Path, io: IO, target: Target) -> Made:
    """The networks as ONNX and as SavedModels, which are written at once, and how far each is from Keras."""
    exported: dict[str, Exported] = {}
    parity: Parity = {}
    sides = subject.image_shape[:2]
    for name, network in inference.items():
        bordered = Bordered(network, io)
        with explained(name, network, sides):
            multiple = _multiple_of_free_sides(network)
            converted = convert(bordered, name, multiple % 2 == 0, target)
            inputs, outputs = describe(bordered, len(subject.classes))
            parity[name] = check_network(name, converted, network, inputs, sides, multiple)
        final = without_unrounded(converted)
        exported[name] = Exported(final, inputs, outputs)
        save_saved_model(bordered, str(folder / "saved_model" / name))
        if name == DECODER and subject.prior:
            for seeded in seeded_networks(subject, network, final, inputs, outputs):
                parity[seeded.name] = seeded.parity
                exported[seeded.name] = Exported(seeded.graph, seeded.inputs, seeded.outputs)
        if LATENT in inputs and TRANSLATION in outputs and NOISE not in exported:
            noise = drawn_latents(int(inputs[LATENT].axes[1]), final.ir_version)
            parity[NOISE] = noise.parity
            exported[NOISE] = Exported(noise.graph, noise.inputs, noise.outputs)
    height, width, channels = subject.image_shape
    free = _free_sides(exported, inference)
    image = Image(height, width, channels, **free, **subject.reading, enlarge=subject.enlarge)
    return Made(exported, parity, image)


def _reading(translates: bool, facts: dict[str, Any]) -> dict[str, Any]:
    """How a run's data became pictures: which numbers were black and white, and how each domain was resized."""
    config = facts.get("config", {})
    domains = ("interpolation_a", "interpolation_b") if translates else ("interpolation",)
    ways = {name: config.get(name) or config.get("interpolation") for name in domains}
    return {"value_range": known_range(config.get("value_range")), **ways}


def _enlarge(facts: dict[str, Any]) -> int:
    """By how much pictures of domain A were made smaller, and their pixels enlarged."""
    config = facts.get("config", {})
    return 1 if config.get("reverse") else enlarged_by(str(config.get("data", "")))


def _free_sides(exported: dict[str, Exported], inference: dict[str, keras.Model]) -> dict[str, Any]:
    """What the manifest says of sides that every network leaves open, and nothing where one does not."""
    inputs = [network.inputs[IMAGE] for network in exported.values() if IMAGE in network.inputs]
    if not inputs or any(isinstance(side, int) for tensor in inputs for side in tensor.axes[1:3]):
        return {}
    return {"any_size": True, "multiple": max(map(_multiple_of_free_sides, inference.values()))}


def _multiple_of_free_sides(network: keras.Model) -> int:
    """What the sides of a network's images must be multiples of where they are free, else 1."""
    image = network.input.get(IMAGE)
    return side_multiple(network) if image is not None and None in image.shape[1:3] else 1
