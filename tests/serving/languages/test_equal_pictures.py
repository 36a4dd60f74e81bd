"""One bundle of every model, run from every language: the same seed and the same picture give the same picture."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest

import export
import serving
from serving.bundle.names import USE_OWN_STATISTICS
from serving.bundle.ready import ready_names
from tests.export.foreign.onnx_graphs import for_one, generator, modulated, translator
from tests.serving.languages.families import CLASSES, COLOUR, FAMILIES
from tests.serving.languages.javascript import ProgramError

LANGUAGES = ["chromium", "cpp", "node"]
SAMPLED = (
    *("aae", "bigan", "biggan", "code_prior", "conditional_gan", "conditional_vae", "gan", "vae", "vae_gan"),
    "info_gan",
    "sparse_autoencoder",  # with a prior that was fitted
)
OF_CLASSES = ("biggan", "code_prior", "conditional_gan", "conditional_vae")
ENCODED = (
    "aae",
    "autoencoder",
    "bigan",
    "denoising_autoencoder",
    "info_gan",
    "sparse_autoencoder",
    "vae",
    "vae_gan",
    "vq_vae",
)
READY = "ready:digits"
TRANSLATING = {"pix2pix": ("b",), "cyclegan": ("a", "b"), "cut": ("b",), "star_gan": ("two",)}
# Rounding is one grey level where two runtimes add in different orders.
LEVEL = 1
SHARE = 0.01


# Whose networks compute what those of another model do, which stands for it; those of `coupled_gan` take what those of
# `conditional_vae` take, and choose by the label.
LIKE_OTHERS = {
    "ae_gan": "bigan",
    "clustering_aae": "info_gan",
    "coupled_gan": "conditional_vae",
    "factor_vae": "vae",
    "hierarchical_vae": "vae",
    "semi_supervised_aae": "conditional_vae",
}


def test_every_model_is_among_them():
    every = {*SAMPLED, *ENCODED, *TRANSLATING, *LIKE_OTHERS, "dann"}
    assert every == set(FAMILIES)


def assert_same(received, expected):
    assert received.shape == expected.shape
    assert expected.std() > 10, "pictures with something on them"
    difference = np.abs(received.astype(int) - expected)
    assert difference.max() <= LEVEL
    assert (difference > 0).mean() <= SHARE


def noise(*shape):
    return np.random.default_rng(5).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("name", SAMPLED)
def test_the_same_seed_is_the_same_picture(language, families, name):
    expected = serving.load(families[name]).sample(7, seed=-(2**40))
    assert_same(language.sample(families[name], 7, -(2**40)), expected)


def test_a_ready_bundle_is_the_same_picture_by_its_name(language):
    """Each language has it where its own package keeps it."""
    expected = serving.load(READY).sample(7, seed=-(2**40))
    assert_same(language.sample(READY, 7, -(2**40)), expected)
    with pytest.raises((ProgramError, subprocess.CalledProcessError)) as refusal:
        language.sample("ready:nothing", 1, 0)
    said = f"{refusal.value} {getattr(refusal.value, 'stderr', '')}"
    assert f"a ready bundle must be one of {', '.join(ready_names())}. Received: " in said


@pytest.mark.parametrize("name", OF_CLASSES)
def test_the_same_class_is_the_same_picture(language, families, name):
    labels = [2, 0, 0, 1, 2]
    expected = serving.load(families[name]).sample(5, seed=9, labels=labels)
    assert_same(language.sample(families[name], 5, 9, labels=labels), expected)


def test_the_same_truncation_is_the_same_picture(language, families):
    expected = serving.load(families["biggan"]).sample(6, seed=1, truncation=0.7)
    assert_same(language.sample(families["biggan"], 6, 1, truncation=0.7), expected)


@pytest.mark.parametrize("name", ENCODED)
def test_the_same_picture_is_reconstructed(language, families, name):
    images = noise(4, *FAMILIES[name]["image_shape"])
    assert_same(language.reconstruct(families[name], images), serving.load(families[name]).reconstruct(images))


def test_the_same_class_is_recognized(language, families):
    images = noise(4, *FAMILIES["dann"]["image_shape"])
    received = language.classify(families["dann"], images)
    assert received.shape == (4, len(CLASSES))
    np.testing.assert_allclose(received, serving.load(families["dann"]).classify(images), atol=1e-5)


@pytest.mark.parametrize(("name", "to"), [(name, to) for name, domains in TRANSLATING.items() for to in domains])
@pytest.mark.parametrize("size", [COLOUR[:2], (21, 30)])
def test_the_same_picture_is_translated(language, families, name, to, size):
    picture = noise(*size, FAMILIES[name]["image_shape"][2])
    expected = serving.load(families[name]).translate(picture[None], to)[0]
    assert_same(language.translate(families[name], picture, to), expected)


def test_the_same_large_picture_is_translated_in_tiles(language, families):
    picture = np.kron(noise(30, 26, 3), np.ones((26, 31, 1), np.uint8))
    expected = serving.load(families["cyclegan"]).translate(picture[None], "b")[0]
    assert_same(language.translate(families["cyclegan"], picture, "b"), expected)


@pytest.mark.parametrize("size", [COLOUR[:2], (784, 800)])
def test_the_same_seed_is_the_same_answer(language, families, size):
    picture = np.kron(noise(*(side // 8 for side in size), 3), np.ones((8, 8, 1), np.uint8))
    translator = serving.load(families["cut"])
    expected = translator.variants(picture[None], 2, seed=-(2**40))[0]
    assert np.abs(expected[0].astype(int) - expected[1]).max() > LEVEL
    received = language.translate(families["cut"], picture, "b", seed=-(2**40), variant=1)
    assert_same(received, expected[1])


@pytest.fixture(scope="session")
def foreign(tmp_path_factory):
    """Bundles of files as PyTorch writes them, the last two of which take one example at a time."""
    place = tmp_path_factory.mktemp("foreign")
    roles = {"generator": {"decoder": generator()}, "modulated": {"decoder": modulated()}}
    roles |= {"style": {"translator": for_one(translator()), "to": "mosaic"}}
    return {name: export.bundle_networks(place / name, **role) for name, role in roles.items()}


@pytest.mark.parametrize("name", ["generator", "modulated"])
def test_the_same_seed_is_the_same_picture_of_a_foreign_network(language, foreign, name):
    assert_same(language.sample(foreign[name], 5, 3), serving.load(foreign[name]).sample(5, seed=3))


@pytest.mark.parametrize("size", [(16, 24), (21, 30), (800, 784)])
def test_the_same_picture_is_translated_by_a_foreign_network(language, foreign, size):
    picture = noise(*size, 3)
    expected = serving.load(foreign["style"]).translate(picture[None], "mosaic")[0]
    assert_same(language.translate(foreign["style"], picture, "b"), expected)


SAVED_MODELS = """
import json, sys
import numpy as np, tensorflow as tf
for folder, fed, out in json.load(sys.stdin):
    network = tf.saved_model.load(folder).signatures["serving_default"]
    made = network(**{name: tf.constant(value) for name, value in np.load(fed).items()})
    np.savez(out, **{name: value.numpy() for name, value in made.items()})
