"""The panels in a real browser: what moves, what the kernel hears, what a reader is told."""

import io
from functools import cache

import kinds
import numpy as np
import pytest
from browser import FRAME, check_clean_up, get, saves, set_traits, traits_of
from panels import shown_maps
from PIL import Image
from playwright.sync_api import expect

import convnet_widgets as cw
from convnet_widgets.rendering.colour_maps import kernel_colours, lookup_table
from convnet_widgets.rendering.intensity import scale

pytestmark = pytest.mark.ui

# RGBA in the middle of rows × columns cells of a part of a canvas
CELLS = """(canvas, [rows, columns, left, top, width, height]) => {
  const [w, h] = [width ?? canvas.width, height ?? canvas.height];
  const { data } = canvas.getContext("2d").getImageData(left ?? 0, top ?? 0, w, h);
  const middle = (i, count, side) => Math.floor(((2 * i + 1) * side) / (2 * count));
  return Array.from({ length: rows * columns }, (_, i) => {
    const [x, y] = [middle(i % columns, columns, w), middle(Math.floor(i / columns), rows, h)];
    return [...data.subarray(4 * (y * w + x), 4 * (y * w + x) + 4)];
  });
}"""
MARKED = """(cross) => cross.hidden ? null :
  ["--u", "--v"].map((name) => Math.round(parseFloat(cross.style.getPropertyValue(name))))"""
ENLARGED = "canvas.cw-view-map"
GRID = ".cw-map-stage canvas"
LONG = "backbone/" + "a_stage_of_a_block_of_a_branch/" * 6 + "conv"


@pytest.fixture
def show(page, mount):
    """``show(viewer, **changes)`` mounts a viewer, waits for the drawing, returns the page."""

    def show(viewer, **changes):
        mount(page, viewer._esm, viewer._css, traits_of(viewer) | changes)
        page.wait_for_timeout(50)  # the sizes of pictures settle
        page.evaluate(FRAME)
        return page

    return show


def cells(canvas, rows, columns, *part):
    """RGBA (rows, columns, 4) in the middle of each cell of a canvas, or a part of it."""
    values = canvas.evaluate(CELLS, [rows, columns, *part])
    return np.array(values, np.uint8).reshape(rows, columns, 4)


def enlarged(page, rows, columns, which=0):
    """RGB (rows, columns, 3) of an enlarged map."""
    return cells(page.locator(ENLARGED).nth(which), rows, columns)[..., :3]


def number(text):
    """The number that a text of the browser shows, which has a minus sign for a hyphen."""
    return float(text.replace("−", "-"))


def browser_values(viewer):
    """The maps (height, width, groups, channels) that the codes of a viewer stand for."""
    return shown_maps(viewer).reshape(viewer.height, viewer.width, viewer.groups, -1)


def colours(maps, mode, colour_map):
    """RGB (height, width, channels, 3) by the scales of `rendering`, in double precision."""
    limits = scale(maps, mode)
    shares = np.clip((maps.astype(float) - limits.origin) / limits.unit + limits.at, 0, 1)
    return lookup_table(colour_map)[np.floor(shares * 255 + 0.5).astype(int)]


def tile(page, rows, columns):
    """RGB (rows, columns, 3) of the chosen tile of the grid."""
    canvas, mark = page.locator(GRID), page.locator(".cw-map-chosen")
    box, outer = mark.bounding_box(), canvas.bounding_box()
    corner = round(box["x"] - outer["x"]), round(box["y"] - outer["y"])
    size = round(box["width"]), round(box["height"])
    return cells(canvas, rows, columns, *corner, *size)[..., :3]


def saved_at_rest(page):
    page.wait_for_timeout(400)
    return saves(page)


def tabbed_names(page, count):
    """Accessible descriptions of what has the focus at each of `count` presses of Tab."""
    names = []
    for _ in range(count):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("""() => {
              const { ariaLabel, labels, textContent, tagName } = document.activeElement;
              const text = ariaLabel || labels?.[0]?.innerText.split('\\n')[0] || textContent;
              return `${tagName.toLowerCase()} ${text}`;
            }""")
        )
    return names


