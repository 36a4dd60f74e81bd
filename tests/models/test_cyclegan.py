from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract, data

SMALL = {
    "image_shape": (8, 8, 1),
    "generator": {"name": "resnet", "filters": 4, "blocks": 1},
    "discriminator": {"name": "patchgan", "receptive_field": 16, "filters": 4},
}


class TestCycleGAN(ModelContract):
    """Without normalization: by the statistics of the few pixels that these pictures come down to, rounding errors
    grow a hundredfold in a step. The U-Net below has it, where it is shallower."""

    model_class = keras_gen.CycleGAN
    arguments = {**SMALL, "generator": {**SMALL["generator"], "normalization": "none"}, "seed": 4}


class TestUNetCycleGAN(ModelContract):
    """Another network and loss, a penalty, several moves, masks, and neither a pool nor what is to stay."""

    model_class = keras_gen.CycleGAN
    arguments = {
        **SMALL,
        "generator": {"name": "unet", "filters": 4, "depth": 2},
        "loss": "relativistic",
        "penalties": {"r1": 0.1},
        "discriminator_steps": 2,
        "pool_size": 0,
        "identity_weight": 0.0,
        "attention": True,
        "ema_decay": 0.0,
    }
    stateless = {"generator": {"name": "unet", "filters": 4, "depth": 2, "dropout": 0.0}}


def linear(weight):
    image = keras.Input((1, 1, 1))
    network = keras.Model(image, keras.layers.Dense(1, use_bias=False)(image))
    network.set_weights([np.array([[weight]])])
    return network


def both(one, other):
    inputs = [keras.Input((1, 1, 1)), keras.Input((1, 1, 1))]
    return keras.Model(inputs, [one(inputs[0]), other(inputs[1])])


def test_a_step_is_that_of_the_paper():
    """The updates of equations 1 to 3 with squared errors for linear networks, gradients written out by hand."""
    f, g, p, q = 0.7, 1.2, 0.4, -0.3  # A to B, B to A, the judges of A and of B
    model = keras_gen.CycleGAN((1, 1, 1), both(linear(f), linear(g)), both(linear(p), linear(q)), pool_size=0)
    model.compile(generator_optimizer=keras.optimizers.SGD(1.0), discriminator_optimizer=keras.optimizers.SGD(1.0))
    rng = np.random.default_rng(0)
    a, b = rng.uniform(-1, 1, (2, 5)).astype(np.float32)
    report = model.train_on_batch(a.reshape(5, 1, 1, 1), b.reshape(5, 1, 1, 1), return_dict=True)
    p -= np.mean((p * a - 1) * a + p * g * b * g * b)
    q -= np.mean((q * b - 1) * b + q * f * a * f * a)
    received = [float(w[0, 0]) for w in model.discriminator.get_weights()]
    np.testing.assert_allclose(received, [p, q], rtol=1e-5)
    back_a, back_b = np.sign(g * f * a - a), np.sign(f * g * b - b)
    of_f = (q * f * a - 1) * q * a + 10 * (back_a * g * a + back_b * g * b) + 5 * np.sign(f * b - b) * b
    of_g = (p * g * b - 1) * p * b + 10 * (back_a * f * a + back_b * f * b) + 5 * np.sign(g * a - a) * a
    received = [float(w[0, 0]) for w in model.generator.get_weights()]
    np.testing.assert_allclose(received, [f - np.mean(of_f), g - np.mean(of_g)], rtol=1e-5)
    cycle = np.mean(np.abs(g * f * a - a) + np.abs(f * g * b - b))
    identity = np.mean(np.abs(f * b - b) + np.abs(g * a - a))
    assert report["cycle_loss"] == pytest.approx(cycle, rel=1e-5)
    assert report["identity_loss"] == pytest.approx(identity, rel=1e-5)


def test_discriminators_are_shown_pictures_of_earlier_steps(pictures):
    model = TestCycleGAN().build()
    model.fit(*data(model, pictures), batch_size=16, epochs=1, verbose=0)
    for pool in (model.pool_a, model.pool_b):
        assert int(pool.filled.numpy()) == 50
        assert np.abs(pool.images.numpy()).max(axis=(1, 2, 3)).min() > 0


