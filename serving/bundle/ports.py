"""The networks of a bundle as a server of the Open Inference Protocol offers them, in Triton's names and shapes.

The model repository that `export.triton` writes and the server of this package say the same, so that a client cannot
tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from serving.bundle.manifest import Network, Tensor
from serving.bundle.names import N

# Of every type that a manifest may have.
DATA_TYPES = {"uint8": "UINT8", "int64": "INT64", "float32": "FP32"}
FREE = -1
# Rows of joined requests.
MAX_BATCH_SIZE = 64
# Pictures to translate are larger, and the memory of a network grows with their number.
MAX_TRANSLATED = 8


@dataclass(frozen=True)
class Port:
    """An input or output as a client sees it.

    Attributes:
        name: name of the tensor.
        data_type: the protocol's name of the element type.
        dims: sizes of the axes, -1 for any size; without the first axis if requests are joined along it.
        reshape: the sizes that the network itself has instead of `dims`, or None if they are the same.
    """

    name: str
    data_type: str
    dims: tuple[int, ...]
    reshape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Model:
    """A network as a server of the protocol offers it.

    Attributes:
        name: name of its folder.
        max_batch_size: largest number of rows of joined requests; 0 for a network that takes one request at a time.
        inputs: its inputs.
        outputs: its outputs.
        unbatched: the inputs and outputs for which requests cannot be joined.
    """

    name: str
    max_batch_size: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    unbatched: tuple[str, ...] = ()


def model_of(name: str, network: Network, max_batch_size: int) -> Model:
    """The model for a network of a bundle. Requests are joined along the first axis if that is `n` for every tensor.

    Args:
        name: of the network.
        network: its entry in the manifest.
        max_batch_size: for a network whose requests can be joined.

    Raises:
        InputError: a tensor of a type that the protocol does not know.
    """
    network = as_clients_see(network)
    tensors = {**network.inputs, **network.outputs}
    unbatched = tuple(name for name, tensor in tensors.items() if tensor.axes[:1] != (N,))
    batched = not unbatched
    inputs, outputs = (
        tuple(_port(name, tensor, batched) for name, tensor in side.items())
        for side in (network.inputs, network.outputs)
    )
    return Model(name, max_batch_size if batched else 0, inputs, outputs, unbatched)


def as_clients_see(network: Network) -> Network:
    """A network whose axes say so where it takes one example at a time."""
    if network.batch is None:
        return network
    return replace(network, inputs=_of_one(network.inputs), outputs=_of_one(network.outputs))


def _of_one(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of a network that takes one example at a time."""
    return {name: replace(tensor, axes=(1, *tensor.axes[1:])) for name, tensor in tensors.items()}


def _port(name: str, tensor: Tensor, batched: bool) -> Port:
    """The protocol has no tensors without axes: a scalar becomes an array of one number, and (n,) becomes (n, 1)."""
    sizes = tuple(size if isinstance(size, int) else FREE for size in tensor.axes)
    data_type = DATA_TYPES[tensor.dtype]
    if not sizes:
        return Port(name, data_type, (1,))
    if len(sizes) == 1:
        return Port(name, data_type, (1,), ()) if batched else Port(name, data_type, (*sizes, 1), sizes)
    return Port(name, data_type, sizes[1:] if batched else sizes)
