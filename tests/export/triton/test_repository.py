from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml

import export
import serving
from export.triton import repository, write_repository
from serving import InputError
from serving.bundle.ports import DATA_TYPES
from serving.bundle.schema import DTYPES
from tests import handmade
from tests.export.triton import server


def tree(folder):
    """Path -> content of every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def models(vae_bundle, tmp_path):
    write_repository(vae_bundle, tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture(scope="module")
def other(small_vae, tmp_path_factory):
    """The same model with other weights."""
    keras_model = small_vae.__class__.from_config(small_vae.get_config())
    return export.export_bundle(keras_model, tmp_path_factory.mktemp("bundles") / "other")


def test_a_repository_has_a_folder_for_each_model_and_nothing_else(models):
    configs = server.load(models)
    assert set(configs) == {"encoder", "decoder", "noise", "sampler", "sample", "reconstruct"}
    assert {path.name for path in models.iterdir()} == {*configs, "keras_gen.json", "inference_service.yaml"}
    sizes = {name: config.max_batch_size for name, config in configs.items()}
    assert sizes == {"encoder": 64, "decoder": 64, "reconstruct": 64, "noise": 0, "sampler": 0, "sample": 0}
    for name in ("noise", "sampler"):
        assert "# Triton cannot join requests: seed, n" in (models / name / "config.pbtxt").read_text().splitlines()[0]


def test_settings(vae_bundle, tmp_path):
    write_repository(vae_bundle, tmp_path / "models", max_batch_size=5, instances=3, storage_uri="gs://b/models")
    configs = server.load(tmp_path / "models")
    assert configs["decoder"].max_batch_size == configs["reconstruct"].max_batch_size == 5
    assert [configs[name].instance_group[0].count for name in ("decoder", "sampler", "noise")] == [3, 3, 1]
    service = yaml.safe_load((tmp_path / "models" / "inference_service.yaml").read_text())
    assert (service["apiVersion"], service["kind"]) == ("serving.kserve.io/v1beta1", "InferenceService")
    assert service["metadata"]["name"] == "vae"
    model = service["spec"]["predictor"]["model"]
    assert model["modelFormat"] == {"name": "triton", "version": "2"}
    assert (model["protocolVersion"], model["storageUri"]) == ("v2", "gs://b/models")
    assert model["resources"]["limits"] == {"cpu": "2", "memory": "2Gi"}


def test_another_bundle_is_the_next_version_and_the_newest_is_served(models, other, vae_bundle):
    (models / "decoder" / "config.pbtxt").write_text(
        (models / "decoder" / "config.pbtxt").read_text().replace("count: 1", "count: 4")
    )
    before = tree(models)
    assert write_repository(other, models) == 2
    after = tree(models)
    assert {path: after[path] for path in before if path != "keras_gen.json"} == {
        path: content for path, content in before.items() if path != "keras_gen.json"
    }
    assert server.load(models)["decoder"].instance_group[0].count == 4
    sent = {"seed": np.array([7]), "n": np.array([9])}
    for version, bundle in ((None, other), (1, vae_bundle)):
        made = server.infer(models, "sampler", sent, version)["image"]
        np.testing.assert_array_equal(made, serving.load(bundle).sample(9, seed=7))


def test_the_newest_bundle_is_not_added_again(models, other, vae_bundle):
    before = tree(models)
    assert write_repository(vae_bundle, models) == 1
    assert tree(models) == before
    assert [write_repository(bundle, models) for bundle in (other, other, vae_bundle)] == [2, 2, 3]


def test_the_number_of_a_version_is_never_used_twice(models, other, vae_bundle):
    for name in server.load(models):
        shutil.rmtree(models / name / "1")
        (models / name / "6").mkdir()
    assert write_repository(other, models) == 7


def test_a_folder_that_is_there_may_be_empty(vae_bundle, tmp_path):
    (tmp_path / "models").mkdir()
    assert write_repository(vae_bundle, tmp_path / "models") == 1
    server.load(tmp_path / "models")


def test_a_damaged_bundle_leaves_everything_as_it_was(models, other, tmp_path):
    damaged = shutil.copytree(other, tmp_path / "damaged")
    content = bytearray((damaged / "sampler.onnx").read_bytes())
    content[100] ^= 1
    (damaged / "sampler.onnx").write_bytes(content)
    before = tree(models)
    with pytest.raises(InputError, match="sampler.onnx must have the SHA-256"):
        write_repository(damaged, models)
    assert tree(models) == before
    assert not [path for path in models.rglob("*") if path.name.startswith(".")]
    with pytest.raises(InputError, match="sampler.onnx must have the SHA-256"):
        write_repository(damaged, tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"models", "damaged"}


def test_a_version_that_cannot_be_put_in_place_is_taken_away_from_all(models, other, monkeypatch):
    """The last of the folders cannot be renamed."""
    before = tree(models)
    real = repository.Path.rename

    def rename(path, target):
        if path.parent.name == "reconstruct":
            raise OSError("no room")
        return real(path, target)

    monkeypatch.setattr(repository.Path, "rename", rename)
    with pytest.raises(OSError, match="no room"):
        write_repository(other, models)
    assert tree(models) == before
    assert not (models / "decoder" / "2").exists()


def test_something_else_is_refused(vae_bundle, models, bundles, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.txt").write_text("a")
    (tmp_path / "file").write_text("a")
    for name in ("photos", "file"):
        with pytest.raises(InputError, match="--triton must be a new folder or a repository of keras-gen"):
            write_repository(vae_bundle, tmp_path / name)
    with pytest.raises(InputError, match="must hold the networks of the bundle.*Received: a repository of 'vae'"):
        write_repository(bundles["both"], models)
    with pytest.raises(InputError, match="--instances must be left out for .*models, which keeps the settings"):
        write_repository(vae_bundle, models, instances=2)
    shutil.rmtree(models / "noise")
    with pytest.raises(InputError, match="noise must be a folder with a config.pbtxt"):
        write_repository(handed(vae_bundle, tmp_path), models)


def handed(bundle, tmp_path):
    """The bundle as if one of its networks were another."""
    copy = shutil.copytree(bundle, tmp_path / "handed")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["networks"]["noise"]["sha256"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


@pytest.mark.parametrize(
    "content", ["", "{}", '{"versions": {}}', '{"versions": {"x": {}}}', '{"versions": {"1": {}}}', "[]"]
)
def test_a_record_that_someone_changed_is_named(models, vae_bundle, content):
    (models / "keras_gen.json").write_text(content)
    with pytest.raises(InputError, match="keras_gen.json must"):
        write_repository(vae_bundle, models)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_batch_size": 0}, "`max_batch_size` must be at least 1"),
        ({"instances": -1}, "`instances` must be at least 1"),
        ({"storage_uri": "models"}, "--storage-uri must be a URI"),
    ],
)
def test_settings_out_of_range(vae_bundle, tmp_path, settings, message):
    with pytest.raises(InputError, match=message):
        write_repository(vae_bundle, tmp_path / "models", **settings)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("name", ["../outside", "a/b", ".hidden", ""])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path, name):
    bundle = handmade.write(tmp_path / "bundle", {"product": handmade.product(handmade.inside())}, content=None)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["networks"] = {name: manifest["networks"]["product"]}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="a network's name must be"):
        write_repository(bundle, tmp_path / "models")


def test_triton_has_a_name_for_every_type_that_a_manifest_may_have():
    assert set(DATA_TYPES) == set(DTYPES)
    for name in DATA_TYPES.values():
        assert server.DataType.Value(f"TYPE_{name}")


def test_tensorflow_is_not_needed(vae_bundle, tmp_path):
    program = (
        "import sys; from keras_gen.cli import main; code = main(sys.argv[1:]);"
        "print({'tensorflow', 'keras', 'onnx'} & set(sys.modules)); sys.exit(code)"
    )
    words = ["export", vae_bundle, "--triton", tmp_path / "models"]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"triton: {tmp_path / 'models'}, version 1", "set()"]
