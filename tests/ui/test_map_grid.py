"""The display of maps and the enlarged map in a real browser, with no kernel behind them."""

import numpy as np
import pytest
from browser import FRAME, check_clean_up, get, set_traits, traits_of

from convnet_widgets.rendering.colour_maps import lookup_table
from convnet_widgets.rendering.intensity import MODES, scale
from convnet_widgets.widgets._assets import module, style
from convnet_widgets.widgets.map_grid import MapGrid

pytestmark = pytest.mark.ui

RNG = np.random.default_rng(0)
PIXELS = """([selector, x, y, width, height]) => {
  const context = document.querySelector(selector).getContext("2d");
  return Array.from(context.getImageData(x, y, width, height).data);
}"""
BOX = """() => {
  const box = (name) => document.querySelector(name).getBoundingClientRect();
  const [tile, canvas] = [box(".cw-map-chosen"), box("canvas")];
  const lengths = [tile.x - canvas.x, tile.y - canvas.y, tile.width, tile.height];
  return lengths.map((length) => Math.round(length * devicePixelRatio));
}"""


@pytest.fixture
def show(mount):
    """``show(page, grid, name="map_grid", **changes)`` mounts a grid and waits for the drawing."""

    def show(page, grid, *, name="map_grid", dark=False, **changes):
        text, css = module(f"{name}.js"), style(f"{name}.css")
        mount(page, text, css, traits_of(grid) | changes, dark=dark)
        page.evaluate(FRAME)

    return show


def pixels(page, x, y, width, height, selector="canvas"):
    values = page.evaluate(PIXELS, [selector, x, y, width, height])
    return np.array(values, np.uint8).reshape(height, width, 4)


def tile_pixels(page, channel):
    """Device pixels (height, width, RGBA) of the tile of a channel, which becomes the chosen."""
    set_traits(page, channel=channel)
    return pixels(page, *page.evaluate(BOX))


def hover(page, channel, row, column, shape):
    """Moves the pointer over one value of a map."""
    set_traits(page, channel=channel)
    box = page.locator(".cw-map-chosen").bounding_box()
    page.mouse.move(
        box["x"] + box["width"] * (column + 0.5) / shape[1],
        box["y"] + box["height"] * (row + 0.5) / shape[0],
    )


def number(text):
    """The number that a text of the browser shows, which has a minus sign for a hyphen."""
    return float(text.replace("−", "-"))


def status(page):
    return page.locator(".cw-map-text").text_content()


def expected_colours(maps, mode, colour_map):
    """Colours (height, width, channels, 3) by the scales of `rendering`, in double precision."""
    limits = scale(maps, mode)
    shares = np.clip((maps - limits.origin) / limits.unit + limits.at, 0, 1)
    return lookup_table(colour_map)[np.floor(shares * 255 + 0.5).astype(int)]


def code_maps(height=8, width=16, channels=6):
    """Maps whose values are codes exactly, of several ranges, one constant, one zero."""
    codes = RNG.integers(0, 65536, (height, width, channels))
    codes[0, 0], codes[0, 1] = 0, 65535
    maps = codes * np.array([1.0, 2, 0.5, 1, 0, 0])[:channels]
    return (maps - np.array([0, 65535, 20000, 65535, -7, 0])[:channels]).astype(np.float32)


# --- colours ---


@pytest.mark.parametrize("colour_map", ["viridis", "coolwarm"])
@pytest.mark.parametrize("mode", MODES)
def test_every_value_has_the_colour_that_python_gives_it(page, show, mode, colour_map):
    maps = code_maps()
    show(page, MapGrid(maps, intensity=mode, colour_map=colour_map))
    expected = expected_colours(maps, mode, colour_map)
    for channel in range(maps.shape[-1]):
        drawn = tile_pixels(page, channel)
        unit = drawn.shape[0] // 8
        assert drawn.shape == (8 * unit, 16 * unit, 4)
        blocks = np.kron(expected[:, :, channel], np.ones((unit, unit, 1), np.uint8))
        np.testing.assert_array_equal(drawn[..., :3], blocks)
        assert (drawn[..., 3] == 255).all()


def test_choices_of_the_toolbar_redraw_without_messages_of_data(page, show):
    maps = code_maps()
    show(page, MapGrid(maps))
    page.get_by_label("Colours").select_option("magma")
    page.get_by_label("Range").select_option("layer")
    expected = expected_colours(maps, "layer", "magma")[0, 0, 0]
    assert tile_pixels(page, 0)[0, 0, :3].tolist() == expected.tolist()
    assert page.evaluate("saves") == [{"colour_map": "magma"}, {"intensity": "layer"}]
    assert page.evaluate("messages") == []


