import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convnet_widgets.rendering.mosaic import layout, maps_to_tiles, mosaic

COUNTS, SIDES, GAPS = st.integers(1, 12), st.integers(1, 4), st.integers(0, 2)


def numbered(count, height, width):
    return np.arange(1, count * height * width + 1).reshape(count, height, width)


def test_an_incomplete_row_is_filled():
    result = mosaic(numbered(3, 1, 2), columns=2, gap=1, fill=-1)
    np.testing.assert_array_equal(result, [[1, 2, -1, 3, 4], [-1] * 5, [5, 6, -1, -1, -1]])


def test_gaps_differ_between_rows_and_columns():
    result = mosaic(numbered(4, 1, 1), columns=2, gap=(2, 0))
    np.testing.assert_array_equal(result, [[1, 2], [0, 0], [0, 0], [3, 4]])


def test_colours():
    tiles = np.array([[[[1, 2, 3]]], [[[4, 5, 6]]]], np.uint8)
    result = mosaic(tiles, columns=2, gap=1, fill=(9, 8, 7))
    np.testing.assert_array_equal(result, [[[1, 2, 3], [9, 8, 7], [4, 5, 6]]])
    assert result.dtype == np.uint8


@given(COUNTS, SIDES, SIDES, st.none() | st.integers(1, 15), GAPS, GAPS)
def test_every_pixel_is_kept_in_its_place(count, height, width, columns, down, across):
    tiles = numbered(count, height, width)
    result = mosaic(tiles, columns, (down, across), fill=0)
    places = layout(count, height, width, columns, (down, across))
    assert result.shape == places.shape
    np.testing.assert_array_equal(np.sort(result[result > 0]), tiles.ravel())
    for row, column in np.ndindex(*result.shape):
        found = places.locate(row, column)
        assert result[row, column] == (tiles[found] if found else 0)


@given(COUNTS, SIDES, SIDES)
def test_outside_there_is_no_tile(count, height, width):
    places = layout(count, height, width)
    rows, columns = places.shape
    outside = [(-1, 0), (0, -1), (rows, 0), (0, columns)]
    assert [places.locate(*place) for place in outside] == [None] * 4


@pytest.mark.parametrize(
    ("count", "height", "width", "columns"),
    [(64, 9, 9, 8), (1, 5, 5, 1), (2048, 7, 7, 46), (8, 100, 400, 2), (8, 400, 100, 6)],
)
def test_near_a_square_by_default(count, height, width, columns):
    assert layout(count, height, width).columns == columns


def test_maps_become_tiles_untransposed():
    maps = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    tiles = maps_to_tiles(maps)
    np.testing.assert_array_equal(tiles[1], maps[:, :, 1])
    assert tiles.shape == (4, 2, 3)


@pytest.mark.parametrize("shape", [(2, 2), (0, 2, 2), (2, 2, 2, 2), (2, 0, 2)])
def test_not_tiles(shape):
    with pytest.raises(ValueError, match=r"expected tiles .*got shape \("):
        mosaic(np.zeros(shape))


def test_wrong_arrangements():
    tiles = numbered(2, 2, 2)
    with pytest.raises(ValueError, match="at least 1 column of tiles; got 0"):
        mosaic(tiles, columns=0)
    with pytest.raises(ValueError, match="gap of 0 pixels or more; got -1"):
        mosaic(tiles, gap=-1)
    with pytest.raises(ValueError, match=r"expected maps \(height, width, channels\)"):
        maps_to_tiles(np.zeros((2, 2)))
