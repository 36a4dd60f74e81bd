"""Bundles written for a CPU."""

from __future__ import annotations

import keras
import numpy as np
import onnx
import pytest

import export
import keras_gen
import serving


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """The same network for any processor and for a CPU; 64 channels in its blocks."""
    keras.utils.set_random_seed(0)
    generator = {"name": "resnet", "filters": 16, "blocks": 1}
    model = keras_gen.Pix2Pix((32, 32, 3), generator, {"name": "patchgan", "receptive_field": 16, "filters": 4})
    place = tmp_path_factory.mktemp("targets")
    return {target: export.export_bundle(model, place / target, target=target) for target in ("any", "cpu")}


def products(bundle, name):
    graph = onnx.load(bundle / f"{name}.onnx", load_external_data=False).graph
    return sum(node.op_type == "MatMul" for node in graph.node)


@pytest.mark.parametrize("size", [(32, 32), (20, 44), (70, 64)])
def test_pictures_stay_within_a_grey_level(bundles, size):
    pictures = np.random.default_rng(0).integers(0, 256, (2, *size, 3), np.uint8)
    made = [serving.load(bundle).translate(pictures).astype(int) for bundle in bundles.values()]
    assert made[0].std() > 5
    assert np.abs(made[0] - made[1]).max() <= 1


def test_large_pictures_too(bundles):
    pictures = np.random.default_rng(1).integers(0, 256, (1, 70, 90, 3), np.uint8)
    made = [serving.Translator(bundle, tile=48).translate(pictures).astype(int) for bundle in bundles.values()]
    assert np.abs(made[0] - made[1]).max() <= 1


def test_both_convolutions_of_the_block_are_by_parts(bundles):
    for name in ("a_to_b", "a_to_b_tile"):
        assert products(bundles["any"], name) == 0
        assert products(bundles["cpu"], name) == 4
