"""The overlay in a real browser, with no kernel behind it: pixels, readings, keys."""

import numpy as np
import pytest
from browser import FRAME, check_clean_up, rgb, set_traits, traits_of
from playwright.sync_api import expect

from convnet_widgets.rendering.colour_maps import lookup_table, to_bytes
from convnet_widgets.widgets.heatmap_overlay import HeatmapOverlay

pytestmark = pytest.mark.ui

PAINTED = """(size) => {
  const { width, height } = document.querySelector(".cw-overlay-canvas");
  return width === size[1] && height === size[0];
}"""
RNG = np.random.default_rng(0)
PHOTOGRAPH = RNG.integers(0, 256, (64, 96, 3), np.uint8)
HEAT = np.linspace(0, 1, 6).reshape(2, 3)


@pytest.fixture
def show(page, mount):
    """``show(overlay, size=(64, 96))`` mounts an overlay and waits until it has that size."""

    def show(overlay, size=(64, 96), **changes):
        traits = traits_of(overlay) | {"view_size": max(size)} | changes
        mount(page, overlay._esm, overlay._css, traits)
        page.wait_for_function(PAINTED, arg=list(size))
        page.evaluate(FRAME)
        return page

    return show


def drawn(page, height=64, width=96):
    """RGB (height, width, 3) of the canvas."""
    return rgb(page.locator(".cw-overlay-canvas"), height, width)


