import tracemalloc
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from figures import bars, check_whole_and_grey
from PIL import Image

from convnet_widgets.rendering.colour_maps import kernel_colours, lookup_table
from convnet_widgets.rendering.figures import map_figure, mosaic_figure
from convnet_widgets.rendering.filter_figures import filter_figure, filters_figure

RNG = np.random.default_rng(0)
MAPS = RNG.normal(size=(5, 7, 12))


def pixels(figure, **options):
    file = BytesIO()
    figure.savefig(file, format="png", **options)
    with Image.open(file) as image:
        return np.asarray(image)


def where(axes, row, column):
    """The pixel of the drawn figure at a place of the axes; to be called after drawing."""
    x, y = axes.transData.transform((column, row))
    return round(axes.figure.bbox.height - y), round(x)


def test_a_map_is_drawn_upright_in_its_colours():
    figure = map_figure(MAPS, 3)
    drawn = pixels(figure)
    one = MAPS[..., 3]
    shares = (one - one.min()) / (one.max() - one.min())
    for row, column in np.ndindex(*one.shape):
        expected = lookup_table("viridis")[int(shares[row, column] * 255 + 0.5)].astype(int)
        assert np.abs(drawn[where(figure.axes[0], row, column)][:3] - expected).max() <= 4


@pytest.mark.parametrize("mode", ["map", "layer", "standardised", "signed"])
def test_the_colour_bar_of_a_map_has_real_values(mode):
    [bar] = bars(map_figure(MAPS, 3, mode=mode))
    one = MAPS[..., 3]
    limit = np.abs(MAPS).max()
    expected = {
        "map": (one.min(), one.max()),
        "layer": (MAPS.min(), MAPS.max()),
        "standardised": (one.mean() - 2 * one.std(), one.mean() + 127 / 64 * one.std()),
        "signed": (-limit, limit),
    }[mode]
    np.testing.assert_allclose(bar.get_ylim(), expected)
    assert bar.get_ylabel() == "channel 3"


def test_the_pointer_reads_real_values():
    at = map_figure(MAPS, 3).axes[0].format_coord
    assert at(6.4, 1.6) == f"row 2, column 6: {MAPS[2, 6, 3]:.4g}"
    assert at(-0.4, 0) == f"row 0, column 0: {MAPS[0, 0, 3]:.4g}"
    assert at(-0.6, 0) == at(0, 4.6) == at(6.6, 0) == ""


def test_not_finite_values_are_drawn_at_the_ends_and_read_as_they_are():
    maps = np.array([[[0.0], [1.0]], [[np.nan], [np.inf]]])
    figure = map_figure(maps)
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), [[0, 1], [0, 1]])
    assert figure.axes[0].format_coord(0, 1) == "row 1, column 0: nan"
    assert figure.axes[0].format_coord(1, 1) == "row 1, column 1: inf"


@pytest.mark.parametrize(
    ("shape", "mode"),
    [((5, 7, 5), "map"), ((1, 9, 4), "layer"), ((30, 20, 1), "standardised")],
)
def test_every_value_of_a_mosaic_is_under_the_pointer(shape, mode):
    maps = RNG.normal(size=shape)
    figure = mosaic_figure(maps, mode=mode)
    [axes] = figure.axes
    rows, columns = axes.images[0].get_array().shape[:2]
    read = {axes.format_coord(x, y) for y in range(rows) for x in range(columns)} - {""}
    expected = {
        f"channel {channel} · row {row}, column {column}: {value:.4g}"
        for (row, column, channel), value in np.ndenumerate(maps)
    }
    assert read == expected


def test_a_mosaic_on_one_scale_has_the_values_in_reading_order():
    maps = np.arange(30 * 25 * 5).reshape(30, 25, 5)
    picture = mosaic_figure(maps, mode="layer", columns=3).axes[0].images[0].get_array()
    found = picture.compressed()
    np.testing.assert_array_equal(np.sort(found), np.arange(maps.size))
    np.testing.assert_array_equal(picture[:30, :25], maps[..., 0])
    np.testing.assert_array_equal(picture[-30:, :25], maps[..., 3])


