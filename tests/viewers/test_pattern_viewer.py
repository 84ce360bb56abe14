import io
import threading
import time
from dataclasses import replace

import keras
import kinds
import numpy as np
import pytest
import traitlets
from keras import layers
from panels import message
from PIL import Image
from programs import check_javascript

import convnet_widgets as cw
from convnet_widgets.core.layers import LayerNotFoundError
from convnet_widgets.core.patterns.cache import Cache
from convnet_widgets.core.patterns.climbing import climb
from convnet_widgets.core.patterns.displaying import displayable
from convnet_widgets.core.patterns.filter_patterns import ascend_filters, filter_patterns
from convnet_widgets.core.patterns.optimisers import NormalisedGradient
from convnet_widgets.core.patterns.recipes import BOOK, FAST
from convnet_widgets.core.patterns.requests import requested
from convnet_widgets.core.patterns.steps import DivergedError
from convnet_widgets.rendering.pattern_figures import hatched
from convnet_widgets.rendering.reduction import reduced
from convnet_widgets.viewers import _pattern_run, _pattern_weights
from convnet_widgets.viewers._pattern_run import PatternRun
from convnet_widgets.viewers._pattern_traits import run_traits
from convnet_widgets.viewers._pattern_weights import layer_weights
from convnet_widgets.viewers.pattern_viewer import PatternViewer
from convnet_widgets.widgets import _picture_traits

QUICK = {"recipe": "book", "size": 16, "steps": 3, "cache": False}
ENDLESS = 1_000_000
HELPING = replace(BOOK, name="helping", helped=True, size=8, steps=30)


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
    np.testing.assert_array_equal(viewer.patterns.images, displayable(last.images, "standardised"))
    np.testing.assert_array_equal(shown(viewer), viewer.patterns.images)
    np.testing.assert_array_equal(viewer.patterns.activations, last.objective)
    assert (viewer.layer, viewer.step, viewer.running) == ("backbone/conv2", 3, False)
    assert viewer._labels == ["3", "0"]


def test_at_the_end_the_browser_has_every_step_of_the_curves():
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    viewer.wait()
    steps = np.frombuffer(viewer._curve_steps, "<i4")
    curves = np.frombuffer(viewer._curves, "<f4").reshape(4, -1)
    assert steps.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(curves[-1, 1:], viewer.patterns.activations)
    assert (viewer._seconds_left, viewer._share, viewer._over) == (0, 1, True)


def test_first_pictures_come_before_the_last_step(endless):
    viewer = endless(layer="conv1")
    until(lambda: viewer._sheet)
    assert viewer.running
    assert viewer._cells["jpeg"]


def test_what_became_of_each_filter_is_told():
    viewer = PatternViewer(three_filters(), "conv", recipe=HELPING, cache=False)
    viewer.wait()
    assert viewer.error == ""
    assert viewer.status == ["ok", "helped", "silent"]
    made = filter_patterns(viewer.net, "conv", recipe=HELPING, cache=False)
    assert viewer.patterns.status == made.status
    np.testing.assert_array_equal(viewer.patterns.images, made.images)
    np.testing.assert_array_equal(viewer.patterns.activations, made.activations)
    np.testing.assert_array_equal(shown(viewer), made.images)
    assert viewer.patterns.caption == made.caption


def test_the_recipe_of_the_book_helps_no_filter():
    viewer = PatternViewer(three_filters(), "conv", **QUICK)
    viewer.wait()
    assert viewer.status == ["ok", "silent", "silent"]


def test_what_answers_less_than_to_its_start_is_shown_and_not_called_silent():
    image = keras.Input((None, None, 3))
    model = keras.Model(image, layers.Conv2D(1, 1, activation="relu", name="conv")(image))
    model.layers[-1].set_weights([np.ones((1, 1, 3, 1), np.float32), np.zeros(1, np.float32)])
    backwards = replace(BOOK, name="backwards", optimiser=NormalisedGradient(step=-1.0))
    viewer = PatternViewer(model, recipe=backwards, size=8, steps=2, cache=False)
    viewer.wait()
    assert viewer.status == ["weaker"]


