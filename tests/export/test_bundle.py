from __future__ import annotations

import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf

import export
import keras_gen
import serving
from export import ParityError
from export.border import Bordered
from export.parity import check_network, check_noise, check_sampler
from export.sampler_graph import noise_graph, sampler_graph
from export.to_onnx import OPSET, convert
from serving import InputError
from serving.bundle.manifest import Tensor
from serving.common.images import to_uint8
from serving.common.noise import standard_normal

RANDOM = {
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
    "Multinomial",
    "Dropout",
    "Bernoulli",
}


@pytest.fixture(scope="module")
def decoder():
    network = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(12, activation="tanh"), keras.layers.Reshape((2, 2, 3))]
    )
    latent = keras.Input((3,), name="latent")
    return keras.Model({"latent": latent}, {"image": network(latent)})


def test_a_bundle_holds_what_its_manifest_says(vae_bundle):
    manifest = serving.Manifest.read(vae_bundle)
    assert set(manifest.networks) == {"encoder", "decoder", "noise", "sampler"}
    assert (manifest.model, manifest.latent.size, manifest.weights) == ("vae", 2, "raw")
    assert manifest.training["steps"] == 6
    for network in manifest.networks.values():
        model = onnx.load(vae_bundle / network.file)
        onnx.checker.check_model(model, full_check=True)
        assert {o.domain: o.version for o in model.opset_import}[""] == OPSET
        for tensors, values in ((network.inputs, model.graph.input), (network.outputs, model.graph.output)):
            assert set(tensors) == {value.name for value in values}
            for value in values:
                dims = [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
                assert tuple(dims) == tensors[value.name].axes
        part = json.loads({p.key: p.value for p in model.metadata_props}["keras_gen"])
        assert set(part["inputs"]) == set(network.inputs)
        assert not RANDOM & {node.op_type for node in model.graph.node}
    names = {path.name for path in vae_bundle.iterdir()}
    assert names == {"manifest.json", "README.md", "samples.png", "saved_model", "decoder.weights"} | {
        network.file for network in manifest.networks.values()
    }
    sharing = {name for name, network in manifest.networks.items() if network.weights}
    assert sharing == {"decoder", "sampler"}


def test_the_saved_model_computes_the_same_in_a_process_without_our_code(vae_bundle):
    program = (
        "import sys, tensorflow as tf, numpy as np\n"
        "f = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
        "print(f(latent=tf.constant([[0.5, -1.0], [0.0, 0.0]]))['image'].numpy().tolist())\n"
        "assert 'keras_gen' not in sys.modules"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, vae_bundle / "saved_model" / "decoder"],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = serving.load(vae_bundle).decode([[0.5, -1.0], [0.0, 0.0]])
    assert np.abs(np.array(json.loads(result.stdout)) - expected).max() <= 1


def test_pictures_cross_the_border_as_grey_levels(decoder):
    bordered = Bordered(decoder, "uint8")
    latents = tf.random.stateless_normal((5, 3), [0, 0])
    expected = to_uint8(decoder({"latent": latents})["image"].numpy())
    np.testing.assert_array_equal(bordered.function({"latent": latents})["image"], expected)


def test_every_grey_level_goes_in_as_itself():
    image = keras.Input((16, 16, 1), name="image")
    mirror = keras.Model({"image": image}, {"image": keras.layers.Identity()(image)})
    levels = tf.constant(np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1))
    np.testing.assert_array_equal(Bordered(mirror, "uint8").function({"image": levels})["image"], levels)


def test_float_bundles_keep_the_range(small_vae, tmp_path):
    bundle = export.export_bundle(small_vae, tmp_path / "float", io="float")
    pictures = serving.load(bundle).sample(4, seed=1)
    assert pictures.dtype == np.float32
    np.testing.assert_allclose(pictures, small_vae.sample(4, seed=1), atol=1e-4)
    assert serving.Manifest.read(bundle).networks["encoder"].inputs["image"].range == (-1.0, 1.0)


def test_a_damaged_graph_is_caught(decoder):
    model = convert(Bordered(decoder, "uint8"))
    inputs = {"latent": Tensor(("n", 3), "float32")}
    assert max(check_network("decoder", model, decoder, inputs).values()) <= 1
    for initializer in model.graph.initializer:
        values = onnx.numpy_helper.to_array(initializer)
        if values.dtype == np.float32 and values.size == 36:
            initializer.CopyFrom(onnx.numpy_helper.from_array(values + 1e-3, initializer.name))
    with pytest.raises(ParityError, match=r"'decoder' must agree with Keras. Received: .*image_unrounded 0.0"):
        check_network("decoder", model, decoder, inputs)


def draw(n, seed, labels, start):
    return standard_normal(seed, n, 3, start)


