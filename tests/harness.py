"""The contract that every model passes. A model's test names the model and gives it small arguments:

class TestVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {"image_shape": (8, 8, 1), ...}
"""

from __future__ import annotations

import inspect
import random
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import serving
from keras_gen.training.adversarial import AdversarialModel
from keras_gen.training.config import constructor_options
from keras_gen.training.moves import Move, Moves, Values, play
from serving.bundle.names import PICTURES
from serving.common.errors import InputError
from serving.common.images import to_uint8

LEARNING_RATE = 1e-3
BATCH = 32
FIT_BATCH, FIT_PICTURES = 38, 67

Weights = dict[str, np.ndarray]


def replicas(count: int) -> tf.distribute.Strategy:
    """Logical CPU devices; their default collectives are unreliable, a reduction on one is not."""
    devices = [f"CPU:{index}" for index in range(count)]
    return tf.distribute.MirroredStrategy(devices, cross_device_ops=tf.distribute.ReductionToOneDevice())


def moved(terms: Callable[[], Values], network: keras.Model, optimizer: keras.optimizers.Optimizer) -> Values:
    """The values of a step of one move."""

    def moves(batch: None) -> Moves:
        return (yield Move(terms, network, optimizer))

    return play(moves, None)


def free_addresses(count: int) -> list[str]:
    """host:port of this machine that nobody listens at."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [f"127.0.0.1:{server.getsockname()[1]}" for server in servers]
    for server in servers:
        server.close()
    return found


def smooth_pictures() -> np.ndarray:
    """96 random pictures, 8x8x1 in [-1, 1]."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:8, 0:8] / 8.0
    phase, frequency = rng.uniform(0, 6.28, (96, 1, 1)), rng.uniform(1, 6, (96, 2, 1, 1))
    return np.sin(phase + frequency[:, 0] * x + frequency[:, 1] * y)[..., None].astype(np.float32)


def seed_initializers() -> None:
    """What initializers draw from, alone. `keras.utils.set_random_seed` makes TensorFlow forget its kernels as well, so
    that a graph that was traced long ago is optimized once more, for seconds."""
    random.seed(0)
    np.random.seed(0)


def weights_of(model: keras.Model) -> Weights:
    """Every variable by a name that two builds of a model share: its place among all."""
    return {f"{index} {v.name}": v.numpy() for index, v in enumerate(model.variables)}


def assert_equal_weights(received: Weights, expected: Weights, tolerance: float = 0.0) -> None:
    assert list(received) == list(expected)
    assert_close(received, expected, rtol=tolerance, atol=tolerance)


def assert_close(received: Mapping[str, Any], expected: Mapping[str, Any], rtol: float, atol: float) -> None:
    """Values of `expected` that `received` has too; the assertion names all that differ, and by how much."""
    differing = []
    for name, value in expected.items():
        one, other = (np.asarray(values, np.float64) for values in (received[name], value))
        assert one.shape == other.shape, f"{name} must be {other.shape}. Received: {one.shape}."
        if not np.allclose(one, other, rtol=rtol, atol=atol):
            differing.append(f"{name}: {np.abs(one - other).max():.3g} of {np.abs(other).max():.3g}")
    assert not differing, "differ by at most\n" + "\n".join(differing)


class Compiled:
    """A model that many tests share: it is traced once, and put back to how it was for each of them.

    All of its variables are: weights, statistics, averages, image pools, the noise's step, metrics, optimizers.

    Args:
        model: compiled with optimizers that are built.
    """

    def __init__(self, model: keras.Model) -> None:
        optimizers = [getattr(model, name) for name in model.default_optimizers]
        held = [model.variables, model.metrics_variables, *(optimizer.variables for optimizer in optimizers)]
        found = {id(variable): variable for variables in held for variable in variables}
        self._model = model
        self._begun = [(variable, variable.numpy()) for variable in found.values()]

    def anew(self) -> keras.Model:
        """The model as it was."""
        with self._model.distribute_strategy.scope():
            for variable, value in self._begun:
                variable.assign(value)
        return self._model


def report_of_a_step(model: keras.Model, pictures: np.ndarray) -> dict[str, float]:
    """What a training step on 32 pictures reports."""
    history = model.fit(*data(model, pictures[:BATCH]), batch_size=BATCH, shuffle=False, verbose=0).history
    return {name: value for name, (value,) in history.items()}


def fitted(model: keras.Model, batch: int = FIT_BATCH, count: int = FIT_PICTURES) -> Weights:
    """Weights after two epochs, and the figures of each and of an evaluation, by name.

    As it is, the last batch is smaller, and neither of the two can be shared out evenly among four.
    """
    pictures = smooth_pictures()[:count]
    options = {"batch_size": batch, "verbose": 0}
    history = model.fit(*data(model, pictures), epochs=2, shuffle=False, **options).history
    evaluation = model.evaluate(*held_out(model, pictures), return_dict=True, **options)
    figures = {f"figure {name}": np.asarray(values) for name, values in history.items()}
    return {**weights_of(model), **figures, **{f"evaluated {name}": np.asarray(v) for name, v in evaluation.items()}}