def test_pictures_of_other_channels_are_grey():
    viewer = PatternViewer(
        kinds.seeded(keras.Sequential([keras.Input((12, 12, 7)), layers.Conv2D(2, 3)])), **QUICK
    )
    viewer.wait()
    assert viewer.error == ""
    assert viewer.patterns.images.shape == (2, 16, 16, 7)
    mean = viewer.patterns.images.mean(-1)
    np.testing.assert_allclose(shown(viewer), np.stack([mean] * 3, -1), atol=0.5001)


def test_a_second_look_is_taken_from_the_disk(tmp_path, monkeypatch):
    settings = QUICK | {"cache": Cache(tmp_path)}
    model = kinds.nested()
    first = PatternViewer(model, "conv1", **settings).patterns
    compiled = []
    monkeypatch.setattr(
        "convnet_widgets.core.patterns.requests.Request.ascent",
        lambda *_: compiled.append(1),
    )
    viewer = PatternViewer(model, "conv1", **settings)
    np.testing.assert_array_equal(viewer.patterns.images, first.images)
    np.testing.assert_array_equal(viewer.patterns.activations, first.activations)
    np.testing.assert_array_equal(shown(viewer), first.images)
    assert (viewer.error, viewer.step, viewer._share, viewer._over) == ("", 3, 1, True)
    assert viewer.status == list(first.status)
    assert not compiled
    ends = np.frombuffer(viewer._curves, "<f4").reshape(1, -1)
    np.testing.assert_array_equal(ends[0, 1:], first.activations)


def test_patterns_from_the_disk_are_no_part_of_the_curves_of_new_ones(tmp_path):
    settings = QUICK | {"cache": Cache(tmp_path)}
    model = kinds.nested()
    PatternViewer(model, "conv1", [2, 0], **settings).wait()
    viewer = PatternViewer(model, "conv1", [0, 1, 2, 3], **settings)
    values = viewer.patterns.activations
    assert viewer._kept == {"0": values[0], "2": values[2]}
    curves = np.frombuffer(viewer._curves, "<f4").reshape(4, -1)
    assert np.isnan(curves[:, [1, 3]]).all()
    np.testing.assert_array_equal(curves[-1, [2, 4]], values[[1, 3]])
    np.testing.assert_allclose(curves[:, 0], curves[:, [2, 4]].mean(1), rtol=1e-6)
    viewer.layer = "conv2"
    viewer.wait()
    assert viewer._kept == {}


def test_a_draft_has_the_means_of_all_pictures_and_only_new_ones_are_reduced(monkeypatch):
    monkeypatch.setattr(_picture_traits, "_DRAFT_PIXELS", 2**12)
    counts = []

    def counted(pictures, side):
        counts.append(len(pictures))
        return reduced(pictures, side)

    monkeypatch.setattr(_pattern_run, "reduced", counted)
    image = keras.Input((None, None, 3))
    model = kinds.seeded(keras.Model(image, layers.Conv2D(9, 3, name="conv")(image)))
    run = PatternRun(requested(model, "conv", range(9), BOOK, 40, 2, 0, None), None)
    while run.advance(lambda: 0.0):
        squares = run.pictures[:, :39, :39].reshape(9, 13, 3, 13, 3, 3)
        np.testing.assert_allclose(run.small[:, :13, :13], squares.mean((2, 4)), atol=1)
        traits = run_traits(run, draft=True)
        assert np.asarray(Image.open(io.BytesIO(traits["_sheet"])))[..., 0].size <= 2**12
        assert (traits["_cells"]["height"], traits["_cells"]["reduced"]) == (40, 3)
    assert counts == [9, *[5, 4] * 3]  # the start, two steps and the end, in two batches


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
    step, pictures = viewer.step, viewer.patterns.images
    assert not viewer.running
    assert 2 <= step < ENDLESS
    np.testing.assert_array_equal(shown(viewer), pictures)
    viewer.stopped = False
    until(lambda: viewer.step > step)
    assert viewer.running


