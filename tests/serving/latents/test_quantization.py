from __future__ import annotations

import numpy as np
import pytest

from serving import InputError
from serving.latents.quantization import pack, packed_size, quantize, unpack


@pytest.fixture
def codes():
    rng = np.random.default_rng(0)
    scales = np.array([1e-6, 1.0, 300.0, 1e30])
    return (rng.normal(size=(50, 4)) * scales + [0.0, 5.0, -1000.0, 0.0]).astype(np.float32)


@pytest.mark.parametrize("bits", [1, 2, 8, 11, 16])
def test_no_code_is_moved_by_more_than_half_a_step(codes, bits):
    exact = codes.astype(np.float64)
    low, high = exact.min(axis=0), exact.max(axis=0)
    step = (high - low) / (2**bits - 1)
    # The result is float32, whose own rounding is half a unit in the last place.
    rounding = np.finfo(np.float32).eps / 2 * np.maximum(abs(low), abs(high))
    found = quantize(codes, bits).codes()
    assert (abs(found - exact) <= step / 2 + rounding).all()
    assert found.dtype == np.float32


@pytest.mark.parametrize("bits", [1, 7, 16])
def test_the_lowest_and_the_highest_code_stay(codes, bits):
    quantized = quantize(codes, bits)
    assert (quantized.levels.min(axis=0) == 0).all()
    assert (quantized.levels.max(axis=0) == 2**bits - 1).all()
    for end in ("min", "max"):
        np.testing.assert_array_equal(getattr(quantized.codes(), end)(axis=0), getattr(codes, end)(axis=0))


def test_levels_are_the_nearest():
    quantized = quantize(np.array([[0.0], [0.9], [1.1], [1.9], [3.0]]), 2)
    np.testing.assert_array_equal(quantized.levels[:, 0], [0, 1, 1, 2, 3])
    np.testing.assert_array_equal(quantized.codes()[:, 0], [0, 1, 1, 2, 3])


@pytest.mark.parametrize("bits", [1, 16])
def test_a_dimension_that_never_changes_is_kept(bits):
    codes = np.full((3, 1), 0.1, np.float32)
    np.testing.assert_array_equal(quantize(codes, bits).codes(), codes)


def test_codes_from_one_end_of_float32_to_the_other():
    most = np.finfo(np.float32).max
    np.testing.assert_array_equal(quantize(np.array([[-most], [most]]), 8).codes(), [[-most], [most]])


@pytest.mark.parametrize("bits", range(1, 17))
def test_levels_are_packed_without_a_gap_the_highest_bit_first(bits):
    levels = np.random.default_rng(bits).integers(0, 2**bits, (7, 3))
    digits = "".join(format(level, f"0{bits}b") for level in levels.ravel().tolist())
    digits += "0" * (-len(digits) % 8)
    packed = pack(levels, bits)
    assert packed == int(digits, 2).to_bytes(len(digits) // 8, "big")
    assert len(packed) == packed_size(bits, 21)
    unpacked = unpack(packed, bits, 21)
    np.testing.assert_array_equal(unpacked, levels.ravel())
    assert unpacked.dtype == np.uint16


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quantize(np.zeros((1, 1)), 0), "`bits` must be a whole number from 1 to 16. Received: 0."),
        (lambda: quantize(np.zeros((1, 1)), 17), "Received: 17."),
        (lambda: pack(np.zeros(1, int), 2.0), "Received: 2.0."),
        (lambda: quantize(np.zeros((0, 3)), 8), "codes must be finite numbers, (n, size). Received: (0, 3)"),
        (lambda: quantize(np.array([[np.nan]]), 8), "codes must be finite numbers"),
        (lambda: pack(np.array([4]), 2), "levels must be from 0 to 3. Received: 4 to 4."),
        (lambda: pack(np.array([-1]), 2), "Received: -1 to -1."),
        (lambda: unpack(b"12", 8, 3), "3 levels of 8 bits must have 3 bytes. Received: 2."),
    ],
)
def test_impossible_wishes_are_named(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value)
