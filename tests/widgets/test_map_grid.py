import numpy as np
import pytest
import traitlets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from programs import check_javascript
from widget_states import from_browser

from convnet_widgets.rendering.colour_maps import lookup_table
from convnet_widgets.widgets._map_traits import statistics
from convnet_widgets.widgets.map_grid import MapGrid

RNG = np.random.default_rng(0)


def decoded(grid):
    """Values (group · channel, height, width) as a browser reads them from the traits."""
    codes = np.frombuffer(grid._codes, "<u2").reshape(-1, grid.height, grid.width)
    low, high = np.frombuffer(grid._ranges, "<f4").reshape(-1, 2).T[..., None, None]
    return low + codes / 65535 * (high - low)


@pytest.fixture
def states(monkeypatch):
    """Every state that a widget sends."""
    sent = []
    monkeypatch.setattr(MapGrid, "send_state", lambda _, key=None: sent.append(set(key or ())))
    return sent


def test_maps_are_sent_channel_by_channel():
    maps = RNG.normal(size=(5, 4, 3)).astype(np.float32)
    grid = MapGrid(maps)
    assert (grid.height, grid.width, grid.channels, grid.groups) == (5, 4, 3, 1)
    np.testing.assert_allclose(decoded(grid), maps.transpose(2, 0, 1), atol=1e-4)


def test_groups_are_sent_one_after_the_other():
    kernels = RNG.normal(size=(2, 3, 4, 5)).astype(np.float32)
    grid = MapGrid(kernels)
    assert (grid.groups, grid.height, grid.width, grid.channels) == (2, 3, 4, 5)
    values = decoded(grid).reshape(2, 5, 3, 4)
    np.testing.assert_allclose(values, kernels.transpose(0, 3, 1, 2), atol=1e-4)


def test_uint8_tiles_of_three_are_colours():
    tiles = RNG.integers(0, 256, (6, 2, 4, 3), np.uint8)
    grid = MapGrid(tiles)
    assert (grid.channels, grid.height, grid.width, grid.groups) == (6, 2, 4, 1)
    assert grid._pixels == tiles.tobytes()
    assert grid._codes == grid._ranges == grid._statistics == b""


def test_floats_with_three_channels_are_groups():
    assert MapGrid(np.ones((6, 2, 4, 3))).groups == 6


def test_statistics_by_hand():
    maps = np.zeros((2, 2, 3), np.float32)
    maps[..., 1] = [[0, 2], [4, 6]]
    maps[..., 2] = -3
    np.testing.assert_allclose(
        statistics(maps), [[0, 0, 0, 1], [3, 5**0.5, 6, 0.25], [-3, 0, -3, 0]], rtol=1e-6
    )


def test_statistics_leave_out_what_is_not_finite():
    maps = np.array([[[np.nan, np.nan]], [[1, np.inf]], [[3, -np.inf]]], np.float32)
    np.testing.assert_allclose(statistics(maps), [[2, 1, 3, 0], [0, 0, 0, 0]])


@settings(deadline=None, max_examples=50)
@given(
    hnp.arrays(
        np.float32, (4, 3, 5), elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0])
    )
)
def test_statistics_are_those_of_numpy(maps):
    wide = maps.reshape(12, 5).astype(float)
    expected = np.stack([wide.mean(0), wide.std(0), wide.max(0), (wide == 0).mean(0)], axis=1)
    np.testing.assert_allclose(statistics(maps), expected, rtol=1e-5, atol=0.1)


def test_half_precision_does_not_overflow():
    grid = MapGrid(np.full((200, 200, 1), 60000, np.float16))
    assert np.frombuffer(grid._statistics, "<f4").tolist() == [60000, 0, 60000, 0]


@pytest.mark.parametrize("kind", [bool, np.int64, np.uint8, np.float64])
def test_other_real_numbers_are_maps(kind):
    maps = np.array([[[0, 1]], [[1, 1]]]).astype(kind)
    np.testing.assert_array_equal(decoded(MapGrid(maps)).ravel(), [0, 1, 1, 1])


@pytest.mark.parametrize(
    ("maps", "error", "words"),
    [
        (np.zeros((4, 4)), ValueError, r"got shape \(4, 4\).*maps\[\.\.\., None\]"),
        (np.zeros((1, 2, 3, 4, 5)), ValueError, r"got shape \(1, 2, 3, 4, 5\)"),
        (np.zeros((4, 0, 2)), ValueError, r"at least one value.*\(4, 0, 2\)"),
        (np.zeros((2, 2, 2), complex), TypeError, "real numbers; got complex128"),
        (np.full((2, 2, 2), "a"), TypeError, "real numbers; got <U1"),
    ],
)
def test_what_is_no_array_of_maps_is_refused(maps, error, words):
    with pytest.raises(error, match=words):
        MapGrid(maps)


