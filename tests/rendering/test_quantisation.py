import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convnet_widgets.rendering.quantisation import dequantise, quantise

SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, max_side=5)
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
FLOAT32 = hnp.arrays(np.float32, SHAPES, elements=FINITE)


def test_codes_are_little_endian_in_the_order_of_the_maps():
    maps = np.array([[[0, 7], [1, 7]], [[65535, 7], [256, 7]]], np.float32)
    result = quantise(maps)
    assert result.codes == b"\x00\x00\x01\x00\xff\xff\x00\x01" + bytes(8)
    np.testing.assert_array_equal(result.ranges, [[0, 65535], [7, 7]])
    assert result.ranges.dtype == np.float32
    assert (result.height, result.width) == (2, 2)


def test_rows_and_columns_come_back_in_their_places():
    maps = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_allclose(dequantise(quantise(maps)), maps, atol=1e-3)


@given(FLOAT32)
def test_error_is_at_most_half_a_step(maps):
    low, high = maps.min((0, 1)).astype(float), maps.max((0, 1)).astype(float)
    error = np.abs(dequantise(quantise(maps)).astype(float) - maps)
    rounding = np.maximum(np.abs(low), np.abs(high)) * 2.0**-23 + 2.0**-149
    assert np.all(error <= 1.04 * (high - low) / 131070 + rounding)


@given(FLOAT32)
def test_the_extremes_have_the_first_and_the_last_code(maps):
    result = quantise(maps)
    codes = np.frombuffer(result.codes, "<u2").reshape(maps.shape[2], -1)
    values = np.moveaxis(maps, -1, 0).reshape(maps.shape[2], -1)
    varies = values.min(1) < values.max(1)
    assert np.all(codes[values == values.min(1, keepdims=True)] == 0)
    assert np.all(codes[varies][(values == values.max(1, keepdims=True))[varies]] == 65535)
    assert np.all(codes[~varies] == 0)


@given(FLOAT32)
def test_the_zeros_of_a_relu_come_back_as_zeros(maps):
    maps = np.maximum(maps, 0)
    maps[0, 0] = 0
    assert np.all(dequantise(quantise(maps))[maps == 0] == 0)


def test_not_finite_values_take_the_ends():
    maps = np.array([[[1], [3], [np.nan], [np.inf], [-np.inf]]], np.float32)
    result = quantise(maps)
    np.testing.assert_array_equal(result.ranges, [[1, 3]])
    np.testing.assert_array_equal(np.frombuffer(result.codes, "<u2"), [0, 65535, 0, 65535, 0])


def test_a_map_without_finite_values_is_zero_throughout():
    maps = np.array([[[np.nan, 1], [np.inf, 2]]])
    np.testing.assert_array_equal(dequantise(quantise(maps)), [[[0, 1], [0, 2]]])


def test_float64_beyond_float32_counts_as_infinite():
    maps = np.array([[[0.0], [2.0], [1e300]]])
    np.testing.assert_array_equal(dequantise(quantise(maps)).ravel(), [0, 2, 2])


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int64, np.uint8, bool])
def test_other_types_of_number(dtype):
    maps = np.array([[[0], [1]]]).astype(dtype)
    np.testing.assert_array_equal(dequantise(quantise(maps)).ravel(), [0, 1])


def test_the_maps_are_left_unchanged():
    maps = np.random.default_rng(0).normal(size=(5, 4, 1)).astype(np.float32)
    before = maps.copy()
    quantise(maps)
    np.testing.assert_array_equal(maps, before)


@pytest.mark.parametrize("shape", [(2, 2), (1, 2, 2, 2), (0, 2, 2)])
def test_other_axes(shape):
    with pytest.raises(ValueError, match="got shape"):
        quantise(np.zeros(shape))