@pytest.fixture(scope="module")
def maps():
    """Six maps of 10 × 10 values that are codes exactly."""
    codes = np.random.default_rng(0).integers(0, 65536, (10, 10, 6))
    codes[0, 0], codes[0, 1] = 0, 65535
    return (codes * np.array([1, 2, 0.5, 1, 4, 1]) - np.arange(6)).astype(np.float32)


@pytest.fixture(scope="module")
def viewer(maps):
    viewer = cw.FeatureMapViewer(kinds.functional(), "cat")
    viewer.wait()
    viewer.set_maps(maps)
    return viewer


class TestFeatureMapViewer:
    def test_keys_of_the_slider_move_the_enlarged_map(self, show, viewer, maps):
        page = show(viewer)
        expected = colours(maps, "map", "viridis")
        slider = page.get_by_role("slider", name="Channel", exact=True)
        for channel in range(1, 6):
            slider.press("ArrowRight")
            page.evaluate(FRAME)
            np.testing.assert_array_equal(enlarged(page, 10, 10), expected[:, :, channel])

    def test_the_kernel_hears_once_of_a_slider_that_came_to_rest(self, page, show, viewer):
        page.clock.install(time=0)
        show(viewer)
        page.get_by_role("slider", name="Channel", exact=True).focus()
        page.clock.pause_at(60_000)  # between two keys a busy machine may take what counts as rest
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        assert get(page, "channel") == 4
        assert saves(page) == []
        page.clock.run_for(1000)
        assert saves(page) == [{"channel": 4}]
        assert page.evaluate("messages") == []

    def test_grid_slider_enlarged_map_and_readings_agree(self, show, viewer, maps):
        page = show(viewer)
        set_traits(page, channel=4)
        box = page.locator(".cw-map-chosen").bounding_box()
        set_traits(page, channel=0)
        page.mouse.click(box["x"] + 5, box["y"] + 5)
        page.evaluate(FRAME)
        assert get(page, "channel") == 4
        assert page.get_by_role("slider", name="Channel").input_value() == "4"
        drawn = enlarged(page, 10, 10)
        np.testing.assert_array_equal(drawn, tile(page, 10, 10))
        expect(page.get_by_role("heading", name="Channel 4")).to_be_visible()
        said = dict(
            row.split("\n") for row in page.locator(".cw-reading-list div").all_inner_texts()
        )
        assert number(said["Mean"]) == pytest.approx(maps[..., 4].mean(), rel=1e-3)
        assert number(said["Standard deviation"]) == pytest.approx(maps[..., 4].std(), rel=1e-3)
        assert number(said["Maximum"]) == pytest.approx(maps[..., 4].max(), rel=1e-3)
        assert said["Zeros"] == "0 %"
        assert saved_at_rest(page) == [{"channel": 4}]

    def test_a_click_beside_the_tiles_chooses_nothing(self, show, viewer):
        page = show(viewer, channel=2)
        box = page.locator(".cw-map-stage").bounding_box()
        page.mouse.click(box["x"] + 1, box["y"] + 1)
        page.mouse.click(box["x"] + box["width"] - 2, box["y"] + 10)
        assert get(page, "channel") == 2
        assert saved_at_rest(page) == []

    @pytest.mark.parametrize("over", [".cw-photograph-image", ENLARGED])
    def test_the_pointer_marks_the_same_place_on_both_and_reads_the_map(
        self, show, viewer, maps, over
    ):
        page = show(viewer, channel=3)
        box = page.locator(over).bounding_box()
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.85 * box["height"])
        crosses = page.locator(".cw-view-cross").all()
        assert [cross.evaluate(MARKED) for cross in crosses] == [[25, 85], [25, 85]]
        reading = page.locator(".cw-reading-list div").last.inner_text().split("\n")
        assert reading[0] == "Row 8, column 2"
        assert number(reading[1]) == pytest.approx(maps[8, 2, 3], rel=1e-3)
        page.mouse.move(5, 5)
        assert [cross.evaluate(MARKED) for cross in crosses] == [None, None]
        assert page.locator(".cw-reading-list div").last.inner_text() == "Under the pointer\n–"

    def test_photograph_and_map_are_equally_large_and_side_by_side(self, show, viewer):
        page = show(viewer)
        for width in (520, 800, 1100):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(100)
            photograph, enlarged = (
                page.locator(name).bounding_box() for name in (".cw-photograph-image", ENLARGED)
            )
            assert photograph["y"] == pytest.approx(enlarged["y"], abs=1)
            assert max(photograph["width"], photograph["height"]) == pytest.approx(
                max(enlarged["width"], enlarged["height"]), abs=1
            )
            assert enlarged["width"] >= 160
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_a_layer_is_saved_at_once(self, show, viewer):
        page = show(viewer)
        field = page.get_by_role("combobox", name="Layer")
        field.focus()
        field.press("ArrowDown")
        field.press("ArrowDown")
        field.press("Enter")
        assert saves(page) == [{"layer": viewer._layers[1]["path"]}]
        assert page.evaluate("messages") == []

    def test_layers_chosen_quickly_by_keyboard_are_each_asked_for(self, show, viewer):
        page = show(viewer)
        field = page.get_by_role("combobox", name="Layer")
        field.focus()
        for _ in range(3):
            for key in ("ArrowDown", "ArrowDown", "Enter"):
                field.press(key)
        paths = [layer["path"] for layer in viewer._layers]
        assert saves(page) == [{"layer": path} for path in paths[1:4]]

    def test_a_sample_is_a_message(self, show, viewer):
        page = show(viewer)
        page.get_by_label("Photograph", exact=True).select_option("coffee")
        assert page.evaluate("messages") == [{"kind": "sample", "name": "coffee"}]
        assert saves(page) == []

    def test_a_sample_that_fails_leaves_the_choice_at_what_is_shown(self, show, viewer, arrive):
        page = show(viewer)
        samples = page.get_by_label("Photograph", exact=True)
        samples.select_option("coffee")
        arrive(page, {"busy": True, "error": ""})
        assert samples.input_value() == "coffee"
        arrive(page, {"error": "ValueError: it is truncated", "busy": False})
        assert samples.input_value() == "cat"

    def test_an_upload_arrives_byte_by_byte(self, show, viewer, tmp_path):
        page = show(viewer)
        content = np.random.default_rng(1).bytes(5000)
        (tmp_path / "mine.png").write_bytes(content)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Upload …").click()
        for _ in range(2):  # the same file may be chosen again
            chooser.value.set_files(tmp_path / "mine.png")
            page.wait_for_function("messages.length > 0")
            message = page.evaluate("messages.pop()")
            assert (message["kind"], message["name"]) == ("upload", "mine.png")
            assert [bytes(one) for one in message["bytes"]] == [content]

    def test_an_uploaded_photograph_is_shown_by_its_name(self, show, viewer, arrive):
        page = show(viewer)
        file = io.BytesIO()
        Image.new("RGB", (20, 40), "red").save(file, "png")
        arrive(page, {"_photograph": file.getvalue(), "_image_name": "mine.png"})
        image = page.get_by_role("img", name="Photograph: mine.png")
        expect(page.get_by_text("as the network sees it, 20 × 40")).to_be_visible()
        box = image.bounding_box()
        assert box["height"] == pytest.approx(2 * box["width"], abs=1)
        assert page.get_by_label("Photograph", exact=True).input_value() == "mine.png"

    def test_without_a_photograph_the_map_begins_at_the_left_edge(self, show):
        page = show(cw.FeatureMapViewer(kinds.one_dimensional(), kinds.pixels(20, 2)))
        assert not page.locator(".cw-photograph").is_visible()
        assert not page.get_by_role("button", name="Upload …").is_visible()
        enlarged, panel = (page.locator(s).bounding_box() for s in (ENLARGED, ".cw-viewer-pair"))
        assert enlarged["x"] == panel["x"]
        assert enlarged["width"] > 0.8 * panel["width"]

    def test_every_control_has_its_name_and_is_reached_by_tab(self, show, viewer):
        page = show(viewer)
        assert tabbed_names(page, 9) == [
            "input Layer",
            "select Photograph",
            "button Upload …",
            "input Channel",
            "input smooth",
            "select Colours",
            "select Range",
            "select Order",
            f"canvas {viewer.label}, 6 channels",
        ]
        expect(page.get_by_role("img", name=f"{viewer.label}, channel 0")).to_be_visible()
        page.keyboard.press("ArrowRight")
        assert get(page, "channel") == 1

    def test_every_control_keeps_its_keys_from_the_notebook(self, show, viewer):
        page = show(viewer)
        controls = ":is(input:not([type=file]), select, button, canvas[tabindex])"
        assert page.locator(f".cw {controls}:not([data-lm-suppress-shortcuts='true'])").count() == 0

    def test_clean_up_leaves_nothing(self, show, viewer):
        page = show(viewer, busy=True)
        check_clean_up(page)
        page.wait_for_timeout(300)  # nothing is left to run: an error would fail the test


