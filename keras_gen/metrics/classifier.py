"""A small convolutional classifier trained on the data itself; its last hidden layer gives the features of metrics."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from keras_gen.data import Source
from serving.common.errors import InputError, require_at_least
from serving.common.images import to_float

FEATURES = 128
FILTERS = (16, 32, 64, 64)
KERNEL = 5
SMALLEST_SIDE = 8
DROPOUT = 0.5
LEAST_EPOCHS = 5
LEAST_STEPS = 2000
BATCH = 128
LEARNING_RATE = 2e-3
PREDICT_BATCH = 500


class Classifier:
    """Classifies images. All methods take uint8 images, or float ones in [-1, 1].

    Args:
        network: pictures to features (n, 128) and logits (n, classes).
    """

    def __init__(self, network: keras.Model) -> None:
        self.network = network

    def features(self, images: np.ndarray) -> np.ndarray:
        """(n, height, width, channels) to (n, 128), float32, rectified: the layer before the last."""
        return self.outputs(images)[0]

    def predict(self, images: np.ndarray) -> np.ndarray:
        """(n, height, width, channels) to probabilities (n, classes), float32."""
        return softmax(self.outputs(images)[1])

    def accuracy(self, source: Source) -> float:
        """Share of the pictures of a labelled source whose class is found, 0 to 1."""
        found = self.outputs(source.examples.images)[1].argmax(axis=1)
        return float((found == labels_of(source)).mean())

    def outputs(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features and logits, computed block by block to save memory."""
        expected = self.network.input_shape[1:]
        if images.shape[1:] != expected or not len(images):
            raise InputError(f"the classifier must be given pictures of shape {expected}. Received: {images.shape}.")
        starts = range(0, len(images), PREDICT_BATCH)
        blocks = [self.network(to_float(images[i : i + PREDICT_BATCH]), training=False) for i in starts]
        features, logits = (np.concatenate([np.asarray(b) for b in part]) for part in zip(*blocks, strict=True))
        return features, logits


def softmax(logits: np.ndarray) -> np.ndarray:
    """(n, classes) to probabilities of the same type."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def train_classifier(source: Source, epochs: int | None = None, seed: int = 0) -> Classifier:
    """Trains a classifier on the cross-entropy with Adam and cosine decay of the learning rate to 0.

    Args:
        source: labelled pictures of two classes or more, sides of at least 8.
        epochs: passes over the data; by default 5, or as many as needed for 2,000 training steps of 128 images.
        seed: seed of weights, dropout and order of the images; Keras's global random state is not changed.

    Raises:
        InputError: no labels, negative ones, one class, smaller pictures, no epoch, or a negative seed.
    """
    epochs = epochs_for(len(source)) if epochs is None else epochs
    require_at_least(1, epochs=epochs)
    require_at_least(0, seed=seed)
    batch, steps = _batches(len(source))
    network = build_network(source.image_shape, class_count(source), seed)
    trained = keras.Model(network.input, network.output[1])
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    trained.compile(keras.optimizers.Adam(schedule), loss, jit_compile=False)
    trained.fit(source.dataset(batch, seed, labels=True), epochs=epochs, shuffle=False, verbose=0)
    return Classifier(network)


def epochs_for(pictures: int, least: int = LEAST_EPOCHS) -> int:
    """Number of epochs that make 2,000 training steps, at least `least`."""
    return max(least, -(-LEAST_STEPS // _batches(pictures)[1]))


def _batches(pictures: int) -> tuple[int, int]:
    """Batch size, and number of batches in an epoch."""
    batch = min(BATCH, pictures)
    return batch, -(-pictures // batch)


def build_network(image_shape: tuple[int, int, int], classes: int, seed: int) -> keras.Model:
    """Pictures in [-1, 1] to features (batch, 128) and logits (batch, classes), untrained.

    Two stages of convolution and pooling, a third one for sides of 32 and a fourth one for sides of 64.
    """
    if min(image_shape[:2]) < SMALLEST_SIDE:
        raise InputError(
            f"pictures must have sides of at least {SMALLEST_SIDE} to be classified. Received: {image_shape}."
        )
    seeds = map(int, np.random.SeedSequence(seed).generate_state(10))

    def initializer() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(next(seeds))

    images = keras.Input(image_shape, name="image")
    x = images
    for stage, filters in enumerate(FILTERS):
        if stage < 2 or min(x.shape[1:3]) >= SMALLEST_SIDE:
            x = layers.Conv2D(filters, KERNEL, padding="same", activation="relu", kernel_initializer=initializer())(x)
            x = layers.MaxPooling2D()(x)
    x = layers.Dropout(DROPOUT / 2, seed=next(seeds))(layers.Flatten()(x))
    features = layers.Dense(FEATURES, activation="relu", kernel_initializer=initializer())(x)
    x = layers.Dropout(DROPOUT, seed=next(seeds))(features)
    return keras.Model(images, [features, layers.Dense(classes, kernel_initializer=initializer())(x)])


def class_count(source: Source) -> int:
    """Number of classes of a labelled source, including classes without an image in this split."""
    labels = labels_of(source)
    if labels.min() < 0 or len(np.unique(labels)) < 2:
        raise InputError(
            f"{source.name} must have labels from 0 on, of at least two classes. "
            f"Received: {labels.min()} to {labels.max()}."
        )
    return max(len(source.classes), int(labels.max()) + 1)


def labels_of(source: Source) -> np.ndarray:
    """(n,) integers; InputError where the source has none."""
    if source.examples.labels is None:
        raise InputError(f"{source.name} must have labels for a classifier. Received: pictures alone.")
    return source.examples.labels
