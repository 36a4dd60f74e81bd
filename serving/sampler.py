"""Drawing pictures from a bundle with ONNX Runtime."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.classes import class_labels
from serving.errors import InputError
from serving.images import to_float
from serving.manifest import Latent, Manifest, Network
from serving.names import LABEL, TRUNCATION
from serving.noise import check_seed, check_truncation
from serving.sessions import Sessions

if TYPE_CHECKING:
    import onnxruntime

BATCH_SIZE = 64
MOST_COLUMNS = 20

Arrays = dict[str, np.ndarray]


class Sampler:
    """Pictures from a bundle: by seed, by latent, and back to latents or to classes where there is a network for it.

    Args:
        bundle: folder written by `keras-gen export`.
        provider: `auto`, `cpu`, `cuda` or `tensorrt`.
        threads: CPU threads inside an operator; all cores by default.

    Raises:
        InputError: not a bundle, one whose manifest is not valid, or one with a missing or truncated file.
            Hashes are checked when a file is first used.
    """

    def __init__(self, bundle: str | Path, provider: str = "auto", threads: int | None = None) -> None:
        self.bundle = Path(bundle)
        self.manifest = Manifest.read(self.bundle)
        self._sessions = Sessions(self.bundle, self.manifest, provider, threads)
        self._label: int | None = None

    def of_class(self, label: int) -> Sampler:
        """The same bundle, for pictures of one class wherever no other labels are given.

        Raises:
            InputError: a model that takes no class, or a label that is none of its classes.
        """
        if not self.takes_class:
            raise InputError(f"{self.bundle} must have a network that takes a class. Received: a model with none.")
        class_labels(1, len(self.manifest.classes), [label])
        bound = copy.copy(self)
        bound._label = label
        return bound

    @cached_property
    def abilities(self) -> tuple[str, ...]:
        """Which of `sample`, `decode`, `encode`, `classify` this bundle can do."""
        needs = {"sample": "noise", "decode": "decoder", "encode": "encoder", "classify": "classifier"}
        return tuple(ability for ability, name in needs.items() if name in self.manifest.networks)

    @cached_property
    def takes_class(self) -> bool:
        """Whether a network is told the class; a model may also know classes only to tell them apart."""
        return any(LABEL in network.inputs for network in self.manifest.networks.values())

    @property
    def columns(self) -> int | None:
        """Columns for a grid of samples: one per class where samples are of one class after the other."""
        every = self._label is None and self.takes_class and len(self.manifest.classes) <= MOST_COLUMNS
        return len(self.manifest.classes) if every else None

    @property
    def label(self) -> int | None:
        """The class that `of_class` bound."""
        return self._label

    @property
    def latent(self) -> Latent:
        """Size and prior of the latent space."""
        if self.manifest.latent is None:
            raise InputError(f"{self.bundle} must have a latent space. Received: a model without one.")
        return self.manifest.latent

    def sample(
        self,
        n: int,
        seed: int = 0,
        batch_size: int = BATCH_SIZE,
        progress: bool = False,
        labels: np.ndarray | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Draws `n` pictures. The same seed gives the same pictures, whatever the batch size.

        Args:
            n: how many, at least 1.
            seed: any 64-bit integer.
            batch_size: pictures computed at a time.
            progress: show a bar on standard error.
            labels: (n,) integers, for a model that knows classes; one class after the other by default.
            truncation: for a bundle whose noise takes one: limit that every number of a latent is drawn within, above
                0. Lower is less varied and often better to look at; none by default.

        Returns:
            (n, height, width, channels), uint8 unless the bundle was exported with float pictures.
        """
        return self._collect(n, self.stream(n, seed, batch_size, labels, truncation), progress)

    def stream(
        self,
        n: int,
        seed: int = 0,
        batch_size: int = BATCH_SIZE,
        labels: np.ndarray | None = None,
        truncation: float | None = None,
    ) -> Iterator[np.ndarray]:
        """The pictures of `sample(n, seed)` in pieces of `batch_size`, in bounded memory."""
        _at_least_one("n", n)
        self._truncated(truncation)
        return self._batches(n, seed, batch_size, labels, truncation)

    def latents(
        self,
        n: int,
        seed: int = 0,
        start: int = 0,
        labels: np.ndarray | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """The latents `start` to `start + n - 1` of a seed, drawn from the prior: float32, (n, latent size)."""
        _at_least_one("n", n)
        check_seed(seed)
        numbers = {"seed": seed, "n": n, "start": start}
        feed = {name: np.asarray(number, np.int64) for name, number in numbers.items()}
        if LABEL in self._network("noise").inputs:
            feed[LABEL] = self._drawn_labels(n, start, labels)
        feed |= self._truncated(truncation)
        return self._session("noise").run(["latent"], feed)[0]

    def decode(
        self,
        latents: np.ndarray,
        batch_size: int = BATCH_SIZE,
        progress: bool = False,
        labels: np.ndarray | None = None,
    ) -> np.ndarray:
        """Pictures of latents.

        Args:
            latents: float, (n, latent size).
            batch_size: pictures computed at a time.
            progress: show a bar on standard error.
            labels: (n,) integers, for a decoder that sees the class.

        Returns:
            (n, height, width, channels), uint8 unless the bundle was exported with float pictures.
        """
        latents = np.asarray(latents, dtype=np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.latent.size or len(latents) == 0:
            raise InputError(f"`latents` must have the shape (n, {self.latent.size}). Received: {latents.shape}.")
        feed = self._with_labels("decoder", {"latent": latents}, labels)
        return self._collect(len(latents), self._run("decoder", feed, "image", batch_size), progress)

    def encode(
        self,
        images: np.ndarray,
        batch_size: int = BATCH_SIZE,
        progress: bool = False,
        labels: np.ndarray | None = None,
    ) -> np.ndarray:
        """Codes of pictures: the posterior mean where the encoder gives a distribution.

        Args:
            images: (n, height, width, channels) of the manifest's size and type.
            batch_size: pictures computed at a time.
            progress: show a bar on standard error.
            labels: (n,) integers, for an encoder that sees the class.

        Returns:
            float32, (n, latent size).
        """
        images = self._checked("encoder", images)
        code = "code" if "code" in self._network("encoder").outputs else "mean"
        feed = self._with_labels("encoder", {"image": images}, labels)
        return self._collect(len(images), self._run("encoder", feed, code, batch_size), progress)

    def classify(self, images: np.ndarray, batch_size: int = BATCH_SIZE, progress: bool = False) -> np.ndarray:
        """How probable each of the manifest's classes is.

        Args:
            images: (n, height, width, channels) of the manifest's size and type.
            batch_size: pictures computed at a time.
            progress: show a bar on standard error.

        Returns:
            float32, (n, classes); a row adds up to 1.
        """
        feed = {"image": self._checked("classifier", images)}
        return self._collect(len(images), self._run("classifier", feed, "probabilities", batch_size), progress)

    def as_input(self, images: np.ndarray) -> np.ndarray:
        """uint8 pictures in the type that this bundle's encoder or classifier takes."""
        taker = "classifier" if "encoder" not in self.manifest.networks and "classify" in self.abilities else "encoder"
        return images if self._network(taker).inputs["image"].dtype == "uint8" else to_float(images)

    def reconstruct(
        self, images: np.ndarray, batch_size: int = BATCH_SIZE, labels: np.ndarray | None = None
    ) -> np.ndarray:
        """Pictures decoded from the codes of `images`; arguments as for `encode`."""
        codes = self.encode(images, batch_size, labels=labels)
        return self.decode(codes, batch_size, labels=labels)

    def _batches(
        self, n: int, seed: int, batch_size: int, labels: np.ndarray | None, truncation: float | None
    ) -> Iterator[np.ndarray]:
        """The latents of a batch are drawn from their index, then decoded: what `sampler.onnx` does in one."""
        _at_least_one("batch_size", batch_size)
        if labels is not None:
            labels = class_labels(n, len(self.manifest.classes), labels)
        decoder = self._session("decoder")
        for start in range(0, n, batch_size):
            count = min(batch_size, n - start)
            part = None if labels is None else labels[start : start + count]
            feed = {"latent": self.latents(count, seed, start, part, truncation)}
            if LABEL in self._network("decoder").inputs:
                feed[LABEL] = self._drawn_labels(count, start, part)
            yield decoder.run(["image"], feed)[0]

    def _drawn_labels(self, n: int, start: int, labels: np.ndarray | None) -> np.ndarray:
        """The labels of drawn pictures: given, of the bound class, or one class after the other."""
        if labels is None and self._label is not None:
            return np.full(n, self._label, np.int64)
        return class_labels(n, len(self.manifest.classes), labels, start)

    def _truncated(self, truncation: float | None) -> Arrays:
        """What the noise must be told of a truncation, where it takes one."""
        if truncation is not None:
            check_truncation(truncation)
        if TRUNCATION in self._network("noise").inputs:
            return {TRUNCATION: np.asarray(np.inf if truncation is None else truncation, np.float32)}
        if truncation is not None:
            raise InputError(
                f"`truncation` must be left out for {self.bundle}, whose noise takes none. Received: {truncation}."
            )
        return {}

    def _with_labels(self, network: str, feed: dict[str, np.ndarray], labels: np.ndarray | None) -> Arrays:
        """`feed`, and the labels where the network sees them: given, or of the bound class."""
        if LABEL not in self._network(network).inputs:
            return feed
        if labels is None and self._label is None:
            raise InputError(f"the {network} of {self.bundle} must be given a class. Received: none.")
        (values,) = feed.values()
        return {**feed, LABEL: self._drawn_labels(len(values), 0, labels)}

    def _checked(self, network: str, images: np.ndarray) -> np.ndarray:
        """Pictures of the shape and type that a network takes."""
        expected = self._network(network).inputs["image"]
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[1:] != expected.axes[1:] or len(images) == 0:
            raise InputError(f"`images` must have the shape (n, {_join(expected.axes[1:])}). Received: {images.shape}.")
        if images.dtype != expected.dtype:
            raise InputError(f"`images` must be {expected.dtype}. Received: {images.dtype}.")
        return images

    def _run(self, network: str, feed: Arrays, target: str, batch_size: int) -> Iterator[np.ndarray]:
        _at_least_one("batch_size", batch_size)
        session = self._session(network)
        for start in range(0, len(next(iter(feed.values()))), batch_size):
            part = {name: values[start : start + batch_size] for name, values in feed.items()}
            yield session.run([target], part)[0]

    def _collect(self, n: int, batches: Iterator[np.ndarray], progress: bool) -> np.ndarray:
        """All batches in one array that is allocated once."""
        first = next(batches)
        collected = np.empty((n, *first.shape[1:]), first.dtype)
        with _bar(n, progress) as bar:
            filled = 0
            for batch in _chain(first, batches):
                collected[filled : filled + len(batch)] = batch
                filled += len(batch)
                bar.update(len(batch))
        return collected

    def _network(self, name: str) -> Network:
        if name not in self.manifest.networks:
            raise InputError(
                f"{self.bundle} must have the network {name!r}. "
                f"Received: a bundle with {_join(self.manifest.networks)}."
            )
        return self.manifest.networks[name]

    def _session(self, name: str) -> onnxruntime.InferenceSession:
        self._network(name)  # names what the bundle does not have
        return self._sessions.of(name, small=name == "noise")


def _chain(first: np.ndarray, rest: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    yield first
    yield from rest


def _bar(total: int, shown: bool) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, unit="img", disable=not shown, leave=False)


def _join(values: Any) -> str:
    return ", ".join(map(str, values))


def _at_least_one(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"`{name}` must be an integer of at least 1. Received: {value}.")
