"""Writing a bundle: convert, check, describe, and only then put it in place."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from export.border import IO, Bordered
from export.card import write_card
from export.culprits import explained
from export.describe import describe
from export.graph import Target
from export.measured import measured_file
from export.parity import check_network
from export.provider_check import ProviderCheck, checked_on
from export.quantized import Wish
from export.refusals import check_layers
from export.seeded import seeded_networks
from export.smaller import calibration, make_smaller
from export.stored import Exported, store
from export.to_onnx import convert, save_saved_model, without_unrounded
from keras_gen.models import model_name
from keras_gen.networks.sizes import side_multiple
from keras_gen.training.precision import in_float32
from keras_gen.training.run_directory import RunDirectory, load_model_file
from serving import Sampler
from serving.bundle.figures import EVALUATION
from serving.bundle.licenses import check_license
from serving.bundle.manifest import FILE_NAME, Image, Latent, Manifest, Network, Quantization
from serving.bundle.names import DECODER, IMAGE, SAMPLER
from serving.common.errors import InputError
from serving.common.files import whole_folder
from serving.common.images import grid, to_uint8, write_png
from serving.common.levels import known_range
from serving.runtime.providers import require_present

SAMPLES = 64


def export_bundle(
    model: keras.Model | str | Path,
    path: str | Path,
    io: IO = "uint8",
    target: Target = "any",
    quantize: Wish | None = None,
    say: Callable[[str], None] = lambda line: None,
    check_provider: ProviderCheck | None = None,
    license: str | None = None,
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

    Returns:
        The folder.

    Raises:
        InputError: no such run, `path` holds something that is not a bundle, what cannot be exported, or no name of a
            licence.
        ParityError: a network differs from Keras.
        QualityError: a quantized network differs too much, or one on the provider that is checked.
    """
    folder = Path(path)
    check_replaceable(folder)
    if quantize is not None and target == "cpu":
        raise InputError(
            "--quantize must be left out with --target cpu, whose convolutions by parts need float32. "
            f"Received: {quantize.kind}."
        )
    check_license(license)
    if check_provider is not None:
        require_present(check_provider.provider)
    source = model
    model, facts = _resolve(model)
    # Making them may take long: BigGAN's generator is given its standing statistics each time.
    inference = model.inference_networks()
    for name, network in inference.items():
        check_layers(name, network)
    trained, model = model, in_float32(model)
    if model is not trained:
        inference = model.inference_networks()
    wish = quantize or check_provider
    measured_on = calibration(model, inference, wish, _reading(model, facts)) if wish else None
    with whole_folder(folder) as temporary:
        exported, parity = _exported(model, inference, temporary, io, target)
        quantization = make_smaller(model, exported, quantize, measured_on, say) if quantize and measured_on else {}
        providers: dict[str, dict[str, dict[str, float]]] = {}
        if check_provider and measured_on:
            providers[check_provider.provider] = checked_on(exported, check_provider, measured_on, say)
        networks = store(exported, temporary)
        manifest = _manifest(model, inference, networks, facts, parity, quantization)
        manifest = replace(manifest, providers=providers, license=license)
        (temporary / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
        Manifest.read(temporary)  # what no reader would take, such as a network whose name is no file's, is not written
        if SAMPLER in networks:
            _draw_samples(temporary)
        if quantize is None and (figures := measured_file(source)):
            shutil.copyfile(figures, temporary / EVALUATION)
        write_card(temporary, manifest)
    return folder


def check_replaceable(path: Path) -> None:
    """Raises InputError where `path` is neither free nor a bundle."""
    if path.exists() and not (path.is_dir() and (not any(path.iterdir()) or (path / FILE_NAME).is_file())):
        raise InputError(f"--out must be a new folder or a bundle. Received: {path}, which is neither.")


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


def _exported(
    model: keras.Model, inference: dict[str, keras.Model], folder: Path, io: IO, target: Target
) -> tuple[dict[str, Exported], dict[str, dict[str, float]]]:
    """The networks as ONNX and as SavedModels, which are written at once, and how far each is from Keras."""
    exported: dict[str, Exported] = {}
    parity: dict[str, dict[str, float]] = {}
    classes = len(model.spec.classes)
    for name, network in inference.items():
        bordered = Bordered(network, io)
        sides = model.image_shape[:2]
        with explained(name, network, sides):
            multiple = _multiple_of_free_sides(network)
            converted = convert(bordered, name, multiple % 2 == 0, target)
            inputs, outputs = describe(bordered, classes)
            parity[name] = check_network(name, converted, network, inputs, sides, multiple)
        final = without_unrounded(converted)
        exported[name] = Exported(final, inputs, outputs)
        save_saved_model(bordered, str(folder / "saved_model" / name))
        if name == DECODER and model.spec.prior:
            for seeded in seeded_networks(model, network, final, inputs, outputs):
                parity[seeded.name] = seeded.parity
                exported[seeded.name] = Exported(seeded.graph, seeded.inputs, seeded.outputs)
    return exported, parity


def _manifest(
    model: keras.Model,
    inference: dict[str, keras.Model],
    networks: dict[str, Network],
    facts: dict[str, Any],
    parity: dict[str, dict[str, float]],
    quantization: dict[str, Quantization],
) -> Manifest:
    height, width, channels = model.image_shape
    spec = model.spec
    return Manifest(
        model=model_name(model),
        networks=networks,
        image=Image(height, width, channels, **_free_sides(networks, inference), **_reading(model, facts)),
        latent=Latent(model.latent_dim, spec.prior) if DECODER in networks else None,
        classes=spec.classes,
        normalization=spec.normalization,
        weights=spec.weights,
        training={"steps": int(model.noise.step), "versions": _versions(), **facts},
        parity=parity,
        quantization=quantization,
    )


def _reading(model: keras.Model, facts: dict[str, Any]) -> dict[str, Any]:
    """How a run's data became pictures: which numbers were black and white, and how each domain was resized."""
    config = facts.get("config", {})
    domains = ("interpolation_a", "interpolation_b") if model.spec.translates else ("interpolation",)
    ways = {name: config.get(name) or config.get("interpolation") for name in domains}
    return {"value_range": known_range(config.get("value_range")), **ways}


def _draw_samples(folder: Path) -> None:
    sampler = Sampler(folder, provider="cpu")
    columns = sampler.columns
    pictures = sampler.sample(columns * max(1, SAMPLES // columns) if columns else SAMPLES, seed=0)
    write_png(folder / "samples.png", grid(to_uint8(pictures), columns))


def _free_sides(networks: dict[str, Network], inference: dict[str, keras.Model]) -> dict[str, Any]:
    """What the manifest says of sides that every network leaves open, and nothing where one does not."""
    inputs = [network.inputs[IMAGE] for network in networks.values() if IMAGE in network.inputs]
    if not inputs or any(isinstance(side, int) for tensor in inputs for side in tensor.axes[1:3]):
        return {}
    return {"any_size": True, "multiple": max(map(_multiple_of_free_sides, inference.values()))}


def _multiple_of_free_sides(network: keras.Model) -> int:
    """What the sides of a network's images must be multiples of where they are free, else 1."""
    image = network.input.get(IMAGE)
    return side_multiple(network) if image is not None and None in image.shape[1:3] else 1


def _versions() -> dict[str, str]:
    packages = ("keras-gen", "tensorflow", "keras", "onnx", "tf2onnx")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
