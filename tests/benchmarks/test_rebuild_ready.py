"""The script that makes the ready bundles again, on a ring that is trained for two epochs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import onnx
import pytest
import rebuild_ready

import serving

ENTRY = {"title": "a ring", "data": "points:ring", "data_license": "computed", "figures": ["modes"]}
RECIPES = Path(rebuild_ready.__file__).parents[1] / "keras_gen" / "recipes"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder of ready bundles with one, which was built and stored, and the folder that it was built in."""
    place = tmp_path_factory.mktemp("ready")
    recipe = (RECIPES / "gan_ring_r1.yaml").read_text()
    for known, wanted in (("epochs: 100", "epochs: 2"), ("every: 50", "every: 1")):
        assert known in recipe
        recipe = recipe.replace(known, wanted)
    (place / "ring.yaml").write_text(recipe)
    ready, work = place / "ready", place / "work"
    ready.mkdir()
    entry = {**ENTRY, "recipe": str(place / "ring.yaml")}
    (ready / "catalogue.json").write_text(json.dumps({"ring": entry}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_GEN_READY", str(ready))
        assert rebuild_ready.main(["--work", str(work), "--store"]) == 0
    return ready, work


@pytest.fixture
def rebuilt(stored, tmp_path, monkeypatch, capsys):
    """Exports the run again, where its bundle is new, and gives the exit code and what was said."""
    monkeypatch.setenv("KERAS_GEN_READY", str(shutil.copytree(stored[0], tmp_path / "ready")))
    shutil.copytree(stored[1] / "runs", tmp_path / "work" / "runs")

    def rebuild():
        code = rebuild_ready.main(["ring", "--work", str(tmp_path / "work")])
        return code, capsys.readouterr().out

    return tmp_path / "ready" / "ring", rebuild


def test_an_export_of_the_same_run_is_equal_bit_for_bit(rebuilt):
    bundle, rebuild = rebuilt
    code, said = rebuild()
    assert code == 0
    assert said.startswith("ring: equal bit for bit, decoder, noise, sampler, film;")
    assert serving.load("ready:ring").sample(5, seed=1).shape == (5, 2)
    assert not (bundle / "saved_model").exists()
    assert "Licence of the data: computed." in (bundle / "README.md").read_text()


@pytest.mark.parametrize(("more", "code", "said"), [(0, 0, "similar"), (5, 1, "different")])
def test_another_bundle_is_judged_by_its_figures(rebuilt, more, code, said):
    """Five modes are more than the tolerance of any number up to 8."""
    bundle, rebuild = rebuilt
    figures = json.loads((bundle / "evaluation.json").read_text())
    modes = next(figure for figure in figures if figure["name"] == "modes")
    assert 0 <= modes["value"] <= 8
    modes["value"] = modes["value"] / 1.1 + more
    (bundle / "evaluation.json").write_text(json.dumps(figures))
    network = onnx.load(bundle / "noise.onnx")
    network.graph.node.add(op_type="Identity", input=["latent"], output=["another"])
    onnx.save(network, bundle / "noise.onnx")
    received, line = rebuild()
    assert received == code
    assert line.startswith(f"ring: {said}, modes ")
