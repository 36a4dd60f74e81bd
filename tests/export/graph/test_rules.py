"""Each rule on a graph that asks for it, and on one that only looks like it."""

from __future__ import annotations

import numpy as np
import pytest

from export.graph import simplified
from tests.export.graph.graphs import graph, noise, operators, outputs

EPSILON = np.full((1, 1, 1, 1), 1e-3, np.float32)
SIDES = np.array([2, 3], np.int64)
NORMALIZED = """g (float[n, 3, h, w] x) => (float[n, 3, h, w] y) {{
    mean = ReduceMean<keepdims=1>(x, sides)
    centred = Sub(x, mean)
    squared = Mul(centred, centred)
    variance = ReduceMean<keepdims=1>(squared, sides)
    total = Add(variance, epsilon)
    root = Sqrt(total)
    factor = Reciprocal(root)
    {scale}
    scaled = Mul(x, scale)
    moved = Mul(mean, {by})
    {offset}
    y = Add(scaled, offset)
}}"""


def normalized(gain=True, shift=True, by="scale"):
    return NORMALIZED.format(
        scale="scale = Mul(factor, gain)" if gain else "scale = Identity(factor)",
        offset="offset = Sub(shift, moved)" if shift else "offset = Neg(moved)",
        by=by,
    )


@pytest.mark.parametrize(("gain", "shift"), [(True, True), (True, False), (False, True), (False, False)])
def test_an_instance_normalization_is_one_node(gain, shift):
    gains = np.array([2.0, -1.0, 0.5], np.float32).reshape(1, 3, 1, 1)
    shifts = np.array([0.0, 3.0, -2.0], np.float32).reshape(1, 3, 1, 1)
    constants = {"gain": gains} if gain else {}
    constants |= {"shift": shifts} if shift else {}
    model = simplified(graph(normalized(gain, shift), sides=SIDES, epsilon=EPSILON, **constants))
    assert operators(model) == {"InstanceNormalization": 1}
    x = noise(2, 3, 5, 4)
    expected = (x - x.mean((2, 3), keepdims=True)) / np.sqrt(x.var((2, 3), keepdims=True) + 1e-3)
    expected = expected * (gains if gain else 1.0) + (shifts if shift else 0.0)
    np.testing.assert_allclose(outputs(model, x=x)[0], expected, atol=1e-5)


def test_what_only_looks_like_an_instance_normalization_stays():
    """The mean is moved by another scale than the values."""
    gain = np.full((1, 3, 1, 1), 2.0, np.float32)
    source = graph(normalized(by="factor"), sides=SIDES, epsilon=EPSILON, gain=gain, shift=gain)
    model = simplified(source)
    assert "InstanceNormalization" not in operators(model)
    x = noise(2, 3, 5, 4)
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], atol=1e-5)


BY_HAND = {
    "Div(centred, root)": ("Mul(centred, centred)", "y = Div(centred, root)"),
    "Mul(centred, Reciprocal(root))": ("Pow(centred, two)", "factor = Reciprocal(root) y = Mul(factor, centred)"),
    "Mul(centred, Div(1, root))": ("Pow(centred, two)", "factor = Div(one, root) y = Mul(centred, factor)"),
}


def by_hand(squared, end, mean="ReduceMean<keepdims=1>(x, sides)"):
    """A normalization as it is written in PyTorch without its layer for it."""
    return graph(
        f"""g (float[n, 3, h, w] x) => (float[n, 3, h, w] y) {{
            mean = {mean}
            centred = Sub(x, mean)
            squared = {squared}
            variance = ReduceMean<keepdims=1>(squared, sides)
            total = Add(variance, epsilon)
            root = Sqrt(total)
            {end}
        }}""",
        sides=SIDES,
        epsilon=EPSILON,
        two=np.float32(2),
        one=np.float32(1),
        gain=np.array([2.0, -1.0, 0.5], np.float32).reshape(3, 1, 1),
        shift=np.array([0.0, 3.0, -2.0], np.float32).reshape(3, 1, 1),
    )


def standardized(x):
    return (x - x.mean((2, 3), keepdims=True)) / np.sqrt(x.var((2, 3), keepdims=True) + 1e-3)


@pytest.mark.parametrize("form", BY_HAND)
def test_an_instance_normalization_by_hand_is_one_node(form):
    model = simplified(by_hand(*BY_HAND[form]))
    assert operators(model) == {"InstanceNormalization": 1}
    x = noise(2, 3, 5, 4)
    np.testing.assert_allclose(outputs(model, x=x)[0], standardized(x), atol=1e-5)


