"""Drawing pictures from a bundle with ONNX Runtime."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Unpack

import numpy as np

from serving.bundle.manifest import Latent, Manifest
from serving.bundle.names import (
    CLASSIFIER,
    CODE,
    DECODER,
    ENCODER,
    IMAGE,
    LABEL,
    LATENT,
    LOG_VARIANCE,
    MEAN,
    NOISE,
    PROBABILITIES,
    SEED,
    START,
    TRUNCATION,
    N,
)
from serving.common.arrays import finite_floats, plain_array, room_for
from serving.common.classes import class_labels
from serving.common.errors import InputError, require_integer
from serving.common.images import to_float
from serving.common.noise import INT64, check_seed, check_truncation
from serving.runtime.addition import MOVED, SHIFT, addition
from serving.runtime.networks import Arrays, Fill, Networks, fixed_axes
from serving.runtime.providers import AUTO, Execution
from serving.runtime.read_ahead import ReadAhead
from serving.runtime.sessions import OfBundle, Options, Sessions, Settings

BATCH_SIZE = 64
# Of latents that are drawn before the decoder needs them: 2,048 of 32 each.
NUMBERS_AHEAD = 2**16
MOST_COLUMNS = 20


class Sampler(OfBundle):
    """Pictures from a bundle: by seed, by latent, and back to latents or to classes where there is a network for it.

    Args:
        bundle: folder written by `keras-gen export`.
        settings: how to run it, or the provider alone: `auto`, `cpu`, `cuda`, `tensorrt` or `openvino`.
        manifest: of the bundle, where it was read already.
        **options: what `Settings` holds, by name, instead: `provider`, `threads`, `spinning`, `fixed_batches`,
            `precision`.

    Raises:
        InputError: not a bundle, one whose manifest is not valid, or one with a missing or truncated file.
            Hashes are checked when a file is first used.
    """

    def __init__(
        self,
        bundle: str | Path,
        settings: Settings | str = AUTO,
        *,
        manifest: Manifest | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.sessions = Sessions(bundle, Settings.of(settings, options), manifest)
        self._networks = Networks(self.sessions)
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
        needs = {"sample": NOISE, "decode": DECODER, "encode": ENCODER, "classify": CLASSIFIER}
        return tuple(ability for ability, name in needs.items() if name in self.manifest.networks)

    @cached_property
    def takes_class(self) -> bool:
        """Whether a network is told the class; a model may also know classes only to tell them apart."""
        return any(LABEL in network.inputs for network in self.manifest.networks.values())

    @property
    def execution(self) -> Execution:
        """What the networks run on, and why not on something faster; opens a network where none is open yet."""
        networks = self.manifest.networks
        return self.sessions.execution(next(name for name in (DECODER, *networks) if name in networks))

    def warm_up(self, batch_size: int = BATCH_SIZE) -> None:
        """Opens every network and runs it once, so that the first one who asks does not wait for it.

        Args:
            batch_size: of the batches to come.
        """
        require_integer(1, batch_size=batch_size)
        labels = np.zeros(batch_size, np.int64) if self.takes_class else None
        if "sample" in self.abilities:
            self.sample(batch_size, batch_size=batch_size)
        elif "decode" in self.abilities:
            self.decode(np.zeros((batch_size, self.latent.size), np.float32), batch_size, labels=labels)
        if ENCODER in self.manifest.networks:
            self.encode(self._networks.blank(ENCODER, batch_size), batch_size, labels=labels)
        if CLASSIFIER in self.manifest.networks:
            self.classify(self._networks.blank(CLASSIFIER, batch_size), batch_size)

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
                0, or of a latent that is a style, the share of its distance from the mean style that is kept. Lower is
                less varied and often better to look at; none by default.

        Returns:
            (n, height, width, channels), uint8 unless the bundle was exported with float pictures.
        """
        fill = self._drawing(n, seed, labels, truncation)
        return self._networks.collect(DECODER, IMAGE, n, batch_size, fill, progress)

    def stream(
        self,
        n: int,
        seed: int = 0,
        batch_size: int = BATCH_SIZE,
        labels: np.ndarray | None = None,
        truncation: float | None = None,
    ) -> Iterator[np.ndarray]:
        """The pictures of `sample(n, seed)` in pieces of `batch_size`, in bounded memory."""
        fill = self._drawing(n, seed, labels, truncation)
        return self._pieces(n, batch_size, fill)

    def latents(
        self,
        n: int,
        seed: int = 0,
        start: int = 0,
        labels: np.ndarray | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """The latents `start` to `start + n - 1` of a seed, drawn from the prior: float32, (n, latent size)."""
        require_integer(1, INT64.max, n=n)
        require_integer(0, INT64.max - n, start=start)
        room_for("n", n, (self.latent.size,), "float32")
        labels = self._given(n, labels)
        told = LABEL in self._networks.entry(NOISE).inputs
        return self._noise(seed, truncation)(n, start, self._drawn_labels(n, start, labels) if told else None)

    def decode(
        self,
        latents: np.ndarray,
        batch_size: int = BATCH_SIZE,
        progress: bool = False,
        labels: np.ndarray | None = None,
    ) -> np.ndarray:
        """Pictures of latents.

        Args:
            latents: finite numbers, (n, latent size).
            batch_size: pictures computed at a time.
            progress: show a bar on standard error.
            labels: (n,) integers, for a decoder that sees the class.

        Returns:
            (n, height, width, channels), uint8 unless the bundle was exported with float pictures.
        """
        latents = finite_floats("latents", latents)
        if latents.ndim != 2 or latents.shape[1] != self.latent.size or len(latents) == 0:
            raise InputError(f"`latents` must have the shape (n, {self.latent.size}). Received: {latents.shape}.")
        feed = {LATENT: latents, **self._told(DECODER, len(latents), labels)}
        return self._networks.run(DECODER, feed, IMAGE, batch_size, progress)

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
        images = self._networks.checked(ENCODER, images)
        feed = {IMAGE: images, **self._told(ENCODER, len(images), labels)}
        return self._networks.run(ENCODER, feed, self._code, batch_size, progress)

    def posterior(
        self, images: np.ndarray, batch_size: int = BATCH_SIZE, labels: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log-variance of the distribution of each picture's latents, float32, each (n, latent size).

        Args:
            images: as for `encode`.
            batch_size: pictures computed at a time.
            labels: as for `encode`.

        Raises:
            InputError: an encoder that gives codes alone.
        """
        if LOG_VARIANCE not in self._networks.entry(ENCODER).outputs:
            raise InputError(f"the encoder of {self.bundle} must give a distribution. Received: one that gives codes.")
        images = self._networks.checked(ENCODER, images)
        feed = {IMAGE: images, **self._told(ENCODER, len(images), labels)}
        mean, log_variance = (
            self._networks.run(ENCODER, feed, name, batch_size, False) for name in (MEAN, LOG_VARIANCE)
        )
        return mean, log_variance

    def classify(self, images: np.ndarray, batch_size: int = BATCH_SIZE, progress: bool = False) -> np.ndarray:
        """How probable each of the manifest's classes is.

        Args:
            images: (n, height, width, channels) of the manifest's size and type.
            batch_size: pictures computed at a time.
            progress: show a bar on standard error.

        Returns:
            float32, (n, classes); a row adds up to 1.
        """
        feed = {IMAGE: self._networks.checked(CLASSIFIER, images)}
        return self._networks.run(CLASSIFIER, feed, PROBABILITIES, batch_size, progress)

    def as_input(self, images: np.ndarray) -> np.ndarray:
        """uint8 pictures in the type that this bundle's encoder or classifier takes."""
        taker = CLASSIFIER if ENCODER not in self.manifest.networks and "classify" in self.abilities else ENCODER
        return images if self._networks.entry(taker).inputs[IMAGE].dtype == "uint8" else to_float(images)

    def reconstruct(
        self,
        images: np.ndarray,
        batch_size: int = BATCH_SIZE,
        labels: np.ndarray | None = None,
        shift: np.ndarray | None = None,
    ) -> np.ndarray:
        """Pictures decoded from the codes of `images`, which stay on the device that they are computed on.

        Args:
            images: as for `encode`.
            batch_size: pictures computed at a time.
            labels: as for `encode`.
            shift: (latent size,), what every code is moved by, such as an attribute's direction.

        Returns:
            As `decode`.
        """
        images = self._networks.checked(ENCODER, images)
        encoding = {IMAGE: images, **self._told(ENCODER, len(images), labels)}
        beside = self._told(DECODER, len(images), labels)
        encoder, decoder, code = self._networks.runner(ENCODER), self._networks.runner(DECODER), self._code
        moved = None if shift is None else self._shift(shift)
        mover = self.sessions.added(addition())

        def fill(start: int, into: np.ndarray) -> None:
            part = slice(start, start + len(into))
            latent = encoder.value({name: values[part] for name, values in encoding.items()}, code)
            if moved is not None:
                latent = mover.value({CODE: latent, SHIFT: moved}, MOVED)
            decoder.run({LATENT: latent, **{name: values[part] for name, values in beside.items()}}, IMAGE, into)

        return self._networks.collect(DECODER, IMAGE, len(images), batch_size, fill, False)

    def _shift(self, shift: np.ndarray) -> np.ndarray:
        shift = plain_array("shift", shift)
        if shift.shape != (self.latent.size,) or shift.dtype.kind not in "fiu" or not np.isfinite(shift).all():
            raise InputError(f"`shift` must be {self.latent.size} finite numbers. Received: {shift.shape}.")
        return shift.astype(np.float32)

    @property
    def _code(self) -> str:
        return CODE if CODE in self._networks.entry(ENCODER).outputs else MEAN

    def _drawing(self, n: int, seed: int, labels: np.ndarray | None, truncation: float | None) -> Fill:
        """What draws a batch: the latents of its indices, decoded, as `sampler.onnx` does in one."""
        require_integer(1, INT64.max, n=n)
        noise = self._noise(seed, truncation)
        labels = self._given(n, labels)
        decoder = self._networks.runner(DECODER)
        noise_told, decoder_told = (LABEL in self._networks.entry(name).inputs for name in (NOISE, DECODER))

        def classes(count: int, start: int) -> np.ndarray:
            return self._drawn_labels(count, start, None if labels is None else labels[start : start + count])

        def draw(count: int, start: int) -> np.ndarray:
            return noise(count, start, classes(count, start) if noise_told else None)

        latents = ReadAhead(draw, n, max(1, NUMBERS_AHEAD // self.latent.size))

        def fill(start: int, into: np.ndarray) -> None:
            feed = {LATENT: latents.rows(start, len(into))}
            if decoder_told:
                feed[LABEL] = classes(len(into), start)
            decoder.run(feed, IMAGE, into)

        return fill

    def _noise(self, seed: int, truncation: float | None) -> Callable[[int, int, np.ndarray | None], np.ndarray]:
        """What draws latents of a seed: (how many, index of the first one, labels) to (n, latent size)."""
        check_seed(seed)
        known = {SEED: np.array(seed, np.int64), **self._truncated(truncation)}
        runner = self._networks.runner(NOISE)

        def draw(n: int, start: int, labels: np.ndarray | None) -> np.ndarray:
            feed = {**known, N: np.array(n, np.int64), START: np.array(start, np.int64)}
            return runner.run(feed if labels is None else {**feed, LABEL: labels}, LATENT)

        return draw

    def _pieces(self, n: int, batch_size: int, fill: Fill) -> Iterator[np.ndarray]:
        require_integer(1, batch_size=batch_size)
        tensor = self._networks.entry(DECODER).outputs[IMAGE]
        for start in range(0, n, batch_size):
            piece = np.empty((min(batch_size, n - start), *fixed_axes(tensor)), tensor.dtype)
            fill(start, piece)
            yield piece

    def _drawn_labels(self, n: int, start: int, labels: np.ndarray | None) -> np.ndarray:
        """The labels of drawn pictures: given, of the bound class, or one class after the other."""
        if labels is None and self._label is not None:
            return np.full(n, self._label, np.int64)
        return class_labels(n, len(self.manifest.classes), labels, start)

    def _given(self, n: int, labels: np.ndarray | None) -> np.ndarray | None:
        """Labels that the caller gave, checked.

        Raises:
            InputError: a model that takes no class, or labels that are none of its classes.
        """
        if labels is None:
            return None
        if not self.takes_class:
            raise InputError(
                f"`labels` must be left out for {self.bundle}, whose networks take no class. "
                f"Received: {np.size(labels)} labels."
            )
        return class_labels(n, len(self.manifest.classes), labels)

    def _truncated(self, truncation: float | None) -> Arrays:
        """What the noise must be told of a truncation, where it takes one."""
        if truncation is not None:
            check_truncation(truncation)
        if TRUNCATION in self._networks.entry(NOISE).inputs:
            with np.errstate(over="ignore"):  # beyond float32 is as good as none
                return {TRUNCATION: np.asarray(np.inf if truncation is None else truncation, np.float32)}
        if truncation is not None:
            raise InputError(
                f"`truncation` must be left out for {self.bundle}, whose noise takes none. Received: {truncation}."
            )
        return {}

    def _told(self, network: str, n: int, labels: np.ndarray | None) -> Arrays:
        """The labels where the network sees them: given, or of the bound class."""
        labels = self._given(n, labels)
        if LABEL not in self._networks.entry(network).inputs:
            return {}
        if labels is None and self._label is None:
            raise InputError(f"the {network} of {self.bundle} must be given a class. Received: no class.")
        return {LABEL: self._drawn_labels(n, 0, labels)}
