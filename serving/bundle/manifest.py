"""`manifest.json`, as `manifest.schema.json` defines it. `export` writes it, `serving` reads it.

Standard library only, so that anything can read a bundle's description without a numerical package.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from serving.bundle import schema
from serving.bundle.json_reader import JsonReader, parse_document
from serving.bundle.links import real_file
from serving.bundle.names import MEASURED_STATISTICS, USE_OWN_STATISTICS
from serving.common.errors import InputError

if TYPE_CHECKING:
    from serving.common.interpolation import Choice

FILE_NAME = "manifest.json"
# What `format_version` must be for the older readers to know what they cannot read.
FORMAT, FORMAT_OF_STATISTICS = 2, 3


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
class Stored:
    """A file of a bundle: where it is, what it must hash to, how many bytes it has."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Weights(Stored):
    """A file of numbers beside a network, which are its initializers' (ONNX external data). Networks may share one."""


@dataclass(frozen=True)
class Atlas(Stored):
    """A PNG of many pictures made small, row by row.

    Attributes:
        tile: (height, width) of each in pixels.
        columns: how many are in a row.
    """

    tile: tuple[int, int]
    columns: int


@dataclass(frozen=True)
class Codes(Stored):
    """A NumPy array of codes of pictures, float32 (count, latent size).

    Attributes:
        count: how many there are, at most 5,000.
        source: what the data set was called.
        atlas: their pictures.
        labels: a NumPy array, int64 (count,); None for data without labels.
    """

    count: int
    source: str
    atlas: Atlas
    labels: Stored | None = None


@dataclass(frozen=True)
class ExampleInputs(Atlas):
    """Pictures of a domain to try a translator with, in an `Atlas`.

    Attributes:
        count: how many there are, at most 16.
        source: what the data set was called.
        colours: of a label map, those of most pixels first, as `#rrggbb`; empty for pictures of many colours.
    """

    count: int
    source: str
    colours: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredFilm(Stored):
    """How training went: JSON that `film.schema.json` describes, and the bytes that it names parts of."""

    frames: Stored


