from __future__ import annotations

import math

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from serving.bundle.onnx_contents import DEEPEST, MOST_AXES, Operator, read_contents
from serving.bundle.wire import MalformedError
from tests.handmade import NUMBERS, beside, inside, product


def constant(value, **packing):
    return helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(value, "c"), **packing)


def branching():
    """A graph in an attribute, a function, a constant in a node and one that is sparse."""
    result = helper.make_tensor_value_info("r", TensorProto.FLOAT, [2])
    then = helper.make_graph(
        [constant(np.ones(2, np.float32)), helper.make_node("Exp", ["c"], ["r"])], "t", [], [result]
    )
    otherwise = helper.make_graph([helper.make_node("Own", ["x"], ["r"], domain="here")], "o", [], [result])
    model = product(
        beside(), nodes=[helper.make_node("If", ["x"], ["y"], then_branch=then, else_branch=otherwise)], ir_version=10
    )
    body = [helper.make_node("Erf", ["a"], ["b"]), helper.make_node("Deep", ["b"], ["d"], domain="there")]
    function = helper.make_function("here", "Own", ["a"], ["d"], body, [helper.make_opsetid("", 18)])
    model.functions.append(function)
    model.opset_import.append(helper.make_opsetid("here", 3))
    values = numpy_helper.from_array(np.ones(1, np.float32), "s")
    places = numpy_helper.from_array(np.zeros(1, np.int64), "places")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [10**9]))
    return model


MODELS = [product(inside()).SerializeToString(), branching().SerializeToString()]


def parsed(model):
    """The same with Google's parser: operators, tensors and opsets."""
    operators, tensors = set(), []

    def attributes(node):
        for attribute in node.attribute:
            tensors.extend([attribute.t] * attribute.HasField("t"))
            tensors.extend(attribute.tensors)
            for graph in [attribute.g] * attribute.HasField("g") + list(attribute.graphs):
                walk(graph)
            for sparse in [attribute.sparse_tensor] * attribute.HasField("sparse_tensor"):
                tensors.extend([sparse.values, sparse.indices])

    def nodes(found):
        for node in found:
            operators.add(Operator(node.domain, node.op_type))
            attributes(node)

    def walk(graph):
        nodes(graph.node)
        tensors.extend(graph.initializer)
        for sparse in graph.sparse_initializer:
            tensors.extend([sparse.values] * sparse.HasField("values") + [sparse.indices] * sparse.HasField("indices"))

    walk(model.graph)
    for function in model.functions:
        nodes(function.node)
    places = [
        {entry.key: entry.value for entry in tensor.external_data}
        for tensor in tensors
        if tensor.external_data or tensor.data_location
    ]
    return operators, sorted(tuple(t.dims) for t in tensors), stated(places), model.ir_version


def stated(places):
    """Those that say something: a number of the location that does not exist is nowhere to Protocol Buffers, and
    somewhere unknown to us."""
    return sorted(map(str, filter(None, places)))


def found(content):
    contents = read_contents(content)
    places = [constant.beside for constant in contents.constants if constant.beside is not None]
    dims = sorted(constant.dims for constant in contents.constants)
    return contents.operators, dims, stated(places), contents.ir_version


@pytest.mark.parametrize("content", MODELS)
def test_what_is_read_is_what_protocol_buffers_reads(content):
    assert found(content) == parsed(onnx.load_model_from_string(content))