def test_a_mean_by_pooling_is_a_mean():
    model = simplified(by_hand("Mul(centred, centred)", "y = Div(centred, root)", "GlobalAveragePool(x)"))
    assert operators(model) == {"InstanceNormalization": 1}


@pytest.mark.parametrize("end", ["scaled = Mul(gain, made) y = Add(scaled, shift)", "y = Mul(made, gain)"])
def test_what_scales_a_normalization_goes_into_it(end):
    model = simplified(by_hand("Mul(centred, centred)", f"made = Div(centred, root) {end}"))
    assert operators(model) == {"InstanceNormalization": 1}
    x = noise(2, 3, 5, 4)
    gain, shift = (np.array(values).reshape(3, 1, 1) for values in ([2.0, -1.0, 0.5], [0.0, 3.0, -2.0]))
    expected = standardized(x) * gain + (shift if "shift" in end else 0.0)
    np.testing.assert_allclose(outputs(model, x=x)[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("squared", "end"),
    [
        ("Mul(centred, x)", "y = Div(centred, root)"),
        ("Mul(centred, centred)", "y = Div(x, root)"),
        ("Mul(centred, centred)", "y = Div(root, centred)"),
        ("Pow(centred, gain)", "y = Div(centred, root)"),
        ("Mul(centred, centred)", "factor = Div(two, root) y = Mul(centred, factor)"),
    ],
)
def test_quotients_that_only_look_like_a_normalization_stay(squared, end):
    source = by_hand(squared, end)
    model = simplified(source)
    assert "InstanceNormalization" not in operators(model)
    x = 0.1 + np.abs(noise(2, 3, 5, 4))
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("groups", [3, 6])
@pytest.mark.parametrize("restored", ["Shape(x)", "Identity(whole)"])
def test_groups_of_one_channel_are_an_instance_normalization(groups, restored):
    """As PyTorch's older exporter writes any group normalization."""
    gain, shift = noise(6, 1, 1), noise(6, 1, 1, seed=1)
    source = graph(
        f"""g (float[n, 6, 5, 4] x) => (float[n, 6, 5, 4] y) {{
            grouped = Reshape(x, groups)
            normalized = InstanceNormalization<epsilon = 0.001>(grouped, ones, zeros)
            shape = {restored}
            same = Reshape(normalized, shape)
            scaled = Mul(same, gain)
            y = Add(scaled, shift)
        }}""",
        groups=np.array([0, groups, -1]),
        whole=np.array([-1, 6, 5, 4]),
        ones=np.ones(groups, np.float32),
        zeros=np.zeros(groups, np.float32),
        gain=gain,
        shift=shift,
    )
    model = simplified(source)
    assert (operators(model) == {"InstanceNormalization": 1}) == (groups == 6)
    x = noise(2, 6, 5, 4, seed=2)
    parts = x.reshape(2, groups, -1)
    parts = (parts - parts.mean(2, keepdims=True)) / np.sqrt(parts.var(2, keepdims=True) + 1e-3)
    np.testing.assert_allclose(outputs(model, x=x)[0], parts.reshape(x.shape) * gain + shift, atol=1e-5)


@pytest.mark.parametrize("operator", ["Conv", "ConvTranspose"])
@pytest.mark.parametrize("bias", [True, False])
def test_what_batch_normalization_leaves_goes_into_the_weights(operator, bias):
    given = "x, kernel, bias" if bias else "x, kernel"
    constants = {"kernel": noise(4, 4, 3, 3), "by": noise(1, 4, 1, 1, seed=1), "more": noise(1, 4, 1, 1, seed=2)}
    constants |= {"bias": noise(4, seed=3)} if bias else {}
    source = graph(
        f"""g (float[n, 4, 6, 6] x) => (float[n, 4, h, w] y) {{
            made = {operator}<strides = [2, 2]>({given})
            scaled = Mul(made, by)
            y = Add(scaled, more)
        }}""",
        **constants,
    )
    model = simplified(source)
    assert operators(model) == {operator: 1}
    x = noise(2, 4, 6, 6)
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], atol=1e-5)


def test_a_convolution_whose_result_is_used_twice_keeps_it():
    source = graph(
        """g (float[n, 4, 6, 6] x) => (float[n, 4, 4, 4] y, float[n, 4, 4, 4] z) {
            y = Conv(x, kernel)
            z = Mul(y, by)
        }""",
        kernel=noise(4, 4, 3, 3),
        by=noise(1, 4, 1, 1),
    )
    model = simplified(source)
    x = noise(2, 4, 6, 6)
    for received, expected in zip(outputs(model, x=x), outputs(source, x=x), strict=True):
        np.testing.assert_allclose(received, expected, atol=1e-5)


