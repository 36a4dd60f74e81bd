from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract

STYLES = ("flat", "steep", "wavy")
SMALL = {
    "image_shape": (8, 8, 1),
    "classes": STYLES,
    "generator": {"name": "unet", "filters": 4},
    "discriminator": {"name": "patchgan", "receptive_field": 16, "filters": 4, "normalization": "none"},
}


class TestStarGAN(ModelContract):
    model_class = keras_gen.StarGAN
    arguments = {**SMALL, "identity_weight": 0.2, "loss": "hinge", "seed": 3}
    stateless = {"generator": {**SMALL["generator"], "dropout": 0.0}}


def linear_model(**options):
    """Pictures of one pixel and two domains; the generator and the discriminator are linear maps."""
    given, picture = keras.Input((1, 1, 3)), keras.Input((1, 1, 1))
    generator = keras.Model(given, keras.layers.Dense(1, use_bias=False)(given))
    hidden = keras.layers.Dense(1, use_bias=False)(picture)
    discriminator = keras.Model(picture, keras.layers.Dense(1, use_bias=False)(hidden))
    model = keras_gen.StarGAN((1, 1, 1), ("low", "high"), generator, discriminator, **options)
    model.compile(generator_optimizer=keras.optimizers.SGD(1.0), discriminator_optimizer=keras.optimizers.SGD(0.0))
    model.generator.set_weights([np.array([[0.5], [-0.3], [0.2]])])
    model.judge.set_weights([np.array([[2.0]]), np.array([[0.7]]), np.array([[-1.0, 0.4]]), np.zeros(2)])
    return model


def step_of_the_generator(pixel, label, class_weight, cycle_weight, identity_weight):
    """The generator's weights after one step, and its cycle and identity loss, with losses written out."""
    weights = tf.Variable([0.5, -0.3, 0.2])

    def made(value, to):
        return weights[0] * value + weights[1 + to]

    with tf.GradientTape() as tape:
        fake = made(pixel, 1 - label)
        hidden = 2.0 * fake
        wasserstein = -0.7 * hidden
        guess = tf.stack([-1.0 * hidden, 0.4 * hidden])
        surprise = tf.math.log(tf.reduce_sum(tf.exp(guess))) - guess[1 - label]
        cycle, identity = tf.abs(pixel - made(fake, label)), tf.abs(pixel - made(pixel, label))
        errors = cycle_weight * (cycle + identity_weight * identity)
        loss = wasserstein + class_weight * surprise + errors
    moved = weights - tape.gradient(loss, weights)
    return moved.numpy(), float(cycle), float(identity)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize(("class_weight", "cycle_weight", "identity_weight"), [(1.0, 10.0, 0.0), (0.3, 2.0, 0.5)])
def test_a_step_is_that_of_the_paper(label, class_weight, cycle_weight, identity_weight):
    """Of two domains the other one is always asked for."""
    weights = {"class_weight": class_weight, "cycle_weight": cycle_weight, "identity_weight": identity_weight}
    model = linear_model(loss="wasserstein", **weights)
    model.run_eagerly = True
    pictures = np.full((1, 1, 1, 1), 0.6, np.float32)
    report = model.train_on_batch(pictures, np.array([label]), return_dict=True)
    wanted, cycle, identity = step_of_the_generator(0.6, label, **weights)
    np.testing.assert_allclose(model.generator.get_weights()[0][:, 0], wanted, rtol=1e-5)
    assert report["cycle_loss"] == pytest.approx(cycle, rel=1e-5)
    assert report["identity_loss"] == pytest.approx(identity if identity_weight else 0.0, rel=1e-5)
    hidden = np.array([-1.0, 0.4]) * 2.0 * 0.6
    assert report["class_loss"] == pytest.approx(np.log(np.exp(hidden).sum()) - hidden[label], rel=1e-5)


def test_every_other_class_is_asked_for_as_often_and_the_own_never():
    model = keras_gen.StarGAN(**SMALL)
    labels = tf.repeat(tf.range(3, dtype=tf.int64), 1000)
    draws = tf.constant(np.random.default_rng(0).uniform(size=(3000, 1)).astype(np.float32))
    other = model._other(labels, draws).numpy().reshape(3, 1000)
    for own, asked in enumerate(other):
        counts = np.bincount(asked, minlength=3)
        assert counts[own] == 0
        assert sorted(counts)[1] > 430  # 500 are expected, with a deviation of 16
    highest = tf.constant([[np.nextafter(np.float32(1), np.float32(0))]])
    assert model._other(tf.constant([0], tf.int64), highest).numpy() == [2]


def test_a_bundle_translates_to_the_class_that_is_named(tmp_path):
    keras.utils.set_random_seed(1)
    model = keras_gen.StarGAN(
        **{**SMALL, "image_shape": (16, 16, 1), "generator": {"name": "unet", "filters": 4, "depth": 2}}
    )
    rng = np.random.default_rng(2)
    for variable in model.variables:
        if variable.path.endswith("kernel"):
            variable.assign(rng.normal(0, 1.5 / np.sqrt(np.prod(variable.shape[:-1])), variable.shape))
    translator = serving.load(export.export_bundle(model, tmp_path / "bundle"))
    assert translator.targets == STYLES
    pictures = np.random.default_rng(3).integers(0, 256, (3, 16, 16, 1), np.uint8)
    made = [translator.translate(pictures, to).astype(int) for to in STYLES]
    for label, received in enumerate(made):
        expected = model(pictures.astype(np.float32) / 127.5 - 1, np.full(3, label)).numpy()
        np.testing.assert_allclose(received / 127.5 - 1, expected, atol=1.5 / 127.5)
    assert np.abs(made[0] - made[1]).max() > 10
    for to in (None, "b", "Flat"):
        with pytest.raises(InputError, match=f"translates to flat or steep or wavy. Received: {to!r}"):
            translator.translate(pictures, to)
    with pytest.raises(InputError, match="`seed` and `variants` must be left out for"):
        translator.answering(3)
    assert "Pictures as those of the class that `label` says" in (tmp_path / "bundle" / "README.md").read_text()


def test_a_generator_that_normalizes_the_class_away_is_refused():
    with pytest.raises(InputError, match="must not normalize the class away"):
        keras_gen.StarGAN(**{**SMALL, "generator": {"name": "resnet", "filters": 4, "blocks": 1}})


def test_a_single_domain_is_refused():
    with pytest.raises(InputError, match="at least two. Received: 1."):
        keras_gen.StarGAN(**{**SMALL, "classes": ("only",)})