def test_functions_and_sparse_tensors_are_counted():
    contents = read_contents(MODELS[1])
    assert (contents.functions, contents.sparse) == (1, 1)
    assert contents.opsets == [("", 18), ("here", 3), ("", 18)]
    assert {Operator("", "Erf"), Operator("", "Exp"), Operator("there", "Deep")} < contents.operators


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8", "uint64", "float16", "bool"])
@pytest.mark.parametrize("raw", [False, True])
def test_numbers_are_counted_however_they_are_stored(dtype, raw):
    values = (np.arange(6).reshape(2, 3) % 2).astype(dtype)
    kind = helper.np_dtype_to_tensor_dtype(values.dtype)
    stored = helper.make_tensor("w", kind, values.shape, values.tobytes() if raw else values.ravel(), raw=raw)
    (tensor,) = read_contents(product(stored).SerializeToString()).constants
    assert (tensor.dims, tensor.type, tensor.raw, tensor.numbers) == (
        ((2, 3), kind, values.nbytes, 0) if raw else ((2, 3), kind, None, 6)
    )


@st.composite
def damaged(draw):
    """A model with some bytes changed, taken out or put in, or cut off."""
    content = bytearray(draw(st.sampled_from(MODELS)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        removed = draw(st.integers(0, 3))
        content[place : place + removed] = draw(st.binary(max_size=3))
    return bytes(content[: draw(st.integers(0, len(content)) | st.just(len(content)))])


@settings(max_examples=1500)
@given(damaged() | st.binary(max_size=40))
def test_damage_is_named_or_read_as_protocol_buffers_reads_it(content):
    try:
        ours = found(content)
    except MalformedError as error:
        assert "\n" not in str(error)
        return
    try:
        theirs = parsed(onnx.load_model_from_string(content))
    except DecodeError:
        return  # ONNX Runtime, which parses alike, refuses it
    assert ours == theirs


def nested(depth):
    graph = helper.make_graph([helper.make_node("Erf", ["x"], ["y"])], "g", [], [])
    for _ in range(depth):
        graph = helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=graph)], "g", [], [])
    model = onnx.ModelProto(ir_version=9)
    model.graph.CopyFrom(graph)
    return model.SerializeToString()


def test_graphs_within_graphs_end_somewhere():
    assert Operator("", "Erf") in read_contents(nested(DEEPEST - 1)).operators
    with pytest.raises(MalformedError, match=f"more than {DEEPEST} deep"):
        read_contents(nested(DEEPEST))


@pytest.mark.parametrize("packed", [True, False])
def test_axes_end_somewhere(packed):
    sizes = [2**62] * (MOST_AXES + 1)
    content = product(inside()).SerializeToString()
    if packed:
        axes = b"".join(varint(size) for size in sizes * 10)
        tensor = b"\x0a" + varint(len(axes)) + axes
    else:
        tensor = b"".join(b"\x08" + varint(size) for size in sizes)
    graph = b"\x2a" + varint(len(tensor)) + tensor
    content = b"\x08\x09\x3a" + varint(len(graph)) + graph
    with pytest.raises(MalformedError, match=f"more than {MOST_AXES} axes"):
        read_contents(content)


def test_so_do_fields():
    with pytest.raises(MalformedError, match="more than 2097152 fields"):
        read_contents(b"\x10\x00" * (2**21 + 1))


def varint(value):
    groups = [value >> shift & 127 for shift in range(0, max(1, value.bit_length()), 7)]
    return bytes([group | 128 for group in groups[:-1]] + groups[-1:])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no graph"),
        (b"\x3a\x05ab", "cut off"),
        (b"\x3a", "a number that is cut off"),
        (b"\x3a" + b"\xff" * 10, "more than ten bytes"),
        (b"\x0b", "wire type 3"),
        (b"\x38\x01", "field 7 of wire type 0"),
        (b"\x3a\x00\x3a\x00", "field 7 twice"),
        (b"\x3a\x04\x0a\x02\x22\x00\xff", "a number that is cut off"),
        (b"\x3a\x05\x0a\x03\x22\x01\xff", "a name that is no text"),
    ],
)
def test_what_is_wrong_is_said(content, message):
    with pytest.raises(MalformedError, match=message):
        read_contents(content)


def test_the_numbers_of_the_product():
    (tensor,) = read_contents(MODELS[0]).constants
    assert math.prod(tensor.dims) == NUMBERS.size