class TestPanel:
    def test_an_error_is_an_alert_until_dismissed(self, show, viewer, arrive):
        page = show(viewer)
        assert not page.get_by_role("alert").is_visible()
        arrive(page, {"error": "ValueError: " + "very long " * 200})
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("ValueError: very long")
        assert alert.bounding_box()["height"] < 250
        page.get_by_role("button", name="Dismiss the error").press("Enter")
        assert not alert.is_visible()
        assert saves(page) == [{"error": ""}]

    def test_work_is_told_once_it_takes_time(self, page, show, viewer, arrive):
        page.clock.install(time=0)
        show(viewer)
        status = page.locator(".cw-busy")
        page.clock.pause_at(60_000)
        arrive(page, {"busy": True})
        page.clock.run_for(100)
        arrive(page, {"busy": False})
        page.clock.run_for(1000)
        assert status.text_content() == ""
        arrive(page, {"busy": True})
        page.clock.run_for(100)
        assert status.text_content() == ""
        page.clock.run_for(100)
        assert status.text_content() == "computing …"
        arrive(page, {"busy": False})
        assert status.text_content() == ""

    def test_nothing_moves_when_work_begins(self, show, viewer, arrive):
        page = show(viewer)
        page.set_viewport_size({"width": 520, "height": 900})
        page.wait_for_timeout(100)

        def places():
            for words in range(5, 30):
                arrive(page, {"caption": "weights " * words})
                yield page.locator(ENLARGED).bounding_box()

        before = list(places())
        arrive(page, {"busy": True})
        expect(page.locator(".cw-busy")).to_have_text("computing …")
        assert list(places()) == before

    def test_substitute_weights_are_marked(self, show, viewer, arrive):
        page = show(viewer, caption="net · weights: random (seed 0), not imagenet")
        caption = page.get_by_text("net · weights: random (seed 0), not imagenet")
        mark = "(element) => getComputedStyle(element, '::before').content"
        assert caption.evaluate(mark) == "none"
        arrive(page, {"_substitute": True})
        assert caption.evaluate(mark) == '"⚠ "'

    def test_a_long_path_does_not_widen_the_panel(self, show, viewer):
        layers = [*viewer._layers, {"path": LONG, "type": "Conv2D", "shape": [None, 9, 9, 6]}]
        page = show(viewer, _layers=layers, layer=LONG)
        page.set_viewport_size({"width": 520, "height": 900})
        page.evaluate(FRAME)
        assert page.evaluate("document.documentElement.scrollWidth") <= 520
        assert page.get_by_role("combobox", name="Layer").get_attribute("title") == LONG


