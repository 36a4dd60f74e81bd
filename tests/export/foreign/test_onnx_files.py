"""ONNX files of any exporter: what they become, and what is refused by name."""

from __future__ import annotations

import os

import numpy as np
import onnx
import pytest
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from export.foreign.batches import with_free_batch
from export.foreign.onnx_files import normalized, open_onnx, read_onnx
from serving.bundle.operators import ALLOWED
from serving.common.errors import InputError
from tests.export.foreign.onnx_graphs import generator, model, numbers, operators, run, translator

ANY = {"x": ["n", 2, 4, 4]}


def of_version(opset):
    """2 x with a frame of reflected pixels, twice as large, less its mean, at least -1 and at most 1: what is written
    otherwise in one version or another."""
    widths, scales = [0, 0, 1, 1, 0, 0, 1, 1], [1.0, 1.0, 2.0, 2.0]
    constants = {"two": np.float32(2)}
    if opset < 11:
        nodes = [helper.make_node("Pad", ["x"], ["framed"], mode="reflect", pads=widths)]
    else:
        constants["widths"] = np.array(widths)
        nodes = [helper.make_node("Pad", ["x", "widths"], ["framed"], mode="reflect")]
    nodes.append(helper.make_node("Mul", ["framed", "two"], ["scaled"]))
    if opset < 9:
        nodes.append(helper.make_node("Upsample", ["scaled"], ["large"], mode="nearest", scales=scales))
    elif opset < 11:
        constants["scales"] = np.array(scales, np.float32)
        resize = "Upsample" if opset == 9 else "Resize"
        nodes.append(helper.make_node(resize, ["scaled", "scales"], ["large"], mode="nearest"))
    else:
        constants |= {"scales": np.array(scales, np.float32), "roi": np.zeros(0, np.float32)}
        how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        nodes.append(helper.make_node("Resize", ["scaled", "roi", "scales"], ["large"], mode="nearest", **how))
    if opset < 18:
        nodes.append(helper.make_node("ReduceMean", ["large"], ["mean"], axes=[2, 3]))
    else:
        constants["sides"] = np.array([2, 3])
        nodes.append(helper.make_node("ReduceMean", ["large", "sides"], ["mean"]))
    nodes.append(helper.make_node("Sub", ["large", "mean"], ["centred"]))
    if opset < 11:
        nodes.append(helper.make_node("Clip", ["centred"], ["y"], min=-1.0, max=1.0))
    else:
        constants |= {"low": np.float32(-1), "high": np.float32(1)}
        nodes.append(helper.make_node("Clip", ["centred", "low", "high"], ["y"]))
    return model(nodes, ANY, {"y": ["n", 2, "h", "w"]}, opset, **constants)


@pytest.mark.parametrize("opset", range(7, 25))
def test_a_file_of_any_version_computes_the_same_in_ours(opset):
    read = read_onnx(of_version(opset))
    x = numbers(3, 2, 4, 4)
    large = 2 * np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect").repeat(2, axis=2).repeat(2, axis=3)
    expected = np.clip(large - large.mean((2, 3), keepdims=True), -1, 1)
    np.testing.assert_allclose(run(read, x=x), expected, atol=1e-6)
    assert [each.version for each in read.opset_import] == [18]


@pytest.mark.parametrize("opset", [9, 10])
def test_old_files_count_pixels_from_their_corners(opset):
    """Up to opset 10 linear resizing has pixel i at i / 2."""
    resize = "Upsample" if opset == 9 else "Resize"
    node = helper.make_node(resize, ["x", "scales"], ["y"], mode="linear")
    scales = np.array([1, 1, 1, 2], np.float32)
    read = read_onnx(model([node], {"x": ["n", 1, 1, 4]}, {"y": ["n", 1, 1, 8]}, opset, scales=scales))
    row = np.array([0.0, 1.0, 3.0, 4.0], np.float32)
    np.testing.assert_allclose(run(read, x=row.reshape(1, 1, 1, 4)).ravel(), np.interp(np.arange(8) / 2, range(4), row))


def test_what_is_newer_is_made_of_older_operators():
    nodes = [helper.make_node("Gelu", ["x"], ["y"], approximate="tanh")]
    read = read_onnx(model(nodes, ANY, {"y": ANY["x"]}, 20, ir_version=9))
    x = numbers(1, 2, 4, 4)
    inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    np.testing.assert_allclose(run(read, x=x), x * (1 + np.tanh(inner)) / 2, atol=1e-5)
    assert operators(read) <= ALLOWED - {"Gelu"}


