"""The sizes of pictures that networks of halvings and doublings can take."""

from __future__ import annotations

import keras

from serving.common.errors import InputError

SMALLEST, LARGEST = 4, 7
MAX_WIDENING = 8


def halvings(image_shape: tuple[int, int, int], family: str) -> int:
    """How often both sides are halved, until the smaller one is 4 to 7: 2 for 28x28, 3 for 32x32.

    Args:
        image_shape: (height, width, channels).
        family: the networks' name, for the message.

    Raises:
        InputError: sides that do not get there.
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
    """Channels of a picture halved so often: doubled each time, up to 8 times `filters`."""
    return filters * min(2**halved, MAX_WIDENING)


def even_halvings(image_shape: tuple[int, int, int]) -> int:
    """How often both sides can be halved without a rest: 5 for 96x64, 0 where one is odd."""
    height, width, _ = image_shape
    both = height | width
    return (both & -both).bit_length() - 1


def check_multiple(image_shape: tuple[int, int, int], multiple: int, family: str) -> None:
    """Raises InputError for sides that are no multiples of a number."""
    height, width, _ = image_shape
    if height % multiple or width % multiple:
        raise InputError(
            f"the network {family!r} must have a height and width that are multiples of {multiple}. "
            f"Received: {height}x{width}; choose another --image-size."
        )


def side_multiple(network: keras.Model) -> int:
    """What sides must be multiples of, so that every stride divides them: the product of all of them.

    Of strides that lie beside one another, rather than one behind the other, it may be more than needed.
    """
    strides = 1
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            strides *= side_multiple(layer)
        elif not isinstance(layer, keras.layers.Conv2DTranspose):
            strides *= max(getattr(layer, "strides", (1,)))
    return strides
