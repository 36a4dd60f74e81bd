"""The networks of a bundle that start from a seed: `noise`, and the decoder behind it as `sampler`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import keras
import numpy as np
import onnx

from export.border import Bordered
from export.describe import describe
from export.parity import check_noise, check_sampler, drawn_by
from export.reference import Reference
from export.sampler_graph import noise_graph, prior_graph, sampler_graph
from export.subject import Subject
from export.to_onnx import convert
from serving.bundle.manifest import Tensor
from serving.bundle.names import LABEL, LATENT, NOISE, SAMPLER, TRUNCATION
from serving.common.noise import standard_normal

INT64_SCALAR = Tensor(axes=(), dtype="int64")


class Seeded(NamedTuple):
    """A graph that starts from a seed, with its part of the manifest."""

    name: str
    graph: onnx.ModelProto
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    parity: dict[str, float]


def seeded_networks(
    subject: Subject,
    network: keras.Model | Reference,
    decoder: onnx.ModelProto,
    inputs: dict[str, Tensor],
    outputs: dict[str, Tensor],
    one_by_one: bool = False,
) -> Iterator[Seeded]:
    """The noise and the sampler of a decoder, compared with what the original draws.

    Args:
        subject: has a prior.
        network: the decoder in Keras, or what stands for another original.
        decoder: the decoder in ONNX.
        inputs: of the decoder, as the manifest describes them.
        outputs: likewise.
        one_by_one: the decoder takes one latent at a time: it cannot stand behind a noise of any number of them.

    Raises:
        ParityError: a graph differs from the original.
    """
    assert subject.prior_latents is not None, "a subject with a prior draws from it"
    prior, prior_inputs = _prior(subject)
    free, counted = (_noise(subject, prior, prior_inputs, decoder.ir_version, free) for free in (True, False))
    numbers = {"seed": INT64_SCALAR, "n": INT64_SCALAR}
    chosen = _only(prior_inputs, LABEL, TRUNCATION)
    noise_inputs = {**numbers, "start": INT64_SCALAR, **chosen}
    latent = {LATENT: inputs[LATENT]}
    difference = check_noise(free, subject.prior_latents, noise_inputs, subject.prior_network)
    yield Seeded(NOISE, free, noise_inputs, latent, difference)
    if one_by_one:
        return
    sampler = sampler_graph(counted, decoder)
    sampler_inputs = {**numbers, **chosen, **_only(inputs, LABEL)}
    # A prior that takes decisions may take one otherwise by rounding; what follows is compared of the same decisions.
    draw = subject.prior_latents if prior is None else drawn_by(free)
    difference = check_sampler(sampler, network, draw, sampler_inputs)
    yield Seeded(SAMPLER, sampler, sampler_inputs, outputs, difference)


def drawn_latents(size: int, ir_version: int) -> Seeded:
    """The noise of a translator with several answers: standard normal latents of a seed.

    Args:
        size: length of a latent.
        ir_version: ONNX IR version to write.

    Raises:
        ParityError: as `seeded_networks`.
    """
    graph = noise_graph(size, ir_version)
    inputs = dict.fromkeys(("seed", "n", "start"), INT64_SCALAR)
    outputs = {LATENT: Tensor(axes=("n", size), dtype="float32")}

    def draw(n: int, seed: int, labels: object, start: int) -> np.ndarray:
        return standard_normal(seed, n, size, start)

    return Seeded(NOISE, graph, inputs, outputs, check_noise(graph, draw, inputs))


def behind_noise(subject: Subject, decoder: onnx.ModelProto) -> onnx.ModelProto:
    """The sampler of another decoder of the same model, such as a quantized one."""
    return sampler_graph(_noise(subject, *_prior(subject), decoder.ir_version, False), decoder)


def _noise(
    subject: Subject,
    prior: onnx.ModelProto | None,
    prior_inputs: dict[str, Tensor],
    ir_version: int,
    free_start: bool,
) -> onnx.ModelProto:
    size = int(prior_inputs[NOISE].axes[1]) if prior else subject.latent_dim
    assert size is not None, "a subject with a prior has latents"
    noise = noise_graph(size, ir_version, free_start)
    return prior_graph(noise, prior) if prior else noise


def _prior(subject: Subject) -> tuple[onnx.ModelProto | None, dict[str, Tensor]]:
    """The prior's network, where there is one, and its inputs."""
    network = subject.prior_network
    if network is None:
        return None, {}
    bordered = Bordered(network, "float")
    return convert(bordered, NOISE), describe(bordered, len(subject.classes))[0]


def _only(inputs: dict[str, Tensor], *names: str) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in inputs.items() if name in names}
