"""The header of a bundle's card, by the rules of the model hub that reads it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard import metadata_load

from serving.bundle.card_header import header, renew_header, without_folders
from serving.bundle.licenses import KNOWN
from serving.bundle.manifest import Manifest
from serving.common.errors import InputError

FIGURES = [
    {
        "name": "frechet_distance",
        "value": 12.5,
        "unit": "",
        "data": "idx:/home/me/mnist (test)",
        "count": 100,
        "settings": {"seed": 0, "extractor": "onnx:/home/me/judge.onnx", "range": "[-1, 1]"},
    },
    {"name": "nll", "value": float("inf"), "unit": "nats", "data": "idx:/home/me/mnist (test)", "settings": {}},
    {"name": "psnr", "value": 20, "unit": "dB", "data": "tfds:mnist (train)", "settings": {}},
]


@pytest.fixture
def manifest(vae_bundle):
    return Manifest.read(vae_bundle)


def measured(bundle, place, figures=FIGURES):
    copy = shutil.copytree(bundle, place / "bundle")
    (copy / "evaluation.json").write_text(json.dumps(figures))
    return copy


def test_every_card_begins_with_what_its_bundle_does(vae_bundle, of_classes, bundles):
    tasks = {vae_bundle: "unconditional-image-generation", of_classes: "unconditional-image-generation"}
    for bundle, task in tasks.items():
        data = ModelCard((bundle / "README.md").read_text()).data
        assert (data.library_name, data.pipeline_tag, data.license) == ("keras-gen", task, None)
    assert "class-conditional" in ModelCard((of_classes / "README.md").read_text()).data.tags
    for bundle in bundles.values():
        assert header(Manifest.read(bundle))["pipeline_tag"] == "image-to-image"


def test_what_a_bundle_is_for_is_told_by_its_networks(manifest):
    networks = {name: network for name, network in manifest.networks.items() if name in ("encoder", "decoder")}
    assert header(replace(manifest, networks=networks))["pipeline_tag"] == "image-feature-extraction"
    classifier = {"classifier": networks["encoder"]}
    assert header(replace(manifest, networks=classifier))["pipeline_tag"] == "image-classification"


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        (None, {}),
        ("MIT", {"license": "mit"}),
        ("cc-by-4.0", {"license": "cc-by-4.0"}),
        ("Our-Own-1.0", {"license": "other", "license_name": "Our-Own-1.0"}),
    ],
)
def test_a_licence_is_one_that_the_hub_knows_or_has_a_name(manifest, name, entries):
    found = header(replace(manifest, license=name))
    assert {key: value for key, value in found.items() if key.startswith("license")} == entries
    assert entries.get("license", "other") in KNOWN


@pytest.mark.parametrize(
    ("data", "datasets"),
    [("tfds:mnist", ["mnist"]), ("stacked:tfds:mnist/3.0.1", ["mnist"]), ("folder:/home/me/mnist", None), (None, None)],
)
def test_a_data_set_is_named_where_others_know_it_by_that_name(manifest, data, datasets):
    training = {} if data is None else {"config": {"data": data}}
    assert header(replace(manifest, training=training)).get("datasets") == datasets


def test_figures_are_results_by_data_without_the_folders_of_this_machine(vae_bundle, manifest, tmp_path):
    bundle = measured(vae_bundle, tmp_path)
    renew_header(bundle, manifest)
    card = ModelCard((bundle / "README.md").read_text())
    first, second = card.data.eval_results
    assert (first.task_type, first.dataset_name, first.dataset_type) == (
        "unconditional-image-generation",
        "idx:mnist",
        "mnist",
    )
    assert (first.dataset_split, first.metric_type, first.metric_value) == ("test", "frechet_distance", 12.5)
    assert first.metric_args == {"seed": 0, "extractor": "onnx:judge.onnx", "range": "[-1, 1]"}
    assert (second.dataset_type, second.metric_name, second.metric_value) == ("mnist", "psnr (dB)", 20.0)
    assert "/home" not in str(card)
    assert card.data.to_dict() == metadata_load(bundle / "README.md")


def test_a_header_is_renewed_and_what_was_written_below_it_stays(vae_bundle, manifest, tmp_path):
    bundle = measured(vae_bundle, tmp_path)
    card = bundle / "README.md"
    body = card.read_text().split("\n---\n", 1)[1] + "\nMy own words.\n---\nAnd more.\n"
    for text in (body, f"---\nlicense: mit\n---\n{body}"):
        card.write_text(text)
        renew_header(bundle, manifest)
        _, head, rest = card.read_text().split("---\n", 2)
        assert rest == body
        assert yaml.safe_load(head)["model-index"][0]["name"] == "vae"
    card.unlink()
    renew_header(bundle, manifest)
    assert not card.exists()


@pytest.mark.parametrize("figures", [[{"value": 1.0}], {"frechet": 1.0}, [{"name": "a", "value": "b", "data": "c"}]])
def test_figures_that_are_none_are_named(vae_bundle, manifest, tmp_path, figures):
    bundle = measured(vae_bundle, tmp_path, figures)
    with pytest.raises(InputError, match=r"evaluation.json must be as `keras-gen evaluate` wrote it"):
        renew_header(bundle, manifest)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("idx:/home/me/mnist/", "idx:mnist"),
        ("edges:folder:C:\\me\\shoes", "edges:folder:C:shoes"),
        ("digits", "digits"),
        ("my_module:load", "my_module:load"),
    ],
)
def test_places_are_shown_without_their_folders(text, shown):
    assert without_folders(text) == shown