@pytest.mark.parametrize(
    ("mode", "note", "limits"),
    [
        ("map", "each on its own scale, from its minimum to its maximum", None),
        ("layer", "one scale for all", (MAPS.min(), MAPS.max())),
        (
            "standardised",
            "each on its own scale, in standard deviations from its mean",
            (-2, 127 / 64),
        ),
        ("signed", "one scale for all, centred at zero", (-np.abs(MAPS).max(), np.abs(MAPS).max())),
    ],
)
def test_a_mosaic_says_what_its_colours_mean(mode, note, limits):
    figure = mosaic_figure(MAPS, title="conv", mode=mode)
    assert figure.axes[0].get_title("left") == f"conv\n{note}"
    drawn = [bar.get_ylim() for bar in bars(figure)]
    assert drawn == ([pytest.approx(limits)] if limits else [])


def test_tiles_are_numbered_at_their_corner():
    figure = mosaic_figure(MAPS, columns=5)
    figure.draw_without_rendering()
    [axes] = figure.axes
    assert [text.get_text() for text in axes.texts] == [str(number) for number in range(12)]
    for text in axes.texts:
        x, y = text.xy
        assert axes.format_coord(x + 1, y + 1).startswith(f"channel {text.get_text()} · row 0, col")


def test_some_channels_keep_their_numbers():
    chosen = [9, 37, 4]
    [axes] = mosaic_figure(MAPS[..., :3], columns=3, channels=chosen).axes
    assert [text.get_text() for text in axes.texts] == ["9", "37", "4"]
    for text in axes.texts:
        x, y = text.xy
        assert axes.format_coord(x + 1, y + 1).startswith(f"channel {text.get_text()} · row 0, col")


def test_some_channels_too_small_for_numbers_are_named_by_the_first_in_a_row():
    [axes] = mosaic_figure(np.zeros((7, 7, 2048)), channels=range(0, 4096, 2)).axes
    x = axes.get_xticks()[1]
    for y, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True):
        assert axes.format_coord(x, y).startswith(f"channel {int(label.get_text()) + 10} ·")
    assert {label.get_text() for label in axes.get_xticklabels()} == {""}


def test_a_channel_for_each_map():
    with pytest.raises(ValueError, match="a channel for each of 12 maps; got 2"):
        mosaic_figure(MAPS, channels=[1, 2])


def test_tiles_too_small_for_numbers_are_numbered_by_row_and_column():
    [axes] = mosaic_figure(np.zeros((7, 7, 2048))).axes
    assert not axes.texts
    for position, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True):
        column = axes.get_xticks()[2]
        assert axes.get_xticklabels()[2].get_text() == "+10"
        found = axes.format_coord(column, position)
        expected = int(label.get_text()) + 10
        assert found.startswith(f"channel {expected} ·")


@pytest.mark.parametrize("count", [12, 64, 256, 500])
def test_numbers_do_not_run_into_each_other(count):
    figure = mosaic_figure(RNG.normal(size=(8, 8, count)), mode="layer", title="conv")
    figure.draw_without_rendering()
    texts = figure.axes[0].texts
    boxes = [text.get_window_extent() for text in texts]
    assert len(boxes) == count
    for one, two in pairwise(boxes):
        assert one.y0 != two.y0 or one.x1 < two.x0


@pytest.mark.parametrize(
    "figure",
    [
        map_figure(MAPS, 3, title="conv", mode="standardised"),
        mosaic_figure(MAPS, title="conv", mode="layer"),
        mosaic_figure(MAPS, title="conv", mode="standardised", columns=12),
        filter_figure(RNG.normal(size=(3, 3, 3)), title="conv"),
        filter_figure(RNG.normal(size=(1, 1, 50)), title="conv"),
        filters_figure(RNG.normal(size=(9, 3, 3, 3)), title="conv"),
        filters_figure(RNG.normal(size=(9, 1, 1, 30)), title="conv"),
    ],
)
def test_nothing_is_cut_off_and_no_text_is_black_or_white(figure):
    check_whole_and_grey(figure)


def test_a_constant_map_has_a_figure():
    for mode in ("map", "layer", "standardised", "signed"):
        pixels(map_figure(np.full((3, 3, 2), 1e30), 1, mode=mode))
        pixels(mosaic_figure(np.zeros((3, 3, 2)), mode=mode))


