import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convnet_widgets.rendering.intensity import MODES, intensity, scale

SHAPES = hnp.array_shapes(min_dims=3, max_dims=4, max_side=4)
ANY_FLOATS = st.sampled_from([np.float16, np.float32, np.float64]).flatmap(
    lambda dtype: hnp.arrays(dtype, SHAPES)
)
TAME = hnp.arrays(np.float64, SHAPES, elements=st.integers(-100, 100).map(float))

# one map [[0, 1], [2, 4]] and one map [[−2, −2], [0, 6]]
MAPS = np.array([[[0, -2], [1, -2]], [[2, 0], [4, 6]]], np.float32)


def test_each_map_by_its_own_extremes():
    result = intensity(MAPS, "map")
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result[..., 0], [[0, 0.25], [0.5, 1]])
    np.testing.assert_array_equal(result[..., 1], [[0, 0], [0.25, 1]])


def test_one_scale_for_the_layer():
    result = intensity(MAPS, "layer")
    np.testing.assert_array_equal(result[..., 0], [[0.25, 0.375], [0.5, 0.75]])
    np.testing.assert_array_equal(result[..., 1], [[0, 0], [0.25, 1]])


def test_standardised_is_the_formula_of_the_book():
    one = MAPS[..., 1].astype(float)
    expected = np.clip((one - one.mean()) / one.std() * 64 + 128, 0, 255) / 255
    np.testing.assert_allclose(intensity(MAPS, "standardised")[..., 1], expected, atol=1e-7)


def test_standardised_clips_at_two_deviations():
    outlier = np.zeros((10, 10, 1))
    outlier[0, 0] = 1000
    result = intensity(outlier, "standardised")
    assert result[0, 0, 0] == 1
    assert intensity(-outlier, "standardised")[0, 0, 0] == 0


def test_signed_has_zero_at_the_middle_and_one_limit():
    result = intensity(MAPS, "signed")
    np.testing.assert_allclose(result[..., 0], 0.5 + MAPS[..., 0] / 12, atol=1e-7)
    np.testing.assert_allclose(result[..., 1], 0.5 + MAPS[..., 1] / 12, atol=1e-7)


@pytest.mark.parametrize(
    ("mode", "value", "drawn"),
    [
        ("map", 0.1, 0),
        ("layer", 0.1, 0),
        ("standardised", 0.1, 128 / 255),
        ("standardised", 1e30, 128 / 255),
        ("standardised", 0, 128 / 255),
        ("signed", 0, 0.5),
        ("signed", 3, 1),
        ("signed", -3, 0),
    ],
)
def test_constant_maps(mode, value, drawn):
    np.testing.assert_array_equal(intensity(np.full((3, 5, 2), value), mode), np.float32(drawn))


@pytest.mark.parametrize("mode", ["map", "layer"])
def test_infinities_saturate_and_nan_is_lowest(mode):
    maps = np.array([[[1.0], [2.0], [3.0], [np.inf], [-np.inf], [np.nan]]])
    np.testing.assert_array_equal(intensity(maps, mode).ravel(), [0, 0.5, 1, 1, 0, 0])


def test_a_value_beyond_float32_saturates_on_the_smallest_scale():
    maps = np.array([[[0.0], [8e-281], [3.40282347e38]]])
    np.testing.assert_array_equal(intensity(maps, "map").ravel(), [0, 1, 1])


def test_a_map_without_finite_values_leaves_the_others_alone():
    maps = np.stack([np.full((2, 2), np.nan), [[0, 1], [2, 4]]], axis=-1)
    result = intensity(maps, "map")
    np.testing.assert_array_equal(result[..., 0], 0)
    np.testing.assert_array_equal(result[..., 1], [[0, 0.25], [0.5, 1]])


def test_half_precision_does_not_overflow():
    maps = np.array([[[-60000.0], [60000.0], [0.0]]], np.float16)
    for mode in ("map", "layer", "signed"):
        np.testing.assert_array_equal(intensity(maps, mode).ravel(), [0, 1, 0.5])


def test_integers_and_booleans():
    bytes_ = np.array([[[0], [51], [255]]], np.uint8)
    np.testing.assert_array_equal(intensity(bytes_).ravel(), np.float32([0, 0.2, 1]))
    np.testing.assert_array_equal(intensity(np.array([[[False], [True]]])).ravel(), [0, 1])


@given(ANY_FLOATS, st.sampled_from(MODES))
def test_always_finite_and_in_range(maps, mode):
    result = intensity(maps, mode)
    assert result.shape == maps.shape
    assert result.dtype == np.float32
    assert np.all((result >= 0) & (result <= 1))


@given(
    TAME,
    st.integers(1, 50),
    st.integers(-50, 50),
    st.sampled_from(["map", "layer", "standardised"]),
)
def test_scaling_and_shifting_the_maps_changes_nothing(maps, factor, offset, mode):
    np.testing.assert_allclose(
        intensity(factor * maps + offset, mode), intensity(maps, mode), atol=1e-6
    )


@given(TAME, st.sampled_from(MODES))
def test_more_is_never_drawn_lower(maps, mode):
    drawn = intensity(maps, mode)
    one, shares = maps[..., 0].reshape(-1), drawn[..., 0].reshape(-1)
    if mode in ("map", "standardised") and maps.ndim == 4:
        one, shares = maps[0, ..., 0].ravel(), drawn[0, ..., 0].ravel()
    assert np.all(np.diff(shares[np.argsort(one)]) >= 0)


@given(TAME.filter(lambda maps: maps.ndim == 4), st.sampled_from(["map", "standardised"]))
def test_a_batch_is_scaled_as_one_by_one(maps, mode):
    one_by_one = np.stack([intensity(image, mode) for image in maps])
    np.testing.assert_array_equal(intensity(maps, mode), one_by_one)


def test_the_ends_of_a_scale_are_the_values_drawn_there():
    of = scale(MAPS, "standardised")
    mean, deviation = MAPS.mean((0, 1)), MAPS.std((0, 1))
    np.testing.assert_allclose(of.low.ravel(), mean - 2 * deviation, rtol=1e-6)
    np.testing.assert_allclose(of.high.ravel(), mean + 127 / 64 * deviation, rtol=1e-6)
    of = scale(MAPS, "signed")
    assert (of.low.item(), of.high.item()) == (-6, 6)


def test_the_maps_are_left_unchanged():
    maps = MAPS.copy()
    for mode in MODES:
        intensity(maps, mode)
    np.testing.assert_array_equal(maps, MAPS)


def test_unknown_mode():
    with pytest.raises(ValueError, match="'standardized'; did you mean standardised"):
        intensity(MAPS, "standardized")
    with pytest.raises(ValueError, match="known are map, layer, standardised, signed"):
        intensity(MAPS, "zzz")


@pytest.mark.parametrize("maps", [np.zeros((4, 4)), np.zeros((0, 4, 4))])
def test_missing_axes(maps):
    with pytest.raises(ValueError, match=r"axes \(height, width, channels\).*got shape"):
        intensity(maps, "map")


@pytest.mark.parametrize("maps", [[[["a"]]], np.zeros((1, 1, 1), complex)])
def test_not_numbers(maps):
    with pytest.raises(TypeError, match="expected real numbers"):
        intensity(maps, "map")