def assert_equal_fits(received: Weights, expected: Weights) -> None:
    """Sums over 10 + 10 + 10 + 8 examples instead of 38 round differently; float32 has 6e-8."""
    assert set(received) == set(expected)
    figures = {name for name in expected if name.startswith(("figure ", "evaluated "))}
    assert_close(received, {name: expected[name] for name in expected if name not in figures}, rtol=1e-5, atol=1e-5)
    assert_close(received, {name: expected[name] for name in figures}, rtol=1e-5, atol=1e-6)


def data(model: keras.Model, pictures: np.ndarray) -> tuple[Any, ...]:
    """What `fit` takes: pictures, beside them those of another domain for a model of two, and labels for a model that
    sees them."""
    images, *labels = held_out(model, pictures)
    return ((images, -images) if model.spec.adapts else images, *labels)


def held_out(model: keras.Model, pictures: np.ndarray) -> tuple[np.ndarray, ...]:
    """What `evaluate` takes."""
    if model.spec.translates:
        return pictures, -pictures
    return (pictures, np.arange(len(pictures)) % len(model.spec.classes)) if model.spec.labelled else (pictures,)


def called_with(model: keras.Model, pictures: np.ndarray) -> Any:
    """What `predict` takes: what `call` does, as a tuple where that is several arrays."""
    labels = np.arange(len(pictures)) % max(len(model.spec.classes), 1)
    latents = np.zeros((len(pictures), getattr(model, "latent_dim", 0)), np.float32)
    known = {"images": pictures, "latents": latents, "labels": labels}
    names = [name for name in inspect.signature(model.call).parameters if name in known]
    inputs = tuple(known[name] for name in names if name != "labels" or model.spec.labelled)
    return inputs if len(inputs) > 1 else inputs[0]


