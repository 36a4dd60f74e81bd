"""What docs/export.md tells a reader to type, typed."""

from __future__ import annotations

import shlex

import export
import serving
from keras_gen.cli import main
from tests.pages import PAGES, blocks, commands
from tests.serving.languages.families import write_family

TEXT = PAGES["export"].read_text()


def test_the_programs_run_one_after_the_other(somewhere, small_vae):
    export.export_bundle(small_vae, "bundles/vae", codes="digits")
    write_family("cyclegan", somewhere / "bundles" / "horses")
    names: dict = {}
    for program in blocks("export", "python"):
        exec(program, names)
    sampler = serving.load("bundles/vae")
    assert (names["pictures"] == sampler.sample(64, seed=7)).all()
    assert (names["decoded"] == sampler.decode(names["latents"])).all()
    expected = serving.load("bundles/horses").translate(names["picture"], "b")
    assert (names["translation"] == expected).all()


def test_the_commands_run(somewhere):
    assert main(["train", "vae", "--data", "digits", "--epochs", "1", "--out", "runs/vae"]) == 0
    for line in commands("export"):
        assert main(shlex.split(line)[1:]) == 0
    assert serving.Manifest.read(somewhere / "bundles" / "half").quantization["decoder"].kind == "fp16"


def test_the_nodes_are_as_many_as_it_says(tmp_path):
    """Of CycleGAN's network with 9 blocks; filters do not matter."""
    import keras_gen
    from export.border import Bordered
    from export.to_onnx import convert, without_unrounded

    model = keras_gen.CycleGAN((64, 64, 3), generator={"name": "resnet", "filters": 8, "blocks": 9})
    network = model.inference_networks()["a_to_b"]
    graph = without_unrounded(convert(Bordered(network, "uint8"), even=True)).graph
    assert f"has {len(graph.node)} nodes" in TEXT
    operators = [node.op_type for node in graph.node]
    assert operators.count("InstanceNormalization") == 23
    assert operators.count("Transpose") == 2
