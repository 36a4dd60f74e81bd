"""Pieces that several models are put together from."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers import TruncatedNormal
from keras_gen.layers.likelihood import require_sides
from keras_gen.losses import non_saturating_discriminator_loss, non_saturating_generator_loss
from keras_gen.losses.reconstructions import RECONSTRUCTIONS
from keras_gen.networks import NetworkSpec
from keras_gen.networks.tiling import named_translation, translated_inputs, with_statistics
from serving.common.errors import InputError


def coding_networks(encoder: keras.Model, decoder: keras.Model) -> dict[str, keras.Model]:
    """The two networks of an autoencoder by name: `encoder`, image -> code; `decoder`, latent -> image.

    Args:
        encoder: pictures in [-1, 1] to codes.
        decoder: codes to pictures, clipped to [-1, 1] here.
    """
    image = keras.Input(encoder.input_shape[1:], name="image")
    latent = keras.Input(decoder.input_shape[1:], name="latent")
    return {
        "encoder": keras.Model({"image": image}, {"code": encoder(image)}),
        "decoder": keras.Model({"latent": latent}, {"image": keras.ops.clip(decoder(latent), -1.0, 1.0)}),
    }


def reconstruction_error(name: str, image_shape: tuple[int, ...]) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """The error of reconstructions that has a name.

    Raises:
        InputError: no such name, or pictures that are too small for it.
    """
    found = RECONSTRUCTIONS.find(name)
    require_sides(name, found.least_side, image_shape)
    return found.error


def decoding_network(
    picture: Callable[..., keras.KerasTensor], latent_dim: int, labelled: bool = False
) -> dict[str, keras.Model]:
    """`decoder`: latent, with label if `labelled`, -> image.

    Args:
        picture: latents to pictures in [-1, 1]; with labels as the second argument if `labelled`.
        latent_dim: length of a latent.
        labelled: see above.
    """
    inputs = {"latent": keras.Input((latent_dim,), name="latent")}
    if labelled:
        inputs["label"] = keras.Input((), dtype="int64", name="label")
    return {"decoder": keras.Model(inputs, {"image": picture(*inputs.values())})}


def told_apart(
    discriminator: keras.Model, drawn: tf.Tensor, codes: tf.Tensor, training: bool = True
) -> dict[str, tf.Tensor]:
    """What a discriminator of codes minimizes: the non-saturating `loss`, (batch,), of draws of the prior as real ones.

    Args:
        discriminator: codes to one logit.
        drawn: (batch, size), of the prior.
        codes: (batch, size), of an encoder.
        training: whether its layers train.
    """
    real, fake = (tf.cast(discriminator(part, training=training), tf.float32) for part in (drawn, codes))
    return {"loss": non_saturating_discriminator_loss(real, fake)}


def fooling_loss(discriminator: keras.Model, codes: tf.Tensor, training: bool) -> tf.Tensor:
    """What an encoder minimizes, (batch,), so that its codes (batch, size) are taken for draws of the prior."""
    return non_saturating_generator_loss(tf.cast(discriminator(codes, training=training), tf.float32))


def truncated_prior(latent_dim: int) -> keras.Model:
    """The standard normal prior that can be truncated: `noise`, (batch, 2 * latent_dim), `truncation` -> `latent`."""
    noise = keras.Input((2 * latent_dim,), name="noise")
    truncation = keras.Input(batch_shape=(), name="truncation")
    return keras.Model(
        {"noise": noise, "truncation": truncation}, {"latent": TruncatedNormal(latent_dim)(noise, truncation)}
    )


def as_pictures(generated: tf.Tensor) -> np.ndarray:
    """What a network generated, in whatever precision, as float32."""
    return tf.cast(generated, tf.float32).numpy()


def side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Pictures of two arrays in turn: (n, ...) and (n, ...) to (2 n, ...), for a grid of an even width."""
    return np.stack([np.asarray(left), np.asarray(right)], axis=1).reshape(-1, *left.shape[1:])


def translating_networks(
    name: str, network: keras.Model, noise_dim: int = 0, classes: int = 0, masked: bool = False
) -> dict[str, keras.Model]:
    """A network from pictures to pictures as a bundle has it: `name`, image -> translation; and `name_tile`, which can
    be told the statistics of the picture that its image is a part of, where it takes any size and would measure them.

    Input and output must differ in name, since values of an ONNX graph have one name each.

    Args:
        name: of the direction.
        network: its last `noise_dim` input channels are a latent, which becomes an input of its own, `latent`.
        noise_dim: length of the latent; 0 for a network of pictures alone.
        classes: how many of its last input channels are the code of a class instead, whose input is `label`.
        masked: whether its last output channel is a mask in [0, 1], which becomes an output of its own, `mask`.
    """
    inputs, given = translated_inputs(network, noise_dim, classes)
    networks = {name: keras.Model(inputs, named_translation(network(given, training=False), masked))}
    tile = with_statistics(network, noise_dim, classes, masked) if network.input_shape[1:3] == (None, None) else None
    return networks if tile is None else {**networks, f"{name}_tile": tile}


def both_ways(spec: NetworkSpec, build: Callable[[NetworkSpec], keras.Model], names: tuple[str, str]) -> keras.Model:
    """Two networks as one, of two inputs and two outputs.

    Args:
        spec: what each is built of, or a network that has both already.
        build: from a part of it, or from the `spec` of both, to a network of the right shape.
        names: of the two.

    Raises:
        InputError: a network without two inputs and two outputs, and what `build` raises.
    """
    if not isinstance(spec, keras.Model):
        built = (build(spec) for _ in names)
        return together(
            *(keras.Model(net.inputs, net.outputs, name=name) for net, name in zip(built, names, strict=True))
        )
    if (len(spec.inputs), len(spec.outputs)) != (2, 2):
        raise InputError(
            f"a network of both domains must have two inputs and two outputs. Received: {len(spec.inputs)} and "
            f"{len(spec.outputs)}."
        )
    for part in apart(spec):
        build(part)
    return spec


def apart(network: keras.Model) -> tuple[keras.Model, ...]:
    """What `together` put together: from each input to its output."""
    pairs = zip(network.inputs, network.outputs, strict=True)
    return tuple(keras.Model(image, output) for image, output in pairs)


def together(*networks: keras.Model) -> keras.Model:
    """Networks that one player owns, as one: it has the input, the output and the weights of each."""
    inputs = [keras.Input(network.input_shape[1:]) for network in networks]
    return keras.Model(inputs, [network(each) for network, each in zip(networks, inputs, strict=True)])
