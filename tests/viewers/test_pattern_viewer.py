import io
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import keras
import kinds
import numpy as np
import pytest
import traitlets
from keras import layers
from PIL import Image
from programs import find_node

from convnet_widgets.core.layers import LayerNotFoundError
from convnet_widgets.core.patterns.displaying import displayable
from convnet_widgets.core.patterns.filter_patterns import ascend_filters, filter_patterns
from convnet_widgets.core.patterns.recipes import BOOK, FAST
from convnet_widgets.viewers.pattern_viewer import PatternViewer

JAVASCRIPT = Path(__file__).parents[1] / "widgets" / "js"
QUICK = {"recipe": "book", "size": 16, "steps": 3}
ENDLESS = 1_000_000


def three_filters():
    """One filter that fires at once, one that does with help, and one that never does."""
    image = keras.Input((None, None, 3))
    model = keras.Model(
        image, layers.Conv2D(3, 1, activation="relu", name="conv")(image), name="rgb"
    )
    kernel = np.zeros((1, 1, 3, 3), np.float32)
    kernel[0, 0, 0, 0] = kernel[0, 0, 1, 1] = 1
    model.layers[-1].set_weights([kernel, np.array([0, -180, -1], np.float32)])
    return model


def shown(viewer):
    """The pictures as the browser has them, (filters, height, width, 3)."""
    cells = viewer._cells
    if cells["jpeg"]:
        sheet = np.asarray(Image.open(io.BytesIO(viewer._sheet)))
    else:
        sheet = np.frombuffer(viewer._sheet, np.uint8)
        sheet = sheet.reshape(-1, cells["columns"] * cells["across"], 3)
    corners = [divmod(place, cells["columns"]) for place in range(cells["count"])]
    places = [(row * cells["down"], column * cells["across"]) for row, column in corners]
    return np.stack([sheet[y : y + cells["height"], x : x + cells["width"]] for y, x in places])


