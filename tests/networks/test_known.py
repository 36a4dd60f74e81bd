"""Networks as people write them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import export
import keras_gen
from serving.common.errors import InputError
from tests.harness import smooth_pictures


class Encoder(keras.Model):
    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)
        self.size, self.flatten, self.dense = size, layers.Flatten(), layers.Dense(size)

    def call(self, images):
        return self.dense(self.flatten(images))


class Unbuildable(keras.Model):
    def call(self, images):
        raise RuntimeError("broken on purpose")


class Unregistered(layers.Layer):
    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)
        self.size, self.dense = size, layers.Dense(size)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, values):
        return self.dense(values)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


def functional(dtype="float32", listed=False, layer=layers.Dense):
    image = keras.Input((8, 8, 1), dtype=dtype)
    code = layer(2)(layers.Flatten()(image))
    return keras.Model([image], [code]) if listed else keras.Model(image, code)


def decoder():
    return keras.Sequential([layers.Dense(64, activation="tanh"), layers.Reshape((8, 8, 1))])


def autoencoder(encoder):
    model = keras_gen.Autoencoder((8, 8, 1), latent_dim=2, encoder=encoder, decoder=decoder())
    model.compile(run_eagerly=True)
    return model


@pytest.mark.parametrize(
    "encoder",
    [Encoder, lambda: keras.Sequential([layers.Flatten(), layers.Dense(2)]), lambda: functional(listed=True)],
    ids=["a class", "Sequential without Input", "lists"],
)
def test_what_can_be_built_is_built(encoder):
    model = autoencoder(encoder())
    model.fit(smooth_pictures()[:8], verbose=0)
    assert model.inference_networks()["encoder"]({"image": smooth_pictures()[:3]})["code"].shape == (3, 2)


def test_a_class_plays_in_a_gan_and_is_averaged():
    model = keras_gen.GAN((8, 8, 1), latent_dim=2, generator=decoder(), discriminator=Encoder(1))
    model.compile(run_eagerly=True)
    model.fit(smooth_pictures()[:8], verbose=0)
    assert model.sample(3).shape == (3, 8, 8, 1)


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (lambda: functional("uint8"), "`encoder` must take floats. Received: a network whose Input is uint8."),
        (Unbuildable, "`encoder` must be a network that takes .*Received: Unbuildable, which raises RuntimeError: "),
        (lambda: Encoder(3), r"`encoder` must map \(8, 8, 1\) to \(2,\). Received: a network from .* to \(3,\)."),
    ],
)
def test_what_cannot_is_refused_in_one_line(encoder, message):
    with pytest.raises(InputError, match=message) as error:
        autoencoder(encoder())
    assert "\n" not in str(error.value)


def test_features_of_a_class_are_refused():
    with pytest.raises(InputError, match="a discriminator whose features are used must be of layers that Keras knows"):
        keras_gen.ConditionalGAN((8, 8, 1), ("a", "b"), latent_dim=2, discriminator=Encoder(1))


def test_unregistered_layers_in_half_precision_are_exported(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = autoencoder(functional(layer=Unregistered))
        bundle = export.export_bundle(model, tmp_path / "bundle")
    finally:
        keras.config.set_dtype_policy("float32")
    assert (bundle / "manifest.json").exists()


def test_weights_of_another_size_leave_pools_aside(tmp_path):
    small = {
        "generator": {"name": "resnet", "filters": 4, "blocks": 1},
        "discriminator": {"name": "patchgan", "filters": 4, "receptive_field": 16},
    }
    trained, other = (keras_gen.CycleGAN((side, side, 1), pool_size=4, **small) for side in (8, 16))
    trained.pool_a(smooth_pictures()[:3])
    trained.save_weights(tmp_path / "w.weights.h5")
    other.load_weights(tmp_path / "w.weights.h5")
    for one, expected in zip(other.generator.get_weights(), trained.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(one, expected)
    assert (int(trained.pool_a.filled), int(other.pool_a.filled)) == (3, 0)