@cache
def filters(kind, **traits):
    make, layer = {
        "colour": (kinds.functional, "conv1"),
        "channels": (kinds.functional, "conv2"),
        "single": (kinds.unusual_convolutions, "depthwise"),
        "pointwise": (kinds.nested_twice, "head"),
    }[kind]
    viewer = cw.FilterViewer(make(), layer, **traits)
    viewer.wait()
    assert (viewer.kind, viewer.error) == (kind, "")
    return viewer


class TestFilterViewer:
    def test_colour_filters_and_their_weights(self, show):
        viewer = filters("colour", filter=2)
        page = show(viewer)
        rgb = kernel_colours(viewer.weights)
        np.testing.assert_array_equal(tile(page, 3, 3), rgb[2])
        weights = colours(browser_values(viewer)[:, :, 2], "signed", "coolwarm")
        expected = [rgb[2], *np.moveaxis(weights, 2, 0)]
        assert page.locator(".cw-part-name").all_inner_texts() == ["colour", "red", "green", "blue"]
        for which, picture in enumerate(expected):
            np.testing.assert_array_equal(enlarged(page, 3, 3, which), picture)

    def test_colour_weights_have_one_scale_and_the_tiles_another(self, show):
        viewer = filters("colour", filter=2)
        page = show(viewer)
        scales = [scale for scale in page.locator(".cw-view-scale").all() if scale.is_visible()]
        top, middle, bottom = (number(tick) for tick in scales[0].inner_text().split())
        largest = np.abs(viewer.weights[2]).max()
        assert (len(scales), middle) == (1, 0)
        assert (top, -bottom) == pytest.approx((largest, largest), rel=1e-3)
        title = page.get_by_role("heading", name="All filters in colour").inner_text()
        assert number(title.rpartition(" ")[2]) == pytest.approx(
            np.abs(viewer.weights).max(), rel=1e-3
        )

    @pytest.mark.parametrize("over", range(4))
    def test_the_pointer_reads_the_three_weights_at_any_of_the_pictures(self, show, over):
        viewer = filters("colour", filter=1)
        page = show(viewer)
        box = page.locator(ENLARGED).nth(over).bounding_box()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"])
        crosses = page.locator(".cw-view-cross").all()
        assert [cross.evaluate(MARKED) for cross in crosses] == [[50, 90]] * 4
        where, *said = page.locator(".cw-colour-reading").inner_text().split(" · ")
        assert where == "row 2, column 1"
        assert [one.split(" ")[0] for one in said] == ["red", "green", "blue"]
        values = [number(one.split(" ")[1]) for one in said]
        np.testing.assert_allclose(values, viewer.weights[1, 2, 1], atol=1e-4)
        page.mouse.move(5, 5)
        assert page.locator(".cw-colour-reading").inner_text() == "filter 1"

    def test_channels_of_the_chosen_filter(self, show):
        viewer = filters("channels", filter=2, channel=1)
        page = show(viewer)
        for chosen in (2, 3):
            expected = colours(browser_values(viewer)[:, :, chosen], "signed", "coolwarm")
            np.testing.assert_array_equal(tile(page, 3, 3), expected[:, :, 1])
            drawn = enlarged(page, 3, 3)
            np.testing.assert_array_equal(drawn, expected[:, :, 1])
            page.get_by_role("button", name="Next filter").click()
            page.evaluate(FRAME)

    def test_single_filters_are_one_picture_each(self, show):
        viewer = filters("single", filter=1)
        page = show(viewer)
        expected = colours(browser_values(viewer)[:, :, 0], "signed", "coolwarm")
        assert viewer.filters == 6
        for chosen in range(1, 6):
            height, width = viewer.height, viewer.width
            np.testing.assert_array_equal(tile(page, height, width), expected[:, :, chosen])
            drawn = enlarged(page, height, width)
            np.testing.assert_array_equal(drawn, expected[:, :, chosen])
            page.get_by_role("slider", name="Filter").press("ArrowRight")
            page.evaluate(FRAME)

    @pytest.mark.parametrize("kind", ["colour", "single"])
    def test_the_grid_chooses_the_filter(self, show, kind):
        page = show(filters(kind))
        set_traits(page, filter=2)
        box = page.locator(".cw-map-chosen").bounding_box()
        set_traits(page, filter=0)
        page.mouse.click(box["x"] + 5, box["y"] + 5)
        assert page.get_by_role("spinbutton", name="Filter number").input_value() == "2"
        assert (get(page, "filter"), get(page, "channel")) == (2, 0)
        assert saved_at_rest(page) == [{"filter": 2}]

    def test_a_kind_that_arrives_replaces_the_display_and_leaves_no_listener(self, show, arrive):
        states = {
            kind: traits_of(filters(kind)) for kind in ("colour", "channels", "single", "pointwise")
        }
        page = show(filters("colour"))
        arrive(page, states["colour"])
        counts = {}
        for turn in range(20):
            kind = list(states)[turn % 4]
            arrive(page, states[kind])
            page.evaluate(FRAME)
            count = page.evaluate("listenerCount()")
            assert counts.setdefault(kind, count) == count
            drawn = page.locator(".cw-filter-part").count()
            assert drawn == {"pointwise": 1}.get(kind, 2)
        assert saved_at_rest(page) == []
        check_clean_up(page)

    @pytest.mark.parametrize(
        ("kind", "own"),
        [
            ("colour", ["canvas Filters of conv1, 4 filters"]),
            (
                "channels",
                [
                    "input smooth",
                    "select Colours",
                    "select Range",
                    "select Order",
                    "canvas Filters of conv2, 4 channels",
                ],
            ),
            (
                "pointwise",
                ["canvas Weights of filter 1, 5 input channels", "input sorted by weight"],
            ),
        ],
    )
    def test_every_control_has_its_name_and_is_reached_by_tab(self, show, kind, own):
        page = show(filters(kind, filter=1))
        assert tabbed_names(page, 4) == [
            "input Layer",
            "input Filter",
            "button Previous filter",
            "input Filter number",
        ]
        rest = tabbed_names(page, len(own) + 1)
        assert [name for name in rest if name != "button Next filter"][: len(own)] == own


