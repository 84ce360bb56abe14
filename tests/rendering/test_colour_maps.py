import matplotlib
import numpy as np
import pytest

from convnet_widgets.rendering.colour_maps import (
    COLOUR_MAPS,
    apply_colour_map,
    kernel_colours,
    lookup_table,
    to_bytes,
)


@pytest.mark.parametrize("name", [*COLOUR_MAPS, "tab10", "jet", "twilight"])
def test_the_table_has_the_colours_of_matplotlib_rounded(name):
    table = lookup_table(name)
    colours = matplotlib.colormaps[name]
    steps = (2 * np.arange(256) + 1) * colours.N // 512
    assert table.dtype == np.uint8
    np.testing.assert_allclose(table / 255, colours(steps)[:, :3], atol=0.5 / 255 + 1e-12)


def test_known_colours():
    greys = np.arange(256)[:, None].repeat(3, axis=1)
    np.testing.assert_array_equal(lookup_table("gray"), greys)
    np.testing.assert_array_equal(lookup_table("viridis")[[0, 255]], [[68, 1, 84], [253, 231, 37]])


def test_the_table_is_kept_and_protected():
    assert lookup_table("magma") is lookup_table("magma")
    with pytest.raises(ValueError, match="read-only"):
        lookup_table("magma")[0] = 0


def test_unknown_name_lists_near_ones():
    with pytest.raises(ValueError, match="'virdis'; did you mean viridis"):
        lookup_table("virdis")


def test_a_name_near_none_lists_the_usual_ones():
    more = len(matplotlib.colormaps) - len(COLOUR_MAPS)
    says = f"'zz'; known are {', '.join(COLOUR_MAPS)} and {more} more$"
    with pytest.raises(ValueError, match=says):
        lookup_table("zz")


def test_the_index_is_rounded_half_up():
    shares = np.array([[0, 0.5 / 255, 0.49 / 255], [0.5, 254.5 / 255, 1]])
    expected = [[0, 1, 0], [128, 255, 255]]
    np.testing.assert_array_equal(apply_colour_map(shares, "gray")[..., 1], expected)


def test_every_byte_survives_the_way_to_an_intensity_and_back():
    for dtype in (np.float32, np.float64):
        np.testing.assert_array_equal(to_bytes(np.arange(256, dtype=dtype) / 255), np.arange(256))


@pytest.mark.parametrize("wrong", [[1.5], [-0.1], [np.nan], [255]])
def test_values_that_are_no_intensities(wrong):
    with pytest.raises(ValueError, match=r"expected intensities in \[0, 1\].*intensity\(\)"):
        apply_colour_map(np.array(wrong), "gray")


def test_colours_of_kernels_share_one_scale_with_grey_at_zero():
    kernels = np.zeros((2, 1, 2, 3))
    kernels[0, 0, 0] = [2, 0, -2]
    kernels[1, 0, 1] = [1, -1, 0]
    expected = np.full((2, 1, 2, 3), 128)
    expected[0, 0, 0] = [255, 128, 0]
    expected[1, 0, 1] = [191, 64, 128]
    np.testing.assert_array_equal(kernel_colours(kernels), expected)


def test_kernels_over_other_channels_have_no_colour():
    with pytest.raises(ValueError, match=r"3 channels \(red, green, blue\); got shape \(3, 3, 4\)"):
        kernel_colours(np.zeros((3, 3, 4)))