def test_a_scale_along_another_axis_stays_outside():
    source = graph(
        """g (float[n, 4, 6, 10] x) => (float[n, 8, 4, 8] y) {
            made = Conv(x, kernel)
            y = Mul(made, by)
        }""",
        kernel=noise(8, 4, 3, 3),
        by=noise(8),
    )
    model = simplified(source)
    assert operators(model) == {"Conv": 1, "Mul": 1}
    x = noise(2, 4, 6, 10)
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], atol=1e-5)


def test_vectors_become_pictures_in_the_order_of_onnx():
    """A dense layer, batch normalization, rectification, and the transpose to channels first."""
    source = graph(
        """g (float[n, 5] x) => (float[n, 4, 2, 3] y) {
            product = MatMul(x, weights)
            pictures = Reshape(product, shape)
            scaled = Mul(pictures, by)
            moved = Add(scaled, more)
            positive = Relu(moved)
            y = Transpose<perm = [0, 3, 1, 2]>(positive)
        }""",
        weights=noise(5, 24),
        shape=np.array([-1, 2, 3, 4], np.int64),
        by=noise(4, seed=1),
        more=noise(4, seed=2),
    )
    model = simplified(source)
    assert operators(model) == {"Gemm": 1, "Reshape": 1, "Relu": 1}
    x = noise(7, 5)
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], atol=1e-5)


def test_transposes_around_a_normalization_by_class_vanish():
    source = graph(
        """g (float[n, 4, 6, 6] x, float[n, 4] gain, float[n, 4] shift) => (float[n, 4, 8, 8] y) {
            last = Transpose<perm = [0, 2, 3, 1]>(x)
            gains = Unsqueeze(gain, first)
            more = Unsqueeze(gains, second)
            factors = Add(one, more)
            scaled = Mul(factors, last)
            shifts = Unsqueeze(shift, both)
            moved = Add(scaled, shifts)
            positive = Relu(moved)
            padded = Pad<mode = "reflect">(positive, around)
            y = Transpose<perm = [0, 3, 1, 2]>(padded)
        }""",
        one=np.float32(1),
        first=np.array([1]),
        second=np.array([2]),
        both=np.array([1, 2]),
        around=np.array([0, 1, 1, 0, 0, 1, 1, 0]),
    )
    model = simplified(source)
    assert "Transpose" not in operators(model)
    feed = {"x": noise(2, 4, 6, 6), "gain": noise(2, 4, seed=1), "shift": noise(2, 4, seed=2)}
    np.testing.assert_allclose(outputs(model, **feed)[0], outputs(source, **feed)[0], atol=1e-6)


def test_transposes_of_a_branch_meet_behind_it():
    source = graph(
        """g (float[n, 4, 6, 5] x, float[n, 4, 6, 5] z) => (float[n, 4, 6, 5] y) {
            one = Transpose<perm = [0, 2, 3, 1]>(x)
            other = Transpose<perm = [0, 2, 3, 1]>(z)
            sum = Add(one, other)
            positive = Relu(sum)
            again = Add(positive, one)
            y = Transpose<perm = [0, 3, 1, 2]>(again)
        }"""
    )
    model = simplified(source)
    assert operators(model) == {"Add": 2, "Relu": 1}
    feed = {"x": noise(2, 4, 6, 5), "z": noise(2, 4, 6, 5, seed=1)}
    np.testing.assert_array_equal(outputs(model, **feed)[0], outputs(source, **feed)[0])


def test_a_label_is_looked_up_as_it_is():
    source = graph(
        """g (int64[n] label) => (float[n, 2] y) {
            real = Cast<to = 1>(label)
            less = Less(real, zero)
            others = Not(less)
            kept_by = Cast<to = 7>(others)
            kept = Mul(label, kept_by)
            wrapped_by = Cast<to = 7>(less)
            wrapped = Add(label, rows)
            wrapped_if = Mul(wrapped_by, wrapped)
            index = Add(wrapped_if, kept)
            y = Gather<axis = 0>(table, index)
        }""",
        zero=np.float32(0),
        rows=np.array(5),
        table=noise(5, 2),
    )
    model = simplified(source)
    assert operators(model) == {"Gather": 1}
    label = np.array([0, 4, -1, -5, 2])
    np.testing.assert_array_equal(outputs(model, label=label)[0], noise(5, 2)[label])


def test_a_label_that_wraps_at_another_number_stays():
    source = graph(
        """g (int64[n] label) => (float[n, 2] y) {
            shifted = Add(label, rows)
            none = Mul(shifted, nothing)
            kept = Mul(label, once)
            index = Add(none, kept)
            y = Gather<axis = 0>(table, index)
        }""",
        rows=np.array(4),
        nothing=np.array(0),
        once=np.array(1),
        table=noise(5, 2),
    )
    label = np.array([0, 4, 2])
    np.testing.assert_array_equal(outputs(simplified(source), label=label)[0], noise(5, 2)[label])