def test_other_maps_that_are_refused_change_nothing():
    grid = MapGrid(np.ones((2, 2, 4)), channel=3)
    before = grid.get_state()
    with pytest.raises(ValueError, match="got shape"):
        grid.set_maps(np.ones(3))
    assert grid.get_state() == before


def test_an_empty_display_has_no_channels():
    grid = MapGrid()
    assert (grid.channels, grid.channel, grid.page, grid.group) == (0, 0, 0, 0)


@pytest.mark.parametrize(("given", "kept"), [(-4, 0), (0, 0), (70, 70), (99, 99), (100, 99)])
def test_the_channel_stays_within_the_maps(given, kept):
    grid = MapGrid(np.zeros((1, 1, 100)), channel=given)
    assert grid.channel == kept
    grid.channel = 5
    grid.channel = given
    assert grid.channel == kept


def test_group_and_page_stay_within_the_maps():
    grid = MapGrid(np.zeros((3, 1, 1, 100)), group=9, page=9)
    assert (grid.group, grid.page) == (2, 1)
    grid.page_size = 100
    assert grid.page == 0


def test_fewer_maps_clamp_the_channel_and_begin_at_the_first_group_and_page():
    grid = MapGrid(np.zeros((3, 1, 1, 200)), channel=150, group=2, page=2)
    grid.set_maps(np.zeros((2, 1, 1, 100)))
    assert (grid.channel, grid.group, grid.page) == (99, 0, 0)


def test_other_maps_of_the_same_count_keep_the_place():
    grid = MapGrid(np.zeros((3, 1, 1, 200)), channel=150, group=2, page=2)
    grid.set_maps(np.ones((3, 2, 2, 200)))
    assert (grid.channel, grid.group, grid.page) == (150, 2, 2)


def test_other_maps_arrive_as_one_state(states):
    grid = MapGrid(np.zeros((1, 1, 10)), channel=9)
    states.clear()
    grid.set_maps(np.ones((2, 3, 4)), label="conv2")
    assert len(states) == 1
    assert states[0] >= {"_codes", "_ranges", "channels", "channel", "height", "width", "label"}


def test_observers_see_the_new_state_only():
    grid = MapGrid(np.zeros((1, 1, 10)), channel=9)
    seen = []
    grid.observe(lambda _: seen.append((grid.channel, grid.channels, len(grid._codes))))
    grid.set_maps(np.ones((2, 3, 4)))
    assert set(seen) == {(3, 4, 48)}


def test_from_the_browser_a_channel_arrives_clamped():
    grid = MapGrid(np.zeros((1, 1, 10)))
    from_browser(grid, channel=12)
    assert grid.channel == 9


def test_any_colour_map_of_matplotlib_is_sent_along():
    grid = MapGrid(colour_map="plasma")
    assert grid._colour_maps["plasma"] == lookup_table("plasma").tobytes()
    grid.colour_map = "cubehelix"
    assert len(grid._colour_maps["cubehelix"]) == 768
    assert {"viridis", "magma", "inferno", "gray", "coolwarm", "plasma"} < set(grid._colour_maps)


def test_an_unknown_colour_map_is_refused():
    grid = MapGrid()
    with pytest.raises(ValueError, match=r"virids.*viridis"):
        grid.colour_map = "virids"
    assert grid.colour_map == "viridis"


@pytest.mark.parametrize("name", ["intensity", "order"])
def test_unknown_modes_are_refused(name):
    with pytest.raises(traitlets.TraitError, match=name):
        MapGrid(**{name: "nonsense"})


def test_unknown_keywords_are_refused():
    with pytest.raises(TypeError, match=r"chanel.*channel"):
        MapGrid(chanel=3)


def test_the_representation_has_no_address_and_no_bytes():
    assert repr(MapGrid(np.zeros((2, 3, 4)), label="conv1")) == (
        "MapGrid(label='conv1', channels=4, height=2, width=3, channel=0, "
        "colour_map='viridis', intensity='map')"
    )


def test_pure_functions_of_the_browser():
    check_javascript("map_*")
