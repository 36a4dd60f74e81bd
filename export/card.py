"""`README.md` of a bundle: what is in it and how to use it, for someone who has only the folder."""

from __future__ import annotations

from pathlib import Path

from serving.bundle.card_header import CARD, data_of, with_header, without_folders
from serving.bundle.manifest import Manifest, Origin, Quantization, Tensor, origin_text
from serving.bundle.names import LABEL, TO_CLASS
from serving.common.images import shown_text

PROGRAM = """\
```python
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("{file}", providers=["CPUExecutionProvider"])
{given}
({result},) = session.run(["{output}"], inputs)
```"""
TELEMETRY = (
    "ONNX Runtime from 1.29 on sends what it runs to its makers, unless the environment variable "
    "`ORT_DISABLE_TELEMETRY` is 1 before it is loaded."
)


def write_card(folder: Path, manifest: Manifest) -> None:
    """Writes the card beside the manifest."""
    image = manifest.image
    lines = [
        f"# {manifest.model}: {'points' if image.is_point else f'{image.width}x{image.height}x{image.channels}'}",
        "",
        f"Written by keras-gen after every network was compared with {_came_from(manifest)}.",
        "",
    ]
    if (folder / "samples.png").exists():
        lines += [f"![Samples of seed 0{'' if image.is_point else shown_text(image.channels)}](samples.png)", ""]
    lines += [
        "| network | inputs | outputs | largest difference from " + manifest.compared_with + " |",
        "|---|---|---|---|",
    ]
    for name, network in manifest.networks.items():
        lines.append(
            f"| `{network.file}` | {_tensors(network.inputs)} | {_tensors(network.outputs)} "
            f"| {_parity(manifest, name)} |"
        )
    lines += _sharing(manifest)
    lines += [
        f"\n`{manifest.networks[name].file}` {_in_numbers(facts)} at {facts.psnr:g} dB from float32's."
        for name, facts in manifest.quantization.items()
    ]
    for provider, networks in manifest.providers.items():
        for name, measured in networks.items():
            shown = ", ".join(f"{psnr:g} dB in {precision}" for precision, psnr in measured.items())
            lines.append(f"\nOn {provider}, pictures of `{name}` are from the CPU's: {shown}.")
    if manifest.classes:
        lines += ["", f"Classes, in the order of their labels: {', '.join(manifest.classes)}."]
    lines += ["", *_trained(manifest)]
    if "sampler" in manifest.networks:
        lines += [
            "",
            "A seed gives the same pictures everywhere, and the first n of them whatever n is.",
            "",
            _drawing(manifest),
        ]
        if "truncation" in manifest.networks["sampler"].inputs:
            lines += ["", "Numbers of a latent beyond `truncation` are drawn again: lower is less varied, `inf` none."]
    if "classifier" in manifest.networks:
        lines += ["", "How probable each class is:", "", _looking_at_pictures(manifest, "classifier", "probabilities")]
    if "a_to_b" in manifest.networks:
        goal = manifest.domains.get("b")
        what = f"Pictures as {goal}:" if goal else "Pictures of domain A as pictures of domain B:"
        lines += _translation(manifest, "a_to_b", what)
    if TO_CLASS in manifest.networks:
        lines += _translation(manifest, TO_CLASS, "Pictures as those of the class that `label` says:")
    lines += ["", _licence(manifest), "", TELEMETRY]
    (folder / CARD).write_text(with_header("\n".join(lines) + "\n", manifest, folder), encoding="utf-8")


def _licence(manifest: Manifest) -> str:
    if manifest.license:
        return f"Licence of the model: {manifest.license}."
    return "Licence of the model: none was given; `keras-gen export --license` states one."


def _came_from(manifest: Manifest) -> str:
    return "the original that it comes from" if manifest.origin else "the Keras model it came from"


