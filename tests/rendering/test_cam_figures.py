from types import SimpleNamespace

import numpy as np
import pytest
from figures import bars, check_whole_and_grey
from matplotlib.colors import to_rgb

from convnet_widgets.rendering.cam_figures import HeatmapPanel, heatmap_figure
from convnet_widgets.rendering.curve_figures import curves_figure
from convnet_widgets.rendering.overlays import blend
from convnet_widgets.rendering.plane_figures import slices_figure, strip_figure

RNG = np.random.default_rng(0)
PHOTOGRAPH = RNG.integers(0, 256, (6, 9, 3), np.uint8)
HEAT = RNG.random((6, 9))
SIGNAL = RNG.normal(size=(20, 2))
VOLUME = RNG.random((7, 5, 4, 1))
CURVES = SimpleNamespace(
    fractions=np.linspace(0, 1, 3, dtype=np.float32),
    insertion=np.array([0, 0.5, 0.9], np.float32),
    deletion=np.array([0.9, 0.2, 0], np.float32),
    insertion_auc=0.4667,
    deletion_auc=0.3667,
)


def words(axes):
    return [text.get_text() for text in axes.texts]


def picture(axes):
    return np.asarray(axes.images[0].get_array())


# --- photographs ---


def test_the_overlay_is_that_of_the_browser():
    drawing = {"colour_map": "viridis", "alpha": 0.3, "threshold": 0.4}
    panel = HeatmapPanel(PHOTOGRAPH, HEAT)
    [axes] = heatmap_figure(panel, highest=1, **drawing).axes
    np.testing.assert_array_equal(picture(axes), blend(PHOTOGRAPH, HEAT, **drawing))


def test_the_bar_and_the_pointer_have_real_values():
    heat = 30 * HEAT
    heat[2, 1] = np.nan
    figure = heatmap_figure(HeatmapPanel(PHOTOGRAPH, heat), label="logit")
    [axes], [bar] = figure.axes, bars(figure)
    assert bar.get_ylim() == pytest.approx((0, np.nanmax(heat)))
    assert bar.get_ylabel() == "logit"
    assert axes.format_coord(7.4, 3.6) == f"row 4, column 7: {heat[4, 7]:.4g}"
    assert axes.format_coord(1, 2) == "row 2, column 1: not seen by the network"
    assert axes.format_coord(9, 0) == axes.format_coord(0, -1) == ""
    np.testing.assert_array_equal(picture(axes)[2, 1], PHOTOGRAPH[2, 1])


def test_two_panels_share_a_scale():
    pair = [HeatmapPanel(PHOTOGRAPH, HEAT, "dog"), HeatmapPanel(PHOTOGRAPH, 4 * HEAT, "cat")]
    figure = heatmap_figure(pair, title="net", alpha=0.6)
    drawn = [picture(axes) for axes in figure.axes]
    top = 4 * HEAT.max()
    for shown, times in zip(drawn, (1, 4), strict=True):
        expected = blend(PHOTOGRAPH, times * HEAT / top, alpha=0.6)
        np.testing.assert_array_equal(shown, expected)
    assert [bar.get_ylim() for bar in bars(figure)] == [pytest.approx((0, top))]
    assert [axes.get_title("left") for axes in figure.axes] == ["dog", "cat"]
    assert figure.get_suptitle() == "net"


@pytest.mark.parametrize("panels", [1, 2, 4])
def test_titles_of_several_lines_leave_the_pictures_their_size(panels):
    def sizes(title, name):
        photograph = PHOTOGRAPH[:, :6]
        figure = heatmap_figure([HeatmapPanel(photograph, HEAT[:, :6], name)] * panels, title=title)
        figure.draw_without_rendering()
        return [axes.get_window_extent().size for axes in figure.axes]

    np.testing.assert_allclose(sizes("net\na\nb", "dog\nc"), sizes("net", "dog"), atol=3)


def test_heat_above_the_end_of_the_scale_has_its_last_colour():
    panel = HeatmapPanel(PHOTOGRAPH, np.full((6, 9), 3.0))
    [axes] = heatmap_figure(panel, highest=2.0, alpha=1).axes
    assert {tuple(pixel) for pixel in picture(axes).reshape(-1, 3)} == {(252, 255, 164)}