@pytest.mark.parametrize("sides", [("8", "6"), ("h", "w")])
@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_to_three_channels_makes_four_pixels_at_a_time(sides, bias):
    given = "x, kernel, bias" if bias else "x, kernel"
    source = graph(
        f"""g (float[n, 5, {sides[0]}, {sides[1]}] x) => (float[n, 3, {sides[0]}, {sides[1]}] y) {{
            y = Conv<pads = [2, 1, 2, 1]>({given})
        }}""",
        kernel=noise(3, 5, 5, 3),
        **({"bias": noise(3, seed=1)} if bias else {}),
    )
    model = simplified(source, even=True)
    assert operators(model) == {"Conv": 1, "DepthToSpace": 1}
    x = noise(2, 5, 8, 6)
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], atol=1e-5)


def test_a_convolution_to_three_channels_of_odd_sides_stays():
    text = "g (float[n, 5, {0}, 6] x) => (float[n, 3, {0}, 6] y) {{ y = Conv<pads = [1, 1, 1, 1]>(x, kernel) }}"
    for side in ("7", "h"):
        assert operators(simplified(graph(text.format(side), kernel=noise(3, 5, 3, 3)))) == {"Conv": 1}


PADDED = """g (float[n, 64, {0}, {1}] x) => (float[n, 64, h, w] y) {{
    padded = Pad<mode = "reflect">(x, around)
    first = Conv(padded, kernel, bias)
    positive = Relu(first)
    again = Pad<mode = "reflect">(positive, around)
    second = Conv(again, kernel)
    y = Add(second, x)
}}"""


def test_a_convolution_by_parts_pads_with_zeros():
    source = graph(
        "g (float[n, 64, h, w] x) => (float[n, 64, h, w] y) { y = Conv<pads = [0, 2, 1, 1]>(x, kernel) }",
        kernel=noise(64, 64, 3, 3) * 0.04,
    )
    model = simplified(source, target="cpu")
    assert operators(model)["MatMul"] == 2
    x = noise(1, 64, 4, 37)
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], atol=1e-4)


@pytest.mark.parametrize("size", [(3, 34), (4, 35), (2, 33), (5, 48)])
@pytest.mark.parametrize("free", [False, True])
def test_a_convolution_by_parts_equals_the_whole(size, free):
    kernel = noise(64, 64, 3, 3) * 0.04
    around = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    source = graph(PADDED.format(*(("h", "w") if free else size)), kernel=kernel, bias=noise(64, seed=1), around=around)
    model = simplified(source, target="cpu")
    assert operators(model)["MatMul"] == 4
    x = noise(2, 64, *size)
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], atol=1e-4)
    if free:
        assert operators(model)["Range"] == 4, "matrices of one width are made once"


@pytest.mark.parametrize("attributes", ["strides = [2, 2]", "dilations = [2, 2]", "group = 2"])
def test_other_convolutions_are_not_taken_apart(attributes):
    kernel = noise(64, 32 if "group" in attributes else 64, 3, 3)
    source = graph(
        f"g (float[n, 64, 40, 40] x) => (float[n, 64, h, w] y) {{ y = Conv<{attributes}>(x, kernel) }}", kernel=kernel
    )
    assert operators(simplified(source, target="cpu")) == {"Conv": 1}


def test_only_the_processor_s_own_graphs_are_taken_apart():
    source = graph(
        "g (float[n, 64, 40, 40] x) => (float[n, 64, 38, 38] y) { y = Conv(x, kernel) }", kernel=noise(64, 64, 3, 3)
    )
    assert operators(simplified(source)) == {"Conv": 1}


def test_a_narrow_convolution_inside_may_have_odd_sides():
    """At half the size of pictures whose sides are even, here 6x10, which are 3x5."""
    source = graph(
        """g (float[n, 3, h, w] x) => (float[n, 3, h, w] y) {
            small = Conv<strides = [2, 2], pads = [1, 1, 1, 1]>(x, kernel)
            inner = Conv<pads = [1, 1, 1, 1]>(small, kernel)
            y = Resize<mode = "nearest">(inner, , scales)
        }""",
        kernel=noise(3, 3, 3, 3),
        scales=np.array([1, 1, 2, 2], np.float32),
    )
    model = simplified(source, even=True)
    x = noise(1, 3, 6, 10)
    np.testing.assert_allclose(outputs(model, x=x)[0], outputs(source, x=x)[0], atol=1e-5)