def _trained(manifest: Manifest) -> list[str]:
    """What is known of the weights."""
    if not manifest.origin:
        data = data_of(manifest)
        trained_on = f" on `{without_folders(data)}`" if data else ""
        return [f"Weights: {manifest.weights}. Training: {manifest.training.get('steps')} steps{trained_on}."]
    return [
        "The networks were not trained with keras-gen, and how they were is unknown:",
        "",
        *(f"- `{manifest.networks[name].file}`: {_origin(each)}" for name, each in manifest.origin.items()),
    ]


def _origin(origin: Origin) -> str:
    """Where a network comes from, and what its own inputs and outputs are."""
    border = "".join(f"; its `{name}` is {what}" for name, what in origin.border.items())
    return f"from {origin_text(origin)}{border}"


def _in_numbers(facts: Quantization) -> str:
    return f"has {facts.numbers}, its outputs" if facts.weights_only else f"is in {facts.kind}, its pictures"


def _sharing(manifest: Manifest) -> list[str]:
    """Which networks keep numbers in a file beside them."""
    shared: dict[str, list[str]] = {}
    for network in manifest.networks.values():
        if network.weights:
            shared.setdefault(network.weights.file, []).append(f"`{network.file}`")
    return [
        f"\n`{file}` holds numbers of {' and '.join(names)}: it must lie beside them." for file, names in shared.items()
    ]


def _translation(manifest: Manifest, name: str, what: str) -> list[str]:
    image = manifest.image
    free = f"Sides may be any multiples of {image.multiple}." if image.any_size else "Pictures have this size."
    program = _looking_at_pictures(manifest, name, "translation")
    lines = ["", what, "", program, "", free]
    if manifest.origin and f"{name}_tile" not in manifest.networks:
        lines += [
            "",
            "Pictures that are larger than a tile are translated in tiles, each by itself: where the network looks at "
            "the whole picture, as instance normalization does, tiles may differ in brightness and contrast.",
        ]
    if f"{name}_tile" in manifest.networks:
        lines += [
            "",
            f"`{name}_tile.onnx` is for tiles of a large picture. With `use_own_statistics` 1 it normalizes by "
            "the tile's own and tells them as `measured_statistics`; with 0 by given `statistics`, those of the whole "
            "picture.",
        ]
    return lines


def _drawing(manifest: Manifest) -> str:
    """A program that draws: one class after the other, and no truncation, where the network is told either."""
    network = manifest.networks["sampler"]
    values = {
        "seed": "np.array(7)",
        "n": "np.array(64)",
        "label": f"np.arange(64) % {len(manifest.classes)}",
        "truncation": "np.array(np.inf, np.float32)",
    }
    given = ", ".join(f'"{name}": {value}' for name, value in values.items() if name in network.inputs)
    return PROGRAM.format(file=network.file, given=f"inputs = {{{given}}}", result="pictures", output="image")


def _looking_at_pictures(manifest: Manifest, name: str, output: str) -> str:
    """A program that gives pictures to a network."""
    image, network = manifest.image, manifest.networks[name]
    shape = f"(1, {image.height}, {image.width}, {image.channels})"
    told = f', "{LABEL}": np.array([0])' if LABEL in network.inputs else ""
    given = f'inputs = {{"image": np.zeros({shape}, np.{network.inputs["image"].dtype}){told}}}  # your own pictures'
    return PROGRAM.format(file=network.file, given=given, result=output, output=output)


def _tensors(tensors: dict[str, Tensor]) -> str:
    return ", ".join(f"`{name}` {t.dtype} [{', '.join(map(str, t.axes))}]" for name, t in tensors.items())


def _parity(manifest: Manifest, name: str) -> str:
    outputs = manifest.networks[name].outputs
    parts = []
    for output, difference in manifest.parity[name].items():
        levels = output in outputs and outputs[output].dtype == "uint8"
        parts.append(f"{output}: {difference:g} grey levels" if levels else f"{output}: {difference:.1e}")
    return ", ".join(parts)