def test_a_pause_changes_no_pattern(monkeypatch):
    settings = QUICK | {"steps": 6}
    model, items = kinds.nested(), []
    expected = PatternViewer(model, "conv1", **settings).patterns.images

    def counted(request, cache):
        for item in climb(request, cache):
            items.append(item)
            yield item

    monkeypatch.setattr(_pattern_run, "climb", counted)
    viewer = PatternViewer(model, "conv1", **settings)
    viewer.stopped = True
    viewer.wait()
    while not viewer._over:
        before = len(items)
        viewer.stopped = False
        until(lambda before=before: len(items) > before or viewer._over)
        viewer.stopped = True
        viewer.wait()
    np.testing.assert_array_equal(viewer.patterns.images, expected)
    assert "unfinished" not in viewer.patterns.status


def test_stop_is_heard_within_one_item(endless, monkeypatch):
    """Each item waits to be let go; after Stop none but the present one comes."""
    let_go, started = threading.Semaphore(0), []

    def gated(request, cache):
        for item in climb(request, cache):
            started.append(item)
            assert let_go.acquire(timeout=20)
            yield item

    monkeypatch.setattr(_pattern_run, "climb", gated)
    viewer = endless(layer="conv1")
    for _ in range(3):
        let_go.release()
    until(lambda: len(started) == 4)
    viewer.stopped = True
    let_go.release()
    viewer.wait()
    assert len(started) == 4
    assert (viewer.running, viewer._over) == (False, False)
    assert set(viewer.patterns.status) == {"unfinished"}
    let_go.release(100)


def test_another_layer_ends_the_present_work(endless):
    viewer = endless(layer="conv1")
    until(lambda: viewer.step >= 2)
    viewer.steps = 3
    viewer.layer = "conv2"
    viewer.wait()
    *_, last = ascend_filters(viewer.net, "backbone/conv2", None, replace(BOOK, size=16, steps=3))
    assert (viewer.step, viewer.error, viewer.channels) == (3, "", 5)
    np.testing.assert_array_equal(viewer.patterns.images, displayable(last.images, "standardised"))


def test_a_stop_before_the_first_step_is_heard(endless):
    viewer = endless(layer="conv1")
    viewer.stopped = True
    viewer.wait()
    assert (viewer.running, viewer.step <= 2) == (False, True)
    if not viewer.step:
        with pytest.raises(RuntimeError, match="no patterns"):
            _ = viewer.patterns
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
    assert viewer.patterns.images.shape == (4, FAST.size, FAST.size, 3)


def test_a_recipe_of_ones_own_can_be_chosen_again():
    mine = replace(BOOK, name="mine", size=12, steps=2)
    viewer = PatternViewer(kinds.nested(), "conv1", recipe=mine)
    assert (viewer.recipe, viewer.size, viewer.steps) == ("mine", 12, 2)
    assert viewer._recipes[-1] == "mine"
    viewer.wait()
    viewer.recipe = "book"
    viewer.recipe = "mine"
    viewer.wait()
    assert viewer.patterns.images.shape == (4, 12, 12, 3)


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
        _ = viewer.patterns.images
    model.layers[-1].bias.assign([0, 0, 0])
    viewer.refresh()
    viewer.wait()
    assert viewer.error == ""
    assert viewer.patterns.images.shape == (3, 16, 16, 3)


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


def test_numbers_may_be_those_of_numpy():
    keys = QUICK | {"size": np.int16(16), "steps": np.int64(3), "seed": np.uint8(5)}
    viewer = PatternViewer(kinds.nested(), "conv1", [np.int64(2)], **keys)
    same = PatternViewer(kinds.nested(), "conv1", [2], **QUICK, seed=5)
    np.testing.assert_array_equal(viewer.patterns.images, same.patterns.images)


@pytest.mark.parametrize("filters", [[True, False], [0, 1.5], ["0"]])
def test_filters_that_are_no_numbers_are_refused(filters):
    with pytest.raises(traitlets.TraitError, match="a filter is a whole number; got"):
        PatternViewer(kinds.nested(), "conv1", filters, **QUICK)


# --- saving ---


def test_a_picture_of_all_has_a_black_margin_about_each(tmp_path):
    viewer = PatternViewer(kinds.nested(), "conv1", **(QUICK | {"size": 64}))
    viewer.save(tmp_path / "patterns.png")
    drawn = np.asarray(Image.open(tmp_path / "patterns.png"))
    assert drawn.shape == (2 * 64 + 15, 2 * 64 + 15, 3)
    np.testing.assert_array_equal(drawn[74:-5, 74:-5], viewer.patterns.images[3])
    for margin in (drawn[:5], drawn[69:74], drawn[-5:], drawn[:, :5]):
        assert not margin.any()