@pytest.mark.parametrize("groups", [2, 4])
@pytest.mark.parametrize("opset", [18, 20, 21])
def test_groups_are_scaled_by_channel_in_new_files_and_by_group_before(groups, opset):
    node = helper.make_node("GroupNormalization", ["x", "scale", "bias"], ["y"], num_groups=groups, epsilon=1e-3)
    width = 4 if opset >= 21 else groups
    scale, bias = numbers(width), numbers(width, seed=1)
    axes = ["n", 4, "h", "w"]
    read = read_onnx(model([node], {"x": axes}, {"y": axes}, opset, ir_version=9, scale=scale, bias=bias))
    x = numbers(2, 4, 3, 5)
    parts = x.reshape(2, groups, -1)
    parts = (parts - parts.mean(2, keepdims=True)) / np.sqrt(parts.var(2, keepdims=True) + 1e-3)
    gain, moved = (np.repeat(each, 4 // width)[:, None, None] for each in (scale, bias))
    np.testing.assert_allclose(run(read, x=x), parts.reshape(x.shape) * gain + moved, atol=1e-5)
    assert "InstanceNormalization" in operators(read)


@pytest.mark.parametrize("wrong", [{"num_groups": "2"}, {}])
def test_groups_without_a_number_are_refused(wrong):
    node = helper.make_node("GroupNormalization", ["x", "scale", "bias"], ["y"], **wrong)
    axes = ["n", 4, "h", "w"]
    with pytest.raises(InputError, match="whole. Received: GroupNormalization '' without a number of groups"):
        read_onnx(model([node], {"x": axes}, {"y": axes}, scale=numbers(2), bias=numbers(2)))


@pytest.mark.parametrize("element", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_other_floating_numbers_become_float32(element):
    """ONNX Runtime has no float64 convolution for CPUs at all."""
    read = read_onnx(translator(sides=(8, 8), element=element))
    types = {value.type.tensor_type.elem_type for value in (*read.graph.input, *read.graph.output)}
    assert types == {TensorProto.FLOAT}
    x = numbers(1, 3, 8, 8)
    expected = run(translator(sides=(8, 8)), input=x)
    np.testing.assert_allclose(run(read, input=x), expected, atol=2e-2 if element == TensorProto.FLOAT16 else 1e-5)


def test_weights_are_no_inputs_and_what_is_known_is_no_node():
    source = translator(opset=11)
    source.graph.input.extend(
        helper.make_tensor_value_info(each.name, each.data_type, each.dims) for each in source.graph.initializer
    )
    read = read_onnx(source)
    assert [value.name for value in read.graph.input] == ["input"]
    assert operators(read) == {"Pad", "Conv", "InstanceNormalization", "Relu", "ConvTranspose", "Tanh"}
    x = numbers(2, 3, 6, 10)
    np.testing.assert_allclose(run(read, input=x), run(source, input=x), atol=1e-5)


def test_operators_that_a_file_defines_are_opened():
    body = [helper.make_node("Mul", ["a", "a"], ["squared"]), helper.make_node("Neg", ["squared"], ["b"])]
    own = helper.make_function("pkg.mine", "minus_square", ["a"], ["b"], body, [helper.make_opsetid("", 18)])
    source = model(
        [helper.make_node("minus_square", ["x"], ["y"], domain="pkg.mine")], ANY, {"y": ANY["x"]}, functions=[own]
    )
    x = numbers(1, 2, 4, 4)
    np.testing.assert_array_equal(run(read_onnx(source), x=x), -x * x)


def test_operators_that_call_themselves_are_refused():
    body = [helper.make_node("again", ["a"], ["b"], domain="pkg.mine")]
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("pkg.mine", 1)]
    own = helper.make_function("pkg.mine", "again", ["a"], ["b"], body, imports)
    nodes = [helper.make_node("again", ["x"], ["y"], domain="pkg.mine")]
    source = model(nodes, ANY, {"y": ANY["x"]}, functions=[own])
    with pytest.raises(InputError, match="must define no operator by itself. Received: 'again'"):
        read_onnx(source)


def branch():
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["z"])], "g", [], [helper.make_tensor_value_info("z", 1, None)]
    )
    return [helper.make_node("If", ["yes"], ["y"], then_branch=graph, else_branch=graph)]


