from io import BytesIO

import numpy as np
import pytest
import traitlets
from PIL import Image
from programs import check_javascript
from widget_states import from_browser

from convnet_widgets.widgets import picture_grid
from convnet_widgets.widgets.picture_grid import PictureGrid

RNG = np.random.default_rng(0)


def pictures(count=5, height=6, width=9):
    return RNG.integers(0, 256, (count, height, width, 3), np.uint8)


def sheet_of(grid):
    """The sheet as a browser reads it, (height, width, 3)."""
    cells = grid._cells
    if cells["jpeg"]:
        return np.asarray(Image.open(BytesIO(grid._sheet)))
    return np.frombuffer(grid._sheet, np.uint8).reshape(-1, cells["columns"] * cells["across"], 3)


def decoded(grid):
    cells, sheet = grid._cells, sheet_of(grid)
    corners = [divmod(i, cells["columns"]) for i in range(cells["count"])]
    places = [(row * cells["down"], column * cells["across"]) for row, column in corners]
    height, width = (-(-side // cells["reduced"]) for side in (grid.height, grid.width))
    return np.stack([sheet[y : y + height, x : x + width] for y, x in places])


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until its only value is changed."""
    now = [100.0]
    monkeypatch.setattr(picture_grid, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def states(monkeypatch):
    """Every state that a widget sends."""
    sent = []
    monkeypatch.setattr(PictureGrid, "send_state", lambda _, key=None: sent.append(set(key or ())))
    return sent


@pytest.mark.parametrize(
    ("count", "height", "width"), [(1, 1, 1), (7, 64, 64), (12, 20, 30), (5, 33, 16)]
)
def test_pictures_arrive_exactly(count, height, width):
    given = pictures(count, height, width)
    grid = PictureGrid(given)
    assert (grid.count, grid.height, grid.width) == (count, height, width)
    np.testing.assert_array_equal(decoded(grid), given)


def test_on_a_draft_no_picture_colours_its_neighbour():
    tiles = np.zeros((4, 20, 20, 3), np.uint8)
    tiles[1:] = 255
    grid = PictureGrid()
    assert grid.set_pictures(tiles, draft=True)
    np.testing.assert_allclose(decoded(grid).astype(int), tiles, atol=2)
    assert len(grid._sheet) < tiles.nbytes


def test_a_draft_of_a_smooth_picture_is_close_and_small():
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    tiles = np.broadcast_to(ramp[:, None, None], (64, 64, 64, 3))
    grid = PictureGrid()
    grid.set_pictures(tiles, draft=True)
    assert np.abs(decoded(grid).astype(int) - tiles).max() <= 8
    assert len(grid._sheet) < tiles.nbytes / 20


@pytest.mark.parametrize(
    ("count", "height", "width"), [(512, 128, 128), (64, 224, 224), (1, 1500, 1500), (300, 20, 300)]
)
def test_a_draft_of_much_has_about_a_million_pixels_at_most(count, height, width):
    grid = PictureGrid()
    grid.set_pictures(np.zeros((count, height, width, 3), np.uint8), draft=True)
    assert sheet_of(grid)[..., 0].size <= 2**20
    assert (grid.count, grid.height, grid.width) == (count, height, width)
    grid.set_pictures(np.zeros((count, height, width, 3), np.uint8))
    assert decoded(grid).shape == (count, height, width, 3)


def test_a_draft_of_much_has_the_means_of_neighbours():
    grid = PictureGrid()
    tiles = np.zeros((512, 128, 128, 3), np.uint8)
    tiles[7, :64] = [90, 150, 210]
    tiles[7, 64:, ::2] = 200
    assert grid.set_pictures(tiles, draft=True)
    small = decoded(grid)[7, :, 2:-2].astype(int)  # colours blur by a pixel
    assert grid._cells["reduced"] == 4
    np.testing.assert_allclose(small[2:14] - [90, 150, 210], 0, atol=4)
    np.testing.assert_allclose(small[18:-2], 100, atol=4)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (np.zeros((2, 4, 4, 3)), TypeError, "uint8.*got float64.*Clip, round and convert"),
        (np.zeros((4, 4, 3), np.uint8), ValueError, r"got shape \(4, 4, 3\).*picture\[None\]"),
        (np.zeros((2, 4, 4, 1), np.uint8), ValueError, r"got shape \(2, 4, 4, 1\)"),
        (np.zeros((0, 4, 4, 3), np.uint8), ValueError, r"at least one pixel.*\(0, 4, 4, 3\)"),
    ],
)
def test_what_is_no_array_of_pictures_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        PictureGrid(given)
    grid = PictureGrid(pictures(3), labels=[7, 8, 9], index=2)
    before = grid.get_state()
    with pytest.raises(error, match=words):
        grid.set_pictures(given)
    assert grid.get_state() == before


def test_labels_are_texts_of_numbers():
    assert PictureGrid(pictures(3), labels=np.array([4, 0, 511])).labels == ["4", "0", "511"]


@pytest.mark.parametrize("name", ["labels", "status"])
def test_too_few_of_a_list_are_refused_and_nothing_is_changed(name):
    with pytest.raises(traitlets.TraitError, match="one for each of 3 pictures; got 2"):
        PictureGrid(pictures(3), **{name: ["ok", "ok"]})
    grid = PictureGrid(pictures(3), labels=[7, 8, 9], status=["ok", "silent", "ok"], index=2)
    before = grid.get_state()
    with pytest.raises(traitlets.TraitError, match="one for each of 4 pictures; got 2"):
        grid.set_pictures(pictures(4), **{name: ["ok", "ok"]})
    assert grid.get_state() == before


def test_an_unknown_status_is_refused():
    with pytest.raises(traitlets.TraitError, match="helped.*grey"):
        PictureGrid(pictures(2), status=["ok", "grey"])


@pytest.mark.parametrize(("given", "kept"), [(-4, 0), (3, 3), (4, 4), (5, 4), (70, 4)])
def test_the_choice_stays_within_the_pictures(given, kept):
    grid = PictureGrid(pictures(5), index=given)
    assert grid.index == kept
    grid.index = 1
    grid.index = given
    assert grid.index == kept


def test_better_pictures_keep_choice_labels_and_status():
    grid = PictureGrid(pictures(3), labels=[7, 8, 9], status=["ok", "silent", "helped"], index=2)
    better = pictures(3)
    grid.set_pictures(better)
    np.testing.assert_array_equal(decoded(grid), better)
    assert (grid.index, grid.labels) == (2, ["7", "8", "9"])
    assert grid.status == ["ok", "silent", "helped"]
    grid.set_pictures(better, status=["ok"] * 3)
    assert grid.status == ["ok"] * 3


def test_another_number_of_pictures_begins_anew():
    grid = PictureGrid(pictures(3), labels=[7, 8, 9], status=["ok", "silent", "helped"], index=2)
    grid.set_pictures(pictures(2))
    assert (grid.index, grid.labels, grid.status) == (1, [], [])
    grid.set_pictures(pictures(4), labels="abcd", status=["ok"] * 4)
    assert (grid.index, grid.labels, grid.status) == (1, list("abcd"), ["ok"] * 4)


def test_other_pictures_arrive_as_one_state(states):
    grid = PictureGrid(pictures(3))
    states.clear()
    grid.set_pictures(pictures(2), status=["ok", "silent"], labels=[1, 2])
    assert len(states) == 1
    assert states[0] >= {"_sheet", "_cells", "labels", "status"}


def test_drafts_are_at_most_ten_a_second(clock, states):
    grid = PictureGrid()
    sent = []
    for step in range(100):
        clock[0] = 100 + step * 0.015625
        states.clear()
        sent.append(grid.set_pictures(pictures(2), draft=True))
        assert len(states) == sent[-1]
    assert sent[0]
    assert sum(sent) == 15  # of 1.55 s, each after 7 steps of 1/64 s


def test_large_drafts_are_rarer(clock):
    grid = PictureGrid()
    noise = pictures(128, 64, 64)
    assert grid.set_pictures(noise, draft=True)
    seconds = len(grid._sheet) / 1e6
    assert seconds > 0.2
    clock[0] += seconds - 0.01
    assert not grid.set_pictures(noise, draft=True)
    clock[0] += 0.02
    assert grid.set_pictures(noise, draft=True)


@pytest.mark.usefixtures("clock")
def test_what_is_to_stay_is_always_sent():
    grid = PictureGrid()
    grid.set_pictures(pictures(2), draft=True)
    last = pictures(2)
    assert grid.set_pictures(last)
    np.testing.assert_array_equal(decoded(grid), last)
    assert not grid.set_pictures(pictures(2), draft=True)
    np.testing.assert_array_equal(decoded(grid), last)


def test_from_the_browser_a_choice_arrives_clamped():
    grid = PictureGrid(pictures(3))
    from_browser(grid, index=12)
    assert grid.index == 2


def test_unknown_keywords_and_columns_are_refused():
    with pytest.raises(TypeError, match=r"colums.*columns"):
        PictureGrid(colums=3)
    with pytest.raises(traitlets.TraitError, match="columns"):
        PictureGrid(columns=0)


def test_the_representation_has_no_address_and_no_bytes():
    grid = PictureGrid(pictures(5), label="block1_conv1", index=3)
    assert repr(grid) == "PictureGrid(label='block1_conv1', count=5, height=6, width=9, index=3)"


def test_pure_functions_of_the_browser():
    check_javascript("picture_*")