def test_what_is_below_the_threshold_is_grey_in_the_bar():
    figure = heatmap_figure(HeatmapPanel(PHOTOGRAPH, HEAT), threshold=0.25, highest=8.0)
    [bar] = bars(figure)
    assert bar.get_ylabel() == "heat, shown from 2 on"
    [grey] = [patch for patch in bar.patches if to_rgb(patch.get_facecolor()) == to_rgb("#808080")]
    assert (grey.get_y(), grey.get_height()) == (0, 2)


def test_a_reason_stands_in_place_of_the_heat():
    reason = "no channel of the layer has a positive weight: choose another layer"
    dark = HeatmapPanel(PHOTOGRAPH, np.zeros((6, 9)), "dog", reason)
    figure = heatmap_figure([dark, HeatmapPanel(PHOTOGRAPH, HEAT)])
    left, right = figure.axes
    assert [text.replace("\n", " ") for text in words(left)] == [reason]
    assert picture(left).max() <= 0.3 * 255
    assert words(right) == []
    assert left.format_coord(1, 1) == ""
    assert bars(figure)[0].get_ylim() == pytest.approx((0, HEAT.max()))


def test_reasons_alone_have_no_colour_bar():
    figure = heatmap_figure(HeatmapPanel(PHOTOGRAPH, np.zeros((6, 9)), reason="a 1×1 map"))
    assert bars(figure) == []
    figure.draw_without_rendering()


@pytest.mark.parametrize("heat", [np.zeros((6, 9)), np.full((6, 9), np.nan)])
def test_heat_of_zeros_or_nowhere_has_a_figure(heat):
    figure = heatmap_figure(HeatmapPanel(PHOTOGRAPH, heat))
    figure.draw_without_rendering()
    assert bars(figure)[0].get_ylim() == (0, 1)


# --- sequences and volumes ---


def test_a_strip_lies_under_its_signal():
    heat = np.linspace(0, 3, 20)
    figure = strip_figure(heat, SIGNAL, title="net\nclass 1", label="score")
    above, below = figure.axes
    for line, channel in zip(above.lines, SIGNAL.T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), channel)
    np.testing.assert_array_equal(picture(below), [heat.astype(np.float32)])
    assert above.get_xlim() == below.get_xlim() == (-0.5, 19.5)
    assert above.get_title("left") == "net\nclass 1"
    assert [bar.get_ylabel() for bar in bars(figure)] == ["score"]
    for axes in (above, below):
        assert axes.format_coord(4.4, 0.2) == f"step 4: {heat[4]:.4g}"
        assert axes.format_coord(20, 0) == ""


def test_a_strip_without_a_signal():
    [axes] = strip_figure([0, np.nan, 2.0], title="net", reason="dark").axes
    assert axes.get_title("left") == "net\ndark"
    assert axes.format_coord(1, 0) == "step 1: not seen by the network"


def test_every_value_of_a_volume_is_under_the_pointer():
    heat = RNG.random((7, 5, 4))
    [axes] = slices_figure(heat, VOLUME).axes
    rows, columns = picture(axes).shape[:2]
    read = {axes.format_coord(x, y) for y in range(rows) for x in range(columns)} - {""}
    expected = {
        f"slice {depth}, row {row}, column {column}: {value:.4g}"
        for (depth, row, column), value in np.ndenumerate(heat)
    }
    assert read == expected
    assert words(axes) == [str(number) for number in range(7)]


def test_slices_have_one_scale_and_gaps_between_them():
    heat = np.zeros((2, 30, 30))
    heat[1] = 4.0
    figure = slices_figure(heat, colour_map="gray")
    drawn = picture(figure.axes[0])
    np.testing.assert_array_equal(drawn[:30, :30], np.broadcast_to([0, 0, 0, 255], (30, 30, 4)))
    np.testing.assert_array_equal(drawn[:30, -30:], np.full((30, 30, 4), 255))
    assert not drawn[:30, 30:-30, 3].any()
    assert drawn.shape[1] > 60
    assert bars(figure)[0].get_ylim() == (0, 4)


