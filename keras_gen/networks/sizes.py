"""The image sizes that networks with strided layers accept."""

from __future__ import annotations

from functools import partial

import keras
import tensorflow as tf

from serving.common.errors import InputError

SMALLEST, LARGEST = 4, 7
MAX_WIDENING = 8
IMAGE_AXES = 4
# What the product of strides is multiplied by, in this order, until the sizes fit.
FACTORS = (*range(1, 17), 32, 64, 128, 256)


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
    """The number that height and width must be multiples of for a network to give images of the size that it takes.

    It is the product of the strides of all layers at any depth, wrapped ones too, which for strided layers in parallel
    branches may be larger than needed; or the least multiple of that product with which the sizes fit, where layers
    change them in other ways.

    Args:
        network: of named or plain inputs, one of them images of free sides.

    Raises:
        InputError: no multiple is found with which the sizes fit.
    """
    product = _product_of_strides(network)
    for factor in FACTORS:
        if _keeps_sides(network, factor * product):
            return factor * product
    raise InputError(
        "the network must give images of the size of its input where their sides are multiples of some number, "
        f"{FACTORS[-1] * product} at most. Received: one that does not."
    )


def _product_of_strides(network: keras.Model) -> int:
    strides = 1
    for layer in dict.fromkeys(network._flatten_layers()):
        if not isinstance(layer, keras.layers.Conv2DTranspose):
            of_layer = getattr(layer, "strides", 1)
            strides *= max(of_layer) if isinstance(of_layer, list | tuple) else int(of_layer)
    return strides


def _keeps_sides(network: keras.Model, multiple: int) -> bool:
    """Whether images of these sides come out of the same size, as far as shapes tell.

    A factor of the multiple that were missing in it could not be in both sides of either size.
    """
    given = network.inputs[0] if isinstance(network, keras.Sequential) else network.input
    for height, width in ((5, 7), (7, 11)):
        size = (height * multiple, width * multiple)
        try:
            made = network.compute_output_spec(keras.tree.map_structure(partial(_of_size, size), given))
        except (ValueError, TypeError, tf.errors.InvalidArgumentError):
            return False
        images = [each for each in keras.tree.flatten(made) if len(each.shape) == IMAGE_AXES]
        if any(tuple(image.shape[1:3]) != size for image in images):
            return False
    return True


def _of_size(size: tuple[int, int], given: keras.KerasTensor) -> keras.KerasTensor:
    """What a network is given, with the sides of images where these are free."""
    if len(given.shape) != IMAGE_AXES:
        return keras.KerasTensor((1, *given.shape[1:]), given.dtype)
    return keras.KerasTensor((1, *size, given.shape[3]), given.dtype)
