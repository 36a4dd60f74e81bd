"""What a frame of a film shows: samples of the same latents every time, and of points all that can be drawn."""

from __future__ import annotations

import io
from statistics import NormalDist

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from keras_gen.training.divergence_estimates import cell_shares, divergences
from keras_gen.training.generative import GenerativeAdversarialModel
from serving.common.images import as_pillow, grid, to_uint8
from serving.common.points import SHAPE

# Of a frame of pictures.
MOST_PIXELS = 2**15
# Of a frame of points: samples that are shown and that are counted, gradients, side of the surface, lines of the grid.
SHOWN, COUNTED, ARROWS, SURFACE, LINES = 500, 4096, 100, 40, 21
EXTENT, REAL = 1.25, 1000


def picture_frame(pictures: np.ndarray) -> dict[str, np.ndarray]:
    """`picture`: the PNG of a grid, uint8 (bytes,), of at most 32,768 pixels.

    Args:
        pictures: (n, height, width, channels) in [-1, 1].
    """
    picture = as_pillow(grid(to_uint8(pictures), zoom=1))
    scale = (MOST_PIXELS / (picture.width * picture.height)) ** 0.5
    if scale < 1:
        size = (max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BOX)
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    return {"picture": np.frombuffer(content.getvalue(), np.uint8)}


class PointFrames:
    """Makes frames of a GAN of points of the plane, of the generator that is trained and not of its average.

    - `samples`: float32 (500, 2).
    - `surface`: uint8 (40, 40), what the discriminator says of the square from -1.25 to 1.25, the highest second
      coordinate in the first row: 255 is real, 0 generated, 127.5 undecided. It is 255 times the logistic function of
      the logit, or, where only differences of logits mean something, of the logit less its mean over the square,
      divided by its deviation there.
    - `warped`: float32 (21, lines, 2), what the generator makes of a grid of the first two numbers of a latent, at
      equal steps of their probability, the others 0; a single line for latents of one number.
    - `gradients`: float32 (100, 2), minus the gradient of the generator's loss at the first samples: where they are
      driven.
    - `kl`, `js`: float64, Kullback-Leibler divergence of the data from 4,096 samples, and Jensen-Shannon divergence, in
      nats, by histogram: see `divergences`.

    Args:
        real: points of the data, (n, 1, 1, 2) in [-1, 1].
        shares: of the cells of `divergences`, where the distribution is known; those of all points by default.
        seed: seed of the latents.

    Source of the surface, the grid and the arrows: Kahng et al. 2019, "GAN Lab".
    """

    def __init__(self, real: np.ndarray, shares: np.ndarray | None = None, seed: int = 0) -> None:
        self.real = real
        self.shares = cell_shares(real.reshape(-1, 2)) if shares is None else shares
        self.seed = seed
        sides = np.linspace(-EXTENT, EXTENT, SURFACE, dtype=np.float32)
        x, y = np.meshgrid(sides, sides[::-1])
        self.square = np.stack([x, y], axis=-1).reshape(-1, *SHAPE)

    def still(self) -> dict[str, np.ndarray]:
        """`real`: points of the data, float32 (1000, 2) or fewer."""
        return {"real": self.real[:REAL].reshape(-1, 2)}

    def __call__(self, model: GenerativeAdversarialModel) -> dict[str, np.ndarray]:
        """A frame."""
        latents = model.prior_latents(COUNTED, self.seed)
        generated = _points(model.generator, latents)
        kl, js = divergences(self.shares, generated.reshape(-1, 2))
        return {
            "samples": generated[:SHOWN].reshape(-1, 2),
            "surface": self._surface(model),
            "warped": _points(model.generator, _grid(latents.shape[1])).reshape(LINES, -1, 2),
            "gradients": self._gradients(model, generated[:ARROWS]),
            "kl": np.asarray(kl),
            "js": np.asarray(js),
        }

    def _surface(self, model: GenerativeAdversarialModel) -> np.ndarray:
        logits = np.asarray(model.discriminator(self.square, training=False), np.float64).reshape(SURFACE, SURFACE)
        boundary = model.game.pair.boundary
        if boundary is None:
            score = (logits - logits.mean()) / max(logits.std(), np.finfo(np.float32).tiny)
        else:
            score = logits - boundary
        return np.rint(255.0 / (1.0 + np.exp(-np.clip(score, -50.0, 50.0)))).astype(np.uint8)

    def _gradients(self, model: GenerativeAdversarialModel, generated: np.ndarray) -> np.ndarray:
        points = tf.constant(generated)
        with tf.GradientTape() as tape:
            tape.watch(points)
            real_logits = model.discriminator(self.real[: len(generated)], training=False)
            loss = model.game.generator_loss(model.discriminator(points, training=False), real_logits)
        return -np.asarray(tape.gradient(loss, points), np.float32).reshape(-1, 2)


def _points(generator: keras.Model, latents: np.ndarray) -> np.ndarray:
    return np.asarray(tf.cast(generator(latents, training=False), tf.float32))


def _grid(size: int) -> np.ndarray:
    """Latents (lines * lines, size), or (lines, 1)."""
    steps = [NormalDist().inv_cdf((index + 0.5) / LINES) for index in range(LINES)]
    plane = np.stack(np.meshgrid(*[steps] * min(size, 2), indexing="ij"), axis=-1).reshape(-1, min(size, 2))
    return np.pad(plane, ((0, 0), (0, size - plane.shape[1]))).astype(np.float32)
