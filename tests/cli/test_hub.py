"""The commands on bundles of a model hub, and what is said of a bundle there."""

from __future__ import annotations

import json
import shutil

import pytest
from huggingface_hub import ModelCard

import serving
from keras_gen.cli.main import COMMANDS
from serving.bundle.hub import manifest_sha256

WITH_BUNDLE = {
    "anomaly": ["x.png", "--data", "digits", "--out", "x.csv"],
    "attribute": ["x.png", "--out", "x.png"],
    "classify": ["x.png"],
    "compress": ["x.png", "--out", "x.kgc"],
    "decompress": ["x.kgc", "--out", "x"],
    "encode": ["x.png", "--out", "x.npy"],
    "evaluate": ["--data", "digits"],
    "export": ["--triton", "x"],
    "features": ["--data", "digits", "--out", "x.npy"],
    "info": [],
    "interpolate": ["--out", "x.png"],
    "invert": ["x.png", "--out", "x.png"],
    "latent": ["--data", "digits", "--out", "x.png"],
    "manifold": ["--out", "x.png"],
    "page": ["--out", "x"],
    "neighbours": ["--data", "digits", "--out", "x.png"],
    "push": ["me/mine"],
    "reconstruct": ["x.png", "--out", "x.png"],
    "sample": ["--out", "x.png"],
    "serve": ["--http-port", "0", "--grpc-port", "0"],
    "translate": ["x.png", "--to", "b", "--out", "y.png"],
    "traverse": ["--out", "x.png"],
}
WITHOUT = {
    *("train", "data", "prepare", "launch", "fit-prior", "demo", "bundle", "completion", "ready", "watch"),
    "directions",
}
HERE = ["--data", "digits", "--count", "50", "--drawn", "50"]


def test_every_command_either_takes_a_bundle_or_has_no_use_for_one():
    assert WITH_BUNDLE.keys() | WITHOUT == COMMANDS.keys()


@pytest.mark.parametrize(
    ("name", "said"),
    [("hub:me/nothing", "hub:me/nothing must be on the hub"), ("ready:nothing", "a ready bundle must be one of ")],
)
@pytest.mark.parametrize("command", WITH_BUNDLE)
def test_a_command_that_takes_a_bundle_takes_one_by_name(hub, refused, tmp_path, monkeypatch, command, name, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.png").touch()
    assert said in refused(command, name, *WITH_BUNDLE[command])


def test_a_bundle_that_was_pushed_is_sampled_by_the_name_that_push_prints(hub, vae_bundle, run, tmp_path):
    code, out, _ = run("push", vae_bundle, "me/vae", "--message", "The first")
    assert code == 0
    name = out.removeprefix("bundle: ").strip()
    assert name.startswith("hub:me/vae@")
    assert name.endswith(f"#sha256={manifest_sha256(vae_bundle)}")
    for place, file in ((name, "a.png"), (vae_bundle, "b.png")):
        assert run("sample", place, "-n", 4, "--seed", 3, "--out", tmp_path / file)[0] == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert f"manifest  SHA-256 {manifest_sha256(vae_bundle)}" in run("info", name)[1]


def test_a_hub_that_cannot_be_reached_is_one_line(hub, run, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    code, _, err = run("info", "hub:me/vae")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "hub:me/vae cannot be reached" in err


def test_what_is_measured_is_in_the_card_that_is_pushed(hub, vae_bundle, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bundle = shutil.copytree(vae_bundle, tmp_path / "bundle")
    assert run("evaluate", bundle, *HERE)[0] == 0
    figures = json.loads((bundle / "evaluation.json").read_text())
    assert run("push", bundle, "me/vae")[0] == 0
    card = ModelCard(hub.newest("me/vae")["README.md"].decode())
    assert {result.metric_type: result.metric_value for result in card.data.eval_results} == {
        figure["name"]: figure["value"] for figure in figures
    }
    assert {(result.dataset_name, result.dataset_split) for result in card.data.eval_results} >= {("digits", "test")}
    # Of a bundle on a hub, figures are written where the command runs.
    assert run("evaluate", "hub:me/vae", *HERE)[0] == 0
    assert json.loads((tmp_path / "vae_evaluation.json").read_text()) == figures


def test_a_licence_is_stated_where_it_was_given_and_nowhere_else(small_vae, vae_bundle, run, refused, tmp_path):
    file = tmp_path / "m.keras"
    small_vae.save(file)
    figures = [{"name": "nll", "value": 80.0, "data": "digits (test)"}]
    (tmp_path / "m_evaluation.json").write_text(json.dumps(figures))
    assert run("export", file, "--out", tmp_path / "b", "--license", "apache-2.0")[0] == 0
    card = (tmp_path / "b" / "README.md").read_text()
    assert ModelCard(card).data.license == serving.load(tmp_path / "b").manifest.license == "apache-2.0"
    assert ModelCard(card).data.eval_results[0].metric_value == 80.0
    assert "Licence of the model: apache-2.0." in card
    assert "licence   apache-2.0\n" in run("info", tmp_path / "b")[1]
    assert "Licence of the model: none was given" in (vae_bundle / "README.md").read_text()
    assert "licence" not in run("info", vae_bundle)[1]
    line = refused("export", file, "--out", tmp_path / "c", "--license", "my own: none")
    assert "--license must be the name of a licence, such as apache-2.0. Received: 'my own: none'." in line
    assert not (tmp_path / "c").exists()