def squares(height=64, width=96):
    """HEAT on pixels, each value a square."""
    rows, columns = HEAT.shape
    return np.kron(HEAT, np.ones((height // rows, width // columns)))


def blended(heat, colour_map, alpha, photograph=PHOTOGRAPH):
    colours = lookup_table(colour_map)[to_bytes(heat)]
    return np.floor(photograph * (1 - alpha) + colours * alpha + 0.5)


def readout(page):
    return page.locator(".cw-overlay-readout").text_content()


def point(page, row, column):
    """Moves the pointer over a pixel of the canvas, which is as large as the photograph."""
    box = page.locator(".cw-overlay-canvas").bounding_box()
    page.mouse.move(box["x"] + column + 0.5, box["y"] + row + 0.5)


def test_at_opacity_0_the_photograph_at_1_the_colours_and_between_their_mean(show):
    page = show(HeatmapOverlay(PHOTOGRAPH, HEAT, smooth=False, alpha=0))
    np.testing.assert_array_equal(drawn(page), PHOTOGRAPH)
    set_traits(page, alpha=1)
    np.testing.assert_array_equal(drawn(page), lookup_table("inferno")[to_bytes(squares())])
    set_traits(page, alpha=0.37, colour_map="viridis")
    np.testing.assert_array_equal(drawn(page), blended(squares(), "viridis", 0.37))


def test_smooth_heat_is_bilinear_and_never_colder_where_it_is_more(show):
    ramp = np.linspace(0, 1, 48)[None].astype(np.float32)
    flat = np.full((64, 96, 3), 120, np.uint8)
    page = show(HeatmapOverlay(flat, ramp, colour_map="gray", alpha=0.6))
    at = np.clip((np.arange(96) + 0.5) / 2 - 0.5, 0, 47)
    expected = np.floor(120 * (1 - 0.6) + to_bytes(np.interp(at, range(48), ramp[0])) * 0.6 + 0.5)
    row = drawn(page)[30, :, 0].astype(int)
    assert np.abs(row - expected).max() <= 1
    assert (np.diff(row) >= 0).all()
    assert row[0] == 48  # the coldest
    assert row[-1] == 201  # the hottest


def test_below_the_threshold_and_where_nothing_was_seen_the_photograph_shows(show):
    heat = HEAT.copy()
    heat[1, 2] = np.nan
    page = show(HeatmapOverlay(PHOTOGRAPH, heat, smooth=False, alpha=0.5, threshold=0.4))
    visible = (squares() >= 0.4) & (squares() < 1)
    expected = np.where(visible[..., None], blended(squares(), "inferno", 0.5), PHOTOGRAPH)
    np.testing.assert_array_equal(drawn(page), expected)


def test_a_map_lies_in_its_box(show):
    page = show(HeatmapOverlay(PHOTOGRAPH, [[1]], (16, 24, 32, 48), alpha=1))
    expected = PHOTOGRAPH.copy()
    expected[16:48, 24:72] = lookup_table("inferno")[255]
    np.testing.assert_array_equal(drawn(page), expected)
    point(page, 20, 30)
    assert readout(page) == "1.00 at row 20, column 30"
    point(page, 4, 5)
    assert readout(page) == "not seen by the network at row 4, column 5"


def test_the_pointer_reads_heat_and_place_in_pixels_of_the_photograph(show):
    large = np.repeat(np.repeat(PHOTOGRAPH, 4, axis=0), 4, axis=1)
    page = show(HeatmapOverlay(large, HEAT, smooth=False))
    point(page, 40, 50)
    assert readout(page) == f"{HEAT[1, 1]:.2f} at row 162, column 202"
    expect(page.locator(".cw-view-cross")).to_be_visible()
    page.mouse.move(790, 880)
    assert readout(page) == ""
    expect(page.locator(".cw-view-cross")).to_be_hidden()


def test_keys_read_places_and_are_told(show):
    page = show(HeatmapOverlay(PHOTOGRAPH, HEAT, smooth=False))
    heatmap = page.get_by_role("application", name="Heatmap")
    heatmap.focus()
    heatmap.press("Home")
    assert readout(page) == "1.00 at row 48, column 80"
    heatmap.press("ArrowLeft")
    assert readout(page) == "0.80 at row 48, column 48"
    heatmap.press("ArrowUp")
    assert readout(page) == "0.20 at row 16, column 48"
    assert page.locator(".cw-overlay [aria-live=polite]").text_content() == readout(page)
    page.get_by_role("slider", name="Heatmap opacity").focus()
    assert readout(page) == ""


def test_sliders_and_colours_draw_here_and_the_kernel_hears_when_they_rest(page, show):
    page.clock.install(time=0)
    show(HeatmapOverlay(PHOTOGRAPH, HEAT, smooth=False, alpha=0.5))
    page.clock.pause_at(60_000)
    page.get_by_role("slider", name="Heatmap opacity").press("End")
    page.get_by_role("slider", name="Threshold").fill("0.4")
    page.get_by_label("Colours").select_option("viridis")
    page.clock.run_for(50)
    visible = (squares() >= 0.4)[..., None]
    expected = np.where(visible, lookup_table("viridis")[to_bytes(squares())], PHOTOGRAPH)
    np.testing.assert_array_equal(drawn(page), expected)
    assert page.evaluate("saves") == []
    page.clock.run_for(1000)
    assert page.evaluate("saves") == [{"alpha": 1, "threshold": 0.4, "colour_map": "viridis"}]
    assert page.evaluate("messages") == []


def test_smoothing_is_a_choice(show):
    page = show(HeatmapOverlay(PHOTOGRAPH, HEAT, alpha=1))
    page.get_by_label("smooth").uncheck()
    page.evaluate(FRAME)
    np.testing.assert_array_equal(drawn(page), lookup_table("inferno")[to_bytes(squares())])


def test_a_note_stands_in_the_place_of_a_map(show):
    page = show(HeatmapOverlay(PHOTOGRAPH, note="The map is zero everywhere.", label="cup"))
    np.testing.assert_array_equal(drawn(page), PHOTOGRAPH)
    assert page.get_by_text("The map is zero everywhere.").is_visible()
    expect(page.locator(".cw-view-scale")).to_be_hidden()
    canvas = page.locator(".cw-overlay-canvas")
    assert canvas.get_attribute("aria-label") == "cup: The map is zero everywhere."


def test_a_map_without_a_photograph_is_drawn_alone(show):
    page = show(HeatmapOverlay(values=HEAT, smooth=False, alpha=0.2))
    np.testing.assert_array_equal(drawn(page), lookup_table("inferno")[to_bytes(squares())])


def test_a_strip_of_one_row_stays_visible(show):
    page = show(HeatmapOverlay(values=np.linspace(0, 1, 96)[None], smooth=False), size=(32, 96))
    expected = lookup_table("inferno")[to_bytes(np.linspace(0, 1, 96))]
    np.testing.assert_array_equal(drawn(page, 32)[16], expected)


def test_another_photograph_and_map_arrive(show, arrive):
    overlay = HeatmapOverlay(PHOTOGRAPH, HEAT, alpha=0)
    page = show(overlay)
    before = overlay.get_state()
    overlay.set_photograph(255 - PHOTOGRAPH)
    overlay.set_map([[0.5]], label="tusker")
    after = overlay.get_state()
    arrive(page, {k: v for k, v in after.items() if before[k] != v and not k.startswith("_esm")})
    expect(page.locator(".cw-overlay-title")).to_have_text("tusker")
    page.wait_for_timeout(100)
    np.testing.assert_array_equal(drawn(page), 255 - PHOTOGRAPH)


def test_it_fits_a_narrow_place_and_keeps_its_aspect(page, show):
    page.set_viewport_size({"width": 292, "height": 600})
    show(HeatmapOverlay(PHOTOGRAPH, HEAT), size=(133, 200), view_size=480)


def test_sharp_on_a_dense_screen(new_page, mount):
    page = new_page(device_scale_factor=2)
    overlay = HeatmapOverlay(PHOTOGRAPH, HEAT, view_size=96)
    mount(page, overlay._esm, overlay._css, traits_of(overlay))
    page.wait_for_function(PAINTED, arg=[128, 192])
    box = page.locator(".cw-overlay-canvas").bounding_box()
    assert (box["width"], box["height"]) == (96, 64)


def test_closing_leaves_no_listener(show):
    page = show(HeatmapOverlay(PHOTOGRAPH, HEAT))
    check_clean_up(page)