def test_signed_intensity_brings_a_diverging_colour_map(page, show):
    show(page, MapGrid(code_maps()))
    page.get_by_label("Range").select_option("signed")
    assert (get(page, "intensity"), get(page, "colour_map")) == ("signed", "coolwarm")
    page.get_by_label("Range").select_option("map")
    assert get(page, "colour_map") == "viridis"


def test_colour_tiles_are_drawn_as_they_are(page, show):
    tiles = RNG.integers(0, 256, (5, 2, 4, 3), np.uint8)
    show(page, MapGrid(tiles))
    drawn = tile_pixels(page, 3)
    unit = drawn.shape[0] // 2
    np.testing.assert_array_equal(drawn[unit // 2 :: unit, unit // 2 :: unit, :3], tiles[3])
    assert not page.get_by_label("Colours").is_visible()
    hover(page, 3, 1, 2, (2, 4))
    red, green, blue = tiles[3, 1, 2]
    assert status(page) == f"channel 3 · row 1, column 2 · rgb({red}, {green}, {blue})"


def test_between_tiles_the_canvas_is_transparent(page, show):
    show(page, MapGrid(code_maps()))
    x, y, width, height = page.evaluate(BOX)
    assert (pixels(page, x + width, y, 2, height)[..., 3] == 0).all()
    assert (pixels(page, 0, 0, x, 10)[..., 3] == 0).all()


def test_larger_maps_are_reduced_smoothly_and_do_not_mix(page, show):
    stripes = np.zeros((300, 300, 100), np.float32)
    stripes[::2, :, 0] = 1
    stripes[:, :, 1] = np.eye(300)
    stripes[:, :, 2] = 5
    show(page, MapGrid(stripes, intensity="map", colour_map="gray"))
    drawn = tile_pixels(page, 0)[..., 0].astype(int)
    assert drawn.shape[0] < 150
    assert 100 < drawn.min() <= drawn.max() < 160  # an aliased reduction has black and white
    assert (tile_pixels(page, 2)[..., :3] == 0).all()


# --- values ---


@pytest.mark.parametrize(
    ("channel", "row", "column"), [(0, 0, 0), (12, 40, 3), (37, 55, 55), (63, 7, 31)]
)
def test_the_pointer_reads_the_true_value(page, show, channel, row, column):
    maps = RNG.normal(size=(56, 56, 64)).astype(np.float32)
    maps[row, column, channel] = 1.234
    show(page, MapGrid(maps))
    hover(page, channel, row, column, (56, 56))
    assert status(page) == f"channel {channel} · row {row}, column {column} · 1.234"


def test_without_the_pointer_the_chosen_channel_is_described(page, show):
    maps = np.zeros((2, 2, 2), np.float32)
    maps[..., 1] = [[0, 2], [4, 6]]
    show(page, MapGrid(maps, channel=1))
    assert status(page) == "channel 1 · mean 3 · max 6 · 25 % zeros"
    page.mouse.move(780, 880)
    assert status(page) == "channel 1 · mean 3 · max 6 · 25 % zeros"


def test_hover_stays_right_when_zoomed_and_panned(page, show):
    maps = np.arange(8 * 8 * 16, dtype=np.float32).reshape(8, 8, 16)
    show(page, MapGrid(maps, channel=9))
    page.locator("canvas").focus()
    for _ in range(4):
        page.keyboard.press("+")
    page.evaluate(FRAME)
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 80, steps=4)
    page.mouse.up()
    page.evaluate(FRAME)
    assert get(page, "channel") == 9
    hover(page, 9, 3, 5, (8, 8))
    assert status(page) == f"channel 9 · row 3, column 5 · {maps[3, 5, 9]:g}"
    assert tile_pixels(page, 9).shape[0] > 300


def test_a_plain_wheel_is_left_to_the_notebook_and_control_wheel_zooms(page, show):
    show(page, MapGrid(code_maps()))
    before = page.evaluate(BOX)
    page.evaluate(
        "window.kept = []; addEventListener('wheel', (e) => kept.push(e.defaultPrevented))"
    )
    page.mouse.move(100, 100)
    page.mouse.wheel(0, -100)
    page.evaluate(FRAME)
    assert page.evaluate(BOX) == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.evaluate(FRAME)
    assert page.evaluate(BOX)[2] == pytest.approx(before[2] * np.e, abs=2)
    assert page.evaluate("kept") == [False, True]
    page.get_by_role("button", name="Show the whole page").click()
    page.evaluate(FRAME)
    assert page.evaluate(BOX) == before


def zoom_in(page):
    """Zooms in on the chosen tile; the button that shows the whole page tells that it did."""
    page.get_by_role("button", name="Zoom in").click(click_count=3)
    page.evaluate(FRAME)
    assert is_zoomed(page)


def is_zoomed(page):
    return page.get_by_role("button", name="Show the whole page").is_enabled()


@pytest.mark.parametrize("shape", [(8, 16, 5), (4, 16, 6), (8, 4, 6)])
def test_maps_of_another_shape_are_shown_whole(page, show, arrive, shape):
    grid = MapGrid(code_maps(), channel=4)
    show(page, grid)
    zoom_in(page)
    grid.set_maps(code_maps(*shape))
    arrive(page, traits_of(grid))
    page.evaluate(FRAME)
    assert not is_zoomed(page)
    whole = page.evaluate(BOX)
    show(page, grid)
    assert page.evaluate(BOX) == whole


def test_maps_of_the_same_shape_keep_the_zoom(page, show, arrive):
    grid = MapGrid(code_maps(), channel=4)
    show(page, grid)
    zoom_in(page)
    before = page.evaluate(BOX)
    grid.set_maps(code_maps()[::-1])
    arrive(page, traits_of(grid))
    set_traits(page, colour_map="magma")
    assert page.evaluate(BOX) == before


def test_another_page_is_shown_whole(page, show):
    show(page, MapGrid(np.zeros((2, 2, 200))))
    zoom_in(page)
    page.get_by_role("button", name="Next page").click()
    page.evaluate(FRAME)
    assert not is_zoomed(page)
    set_traits(page, channel=70)
    zoom_in(page)
    set_traits(page, channel=71)
    assert is_zoomed(page)
    set_traits(page, channel=150)
    assert not is_zoomed(page)


# --- choosing ---


def test_a_click_chooses_and_saves_once(page, show):
    show(page, MapGrid(code_maps()))
    set_traits(page, channel=4)
    box = page.locator(".cw-map-chosen").bounding_box()
    set_traits(page, channel=0)
    page.evaluate("model.save_changes(); saves.length = 0")
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    assert get(page, "channel") == 4
    assert page.evaluate("saves") == [{"channel": 4}]


def test_a_click_between_tiles_chooses_nothing(page, show):
    show(page, MapGrid(code_maps(), channel=2))
    box = page.locator(".cw-map-chosen").bounding_box()
    page.mouse.click(box["x"] - 1, box["y"] + 5)
    assert get(page, "channel") == 2
    assert page.evaluate("saves") == []


def test_keys_move_the_choice(page, show):
    show(page, MapGrid(np.zeros((8, 8, 64))))
    canvas = page.get_by_role("application")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert get(page, "channel") == 1
    first = page.evaluate(BOX)
    page.keyboard.press("ArrowDown")
    x, y, *_ = page.evaluate(BOX)
    assert (x, y) == (first[0], first[1] + first[3] + 2)
    page.keyboard.press("End")
    assert get(page, "channel") == 63
    page.keyboard.press("Home")
    assert get(page, "channel") == 0


def test_the_outline_alone_moves_with_the_channel(page, show):
    show(page, MapGrid(code_maps()))
    page.evaluate("""() => {
      window.drawn = 0;
      const draw = CanvasRenderingContext2D.prototype.drawImage;
      CanvasRenderingContext2D.prototype.drawImage = function (...all) {
        window.drawn++;
        return draw.apply(this, all);
      };
    }""")
    before = page.evaluate(BOX)
    set_traits(page, channel=1)
    assert page.evaluate(BOX) != before
    assert page.evaluate("drawn") == 0


def test_order_by_activity_begins_with_the_highest_mean(page, show):
    maps = np.zeros((1, 1, 5)) + np.array([1, 5, 3, 5, 2])
    show(page, MapGrid(maps, channel=1))
    page.get_by_label("Order").select_option("activity")
    page.get_by_role("application").focus()
    seen = [get(page, "channel")]
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        seen.append(get(page, "channel"))
    assert seen == [1, 3, 2, 4, 0]


# --- pages ---


def test_two_thousand_channels_are_paged(page, show):
    maps = RNG.normal(size=(7, 7, 2048)).astype(np.float32)
    show(page, MapGrid(maps))
    pages = page.locator(".cw-map-pages")
    assert pages.text_content() == "page 1 of 32"
    assert page.get_by_role("button", name="Previous page").is_disabled()
    page.get_by_role("button", name="Last page").click()
    assert (pages.text_content(), get(page, "page")) == ("page 32 of 32", 31)
    assert not page.locator(".cw-map-chosen").is_visible()
    assert page.get_by_role("button", name="Next page").is_disabled()
    set_traits(page, channel=1000)
    assert pages.text_content() == "page 16 of 32"
    assert page.locator(".cw-map-chosen").is_visible()
    hover(page, 1000, 6, 2, (7, 7))
    assert status(page).startswith("channel 1000 · row 6, column 2 · ")
    value = number(status(page).rpartition(" ")[2])
    assert value == pytest.approx(maps[6, 2, 1000], abs=1e-3)


def test_page_keys_move_by_a_page(page, show):
    show(page, MapGrid(np.zeros((2, 2, 200)), channel=5))
    page.get_by_role("application").focus()
    page.keyboard.press("PageDown")
    assert (get(page, "channel"), get(page, "page")) == (69, 1)
    assert page.evaluate("saves") == [{"channel": 69, "page": 1}]
    page.keyboard.press("End")
    assert (get(page, "channel"), get(page, "page")) == (199, 3)
    page.keyboard.press("PageDown")
    assert (get(page, "channel"), get(page, "page")) == (199, 3)
    for _ in range(4):
        page.keyboard.press("PageUp")
    assert (get(page, "channel"), get(page, "page")) == (7, 0)


@pytest.mark.parametrize("key", ["PageDown", "PageUp"])
def test_page_keys_stay_where_there_is_one_page(page, show, key):
    show(page, MapGrid(np.zeros((2, 2, 20)), channel=5))
    page.get_by_role("application").press(key)
    assert get(page, "channel") == 5
    assert page.evaluate("saves") == []


def test_the_page_follows_the_chosen_channel_into_another_order(page, show):
    maps = np.arange(130.0)[None, None] + np.zeros((2, 2, 1))
    show(page, MapGrid(maps, channel=129, page=2))
    page.get_by_label("Order").select_option("activity")
    assert get(page, "page") == 0


# --- groups, data, saving ---


def test_another_group_needs_no_kernel(page, show):
    kernels = np.stack([code_maps(), code_maps()[::-1]])
    show(page, MapGrid(kernels, intensity="layer"))
    set_traits(page, group=1)
    expected = expected_colours(kernels[1], "layer", "viridis")
    drawn = tile_pixels(page, 2)
    unit = drawn.shape[0] // 8
    np.testing.assert_array_equal(drawn[::unit, ::unit, :3], expected[:, :, 2])
    hover(page, 2, 3, 4, (8, 16))
    assert number(status(page).rpartition(" ")[2]) == pytest.approx(kernels[1][3, 4, 2], rel=1e-3)
    assert page.evaluate("[saves, messages]") == [[], []]


def test_other_maps_from_the_kernel_are_drawn(page, show, arrive):
    grid = MapGrid(code_maps(), channel=5)
    show(page, grid)
    maps = code_maps(4, 4, 3)
    grid.set_maps(maps)
    arrive(page, traits_of(grid))
    page.evaluate(FRAME)
    expected = expected_colours(maps, "map", "viridis")
    drawn = tile_pixels(page, 1)
    unit = drawn.shape[0] // 4
    np.testing.assert_array_equal(drawn[::unit, ::unit, :3], expected[:, :, 1])
    assert page.get_by_role("application").get_attribute("aria-label") == "Maps, 3 channels"


def test_no_maps_are_no_error(page, show):
    show(page, MapGrid())
    assert status(page) == "no maps"


def test_nothing_is_saved_on_the_way_when_updates_are_not_continuous(page, show):
    page.clock.install(time=0)
    show(page, MapGrid(np.zeros((2, 2, 200)), continuous_update=False))
    page.get_by_role("application").focus()
    page.clock.pause_at(60_000)  # between two keys a busy machine may take what counts as rest
    for _ in range(70):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("saves") == []
    page.clock.run_for(1000)
    assert page.evaluate("saves") == [{"channel": 70, "page": 1}]


def test_closing_leaves_no_listener_and_no_element(page, show):
    show(page, MapGrid(code_maps()))
    assert page.evaluate("listenerCount()") > 0
    check_clean_up(page)


# --- screens, themes, screen readers ---


def test_at_device_pixel_ratio_2_the_canvas_has_twice_the_pixels(new_page, show):
    page = new_page(device_scale_factor=2)
    maps = code_maps(56, 56)
    show(page, MapGrid(maps, tile=20))
    shown, stored = page.evaluate("""() => {
      const canvas = document.querySelector("canvas");
      return [canvas.getBoundingClientRect().width, canvas.width];
    }""")
    assert stored == 2 * shown
    drawn = tile_pixels(page, 0)
    unit = drawn.shape[0] // 56
    expected = expected_colours(maps, "map", "viridis")[:, :, 0]
    np.testing.assert_array_equal(drawn[::unit, ::unit, :3], expected)
    hover(page, 0, 30, 12, (56, 56))
    assert status(page).startswith("channel 0 · row 30, column 12 · ")


def test_a_narrower_place_gets_fewer_columns(page, show):
    show(page, MapGrid(np.zeros((8, 8, 64))))
    wide = page.evaluate("document.querySelector('canvas').height")
    page.set_viewport_size({"width": 300, "height": 900})
    page.evaluate(FRAME)
    width, height = page.evaluate(
        "[document.querySelector('canvas').width, document.querySelector('canvas').height]"
    )
    assert width <= 268
    assert height > wide


@pytest.mark.parametrize("dark", [False, True])
def test_colours_of_the_theme(page, show, dark):
    show(page, MapGrid(code_maps()), dark=dark)
    colours = page.evaluate("""() => {
      const style = (name) => getComputedStyle(document.querySelector(name));
      return [style(".cw-map-text").color, style(".cw-map-chosen").outlineColor,
              style(".cw-map-grid").backgroundColor, style("canvas").backgroundColor];
    }""")
    light = ["rgb(87, 96, 106)", "rgb(11, 107, 203)"]
    night = ["rgba(255, 255, 255, 0.54)", "rgb(25, 118, 210)"]
    assert colours == [*(night if dark else light), "rgba(0, 0, 0, 0)", "rgba(0, 0, 0, 0)"]


def test_names_for_screen_readers(page, show):
    maps = np.zeros((2, 2, 200), np.float32)
    maps[..., 3] = 2
    show(page, MapGrid(maps, label="block1_conv1"))
    canvas = page.get_by_role("application", name="block1_conv1, 200 channels")
    assert canvas.get_attribute("aria-roledescription") == "map grid"
    for name in ["First page", "Previous page", "Next page", "Last page", "Zoom in", "Zoom out"]:
        assert page.get_by_role("button", name=name).count() == 1
    for name in ["Colours", "Range", "Order"]:
        assert page.get_by_role("combobox", name=name).count() == 1
    set_traits(page, channel=3)
    live = page.locator("[aria-live=polite]")
    assert live.text_content() == "channel 3 · mean 2 · max 2 · 0 % zeros"
    silent = page.locator(
        "#host :is(canvas[tabindex], button, select):not([data-lm-suppress-shortcuts])"
    )
    assert silent.count() == 0


def test_the_toolbar_can_be_left_out(page, show):
    show(page, MapGrid(np.zeros((2, 2, 200)), toolbar=False))
    assert not page.locator(".cw-map-toolbar").is_visible()


# --- speed: generous bounds for a shared machine, still far from a redraw in the kernel ---


def test_moves_and_colours_are_quick(page, show):
    maps = RNG.normal(size=(56, 56, 256)).astype(np.float32)
    show(page, MapGrid(maps, page_size=256))
    move, colour = page.evaluate("""async () => {
      const frame = () => new Promise(requestAnimationFrame);
      const time = async (names, value) => {
        const times = [];
        for (let i = 0; i < 9; i++) {
          await frame();
          const start = performance.now();
          model.set(names, value(i));
          const set = performance.now();
          await frame(); // our own frame callback has run before this one
          times.push(names === "channel" ? set - start : performance.now() - start);
        }
        return Math.min(...times); // of a machine that may be busy with other work
      };
      const maps = ["magma", "viridis"];
      const move = await time("channel", (i) => 20 * i + 1);
      return [move, await time("colour_map", (i) => maps[i % 2])];
    }""")
    assert move < 4
    assert colour < 100
    print(f"channel {move:.2f} ms, colour map {colour:.1f} ms with its frame")


# --- the enlarged map ---


@pytest.mark.parametrize("mode", MODES)
def test_the_view_draws_the_chosen_map(page, show, mode):
    maps = code_maps(14, 28)
    show(page, MapGrid(maps, intensity=mode, channel=2), name="map_view")
    drawn = pixels(page, 0, 0, 224, 112, ".cw-view-map")
    expected = expected_colours(maps, mode, "viridis")[:, :, 2]
    np.testing.assert_array_equal(drawn[..., :3], np.kron(expected, np.ones((8, 8, 1), np.uint8)))
    set_traits(page, channel=1)
    assert (pixels(page, 0, 0, 224, 112, ".cw-view-map")[..., :3] != drawn[..., :3]).any()


def test_the_colour_bar_has_the_colours_and_real_values(page, show):
    maps = np.zeros((4, 4, 2), np.float32)
    maps[0, 0] = [-2, 8]
    show(page, MapGrid(maps, intensity="signed", colour_map="coolwarm"), name="map_view")
    bar = pixels(page, 0, 0, 1, 256, ".cw-view-bar")[:, 0, :3]
    np.testing.assert_array_equal(bar[::-1], lookup_table("coolwarm"))
    ticks = page.locator(".cw-view-ticks span")
    assert ticks.all_text_contents() == ["8", "0", "−8"]
    set_traits(page, intensity="map")
    assert ticks.all_text_contents() == ["0", "−1", "−2"]


def test_a_constant_map_has_one_tick(page, show):
    show(page, MapGrid(np.full((4, 4, 1), 3.0)), name="map_view")
    assert page.locator(".cw-view-ticks span").all_text_contents() == ["3"]


def test_the_view_reads_values_and_tells_where_the_pointer_is(page, show):
    maps = code_maps(14, 28)
    maps[3, 20, 0] = 1234
    show(page, MapGrid(maps), name="map_view")
    page.evaluate("window.points = []; addEventListener('cw-point', (e) => points.push(e.detail))")
    box = page.locator(".cw-view-map").bounding_box()
    page.mouse.move(box["x"] + 20.5 * 8, box["y"] + 3.5 * 8)
    caption = page.locator(".cw-view-caption")
    assert caption.text_content() == "channel 0 · row 3, column 20 · 1234"
    page.mouse.move(700, 800)
    assert caption.text_content().startswith("channel 0 · mean ")
    first, *_, last = page.evaluate("points")
    assert first == {"u": pytest.approx(20.5 / 28), "v": pytest.approx(3.5 / 14)}
    assert last is None


def test_a_mark_is_drawn_as_a_crosshair(page, show):
    show(page, MapGrid(code_maps(14, 28)), name="map_view")
    mark = """(detail) => document.querySelector("#host")
      .dispatchEvent(new CustomEvent("cw-mark", { detail }))"""
    cross = page.locator(".cw-view-cross")
    assert not cross.is_visible()
    page.evaluate(mark, {"u": 0.25, "v": 0.5})
    assert cross.is_visible()
    assert cross.evaluate("(one) => getComputedStyle(one, '::before').left") == "56px"
    assert cross.evaluate("(one) => getComputedStyle(one, '::after').top") == "56px"
    page.evaluate(mark, None)
    assert not cross.is_visible()


def test_smooth_interpolates(page, show):
    maps = np.zeros((2, 2, 1), np.float32)
    maps[:, 1] = 1
    show(page, MapGrid(maps, colour_map="gray"), name="map_view")
    row = pixels(page, 0, 10, 224, 1, ".cw-view-map")[0, :, 0]
    assert set(row) == {0, 255}
    page.get_by_label("smooth").check()
    page.evaluate(FRAME)
    row = pixels(page, 0, 10, 224, 1, ".cw-view-map")[0, :, 0].astype(int)
    assert len(set(row)) > 50
    assert (np.diff(row) >= 0).all()


def test_the_size_of_the_view_is_a_trait(page, show):
    show(page, MapGrid(code_maps(14, 28)), name="map_view", view_size=300)
    assert page.locator(".cw-view-map").bounding_box()["width"] == 300


def test_colours_in_the_view_have_no_bar(page, show):
    show(page, MapGrid(RNG.integers(0, 256, (5, 2, 4, 3), np.uint8)), name="map_view")
    assert not page.locator(".cw-view-scale").is_visible()
    page.evaluate("cleanUp()")
    assert page.evaluate("listenerCount()") == 0