REFUSED = {
    "must choose no graphs while it runs. Received: 'If'; write the file with": branch(),
    "must use operators of ONNX alone. Received: 'com.microsoft.FusedConv'; give the file from before": [
        helper.make_node("FusedConv", ["x", "kernel"], ["y"], domain="com.microsoft")
    ],
    "must use operators of ONNX alone. Received: 'mine.Blur'; write that layer with": [
        helper.make_node("Blur", ["x"], ["y"], domain="mine")
    ],
    "must make no sequences. Received: 'SequenceAt', 'SequenceConstruct'": [
        helper.make_node("SequenceConstruct", ["x", "x"], ["s"]),
        helper.make_node("SequenceAt", ["s", "one"], ["y"]),
    ],
    "must draw no noise inside, which no runtime could repeat. Received: 'RandomNormalLike'; make the noise an input": [
        helper.make_node("RandomNormalLike", ["x"], ["y"])
    ],
    "must be written for inference. Received: Dropout in training mode in 'drop'; write it after `eval()`": [
        helper.make_node("Dropout", ["x", "half", "yes"], ["y"], name="drop")
    ],
    "must be written for inference. Received: BatchNormalization in training mode": [
        helper.make_node("BatchNormalization", ["x", *["two"] * 4], ["y", "m", "v"], training_mode=1)
    ],
    "must use operators of ONNX that compute numbers from numbers. Received: 'ai.onnx.NonMaxSuppression'": [
        helper.make_node("NonMaxSuppression", ["boxes", "scores"], ["z"]),
        helper.make_node("Cast", ["z"], ["y"], to=1),
    ],
}


@pytest.mark.parametrize("message", REFUSED)
def test_kinds_of_operators_are_refused_by_name(message):
    constants = {
        "yes": np.array(True),
        "kernel": numbers(2, 2, 1, 1),
        "one": np.array(1),
        "half": np.float32(0.5),
        "two": np.ones(2, np.float32),
        "boxes": numbers(1, 2, 4),
        "scores": numbers(1, 1, 2),
    }
    with pytest.raises(InputError, match="^style.onnx ") as refusal:
        open_and_read(model(REFUSED[message], ANY, {"y": None}, **constants))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def open_and_read(source):
    return normalized(open_onnx(source, "style.onnx").model, "style.onnx")


@pytest.mark.parametrize("opset", [6, 25])
def test_versions_that_are_too_old_or_too_new_are_refused(opset):
    source = model([helper.make_node("Relu", ["x"], ["y"])], ANY, {"y": ANY["x"]}, opset)
    with pytest.raises(InputError, match=f"must be of ONNX opset 7 to 24. Received: opset {opset}; write it with"):
        read_onnx(source)


def test_what_only_newer_versions_know_is_refused_by_name():
    node = helper.make_node("Pad", ["x", "widths"], ["y"], mode="wrap")
    source = model([node], ANY, {"y": None}, 19, widths=np.array([0, 0, 1, 1, 0, 0, 1, 1]))
    with pytest.raises(InputError, match="of ONNX opset 18. Received: Pad with mode=wrap of opset 19"):
        read_onnx(source)


def test_what_cannot_be_written_with_older_operators_is_refused():
    """What ONNX says that AffineGrid is made of does not run at opset 18."""
    node = helper.make_node("AffineGrid", ["x", "size"], ["y"], align_corners=0)
    source = model([node], {"x": ["n", 2, 3]}, {"y": ["n", 4, 4, 2]}, 20, size=np.array([1, 1, 4, 4]))
    with pytest.raises(InputError, match="^the ONNX model must be a network that ONNX ") as refusal:
        read_onnx(source)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"PK\3\4" + bytes(40), bytes(64)])
def test_what_is_no_onnx_file_is_refused(content, tmp_path):
    file = tmp_path / "a.onnx"
    file.write_bytes(content)
    with pytest.raises(InputError, match="a.onnx must be an ONNX file"):
        read_onnx(file)


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path):
    content = generator().SerializeToString()
    file = tmp_path / "a.onnx"
    for length in range(0, len(content), 997):
        file.write_bytes(content[:length])
        with pytest.raises(InputError, match="a.onnx "):
            read_onnx(file)


def test_a_file_of_3_gb_is_refused_before_it_is_read(tmp_path):
    file = tmp_path / "a.onnx"
    file.touch()
    os.truncate(file, 3 * 2**30)
    with pytest.raises(InputError, match="must have at most 2 GB. Received: 3.0 GB"):
        read_onnx(file)


@pytest.mark.parametrize("element", [TensorProto.FLOAT, TensorProto.FLOAT16])
def test_weights_that_are_no_numbers_are_refused(element):
    source = translator(element=element)
    kernel = next(each for each in source.graph.initializer if each.name == "down")
    values = numpy_helper.to_array(kernel).copy()
    values[0, 0, 0, :2] = np.nan
    kernel.CopyFrom(numpy_helper.from_array(values, "down"))
    with pytest.raises(InputError, match=f"must be numbers. Received: 'down', where 2 of {values.size} are NaN"):
        read_onnx(source)


