"""The base class of every model: Keras with its noise, its config and its metrics in order."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers.replica import with_rows
from keras_gen.layers.training_noise import TrainingNoise, drawing_once
from keras_gen.training.config import constructor_arguments, constructor_config
from keras_gen.training.fitted_prior import FittedPrior
from keras_gen.training.freezing import freeze_layers
from keras_gen.training.given import arguments_of, fit_arguments, given, one_batch
from keras_gen.training.intake import Mistakes
from keras_gen.training.moves import Moves, Values, play
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.sharing import own_share
from keras_gen.training.spec import ModelSpec
from keras_gen.training.styles import LayerNoise, Space
from keras_gen.training.train_function import single_step_function
from serving.common.classes import class_labels
from serving.common.errors import InputError, require_at_least
from serving.common.noise import check_truncation, standard_normal

# Before the name of a reported value in a saved model: what its mean is made of, sum and number.
MEAN_SO_FAR = "mean_so_far_"
# In a model's config, where any layers are.
FROZEN = "frozen"


class BaseModel(keras.Model):
    """A `keras.Model` whose constructor builds all of its networks, and whose step reports means.

    A subclass takes its arguments in the constructor, keeps each as an attribute of the same name, and states

    - in `spec` what it is;
    - in `default_optimizers` the optimizer of each argument of `compile`, and in `default_batch_size` how many pictures
      `keras-gen train` takes at a time;
    - in `moves` what a training step does, and in `evaluation` what is measured of a batch;
    - in `inference_networks` what it exports;
    - in `sample` how samples are drawn where it has a prior, and in `prior_network` how latents are where that is not
      the standard normal distribution.

    Attributes:
        image_shape: (height, width, channels).
        latent_dim: length of a latent, for a model that has any.
        frozen: the patterns that `freeze` was given.
        fitted_prior: what `use_prior` was given; it is no part of the model, and not saved with it.

    Args:
        seed: seed of the training noise.
        reports: names of the values that `train_step` and `test_step` report.
        **kwargs: `name`, `dtype` and `trainable`, as for any Keras model.
    """

    spec: ModelSpec = ModelSpec()
    default_optimizers: ClassVar[Mapping[str, OptimizerSpec]]
    default_batch_size: ClassVar[int] = 64
    image_shape: tuple[int, ...]
    latent_dim: int

    def __init__(self, seed: int, reports: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.noise = TrainingNoise(seed)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in reports}
        self._micro_batches = 1
        self._means_go_on = False
        self.frozen: tuple[str, ...] = ()
        self.fitted_prior: FittedPrior | None = None
        self.built = True

    def freeze(self, *patterns: str) -> None:
        """Makes layers keep their weights, in this training and in those that resume it; to be called before `compile`.

        The discriminator's first layers, those of high resolution, for little data: Mo et al. 2020, "Freeze the
        Discriminator: a Simple Baseline for Fine-Tuning GANs".

        Args:
            *patterns: names of layers, such as `discriminator/conv2d` or `discriminator/*`.

        Raises:
            InputError: a pattern that no layer with weights to train matches, nothing left to train, or a model that
                is compiled.
        """
        if self.compiled:
            raise InputError("layers must be frozen before `compile`. Received: a model that is compiled.")
        freeze_layers(self, patterns)
        self.frozen = (*self.frozen, *patterns)
        if idle := [name for name, network in self._trained().items() if not network.trainable_weights]:
            raise InputError(f"`freeze` must leave {idle[0]} something to train. Received: {', '.join(patterns)}.")

    @property
    def micro_batches(self) -> int:
        """How many equal shares of a batch each move is computed on, one after the other, to need less memory; to be
        set before `fit`. Statistics of a batch, as in batch normalization, are those of a micro-batch.

        Raises:
            InputError: fewer than one, or more for a model whose loss couples the examples of a batch.
        """
        return self._micro_batches

    @micro_batches.setter
    def micro_batches(self, count: int) -> None:
        require_at_least(1, micro_batches=count)
        if count > 1 and self.spec.couples_examples:
            raise InputError(
                f"{type(self).__name__} computes its loss over the whole batch and cannot be accumulated. "
                f"Received: micro_batches={count}."
            )
        self._micro_batches = count

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str | None = None,
        loss: None = None,
        loss_weights: None = None,
        metrics: None = None,
        weighted_metrics: None = None,
        **options: Any,
    ) -> None:
        """As in Keras, without a loss and metrics: a model minimizes its own loss, and reports what it consists of.

        Args:
            optimizer: an optimizer or its name; the model's default where left out.
            loss: must be left out.
            loss_weights: must be left out.
            metrics: must be left out.
            weighted_metrics: must be left out.
            **options: `run_eagerly`, `steps_per_execution`, `jit_compile` and `auto_scale_loss`, as in Keras.

        Raises:
            InputError: a loss or metrics.
        """
        refused = {"loss": loss, "loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics}
        for name, given_one in refused.items():
            if given_one is not None:
                own = "minimizes its own loss" if "loss" in name else f"reports {', '.join(self.trackers)}"
                raise InputError(
                    f"`{name}` must be left out of `compile`: {type(self).__name__} {own}. Received: {given_one!r}."
                )
        if optimizer is None and "optimizer" in self.default_optimizers:
            optimizer = self.default_optimizers["optimizer"].build()
        super().compile(optimizer=optimizer, **options)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as the saved model was."""
        if config:
            self.compile(**keras.saving.deserialize_keras_object(config))
            self.optimizer.build(self.trainable_variables)

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile_from_config` needs to repeat `compile`."""
        return super().get_compile_config()

    def moves(self, *batch: Any) -> Moves:
        """The moves of a training step, each a `yield`; returns what is reported, values (batch,) by name.

        All that it changes it changes in the moves: it may run again for the same batch. Noise is drawn by
        `self.noise.training_rows`, once for each purpose.

        Args:
            *batch: pictures; for a labelled model also labels; for one that translates, pictures of A and of B.
        """
        raise NotImplementedError(f"{type(self).__name__} must state its moves.")

    def evaluation(self, *batch: Any) -> Values:
        """What `evaluate` measures of a batch, values (batch,) by name; those that the constructor names are reported.

        Noise is drawn by `self.noise.evaluation_rows`, once for each purpose, and is the same in every evaluation.

        Args:
            *batch: as for `moves`, but always of one domain for a model that adapts.
        """
        raise NotImplementedError(f"{type(self).__name__} must state its evaluation.")

    def end_step(self, values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Ends a step that reports the values (batch,); returns the means since the last reset."""
        self.noise.advance()
        return self.record(values)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        batch, weights = with_rows(self._batch(data), self.spec.discriminator_steps)
        return self.end_step(play(lambda batch: self.moves(*batch), batch, self.micro_batches, weights))

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        batch, weights = self._batch(data)
        with drawing_once(set()):
            values = self.evaluation(*batch)
        self.noise.advance_evaluation()
        return self.record(values, [name for name in self.trackers if name in values], weights)

    def predict_step(self, data: Any) -> Any:
        """What `call` gives for what `predict` was given: of a tuple, for its parts."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(own_share(data))
        return self(*x, training=False) if isinstance(x, tuple) else self(x, training=False)

    @functools.wraps(keras.Model.fit)
    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        with Mistakes() as mistakes:
            arguments = arguments_of(keras.Model.fit, args, kwargs)
            return super().fit(**fit_arguments(self, mistakes, arguments))

    @functools.wraps(keras.Model.evaluate)
    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        arguments = arguments_of(keras.Model.evaluate, args, kwargs)
        x, y, weights = (arguments.pop(name, None) for name in ("x", "y", "sample_weight"))
        with Mistakes() as mistakes:
            size, steps = arguments.get("batch_size"), arguments.get("steps")
            return super().evaluate(given(self, "evaluate", mistakes, x, y, weights, size, steps), **arguments)

    @functools.wraps(keras.Model.predict)
    def predict(self, *args: Any, **kwargs: Any) -> Any:
        arguments = arguments_of(keras.Model.predict, args, kwargs)
        with Mistakes() as mistakes:
            size, steps = arguments.get("batch_size"), arguments.get("steps")
            x = given(self, "predict", mistakes, arguments.pop("x"), batch_size=size, steps=steps)
            return super().predict(x, **arguments)

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        with Mistakes() as mistakes:
            batch = one_batch(self, "fit", mistakes, x, y, sample_weight, class_weight)
            return super().train_on_batch(*batch, return_dict=return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        with Mistakes() as mistakes:
            batch = one_batch(self, "evaluate", mistakes, x, y, sample_weight)
            return super().test_on_batch(*batch, return_dict=return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        with Mistakes() as mistakes:
            return super().predict_on_batch(one_batch(self, "predict", mistakes, x)[0])

    def inference_networks(self) -> dict[str, keras.Model]:
        """Name -> network to export, with named inputs and outputs; pictures in [-1, 1]."""
        raise NotImplementedError(f"{type(self).__name__} must state its inference networks.")

    def _trained(self) -> dict[str, keras.Model]:
        """What has an optimizer, by name."""
        return {"the model": self}

    def moving_averages(self) -> list[tuple[keras.Model, keras.Model]]:
        """The moving averages of the model, each with the network that it is the average of."""
        return []

    def prior_network(self) -> keras.Model | None:
        """`noise`, `label` where the prior knows classes, and `truncation`, a scalar, where it can be truncated, ->
        `latent`; None if the noise is the latent."""
        return None

    def pixel_scale(self) -> float | None:
        """The scale of a pixel under the likelihood that `spec` names, where black is -1 and white is 1; None for a
        likelihood without one."""
        return None

    def use_prior(self, prior: FittedPrior) -> None:
        """Draws latents from a prior that was fitted to the codes, from now on.

        Raises:
            InputError: a model without a decoder, or a prior of latents of another length.
        """
        if "decoder" not in self.inference_networks():
            raise InputError(f"the model must have a decoder to be sampled. Received: {type(self).__name__}.")
        size = prior.network.output["latent"].shape[-1]
        if size != self.latent_dim:
            raise InputError(f"the prior must draw latents of {self.latent_dim} numbers. Received: {size}.")
        self.fitted_prior = prior
        self.spec = replace(self.spec, prior="fitted")

    def use_space(self, space: Space = "z", layer_noise: LayerNoise = "fixed") -> None:
        """Samples and exports pictures of another latent from now on, where a model has several.

        Args:
            space: `z`, the latent that the model was trained with, or `w`, the style of a style-based generator.
            layer_noise: `fixed`, or `drawn` with every picture as the last numbers of its latent.

        Raises:
            InputError: a model without them.
        """
        if (space, layer_noise) != ("z", "fixed"):
            raise InputError(
                f"`space` and `layer_noise` must be left out for {type(self).__name__}, which has one latent space. "
                f"Received: {space}, {layer_noise}."
            )

    @property
    def latent_noise(self) -> int:
        """How many of a latent's last numbers are noise of layers, which changes details alone."""
        return 0

    def latent_network(self) -> keras.Model | None:
        """Where latents are drawn from: the fitted prior if there is one, else `prior_network`."""
        return self.fitted_prior.network if self.fitted_prior else self.prior_network()

    def prior_latents(
        self,
        n: int,
        seed: int = 0,
        labels: np.ndarray | None = None,
        start: int = 0,
        truncation: float = math.inf,
    ) -> np.ndarray:
        """The latents `start` to `start + n - 1` of a seed, float32 (n, latent_dim); a seed means what it means in a
        bundle.

        Args:
            n: how many.
            seed: any 64-bit integer.
            labels: (n,) integers, for a prior that knows classes; one class after the other by default.
            start: index of the first latent.
            truncation: limit that every number of a latent is drawn within, above 0; infinity is none.

        Raises:
            InputError: a model without a prior, a truncation for one that knows none, labels that are no classes, or a
                seed that is no 64-bit integer.
        """
        if self.spec.prior is None:
            raise InputError(f"the model must have a prior to draw from. Received: {type(self).__name__}.")
        check_truncation(truncation)
        network = self.latent_network()
        truncated = network is not None and "truncation" in network.input
        if truncation != math.inf and not truncated:
            raise InputError(
                f"`truncation` must be left out for {type(self).__name__}, which has none. Received: {truncation}."
            )
        if network is None:
            return standard_normal(seed, n, self.latent_dim, start)
        inputs = {"noise": standard_normal(seed, n, network.input["noise"].shape[-1], start)}
        if "label" in network.input:
            inputs["label"] = class_labels(n, len(self.spec.classes), labels, start)
        if truncated:
            inputs["truncation"] = np.asarray(truncation, np.float32)
        return network(inputs, training=False)["latent"].numpy()

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1]; the seed means what it means in a bundle. Those of a labelled model are of
        its classes, one after the other, where no `labels` are given.

        Here what the exported decoder makes of latents of the prior.

        Raises:
            InputError: a model without a prior.
        """
        inputs = {"latent": self.prior_latents(n, seed)}
        decoder = self.inference_networks()["decoder"]
        if "label" in decoder.input:
            inputs["label"] = class_labels(n, len(self.spec.classes))
        return np.asarray(decoder(inputs, training=False)["image"])

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures in [-1, 1] that show how training goes, about as many as there are `images` from the data; samples,
        unless a model shows something else."""
        return self.sample(len(images), seed)

    def record(
        self,
        values: Mapping[str, tf.Tensor],
        reports: Iterable[str] | None = None,
        weights: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Adds values per example, each (batch,), and returns the means since the last reset.

        Args:
            values: all that are reported, by name.
            reports: which to report; all that the constructor was given by default.
            weights: (batch,), of weighted means; all examples count the same by default.
        """
        trackers = {name: self.trackers[name] for name in reports or self.trackers}
        for name, tracker in trackers.items():
            tracker.update_state(values[name], weights)
        return {name: tracker.result() for name, tracker in trackers.items()}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.trackers.values())

    def get_metrics_result(self) -> dict[str, tf.Tensor]:
        """The means of what was recorded since the last reset."""
        counted = {name: tracker for name, tracker in self.trackers.items() if tf.convert_to_tensor(tracker.count) > 0}
        return {name: tracker.result() for name, tracker in counted.items()}

    def continue_epoch(self) -> None:
        """Makes the next epoch go on with the means that the model was saved with, instead of new ones."""
        self._means_go_on = True

    def reset_metrics(self) -> None:
        if self._means_go_on:
            self._means_go_on = False
        else:
            super().reset_metrics()
        self.noise.restart_evaluation()

    def make_train_function(self, force: bool = False) -> None:
        if self.steps_per_execution > 1:
            super().make_train_function(force)
        elif force or not self.train_function:
            self.train_function: Any = single_step_function(self, self.train_step)

    def make_test_function(self, force: bool = False) -> None:
        if self.steps_per_execution > 1:
            super().make_test_function(force)
        elif force or not self.test_function:
            self.test_function: Any = single_step_function(self, self.test_step)

    def get_config(self) -> dict[str, Any]:
        frozen = {FROZEN: list(self.frozen)} if self.frozen else {}
        return {**super().get_config(), **constructor_config(self), **frozen}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        frozen = config.get(FROZEN, ())
        model = cls(**constructor_arguments({key: value for key, value in config.items() if key != FROZEN}))
        # Keras froze those of networks that the constructor was given, and not those that it made itself.
        freeze_layers(model, frozen)
        model.frozen = tuple(frozen)
        return model

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        for name, tracker in self.trackers.items():
            sums = tf.convert_to_tensor(tracker.total), tf.convert_to_tensor(tracker.count)
            store[MEAN_SO_FAR + name] = np.concatenate([value.numpy().ravel() for value in sums])

    def load_own_variables(self, store: Any) -> None:
        """Also of a file from before the means were in it."""
        stored = set(store.keys())
        super().load_own_variables({key: store[key] for key in stored if not key.startswith(MEAN_SO_FAR)})
        for name, tracker in self.trackers.items():
            if MEAN_SO_FAR + name in stored:
                *total, count = np.asarray(store[MEAN_SO_FAR + name])
                tracker.total.assign(np.reshape(total, tracker.total.shape))
                tracker.count.assign(count)

    def _batch(self, data: Any) -> tuple[tuple[Any, ...], tf.Tensor | None]:
        """What the model looks at of a batch in Keras's order, and the weights of its examples."""
        first, second, weights = keras.utils.unpack_x_y_sample_weight(own_share(data))
        return (first, second) if self.spec.labelled or self.spec.translates else (first,), weights

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """Nothing is left to build. Keras's own version adds up the replicas' first batches to get a
        shape, which fails where they are of unequal length."""
