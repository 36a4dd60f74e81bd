from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import keras_gen
import serving
from keras_gen import losses
from keras_gen.networks.features import features_of
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "generator": {"name": "resnet", "filters": 4, "blocks": 1, "normalization": "none"},
    "discriminator": {"name": "patchgan", "receptive_field": 16, "filters": 4, "normalization": "none"},
    "projection_units": 8,
}


class TestCUT(ModelContract):
    """Without normalization, as CycleGAN; fewer places are compared than there are."""

    model_class = keras_gen.CUT
    arguments = {**SMALL, "patches": 12, "seed": 4}


def one_layer(weight):
    """Pictures of one channel through one linear layer, whose features are the translation."""
    image = keras.Input((None, None, 1))
    network = keras.Model(image, keras.layers.Dense(1, use_bias=False, name="linear")(image))
    network.set_weights([np.array([[weight]])])
    return network


def test_the_loss_is_that_of_the_paper():
    """Equation 3, with vectors whose products are known; equal vectors cannot be told apart."""
    rng = np.random.default_rng(0)
    queries, keys = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in rng.normal(size=(2, 3, 5, 4)))
    logits = np.einsum("bps,bqs->bpq", queries, keys) / 0.5
    expected = (np.log(np.exp(logits).sum(-1)) - np.einsum("bpp->bp", logits)).mean(-1)
    np.testing.assert_allclose(losses.patch_contrastive_loss(queries, keys, 0.5), expected, rtol=1e-5)
    same = np.tile([[[1.0, 0.0]]], (2, 7, 1))
    np.testing.assert_allclose(losses.patch_contrastive_loss(same, same), np.log(7), rtol=1e-6)


def test_a_step_reports_what_numpy_computes():
    """Of every place of a picture and of one layer, whatever their order: the mean does not depend on it."""
    judge = keras.Input((2, 2, 1))
    model = keras_gen.CUT(
        (2, 2, 1),
        one_layer(0.7),
        keras.Model(judge, keras.layers.Dense(1, use_bias=False)(judge)),
        projection_units=3,
        feature_layers=["linear"],
        temperature=0.5,
        ema_decay=0.0,
    )
    model.compile(run_eagerly=True, generator_optimizer=keras.optimizers.SGD(0.0))
    a, b = np.random.default_rng(0).uniform(-1, 1, (2, 5, 2, 2, 1)).astype(np.float32)

    def projected(head, values):
        first, bias, second, last = head.get_weights()
        vectors = np.maximum(values.reshape(5, 4, 1) @ first + bias, 0) @ second + last
        return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)

    def contrast(images):
        parts = []
        for head, seen in zip(model.heads, (lambda x: x, lambda x: 0.7 * x), strict=True):
            logits = np.einsum("bps,bqs->bpq", projected(head, seen(0.7 * images)), projected(head, seen(images))) / 0.5
            parts.append((np.log(np.exp(logits).sum(-1)) - np.einsum("bpp->bp", logits)).mean())
        return np.mean(parts)

    weight = float(model.discriminator.get_weights()[0][0, 0])
    model.discriminator_optimizer.learning_rate = 0.0
    report = model.train_on_batch(a, b, return_dict=True)
    assert report["nce_loss"] == pytest.approx(contrast(a), rel=1e-4)
    assert report["identity_loss"] == pytest.approx(contrast(b), rel=1e-4)
    adversarial = 0.5 * np.mean((weight * 0.7 * a - 1) ** 2)
    assert report["generator_loss"] == pytest.approx(adversarial + contrast(a) + contrast(b), rel=1e-4)


def test_features_are_those_of_the_paper():
    """The picture, two strided convolutions, the first and the fifth block of nine."""
    model = keras_gen.CUT((16, 16, 3), {"name": "resnet", "filters": 2, "blocks": 9}, SMALL["discriminator"])
    seen = model.encoder(tf.zeros((1, 16, 16, 3)))
    assert [tuple(part.shape[1:]) for part in seen] == [(16, 16, 3), (8, 8, 4), (4, 4, 8), (4, 4, 8), (4, 4, 8)]
    sums = [layer for layer in model.generator.layers if isinstance(layer, keras.layers.Add)]
    assert model.encoder.outputs[3] is sums[0].output
    assert model.encoder.outputs[4] is sums[4].output
    assert len(features_of(keras_gen.CUT(**{**SMALL, "generator": "unet"}).generator)) == 3


def test_a_bundle_has_one_direction(tmp_path):
    manifest = serving.Manifest.read(export.export_bundle(keras_gen.CUT(**SMALL), tmp_path / "bundle"))
    assert set(manifest.networks) == {"a_to_b"}
    with pytest.raises(InputError, match="translates to b. Received: 'a'"):
        serving.load(tmp_path / "bundle").translate(np.zeros((1, 8, 8, 1), np.uint8), to="a")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nce_weight": -1}, "`nce_weight` must be at least 0"),
        ({"patches": 1}, "`patches` must be at least 2"),
        ({"temperature": 0.0}, "`temperature` must be above 0"),
        ({"generator": one_layer(1.0), "feature_layers": ["linaer"]}, "Did you mean 'linear'"),
        ({"discriminator": "resnet"}, "`patch_discriminator` must be one of patchgan. Received: 'resnet'"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        keras_gen.CUT(**{**SMALL, **arguments})
