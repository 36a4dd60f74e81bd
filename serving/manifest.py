"""`manifest.json`: the one definition of what a bundle holds. `export` writes it, `serving` reads it.

Standard library only, so that anything can read a bundle's description without a numerical package.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from serving.errors import InputError

FORMAT_VERSION = 1
FILE_NAME = "manifest.json"
PRIORS = ("standard_normal", "mixture", "swiss_roll")


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
class Network:
    """One ONNX file: where it is, what it must hash to, what goes in and out by name."""

    file: str
    sha256: str
    size: int
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


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
        if not path.is_file():
            what = "a folder without one" if bundle.is_dir() else "no such folder"
            raise InputError(f"{bundle} must be a bundle with a {FILE_NAME}. Received: {what}.")
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except (InputError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: {error}") from None


def check_present(bundle: Path, network: Network) -> Path:
    """The path of a network's file, which is there with the size that the manifest states.

    Raises:
        InputError: the file is missing or has another size.
    """
    path = bundle / network.file
    if not path.is_file():
        raise InputError(f"{path} is named in the manifest. Received: no such file.")
    if path.stat().st_size != network.size:
        raise InputError(f"{path} must have {network.size} bytes. Received: {path.stat().st_size}.")
    return path


def read_verified(bundle: Path, network: Network) -> bytes:
    """The bytes of a network's file, after its size and SHA-256 were compared with the manifest's.

    Raises:
        InputError: the file is missing, truncated or altered.
    """
    path = check_present(bundle, network)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != network.sha256:
        raise InputError(f"{path} must have the SHA-256 {network.sha256}. Received: {digest}.")
    return content


class _Reader:
    """Turns parsed JSON into the dataclasses above; `where` is the path of keys for messages."""

    def __init__(self, where: str) -> None:
        self.where = where

    def at(self, key: str) -> _Reader:
        return _Reader(f"{self.where}.{key}")

    def fail(self, expected: str, received: object) -> InputError:
        shown = repr(received)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return InputError(f"{self.where} must be {expected}. Received: {shown}.")

    def mapping(self, data: object) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise self.fail("an object", data)
        return dict(data)

    def fields(self, data: object, required: set[str], optional: set[str] = frozenset()) -> dict:  # type: ignore[assignment]
        entries = self.mapping(data)
        if missing := sorted(required - entries.keys()):
            raise InputError(f"{self.where} must have {missing[0]!r}. Received: {sorted(entries)}.")
        if unknown := sorted(entries.keys() - required - optional):
            raise InputError(f"{self.where} has an unknown entry. Received: {unknown[0]!r}.")
        return entries

    def integer(self, data: object, low: int = 0) -> int:
        if isinstance(data, bool) or not isinstance(data, int) or data < low:
            raise self.fail(f"an integer of at least {low}", data)
        return data

    def number(self, data: object) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise self.fail("a number", data)
        return float(data)

    def text(self, data: object, *choices: str) -> str:
        if not isinstance(data, str) or (choices and data not in choices):
            raise self.fail(" or ".join(map(repr, choices)) if choices else "a string", data)
        return data

    def array(self, data: object) -> list[Any]:
        if not isinstance(data, list):
            raise self.fail("an array", data)
        return data

    def flag(self, data: object) -> bool:
        if not isinstance(data, bool):
            raise self.fail("true or false", data)
        return data

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
            {"latent", "classes", "normalization", "weights", "training", "parity"},
        )
        networks = self.at("networks")
        parity = self.at("parity")
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
        )

    def network(self, data: object) -> Network:
        entries = self.fields(data, {"file", "sha256", "size", "inputs", "outputs"})
        file = self.at("file").text(entries["file"])
        if not file or Path(file).name != file or "\\" in file or "\0" in file or file.startswith("."):
            raise self.at("file").fail("a plain file name inside the bundle", file)
        digest = self.at("sha256").text(entries["sha256"])
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise self.at("sha256").fail("64 hexadecimal digits", digest)
        return Network(
            file=file,
            sha256=digest,
            size=self.at("size").integer(entries["size"]),
            inputs=self.at("inputs").tensors(entries["inputs"]),
            outputs=self.at("outputs").tensors(entries["outputs"]),
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