@dataclass(frozen=True)
class Network(Stored):
    """One ONNX file: what goes in and out by name, what it keeps beside it, and 1 where it takes one example at a time,
    whatever its axes say: readers then run it for one after the other."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    weights: Weights | None = None
    batch: int | None = None


@dataclass(frozen=True)
class Quantization:
    """How a network's numbers were made smaller, and what that did to its pictures.

    Attributes:
        kind: `int8` or `fp16`.
        psnr: of its pictures against those before, in dB.
        at_least: the PSNR that was asked for, in dB.
        weights_only: whether it computes in float32, and only its weights are stored in smaller numbers.
    """

    kind: str
    psnr: float
    at_least: float
    weights_only: bool = False

    @property
    def numbers(self) -> str:
        """What is in which numbers, for people."""
        return f"{self.kind} weights" if self.weights_only else self.kind


@dataclass(frozen=True)
class Image:
    """Size of the pictures in pixels; `any_size` says that height and width are free multiples of `multiple`.

    `value_range` are the numbers that were black and white in the training data, for pictures of more than 8 bits; None
    where full scale was. `interpolation` is `nearest` or `bicubic`, how pictures of another size were resized in
    training, `interpolation_a` and `interpolation_b` those of two domains; None where the number of colours decides.
    `enlarge`: pictures of domain A were made smaller in training, and every pixel shown as so many by so many; 1 where
    they were not.
    """

    height: int
    width: int
    channels: int
    any_size: bool = False
    multiple: int = 1
    value_range: tuple[float, float] | None = None
    interpolation: Choice | None = None
    interpolation_a: Choice | None = None
    interpolation_b: Choice | None = None
    enlarge: int = 1

    @property
    def is_point(self) -> bool:
        """Whether what is called a picture here is a point of the plane, whose coordinates networks give as (n, 2)."""
        return (self.height, self.width, self.channels) == (1, 1, 2)


@dataclass(frozen=True)
class Latent:
    """A latent space.

    Attributes:
        size: length of a latent.
        prior: name of the distribution to draw it from; None where none is known.
        noise: how many of its last numbers are noise of layers, which changes details of a picture alone.
    """

    size: int
    prior: str | None
    noise: int = 0


@dataclass(frozen=True)
class PixelDistribution:
    """What a decoder's picture says of a picture's pixels.

    Attributes:
        kind: `bernoulli`, `continuous_bernoulli`, `gaussian`, `discretized_logistic`, or one of a user's own.
        sigma: scale of a pixel, where black is -1 and white is 1; None for a distribution without one.
    """

    kind: str
    sigma: float | None = None


@dataclass(frozen=True)
class Origin:
    """Where a network comes from that keras-gen did not train.

    Attributes:
        kind: `keras`, `saved_model` or `onnx`.
        producer: what wrote it, such as `pytorch 2.13.0`.
        file: name of its file or folder; None for a model that was given in memory.
        sha256: of the file, or of a folder's files one after the other by name; None for a model in memory.
        opset: version of ONNX's operators in the file; None for what was none.
        border: what was said or told of its own inputs and outputs, by name, for people.
    """

    kind: str
    producer: str
    file: str | None = None
    sha256: str | None = None
    opset: int | None = None
    border: dict[str, str] = field(default_factory=dict)


def origin_text(origin: Origin) -> str:
    """Where a network comes from, for people: `style.onnx (pytorch 2.13.0, opset 18, SHA-256 0a1b...)`."""
    facts = [origin.producer]
    if origin.opset is not None:
        facts.append(f"opset {origin.opset}")
    if origin.sha256 is not None:
        facts.append(f"SHA-256 {origin.sha256}")
    return f"{origin.file or 'a model in memory'} ({', '.join(facts)})"


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
        providers: provider -> network -> precision -> PSNR of its pictures against those of the CPU in float32, in dB,
            for those that were measured.
        origin: network -> where it comes from, of networks that keras-gen did not train; how they were trained is then
            unknown.
        domains: `a` and `b` -> what the pictures of that domain are called, where they have names.
        license: of the model, as its owner named it: `apache-2.0`; None where nobody did.
        likelihood: of pixels given the decoder's picture, of a model that was trained by it with a standard normal
            prior.
        codes: of pictures of a data set, where the bundle brings them.
        film: how training went, where it was recorded.
        examples: `a` and `b` -> pictures of that domain to translate, where the bundle brings them.
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
    providers: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    origin: dict[str, Origin] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    license: str | None = None
    likelihood: PixelDistribution | None = None
    codes: Codes | None = None
    film: StoredFilm | None = None
    examples: dict[str, ExampleInputs] = field(default_factory=dict)

    def to_json(self) -> str:
        """The manifest as indented JSON, `format_version` first."""
        head = {"format_version": self.format_version, **({"requires": self.requires} if self.requires else {})}
        return json.dumps({**head, **asdict(self)}, indent=2) + "\n"

    @property
    def requires(self) -> list[str]:
        """The features that a reader must know to use the bundle."""
        one_by_one = any(network.batch is not None for network in self.networks.values())
        return [schema.FIXED_BATCH] if one_by_one else []

    @property
    def compared_with(self) -> str:
        """What the networks were compared with when they were written."""
        return "the original" if self.origin else "Keras"

    @property
    def format_version(self) -> int:
        """The lowest format that says what this manifest does: readers of older ones can use the bundle."""
        named = any(
            USE_OWN_STATISTICS in network.inputs or MEASURED_STATISTICS in network.outputs
            for network in self.networks.values()
        )
        return FORMAT_OF_STATISTICS if named else FORMAT

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Reads what `to_json` wrote.

        Raises:
            InputError: not JSON, a newer format, a feature that is not known, a missing or ill-typed entry. Optional
                entries that are not known are ignored.
        """
        return _Reader("manifest").manifest(parse_document(text))

    @classmethod
    def read(cls, bundle: Path) -> Manifest:
        """Reads `bundle/manifest.json`.

        Raises:
            InputError: the folder is not there or is not a bundle, the manifest is a link that leads out of it, or
                the manifest is not valid.
        """
        path, real = bundle / FILE_NAME, real_file(bundle, FILE_NAME)
        if real is None:
            what = "a folder without one" if bundle.is_dir() else "no such folder"
            raise InputError(f"{bundle} must be a bundle with a {FILE_NAME}. Received: {what}.")
        with real.open("rb") as file:
            content = file.read(schema.MOST_BYTES + 1)
        if len(content) > schema.MOST_BYTES:
            raise InputError(f"{path} must have at most {schema.MOST_BYTES} bytes. Received: {real.stat().st_size}.")
        try:
            return cls.from_json(content.decode("utf-8"))
        except UnicodeDecodeError:
            raise InputError(f"{path}: a manifest must be UTF-8. Received: other bytes.") from None
        except InputError as error:
            raise InputError(f"{path}: {error}") from None


