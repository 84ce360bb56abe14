import numpy as np
import pytest

from convnet_widgets.rendering.reduction import reduced

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("side", [1, 2, 3, 4, 7])
def test_a_pixel_is_the_mean_of_its_square_and_of_what_is_left_at_the_ends(side):
    pictures = RNG.integers(0, 256, (2, 11, 8, 3), np.uint8)
    expected = [
        [
            [one[y : y + side, x : x + side].mean((0, 1)) for x in range(0, 8, side)]
            for y in range(0, 11, side)
        ]
        for one in pictures
    ]
    small = reduced(pictures, side)
    assert small.dtype == np.uint8
    np.testing.assert_allclose(small, expected, atol=1)


def test_pictures_that_are_not_reduced_are_the_same():
    pictures = RNG.integers(0, 256, (2, 5, 5, 3), np.uint8)
    np.testing.assert_array_equal(reduced(pictures, 1), pictures)
