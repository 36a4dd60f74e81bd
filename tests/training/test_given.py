"""What `fit`, `evaluate` and `predict` are given: looked at, understood, weighed, or refused in one line."""

from __future__ import annotations

import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.trainers.data_adapters import get_data_adapter

import keras_gen
from serving.common.errors import InputError
from tests.harness import replicas

SMALL = {"name": "mlp", "units": [4]}
CLASSES = ("cat", "dog", "owl")


def compiled(model, **options):
    model.compile(**{name: keras.optimizers.SGD(1e-2) for name in model.default_optimizers}, **options)
    return model


def vae(**options):
    keras.utils.set_random_seed(0)
    return compiled(keras_gen.VAE((8, 8, 1), latent_dim=2, encoder=SMALL, decoder=SMALL), **options)


def classified(**options):
    keras.utils.set_random_seed(0)
    model = keras_gen.ConditionalVAE((8, 8, 1), CLASSES, latent_dim=2, encoder=SMALL, decoder=SMALL)
    return compiled(model, run_eagerly=True, **options)


@pytest.fixture(scope="module")
def eager():
    return vae(run_eagerly=True)


def arrays(*parts):
    return parts


def dataset(*parts):
    return (tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(32),)


def generated(*parts):
    return ((tuple(part[start : start + 32] for part in parts) for start in (0, 32)),)


WAYS = pytest.mark.parametrize("way", [arrays, dataset, generated])


def with_nan(x):
    return np.where(np.arange(len(x))[:, None, None, None] == 3, np.nan, x).astype(np.float32)


@WAYS
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x * 127.5 + 127.5, r"floats in \[-1, 1\]. Received: .* Give `x / 127.5 - 1`"),
        (lambda x: 20000 * (x + 1), r"Give `x / 32767.5 - 1`"),
        (lambda x: (x * 127.5 + 127.5).astype(np.uint8), r"Received: uint8. Give `x / 127.5 - 1`"),
        (lambda x: 3 * x, r"must be floats in \[-1, 1\]. Received: -[23]"),
        (with_nan, "must be finite. Received: nan or inf in 1 of"),
        (lambda x: x[..., 0], r"must be \(batch, 8, 8, 1\). .* Give `x\[..., None\]`"),
    ],
)
def test_pictures_that_a_model_does_not_understand_are_refused(eager, pictures, way, change, message):
    before = eager.get_weights()
    with pytest.raises(InputError, match=f"pictures given to `fit` {message}|{message}"):
        eager.fit(*way(change(pictures)), shuffle=False, verbose=0)
    assert all(np.array_equal(now, then) for now, then in zip(eager.get_weights(), before, strict=True))


@pytest.mark.parametrize("use", ["evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"])
def test_so_they_are_wherever_pictures_are_given(eager, pictures, use):
    with pytest.raises(InputError, match=r"must be floats in \[-1, 1\]"):
        getattr(eager, use)(3 * pictures)


@pytest.mark.parametrize("options", [{}, {"steps_per_execution": 2}])
def test_a_compiled_step_says_the_same_of_a_data_set(pictures, options):
    with pytest.raises(InputError, match=r"pictures given to `fit` must be floats in \[-1, 1\]"):
        vae(**options).fit(*dataset(3 * pictures), shuffle=False, verbose=0)


@pytest.mark.parametrize("way", [arrays, dataset])
def test_pictures_from_0_to_1_are_warned_of(eager, pictures, way):
    with pytest.warns(UserWarning, match=r"should be floats in \[-1, 1\]. Received: .* give `2 \* x - 1`"):
        eager.fit(*way((pictures + 1) / 2), shuffle=False, verbose=0)


def labelled_as(labels):
    names = np.array(CLASSES)
    return {
        "numbers": labels,
        "a column": labels[:, None].astype(np.uint8),
        "floats": labels.astype(np.float32),
        "one-hot": np.eye(3, dtype=np.float32)[labels],
        "names": names[labels],
        "objects": names[labels].astype(object),
    }


@pytest.mark.parametrize("way", [arrays, dataset])
def test_labels_whose_meaning_is_plain_are_taken(pictures, way):
    labels = np.arange(len(pictures)) % 3
    seen = []
    for form in labelled_as(labels).values():
        model = classified()
        model.fit(*way(pictures, form), shuffle=False, verbose=0)
        seen.append(model.get_weights())
    for other in seen[1:]:
        for one, first in zip(other, seen[0], strict=True):
            np.testing.assert_allclose(one, first, atol=1e-6)


