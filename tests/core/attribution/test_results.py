import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from convnet_widgets.core.attribution.results import (
    CamStep,
    Heatmap,
    Heatmaps,
    Target,
    normalised,
)
from convnet_widgets.core.framing import Frame, frame_of

NAN = np.nan
CAT = Target("Egyptian cat", 285, 9.5, 0.75)
VALUES = np.array([[0, 1], [0, 0.5]], "float32")


def heatmap(values=VALUES, layer="conv5", **options):
    values = np.asarray(values, "float32")
    return Heatmap(values, values * 4 - 1, layer, CAT, "grad_cam", **options)


def floats(*values):
    return np.array(values, "float32")


# To [0, 1]


def test_negative_values_are_cut_and_the_maximum_is_one():
    values, reason = normalised(floats([-3, 0], [2, 8]))
    np.testing.assert_array_equal(values, floats([0, 0], [0.25, 1]))
    assert values.dtype == np.float32
    assert reason == ""


@pytest.mark.parametrize("scale", [1e38, 3.4e38, 1e-38, 1e-44])
def test_no_magnitude_overflows(scale):
    raw = floats([-1, 0], [0.5, 1]) * np.float32(scale)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values, reason = normalised(raw)
    np.testing.assert_allclose(values, floats([0, 0], [0.5, 1]), atol=0.08 if scale < 1e-40 else 0)
    assert reason == ""


DARK = {
    "nan": (floats([1, NAN]), "NaN or infinite"),
    "inf": (floats([1, np.inf]), "NaN or infinite"),
    "minus inf": (floats([1, -np.inf]), "NaN or infinite"),
    "zero": (floats([0, 0]), "0 everywhere.*gradient vanishes"),
    "negative": (floats([-1, -2]), "nowhere positive"),
    "negative everywhere the same": (floats([-1, -1]), "nowhere positive"),
    "the same": (floats([[7, 7]]), "the same everywhere"),
    "the same within rounding": (floats([1e5, 1e5 * (1 + 5e-7)]), "the same everywhere"),
    "the same and tiny": (floats([1e-40, 1e-40]), "the same everywhere"),
    "one place": (floats([[7]]), "single place.*choose an earlier layer"),
    "one place in time": (floats([7]), "single place"),
    "one place that is NaN": (floats([[[NAN]]]), "single place"),
}


@pytest.mark.parametrize("case", DARK)
def test_a_map_that_shows_nothing_is_zeros_with_a_reason(case):
    raw, sentence = DARK[case]
    values, reason = normalised(raw)
    np.testing.assert_array_equal(values, np.zeros_like(raw))
    assert values.dtype == np.float32
    with pytest.raises(ValueError, match=sentence):
        raise ValueError(reason)


def test_what_differs_by_more_than_rounding_is_shown():
    values, reason = normalised(floats(1e-30, 1e-30 * (1 + 1e-5)))
    assert values[1] == 1
    assert values[0] == pytest.approx(1 - 1e-5, abs=1e-6)
    assert reason == ""


shapes = arrays.array_shapes(max_dims=3, max_side=4)
anything = st.floats(width=32)


@given(arrays.arrays(np.float32, shapes, elements=anything))
def test_values_are_finite_and_within_range_whatever_comes(raw):
    values, reason = normalised(raw)
    assert values.shape == raw.shape
    assert np.isfinite(values).all()
    assert values.min() >= 0
    assert values.max() == (0 if reason else 1)


@given(arrays.arrays(np.float32, (3, 4), elements=st.floats(-8, 8, width=16)), st.integers(-9, 9))
def test_scaling_the_map_changes_nothing(raw, exponent):
    scaled = normalised(raw * np.float32(2.0**exponent))
    np.testing.assert_array_equal(normalised(raw)[0], scaled[0])


# Heatmaps


def test_a_heatmap_is_an_array():
    np.testing.assert_array_equal(np.asarray(heatmap()), VALUES)
    assert np.asarray(heatmap()) is not None
    assert np.asarray(heatmap(), "float64").dtype == np.float64
    copy = np.array(heatmap())
    copy[:] = 7
    np.testing.assert_array_equal(heatmap().values, VALUES)
    np.testing.assert_array_equal(np.stack(Heatmaps([heatmap()] * 2)), np.stack([VALUES] * 2))


def test_what_a_heatmap_prints():
    assert repr(heatmap()) == "Heatmap(2 × 2 of conv5 · Egyptian cat · grad_cam)"
    dark = heatmap(np.zeros(4), reason="nowhere positive")
    assert repr(dark) == "Heatmap(4 of conv5 · Egyptian cat · grad_cam · nowhere positive)"


def test_what_heatmaps_print():
    several = Heatmaps([heatmap(), heatmap()])
    assert repr(several) == "Heatmaps(2 of conv5 · Egyptian cat, Egyptian cat · grad_cam)"
    assert repr(Heatmaps()) == "Heatmaps(none)"
    of_pixels = Heatmaps([heatmap(layer="")])
    assert repr(of_pixels) == "Heatmaps(1 of the input · Egyptian cat · grad_cam)"


def test_a_step():
    assert CamStep(1, 4) == (1, 4, None)
    done, total, found = CamStep(4, 4, several := Heatmaps())
    assert (done, total) == (4, 4)
    assert found is several


# Back to the photograph


def test_a_heatmap_on_the_photograph():
    placed = heatmap(frame=frame_of((2, 6), (2, 2), "crop")).resized()
    np.testing.assert_array_equal(
        placed, [[NAN, NAN, 0, 1, NAN, NAN], [NAN, NAN, 0, 0.5, NAN, NAN]]
    )


def test_a_heatmap_on_the_photograph_at_another_size():
    found = heatmap(frame=frame_of((4, 12), (2, 2), "crop"))
    np.testing.assert_array_equal(found.resized((2, 6))[:, 2:4], VALUES)
    assert np.isnan(found.resized((2, 6))[:, [0, 1, 4, 5]]).all()


def test_a_heatmap_on_a_padded_photograph():
    # the network's two rows lie over twice the height
    placed = heatmap(frame=Frame((2, 4), (-1, 0, 4, 4))).resized()
    np.testing.assert_array_equal(placed[:, 0], [0, 0])
    np.testing.assert_array_equal(placed[:, 3], [0.875, 0.625])


def test_a_heatmap_without_a_photograph():
    np.testing.assert_array_equal(heatmap().resized((2, 4))[0], [0, 0.25, 0.75, 1])
    signal, volume = heatmap([0, 1]), heatmap(np.zeros((2, 2, 2)))
    np.testing.assert_array_equal(signal.resized((4,)), floats(0, 0.25, 0.75, 1))
    np.testing.assert_array_equal(volume.resized((3, 4, 5)), np.zeros((3, 4, 5), "float32"))


def test_a_size_that_is_missing_or_does_not_fit():
    with pytest.raises(ValueError, match=r"no photograph.*give resized\(\) the size.*\(2, 2\)"):
        heatmap().resized()
    with pytest.raises(ValueError, match=r"size of 2 axes.*\(2, 2\), got \(3,\)"):
        heatmap().resized((3,))
