"""The domain-adversarial neural network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import GradientReversal
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.base import BaseModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.spec import ModelSpec
from serving.common.classes import require_classes
from serving.common.errors import require_at_least

STEEPNESS = 10.0


@keras.saving.register_keras_serializable(package="keras_gen")
class DANN(BaseModel):
    """A classifier of labelled source pictures whose features a domain classifier cannot tell from those of an
    unlabelled target, so that it works there too.

    All three networks minimize `label_loss + domain_loss` in one step. Before the feature extractor the gradient of the
    domain loss is reversed and multiplied by `domain_weight * (2 / (1 + exp(-10 p)) - 1)`, where p is the finished
    share of `adaptation_steps`. Reported per epoch: `label_loss` and `accuracy` on source pictures, `domain_loss` (2
    log 2 = 1.386 where the domain classifier can only guess), `domain_accuracy` (0.5 is guessing), and their `loss`.
    `fit` takes ((source pictures, target pictures), source labels), as many of both. Evaluation takes (pictures,
    labels) of either domain and reports `label_loss` and `accuracy`.

    Args:
        image_shape: (height, width, channels).
        classes: names of the classes, in the order of their labels.
        feature_extractor: network from pictures to features: `lenet`, a dictionary of the name and its options, or a
            `keras.Model`.
        label_predictor: network from features to logits of the classes; given like the feature extractor.
        domain_classifier: network from features to one logit, large for the source; given like the feature extractor.
        domain_weight: final weight of the reversed gradient; 0 trains on the source only, and then target pictures do
            not change the statistics of normalization layers either.
        adaptation_steps: training steps over which this weight grows from 0; with 0 it has its final value from the
            start.
        seed: seed of the training noise, of which this model has none.

    Raises:
        InputError: fewer than two classes, a value out of range, or networks that do not fit.

    Source: Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks", equations 9 and 14, section 5.2.
    """

    spec = ModelSpec(labelled=True, adapts=True)
    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("sgd", learning_rate=0.01, momentum=0.9)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (28, 28, 3),
        classes: tuple[str, ...] = (),
        feature_extractor: NetworkSpec = "lenet",
        label_predictor: NetworkSpec = "lenet",
        domain_classifier: NetworkSpec = "lenet",
        domain_weight: float = 1.0,
        adaptation_steps: int = 10_000,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["label_loss", "accuracy", "domain_loss", "domain_accuracy", "loss"], **kwargs)
        require_classes(classes)
        require_at_least(0, domain_weight=domain_weight, adaptation_steps=adaptation_steps)
        self.spec = replace(self.spec, classes=tuple(classes))
        self.image_shape = tuple(image_shape)
        self.classes = tuple(classes)
        shape = {"image_shape": self.image_shape}
        self.feature_extractor = build_network(
            "feature_extractor", feature_extractor, self.image_shape, (None,), **shape
        )
        size = self.feature_extractor.output_shape[1]
        count = len(self.classes)
        self.label_predictor = build_network(
            "label_predictor", label_predictor, (size,), (count,), size=size, classes=count
        )
        self.domain_classifier = build_network("domain_classifier", domain_classifier, (size,), (1,), size=size)
        self.reversal = GradientReversal()
        self.domain_weight = domain_weight
        self.adaptation_steps = adaptation_steps

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Probabilities of the classes, (batch, classes)."""
        features = self.feature_extractor(images, training=training)
        return keras.ops.softmax(self.label_predictor(features, training=training))

    def moves(self, domains: tuple[tf.Tensor, tf.Tensor], labels: tf.Tensor) -> Moves:
        source, target = domains
        return (yield Move(lambda: self._terms(source, target, labels), self, self.optimizer))

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor) -> dict[str, tf.Tensor]:
        features = self.feature_extractor(images, training=False)
        return self._label_terms(features, labels, training=False)

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """The pictures, sorted by predicted class."""
        return images[np.argsort(np.argmax(self(images), axis=-1), kind="stable")]

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code, the features. `classifier`: image -> probabilities."""
        image = keras.Input(self.image_shape, name="image")
        return {
            "encoder": keras.Model({"image": image}, {"code": self.feature_extractor(image, training=False)}),
            "classifier": keras.Model({"image": image}, {"probabilities": self(image)}),
        }

    def _terms(self, source: tf.Tensor, target: tf.Tensor, labels: tf.Tensor) -> dict[str, tf.Tensor]:
        # One domain after the other: normalization layers then take the statistics of each on its own.
        source_features = self.feature_extractor(source, training=True)
        target_features = self.feature_extractor(target, training=self.domain_weight > 0)
        label = self._label_terms(source_features, labels, training=True)
        domain = self._domain_terms(source_features, target_features)
        return {**label, **domain, "loss": label["label_loss"] + domain["domain_loss"]}

    def _label_terms(self, features: tf.Tensor, labels: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        logits = tf.cast(self.label_predictor(features, training=training), tf.float32)
        return {
            "label_loss": losses.label_cross_entropy(labels, logits),
            "accuracy": losses.label_accuracy(labels, logits),
        }

    def _domain_terms(self, source_features: tf.Tensor, target_features: tf.Tensor) -> dict[str, tf.Tensor]:
        weight = self._reversal_weight()
        source_logits, target_logits = (
            tf.cast(self.domain_classifier(self.reversal(features, weight), training=True), tf.float32)
            for features in (source_features, target_features)
        )
        told_apart = tf.concat([source_logits > 0, target_logits < 0], axis=-1)
        return {
            "domain_loss": losses.non_saturating_discriminator_loss(source_logits, target_logits),
            "domain_accuracy": tf.reduce_mean(tf.cast(told_apart, tf.float32), axis=-1),
        }

    def _reversal_weight(self) -> tf.Tensor:
        """What the gradient of the domain loss is multiplied by on its way to the features, but for the sign."""
        done = tf.cast(tf.convert_to_tensor(self.noise.step), tf.float32) / max(self.adaptation_steps, 1)
        progress = tf.minimum(done, 1.0) if self.adaptation_steps else tf.constant(1.0)
        grown = 2.0 / (1.0 + tf.exp(-STEEPNESS * progress)) - 1.0
        return self.domain_weight * grown
