"""Which numbers a style-based generator's pictures are made of when they are sampled and exported."""

from __future__ import annotations

from typing import Literal, get_args

import keras
import numpy as np

from keras_gen.layers.style_space import MAPPING, StyledPictures, StylePrior, style_mixing
from serving.bundle.names import IMAGE, LABEL, LATENT, NOISE, TRUNCATION
from serving.common.errors import InputError, require_among
from serving.common.noise import standard_normal

Space = Literal["z", "w"]
LayerNoise = Literal["fixed", "drawn"]
# The draws that a mean style is the mean of, for every class, and their seed.
MEAN_DRAWS = 4096
MEAN_SEED = 0


class Styles:
    """The networks around a style-based generator for one choice of its latent.

    The latent is what the generator was trained with (`z`), or the style that its mapping network makes of it (`w`),
    which can be truncated. Behind it is the noise of all layers where that is drawn with every picture. A seed is the
    same picture in both spaces.

    Args:
        generator: the network to sample from.
        numbers: length of its latent, the class's code not counted.
        classes: how many classes it is told, behind the numbers; 0 for none.
        space: see above.
        layer_noise: `fixed`, the maps that were saved with the network, or `drawn`.

    Attributes:
        noise_size: how many of the latent's last numbers are noise of layers.
        prior: name of the latents' distribution.

    Raises:
        InputError: another choice, or a generator without styles.

    Source: Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", sections 2
    and 4; truncation with classes towards the mean of the class.
    """

    def __init__(
        self, generator: keras.Model, numbers: int, classes: int, space: Space = "w", layer_noise: LayerNoise = "drawn"
    ) -> None:
        require_among(get_args(Space), space=space)
        require_among(get_args(LayerNoise), layer_noise=layer_noise)
        if style_mixing(generator) is None:
            raise InputError(
                "`space` and `layer_noise` must be chosen for a generator with styles, as those of `stylegan`. "
                f"Received: {generator.name!r} without them."
            )
        self.pictures = StyledPictures(generator, space == "w", layer_noise == "drawn")
        self.mapping = generator.get_layer(MAPPING)
        self.numbers, self.classes, self.space = numbers, classes, space
        self.noise_size = self.pictures.noise_size
        self.prior = "mapped" if space == "w" else "standard_normal"

    def prior_network(self) -> keras.Model | None:
        """`noise`, in `w` also `truncation` and with classes `label`, -> `latent`; None where noise is the latent."""
        size = self.numbers + self.noise_size
        noise = keras.Input((size,), name=NOISE)
        if self.space == "z":
            return keras.Model({NOISE: noise}, {LATENT: keras.layers.Identity()(noise)}) if self.noise_size else None
        inputs = {NOISE: noise, TRUNCATION: keras.Input(batch_shape=(), name=TRUNCATION)}
        if self.classes:
            inputs[LABEL] = keras.Input((), dtype="int64", name=LABEL)
        prior = StylePrior(self.mapping, self.numbers, self.mean_styles())
        return keras.Model(inputs, {LATENT: prior(*inputs.values())})

    def networks(self) -> dict[str, keras.Model]:
        """`decoder`: latent, and in `z` with classes label, -> image."""
        told = self.classes if self.space == "z" else 0
        latent = keras.Input((self.pictures.first - told + self.noise_size,), name=LATENT)
        if not told:
            return {"decoder": keras.Model({LATENT: latent}, {IMAGE: self.pictures(latent)})}
        label = keras.Input((), dtype="int64", name=LABEL)
        code = keras.ops.one_hot(label, told, dtype="float32")
        whole = keras.ops.concatenate([latent[:, : self.numbers], code, latent[:, self.numbers :]], axis=1)
        return {"decoder": keras.Model({LATENT: latent, LABEL: label}, {IMAGE: self.pictures(whole)})}

    def mean_styles(self) -> np.ndarray:
        """The mean of the styles of `MEAN_DRAWS` latents, (classes, style size), or of one row without classes."""
        drawn = standard_normal(MEAN_SEED, MEAN_DRAWS, self.numbers)
        codes = np.eye(self.classes, dtype=np.float32) if self.classes else np.zeros((1, 0), np.float32)
        told = (np.concatenate([drawn, np.tile(code, (MEAN_DRAWS, 1))], axis=1) for code in codes)
        return np.stack([np.asarray(self.mapping(each, training=False), np.float32).mean(axis=0) for each in told])