def test_a_constant_that_would_fill_the_memory_is_not_computed():
    nodes = [
        helper.make_node("ConstantOfShape", ["huge"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    with pytest.raises(
        InputError, match="at most 268,435,456 numbers at a time. Received: 1,099,511,627,776 in 'zeros'"
    ):
        read_onnx(model(nodes, ANY, {"y": ANY["x"]}, huge=np.array([2**20, 2**20])))


@pytest.fixture
def beside(tmp_path):
    """A file whose weights are in one beside it, as the newer exporter writes large networks, in a folder of both."""
    source = generator()
    for tensor in source.graph.initializer:
        tensor.raw_data = numpy_helper.to_array(tensor).tobytes()
    external_data_helper.convert_model_to_external_data(source, location="g.onnx.data", size_threshold=64)
    (tmp_path / "both").mkdir()
    onnx.save(source, tmp_path / "both" / "g.onnx")
    return tmp_path / "both" / "g.onnx"


def moved(file, **entries):
    """The file with other words about where its first tensor is."""
    source = onnx.load(file, load_external_data=False)
    for entry in source.graph.initializer[0].external_data:
        entry.value = entries.get(entry.key, entry.value)
    file.write_bytes(source.SerializeToString())


def test_numbers_beside_a_file_are_brought_in(beside):
    z = numbers(2, 12, 1, 1)
    read = read_onnx(beside)
    assert not any(each.external_data for each in read.graph.initializer)
    np.testing.assert_allclose(run(read, z=z), run(generator(), z=z), atol=1e-6)


@pytest.mark.parametrize("location", ["../secret", "/etc/hostname", "..", ".", "", "sub/weights", "..\\secret"])
def test_numbers_elsewhere_are_not_opened(beside, location):
    (beside.parent.parent / "secret").write_bytes(bytes(2**16))
    moved(beside, location=location)
    with pytest.raises(InputError, match="must keep its numbers in files beside it. Received: "):
        read_onnx(beside)


def test_a_link_out_of_the_folder_is_not_followed(beside):
    place = beside.with_name("g.onnx.data")
    elsewhere = beside.parent.parent / "elsewhere"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    with pytest.raises(InputError, match="a link to"):
        read_onnx(beside)


@pytest.mark.parametrize("entries", [{"offset": "99999999"}, {"length": "99999999"}, {"offset": "-4"}, {"length": "x"}])
def test_numbers_that_are_not_there_are_refused(beside, entries):
    moved(beside, **entries)
    with pytest.raises(InputError, match="must come with g.onnx.data, which is whole"):
        read_onnx(beside)


def test_a_file_without_its_numbers_is_refused(beside):
    beside.with_name("g.onnx.data").unlink()
    with pytest.raises(InputError, match="must come with 'g.onnx.data', which has its numbers. Received: no such file"):
        read_onnx(beside)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_fixed_batch_is_freed_where_examples_stay_apart(batch):
    nodes = [
        helper.make_node("Reshape", ["x", "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "weights"], ["product"]),
        helper.make_node("Reshape", ["product", "pictures"], ["y"]),
    ]
    constants = {"flat": np.array([batch, -1]), "weights": numbers(32, 12), "pictures": np.array([batch, 3, 2, 2])}
    source = read_onnx(model(nodes, {"x": [batch, 2, 4, 4]}, {"y": [batch, 3, 2, 2]}, **constants))
    freed = with_free_batch(source)
    x = numbers(5, 2, 4, 4)
    expected = (x.reshape(5, 32) @ constants["weights"]).reshape(5, 3, 2, 2)
    np.testing.assert_allclose(run(freed, x=x), expected, atol=1e-4)


def test_a_batch_whose_examples_are_mixed_stays_fixed():
    nodes = [helper.make_node("ReduceMean", ["x", "first"], ["mean"]), helper.make_node("Sub", ["x", "mean"], ["y"])]
    axes = [4, 2, 4, 4]
    source = read_onnx(model(nodes, {"x": axes}, {"y": axes}, first=np.array([0])))
    assert with_free_batch(source) is None


def test_a_size_that_was_computed_for_one_batch_stays_fixed():
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["mixed"]),
        helper.make_node("Reshape", ["mixed", "back"], ["y"]),
    ]
    constants = {"shape": np.array([2, 2, 4, 2]), "back": np.array([1, 2, 4, 4])}
    source = read_onnx(model(nodes, {"x": [1, 2, 4, 4]}, {"y": [1, 2, 4, 4]}, **constants))
    freed = with_free_batch(source)
    assert freed is None or np.array_equal(run(freed, x=numbers(3, 2, 4, 4)), numbers(3, 2, 4, 4))
