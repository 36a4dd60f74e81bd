"""How a model that clients see is computed: its networks one after the other, and what goes in and out of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from serving.bundle.ensembles import Ensemble
from serving.bundle.manifest import Manifest, Network, Tensor
from serving.bundle.names import DECODER, IMAGE, LATENT, NOISE, SAMPLER, START, N
from serving.bundle.ports import as_clients_see

Tensors = dict[str, Tensor]
Names = dict[str, str]


class Kind(Enum):
    """What may be done with the rows of a network.

    Attributes:
        JOINED: rows of many requests are computed together, and those of one in parts.
        DRAWN: a request says how many rows it wants and from which on, so that it can be computed in parts, but not
            together with another.
        WHOLE: a request is computed by itself and at once.
    """

    JOINED = "joined"
    DRAWN = "drawn"
    WHOLE = "whole"


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """A network of a plan.

    Attributes:
        network: its name.
        kind: what may be done with its rows.
        rows: at most that are computed together.
        inputs: its own name of a tensor -> that of the plan.
        outputs: the same for those that are wanted of it.
        by_row: its inputs that have a row for each row of a request.
        zeros: integer inputs that nobody gives, and that are 0.
    """

    network: str
    kind: Kind
    rows: int
    inputs: Names
    outputs: Names
    by_row: frozenset[str]
    zeros: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """Networks one after the other.

    Attributes:
        stages: in their order.
        inputs: what a client gives, as the networks take it.
        outputs: what a client gets, as the networks make it.
    """

    stages: tuple[Stage, ...]
    inputs: Tensors
    outputs: Tensors


def plan_of(manifest: Manifest, name: str, ensemble: Ensemble | None, rows: int) -> Plan:
    """The plan of a network or of an ensemble of a bundle.

    The sampler is computed as the noise and the decoder that it was put together from: it then makes the same pictures
    in parts and beside others, in bounded memory, and its weights are not in memory twice.

    Args:
        manifest: of the bundle.
        name: of the network.
        ensemble: None for a network.
        rows: at most that a network computes together.
    """
    networks = {name: as_clients_see(network) for name, network in manifest.networks.items()}
    if ensemble is not None:
        first, then = (_stage(networks, each.model, rows, each.inputs, each.outputs) for each in ensemble.steps)
        return _chained(networks, first, then)
    if name == SAMPLER and _is_chain(networks):
        return _sampling(networks, rows)
    network = networks[name]
    own = _stage(networks, name, rows, _same(network.inputs), _same(network.outputs))
    return Plan((own,), network.inputs, network.outputs)


def kind_of(network: Network) -> Kind:
    """What may be done with the rows of a network."""
    tensors = {**network.inputs, **network.outputs}
    if all(tensor.axes[:1] == (N,) for tensor in tensors.values()):
        return Kind.JOINED
    counted = all(name in network.inputs and not network.inputs[name].axes for name in (N, START))
    rows = all(tensor.axes[:1] == (N,) for tensor in network.outputs.values())
    return Kind.DRAWN if counted and rows else Kind.WHOLE


def _is_chain(networks: Mapping[str, Network]) -> bool:
    """Whether the sampler takes and makes what its two parts do."""
    if NOISE not in networks or DECODER not in networks or kind_of(networks[NOISE]) is not Kind.DRAWN:
        return False
    taken = {**networks[NOISE].inputs, **networks[DECODER].inputs}
    wanted = {name: tensor.axes for name, tensor in taken.items() if name not in (START, LATENT)}
    sampler = networks[SAMPLER]
    return wanted == {name: tensor.axes for name, tensor in sampler.inputs.items()} and list(sampler.outputs) == [IMAGE]


def _sampling(networks: Mapping[str, Network], rows: int) -> Plan:
    noise, decoder = networks[NOISE], networks[DECODER]
    given = {name: tensor for name, tensor in noise.inputs.items() if name != START}
    first = _stage(networks, NOISE, rows, _same(given), {LATENT: LATENT}, (START,))
    return _chained(networks, first, _stage(networks, DECODER, rows, _same(decoder.inputs), {IMAGE: IMAGE}))


def _stage(
    networks: Mapping[str, Network], name: str, rows: int, inputs: Names, outputs: Names, zeros: tuple[str, ...] = ()
) -> Stage:
    by_row = frozenset(own for own, tensor in networks[name].inputs.items() if tensor.axes[:1] == (N,))
    return Stage(name, kind_of(networks[name]), rows, inputs, outputs, by_row, zeros)


def _chained(networks: Mapping[str, Network], first: Stage, then: Stage) -> Plan:
    inputs: Tensors = {}
    for stage in (first, then):
        for own, name in stage.inputs.items():
            if name not in first.outputs.values():
                inputs.setdefault(name, networks[stage.network].inputs[own])
    outputs = {name: networks[then.network].outputs[own] for own, name in then.outputs.items()}
    return Plan((first, then), inputs, outputs)


def _same(tensors: Mapping[str, Tensor]) -> Names:
    return {name: name for name in tensors}