def test_labels_may_be_a_list(pictures):
    report = classified().fit(pictures[:3], ["cat", "owl", "dog"], verbose=0).history
    assert np.isfinite(report["loss"]).all()


@pytest.mark.parametrize("way", [arrays, dataset])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda n: np.arange(n) % 3 + 1, "labels from 0 to 2, one for each class. Received: 1 to 3; subtract 1."),
        (lambda n: np.arange(n) % 3 - 1, "labels from 0 on. Received: -1."),
        (lambda n: np.full(n, 0.5), "labels that are integers. Received: 0.5."),
        (lambda n: np.full((n, 3), 1 / 3), "one-hot rows, a single 1 and zeros."),
        (lambda n: np.array(["cow"] * n), "known classes alone: cat, dog, owl. Received: 'cow'."),
        (lambda n: np.zeros((n, 2)), r"one-hot \(batch, 3\). Received:"),
    ],
)
def test_other_labels_are_refused(pictures, way, labels, message):
    with pytest.raises(InputError, match=f"`fit` must .*{message}"):
        classified().fit(*way(pictures, labels(len(pictures))), shuffle=False, verbose=0)


def test_a_wrong_label_is_found_in_a_later_batch(pictures):
    labels = np.arange(len(pictures)) % 3
    labels[-1] = 7
    with pytest.raises(InputError, match="from 0 to 2, one for each class. Received: 7."):
        classified().fit(*dataset(pictures, labels), shuffle=False, verbose=0)


def autoencoder(**options):
    keras.utils.set_random_seed(0)
    return compiled(keras_gen.Autoencoder((8, 8, 1), latent_dim=2, encoder=SMALL, decoder=SMALL), **options)


def weights_after(model, *given, **options):
    model.fit(*given, shuffle=False, batch_size=32, verbose=0, **options)
    return model.get_weights()


def assert_alike(received, expected):
    for one, other in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


HALF = np.repeat([2.0, 0.0], 16)


@pytest.mark.parametrize("parts", [1, 2])
def test_weights_multiply_losses_before_the_mean(pictures, parts):
    """1/32 sum of 2 l over the first half, and of 0 l over the other, is the mean over the first half alone."""
    model = autoencoder(run_eagerly=True)
    model.micro_batches = parts
    received = weights_after(model, pictures[:32], sample_weight=HALF)
    assert_alike(received, weights_after(autoencoder(run_eagerly=True), pictures[:16]))


def test_they_do_on_replicas_and_in_a_data_set(pictures):
    expected = weights_after(autoencoder(run_eagerly=True), pictures[:16])
    with replicas(2).scope():
        model = autoencoder()
    batches = tf.data.Dataset.from_tensors((pictures[:32], pictures[:32], HALF[:, None]))
    assert_alike(weights_after(model, batches), expected)


def test_evaluation_is_a_weighted_mean(pictures):
    model = autoencoder(run_eagerly=True)
    received = model.evaluate(pictures[:32], sample_weight=HALF, verbose=0, return_dict=True)
    assert received == pytest.approx(model.evaluate(pictures[:16], verbose=0, return_dict=True), rel=1e-5)


@pytest.mark.parametrize("way", [arrays, dataset])
def test_weights_of_classes_are_those_of_their_examples(pictures, way):
    labels = np.arange(32) % 3
    of_examples = np.array([3.0, 1.0, 0.5])[labels]
    expected = weights_after(classified(), pictures[:32], labels, sample_weight=of_examples)
    by_class = {0: 3.0, "owl": 0.5}
    assert_alike(weights_after(classified(), *way(pictures[:32], labels), class_weight=by_class), expected)


@pytest.mark.parametrize(("turn", "moves"), [(0, False), (2, True)])
def test_weights_go_with_the_rows_of_a_turn(pictures, turn, moves):
    """The generator moves on the rows of the last of three turns: it rests where the weights of these are 0."""
    keras.utils.set_random_seed(0)
    options = {"loss": "wasserstein", "discriminator_steps": 3}
    model = keras_gen.GAN((8, 8, 1), latent_dim=2, generator=SMALL, discriminator=SMALL, **options)
    compiled(model, run_eagerly=True)
    before = {name: player.get_weights() for name, player in model.players.items()}
    model.fit(pictures[:32], sample_weight=np.arange(32) % 3 == turn, shuffle=False, verbose=0)
    moved = {
        name: any((now != then).any() for now, then in zip(player.get_weights(), before[name], strict=True))
        for name, player in model.players.items()
    }
    assert moved == {"generator": moves, "discriminator": True}


