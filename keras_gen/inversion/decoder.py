"""What an inversion needs of a model: a decoder with gradients, and somewhere to start."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

from keras_gen.training.run_directory import open_model
from serving.bundle.manifest import FILE_NAME, Latent, Manifest
from serving.bundle.names import LABEL
from serving.bundle.references import bundle_folder
from serving.common.errors import InputError
from serving.common.images import to_float, to_uint8

NORMAL = "standard_normal"


@dataclass(frozen=True)
class LatentDecoder:
    """Pictures of latents, and latents to begin with.

    Attributes:
        decode: latents (n, latent_dim) and labels (n,) to pictures in [-1, 1], differentiable in the latents if
            `differentiable`; a decoder that sees no classes ignores the labels.
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        draw: number and seed to draws from the prior, (n, latent_dim); None where there is no prior.
        encode: float pictures in [-1, 1] and labels to codes, likewise; None where there is no encoder.
        normal: whether the prior is the standard normal distribution.
        classes: names of the classes that the decoder sees.
        differentiable: whether gradients reach the latents.
        noise: how many of a latent's last numbers are noise of layers, which stays as it was drawn: it could draw any
            picture's details.
    """

    decode: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    image_shape: tuple[int, int, int]
    latent_dim: int
    draw: Callable[[int, int], np.ndarray] | None
    encode: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    normal: bool = True
    classes: tuple[str, ...] = ()
    differentiable: bool = True
    noise: int = 0


class BundleCoder(Protocol):
    """What an inversion needs of a bundle that runs: `serving.load` gives it."""

    @property
    def bundle(self) -> Path: ...

    @property
    def manifest(self) -> Manifest: ...

    @property
    def abilities(self) -> Collection[str]: ...

    @property
    def latent(self) -> Latent: ...

    def latents(self, n: int, seed: int) -> np.ndarray: ...

    def as_input(self, images: np.ndarray) -> np.ndarray: ...

    @property
    def takes_class(self) -> bool: ...

    def encode(self, images: np.ndarray, *, labels: np.ndarray | None) -> np.ndarray: ...

    def decode(self, latents: np.ndarray, *, labels: np.ndarray | None) -> np.ndarray: ...


def open_decoder(place: str | Path, load: Callable[[Path], BundleCoder]) -> LatentDecoder:
    """The decoder of a bundle, a run directory or a `.keras` file.

    Args:
        place: where it is; a bundle may be named as `bundle_folder` takes it.
        load: opens a bundle, as `serving.load` does.

    Raises:
        InputError: none of them, or one without a decoder.
    """
    place = bundle_folder(place)
    return decoder_of_bundle(load(place)) if (place / FILE_NAME).is_file() else decoder_of(open_model(place))


def decoder_of(model: keras.Model) -> LatentDecoder:
    """The decoder of a model of keras_gen.

    Raises:
        InputError: a model without one.
    """
    networks = model.inference_networks()
    if "decoder" not in networks:
        raise InputError(f"a model to invert must have a decoder. Received: {type(model).__name__}.")
    decoder, encoder = networks["decoder"], networks.get("encoder")

    def decode(latents: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return decoder(_inputs(decoder, "latent", latents, labels), training=False)["image"]

    def encode(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        outputs = encoder(_inputs(encoder, "image", images, labels), training=False)
        return outputs["code" if "code" in outputs else "mean"].numpy()

    return LatentDecoder(
        decode,
        model.image_shape,
        decoder.input["latent"].shape[-1],
        model.prior_latents if model.spec.prior else None,
        encode if encoder else None,
        model.spec.prior == NORMAL,
        model.spec.classes if LABEL in decoder.input else (),
        noise=model.latent_noise,
    )


def _inputs(network: keras.Model, name: str, values: tf.Tensor, labels: tf.Tensor) -> dict[str, tf.Tensor]:
    return {name: values, **({LABEL: labels} if LABEL in network.input else {})}


def decoder_of_bundle(sampler: BundleCoder) -> LatentDecoder:
    """A bundle's own networks. What rounds to grey levels has no gradient; its SavedModel keeps, beside the rounded
    pictures, those that they were rounded from. Networks that were not trained with keras-gen have none.

    Raises:
        InputError: a bundle without a decoder, or one of a trained model without its SavedModel.
    """
    bundle = sampler.bundle
    if "decode" not in sampler.abilities:
        raise InputError(f"a bundle to invert must have a decoder. Received: {bundle}, which has none.")
    folder = bundle / "saved_model" / "decoder"
    foreign = bool(sampler.manifest.origin)
    if not folder.is_dir() and not foreign:
        raise InputError(f"a bundle to invert must have its SavedModel. Received: {bundle} without {folder}.")
    saved = None if foreign else tf.saved_model.load(str(folder))
    sees_class = LABEL in sampler.manifest.networks["decoder"].inputs

    def decode(latents: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        if saved is None:
            return to_float(sampler.decode(np.asarray(latents), labels=np.asarray(labels) if sees_class else None))
        inputs = {"latent": latents, **({LABEL: labels} if sees_class else {})}
        outputs = saved.function_with_unrounded(inputs)
        return outputs.get("image_unrounded", outputs["image"])

    def encode(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return sampler.encode(sampler.as_input(to_uint8(images)), labels=labels if sampler.takes_class else None)

    image, abilities = sampler.manifest.image, sampler.abilities
    return LatentDecoder(
        decode,
        (image.height, image.width, image.channels),
        sampler.latent.size,
        sampler.latents if "sample" in abilities else None,
        encode if "encode" in abilities else None,
        sampler.latent.prior == NORMAL,
        tuple(sampler.manifest.classes) if sees_class else (),
        differentiable=saved is not None,
        noise=sampler.latent.noise,
    )
