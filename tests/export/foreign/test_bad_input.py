"""What cannot become a bundle: one line that says what was found and what was expected, and nothing written."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
from keras_gen.cli import main
from serving import InputError
from tests.export.foreign.conftest import layers, lively


def pictures_to(*more, shape=(8, 8, 3)):
    return keras.Sequential([keras.Input(shape), *more])


def small(*more):
    return pictures_to(*more, shape=(2, 2, 3))


def latents_to(*more, size=5):
    return keras.Sequential([keras.Input((size,)), *more])


def two_inputs():
    z, y = keras.Input((5,), name="first"), keras.Input((5,), name="second")
    return keras.Model([z, y], layers.Reshape((2, 2, 3))(layers.Dense(12)(layers.Concatenate()([z, y]))))


def with_nan():
    network = latents_to(layers.Dense(12, name="broken"), layers.Reshape((2, 2, 3)))
    network.weights[0].assign(np.full((5, 12), np.nan))
    return network


def told_class():
    z, y = keras.Input((5,), name="z"), keras.Input((1,), dtype="int32", name="kind")
    told = layers.Flatten()(layers.Embedding(3, 2)(y))
    return keras.Model([z, y], layers.Reshape((2, 2, 3))(layers.Dense(12)(layers.Concatenate()([z, told]))))


def never_built():
    return keras.Sequential([layers.Dense(12), layers.Reshape((2, 2, 3))])


class Noisy(layers.Layer):
    def call(self, x):
        return x + keras.random.normal(keras.ops.shape(x))


PICTURE = (layers.Dense(12), layers.Reshape((2, 2, 3)))
NETWORKS = {
    "decoder of pictures": (
        lambda: {"decoder": pictures_to(layers.Conv2D(3, 3, padding="same"))},
        r"must take latents. Received: pictures to pictures, \w+ float32 \(n, 8, 8, 3\) to",
    ),
    "encoder to pictures": (
        lambda: {"encoder": pictures_to(layers.Conv2D(3, 3, padding="same"))},
        r"must give codes. Received: pictures to pictures",
    ),
    "translator of latents": (
        lambda: {"translator": latents_to(*PICTURE)},
        r"must take pictures; --image-shape says how .* Received: \w+ float32 \(n, 5\)",
    ),
    "two inputs": (
        lambda: {"decoder": two_inputs()},
        r"inputs of the decoder '\w+' must be known to be latent or label, as --input first=latent says. "
        r"Received: first float32 \(n, 5\), second float32 \(n, 5\)",
    ),
    "rank": (lambda: {"decoder": latents_to(layers.Dense(12))}, r"must give pictures. Received: \w+ float32 \(n, 12\)"),
    "NaN": (
        lambda: {"decoder": with_nan()},
        r"weights of the decoder .* must be numbers. Received: NaN in '.*broken",
    ),
    "no classes": (lambda: {"decoder": told_class()}, r"--classes must name the classes .* as kind int32 \(n, 1\)"),
    "never built": (lambda: {"decoder": never_built()}, r"a Sequential that was never built; call it on data once"),
    "size": (
        lambda: {"translator": pictures_to(layers.UpSampling2D(2))},
        r"must make translations of the size of their pictures, 8x8 here. Received: 16x16",
    ),
    "size of free sides": (
        lambda: {"translator": pictures_to(layers.Conv2D(3, 3), shape=(None, None, 3))},
        r"must make translations of the size of their pictures, 64x64 here. Received: 62x62",
    ),
    "codes that do not fit": (
        lambda: {
            "decoder": latents_to(*PICTURE),
            "encoder": small(layers.Flatten(), layers.Dense(4)),
        },
        r"code of the encoder must be as long as the latent of the decoder, 5. Received: 4",
    ),
    "pictures that do not fit": (
        lambda: {"decoder": latents_to(*PICTURE), "encoder": pictures_to(layers.Flatten(), layers.Dense(5))},
        r"the encoder must have pictures of the size of the decoder, 2x2x3. Received: 8x8x3",
    ),
    "free sides of an encoder": (
        lambda: {"encoder": pictures_to(layers.GlobalAveragePooling2D(), shape=(None, None, 3))},
        r"must take pictures of one size, which --image-shape says",
    ),
    "another number of classes": (
        lambda: {"classifier": pictures_to(layers.Flatten(), layers.Dense(4)), "classes": ("a", "b", "c")},
        r"must give probabilities of 3 classes. Received: \w+ float32 \(n, 4\)",
    ),
    "mean": (
        lambda: {"translator": pictures_to(layers.Conv2D(3, 1)), "mean": (0.5, 0.5)},
        r"`mean` must be 1 or 3 numbers. Received: 2",
    ),
    "operator": (
        lambda: {"encoder": pictures_to(layers.Reshape((8, 24)), layers.LSTM(3))},
        r"operators that a bundle may have. .*It is of the layer 'lstm\w*' \(LSTM\)",
    ),
    "nothing": (dict, "must have a decoder, encoder, translator or classifier"),
    "company": (
        lambda: {"translator": pictures_to(layers.Conv2D(3, 1)), "decoder": latents_to(*PICTURE)},
        "a translator must stand alone",
    ),
    "name": (
        lambda: {"decoder": latents_to(*PICTURE), "inputs": {"zz": "latent"}},
        r"--input must name one of \w+. Received: 'zz'",
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_does_not_fit(tmp_path, name):
    build, message = NETWORKS[name]
    with pytest.raises(InputError, match=message) as raised:
        export.bundle_networks(tmp_path / "b", **build())
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def with_lambda(folder, suffix):
    network = latents_to(layers.Lambda(lambda x: x + 1, name="secret"), *PICTURE)
    network.save(folder / f"net.{suffix}")
    return f"net.{suffix}"


def corrupt(folder, suffix):
    network = lively(latents_to(*PICTURE))
    network.save(folder / f"net.{suffix}")
    content = (folder / f"net.{suffix}").read_bytes()
    (folder / f"net.{suffix}").write_bytes(content[: len(content) // 3])
    return f"net.{suffix}"


def written(folder, name, content):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return name.partition("/")[0]


def weights_alone(folder):
    latents_to(*PICTURE).save_weights(folder / "net.weights.h5")
    return "net.weights.h5"


def writing(folder):
    @tf.function(input_signature=[tf.TensorSpec((None, 5), tf.float32, "z")])
    def draw(z):
        tf.io.write_file("written.txt", "text")
        return {"pictures": tf.reshape(z, (-1, 1, 1, 5))}

    tf.saved_model.save(tf.Module(), str(folder / "net"), signatures={"serving_default": draw})
    return "net"


def storing(folder):
    @tf.function(input_signature=[tf.TensorSpec((None, 5), tf.float32, "z")])
    def draw(z):
        tf.raw_ops.SaveV2(prefix="written.txt", tensor_names=["z"], shape_and_slices=[""], tensors=[z])
        return {"pictures": tf.reshape(z, (-1, 1, 1, 5))}

    tf.saved_model.save(tf.Module(), str(folder / "net"), signatures={"serving_default": draw})
    return "net"


def huge(folder):
    with (folder / "net.onnx").open("wb") as file:
        file.truncate(5 * 10**9)
    return "net.onnx"


LAMBDA = "no Lambda layer, whose Python code is not executed. Received: 'secret'"
SAVED = "must be a SavedModel. Received: a file without a graph"
KINDS = "must be a .keras, .h5 or .onnx file or the folder of a SavedModel"
FILES = {
    "Lambda in .keras": (
        lambda f: with_lambda(f, "keras"),
        LAMBDA,
    ),
    "Lambda in .h5": (
        lambda f: with_lambda(f, "h5"),
        LAMBDA,
    ),
    "corrupt .keras": (lambda f: corrupt(f, "keras"), "a model that Keras saved. Received: a damaged or other file"),
    "corrupt .h5": (lambda f: corrupt(f, "h5"), "Received: a damaged or other file"),
    "corrupt .onnx": (lambda f: written(f, "net.onnx", b"\x08\x07abc"), "must be an ONNX file"),
    "corrupt SavedModel": (
        lambda f: written(f, "net/saved_model.pb", b"abc" * 9),
        SAVED,
    ),
    "unknown kind": (
        lambda f: written(f, "net.pt", b"PK"),
        KINDS,
    ),
    "folder": (lambda f: written(f, "net/x.txt", b""), "net, a folder without saved_model.pb"),
    "absent": (lambda f: "none.keras", "none.keras, no such file"),
    "weights": (weights_alone, "must be a whole model, as `model.save` writes it. Received: weights alone"),
    "SavedModel that writes": (writing, "others are not run. Received: TensorFlow's WriteFile"),
    "SavedModel that stores": (storing, "others are not run. Received: TensorFlow's SaveV2"),
    "5 GB": (huge, "must have at most 2147483647 bytes, which ONNX can hold. Received: 5000000000"),
}


@pytest.mark.filterwarnings("ignore:.*HDF5:UserWarning")
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none(tmp_path, monkeypatch, capfd, name):
    build, message = FILES[name]
    monkeypatch.chdir(tmp_path)
    place = build(tmp_path)
    assert main(["bundle", "--decoder", place, "--out", "b"]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "b").exists()
    assert not list(tmp_path.glob("written*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--range", "0"], "--range must be 2 numbers with commas between them. Received: 0"),
        (["--range", "1,0"], "`range` must be two numbers, the lower one first"),
        (["--input", "z"], "--input must be name=role"),
        (["--input", "z=noise"], "'z' must be one of latent, label, image. Received: 'noise'"),
        (["--signature", "x"], "--signature must be left out for net.keras, which is no SavedModel"),
        (["--custom", "no_such_module"], "--custom must be a module that can be imported"),
        (["--to", "x"], "--to must be left out without its translator"),
        (["--latent", "gamma"], "--latent"),
        (["--target", "cpu", "--quantize", "int8"], "--quantize must be left out with --target cpu"),
        (["--instances", "2"], "--instances must be left out without --triton"),
    ],
)
def test_options_that_cannot_be(tmp_path, monkeypatch, capfd, words, message):
    monkeypatch.chdir(tmp_path)
    latents_to(*PICTURE).save("net.keras")
    assert main(["bundle", "--decoder", "net.keras", "--out", "b", *words]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "b").exists()


def test_noise_that_an_encoder_draws_is_named(tmp_path):
    with pytest.raises(InputError, match="must draw no noise inside"):
        export.bundle_networks(tmp_path / "b", encoder=small(Noisy(), layers.Flatten(), layers.Dense(5)))


class TestFigures:
    """What agrees with its original and does not look right."""

    def said(self, tmp_path, **networks):
        lines: list[str] = []
        export.bundle_networks(tmp_path / "b", say=lines.append, **networks)
        return [line for line in lines if "taken for" not in line]

    def test_samples_that_are_clipped(self, tmp_path):
        network = lively(latents_to(layers.Dense(12, "tanh"), layers.Reshape((2, 2, 3))))
        (line,) = self.said(tmp_path, decoder=network, range=(0.0, 1.0))
        share = np.mean(np.asarray(network(np.random.default_rng(0).normal(size=(4096, 5)))) < -1 / 255)
        stated = int(line.split()[1])
        assert abs(stated - 100 * share) < 12
        assert "% of the numbers of decoded samples are outside of 0..1 and are clipped" in line

    def test_samples_that_hardly_differ(self, tmp_path):
        network = lively(latents_to(layers.Dense(12, "sigmoid"), layers.Reshape((2, 2, 3))))
        (line,) = self.said(tmp_path, decoder=network, range=(0.0, 255.0))
        assert "% of 0..255; --range may be another" in line

    def test_an_encoder_of_another_model(self, tmp_path):
        decoder = lively(latents_to(layers.Dense(12, "tanh"), layers.Reshape((2, 2, 3))))
        encoder = lively(small(layers.Flatten(), layers.Dense(5)), seed=3)
        (line,) = self.said(tmp_path, decoder=decoder, encoder=encoder)
        assert "of the variance of their latents; the encoder and the decoder may be of different models" in line

    def test_an_encoder_of_the_same_model(self, tmp_path):
        """A linear decoder of orthonormal rows, and its inverse."""
        rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(12, 12)))[0][:5].astype(np.float32)
        decoder = latents_to(layers.Dense(12, use_bias=False), layers.Reshape((2, 2, 3)))
        decoder.weights[0].assign(rotation)
        encoder = small(layers.Flatten(), layers.Dense(5, use_bias=False))
        encoder.weights[0].assign(rotation.T)
        assert self.said(tmp_path, decoder=decoder, encoder=encoder, range=(-4.0, 4.0)) == []
