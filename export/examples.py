"""Inputs like those that a network will get, to measure on what numbers in it are like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from export.subject import Subject
from keras_gen.data import Source, is_of_one_domain, open_domains, open_source
from serving.bundle.manifest import Tensor
from serving.bundle.names import DECODER, IMAGE, LABEL, LATENT, STATISTICS, USE_OWN_STATISTICS
from serving.common.errors import InputError
from serving.common.images import to_float
from serving.common.noise import standard_normal
from serving.translation import direction_to

FEEDS, AT_ONCE = 32, 8
BACK = direction_to("a")
Feed = dict[str, np.ndarray]


class Examples:
    """Inputs of those of a model's networks that make pictures: drawn from its prior, or made of pictures.

    Args:
        subject: what the networks are of.
        data: name of a data set, of two domains for a model that translates; None for a model that needs none.
        reading: how its numbers and files become pictures, arguments of `open_source` or `open_domains`.
        encoder: whether the encoder, if there is one, gets inputs too.

    Raises:
        InputError: pictures are needed and there is no data set, or one that does not fit.
    """

    def __init__(
        self,
        subject: Subject,
        data: str | None,
        reading: Mapping[str, Any],
        encoder: bool = False,
    ) -> None:
        self.subject = subject
        self.encoder = encoder and subject.encode is not None
        drawn = {DECODER} if subject.prior else set()
        self._sources = training_sources(subject, data, reading) if subject.makers - drawn or self.encoder else {}

    def feeds(self, name: str, inputs: Mapping[str, Tensor]) -> list[Feed]:
        """Inputs of a network.

        Args:
            name: `decoder`, `encoder`, or a direction of translation.
            inputs: as the manifest describes them.
        """
        if name != DECODER:
            return [*self._pictures(name, inputs)]
        return [self._with_labels(feed, inputs) for feed in self._latents()]

    def _latents(self) -> Iterator[Feed]:
        if self.subject.prior_latents is not None:
            for index in range(FEEDS):
                yield {LATENT: self.subject.prior_latents(AT_ONCE, start=index * AT_ONCE)}
            return
        assert self.subject.encode is not None, "a decoder without a prior stands behind an encoder"
        images = to_float(self._of_domain("a", FEEDS * AT_ONCE))
        for start in range(0, len(images), AT_ONCE):
            yield {LATENT: self.subject.encode(images[start : start + AT_ONCE])}

    def _with_labels(self, feed: Feed, inputs: Mapping[str, Tensor]) -> Feed:
        if LABEL not in inputs:
            return feed
        return {**feed, LABEL: np.arange(len(feed[LATENT])) % len(self.subject.classes)}

    def _pictures(self, name: str, inputs: Mapping[str, Tensor]) -> Iterator[Feed]:
        images = self._of_domain("b" if name.startswith("b_") else "a", FEEDS)
        for index, image in enumerate(images if inputs[IMAGE].dtype == "uint8" else to_float(images)):
            feed = {IMAGE: image[None]}
            if LABEL in inputs:
                feed[LABEL] = np.array([index % len(self.subject.classes)])
            if LATENT in inputs:
                feed[LATENT] = standard_normal(seed=index, n=1, size=int(inputs[LATENT].axes[1]))
            if USE_OWN_STATISTICS in inputs:
                feed[STATISTICS] = np.zeros((1, int(inputs[STATISTICS].axes[1])), np.float32)
                feed[USE_OWN_STATISTICS] = np.ones((1, 1), np.float32)
            yield feed

    def _of_domain(self, domain: str, count: int) -> np.ndarray:
        """Pictures of the training set, drawn at random."""
        return self._sources[domain].draw(count, seed=0).examples.images


def training_sources(subject: Subject, data: str | None, reading: Mapping[str, Any]) -> dict[str, Source]:
    """The training set by domain: `a` alone for a model of one, and for a translator of one direction where the data
    set is of one domain."""
    if data is None:
        raise InputError("`calibrate` must be a data set, on which networks are measured. Received: no data set.")
    height, width, channels = subject.image_shape
    one_way = not any(name.startswith(BACK) for name in subject.makers)
    if subject.translates and not (one_way and is_of_one_domain(data)):
        domains = open_domains(data, (height, width), channels, reverse=subject.reverse, **reading)
        sources = {"a": domains.a, "b": domains.b}
    else:
        ways = {"interpolation_a": "interpolation"} if subject.translates else {}
        known = {ways.get(name, name): value for name, value in reading.items() if name != "interpolation_b"}
        sources = {"a": open_source(data, (height, width), channels, **known)}
    for source in sources.values():
        if len(source) < 2:
            raise InputError(f"{data} must hold at least two pictures. Received: {len(source)}.")
    return sources
