import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from convnet_widgets.rendering.photographs import photograph

RNG = np.random.default_rng(0)
SHAPES = arrays.array_shapes(min_dims=3, max_dims=3, max_side=5)
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


def image(*values):
    """One row of pixels; a number is one channel."""
    return np.array(values, np.float32).reshape(1, len(values), -1)


def test_rgb_bytes_come_back_exactly():
    pixels = RNG.integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(photograph(pixels), pixels)
    np.testing.assert_array_equal(photograph(pixels.astype(np.float64)), pixels)


def test_between_0_and_255_values_are_rounded():
    drawn = photograph(image([0, 127.4, 255], [1.6, 254.6, 2]))
    assert drawn.tolist() == [[[0, 127, 255], [2, 255, 2]]]


def test_shares_of_white_fill_the_range():
    assert photograph(image([0, 0.5, 1], [0.2, 0.1, 0])).tolist() == [[[0, 128, 255], [51, 26, 0]]]


def test_one_channel_is_grey():
    assert photograph(image(0, 100, 255)).tolist() == [[[0] * 3, [100] * 3, [255] * 3]]


@pytest.mark.parametrize("pixel", [[10, 30], [10, 20, 30, 20], [20] * 7])
def test_bands_that_are_not_rgb_are_the_grey_of_their_mean(pixel):
    assert photograph(image(pixel)).tolist() == [[[20, 20, 20]]]


def test_other_ranges_are_stretched_from_lowest_to_highest():
    assert photograph(image(-1, 0, 1))[0, :, 0].tolist() == [0, 128, 255]
    assert photograph(image(0, 1000, 510))[0, :, 0].tolist() == [0, 255, 130]


def test_one_value_alone_is_no_range():
    assert photograph(image(-3, -3)).tolist() == [[[0] * 3] * 2]
    assert photograph(image(300, 300)).tolist() == [[[0] * 3] * 2]
    assert photograph(image(0, 0)).tolist() == [[[0] * 3] * 2]


@given(arrays.arrays(np.float32, SHAPES, elements=FINITE))
def test_every_finite_image_is_drawn_and_keeps_the_order_of_its_values(pixels):
    drawn = photograph(pixels)
    assert (drawn.dtype, drawn.shape) == (np.uint8, (*pixels.shape[:2], 3))
    values = pixels if pixels.shape[2] == 3 else pixels.mean(2, np.float64, keepdims=True)
    order = np.argsort(values, axis=None)
    steps = np.diff(drawn[..., : values.shape[2]].ravel()[order].astype(int))
    assert (steps >= 0).all()


@given(arrays.arrays(np.float32, SHAPES, elements=st.floats(-1000, 1000, width=32)))
def test_the_image_given_is_left_as_it_is(pixels):
    before = pixels.copy()
    photograph(pixels)
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4, 3), (0, 4, 3), (4, 4, 0)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ValueError, match=r"\(height, width, channels\); got shape"):
        photograph(np.zeros(shape))
