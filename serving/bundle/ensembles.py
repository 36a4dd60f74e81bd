"""Ensembles: networks of a bundle that a server runs one after the other, with the values between them on the server.

When Triton loads an ensemble, it checks that every input of a step comes from the ensemble or from an earlier step,
that a tensor has the same type and sizes wherever it is used (`[n, 32]` of a network that takes whole batches equals
`[32]` of a network whose requests are joined), and that no step takes fewer rows than the ensemble.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from serving.bundle.names import CODE, DECODER, ENCODER, IMAGE, LATENT, MEAN, NOISE, TRANSLATION
from serving.bundle.ports import FREE, Model, Port

SAMPLE, RECONSTRUCT = "sample", "reconstruct"
RECONSTRUCTION = "reconstruction"
# Name of a network that translates -> the ensemble that draws its latents, where it takes some.
ANSWERS = {"a_to_b": "answer_to_b", "b_to_a": "answer_to_a"}


@dataclass(frozen=True)
class Step:
    """One network of an ensemble. `inputs` and `outputs` map its own names of tensors to those of the ensemble."""

    model: str
    inputs: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True)
class Ensemble:
    """Networks that run one after the other, which a client sees as one model."""

    model: Model
    steps: tuple[Step, Step]


def ensembles(models: Mapping[str, Model]) -> list[Ensemble]:
    """The ensembles that the networks of a bundle allow.

    `sample` consists of the noise and the decoder and gives the pictures `start` to `start + n - 1` of a seed. The
    noise takes whole batches, so the ensemble does too, while its decoder joins the rows of simultaneous requests.
    `reconstruct` consists of the encoder and the decoder. `answer_to_b` consists of the noise and the translation of a
    network that has several answers, and gives each image the next of the seed's answers.

    Args:
        models: name -> network.
    """
    found = []
    # One that takes an example at a time cannot stand behind what gives any number of them.
    joined = {name for name in (ENCODER, DECODER) if name in models and not models[name].unbatched}
    if NOISE in models and DECODER in joined:
        found.append(_chain(SAMPLE, models[NOISE], LATENT, models[DECODER], (IMAGE, IMAGE)))
    codes = [port.name for port in models[ENCODER].outputs if port.name in (CODE, MEAN)] if ENCODER in joined else []
    if codes and DECODER in joined:
        code = CODE if CODE in codes else MEAN
        found.append(_chain(RECONSTRUCT, models[ENCODER], code, models[DECODER], (IMAGE, RECONSTRUCTION)))
    for name, together in ANSWERS.items():
        if NOISE in models and name in models and LATENT in {port.name for port in models[name].inputs}:
            found.append(_chain(together, models[NOISE], LATENT, models[name], (TRANSLATION, TRANSLATION)))
    return found


def _chain(name: str, first: Model, passed: str, then: Model, result: tuple[str, str]) -> Ensemble:
    """`then` after `first`, whose output `passed` is its latent. Both receive the same label, if they take one.
    `result` is the name of what comes out, and what it is called outside."""
    own, outside = result
    batch = min(first.max_batch_size, then.max_batch_size)
    inputs = {port.name: _outside(port, first, batch) for port in first.inputs}
    inputs |= {port.name: _outside(port, then, batch) for port in then.inputs if port.name != LATENT}
    (made,) = [_outside(port, then, batch) for port in then.outputs if port.name == own]
    model = Model(name, batch, tuple(inputs.values()), (replace(made, name=outside),))
    feeds = {port.name: port.name for port in then.inputs} | {LATENT: LATENT}
    return Ensemble(
        model,
        (
            Step(first.name, {port.name: port.name for port in first.inputs}, {passed: LATENT}),
            Step(then.name, feeds, {own: outside}),
        ),
    )


def _outside(port: Port, model: Model, batch: int) -> Port:
    """An input or output of a step as one of the ensemble, which may have the batch of a joined network as an axis."""
    dims = port.dims if batch or not model.max_batch_size else (FREE, *port.dims)
    return Port(port.name, port.data_type, dims)