class TestWeightBars:
    WEIGHTS = np.array([[0, 0, 0, 0], [0.5, -1, 0.25, 0]], np.float32)

    @pytest.fixture
    def bars(self, show):
        choice = {"filters": 2, "filter": 1, "channels": 4, "channel": 3}
        return show(filters("pointwise"), **choice, _weights=self.WEIGHTS.tobytes())

    def columns(self, page):
        """Pixels of the middle of each of the four bars, in the top half and the bottom half."""
        canvas = page.locator(".cw-weight-bars canvas")
        drawn = cells(canvas, canvas.evaluate("(canvas) => canvas.height"), 4)
        middle = len(drawn) // 2
        return drawn[:middle], drawn[middle + 1 :]

    def heights(self, half, colour):
        return (half[..., :3] == lookup_table("coolwarm")[colour]).all(-1).sum(0)

    def test_bars_go_up_and_down_by_their_weights(self, bars):
        above, below = self.columns(bars)
        np.testing.assert_allclose(self.heights(above, 215), [45, 0, 22, 0], atol=1)
        np.testing.assert_allclose(self.heights(below, 40), [0, 89, 0, 0], atol=1)
        assert bars.locator(".cw-weight-row .cw-view-ticks span").all_inner_texts() == [
            "1",
            "0",
            "−1",
        ]

    def test_sorted_bars_keep_the_chosen_channel(self, bars):
        bars.get_by_label("sorted by weight").check()
        bars.evaluate(FRAME)
        above, below = self.columns(bars)
        np.testing.assert_allclose(self.heights(above, 215), [45, 22, 0, 0], atol=1)
        np.testing.assert_allclose(self.heights(below, 40), [0, 0, 0, 89], atol=1)
        canvas = bars.get_by_role("application")
        canvas.press("ArrowRight")
        assert get(bars, "channel") == 1
        canvas.press("Home")
        assert get(bars, "channel") == 0
        assert saved_at_rest(bars) == [{"channel": 0}]

    def test_the_pointer_reads_a_weight_and_a_click_chooses(self, bars):
        box = bars.locator(".cw-weight-bars canvas").bounding_box()
        bars.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
        expect(bars.get_by_text("input channel 1 · weight −1")).to_be_visible()
        bars.mouse.down()
        bars.mouse.up()
        assert get(bars, "channel") == 1
        bars.mouse.move(5, 5)
        expect(bars.get_by_text("input channel 1 · weight −1")).to_be_visible()

    def test_the_chosen_bar_is_marked_though_its_weight_is_nothing(self, bars):
        above, _ = self.columns(bars)
        assert (above[5, :, 3] > 0).tolist() == [False, False, False, True]

    def test_a_filter_without_weights_has_no_scale(self, bars):
        set_traits(bars, filter=0)
        assert bars.locator(".cw-weight-row .cw-view-ticks span").all_inner_texts() == ["0"]
        expect(bars.get_by_text("Strongest: channel 0 (0), channel 1 (0)")).to_be_visible()