def test_a_colour_filter_is_drawn_in_colour_and_per_channel():
    kernel = RNG.normal(size=(3, 4, 3))
    figure = filter_figure(kernel)
    panels = figure.axes
    assert [axes.get_title("left") for axes in panels] == ["in colour", "red", "green", "blue"]
    np.testing.assert_array_equal(panels[0].images[0].get_array(), kernel_colours(kernel))
    limit = np.abs(kernel).max()
    for channel, axes in enumerate(panels[1:]):
        drawn = axes.images[0].get_array()
        np.testing.assert_array_equal(drawn, kernel[..., channel].astype("float32"))
        np.testing.assert_allclose(axes.images[0].get_clim(), (-limit, limit))
        assert axes.format_coord(3, 2) == f"row 2, column 3: {kernel[2, 3, channel]:.4g}"
    red, green, blue = kernel[2, 3]
    expected = f"row 2, column 3: red {red:.4g}, green {green:.4g}, blue {blue:.4g}"
    assert panels[0].format_coord(3, 2) == expected


def test_a_pointwise_filter_is_drawn_as_bars():
    figure = filter_figure(np.array([[[0.5, -2.0, 0.0, 1.0]]]))
    [axes] = figure.axes
    above, below = (patch.get_data().values for patch in axes.patches)
    np.testing.assert_array_equal(above, [0.5, 0, 0, 1])
    np.testing.assert_array_equal(below, [0, -2, 0, 0])
    assert axes.format_coord(1.3, 0) == "input channel 1: -2"
    assert axes.format_coord(4, 0) == axes.format_coord(-1, 0) == ""


def test_another_filter_is_a_signed_mosaic_of_its_channels():
    kernel = RNG.normal(size=(3, 3, 16))
    [axes] = filter_figure(kernel).axes
    limit = np.abs(kernel).max()
    np.testing.assert_allclose(axes.images[0].get_clim(), (-limit, limit))
    assert axes.format_coord(0, 0) == f"channel 0 · row 0, column 0: {kernel[0, 0, 0]:.4g}"


def test_filters_of_the_first_layer_in_colour_with_nothing_between():
    kernels = RNG.normal(size=(6, 24, 24, 3))
    [axes] = filters_figure(kernels).axes
    picture = np.asarray(axes.images[0].get_array())
    np.testing.assert_array_equal(picture[:24, :24, :3], kernel_colours(kernels)[0])
    assert set(np.unique(picture[..., 3])) == {0, 255}
    assert (picture[..., 3] == 255).sum() == 6 * 24 * 24
    assert axes.format_coord(0, 0).startswith("filter 0 · row 0, column 0: red ")


def test_filters_over_one_channel_and_pointwise_filters():
    depthwise = RNG.normal(size=(8, 3, 3, 1))
    [axes] = filters_figure(depthwise).axes
    assert axes.format_coord(0, 0).endswith(f"{depthwise[0, 0, 0, 0]:.4g}")
    pointwise = RNG.normal(size=(8, 1, 1, 5))
    [axes] = filters_figure(pointwise).axes
    np.testing.assert_array_equal(axes.images[0].get_array(), pointwise[:, 0, 0].astype("float32"))
    assert axes.format_coord(4, 7) == f"filter 7, input channel 4: {pointwise[7, 0, 0, 4]:.4g}"
    assert axes.format_coord(4, 8) == axes.format_coord(5, 7) == ""


def test_a_large_mosaic_is_drawn_in_little_memory():
    maps = RNG.normal(size=(224, 224, 64)).astype("float32")
    mosaic_figure(maps[:8, :8])._repr_png_()  # what is kept of the first figure does not count
    tracemalloc.start()
    try:
        mosaic_figure(maps, columns=8)._repr_png_()
        assert tracemalloc.get_traced_memory()[1] < 12 * maps.nbytes
    finally:
        tracemalloc.stop()


def test_wrong_input():
    with pytest.raises(IndexError, match="expected a channel from 0 to 11; got 12"):
        map_figure(MAPS, 12)
    with pytest.raises(ValueError, match="choose one image of a batch"):
        mosaic_figure(MAPS[None])
    with pytest.raises(ValueError, match="did you mean magma"):
        mosaic_figure(MAPS, colour_map="mamga")
    with pytest.raises(ValueError, match="no intensity mode 'x'"):
        map_figure(MAPS, mode="x")
    with pytest.raises(ValueError, match="choose one filter"):
        filter_figure(np.zeros((4, 3, 3, 3)))
    with pytest.raises(ValueError, match=r"8 filters over 16 channels.*filter_figure\(\)"):
        filters_figure(np.zeros((8, 3, 3, 16)))
