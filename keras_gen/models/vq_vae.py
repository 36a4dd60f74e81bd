"""The VQ-VAE, an autoencoder whose code is a map of integers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal, get_args

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import CodeVectors, FiniteScalarQuantizer, ResidualQuantizer, VectorQuantizer
from keras_gen.layers.code_vectors import Quantizer
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.base import BaseModel
from keras_gen.training.code_use import Perplexity, UsedCodes
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import decoding_network, side_by_side
from serving.common.errors import require_among, require_at_least

# The encoder's output that says that codes are whole numbers.
CODE_MAP = "code_map"
QuantizerName = Literal["vq", "fsq", "residual"]


@keras.saving.register_keras_serializable(package="keras_gen")
class VQVAE(BaseModel):
    """An encoder whose vectors are replaced by codes of a codebook, and a decoder that sees the codes.

    Minimizes the squared error, the mean over pixels where black is -1 and white is 1, and the commitment of the
    vectors to their codes. Codes learn as moving averages of the vectors, over all replicas. Reported per epoch:
    `loss`; `psnr` in decibels; `commitment`; `perplexity`, the number of codes that would carry as much, used evenly;
    and `used`, the share of codes that occur at all. Samples are drawn by a `code_prior` of a trained run.

    Args:
        image_shape: (height, width, channels).
        encoder: network from pictures to maps of vectors: `conv`, a dictionary of the name and its options, or a
            `keras.Model`.
        decoder: network from maps of vectors to pictures; given like the encoder.
        quantizer: `vq`, the nearest code; `residual`, the sum of `depth` codes, each the nearest to what those before
            it left; or `fsq`, numbers that are rounded to `levels` each, which needs no codebook.
        codes: in a codebook of `vq` and `residual`.
        code_size: length of such a code.
        depth: codebooks of `residual`.
        levels: of `fsq`: how many each number of a vector has.
        commitment: weight of the commitment of `vq` and `residual`.
        decay: of the moving averages of codes.
        revival: codes that are used less than this share of an even use are replaced by vectors of the batch; 0 keeps
            them.
        seed: seed of the training noise.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: van den Oord et al. 2017, "Neural Discrete Representation Learning"; residual: Lee et al. 2022,
    "Autoregressive Image Generation using Residual Quantization"; fsq: Mentzer et al. 2024, "Finite Scalar
    Quantization: VQ-VAE Made Simple".
    """

    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        quantizer: QuantizerName = "vq",
        codes: int = 128,
        code_size: int = 16,
        depth: int = 2,
        levels: Sequence[int] = (8, 5, 5, 5),
        commitment: float = 0.25,
        decay: float = 0.99,
        revival: float = 0.05,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["loss", "psnr", "commitment"], **kwargs)
        require_among(get_args(QuantizerName), quantizer=quantizer)
        require_at_least(0, commitment=commitment)
        self.image_shape = tuple(image_shape)
        self.codebook: Quantizer
        if quantizer == "fsq":
            self.codebook = FiniteScalarQuantizer(levels, name="codebook")
        elif quantizer == "residual":
            self.codebook = ResidualQuantizer(codes, code_size, depth, decay, revival, name="codebook")
        else:
            self.codebook = VectorQuantizer(codes, code_size, decay, revival, name="codebook")
        size = self.codebook.size
        shape = {"image_shape": self.image_shape}
        self.encoder = build_network(
            "map_encoder", encoder, self.image_shape, (None, None, size), channels=size, **shape
        )
        grid = tuple(self.encoder.output_shape[1:3])
        self.decoder = build_network(
            "map_decoder", decoder, (*grid, size), self.image_shape, map_shape=(*grid, size), **shape
        )
        self.code_vectors = CodeVectors(self.codebook, grid, name="code_vectors")
        self.grid = grid
        self.latent_dim = math.prod(grid) * self.codebook.depth
        least = math.ceil(codes / math.prod(grid)) if quantizer != "fsq" else 1
        self.spec = replace(self.spec, least_pictures=least)
        kinds = {"perplexity": Perplexity, "used": UsedCodes}
        self.trackers |= {name: kind(self.codebook.codes, self.codebook.depth, name) for name, kind in kinds.items()}
        self.quantizer = quantizer
        self.codes = codes
        self.code_size = code_size
        self.depth = depth
        self.levels = tuple(levels)
        self.commitment = commitment
        self.decay = decay
        self.revival = revival

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Reconstructions in [-1, 1], of the shape of `images`."""
        vectors, _, _ = self.codebook(self.encoder(images, training=training))
        return keras.ops.clip(self.decoder(vectors, training=training), -1.0, 1.0)

    def encode(self, images: tf.Tensor) -> tf.Tensor:
        """Indices of codes, int32 (batch, rows * columns * depth)."""
        _, codes, _ = self.codebook(self.encoder(images, training=False))
        return keras.ops.reshape(codes, (-1, self.latent_dim))

    def decode(self, codes: tf.Tensor) -> tf.Tensor:
        """Pictures in [-1, 1] of indices of codes, (batch, rows * columns * depth), integers or floats."""
        return keras.ops.clip(self.decoder(self.code_vectors(codes), training=False), -1.0, 1.0)

    def moves(self, images: tf.Tensor) -> Moves:
        return (yield Move(lambda: self._terms(images, training=True), self, self.optimizer))

    def end_step(self, values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Also moves the codes towards what was encoded, which the gradient does not."""
        for index, (codebook, vectors) in enumerate(self.codebook.learning(values["encoded"])):
            codebook.learn(vectors, self.noise, f"revival {index}")
        return super().end_step(values)

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._terms(images, training=False)

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures, each beside its reconstruction."""
        return side_by_side(images, self(images, training=False))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code, whole numbers as floats in one row, and code_map, the same as integers (rows,
        columns, depth). `decoder`: latent, such a row, -> image."""
        image = keras.Input(self.image_shape, name="image")
        _, codes, _ = self.codebook(self.encoder(image))
        row = keras.ops.cast(keras.ops.reshape(codes, (-1, self.latent_dim)), "float32")
        outputs = {"code": row, CODE_MAP: keras.ops.cast(codes, "int64")}
        return {"encoder": keras.Model({"image": image}, outputs), **decoding_network(self.decode, self.latent_dim)}

    def _terms(self, images: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        encoded = tf.cast(self.encoder(images, training=training), tf.float32)
        vectors, codes, commitment = self.codebook(encoded)
        error = losses.squared_error(images, tf.cast(self.decoder(vectors, training=training), tf.float32))
        commitment = tf.reduce_mean(commitment, axis=(1, 2))
        places = tf.reshape(codes, (-1, math.prod(self.grid), self.codebook.depth))
        return {
            "loss": error + self.commitment * commitment,
            "psnr": losses.decibels(error),
            "commitment": commitment,
            "perplexity": places,
            "used": places,
            "encoded": encoded,
        }
