import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from convnet_widgets.rendering.colour_maps import lookup_table
from convnet_widgets.rendering.overlays import OVERLAY_COLOUR_MAPS, blend, superimpose

PHOTOGRAPH = np.array([[[10, 20, 30], [200, 100, 0]], [[255, 0, 128], [1, 2, 3]]], np.uint8)
HEAT = np.array([[0, 1], [0.5, np.nan]], np.float32)
PIXELS = arrays.arrays(np.uint8, (3, 4, 3))
HEATS = arrays.arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32) | st.just(np.nan))
SHARES = st.floats(0, 1)


def lightness(colours):
    """Relative luminance of RGB bytes."""
    linear = np.where(
        colours <= 10, colours / 255 / 12.92, ((colours / 255 + 0.055) / 1.055) ** 2.4
    )
    return linear @ [0.2126, 0.7152, 0.0722]


# --- as the book does ---


def test_the_colour_times_the_intensity_is_added_and_clipped():
    # grey 0, 255, 128 times 0.4: 0, 102, 51.2
    expected = [[[10, 20, 30], [255, 202, 102]], [[255, 51, 179], [1, 2, 3]]]
    assert superimpose(PHOTOGRAPH, HEAT, colour_map="gray").tolist() == expected


def test_the_colours_of_the_book():
    black = np.zeros((1, 3, 3), np.uint8)
    added = superimpose(black, [[0, 0.5, 1]], colour_map="jet", intensity=1)
    np.testing.assert_array_equal(added[0], lookup_table("jet")[[0, 128, 255]])


def test_the_hottest_pixel_does_not_wrap_to_the_coldest():
    white = np.full((1, 256, 3), 255, np.uint8)
    heat = np.arange(256)[None] / 255
    for intensity in (0.4, 1, 2, 1000):
        assert superimpose(white, heat, colour_map="gray", intensity=intensity).min() == 255
        ramp = superimpose(white // 2, heat, colour_map="gray", intensity=intensity)
        assert (np.diff(ramp.astype(int), axis=1) >= 0).all()


def test_an_intensity_of_zero_adds_nothing():
    np.testing.assert_array_equal(superimpose(PHOTOGRAPH, HEAT, intensity=0), PHOTOGRAPH)


# --- as the browser does ---


def test_the_blend_is_between_photograph_and_colour():
    # a quarter of grey 0, 255, 128 and three quarters of the photograph, halves rounded up
    expected = [[[8, 15, 23], [214, 139, 64]], [[223, 32, 128], [1, 2, 3]]]
    assert blend(PHOTOGRAPH, HEAT, colour_map="gray", alpha=0.25).tolist() == expected


def test_below_the_threshold_is_the_photograph():
    blended = blend(PHOTOGRAPH, HEAT, colour_map="gray", alpha=1, threshold=0.5)
    expected = [[[10, 20, 30], [255] * 3], [[128] * 3, [1, 2, 3]]]
    assert blended.tolist() == expected


@given(PIXELS, HEATS, SHARES, SHARES)
def test_the_formula_holds_for_every_pixel(photograph, heat, alpha, threshold):
    blended = blend(photograph, heat, alpha=alpha, threshold=threshold)
    table = lookup_table("inferno").astype(float)
    for place in np.ndindex(*heat.shape):
        pixel, value = photograph[place], heat[place]
        if not np.isnan(value) and value >= threshold:
            colour = table[int(np.floor(value * np.float32(255) + np.float32(0.5)))]
            pixel = np.floor(pixel * (1 - alpha) + colour * alpha + 0.5)
        assert blended[place].tolist() == pixel.tolist()


# --- both ---


@pytest.mark.parametrize("name", [name for name in OVERLAY_COLOUR_MAPS if name != "jet"])
def test_more_heat_is_never_darker(name):
    grey = np.full((1, 256, 3), 90, np.uint8)
    heat = np.arange(256)[None] / 255
    for drawn in (blend(grey, heat, colour_map=name), superimpose(grey, heat, colour_map=name)):
        steps = np.diff(lightness(drawn)[0])
        assert steps.min() > -0.004  # a byte is rounded
        assert lightness(drawn)[0, -1] > lightness(drawn)[0, 0] + 0.1


@pytest.mark.parametrize("draw", [blend, superimpose])
class TestBoth:
    def test_a_grey_photograph_is_taken_as_rgb(self, draw):
        grey = PHOTOGRAPH[..., :1]
        rgb = grey.repeat(3, axis=2)
        for given_ in (grey, grey[..., 0]):
            np.testing.assert_array_equal(draw(given_, HEAT), draw(rgb, HEAT))

    def test_heat_that_is_not_a_number_leaves_the_photograph(self, draw):
        np.testing.assert_array_equal(draw(PHOTOGRAPH, np.full((2, 2), np.nan)), PHOTOGRAPH)

    def test_what_is_given_stays_as_it_is(self, draw):
        photograph, heat = PHOTOGRAPH.copy(), HEAT.copy()
        drawn = draw(photograph, heat)
        drawn[:] = 7
        np.testing.assert_array_equal(photograph, PHOTOGRAPH)
        np.testing.assert_array_equal(heat, HEAT)

    def test_wrong_input(self, draw):
        with pytest.raises(ValueError, match=r"photograph, \(2, 2\); got shape \(3, 2\).*resized"):
            draw(PHOTOGRAPH, np.zeros((3, 2)))
        with pytest.raises(TypeError, match=r"uint8, 0–255; got float64; .*photograph\(\)"):
            draw(PHOTOGRAPH / 255, HEAT)
        with pytest.raises(ValueError, match=r"\(height, width\); got shape \(1, 2, 2, 3\)"):
            draw(PHOTOGRAPH[None], HEAT)
        with pytest.raises(ValueError, match=r"intensities in \[0, 1\]"):
            draw(PHOTOGRAPH, HEAT * 255)
        with pytest.raises(ValueError, match="did you mean inferno"):
            draw(PHOTOGRAPH, HEAT, colour_map="infreno")

    def test_a_large_photograph_takes_little_memory(self, draw):
        photograph = np.zeros((1500, 2000, 3), np.uint8)
        heat = np.zeros((1500, 2000), np.float32)
        draw(photograph[:2], heat[:2])
        tracemalloc.start()
        try:
            draw(photograph, heat)
            assert tracemalloc.get_traced_memory()[1] < 6 * photograph.nbytes
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("wrong", [{"alpha": 1.5}, {"threshold": -0.1}, {"alpha": np.nan}])
def test_shares_that_are_none(wrong):
    [name] = wrong
    with pytest.raises(ValueError, match=rf"expected {name} in \[0, 1\]; got"):
        blend(PHOTOGRAPH, HEAT, **wrong)


@pytest.mark.parametrize("wrong", [-0.4, np.nan, np.inf])
def test_an_intensity_that_is_none(wrong):
    with pytest.raises(ValueError, match="expected an intensity of 0 or more; got"):
        superimpose(PHOTOGRAPH, HEAT, intensity=wrong)