class Interruption(keras.callbacks.Callback):
    """Ends a process before its second epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if epoch == 1:
            raise KeyboardInterrupt


class ModelContract:
    """Inherit and set `model_class`, `arguments`, and `stateless`: arguments that take the place of those with which
    micro-batches cannot equal the whole batch.

    A configuration is built and traced once for all tests (`tests/models/conftest.py`): `model` is as `build` leaves
    it, `eager` runs eagerly, `mirrored` eagerly on four replicas; `alone` is what `fitted(model)` gives. Where a single
    step is compared with another and tracing would take longer than the step, it runs eagerly: that both are the same
    is a test of its own. Nothing is shuffled, so that TensorFlow's own seed, which is not set, does not matter.
    """

    model_class: ClassVar[Callable[..., keras.Model]]
    arguments: ClassVar[dict[str, Any]]
    stateless: ClassVar[dict[str, Any]] = {}

    def build(self) -> keras.Model:
        """The model, compiled with SGD."""
        seed_initializers()
        return self.compiled(self.model_class(**self.arguments))

    def compiled(self, model: keras.Model) -> keras.Model:
        """With SGD for every player, which shows a gradient's size."""
        model.compile(**{name: keras.optimizers.SGD(LEARNING_RATE) for name in self.model_class.default_optimizers})
        return model

    # Here, so that a test file may have a fixture of the same name for tests of its own.
    @pytest.fixture
    def model(self, shared: Compiled) -> keras.Model:
        return shared.anew()

    @pytest.fixture
    def eager(self, shared_eager: Compiled) -> keras.Model:
        return shared_eager.anew()

    @pytest.fixture
    def mirrored(self, shared_by_replicas: Compiled) -> keras.Model:
        return shared_by_replicas.anew()

    def players(self, model: keras.Model) -> dict[str, keras.Model]:
        """Optimizer argument -> what it moves."""
        if isinstance(model, AdversarialModel):
            return {f"{name}_optimizer": network for name, network in model.players.items()}
        return {"optimizer": model}

    def test_each_players_step_changes_its_own_weights_alone(self, shared: Compiled, pictures: np.ndarray) -> None:
        for mover in self.model_class.default_optimizers:
            model = shared.anew()
            for name in self.model_class.default_optimizers:
                getattr(model, name).learning_rate = 0.1 if name == mover else 0.0
            before = {name: [w.numpy() for w in net.trainable_weights] for name, net in self.players(model).items()}
            # Batches of two sizes, as in other tests: one graph is then traced for all.
            model.fit(*data(model, pictures[:FIT_PICTURES]), batch_size=FIT_BATCH, shuffle=False, verbose=0)
            for name, network in self.players(model).items():
                moved = [
                    not np.array_equal(w.numpy(), old)
                    for w, old in zip(network.trainable_weights, before[name], strict=True)
                ]
                assert any(moved) == (name == mover), f"{name} while {mover} moved"

    def test_saved_and_loaded_takes_the_same_next_step(self, pictures: np.ndarray, tmp_path: Path) -> None:
        model = self.model_class(**self.arguments)
        model.compile(**{name: spec.build() for name, spec in self.model_class.default_optimizers.items()})
        model.run_eagerly = True
        model.fit(*data(model, pictures), batch_size=BATCH, shuffle=False, verbose=0)
        model.save(tmp_path / "m.keras")
        loaded = keras.saving.load_model(tmp_path / "m.keras")
        loaded.run_eagerly = True
        assert_equal_weights(weights_of(loaded), weights_of(model))
        expected, received = (report_of_a_step(each, pictures) for each in (model, loaded))
        # Where cores are shared, threads of a kernel may add in another order, and Adam makes more of the smallest
        # gradients. Optimizers that were not restored would move some weights by 3.5e-4.
        assert received == pytest.approx(expected, rel=1e-5)
        assert_equal_weights(weights_of(loaded), weights_of(model), 5e-5)

    def test_the_keras_file_keeps_every_constructor_argument(self, model: keras.Model, tmp_path: Path) -> None:
        model.save(tmp_path / "m.keras")
        loaded = keras.saving.load_model(tmp_path / "m.keras")
        for name in constructor_options(self.model_class):
            expected, received = getattr(model, name), getattr(loaded, name)
            if isinstance(expected, keras.Model):
                assert received.to_json() == expected.to_json(), name
            else:
                assert received == expected, name

    def test_replicas_equal_one(self, mirrored: keras.Model, alone: Weights) -> None:
        """Also where their shares are unequal, and in a smaller last batch."""
        assert_equal_fits(fitted(mirrored), alone)

    def test_a_replica_without_a_picture_is_refused(self, mirrored: keras.Model, pictures: np.ndarray) -> None:
        with pytest.raises(InputError, match="must have an example for each replica, 4; leave out a smaller last one."):
            mirrored.fit(*data(mirrored, pictures[: FIT_BATCH + 1]), batch_size=FIT_BATCH, shuffle=False, verbose=0)

    def test_replicas_draw_different_noise(self, mirrored: keras.Model) -> None:
        strategy = mirrored.distribute_strategy

        @tf.function
        def draw() -> Any:
            return strategy.run(lambda: mirrored.noise.training_rows(tf.constant(4), 8, "test"))

        first, *others = (part.numpy() for part in strategy.experimental_local_results(draw()))
        assert not np.isin(first, others).any()

    def test_micro_batches_equal_the_whole_batch(self, pictures: np.ndarray) -> None:
        """With statistics that are kept where a network has those of a batch, which a part of it must differ from."""
        seed_initializers()
        model = self.model_class(**{**self.arguments, **self.stateless})
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
        shared = Compiled(self.compiled(model))
        model.run_eagerly = True
        reports, weights = [], []
        for parts in (1, 4):
            shared.anew().micro_batches = parts
            reports.append(report_of_a_step(model, pictures))
            weights.append(weights_of(model))
        # The VAE-GAN's decoder sees codes of an encoder that has moved.
        assert reports[1] == pytest.approx(reports[0], rel=1e-3, abs=1e-6)
        assert_equal_weights(weights[1], weights[0], tolerance=1e-5)

    def test_bfloat16_computes_what_float32_keeps(self, eager: keras.Model, pictures: np.ndarray) -> None:
        keras.config.set_dtype_policy("mixed_bfloat16")
        try:
            halved = self.build()
        finally:
            keras.config.set_dtype_policy("float32")
        halved.run_eagerly = True
        reports = []
        for model in (eager, halved):
            reports.append(report_of_a_step(model, pictures))
            assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
        assert any(layer.compute_dtype == "bfloat16" for layer in halved._flatten_layers())
        # Its numbers have eight bits, and what is reported is made of many of them.
        assert_close(reports[1], reports[0], rtol=0.05, atol=0.05)

    def test_eager_and_compiled_steps_agree(self, model: keras.Model, eager: keras.Model, pictures: np.ndarray) -> None:
        for each in (model, eager):
            each.fit(*data(each, pictures), batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
        assert_equal_weights(weights_of(eager), weights_of(model), tolerance=1e-5)

    def test_keras_callbacks_work(self, model: keras.Model, pictures: np.ndarray, tmp_path: Path) -> None:
        watched = {"monitor": f"val_{next(iter(model.trackers))}", "mode": "min"}
        rates = [float(getattr(model, name).learning_rate) for name in self.model_class.default_optimizers]
        model.fit(
            *data(model, pictures),
            validation_data=held_out(model, pictures),
            epochs=2,
            shuffle=False,
            verbose=0,
            callbacks=[
                keras.callbacks.BackupAndRestore(tmp_path / "backup"),
                keras.callbacks.CSVLogger(tmp_path / "log.csv"),
                keras.callbacks.EarlyStopping(**watched, restore_best_weights=True),
                keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
                keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True, **watched),
                keras.callbacks.ReduceLROnPlateau(**watched),
                keras.callbacks.TensorBoard(tmp_path / "log"),
                keras.callbacks.TerminateOnNaN(),
            ],
        )
        assert isinstance(keras.saving.load_model(tmp_path / "best.keras"), self.model_class)
        assert len((tmp_path / "log.csv").read_text().splitlines()) == 3
        halved = [float(getattr(model, name).learning_rate) for name in self.model_class.default_optimizers]
        np.testing.assert_allclose(halved, np.array(rates) / 4, rtol=1e-6)

    def test_a_restart_with_backup_and_restore_is_exact(
        self, eager: keras.Model, pictures: np.ndarray, tmp_path: Path
    ) -> None:
        few = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}

        def backup() -> keras.callbacks.Callback:
            return keras.callbacks.BackupAndRestore(tmp_path / "backup")

        with pytest.raises(KeyboardInterrupt):
            eager.fit(*data(eager, pictures[:8]), callbacks=[backup(), Interruption()], **few)
        restarted = self.build()
        restarted.run_eagerly = True
        rest = restarted.fit(*data(restarted, pictures[:8]), callbacks=[backup()], **few)
        assert rest.epoch == [1]
        eager.fit(*data(eager, pictures[:8]), **{**few, "epochs": 1})
        assert_equal_weights(weights_of(restarted), weights_of(eager), tolerance=1e-6)

    def test_what_keras_asks_of_a_model_is_answered(self, eager: keras.Model, pictures: np.ndarray) -> None:
        lines: list[str] = []
        if not eager.optimizer.built:  # as Keras leaves it until the first step
            eager.optimizer.build(eager.trainable_variables)
        eager.summary(print_fn=lines.append)
        assert "Optimizer params" in "".join(lines)
        assert len(eager.predict(called_with(eager, pictures[:8]), verbose=0)) == 8
        report = eager.evaluate(*held_out(eager, pictures[:8]), verbose=0, return_dict=True)
        assert {name: float(value) for name, value in eager.get_metrics_result().items()} == report
        optimizer, store = eager.optimizer, {}
        optimizer.save_own_variables(store)
        assert len(store) == len(optimizer.variables)
        assert (optimizer.built, int(optimizer.iterations)) == (True, 0)
        assert float(optimizer.learning_rate) == pytest.approx(LEARNING_RATE)
        assert optimizer.get_config()["name"] == optimizer.name
        clone = keras.models.clone_model(eager)
        assert [v.shape for v in clone.variables] == [v.shape for v in eager.variables]

    def test_evaluation_is_repeatable_and_changes_no_weight(self, model: keras.Model, pictures: np.ndarray) -> None:
        before = [w.numpy() for w in model.trainable_weights]
        first, second = (
            model.evaluate(*held_out(model, pictures), batch_size=40, verbose=0, return_dict=True) for _ in range(2)
        )
        assert first == second
        assert all(np.isfinite(value) for value in first.values())
        for weight, old in zip(model.trainable_weights, before, strict=True):
            np.testing.assert_array_equal(weight.numpy(), old)

    def test_the_preview_is_pictures(self, model: keras.Model, pictures: np.ndarray) -> None:
        shown = np.asarray(model.preview(pictures[:6], seed=1))
        assert shown.shape[1:] == pictures.shape[1:]
        assert len(shown) in (6, 12)

    def test_exported_networks_match(self, model: keras.Model, pictures: np.ndarray, tmp_path: Path) -> None:
        model.fit(*data(model, pictures), batch_size=BATCH, shuffle=False, verbose=0)
        bundle = export.export_bundle(model, tmp_path / "bundle")
        manifest = serving.Manifest.read(bundle)
        assert set(model.inference_networks()) <= set(manifest.networks)
        for outputs in manifest.parity.values():
            for name, difference in outputs.items():
                assert difference <= (1 if name in PICTURES else 1e-4)
        if manifest.latent and manifest.latent.prior:
            received = serving.load(bundle).sample(9, seed=3).astype(int)
            expected = to_uint8(model.sample(9, seed=3))
            assert np.abs(received - expected).max() <= 1
            assert manifest.latent.prior == model.spec.prior
        assert manifest.classes == model.spec.classes