def test_in_the_place_of_a_silent_filter_nothing_is_painted(tmp_path):
    viewer = PatternViewer(three_filters(), "conv", **QUICK)
    viewer.save(tmp_path / "patterns.png")
    drawn = np.asarray(Image.open(tmp_path / "patterns.png"))
    np.testing.assert_array_equal(drawn[1:17, 1:17], viewer.patterns.images[0])
    np.testing.assert_array_equal(drawn[1:17, 18:34], hatched(16, 16))


def test_a_film_begins_with_noise_and_ends_with_the_patterns(tmp_path):
    viewer = PatternViewer(kinds.nested(), "conv1", **(QUICK | {"steps": 40}))
    viewer.save(tmp_path / "patterns.gif")
    first, *_ = ascend_filters(viewer.net, "backbone/conv1", None, replace(BOOK, size=16, steps=1))
    film = viewer._run.film()
    np.testing.assert_array_equal(film[0], first.pictures)
    np.testing.assert_array_equal(film[-1], viewer.patterns.images)
    with Image.open(tmp_path / "patterns.gif") as saved:
        assert saved.n_frames == len(film) == 21
        assert saved.size == (2 * 16 + 3, 2 * 16 + 3)


def test_patterns_from_the_cache_have_no_film(tmp_path):
    keys = QUICK | {"cache": tmp_path / "kept"}
    some = PatternViewer(kinds.nested(), "conv1", [1], **keys)
    some.save(tmp_path / "some.gif")
    all_of_it = PatternViewer(kinds.nested(), "conv1", [1], **keys)
    with pytest.raises(RuntimeError, match="from the cache, which keeps no film .* cache=False"):
        all_of_it.save(tmp_path / "all.gif")
    assert not (tmp_path / "all.gif").exists()
    partly = PatternViewer(kinds.nested(), "conv1", [1, 2], **keys)
    partly.save(tmp_path / "partly.gif")
    film = partly._run.film()
    np.testing.assert_array_equal(film[0][0], film[-1][0])
    assert (film[0][1] != film[-1][1]).any()


@pytest.mark.parametrize("ending", ["PNG", "Npz", "GIF"])
def test_an_ending_may_be_written_large(tmp_path, ending):
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    viewer.save(tmp_path / f"large.{ending}")
    viewer.save(tmp_path / f"small.{ending.lower()}")
    large, small = (
        (tmp_path / name).read_bytes() for name in (f"large.{ending}", f"small.{ending.lower()}")
    )
    assert large[:4] == small[:4]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == sorted(
        [f".{ending}", f".{ending.lower()}"]
    )


def test_arrays_are_saved_with_all_it_takes_to_make_them_again(tmp_path):
    viewer = PatternViewer(kinds.nested(), "conv1", [2, 0], **QUICK, seed=7)
    viewer.save(tmp_path / "patterns.npz")
    with np.load(tmp_path / "patterns.npz") as saved:
        np.testing.assert_array_equal(saved["images"], viewer.patterns.images)
        np.testing.assert_array_equal(saved["activations"], viewer.patterns.activations)
        assert saved["filters"].tolist() == [2, 0]
        assert saved["status"].tolist() == viewer.status
        assert (str(saved["layer"]), int(saved["seed"])) == ("backbone/conv1", 7)
        assert str(saved["recipe"]) == repr(replace(BOOK, size=16, steps=3))
        assert str(saved["caption"]) == viewer.patterns.caption


def test_other_kinds_of_files_are_refused(tmp_path):
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    with pytest.raises(ValueError, match=r"\.npz or \.gif; got.*patterns\.jpg"):
        viewer.save(tmp_path / "patterns.jpg")


def test_the_representation_has_no_address():
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    viewer.wait()
    assert repr(viewer) == (
        "PatternViewer(layer='backbone/conv1', recipe='book', size=16, steps=3, seed=0)"
    )


