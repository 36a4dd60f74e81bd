"""What is known of a bundle's networks beside their graphs: where latents come from, which pictures are theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_gen.training.run_directory import RunDirectory
from serving.bundle.manifest import Origin, PixelDistribution

Draw = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Subject:
    """A trained model, or networks of any origin that make one together.

    Attributes:
        model: its name, for the manifest.
        image_shape: (height, width, channels), of pictures whose sides are free an example.
        makers: names of the networks that make pictures.
        latent_dim: length of a latent; None where there are none.
        latent_noise: how many of its last numbers are noise of layers.
        prior: name of the distribution that latents are drawn from; None where there is none.
        prior_latents: (n, seed, labels or None, start), and `truncation` where the prior's network takes it, to
            latents (n, latent_dim); None where there is no prior.
        prior_network: from noise to latents, where the noise is not the latent itself.
        encode: pictures (n, height, width, channels) in [-1, 1] to codes; None where no network does.
        translates: whether networks go from one domain of pictures to another.
        classes: their names, by label.
        normalization: which statistics normalization layers use.
        weights: `ema` or `raw`.
        training: facts for people; empty where they are unknown.
        reading: how data became pictures, arguments of `open_source` or `open_domains`.
        enlarge: by how much pictures of domain A were made smaller, and their pixels enlarged.
        reverse: whether domain A of a translator is the second domain of its data.
        origin: network -> where it comes from, for networks that were not trained here.
        domains: what the pictures of domains `a` and `b` are called, where they have names.
        license: as its owner named it.
        likelihood: of pixels given the decoder's picture, where it was trained by one.
        figures: the file of what it was measured with, where there is one.
        film: the run whose film the bundle brings, where it was recorded.
    """

    model: str
    image_shape: tuple[int, int, int]
    makers: frozenset[str]
    latent_dim: int | None = None
    latent_noise: int = 0
    prior: str | None = None
    prior_latents: Draw | None = None
    prior_network: keras.Model | None = None
    encode: Callable[[np.ndarray], np.ndarray] | None = None
    translates: bool = False
    classes: tuple[str, ...] = ()
    normalization: str = "moving_statistics"
    weights: str = "raw"
    training: dict[str, Any] = field(default_factory=dict)
    reading: dict[str, Any] = field(default_factory=dict)
    enlarge: int = 1
    reverse: bool = False
    origin: dict[str, Origin] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    license: str | None = None
    likelihood: PixelDistribution | None = None
    figures: Path | None = None
    film: RunDirectory | None = None
