"""Bundles of a model hub: what is downloaded, what is checked, and what is sent."""

from __future__ import annotations

import json
import shutil
import sys

import numpy as np
import pytest

import serving
from serving.bundle.hub import manifest_sha256
from serving.bundle.push import push_bundle
from serving.common.errors import InputError

NAME = "me/vae"


@pytest.fixture
def commit(hub, vae_bundle):
    """The commit of the bundle on the hub, beside a file that does not belong to it."""
    hub.add(NAME, vae_bundle)
    return hub.commit(NAME, {"weights.pkl": b"no file of a bundle"})


def cached(tmp_path):
    return sorted(path.parent for path in (tmp_path / "cache").rglob("manifest.json"))


def files_asked(hub):
    return {path.rpartition("/")[2] for path in hub.paths() if "/resolve/" in path}


def test_a_bundle_of_a_hub_is_the_bundle(hub, commit, vae_bundle):
    of_hub, here = serving.load(f"hub:{NAME}"), serving.load(vae_bundle)
    np.testing.assert_array_equal(of_hub.sample(3, seed=5), here.sample(3, seed=5))
    named = {"manifest.json", "decoder.weights", *(network.file for network in here.manifest.networks.values())}
    assert {path.name for path in of_hub.bundle.iterdir()} == named == files_asked(hub)
    assert of_hub.bundle.name == commit


def test_what_is_asked_says_nothing_of_the_machine(hub, commit):
    serving.load(f"hub:{NAME}")
    assert {method for method, _, _ in hub.asked} == {"GET", "HEAD"}
    for _, path, headers in hub.asked:
        assert NAME in path
        named = {part.partition("/")[0].strip() for part in headers["user-agent"].split(";")}
        assert named == {"unknown", "hf_hub", "python"}


def test_a_commit_and_a_manifest_that_are_here_are_not_asked_for(hub, commit, vae_bundle):
    serving.load(f"hub:{NAME}")
    hub.asked.clear()
    folder = serving.load(f"hub:{NAME}@{commit}").bundle
    assert serving.load(f"hub:{NAME}#sha256={manifest_sha256(vae_bundle)}").bundle == folder
    assert hub.asked == []


def test_a_branch_is_asked_for_its_newest_commit_alone(hub, commit, vae_bundle, tmp_path):
    first = serving.load(f"hub:{NAME}@main").bundle
    hub.asked.clear()
    assert serving.load(f"hub:{NAME}").bundle == first
    assert hub.paths() == [f"/api/models/{NAME}/revision/main"]
    manifest = json.loads((vae_bundle / "manifest.json").read_text())
    newer = hub.commit(NAME, {"manifest.json": json.dumps({**manifest, "license": "mit"}).encode()})
    loaded = serving.load(f"hub:{NAME}")
    assert (loaded.bundle.name, loaded.manifest.license) == (newer, "mit")
    assert len(cached(tmp_path)) == 2


def altered(content):
    return bytes([content[0] ^ 1]) + content[1:]


@pytest.mark.parametrize(
    ("change", "message", "fetched"),
    [
        (altered, "must have the SHA-256", True),
        (lambda content: content[:-1], "bytes. Received", True),
        (lambda content: content + b"\0", "must have at most", False),
    ],
)
def test_a_file_that_is_not_what_the_manifest_says_is_refused(
    hub, commit, vae_bundle, tmp_path, change, message, fetched
):
    hub.commit(NAME, {"encoder.onnx": change((vae_bundle / "encoder.onnx").read_bytes())})
    with pytest.raises(InputError, match=message):
        serving.load(f"hub:{NAME}")
    assert cached(tmp_path) == []
    assert any(method == "GET" and path.endswith("encoder.onnx") for method, path, _ in hub.asked) == fetched


def test_a_manifest_that_is_not_the_pinned_one_is_refused_before_anything_else_is_fetched(hub, commit, tmp_path):
    with pytest.raises(InputError, match=r"manifest\.json of hub:me/vae#sha256=0+ must have that SHA-256"):
        serving.load(f"hub:{NAME}#sha256={'0' * 64}")
    assert files_asked(hub) == {"manifest.json"}
    assert cached(tmp_path) == []