def test_pure_functions_of_the_browser():
    check_javascript("pattern_*")


# --- what goes wrong ---


def failing(at, error):
    """A climb whose item of a number is an error."""

    def climbs(request, cache):
        for number, item in enumerate(climb(request, cache)):
            if number == at:
                raise error
            yield item

    return climbs


def test_a_size_that_the_network_does_not_take_is_said_and_no_old_picture_stays():
    image = keras.Input((None, None, 3))
    x = layers.MaxPooling2D(4)(layers.Conv2D(2, 5, name="first")(image))
    model = kinds.seeded(keras.Model(image, layers.Conv2D(2, 3, name="last")(x)))
    viewer = PatternViewer(model, "last", **QUICK)
    viewer.wait()
    assert viewer.error == ""
    viewer.size = 12
    viewer.wait()
    assert "16 × 16 pixels, got 12 × 12" in viewer.error
    assert (viewer.running, viewer._failed, viewer._cells, viewer.step) == (False, True, {}, 0)
    with pytest.raises(RuntimeError, match="there are no patterns; .*16 × 16"):
        _ = viewer.patterns
    viewer.size = 16
    viewer.wait()
    assert (viewer.error, viewer._failed) == ("", False)
    assert viewer.patterns.images.shape == (2, 16, 16, 3)


def test_what_diverges_is_said_with_the_step_and_the_last_good_pictures_stay(monkeypatch):
    model = kinds.nested()
    good = PatternViewer(model, "conv1", **(QUICK | {"steps": 9}), channel=1)
    steps = list(ascend_filters(model, "backbone/conv1", None, replace(BOOK, size=16, steps=9)))
    good.wait()
    error = DivergedError(4, [2], steps[3], "filters")
    monkeypatch.setattr(_pattern_run, "climb", failing(5, error))  # the start, and steps 0 to 3
    viewer = PatternViewer(model, "conv1", **(QUICK | {"steps": 9}))
    viewer.wait()
    assert "filters [2]" in viewer.error
    assert "at step 4" in viewer.error
    assert (viewer.running, viewer._failed, viewer.step) == (False, True, 4)
    np.testing.assert_array_equal(viewer.patterns.images, steps[4].pictures)
    np.testing.assert_array_equal(shown(viewer), steps[4].pictures)
    np.testing.assert_array_equal(viewer.patterns.activations, steps[3].objective)
    assert set(viewer.patterns.status) == {"unfinished"}
    viewer.stopped = True
    viewer.stopped = False  # what an error ended does not go on
    viewer.wait()
    assert viewer.step == 4


def test_pictures_that_are_not_finite_are_not_shown(monkeypatch):
    def overflowing(request, cache):
        start, first, second, *_ = climb(request, cache)
        yield start
        yield first
        yield replace(second, ahead=np.full_like(second.ahead, np.inf))
        raise DivergedError(2, [0], first.step)

    model = kinds.nested()
    _, first, *_ = ascend_filters(model, "backbone/conv1", None, replace(BOOK, size=16, steps=3))
    monkeypatch.setattr(_pattern_run, "climb", overflowing)
    viewer = PatternViewer(model, "conv1", **QUICK)
    viewer.wait()
    np.testing.assert_array_equal(viewer.patterns.images, first.pictures)


def test_a_layer_change_after_an_error_begins_anew(monkeypatch):
    monkeypatch.setattr(_pattern_run, "climb", failing(2, RuntimeError("lost")))
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    viewer.wait()
    assert viewer.error == "lost"
    monkeypatch.setattr(_pattern_run, "climb", climb)
    viewer.layer = "conv2"
    viewer.wait()
    assert (viewer.error, viewer._failed, viewer._over) == ("", False, True)


# --- what stands beside a pattern ---


def kernels_of(viewer):
    """Shown kernels (filters, shown, height, width) and their inputs, as the browser has them."""
    axes = viewer._kernel_axes
    shape = (-1, axes["shown"], axes["height"], axes["width"])
    values = np.frombuffer(viewer._kernels, "<f4").reshape(shape)
    return values, np.frombuffer(viewer._kernel_inputs, "<i4").reshape(len(values), -1)


