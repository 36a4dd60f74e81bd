"""`manifest.json`: the one definition of what a bundle holds. `export` writes it, `serving` reads it.

Standard library only, so that anything can read a bundle's description without a numerical package.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from serving.bundle.json_reader import JsonReader
from serving.common.errors import InputError

FORMAT_VERSION = 2
FILE_NAME = "manifest.json"
PRIORS = ("standard_normal", "mixture", "swiss_roll")
QUANTIZATIONS = ("int8", "fp16")
MOST_BYTES = 2**22


@dataclass(frozen=True)
class Tensor:
    """One named input or output of a network.

    Attributes:
        axes: one entry per axis, a size or the name of a free axis: `("n", 28, 28, 1)`.
        dtype: NumPy's name of the element type.
        range: lowest and highest value, or None where any finite value is meant.
    """

    axes: tuple[int | str, ...]
    dtype: str
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Weights:
    """A file of numbers beside a network, which are its initializers' (ONNX external data): where it is, what it must
    hash to. Networks may share one."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Network:
    """One ONNX file: where it is, what it must hash to, what goes in and out by name, and what it keeps beside it."""

    file: str
    sha256: str
    size: int
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    weights: Weights | None = None


@dataclass(frozen=True)
class Quantization:
    """How a network's numbers were made smaller, and what that did to its pictures.

    Attributes:
        kind: `int8` or `fp16`.
        psnr: of its pictures against those before, in dB.
        at_least: the PSNR that was asked for, in dB.
    """

    kind: str
    psnr: float
    at_least: float


@dataclass(frozen=True)
class Image:
    """Size of the pictures in pixels; `any_size` says that height and width are free multiples of `multiple`."""

    height: int
    width: int
    channels: int
    any_size: bool = False
    multiple: int = 1


@dataclass(frozen=True)
class Latent:
    """Length of a latent vector and the distribution to draw it from; None where no distribution is known."""

    size: int
    prior: str | None