def test_a_wrong_noise_is_caught():
    model = noise_graph(3, ir_version=10)
    assert check_noise(model, draw, {})["latent"] <= 1e-5
    golden_ratio = np.int64(0x9E3779B97F4A7C15 - 2**64)
    (golden,) = (c for c in model.graph.initializer if golden_ratio in onnx.numpy_helper.to_array(c))
    golden.CopyFrom(onnx.numpy_helper.from_array(np.array(12345, np.int64), golden.name))
    with pytest.raises(ParityError, match=r"'noise' must agree"):
        check_noise(model, draw, {})


def test_a_sampler_of_other_weights_is_caught(decoder):
    converted = convert(Bordered(decoder, "float"))
    drawn = sampler_graph(noise_graph(3, converted.ir_version, free_start=False), converted)
    assert check_sampler(drawn, decoder, draw, {})["image"] <= 1e-4
    other = keras.models.clone_model(decoder)
    other.set_weights([weight + 0.01 for weight in decoder.get_weights()])
    with pytest.raises(ParityError, match=r"'sampler' must agree"):
        check_sampler(drawn, other, draw, {})


def test_a_nan_is_not_agreement(decoder):
    model = convert(Bordered(decoder, "float"))
    for initializer in model.graph.initializer:
        values = onnx.numpy_helper.to_array(initializer)
        if values.dtype == np.float32 and values.size == 36:
            initializer.CopyFrom(onnx.numpy_helper.from_array(values * np.nan, initializer.name))
    with pytest.raises(ParityError, match="image nan"):
        check_network("decoder", model, decoder, {"latent": Tensor(("n", 3), "float32")})


class TestNothingHalfWritten:
    @pytest.fixture
    def broken(self, monkeypatch):
        """A model whose export finds that ONNX Runtime disagrees."""

        def disagree(*_):
            raise ParityError("no")

        monkeypatch.setattr("export.seeded.check_sampler", disagree)

    def test_a_failed_export_writes_nothing(self, broken, small_vae, tmp_path):
        with pytest.raises(ParityError):
            export.export_bundle(small_vae, tmp_path / "b")
        assert list(tmp_path.iterdir()) == []

    def test_a_failed_export_leaves_the_old_bundle(self, vae_bundle, broken, small_vae, tmp_path):
        old = shutil.copytree(vae_bundle, tmp_path / "b")
        with pytest.raises(ParityError):
            export.export_bundle(small_vae, old)
        assert serving.load(old).sample(1).shape == (1, 8, 8, 1)
        assert [path.name for path in tmp_path.iterdir()] == ["b"]

    def test_a_bundle_is_replaced(self, vae_bundle, small_vae, tmp_path):
        old = shutil.copytree(vae_bundle, tmp_path / "b")
        (old / "stale.txt").write_text("")
        export.export_bundle(small_vae, old)
        assert not (old / "stale.txt").exists()

    def test_a_folder_of_another_kind_is_left_alone(self, small_vae, tmp_path):
        (tmp_path / "mine.txt").write_text("mine")
        for place in (tmp_path, tmp_path / "mine.txt"):
            with pytest.raises(InputError, match="must be a new folder or a bundle"):
                export.export_bundle(small_vae, place)
        assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_model_file_is_exported_as_the_model(small_vae, tmp_path):
    small_vae.save(tmp_path / "m.keras")
    bundle = export.export_bundle(tmp_path / "m.keras", tmp_path / "b")
    assert np.abs(serving.load(bundle).sample(3).astype(int) - to_uint8(small_vae.sample(3))).max() <= 1


def test_the_averaged_generator_is_exported(pictures, tmp_path):
    model = keras_gen.GAN(image_shape=(8, 8, 1), latent_dim=2, generator="mlp", discriminator="mlp", ema_decay=0.9)
    model.compile()
    model.fit(pictures, batch_size=32, epochs=3, verbose=0)
    bundle = export.export_bundle(model, tmp_path / "b", io="float")
    assert serving.Manifest.read(bundle).weights == "ema"
    latents = np.array([[0.3, -0.7]], np.float32)
    decoded = serving.load(bundle).decode(latents)
    np.testing.assert_allclose(decoded, model.average(latents), atol=1e-4)
    assert np.abs(decoded - model.generator(latents)).max() > 1e-3


def test_the_cards_program_runs(vae_bundle, monkeypatch):
    """What the bundle's README tells a stranger to do, done in the bundle's folder."""
    text = (vae_bundle / "README.md").read_text()
    assert "`decoder.weights` holds numbers of `decoder.onnx` and `sampler.onnx`: it must lie beside them." in text
    assert "`ORT_DISABLE_TELEMETRY` is 1" in text
    program = text.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(vae_bundle)
    names: dict = {}
    exec(program, names)
    np.testing.assert_array_equal(names["pictures"], serving.load(vae_bundle).sample(64, seed=7))
