"""The image sizes that networks with strided layers accept."""

from __future__ import annotations

import keras

from serving.common.errors import InputError

SMALLEST, LARGEST = 4, 7
MAX_WIDENING = 8


def halvings(image_shape: tuple[int, int, int], family: str) -> int:
    """How often height and width are halved until the smaller one is 4 to 7: 2 for 28x28, 3 for 32x32.

    Args:
        image_shape: (height, width, channels).
        family: the networks' name, for the message.

    Raises:
        InputError: a size for which this is not possible.
    """
    height, width, _ = image_shape
    times = 0
    while min(height, width) >> times > LARGEST:
        times += 1
    if times == 0 or any(side % 2**times for side in (height, width)):
        raise InputError(
            f"the network {family!r} must have a height and width of at least {2 * SMALLEST} that can be halved until "
            f"the smaller is {SMALLEST} to {LARGEST}. Received: {height}x{width}; choose another --image-size, or the "
            "network 'mlp'."
        )
    return times


def widened(filters: int, halved: int) -> int:
    """Channels after a number of halvings: doubled each time, up to 8 times `filters`."""
    return filters * min(2**halved, MAX_WIDENING)


def even_halvings(image_shape: tuple[int, int, int]) -> int:
    """How often height and width can both be divided by 2 without a remainder: 5 for 96x64, 0 if one is odd."""
    height, width, _ = image_shape
    both = height | width
    return (both & -both).bit_length() - 1


def check_multiple(image_shape: tuple[int, int, int], multiple: int, family: str) -> None:
    """Raises InputError unless height and width are multiples of a number."""
    height, width, _ = image_shape
    if height % multiple or width % multiple:
        raise InputError(
            f"the network {family!r} must have a height and width that are multiples of {multiple}. "
            f"Received: {height}x{width}; choose another --image-size."
        )


def side_multiple(network: keras.Model) -> int:
    """The number that height and width must be multiples of: the product of the strides of all layers.

    For strided layers in parallel branches it may be larger than needed.
    """
    strides = 1
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            strides *= side_multiple(layer)
        elif not isinstance(layer, keras.layers.Conv2DTranspose):
            strides *= max(getattr(layer, "strides", (1,)))
    return strides