def test_slices_are_blended_with_the_volume():
    heat = RNG.random((2, 30, 30))
    volume = RNG.integers(0, 256, (2, 30, 30, 3), np.uint8)
    volume[0, 0, 0] = [0, 255, 9]
    drawn = picture(slices_figure(heat, volume, alpha=0.3).axes[0])
    for shown, pixels, values in zip(
        (drawn[:30, :30], drawn[:30, -30:]), volume, heat, strict=True
    ):
        np.testing.assert_array_equal(shown[..., :3], blend(pixels, values / heat.max(), alpha=0.3))


# --- curves ---


def test_both_curves_are_drawn_and_their_areas_told():
    [axes] = curves_figure(CURVES, title="net\ncat", score="probability").axes
    inserted, deleted = axes.lines
    np.testing.assert_array_equal(inserted.get_ydata(), CURVES.insertion)
    np.testing.assert_array_equal(deleted.get_ydata(), CURVES.deletion)
    np.testing.assert_array_equal(deleted.get_xdata(), CURVES.fractions)
    assert [line.get_linestyle() for line in axes.lines] == ["-", "--"]
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert told == ["inserted: area 0.467", "deleted: area 0.367"]
    assert axes.get_ylabel() == "probability"
    assert axes.format_coord(0.5, 0.25) == "share 0.50: probability 0.25"


def test_several_curves_have_a_colour_each():
    [axes] = curves_figure([CURVES, CURVES], labels=["grad_cam", "saliency"]).axes
    colours = [line.get_color() for line in axes.lines]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert told[::2] == ["grad_cam, inserted: area 0.467", "saliency, inserted: area 0.467"]


# --- all ---


@pytest.mark.parametrize(
    "figure",
    [
        heatmap_figure(HeatmapPanel(PHOTOGRAPH, HEAT, "cat\ntop_conv"), title="net", threshold=0.2),
        heatmap_figure([HeatmapPanel(PHOTOGRAPH, HEAT, "cat")] * 2, title="net"),
        heatmap_figure(HeatmapPanel(PHOTOGRAPH[:, :2], HEAT[:, :2], "cat"), title="net"),
        strip_figure(HEAT[0], title="net"),
        strip_figure(np.ones(20), SIGNAL, title="net"),
        slices_figure(np.ones((7, 5, 4)), VOLUME, title="net"),
        curves_figure([CURVES] * 3, labels=["one", "two", "three"], title="net"),
    ],
)
def test_nothing_is_cut_off_and_no_text_is_black_or_white(figure):
    check_whole_and_grey(figure)


def test_wrong_input():
    panel = HeatmapPanel(PHOTOGRAPH, HEAT)
    with pytest.raises(ValueError, match="at least one panel; got none"):
        heatmap_figure([])
    with pytest.raises(ValueError, match=r"size of the photograph, \(6, 9\); got shape \(9, 6\)"):
        heatmap_figure(HeatmapPanel(PHOTOGRAPH, HEAT.T))
    with pytest.raises(ValueError, match=r"0 or more; got -.*np\.maximum\(heat, 0\)"):
        heatmap_figure(HeatmapPanel(PHOTOGRAPH, HEAT - 0.5))
    with pytest.raises(ValueError, match=r"one map of heat \(height, width\); got shape \(1, 6"):
        heatmap_figure(HeatmapPanel(PHOTOGRAPH, HEAT[None]))
    with pytest.raises(ValueError, match="a highest heat above 0; got 0"):
        heatmap_figure(panel, highest=0)
    with pytest.raises(ValueError, match="did you mean magma"):
        heatmap_figure(HeatmapPanel(PHOTOGRAPH, HEAT, reason="dark"), colour_map="mamga")
    with pytest.raises(ValueError, match=r"a signal \(3, channels\); got shape \(20, 2\)"):
        strip_figure([1, 2, 3], SIGNAL)
    with pytest.raises(ValueError, match=r"\(2, 3, 4, 'channels'\); got shape \(7, 5, 4, 1\)"):
        slices_figure(np.zeros((2, 3, 4)), VOLUME)
    with pytest.raises(ValueError, match="a label for each; got 2 and 1 labels"):
        curves_figure([CURVES, CURVES], labels=["one"])