def test_weights_come_strongest_first():
    viewer = PatternViewer(kinds.nested(), "conv2", **QUICK)
    viewer.wait()
    values, inputs = kernels_of(viewer)
    weights = cw.filter_weights(viewer.net, "conv2")
    assert viewer._kernel_axes["of"] == 4
    for filter, (tiles, channels) in enumerate(zip(values, inputs, strict=True)):
        expected = np.moveaxis(weights[filter][..., channels], -1, 0)
        np.testing.assert_array_equal(tiles, expected)
        strengths = np.square(expected).sum((1, 2))
        assert (np.diff(strengths) <= 0).all()
        assert sorted(channels) == [0, 1, 2, 3]


def test_of_many_input_channels_sixteen_are_sent():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(40, 1, name="wide")(image)
    model = kinds.seeded(keras.Model(image, layers.Conv2D(2, 1, name="narrow")(x)))
    viewer = PatternViewer(model, "narrow", **(QUICK | {"steps": 1}))
    viewer.wait()
    values, inputs = kernels_of(viewer)
    weights = cw.filter_weights(model, "narrow")[:, 0, 0]
    assert (values.shape, viewer._kernel_axes["of"]) == ((2, 16, 1, 1), 40)
    for filter, channels in enumerate(inputs):
        assert set(channels) == set(np.argsort(-abs(weights[filter]))[:16])


def test_weights_for_the_colours_keep_their_order_and_a_network_of_bgr_is_turned():
    image = keras.Input((None, None, 3))
    model = kinds.seeded(keras.Model(image, layers.Conv2D(2, 3, name="conv")(image)))
    for preprocess, order in ((None, [0, 1, 2]), (lambda x: x[..., ::-1], [2, 1, 0])):
        viewer = PatternViewer(cw.VisionModel(model, preprocess=preprocess), **QUICK)
        viewer.wait()
        values, _ = kernels_of(viewer)
        weights = cw.filter_weights(model, "conv")[..., order]
        np.testing.assert_array_equal(values, np.moveaxis(weights, -1, 1))
        assert viewer._kernel_axes["in_colour"]


def test_units_of_a_dense_layer_have_a_weight_for_each_input():
    viewer = PatternViewer(kinds.functional(), "head", **(QUICK | {"size": 12}))
    viewer.wait()
    values, inputs = kernels_of(viewer)
    kernel = viewer.net.model.get_layer("head").kernel.numpy()
    assert viewer.error == ""
    assert values.shape == (3, 5, 1, 1)
    for unit in range(3):
        np.testing.assert_array_equal(values[unit, :, 0, 0], kernel[inputs[unit], unit])


def test_a_layer_without_a_kernel_says_so():
    viewer = PatternViewer(kinds.nested(), "relu2", **QUICK)
    viewer.wait()
    assert viewer.error == ""
    assert viewer._kernels == b""
    assert viewer._kernel_axes["note"] == "this Activation layer has no kernel of its own"


def test_a_kernel_too_large_to_be_shown_is_called_so(monkeypatch):
    monkeypatch.setattr(_pattern_weights, "_MOST", 14)  # the head has 5 × 3
    viewer = PatternViewer(kinds.functional(), "head", **(QUICK | {"size": 12}))
    viewer.wait()
    assert viewer._kernels == b""
    assert viewer._kernel_axes["note"] == "its kernel is too large to be shown"


def test_a_kernel_of_another_kind_is_not_said_to_be_missing():
    image = keras.Input((8, 8, 3))
    mixed = layers.EinsumDense("bhwc,cde->bhwde", (None, None, 2, 4), name="mixed")(image)
    model = keras.Model(image, layers.Reshape((8, 8, 8), name="flat")(mixed))
    note = layer_weights(cw.VisionModel(kinds.seeded(model)), "mixed").note
    assert note == "its kernel is of a kind that is not shown"


def test_the_maps_are_those_of_the_image():
    model, image = kinds.nested(), kinds.pixels(12, 12, 3)
    viewer = PatternViewer(model, "conv2", image=image, **QUICK)
    viewer.wait()
    expected = cw.FeatureMapViewer(model, image, "conv2")
    expected.wait()
    assert (viewer._codes, viewer._ranges) == (expected._codes, expected._ranges)
    viewer.layer = "conv1"
    viewer.wait()
    expected.layer = "conv1"
    expected.wait()
    assert (viewer._codes, viewer.height) == (expected._codes, 10)