assert not {"keras_gen", "export", "serving"} & set(sys.modules)
"""


def test_every_saved_model_computes_the_same_in_a_process_without_our_code(families, tmp_path):
    """At batches of 1, 3 and 17; networks of free sides at three sizes."""
    cases, expected = [], {}
    for name, bundle in families.items():
        networks = serving.Manifest.read(bundle).networks
        for network in (path.name for path in sorted((bundle / "saved_model").iterdir())):
            inputs = networks[network].inputs
            session = onnxruntime.InferenceSession(bundle / f"{network}.onnx", providers=["CPUExecutionProvider"])
            names = [output.name for output in session.get_outputs()]
            for batch, sides in ((1, (16, 24)), (3, (32, 16)), (17, (16, 16))):
                feed = {key: example(key, tensor, batch, sides) for key, tensor in inputs.items()}
                fed, out = (tmp_path / f"{name}_{network}_{batch}_{side}.npz" for side in ("in", "out"))
                np.savez(fed, **feed)
                cases.append((str(bundle / "saved_model" / network), str(fed), str(out)))
                expected[out] = dict(zip(names, session.run(names, feed), strict=True))
    subprocess.run([sys.executable, "-c", SAVED_MODELS], input=json.dumps(cases), text=True, check=True)
    for out, values in expected.items():
        received = np.load(out)
        assert set(received) == set(values)
        for key, value in values.items():
            atol = LEVEL if value.dtype == np.uint8 else 1e-4
            np.testing.assert_allclose(received[key].astype(float), value.astype(float), atol=atol, err_msg=str(out))


def example(name, tensor, batch, sides):
    """An input of a network: grey levels, labels, or numbers."""
    free = {"n": batch, "height": sides[0], "width": sides[1]}
    axes = [free.get(axis, axis) for axis in tensor.axes]
    if tensor.dtype == "uint8":
        return noise(*axes)
    if tensor.dtype == "int64":
        return np.arange(batch) % 3
    if name == USE_OWN_STATISTICS:
        return np.ones(axes, np.float32)
    return np.random.default_rng(3).normal(size=axes).astype(np.float32)


PLAIN = """
import sys
import numpy as np, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1] + "/sampler.onnx", providers=["CPUExecutionProvider"])
feed = {"seed": np.array(9), "n": np.array(6), "label": np.arange(6) % 3, "truncation": np.array(np.inf, np.float32)}
taken = {put.name for put in session.get_inputs()}
np.save(sys.argv[2], session.run(["image"], {name: value for name, value in feed.items() if name in taken})[0])
"""


@pytest.mark.parametrize("name", SAMPLED)
def test_onnx_runtime_alone_draws_the_same_pictures(families, name, tmp_path):
    """By path, with the weights in a file beside it."""
    out = tmp_path / "pictures.npy"
    subprocess.run([sys.executable, "-c", PLAIN, families[name], out], check=True)
    assert_same(np.load(out), serving.load(families[name]).sample(6, seed=9))