def test_each_direction_has_networks_of_its_own():
    model = keras_gen.CycleGAN(**SMALL)
    images = tf.constant(np.random.default_rng(0).uniform(-1, 1, (2, 8, 12, 1)).astype(np.float32))
    there, back = model.a_to_b(images), model.b_to_a(images)
    assert there.shape == back.shape == images.shape
    assert np.abs(there - back).max() > 0
    np.testing.assert_allclose(model(images), there, atol=1e-6)  # the average before any step


def test_a_bundle_has_both_directions_and_translates_tiles_as_it_does_the_whole(tmp_path):
    bundle = export.export_bundle(keras_gen.CycleGAN(**SMALL), tmp_path / "bundle")
    manifest = serving.Manifest.read(bundle)
    assert set(manifest.networks) == {"a_to_b", "b_to_a", "a_to_b_tile", "b_to_a_tile"}
    assert (manifest.image.any_size, manifest.image.multiple) == (True, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cycle_weight": -1}, "`cycle_weight` must be at least 0"),
        ({"pool_size": -1}, "`size` must be at least 0"),
        ({"generator": linear(1.0)}, "two inputs and two outputs. Received: 1 and 1"),
        ({"generator": both(linear(1.0), linear(1.0))}, r"`translator` must map \(8, 8, 1\)"),
        ({"discriminator": "resnet"}, "`patch_discriminator` must be one of patchgan. Received: 'resnet'"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        keras_gen.CycleGAN(**{**SMALL, **arguments})


def batches_of_both(a, b):
    return tf.data.Dataset.zip(*(tf.data.Dataset.from_tensor_slices(part).batch(4) for part in (a, b)))


@pytest.mark.parametrize(
    "given",
    [lambda a, b: (a, b), lambda a, b: ((a, b),), lambda a, b: ([a, b],), lambda a, b: (batches_of_both(a, b),)],
)
def test_two_domains_of_unequal_length_are_given_in_any_form(pictures, given):
    model = keras_gen.CycleGAN(**SMALL)
    model.compile(run_eagerly=True)
    domains = given(pictures[:7], -pictures[:5])
    report = model.fit(*domains, shuffle=False, verbose=0)
    assert np.isfinite(report.history["cycle_loss"]).all()
    assert np.isfinite(model.evaluate(*domains, verbose=0)).all()


def test_unpaired_domains_are_shuffled_apart(monkeypatch):
    """An epoch is a pass over the larger domain; the smaller one begins anew."""
    seen = []

    def moves(self, of_a, of_b):
        seen.append((of_a.numpy().ravel(), of_b.numpy().ravel()))
        yield from ()
        return {name: tf.zeros(len(of_a)) for name in self.trackers}

    monkeypatch.setattr(keras_gen.CycleGAN, "moves", moves)
    model = keras_gen.CycleGAN((1, 1, 1), both(linear(1.0), linear(1.0)), both(linear(1.0), linear(1.0)))
    model.compile(run_eagerly=True)
    a, b = np.linspace(-1, 0, 40, dtype=np.float32), np.linspace(-1, 0, 20, dtype=np.float32)
    model.fit(a.reshape(40, 1, 1, 1), b.reshape(20, 1, 1, 1), batch_size=10, verbose=0)
    of_a, of_b = (np.concatenate(part) for part in zip(*seen, strict=True))
    np.testing.assert_array_equal(np.sort(of_a), a)
    for half in (of_b[:20], of_b[20:]):
        np.testing.assert_array_equal(np.sort(half), b)
    assert (of_b[:20] != of_b[20:]).any()
    seen.clear()
    model.fit(a.reshape(40, 1, 1, 1), a.reshape(40, 1, 1, 1), batch_size=10, verbose=0)
    assert any((of_a != of_b).any() for of_a, of_b in seen)


def test_one_domain_and_weights_are_refused(pictures):
    model = keras_gen.CycleGAN(**SMALL)
    model.compile()
    with pytest.raises(InputError, match="must be given pictures of A and pictures of B. Received: pictures alone."):
        model.fit(pictures, verbose=0)
    with pytest.raises(InputError, match="weights must be left out for CycleGAN"):
        model.fit(pictures, pictures, sample_weight=np.ones(96), verbose=0)
