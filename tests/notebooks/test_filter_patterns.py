"""Notebook 05: the arrays behind its pictures against direct computations, panels, bad input."""

import io
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import convnet_widgets as cw
from notebooks import WIDGET_VIEW, check_refusal_of_other_weights, run

NOTEBOOK = "05_filter_patterns.ipynb"
CAPTION = "VGG16 · weights: hed-bsds500"
EIGHT = [0, 2, 9, 5, 14, 1, 4, 12]
LAYERS = [f"block{block}_conv1" for block in range(1, 6)]
FIGURES = "fig_losses, fig_pattern, fig_book_8, fig_colours, fig_book_1, fig_both, *fig_grids"
TITLE = "(f.get_suptitle() or f.axes[0].get_title(loc='left'))"
SHOWN = "{}.axes[{}].images[0].get_array()"
WORDS = "[text.get_text() for text in {}.axes[0].texts]"
MOVED = "[setattr({}, 'value', {!r}), np.frombuffer({}.value, np.uint8)][1]"
TEXT = "{}.value"
VALUES = {
    "titles": f"[{TITLE} for f in ({FIGURES})]",
    "grounds": "[__import__('matplotlib_inline.backend_inline', fromlist=['_'])"
    f"._fetch_figure_metadata(f) is None for f in ({FIGURES})]",
    "losses": "losses",
    "curve": "fig_losses.axes[0].lines[0].get_ydata()",
    "ours": SHOWN.format("fig_pattern", 1),
    "loop": SHOWN.format("fig_pattern", 0),
    "book_images": "book_images",
    "book_losses": "book_losses",
    "book_8": SHOWN.format("fig_book_8", 0),
    "inside": "inside",
    "colours": SHOWN.format("fig_colours", 0),
    "book_1": SHOWN.format("fig_book_1", 0),
    "columns": "results",
    "silent": "[len(which) for which in silent.values()]",
    "silent_1": "silent['block1_conv1']",
    "fast_activations": "fast_8.activations",
    **{f"grid_{n}": SHOWN.format(f"fig_grids[{n}]", 0) for n in range(5)},
    **{f"images_{n}": f"patterns[first_layers[{n}]].images" for n in range(5)},
    **{f"status_{n}": f"patterns[first_layers[{n}]].status" for n in range(5)},
    **{f"words_{n}": WORDS.format(f"fig_grids[{n}]") for n in range(5)},
    "waves": "list(waves.values())",
    "waves_counted": "[count_waves(np.cos(x)[..., None] + np.cos(y)[..., None]) / count_waves("
    "np.cos(x)[..., None]) for y, x in [np.mgrid[:64, :64] * 2 * np.pi * 16 / 64]]",
    "seeded": "[viewer.layer, viewer.caption, viewer.error, viewer.seed]",
    "seen": "viewer.patterns.images",
    "at_0": MOVED.format("steps_done", 0, "at_step"),
    "said_at_0": TEXT.format("at_step_text"),
    "at_40": MOVED.format("steps_done", 40, "at_step"),
    "step_1": "np.frombuffer(of_step.value, np.uint8)",
    "said_step_1": TEXT.format("of_step_text"),
    "step_4": MOVED.format("step_length", 4.0, "of_step"),
    "said_step_4": TEXT.format("of_step_text"),
    "upright": "turned_text.value",
    "level": "[setattr(turn, 'value', 90), turned_text.value][1]",
    "level_picture": "np.frombuffer(turned.value, np.uint8)",
    "deeper": "[setattr(depth, 'value', 'block1_conv1'), viewer.wait(600), "
    "[viewer.layer, viewer.error]][-1]",
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return run(NOTEBOOK, VALUES, tmp_path_factory.mktemp("patterns"), {"WEIGHTS": "hed"})


@pytest.fixture(scope="module")
def values(executed):
    return executed.values


@pytest.fixture(scope="module")
def model():
    return cw.load_model("VGG16", "hed", include_top=False).model


def part_of(model, name):
    return keras.Model(model.input, model.get_layer(name).output)


def noise(index, size):
    return np.random.default_rng([0, index]).random((1, size, size, 3), "float32") * 20 + 128


def by_the_document(model, name, index, size):
    """The document's algorithm: the image after 40 steps."""
    part, image = part_of(model, name), tf.Variable(noise(index, size))
    for _ in range(40):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(part(image)[..., index])
        grads = tape.gradient(loss, image)
        image.assign_add(grads / (tf.sqrt(tf.reduce_mean(grads**2)) + 1e-5))
    return image.numpy()[0]


def shown(image):
    """The document's picture of an image."""
    standard = (image - image.mean(dtype=float)) / (image.std(dtype=float) + 1e-5)
    return np.floor(np.clip(standard * 0.1 + 0.5, 0, 1) * 255)


def tiles(grid, size=64, gap=5):
    """The squares of a grid, row by row; whatever is between them is black."""
    rows, columns = (1 + (length - size) // (size + gap) for length in grid.shape[:2])
    margins, found = np.array(grid), []
    for row in range(rows):
        for column in range(columns):
            y, x = row * (size + gap), column * (size + gap)
            found.append(np.array(grid[y : y + size, x : x + size]))
            margins[y : y + size, x : x + size] = 0
    assert not margins.any()
    return np.stack(found)


def picture_of(png):
    return np.asarray(Image.open(io.BytesIO(png.tobytes())))


class TestLoop:
    def test_is_the_document_s(self, values, model):
        squares = tiles(values["book_1"])
        for index in (0, 1, 63):
            wanted = shown(by_the_document(model, "block1_conv1", index, 64))
            off = np.abs(squares[index] - wanted)
            assert np.mean(off <= 2) > 0.98

    def test_agrees_with_the_recipe(self, values):
        off = np.abs(values["ours"].astype(int) - values["loop"])
        assert np.mean(off <= 2) > 0.98
        assert values["ours"].shape == (150, 150, 3)

    def test_draws_the_losses_of_forty_steps(self, values, model):
        assert values["curve"].tolist() == values["losses"].tolist()
        assert len(values["losses"]) == 41
        first = part_of(model, "block3_conv1")(noise(0, 150)).numpy()[..., 0].mean()
        np.testing.assert_allclose(values["losses"][0], first, rtol=1e-3)

    def test_reaches_the_losses_that_it_says(self, values, model):
        maps = part_of(model, "block3_conv1")(values["book_images"]).numpy()
        reached = [one[..., index].mean() for one, index in zip(maps, EIGHT, strict=True)]
        np.testing.assert_allclose(values["book_losses"], reached, rtol=1e-3)


class TestTraps:
    def test_three_filters_answer_at_the_rim_alone(self, values, model):
        maps = part_of(model, "block3_conv1")(values["book_images"]).numpy()
        for index in (0, 2, 9, 12):
            one = maps[EIGHT.index(index), ..., index]
            share = one[2:-2, 2:-2].sum() / one.sum()
            np.testing.assert_allclose(values["inside"][EIGHT.index(index)], share, rtol=1e-2)
            assert (share < 0.3) == (index != 12)

    def test_silent_filters_are_counted_and_stay_noise(self, values, model):
        assert values["silent"].tolist() == pytest.approx([6, 24, 8, 2, 33], abs=2)
        squares = tiles(values["book_1"])
        part = part_of(model, "block1_conv1")
        for index in range(64):
            still = not part(noise(index, 64)).numpy()[..., index].any()
            assert still == (index in values["silent_1"])
            if still:
                assert np.abs(squares[index] - shown(noise(index, 64)[0])).max() <= 1

    def test_the_network_s_colours_are_the_others_turned_round(self, values):
        assert np.array_equal(tiles(values["colours"]), tiles(values["book_8"])[..., ::-1])


class TestGrids:
    @pytest.mark.parametrize("number", range(5), ids=LAYERS)
    def test_show_each_pattern_and_no_dead_one(self, values, number):
        grid, status = values[f"grid_{number}"], values[f"status_{number}"]
        assert grid.shape == (547, 547, 3)
        squares = tiles(grid)
        for index in range(64):
            silent = status[index] == "silent"
            wanted = 0 * squares[0] if silent else values[f"images_{number}"][index]
            assert np.array_equal(squares[index], wanted)
        assert list(values[f"words_{number}"]) == ["silent"] * (status == "silent").sum()

    def test_go_down_the_columns_in_the_listing(self, values):
        rows, columns = tiles(values["book_1"]), tiles(values["columns"])
        for index in range(64):
            assert np.array_equal(columns[index % 8 * 8 + index // 8], rows[index])

    def test_patterns_take_more_waves_with_depth(self, values):
        first, _, third, fourth, _ = values["waves"]
        assert first < third < fourth

    def test_two_waves_are_twice_one(self, values):
        np.testing.assert_allclose(values["waves_counted"], [2], rtol=1e-3)

    def test_fast_reaches_what_the_document_does(self, values):
        assert values["fast_activations"].mean() > 0.8 * values["book_losses"].mean()


class TestPanels:
    def test_the_viewer_shows_its_own_choice(self, values):
        assert values["seeded"].tolist() == ["block3_conv1", CAPTION, "", "1"]
        assert values["seen"].shape == (16, 64, 64, 3)

    def test_the_slider_goes_from_the_noise_to_the_pattern(self, values):
        start = picture_of(values["at_0"])
        wanted = shown(noise(12, 64)[0]).repeat(5, 0).repeat(5, 1)
        assert np.abs(start - wanted).max() <= 1
        end = tiles(values["book_8"])[EIGHT.index(12)].repeat(5, 0).repeat(5, 1)
        assert np.array_equal(picture_of(values["at_40"]), end)
        assert str(values["said_at_0"]).startswith(CAPTION)

    def test_another_length_of_steps_makes_another_picture(self, values):
        assert np.array_equal(picture_of(values["step_1"]), picture_of(values["at_40"]))
        reached = [
            float(re.search(r"channel (\d+\.\d)", str(values[f"said_step_{n}"]))[1]) for n in (1, 4)
        ]
        assert reached[0] == pytest.approx(values["book_losses"][EIGHT.index(12)], abs=0.1)
        assert reached[1] > 1.5 * reached[0]
        assert not np.array_equal(picture_of(values["step_4"]), picture_of(values["step_1"]))

    def test_the_filter_is_asked_about_the_turned_pattern(self, values, model):
        square = tiles(values["book_8"])[EIGHT.index(4)].astype(np.uint8)
        y, x = np.mgrid[:64, :64] - 31.5
        disc = (x**2 + y**2 < 30**2)[..., None]
        pictures = np.where(disc, [square, np.rot90(square)], 127).astype("float32")
        assert np.array_equal(picture_of(values["level_picture"])[::5, ::5], pictures[1])
        maps = part_of(model, "block3_conv1")(pictures).numpy()[:, 4:12, 4:12, 4]
        share = maps[1].mean() / maps[0].mean()
        assert "filter 4: 100%" in str(values["upright"])
        assert f"filter 4: {share:.0%}" in str(values["level"])

    def test_another_depth_is_shown_without_error(self, values):
        assert values["deeper"].tolist() == ["block1_conv1", ""]


def test_every_figure_bears_the_caption_and_is_live(executed):
    titles = [str(title) for title in executed.values["titles"]]
    assert len(titles) == len(executed.figures) == 11
    assert all(title.startswith(f"{CAPTION}\n") for title in titles), titles
    assert all(WIDGET_VIEW in data for data in executed.figures)


def test_the_page_is_the_ground_of_every_figure(executed):
    assert executed.values["grounds"].all()


def test_weights_of_another_network_are_refused_in_a_sentence(tmp_path):
    check_refusal_of_other_weights(NOTEBOOK, tmp_path)