def test_a_pinned_manifest_is_compared_with_a_cached_commit_too(hub, commit):
    serving.load(f"hub:{NAME}")
    with pytest.raises(InputError, match="must have that SHA-256"):
        serving.load(f"hub:{NAME}@{commit}#sha256={'0' * 64}")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("hub:vae", "must be hub:USER/NAME, with @REVISION"),
        ("hub:me/vae#sha256=12", "must be hub:USER/NAME"),
        ("hub:me/../vae", "must be hub:USER/NAME"),
        ("hub:me/vae@../x", "must be hub:USER/NAME"),
        ("hub:me/a--b", "must be named as the hub names repositories"),
        ("hub:me/nothing", "must be on the hub, and `hf auth login`"),
        ("hub:me/vae@v9", "must be a branch, a tag or a commit"),
        ("hub:me/other", "manifest.json of hub:me/other must be a file of the repository"),
    ],
)
def test_what_is_not_there_is_one_line(hub, commit, reference, message):
    hub.commit("me/other", {"README.md": b"# no bundle"})
    with pytest.raises(InputError, match=message) as raised:
        serving.load(reference)
    assert "\n" not in str(raised.value)


def test_without_the_hub_the_last_commit_is_used_or_the_hub_is_named(hub, commit, monkeypatch):
    from huggingface_hub import constants

    last = serving.load(f"hub:{NAME}").bundle
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert serving.load(f"hub:{NAME}").bundle == last
    with pytest.raises(OSError, match="hub:me/new cannot be reached"):
        serving.load("hub:me/new")


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"pip install 'keras-gen\[hub\]'"):
        serving.load(f"hub:{NAME}")


def test_what_is_pushed_is_the_bundle_and_can_be_loaded(hub, vae_bundle, tmp_path):
    bundle = shutil.copytree(vae_bundle, tmp_path / "bundle")
    (bundle / "notes.txt").write_text("mine alone")
    reference = push_bundle(bundle, "me/pushed", private=True)
    assert hub.private == {"me/pushed"}
    assert hub.newest("me/pushed").keys() - {".gitattributes"} == {
        path.relative_to(vae_bundle).as_posix() for path in vae_bundle.rglob("*") if path.is_file()
    }
    assert reference.sha256 == manifest_sha256(vae_bundle)
    loaded = serving.load(str(reference))
    np.testing.assert_array_equal(loaded.sample(2, seed=1), serving.load(vae_bundle).sample(2, seed=1))


def test_a_bundle_is_pushed_over_another_and_over_nothing_else(hub, vae_bundle):
    first, second = (push_bundle(vae_bundle, "me/pushed") for _ in range(2))
    assert first.sha256 == second.sha256
    hub.commit("me/other", {"model.safetensors": b""})
    with pytest.raises(InputError, match=r"new repository or hold a bundle. Received: one with model.safetensors"):
        push_bundle(vae_bundle, "me/other")


def test_a_damaged_bundle_is_not_pushed(hub, vae_bundle, tmp_path):
    bundle = shutil.copytree(vae_bundle, tmp_path / "bundle")
    (bundle / "decoder.onnx").write_bytes(altered((bundle / "decoder.onnx").read_bytes()))
    with pytest.raises(InputError, match="must have the SHA-256"):
        push_bundle(bundle, "me/pushed")
    with pytest.raises(InputError, match="must be USER/NAME"):
        push_bundle(vae_bundle, "pushed")
    assert hub.asked == []


def test_a_card_that_the_hub_does_not_take_is_one_line(hub, vae_bundle, tmp_path):
    bundle = shutil.copytree(vae_bundle, tmp_path / "bundle")
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps({**manifest, "model": "license: none"}))
    with pytest.raises(InputError, match='must be as the hub takes it. Received: .*"license" is none') as raised:
        push_bundle(bundle, "me/pushed")
    assert "\n" not in str(raised.value)
    assert "manifest.json" not in hub.newest("me/pushed")


def test_without_a_token_nothing_is_pushed(hub, vae_bundle, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "/nowhere")
    with pytest.raises(InputError, match="hf auth login"):
        push_bundle(vae_bundle, "me/pushed")
    assert hub.repositories == {}
