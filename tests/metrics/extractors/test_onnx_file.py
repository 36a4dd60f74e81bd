from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from scipy.special import softmax

from keras_gen.metrics.extractors import OnnxFile
from serving import InputError, load


def onnx_file(path, shape, dtype=TensorProto.FLOAT, outputs=("Flatten",), names=("first", "second"), metadata=None):
    """A network whose outputs are single operators of its input, after a cast to float."""
    inputs = [helper.make_tensor_value_info("picture", dtype, shape)]
    nodes = [helper.make_node("Cast", ["picture"], ["x"], to=TensorProto.FLOAT)]
    nodes += [helper.make_node(kind, ["x"], [name]) for kind, name in zip(outputs, names, strict=False)]
    given = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name, _ in zip(names, outputs, strict=False)
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "made", inputs, given), opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    )
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path


@pytest.fixture
def grey():
    return np.random.default_rng(0).integers(0, 256, (70, 4, 6, 1), dtype=np.uint8)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("batch", ["n", 1])
def test_pictures_come_as_the_file_takes_them(grey, tmp_path, first, batch):
    shape = [batch, 3, "h", "w"] if first else [batch, 4, 6, 3]
    extractor = OnnxFile(onnx_file(tmp_path / "f.onnx", shape), (4, 6, 1))
    assert (extractor.width, extractor.classes) == (72, 0)
    colour = np.repeat(grey / 127.5 - 1, 3, axis=3)
    expected = (np.moveaxis(colour, 3, 1) if first else colour).reshape(70, -1)
    np.testing.assert_allclose(extractor.features(grey), expected, atol=1e-6)
    with pytest.raises(InputError, match="must tell classes apart"):
        extractor.probabilities(grey)


@pytest.mark.parametrize(("dtype", "text", "low", "high"), [("FLOAT", "0 1", 0, 1), ("UINT8", "0 1", 0, 255)])
def test_the_range_is_the_files(grey, tmp_path, dtype, text, low, high):
    metadata = {"image_range": text}
    file = onnx_file(tmp_path / "f.onnx", ["n", 4, 6, 1], getattr(TensorProto, dtype), metadata=metadata)
    extractor = OnnxFile(file, (4, 6, 1))
    expected = low + grey.reshape(70, -1) * ((high - low) / 255)
    for pictures in (grey, grey / np.float32(127.5) - np.float32(1)):
        np.testing.assert_allclose(extractor.features(pictures), expected, atol=1e-5)


def test_a_second_output_is_logits(grey, tmp_path):
    file = onnx_file(tmp_path / "f.onnx", ["n", 4, 6, 1], outputs=("Flatten", "GlobalAveragePool"))
    extractor = OnnxFile(file, (4, 6, 1))
    logits = (grey / 127.5 - 1).mean(axis=(2, 3), keepdims=True).reshape(70, 4)  # ONNX takes axis 1 for channels
    assert extractor.classes == 4
    np.testing.assert_allclose(extractor.probabilities(grey), softmax(logits, axis=1), rtol=1e-5)


def test_pictures_of_another_size_are_resized_with_antialiasing(tmp_path):
    """Stripes of one pixel become even grey, which sampling every other pixel would not make of them."""
    extractor = OnnxFile(onnx_file(tmp_path / "f.onnx", ["n", 8, 8, 1], TensorProto.UINT8), (32, 32, 1))
    stripes = np.zeros((1, 32, 32, 1), np.uint8)
    stripes[:, ::2] = 255
    found = extractor.features(stripes).reshape(8, 8)
    assert np.abs(found - 127.5).max() < 20
    even = np.full((1, 64, 32, 3), 77, np.uint8)
    np.testing.assert_array_equal(extractor.features(even), np.full((1, 64), 77))


def test_an_encoder_of_a_bundle_is_such_a_file(vae_bundle, pictures):
    extractor = OnnxFile(vae_bundle / "encoder.onnx", (8, 8, 1))
    grey = np.rint((pictures + 1) * 127.5).astype(np.uint8)
    np.testing.assert_allclose(extractor.features(grey), load(vae_bundle).encode(grey), atol=1e-5)
    assert (extractor.width, extractor.classes) == (2, 0)


def test_files_that_cannot_be_used_are_one_line(tmp_path, vae_bundle):
    (tmp_path / "text.onnx").write_text("no model")
    (tmp_path / "empty.onnx").write_bytes(b"")
    whole = (vae_bundle / "encoder.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[: len(whole) // 2])
    onnx_file(tmp_path / "flat.onnx", ["n", 10])
    onnx_file(tmp_path / "batch.onnx", [8, 4, 6, 1])
    onnx_file(tmp_path / "doubles.onnx", ["n", 4, 6, 1], TensorProto.DOUBLE)
    onnx_file(tmp_path / "range.onnx", ["n", 4, 6, 1], metadata={"image_range": "wide"})
    onnx_file(tmp_path / "fails.onnx", ["n", 4, 6, 1], outputs=("Det",))
    cases = {
        "nothing.onnx": "must be an ONNX file",
        "text.onnx": "must be an ONNX file",
        "empty.onnx": "must be an ONNX file",
        "cut.onnx": "must be an ONNX file",
        "flat.onnx": "must have one input",
        "batch.onnx": r"n open or 1. Received: picture: tensor(float) [8, 4, 6, 1]",
        "doubles.onnx": "must have one input",
        "range.onnx": "image_range of",
        "fails.onnx": "must be an ONNX file",
    }
    for name, message in cases.items():
        with pytest.raises(InputError) as caught:
            OnnxFile(tmp_path / name, (4, 6, 1))
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="must have one input"):
        OnnxFile(vae_bundle / "noise.onnx", (8, 8, 1))
