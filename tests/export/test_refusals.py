"""What cannot be exported is refused by name."""

from __future__ import annotations

import keras
import pytest
import tensorflow as tf

import export
import keras_gen
from serving import InputError


class Elementwise(keras.layers.Layer):
    def compute_output_shape(self, shape):
        return shape


@keras.saving.register_keras_serializable()
class Trembling(Elementwise):
    def call(self, x):
        return x + tf.random.normal(tf.shape(x))


@keras.saving.register_keras_serializable()
class Wandering(Elementwise):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, x):
        return x + keras.random.normal(tf.shape(x), seed=self.seeds)


@keras.saving.register_keras_serializable()
class Factorial(Elementwise):
    def call(self, x):
        return tf.math.lgamma(tf.abs(x) + 1.0)


def autoencoder(layer):
    latent = keras.Input((4,))
    pixels = layer(keras.layers.Dense(64)(latent))
    decoder = keras.Model(latent, keras.layers.Reshape((8, 8, 1))(keras.layers.Activation("tanh")(pixels)))
    return keras_gen.Autoencoder(image_shape=(8, 8, 1), latent_dim=4, encoder="mlp", decoder=decoder)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            Trembling(),
            "'decoder' must draw no noise inside.*RandomStandardNormal in .*trembling.*make the noise an input",
        ),
        (Wandering(), "'decoder' must draw no noise inside.*Stateless.* in .*wandering"),
        (Factorial(), "'decoder' must be made of operators that ONNX has.*TensorFlow's Lgamma in .*factorial"),
    ],
)
def test_what_onnx_cannot_do_is_refused_by_name(layer, message, tmp_path, capfd):
    with pytest.raises(InputError, match=message):
        export.export_bundle(autoencoder(layer), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
    assert "not supported" not in capfd.readouterr().err


def test_a_lambda_layer_is_refused_by_name(tmp_path):
    layer = keras.layers.Lambda(lambda x: 2 * x, output_shape=lambda shape: shape, name="twice")
    with pytest.raises(InputError, match="'decoder' must hold no Lambda layer.*Received: 'twice'"):
        export.export_bundle(autoencoder(layer), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("layer", [keras.layers.GaussianNoise(0.1), keras.layers.Dropout(0.3)])
def test_noise_of_training_alone_is_no_noise(layer, tmp_path):
    assert export.export_bundle(autoencoder(layer), tmp_path / "bundle").is_dir()
