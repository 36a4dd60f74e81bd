"""What the film of a run shows."""

from __future__ import annotations

from collections.abc import Callable

import keras

from keras_gen.cli.train_data import TrainingData
from keras_gen.data.mixtures import MIXTURES
from keras_gen.training.base import BaseModel
from keras_gen.training.callbacks.film import Frame
from keras_gen.training.divergence_estimates import EDGES
from keras_gen.training.film_frames import MOST_PIXELS, PointFrames, picture_frame
from keras_gen.training.generative import GenerativeAdversarialModel
from serving.common.images import to_float
from serving.common.points import is_point

MOST_PICTURES = 36


def film_frames(model: BaseModel, data: TrainingData, seed: int) -> Callable[[keras.Model], Frame]:
    """What makes a frame of a model.

    Args:
        model: which is trained; the frames are made of the one that they are given.
        data: of the run.
        seed: seed of the samples.
    """
    source = data.source
    if is_point(source.image_shape) and isinstance(model, GenerativeAdversarialModel):
        known = MIXTURES.get(source.name.removeprefix("points:"))
        return PointFrames(source.examples.images, known().shares(EDGES) if known else None, seed)
    height, width, _ = data.image_shape()
    count = max(1, min(MOST_PICTURES, MOST_PIXELS // (height * width)))
    if model.spec.prior is not None:
        return lambda trained: picture_frame(trained.sample(count, seed))
    examples = to_float(data.shown.examples.images[:count, :height, :width])
    return lambda trained: picture_frame(trained.preview(examples, seed))