def until(condition, seconds=60):
    """Wait for what a worker does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


@pytest.fixture
def endless():
    """``endless(**keywords)``: a viewer that ascends until it is stopped, at the latest here."""
    viewers = []

    def make(model=None, **keywords):
        viewers.append(
            PatternViewer(model or kinds.nested(), **(QUICK | {"steps": ENDLESS} | keywords))
        )
        return viewers[-1]

    yield make
    for viewer in viewers:
        viewer.stopped = True
        viewer.wait()


# --- what is shown ---


def test_the_patterns_are_those_of_the_engine():
    model = kinds.nested()
    viewer = PatternViewer(model, "conv2", [3, 0], **QUICK, seed=5)
    viewer.wait()
    *_, last = ascend_filters(
        model, "backbone/conv2", [3, 0], replace(BOOK, size=16, steps=3), seed=5
    )
    assert viewer.error == ""
    np.testing.assert_array_equal(viewer.pictures, displayable(last.images, "standardised"))
    np.testing.assert_array_equal(shown(viewer), viewer.pictures)
    np.testing.assert_array_equal(viewer.objective, last.objective)
    assert (viewer.layer, viewer.step, viewer.running) == ("backbone/conv2", 3, False)
    assert viewer._labels == ["3", "0"]


def test_at_the_end_the_browser_has_every_step_of_the_curves():
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    viewer.wait()
    steps = np.frombuffer(viewer._curve_steps, "<i4")
    curves = np.frombuffer(viewer._curves, "<f4").reshape(4, -1)
    assert steps.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(curves[-1, 1:], viewer.objective)
    assert viewer._seconds_left == 0


def test_first_pictures_come_before_the_last_step(endless):
    viewer = endless(layer="conv1")
    until(lambda: viewer._sheet)
    assert viewer.running
    assert viewer._cells["jpeg"]


def test_what_became_of_each_filter_is_told():
    recipe = replace(BOOK, name="helping", helped=True, size=8, steps=30)
    viewer = PatternViewer(three_filters(), "conv", recipe=recipe)
    viewer.wait()
    assert viewer.error == ""
    assert viewer.status == ["ok", "helped", "dead"]
    made = filter_patterns(viewer.net, "conv", recipe=recipe, cache=False)
    assert list(made.status) == viewer.status
    np.testing.assert_allclose(viewer.pictures.astype(int), made.images, atol=1)
    np.testing.assert_array_equal(shown(viewer), viewer.pictures)


def test_the_recipe_of_the_book_helps_no_filter():
    viewer = PatternViewer(three_filters(), "conv", **QUICK)
    viewer.wait()
    assert viewer.status == ["ok", "dead", "dead"]


def test_pictures_of_other_channels_are_grey():
    viewer = PatternViewer(
        kinds.seeded(keras.Sequential([keras.Input((12, 12, 7)), layers.Conv2D(2, 3)])), **QUICK
    )
    viewer.wait()
    assert viewer.error == ""
    assert viewer.pictures.shape == (2, 16, 16, 7)
    mean = viewer.pictures.mean(-1)
    np.testing.assert_allclose(shown(viewer), np.stack([mean] * 3, -1), atol=0.5001)


def test_of_many_filters_the_first_64_are_shown():
    image = keras.Input((12, 12, 3))
    model = keras.Model(image, layers.Conv2D(70, 1, name="conv")(image))
    viewer = PatternViewer(model, **(QUICK | {"steps": 1}))
    viewer.wait()
    assert viewer._labels == [str(number) for number in range(64)]


# --- stopping and going on ---


def test_stop_keeps_what_is_there_and_continue_goes_on(endless):
    viewer = endless(layer="conv1")
    until(lambda: viewer.step >= 2)
    viewer.stopped = True
    viewer.wait()
    step, pictures = viewer.step, viewer.pictures
    assert not viewer.running
    assert 2 <= step < ENDLESS
    np.testing.assert_array_equal(shown(viewer), pictures)
    viewer.stopped = False
    until(lambda: viewer.step > step)
    assert viewer.running


def test_a_pause_changes_no_pattern():
    model = kinds.nested()
    expected = PatternViewer(model, "conv1", **(QUICK | {"steps": 12})).pictures
    viewer = PatternViewer(model, "conv1", **(QUICK | {"steps": 12}))
    viewer.stopped = True
    viewer.wait()
    record = viewer._run.record
    while record.last_step < 12:
        step = record.last_step
        viewer.stopped = False
        until(lambda step=step: record.last_step > step)
        viewer.stopped = True
        viewer.wait()
    viewer.stopped = False
    viewer.wait()
    np.testing.assert_array_equal(viewer.pictures, expected)
    assert len(viewer.status) == 4


def test_another_layer_ends_the_present_work(endless):
    viewer = endless(layer="conv1")
    until(lambda: viewer.step >= 2)
    viewer.steps = 3
    viewer.layer = "conv2"
    viewer.wait()
    *_, last = ascend_filters(viewer.net, "backbone/conv2", None, replace(BOOK, size=16, steps=3))
    assert (viewer.step, viewer.error) == (3, "")
    np.testing.assert_array_equal(viewer.pictures, displayable(last.images, "standardised"))


def test_a_stop_before_the_first_step_is_heard(endless):
    viewer = endless(layer="conv1")
    viewer.stopped = True
    viewer.wait()
    assert (viewer.running, viewer.step <= 2) == (False, True)
    viewer.stopped = False
    until(lambda: viewer.step > 2)


def test_what_was_stopped_begins_anew_with_another_seed(endless):
    viewer = endless(layer="conv1")
    viewer.stopped = True
    viewer.wait()
    viewer.steps = 2
    viewer.seed = 4
    viewer.wait()
    assert (viewer.stopped, viewer.running, viewer.step) == (False, False, 2)


# --- choices ---


def test_another_recipe_brings_its_size_and_steps():
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    viewer.wait()
    viewer.recipe = "fast"
    assert (viewer.size, viewer.steps) == (FAST.size, FAST.steps)
    viewer.wait()
    assert viewer.pictures.shape == (4, FAST.size, FAST.size, 3)


def test_a_recipe_of_ones_own_can_be_chosen_again():
    mine = replace(BOOK, name="mine", size=12, steps=2)
    viewer = PatternViewer(kinds.nested(), "conv1", recipe=mine)
    assert (viewer.recipe, viewer.size, viewer.steps) == ("mine", 12, 2)
    assert viewer._recipes[-1] == "mine"
    viewer.wait()
    viewer.recipe = "book"
    viewer.recipe = "mine"
    viewer.wait()
    assert viewer.pictures.shape == (4, 12, 12, 3)


def test_filters_that_another_layer_has_not_are_left_out():
    viewer = PatternViewer(kinds.nested(), "conv2", [4, 1], **QUICK)
    viewer.layer = "conv1"
    viewer.wait()
    assert (viewer.error, viewer._labels) == ("", ["1"])


def test_what_is_not_there_is_refused():
    with pytest.raises(LayerNotFoundError, match="'conv22'.*'backbone/conv2'"):
        PatternViewer(kinds.nested(), "conv22")
    with pytest.raises(ValueError, match="no recipe 'bok'.*book"):
        PatternViewer(kinds.nested(), recipe="bok")
    with pytest.raises(traitlets.TraitError, match=r"'backbone/conv1' has filters 0–3; got \[4\]"):
        PatternViewer(kinds.nested(), "conv1", [0, 4])
    with pytest.raises(traitlets.TraitError, match="steps"):
        PatternViewer(kinds.nested(), steps=0)
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    with pytest.raises(traitlets.TraitError, match="no recipe 'x'; there are .*book"):
        viewer.recipe = "x"
    assert viewer.recipe == "book"
    viewer.wait()


def test_what_goes_wrong_is_said_where_a_person_looks():
    model = three_filters()
    model.layers[-1].bias.assign([np.nan, 0, 0])
    viewer = PatternViewer(model, "conv", **QUICK)
    viewer.wait()
    assert "nan" in viewer.error.lower()
    assert not viewer.running
    with pytest.raises(RuntimeError, match="there are no patterns"):
        _ = viewer.pictures
    model.layers[-1].bias.assign([0, 0, 0])
    viewer.refresh()
    viewer.wait()
    assert viewer.error == ""
    assert viewer.pictures.shape == (3, 16, 16, 3)


def test_the_model_is_not_changed():
    model = kinds.nested()
    before = [weight.numpy().copy() for weight in model.weights]
    keras.utils.set_random_seed(3)
    PatternViewer(model, "conv2", size=16, steps=2).wait()
    drawn = np.random.random()  # noqa: NPY002
    keras.utils.set_random_seed(3)
    assert drawn == np.random.random()  # noqa: NPY002
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


# --- saving ---


def test_a_picture_of_all_has_a_black_margin_about_each(tmp_path):
    viewer = PatternViewer(kinds.nested(), "conv1", **(QUICK | {"size": 64}))
    viewer.save(tmp_path / "patterns.png")
    drawn = np.asarray(Image.open(tmp_path / "patterns.png"))
    assert drawn.shape == (2 * 64 + 5, 2 * 64 + 5, 3)
    np.testing.assert_array_equal(drawn[69:, 69:], viewer.pictures[3])
    assert not drawn[64:69].any()


def test_arrays_are_saved_with_all_it_takes_to_make_them_again(tmp_path):
    viewer = PatternViewer(kinds.nested(), "conv1", [2, 0], **QUICK, seed=7)
    viewer.save(tmp_path / "patterns.npz")
    with np.load(tmp_path / "patterns.npz") as saved:
        np.testing.assert_array_equal(saved["images"], viewer.pictures)
        np.testing.assert_array_equal(saved["objective"], viewer.objective)
        assert saved["filters"].tolist() == [2, 0]
        assert saved["status"].tolist() == viewer.status
        assert (str(saved["layer"]), int(saved["seed"])) == ("backbone/conv1", 7)
        assert str(saved["recipe"]) == repr(replace(BOOK, size=16, steps=3))


def test_other_kinds_of_files_are_refused(tmp_path):
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    with pytest.raises(ValueError, match=r"\.png or \.npz.*patterns\.jpg"):
        viewer.save(tmp_path / "patterns.jpg")


def test_the_representation_has_no_address():
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    viewer.wait()
    assert repr(viewer) == (
        "PatternViewer(layer='backbone/conv1', recipe='book', size=16, steps=3, seed=0)"
    )


def test_pure_functions_of_the_browser():
    files = [str(path) for path in sorted(JAVASCRIPT.glob("pattern_*.test.mjs"))]
    assert files
    command = [find_node(), "--test", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