@dataclass(frozen=True)
class Manifest:
    """What a bundle holds.

    Attributes:
        model: the model's name on the command line, such as `vae`.
        networks: name -> network; the file of network `x` is `x.onnx`.
        image: size of the pictures.
        latent: the latent space, or None for a model without one.
        classes: names of the classes in the order of their labels, that a network takes or tells apart; empty for a
            model that knows none.
        normalization: which statistics the normalization layers use at inference.
        weights: `ema` (exponential moving average) or `raw`.
        training: facts about the training run, free form, for people.
        parity: network -> output -> largest difference from Keras that export measured; in grey
            levels for uint8 outputs, absolute for float ones.
        quantization: network -> how it was quantized, for those that were.
    """

    model: str
    networks: dict[str, Network]
    image: Image
    latent: Latent | None = None
    classes: tuple[str, ...] = ()
    normalization: str = "moving_statistics"
    weights: str = "raw"
    training: dict[str, Any] = field(default_factory=dict)
    parity: dict[str, dict[str, float]] = field(default_factory=dict)
    quantization: dict[str, Quantization] = field(default_factory=dict)

    def to_json(self) -> str:
        """The manifest as indented JSON, `format_version` first."""
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Reads what `to_json` wrote.

        Raises:
            InputError: not JSON, a newer format, a missing, unknown or ill-typed entry.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"a manifest must be JSON. Received: {error}.") from None
        return _Reader("manifest").manifest(data)

    @classmethod
    def read(cls, bundle: Path) -> Manifest:
        """Reads `bundle/manifest.json`.

        Raises:
            InputError: the folder is not there or is not a bundle, or the manifest is not valid.
        """
        path = bundle / FILE_NAME
        if not path.is_file() or path.is_symlink():
            what = "a link" if path.is_symlink() else "a folder without one" if bundle.is_dir() else "no such folder"
            raise InputError(f"{bundle} must be a bundle with a {FILE_NAME}. Received: {what}.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(f"{path} must have at most {MOST_BYTES} bytes. Received: {path.stat().st_size}.")
        try:
            return cls.from_json(content.decode("utf-8"))
        except (InputError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: {error}") from None


class _Reader(JsonReader):
    """Turns parsed JSON into the dataclasses above."""

    def manifest(self, data: object) -> Manifest:
        version = self.at("format_version").integer(self.mapping(data).get("format_version"), low=1)
        if version > FORMAT_VERSION:
            raise InputError(
                f"format_version must be at most {FORMAT_VERSION}. Received: {version}. "
                "This bundle was written by a newer keras-gen; update keras-gen to read it."
            )
        entries = self.fields(
            data,
            {"format_version", "model", "networks", "image"},
            {"latent", "classes", "normalization", "weights", "training", "parity", "quantization"},
        )
        networks = self.at("networks")
        parity, quantization = self.at("parity"), self.at("quantization")
        latent = entries.get("latent")
        return Manifest(
            model=self.at("model").text(entries["model"]),
            networks={
                name: networks.at(name).network(value) for name, value in networks.mapping(entries["networks"]).items()
            },
            image=self.at("image").image(entries["image"]),
            latent=None if latent is None else self.at("latent").latent(latent),
            classes=tuple(
                self.at("classes").text(name) for name in self.at("classes").array(entries.get("classes", []))
            ),
            normalization=self.at("normalization").text(entries.get("normalization", "moving_statistics")),
            weights=self.at("weights").text(entries.get("weights", "raw"), "raw", "ema"),
            training=self.at("training").mapping(entries.get("training", {})),
            parity={
                name: {
                    output: parity.at(name).number(error) for output, error in parity.at(name).mapping(outputs).items()
                }
                for name, outputs in parity.mapping(entries.get("parity", {})).items()
            },
            quantization={
                name: quantization.at(name).quantization(value)
                for name, value in quantization.mapping(entries.get("quantization", {})).items()
            },
        )

    def network(self, data: object) -> Network:
        entries = self.fields(data, {"file", "sha256", "size", "inputs", "outputs"}, {"weights"})
        weights = entries.get("weights")
        return Network(
            *self.stored(entries),
            inputs=self.at("inputs").tensors(entries["inputs"]),
            outputs=self.at("outputs").tensors(entries["outputs"]),
            weights=None if weights is None else self.at("weights").stored_weights(weights),
        )

    def stored_weights(self, data: object) -> Weights:
        return Weights(*self.stored(self.fields(data, {"file", "sha256", "size"})))

    def stored(self, entries: dict[str, Any]) -> tuple[str, str, int]:
        """Name, SHA-256 and size of a file."""
        file = self.at("file").text(entries["file"])
        if not file or Path(file).name != file or "\\" in file or "\0" in file or file.startswith("."):
            raise self.at("file").fail("a plain file name inside the bundle", file)
        digest = self.at("sha256").text(entries["sha256"])
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise self.at("sha256").fail("64 hexadecimal digits", digest)
        return file, digest, self.at("size").integer(entries["size"])

    def quantization(self, data: object) -> Quantization:
        entries = self.fields(data, {"kind", "psnr", "at_least"})
        return Quantization(
            kind=self.at("kind").text(entries["kind"], *QUANTIZATIONS),
            psnr=self.at("psnr").number(entries["psnr"]),
            at_least=self.at("at_least").number(entries["at_least"]),
        )

    def tensors(self, data: object) -> dict[str, Tensor]:
        return {name: self.at(name).tensor(value) for name, value in self.mapping(data).items()}

    def tensor(self, data: object) -> Tensor:
        entries = self.fields(data, {"axes", "dtype"}, {"range"})
        axes = tuple(
            axis if isinstance(axis, str) else self.at("axes").integer(axis, low=1)
            for axis in self.at("axes").array(entries["axes"])
        )
        limits = entries.get("range")
        if limits is not None:
            bounds = [self.at("range").number(value) for value in self.at("range").array(limits)]
            if len(bounds) != 2:
                raise self.at("range").fail("[lowest, highest]", limits)
            limits = (bounds[0], bounds[1])
        return Tensor(axes=axes, dtype=self.at("dtype").text(entries["dtype"]), range=limits)

    def image(self, data: object) -> Image:
        entries = self.fields(data, {"height", "width", "channels"}, {"any_size", "multiple"})
        sizes = {key: self.at(key).integer(entries[key], low=1) for key in ("height", "width", "channels")}
        return Image(
            **sizes,
            any_size=self.at("any_size").flag(entries.get("any_size", False)),
            multiple=self.at("multiple").integer(entries.get("multiple", 1), low=1),
        )

    def latent(self, data: object) -> Latent:
        entries = self.fields(data, {"size", "prior"})
        return Latent(
            size=self.at("size").integer(entries["size"], low=1),
            prior=None if entries["prior"] is None else self.at("prior").text(entries["prior"], *PRIORS),
        )