REFUSED = [
    ({"sample_weight": -np.ones(96)}, "`sample_weight` given to `fit` must be finite and at least 0. Received: -1."),
    ({"sample_weight": np.ones((96, 2))}, r"one number for each example, \(batch,\). Received: \(96, 2\)."),
    ({"class_weight": {"cow": 1}}, "`class_weight` must name classes from 0 to 2, or cat, dog, owl. Received: 'cow'."),
    ({"class_weight": {0: 1}, "sample_weight": np.ones(96)}, "`class_weight` must be left out where"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_other_weights_are_refused(pictures, options, message):
    with pytest.raises(InputError, match=message):
        classified().fit(pictures, np.arange(96) % 3, verbose=0, **options)


def test_weights_that_mean_nothing_are_refused(eager, pictures):
    with pytest.raises(InputError, match="`class_weight` must be left out for VAE, which sees no labels."):
        eager.fit(pictures, class_weight={0: 1.0}, verbose=0)


@pytest.mark.parametrize("name", ["loss", "loss_weights", "metrics", "weighted_metrics"])
def test_a_loss_and_metrics_of_keras_are_refused(name):
    with pytest.raises(InputError, match=f"`{name}` must be left out of `compile`: VAE .*Received: ..*mse"):
        vae(**{name: ["mse"]})


def test_a_model_is_compiled_with_its_own_optimizer_by_default():
    model = keras_gen.VAE((8, 8, 1), latent_dim=2, encoder=SMALL, decoder=SMALL)
    model.compile()
    assert (model.optimizer.name.split("_")[0], float(model.optimizer.learning_rate)) == ("adam", pytest.approx(1e-3))


def critic(network, **options):
    keras.utils.set_random_seed(0)
    model = keras_gen.GAN(
        (8, 8, 1), latent_dim=2, generator=network, discriminator=network, discriminator_steps=5, **options
    )
    return compiled(model, run_eagerly=True)


@pytest.mark.parametrize("network", [SMALL, {"name": "dcgan", "filters": 4}], ids=["mlp", "dcgan"])
def test_a_last_batch_of_fewer_pictures_than_critic_steps_is_trained_on(pictures, network):
    """67 = 2 * 32 + 3, and five moves of the critic in each step."""
    model = critic(network, loss="wasserstein", penalties={"gp": 10.0})
    model.fit(pictures[:64], shuffle=False, verbose=0)
    before = model.generator.get_weights()
    report = model.train_function(iter([(tf.constant(pictures[64:67]),)]))
    assert all(np.isfinite(value) for value in report.values())
    assert any((now != then).any() for now, then in zip(model.generator.get_weights(), before, strict=True))


@WAYS
def test_a_batch_of_fewer_pictures_is_refused_before_the_first_step(pictures, way):
    with pytest.raises(InputError, match="an example for each of the discriminator's 5 updates in a step. Received: 4"):
        critic(SMALL).fit(*way(pictures[:4]), shuffle=False, verbose=0)


def test_several_moves_of_numpy_arrays_in_eager_mode_have_penalties(pictures):
    report = critic(SMALL, penalties={"gp": 10.0}).train_on_batch(pictures[:10], return_dict=True)
    assert np.isfinite(report["discriminator_loss"])


def adapted(x):
    """As `keras-gen train` gives its data."""
    return (get_data_adapter(*dataset(x)),)


@pytest.fixture(scope="module")
def on_devices():
    """The same model on one device and on two."""
    with replicas(2).scope():
        mirrored = autoencoder()
    return {1: autoencoder(), 2: mirrored}


@pytest.mark.parametrize(("way", "devices"), [(arrays, 1), (dataset, 1), (dataset, 2), (adapted, 2)])
def test_the_end_of_a_fit_does_not_wait(on_devices, pictures, way, devices):
    """tf.data's tuner sleeps for 0.01 * 2^i seconds, one sleep after the other, and whoever leaves waits for it."""
    model = on_devices[devices]
    model.fit(*way(pictures), shuffle=False, verbose=0)

    class Steps(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            time.sleep(1.5)
            self.began = time.perf_counter()

    steps = Steps()
    model.fit(*way(np.tile(pictures, (40, 1, 1, 1))), shuffle=False, verbose=0, callbacks=[steps])
    assert time.perf_counter() - steps.began < 1.0