def test_without_an_image_there_is_no_map_and_one_may_be_chosen():
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    viewer.wait()
    assert (viewer._codes, viewer._image_name, viewer._uploads) == (b"", "none", True)
    pictures = viewer.patterns.images
    message(viewer, {"kind": "sample", "name": "cat"})
    viewer.wait()
    expected = cw.FeatureMapViewer(viewer.net, "cat", "conv1")
    expected.wait()
    assert (viewer._codes, viewer._image_name) == (expected._codes, "cat")
    np.testing.assert_array_equal(viewer.patterns.images, pictures)


def test_another_image_neither_ends_nor_restarts_the_ascent(endless):
    viewer = endless(layer="conv1")
    until(lambda: viewer.step >= 2)
    run = viewer._run
    viewer.set_image(kinds.pixels(12, 12, 3))
    until(lambda: viewer._codes)
    step = viewer.step
    until(lambda: viewer.step > step)
    assert viewer._run is run


def test_an_image_may_be_chosen_while_the_ascent_rests(endless):
    viewer = endless(layer="conv1")
    until(lambda: viewer.step >= 2)
    viewer.stopped = True
    viewer.wait()
    step = viewer.step
    viewer.set_image(kinds.pixels(12, 12, 3))
    viewer.wait()
    assert viewer._codes
    assert (viewer.step, viewer.running, viewer.stopped) == (step, False, True)


def test_an_image_that_does_not_fit_is_said_and_the_ascent_goes_on(endless):
    viewer = endless(layer="conv1")
    viewer.set_image(kinds.pixels(12, 12, 5))
    until(lambda: viewer.error)
    step = viewer.step
    until(lambda: viewer.step > step)
    assert not viewer._failed
    assert viewer._image_name == "none"


def test_an_answer_of_one_number_is_a_map_of_one_pixel():
    model = kinds.functional()
    image = kinds.pixels(12, 12, 3)
    viewer = PatternViewer(model, "head", image=image, **(QUICK | {"size": 12}))
    viewer.wait()
    expected = cw.feature_maps(model, image, "head")["head"]
    ranges = np.frombuffer(viewer._ranges, "<f4").reshape(3, 2)
    np.testing.assert_array_equal(ranges[:, 0], expected[0])


# --- figures ---


def test_the_figure_of_a_filter_has_its_pattern_its_map_and_its_weights():
    model, image = kinds.nested(), kinds.pixels(12, 12, 3)
    viewer = PatternViewer(model, "conv2", [4, 1], image=image, **QUICK, channel=1)
    figure = viewer.figure()
    pattern, feature_map, weights = (axes.images[0].get_array() for axes in figure.axes[:3])
    np.testing.assert_array_equal(pattern, viewer.patterns.images[1])
    maps = cw.feature_maps(model, image, "conv2")["backbone/conv2"]
    np.testing.assert_array_equal(feature_map, maps[0, ..., 1])
    kernel = cw.filter_weights(model, "conv2")[1]
    strongest = np.square(kernel).sum((0, 1)).argmax()
    np.testing.assert_array_equal(weights[:12:4, :12:4], kernel[..., strongest])
    assert "filter 1" in figure.get_suptitle()


def test_the_figure_of_a_layer_has_all_patterns_on_black():
    viewer = PatternViewer(kinds.nested(), "conv1", **(QUICK | {"size": 64}))
    axes = viewer.figure("layer").axes[0]
    drawn = axes.images[0].get_array()
    np.testing.assert_array_equal(drawn[5:69, 74:138], viewer.patterns.images[1])
    assert not drawn[:5].any()
    assert axes.format_coord(100, 30) == "filter 1"
    assert axes.format_coord(72, 30) == ""


def test_a_figure_of_something_else_is_refused():
    viewer = PatternViewer(kinds.nested(), "conv1", **QUICK)
    with pytest.raises(ValueError, match="'filter' or the 'layer', not 'channel'"):
        viewer.figure("channel")
