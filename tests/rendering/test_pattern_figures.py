from itertools import pairwise

import numpy as np
import pytest

from convnet_widgets.rendering.pattern_figures import hatched, pattern_figure, patterns_figure

NOISE = np.random.default_rng(0).integers(1, 256, (5, 64, 64, 3), np.uint8)


def words(axes):
    return [text.get_text() for text in axes.texts]


# --- one filter ---


def test_the_noise_of_a_silent_filter_is_not_painted():
    (axes,) = pattern_figure(NOISE[0], status="silent").axes
    np.testing.assert_array_equal(axes.images[0].get_array(), hatched(64, 64))
    assert (words(axes), axes.get_title("left")) == (["silent"], "pattern: did not fire")


@pytest.mark.parametrize("status", ["ok", "helped", "weaker", "unfinished"])
def test_the_pattern_of_any_other_filter_is_painted(status):
    (axes,) = pattern_figure(NOISE[0], status=status).axes
    np.testing.assert_array_equal(axes.images[0].get_array(), NOISE[0])
    assert (words(axes), axes.get_title("left")) == ([], "pattern")


def test_a_map_of_zeros_has_the_lowest_colour_and_a_scale_from_zero():
    figure = pattern_figure(NOISE[0], np.zeros((3, 4)))
    figure.draw_without_rendering()
    image = figure.axes[1].images[0]
    assert image.get_clim() == (0, 1)
    np.testing.assert_array_equal(image.to_rgba(np.zeros(1))[0], image.cmap(0))


def test_a_map_is_drawn_from_its_lowest_to_its_highest_value():
    image = pattern_figure(NOISE[0], [[-2.0, np.nan], [0.5, 6.0]]).axes[1].images[0]
    assert image.get_clim() == (-2, 6)


# --- all of a layer ---


def test_every_pattern_has_its_number_below_it_on_black():
    figure = patterns_figure(NOISE, [7, 30, 2, 101, 5], ["ok"] * 5)
    (axes,) = figure.axes
    grid = axes.images[0].get_array()
    figure.draw_without_rendering()
    assert words(axes) == ["7", "30", "2", "101", "5"]
    for place, text in enumerate(axes.texts):
        # the box has room for descenders below, which digits have not
        box = text.get_window_extent().transformed(axes.transData.inverted())
        (left, right), (top, bottom) = sorted((box.x0, box.x1)), sorted((box.y0, box.y1))
        x, y = 5 + 69 * (place % 3), np.ceil(top)
        assert x - 5 <= left < right <= x + 69
        assert axes.format_coord((left + right) / 2, y - 20) == f"filter {text.get_text()}"
        below = grid[int(y) : int(bottom) - 1, int(left) : int(right)]
        assert below.size
        assert not below.any()


def test_what_hatched_means_is_said_where_there_is_any():
    some = patterns_figure(NOISE, range(5), ["ok", "silent", "ok", "ok", "ok"], title="net")
    none = patterns_figure(NOISE, range(5), ["ok"] * 5, title="net")
    titles = [figure.axes[0].get_title("left") for figure in (some, none)]
    assert titles == ["net\nhatched: did not fire", "net"]
    drawn = some.axes[0].images[0].get_array()
    np.testing.assert_array_equal(drawn[5:69, 74:138], hatched(64, 64))


def test_numbers_of_many_filters_do_not_touch():
    count = 512
    figure = patterns_figure(np.zeros((count, 8, 8, 3), np.uint8), range(count), ["ok"] * count)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts[100:120]]
    rows = [pair for pair in pairwise(boxes) if pair[0].y0 == pair[1].y0]
    assert len(rows) > 15
    assert all(left.x1 < right.x0 for left, right in rows)