class _Reader(JsonReader):
    """Turns parsed JSON into the dataclasses above."""

    def manifest(self, data: object) -> Manifest:
        self.check_version(data)
        entries = self.fields(data, {"model", "networks", "image"})
        return Manifest(
            model=self.at("model").text(entries["model"]),
            networks=self.at("networks").map_of(entries["networks"], _Reader.network, schema.MOST_NETWORKS),
            image=self.at("image").image(entries["image"]),
            latent=self.optional(entries, "latent", _Reader.latent, None),
            classes=self.optional(entries, "classes", _Reader.classes, ()),
            normalization=self.optional(entries, "normalization", _Reader.text, "moving_statistics"),
            weights=self.optional(entries, "weights", lambda at, value: at.text(value, *schema.WEIGHTS), "raw"),
            training=self.optional(entries, "training", _Reader.mapping, {}),
            parity=self.optional(entries, "parity", lambda at, nets: at.map_of(nets, _Reader.differences), {}),
            quantization=self.optional(
                entries, "quantization", lambda at, nets: at.map_of(nets, _Reader.quantization), {}
            ),
            providers=self.optional(entries, "providers", lambda at, data: at.map_of(data, _Reader.measured), {}),
            origin=self.optional(entries, "origin", lambda at, nets: at.map_of(nets, _Reader.origin), {}),
            domains=self.optional(entries, "domains", lambda at, names: at.map_of(names, _Reader.text), {}),
            license=self.optional(entries, "license", _Reader.text, None),
            likelihood=self.optional(entries, "likelihood", _Reader.likelihood, None),
            codes=self.optional(entries, "codes", _Reader.codes, None),
            film=self.optional(entries, "film", _Reader.film, None),
            examples=self.optional(entries, "examples", lambda at, data: at.map_of(data, _Reader.example_inputs), {}),
        )

    def check_version(self, data: object) -> None:
        """A newer format, whatever else it may hold, and features that are not known, are named before the rest."""
        entries = self.fields(data, {"format_version"})
        version = self.at("format_version").integer(entries["format_version"], low=1)
        if version > schema.NEWEST_FORMAT:
            raise InputError(
                f"{self.where}.format_version must be at most {schema.NEWEST_FORMAT}. Received: {version}. "
                + _needed(entries.get("minimum_version"))
            )
        needed = self.optional(entries, "minimum_version", _Reader.version, None)
        features: list[str] = self.optional(entries, "requires", lambda at, value: at.texts(value), [])
        for feature in features:
            if feature not in schema.FEATURES:
                raise InputError(
                    f"{self.where}.requires must be features that this keras-gen knows. Received: {feature[:60]!r}. "
                    + _needed(needed)
                )

    def version(self, data: object) -> str:
        if not _is_version(data):
            raise self.fail("a version such as 1.2", data)
        return data

    def texts(self, data: object, most: int | None = None) -> list[str]:
        return [self.text(each) for each in self.array(data, most)]

    def classes(self, data: object) -> tuple[str, ...]:
        return tuple(self.texts(data, schema.MOST_CLASSES))

    def differences(self, data: object) -> dict[str, float]:
        return self.map_of(data, _Reader.number)

    def measured(self, data: object) -> dict[str, dict[str, float]]:
        return self.map_of(data, _Reader.differences)

    def network(self, data: object) -> Network:
        entries = self.fields(data, {"file", "sha256", "size", "inputs", "outputs"})
        return Network(
            *self.stored(entries, schema.MOST_NETWORK_BYTES),
            inputs=self.at("inputs").tensors(entries["inputs"]),
            outputs=self.at("outputs").tensors(entries["outputs"]),
            weights=self.optional(entries, "weights", _Reader.stored_weights, None),
            batch=self.optional(entries, "batch", lambda at, value: at.integer(value, low=1, high=1), None),
        )

    def stored_weights(self, data: object) -> Weights:
        return Weights(*self.stored(self.fields(data, {"file", "sha256", "size"}), schema.MOST_WEIGHTS_BYTES))

    def stored(self, entries: dict[str, Any], most: int) -> tuple[str, str, int]:
        """Name, SHA-256 and size of a file of at most `most` bytes."""
        file = self.at("file").text(entries["file"])
        if not is_plain_name(file):
            raise self.at("file").fail("a plain file name inside the bundle", file)
        digest = self.at("sha256").text(entries["sha256"])
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise self.at("sha256").fail("64 hexadecimal digits", digest)
        return file, digest, self.at("size").integer(entries["size"], high=most)

    def beside(self, data: object) -> Stored:
        """A file that no network needs."""
        entries = self.fields(data, {"file", "sha256", "size"})
        return Stored(*self.stored(entries, schema.MOST_BYTES_BESIDE))

    def codes(self, data: object) -> Codes:
        entries = self.fields(data, {"file", "sha256", "size", "count", "source", "atlas"})
        return Codes(
            *self.stored(entries, schema.MOST_BYTES_BESIDE),
            count=self.at("count").integer(entries["count"], low=1, high=schema.MOST_CODES),
            source=self.at("source").text(entries["source"]),
            atlas=self.at("atlas").atlas(entries["atlas"]),
            labels=self.optional(entries, "labels", _Reader.beside, None),
        )

    def atlas(self, data: object) -> Atlas:
        return Atlas(**self.tiles(data, schema.MOST_CODES))

    def tiles(self, data: object, most: int) -> dict[str, Any]:
        """What an `Atlas` of at most `most` pictures consists of."""
        entries = self.fields(data, {"file", "sha256", "size", "tile", "columns"})
        sides = [self.at("tile").integer(side, low=1) for side in self.at("tile").array(entries["tile"])]
        if len(sides) != 2:
            raise self.at("tile").fail("[height, width]", entries["tile"])
        file, sha256, size = self.stored(entries, schema.MOST_BYTES_BESIDE)
        columns = self.at("columns").integer(entries["columns"], low=1, high=most)
        return {"file": file, "sha256": sha256, "size": size, "tile": (sides[0], sides[1]), "columns": columns}

    def example_inputs(self, data: object) -> ExampleInputs:
        entries = self.fields(data, {"count", "source"})
        return ExampleInputs(
            **self.tiles(data, schema.MOST_EXAMPLES),
            count=self.at("count").integer(entries["count"], low=1, high=schema.MOST_EXAMPLES),
            source=self.at("source").text(entries["source"]),
            colours=self.optional(entries, "colours", _Reader.colours, ()),
        )

    def colours(self, data: object) -> tuple[str, ...]:
        return tuple(self.text(each) for each in self.array(data, schema.MOST_COLOURS))

    def film(self, data: object) -> StoredFilm:
        entries = self.fields(data, {"file", "sha256", "size", "frames"})
        frames = self.at("frames").beside(entries["frames"])
        return StoredFilm(*self.stored(entries, schema.MOST_BYTES_BESIDE), frames=frames)

    def quantization(self, data: object) -> Quantization:
        entries = self.fields(data, {"kind", "psnr", "at_least"})
        return Quantization(
            kind=self.at("kind").text(entries["kind"], *schema.QUANTIZATIONS),
            psnr=self.at("psnr").number(entries["psnr"]),
            at_least=self.at("at_least").number(entries["at_least"]),
            weights_only=self.optional(entries, "weights_only", _Reader.flag, False),
        )

    def origin(self, data: object) -> Origin:
        entries = self.fields(data, {"kind", "producer"})
        return Origin(
            kind=self.at("kind").text(entries["kind"]),
            producer=self.at("producer").text(entries["producer"]),
            file=self.optional(entries, "file", _Reader.text, None),
            sha256=self.optional(entries, "sha256", _Reader.text, None),
            opset=self.optional(entries, "opset", lambda at, value: at.integer(value, low=1), None),
            border=self.optional(entries, "border", lambda at, texts: at.map_of(texts, _Reader.text), {}),
        )

    def tensors(self, data: object) -> dict[str, Tensor]:
        return self.map_of(data, _Reader.tensor, schema.MOST_TENSORS)

    def tensor(self, data: object) -> Tensor:
        entries = self.fields(data, {"axes", "dtype"})
        axes = tuple(
            axis if isinstance(axis, str) else self.at("axes").integer(axis, low=1)
            for axis in self.at("axes").array(entries["axes"], schema.MOST_AXES)
        )
        dtype = self.at("dtype").text(entries["dtype"], *schema.DTYPES)
        return Tensor(axes, dtype, self.optional(entries, "range", _Reader.limits, None))

    def limits(self, data: object) -> tuple[float, float]:
        bounds = [self.number(value) for value in self.array(data)]
        if len(bounds) != 2:
            raise self.fail("[lowest, highest]", data)
        return bounds[0], bounds[1]

    def black_and_white(self, data: object) -> tuple[float, float]:
        black, white = self.limits(data)
        if black == white:
            raise self.fail("two different numbers", data)
        return black, white

    def image(self, data: object) -> Image:
        entries = self.fields(data, {"height", "width", "channels"})
        sizes: dict[str, Any] = {
            key: self.at(key).integer(entries[key], low=1) for key in ("height", "width", "channels")
        }
        ways: dict[str, Any] = {
            key: self.optional(entries, key, lambda at, value: at.text(value, *schema.INTERPOLATIONS), None)
            for key in ("interpolation", "interpolation_a", "interpolation_b")
        }
        return Image(
            **sizes,
            **ways,
            any_size=self.optional(entries, "any_size", _Reader.flag, False),
            multiple=self.optional(entries, "multiple", lambda at, value: at.integer(value, low=1), 1),
            value_range=self.optional(entries, "value_range", _Reader.black_and_white, None),
            enlarge=self.optional(entries, "enlarge", lambda at, value: at.integer(value, low=1, high=16), 1),
        )

    def likelihood(self, data: object) -> PixelDistribution:
        entries = self.fields(data, {"kind"})
        kind = self.at("kind").text(entries["kind"])
        return PixelDistribution(kind, self.optional(entries, "sigma", _Reader.number, None))

    def latent(self, data: object) -> Latent:
        entries = self.fields(data, {"size", "prior"})
        size = self.at("size").integer(entries["size"], low=1)
        return Latent(
            size=size,
            prior=self.optional(entries, "prior", lambda at, value: at.text(value, *schema.PRIORS), None),
            noise=self.optional(entries, "noise", lambda at, value: at.integer(value, low=0, high=size - 1), 0),
        )


def is_plain_name(name: str) -> bool:
    """Whether a text is the name of a file directly in a folder, on any system."""
    return 0 < len(name) <= schema.LONGEST_FILE_NAME and not any(re.search(rule, name) for rule in schema.UNFIT_NAMES)


def _is_version(data: object) -> TypeGuard[str]:
    return isinstance(data, str) and len(data) <= schema.LONGEST_VERSION and bool(re.fullmatch(schema.VERSION, data))


def _needed(version: object) -> str:
    """What to do about a bundle that this keras-gen is too old for."""
    if _is_version(version):
        return f"This bundle needs keras-gen {version} or newer; update keras-gen to read it."
    return "This bundle was written by a newer keras-gen; update keras-gen to read it."
