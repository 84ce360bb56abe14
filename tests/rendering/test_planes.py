import numpy as np
import pytest

from convnet_widgets.rendering.planes import heat_plane, image_plane, slice_places

RNG = np.random.default_rng(0)


def test_a_photograph_is_itself():
    pixels = RNG.integers(0, 256, (5, 7, 3), np.uint8)
    heat = RNG.random((5, 7), np.float32)
    np.testing.assert_array_equal(image_plane(pixels), pixels)
    np.testing.assert_array_equal(heat_plane(heat, (5, 7)), heat)


def test_the_channels_of_a_sequence_are_rows_each_on_its_own_scale():
    signal = np.array([[0, 5], [1, 5], [2, 5], [1, -5], *[[0, 5]] * 20])
    picture = image_plane(signal)
    assert picture.shape == (4, 24, 3)
    assert picture[:2, :5, 0].tolist() == [[0, 128, 255, 128, 0]] * 2
    assert picture[2:, :5, 0].tolist() == [[255, 255, 255, 0, 255]] * 2


def test_the_heat_of_a_sequence_stands_in_every_row():
    heat = np.array([0, np.nan, 1], np.float32)
    np.testing.assert_array_equal(heat_plane(heat, (2, 3)), [heat, heat])


def test_slices_and_the_heat_on_them_lie_at_the_same_places_with_lines_between():
    volume = RNG.integers(0, 256, (5, 30, 60, 1), np.uint8)
    volume[0, 0, 0], volume[4, 0, 0] = 0, 255  # one scale for all
    picture = image_plane(volume)
    heat = volume[..., 0] / np.float32(255)
    plane = heat_plane(heat, picture.shape[:2])
    places = slice_places(5, 30, 60)
    assert places.gap == (2, 2)
    for row, column in np.ndindex(*plane.shape):
        found = places.locate(row, column)
        if found is None:
            assert np.isnan(plane[row, column])
            assert picture[row, column].tolist() == [128] * 3
        else:
            assert plane[row, column] == heat[found]
            assert picture[row, column].tolist() == [volume[(*found, 0)]] * 3


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4, 5, 1)])
def test_an_input_of_another_rank(shape):
    with pytest.raises(ValueError, match="got shape"):
        image_plane(np.zeros(shape))


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 5, 5), (1, 2, 3, 4)])
def test_heat_of_another_extent(shape):
    with pytest.raises(ValueError, match=r"picture has 5 × 5 pixels; got shape \("):
        heat_plane(np.zeros(shape), (5, 5))
