"""What the overlay sends to the browser, and what it refuses."""

import io

import numpy as np
import pytest
import traitlets
from PIL import Image
from programs import check_javascript

from convnet_widgets.rendering.colour_maps import lookup_table
from convnet_widgets.widgets.heatmap_overlay import HeatmapOverlay

RNG = np.random.default_rng(0)
PHOTOGRAPH = RNG.integers(0, 256, (20, 30, 3), np.uint8)


def decoded(overlay):
    """The heat as a browser reads it from the traits, NaN where nothing was seen."""
    shape = overlay._map_height, overlay._map_width
    codes = np.frombuffer(overlay._codes, "<u2").reshape(shape)
    low, high = overlay._range
    unseen = np.frombuffer(overlay._unseen or bytes(codes.size), np.uint8).reshape(shape)
    return np.where(unseen, np.nan, low + codes / 65535 * (high - low))


def pixels(overlay):
    return np.asarray(Image.open(io.BytesIO(overlay._photograph)))


def test_pure_functions_of_the_browser():
    check_javascript("heat_values")


def test_heat_is_sent_to_a_step_of_its_range():
    heat = RNG.uniform(0, 1, (7, 9)).astype(np.float32)
    overlay = HeatmapOverlay(values=heat)
    assert (overlay._map_height, overlay._map_width) == (7, 9)
    np.testing.assert_allclose(decoded(overlay), heat, atol=1 / 131070 + 1e-7)
    assert overlay._range == [heat.min(), heat.max()]
    assert overlay._unseen == b""
    assert overlay._box == []


def test_what_was_not_seen_stays_so():
    heat = np.array([[np.nan, 0.25], [1, np.nan]])
    np.testing.assert_array_equal(decoded(HeatmapOverlay(values=heat)), heat)
    nothing = HeatmapOverlay(values=np.full((2, 2), np.nan))
    assert np.isnan(decoded(nothing)).all()


def test_a_small_photograph_is_sent_without_loss_at_its_own_size():
    overlay = HeatmapOverlay(PHOTOGRAPH)
    np.testing.assert_array_equal(pixels(overlay), PHOTOGRAPH)
    assert (overlay.height, overlay.width) == (20, 30)
    grey = HeatmapOverlay(PHOTOGRAPH[..., 0])
    np.testing.assert_array_equal(pixels(grey), PHOTOGRAPH[..., 0])


@pytest.mark.parametrize("colours", [(3,), ()])
def test_a_large_photograph_is_sent_smaller_and_told_in_its_own_pixels(colours):
    large = np.full((1300, 700, *colours), 90, np.uint8)
    overlay = HeatmapOverlay(large)
    assert pixels(overlay).shape[:2] == (434, 234)
    assert (overlay.height, overlay.width) == (1300, 700)


def test_a_file_is_passed_on_as_it_is():
    file = io.BytesIO()
    Image.fromarray(PHOTOGRAPH).save(file, "webp")
    overlay = HeatmapOverlay()
    overlay.set_photograph(file.getvalue())
    assert overlay._photograph == file.getvalue()
    assert (overlay.height, overlay.width) == (20, 30)
    overlay.set_photograph(file.getvalue(), (200, 300))
    assert (overlay.height, overlay.width) == (200, 300)


def test_a_map_and_what_goes_with_it_arrive_in_one_message(monkeypatch):
    overlay, sent = HeatmapOverlay(PHOTOGRAPH), []
    monkeypatch.setattr(overlay, "send_state", lambda key=None: sent.append(set(key)))
    overlay.set_map([[0, 1]], (0, -4, 20, 38), label="tusker")
    (names,) = sent
    assert {"_codes", "_box", "label", "_map_width"} <= names
    assert overlay._box == [0, -4, 20, 38]
    overlay.set_map(None, note="the map is zero everywhere")
    assert (overlay._codes, overlay._box, overlay._map_height) == (b"", [], 0)
    overlay.set_photograph(None)
    assert (overlay._photograph, overlay.height) == (b"", 0)


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (np.zeros((2, 2, 1)), ValueError, r"rows, columns.*got shape \(2, 2, 1\)"),
        (np.zeros((0, 2)), ValueError, r"got shape \(0, 2\)"),
        ([[0, 1.5]], ValueError, r"in \[0, 1\].*got 0 to 1\.5"),
        ([[-0.5, 1]], ValueError, r"got -0\.5 to 1"),
        ([[0, np.inf]], ValueError, "got 0 to inf"),
        ([["a"]], TypeError, "real numbers; got <U1"),
    ],
)
def test_what_is_no_heat_is_refused_and_changes_nothing(values, error, words):
    overlay = HeatmapOverlay(values=[[1]])
    before = overlay.get_state()
    with pytest.raises(error, match=words):
        overlay.set_map(values)
    assert overlay.get_state() == before


@pytest.mark.parametrize("box", [(0, 0, 4), (0, 0, 0, 4), (0, 0, 4, -1), (0, np.nan, 4, 4)])
def test_what_is_no_box_is_refused(box):
    with pytest.raises(ValueError, match="a box is .top, left, height, width."):
        HeatmapOverlay(values=[[1]], box=box)


def test_photographs_that_are_none_are_refused():
    with pytest.raises(TypeError, match="uint8; got float64"):
        HeatmapOverlay(np.zeros((4, 4, 3)))
    with pytest.raises(ValueError, match=r"got shape \(4, 4, 7\)"):
        HeatmapOverlay(np.zeros((4, 4, 7), np.uint8))
    with pytest.raises(ValueError, match=r"from 1 on; got \(0, 4\)"):
        HeatmapOverlay().set_photograph(PHOTOGRAPH, (0, 4))


@pytest.mark.parametrize("name", ["alpha", "threshold"])
@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_shares_lie_between_nothing_and_all(name, value):
    with pytest.raises(traitlets.TraitError):
        HeatmapOverlay(**{name: value})


def test_any_colour_map_of_matplotlib_reaches_the_browser():
    overlay = HeatmapOverlay(colour_map="plasma")
    assert overlay._colour_maps["plasma"] == lookup_table("plasma").tobytes()
    assert HeatmapOverlay().colour_map == "inferno"
    with pytest.raises(ValueError, match="no colour map 'infernal'.*inferno"):
        overlay.colour_map = "infernal"


def test_it_prints_what_it_shows():
    assert repr(HeatmapOverlay(PHOTOGRAPH, label="cup")) == (
        "HeatmapOverlay(label='cup', height=20, width=30, alpha=0.5, colour_map='inferno')"
    )
