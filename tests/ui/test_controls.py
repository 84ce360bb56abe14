"""The controls in a real browser: keys, pointer, names for screen readers, what is saved."""

import re

import pytest
from browser import check_clean_up, saves
from playwright.sync_api import expect

from convnet_widgets.widgets.controls import ChannelSlider, FilterIndexPicker, HeatmapAlphaSlider
from convnet_widgets.widgets.layer_dropdown import LayerDropdown

pytestmark = pytest.mark.ui

LAYERS = [
    ("conv1", "Conv2D", (None, 112, 112, 64)),
    ("conv4_block1_add", "Add", (None, 14, 14, 256)),
    ("conv4_block1_relu", "Activation", (None, 14, 14, 256)),
    ("conv4_block2_add", "Add", (None, None, None, 128)),
]
PATHS = [path for path, _, _ in LAYERS]
MANY = [(f"backbone/conv{i}_bn", "BatchNormalization", (None, 7, 7, i)) for i in range(800)]
CUT = "#host { height: 40px; overflow: hidden; contain: paint; transform: translateX(0); }"


@pytest.fixture
def show(page, mount):
    """``show(widget, css="", dark=False)`` renders `widget` in the page."""

    def show(widget, css="", dark=False):
        hidden = {name for name in widget.keys if name.startswith("_") and name != "_options"}
        names = set(widget.keys) - hidden - {"layout", "comm"}
        traits = {name: getattr(widget, name) for name in names}
        mount(page, widget._esm, widget._css + css, traits, dark)
        return page

    return show


def resting(page, count):
    """What was saved, after `count` saves have come and time for another one has passed."""
    page.wait_for_function(f"window.saves.length >= {count}")
    page.wait_for_timeout(400)
    return saves(page)


class TestSlider:
    def test_slider_has_its_name_and_shows_value_and_last(self, show):
        page = show(ChannelSlider(value=12, max=63))
        slider = page.get_by_role("slider", name="Channel", exact=True)
        assert slider.input_value() == "12"
        expect(slider).to_have_attribute("aria-valuetext", "12 / 63")
        expect(page.get_by_text("12 / 63")).to_be_visible()

    def test_label_focuses_the_slider(self, show):
        page = show(ChannelSlider(max=63))
        page.get_by_text("Channel").click()
        expect(page.get_by_role("slider")).to_be_focused()

    @pytest.mark.parametrize(
        ("key", "value"),
        [("ArrowRight", 31), ("ArrowDown", 29), ("Home", 0), ("End", 100), ("PageUp", 40)],
    )
    def test_keys_move_the_slider(self, show, key, value):
        page = show(ChannelSlider(value=30, max=100))
        page.get_by_role("slider").press(key)
        assert saves(page) == [{"value": value}]
        expect(page.get_by_text(f"{value} / 100")).to_be_visible()

    def test_keys_are_kept_from_the_notebook(self, show):
        page = show(FilterIndexPicker(max=9))
        without = page.locator(".cw :is(input, button):not([data-lm-suppress-shortcuts='true'])")
        assert without.count() == 0

    def test_every_move_is_saved(self, show):
        page = show(ChannelSlider(max=63))
        for _ in range(3):
            page.get_by_role("slider").press("ArrowRight")
        assert saves(page) == [{"value": 1}, {"value": 2}, {"value": 3}]

    def test_only_the_resting_place_is_saved_if_asked(self, show):
        page = show(ChannelSlider(max=63, continuous_update=False))
        for _ in range(3):
            page.get_by_role("slider").press("ArrowRight")
        assert page.evaluate("window.model.get('value')") == 3
        expect(page.get_by_text("3 / 63")).to_be_visible()
        assert resting(page, 1) == [{"value": 3}]

    def test_a_value_beyond_the_browsers_own_bounds_is_shown(self, show):
        slider = show(ChannelSlider(value=300, min=200, max=511)).get_by_role("slider")
        assert slider.input_value() == "300"

    def test_bounds_and_value_from_the_kernel_arrive_together(self, show, arrive):
        page = show(ChannelSlider(value=60, max=63))
        arrive(page, {"value": 300, "max": 511})
        slider = page.get_by_role("slider")
        assert (slider.input_value(), slider.get_attribute("max")) == ("300", "511")
        arrive(page, {"max": 7, "value": 7})
        assert slider.input_value() == "7"
        expect(page.get_by_text("7 / 7")).to_be_visible()
        assert saves(page) == []

    def test_a_disabled_slider_stays(self, show, arrive):
        page = show(ChannelSlider(max=63, disabled=True))
        expect(page.get_by_role("slider")).to_be_disabled()
        arrive(page, {"disabled": False, "description": "Unit"})
        expect(page.get_by_role("slider", name="Unit")).to_be_enabled()

    def test_opacity_is_shown_in_percent(self, show):
        page = show(HeatmapAlphaSlider(value=0.4))
        slider = page.get_by_role("slider", name="Heatmap opacity")
        expect(slider).to_have_attribute("aria-valuetext", "40%")
        slider.press("ArrowRight")
        assert saves(page) == [{"value": 0.41}]
        expect(page.get_by_text("41%")).to_be_visible()

    @pytest.mark.parametrize("make", [ChannelSlider, FilterIndexPicker, HeatmapAlphaSlider])
    def test_clean_up_leaves_nothing(self, show, make):
        page = show(make())
        check_clean_up(page)

    def test_a_panel_reuses_it_under_other_names(self, page, mount):
        panel = """const render = ({ model, el }) => renderChannelSlider({ el, model:
            renamed(model, { value: "channel", max: "last_channel" }, { description: "Unit" }) });
            export default { render };"""
        text = re.sub(r"^export default .*;$", panel, ChannelSlider._esm, flags=re.MULTILINE)
        mount(page, text, ChannelSlider._css, {"channel": 3, "last_channel": 9})
        page.get_by_role("slider", name="Unit").press("End")
        assert saves(page) == [{"channel": 9}]
        expect(page.get_by_text("9 / 9")).to_be_visible()


class TestFilterIndexPicker:
    @pytest.fixture
    def picker(self, show):
        return show(FilterIndexPicker(value=5, max=511))

    def test_every_part_has_its_name(self, picker):
        for role, name in [
            ("slider", "Filter"),
            ("spinbutton", "Filter number"),
            ("button", "Previous filter"),
            ("button", "Next filter"),
        ]:
            expect(picker.get_by_role(role, name=name, exact=True)).to_be_visible()

    def test_the_last_number_stays_on_one_line_within_its_row(self, show):
        page = show(FilterIndexPicker(value=1000, max=1279))
        total = page.get_by_text("/ 1279")
        assert total.evaluate("(one) => one.getClientRects().length") == 1
        box, row = total.bounding_box(), page.locator(".cw-control").bounding_box()
        assert box["height"] < 26
        assert box["x"] + box["width"] <= row["x"] + row["width"]

    def test_buttons_step(self, picker):
        picker.get_by_role("button", name="Next").click()
        picker.get_by_role("button", name="Previous").click()
        picker.get_by_role("button", name="Previous").click()
        assert saves(picker) == [{"value": 6}, {"value": 5}, {"value": 4}]
        assert picker.get_by_role("spinbutton").input_value() == "4"
        assert picker.get_by_role("slider").input_value() == "4"

    def test_buttons_are_disabled_at_the_ends_and_hand_the_focus_on(self, show):
        page = show(FilterIndexPicker(value=1, max=2))
        previous, following = page.get_by_role("button").all()
        previous.press("Enter")
        expect(previous).to_be_disabled()
        expect(page.get_by_role("slider")).to_be_focused()
        page.keyboard.press("End")
        expect(following).to_be_disabled()
        expect(previous).to_be_enabled()

    def test_a_number_is_taken_at_enter(self, picker):
        field = picker.get_by_role("spinbutton")
        field.fill("37")
        assert saves(picker) == []
        field.press("Enter")
        assert saves(picker) == [{"value": 37}]

    @pytest.mark.parametrize(("typed", "value"), [("900", 511), ("-4", 0), ("7.6", 8)])
    @pytest.mark.parametrize("leave", ["Enter", "Tab"])
    def test_a_wrong_number_is_marked_and_put_right(self, picker, typed, value, leave):
        field = picker.get_by_role("spinbutton")
        field.fill(typed)
        expect(field).to_have_attribute("aria-invalid", "true")
        field.press(leave)
        assert field.input_value() == str(value)
        expect(field).not_to_have_attribute("aria-invalid", "true")
        assert saves(picker) == [{"value": value}]

    @pytest.mark.parametrize("typed", ["", "e-"])
    def test_what_is_no_number_gives_the_value_back(self, picker, typed):
        field = picker.get_by_role("spinbutton")
        field.fill("")
        field.press_sequentially(typed)
        expect(field).to_have_attribute("aria-invalid", "true")
        field.blur()
        assert field.input_value() == "5"
        expect(field).not_to_have_attribute("aria-invalid", "true")
        assert saves(picker) == []

    @pytest.mark.parametrize(
        ("key", "value"), [("ArrowUp", 6), ("ArrowDown", 4), ("PageUp", 15), ("PageDown", 0)]
    )
    def test_keys_in_the_number_field(self, picker, key, value):
        picker.get_by_role("spinbutton").press(key)
        assert saves(picker) == [{"value": value}]

    def test_positions_lie_on_steps(self, show):
        page = show(FilterIndexPicker(value=1, min=1, max=9, step=3))
        field = page.get_by_role("spinbutton")
        field.fill("6")
        field.press("Enter")
        field.fill("99")
        field.press("Enter")
        assert saves(page) == [{"value": 7}]

    def test_a_disabled_picker_takes_nothing(self, show):
        page = show(FilterIndexPicker(value=5, max=9, disabled=True))
        assert page.locator(".cw :is(input, button):enabled").count() == 0


class TestLayerDropdown:
    @pytest.fixture
    def dropdown(self, show):
        return show(LayerDropdown(LAYERS))

    def test_closed_it_shows_path_type_and_shape(self, dropdown):
        field = dropdown.get_by_role("combobox", name="Layer", exact=True)
        assert field.input_value() == "conv1"
        expect(field).to_have_attribute("aria-expanded", "false")
        expect(dropdown.get_by_text("Conv2D")).to_be_visible()
        expect(dropdown.get_by_text("112×112×64")).to_be_visible()
        expect(dropdown.get_by_role("listbox")).to_be_hidden()

    def test_unknown_sizes_are_question_marks(self, show):
        page = show(LayerDropdown(LAYERS, index=3))
        expect(page.get_by_text("?×?×128")).to_be_visible()

    @pytest.mark.parametrize("key", ["ArrowDown", "ArrowUp", "Enter"])
    def test_keys_open_it_at_the_chosen_layer(self, show, key):
        page = show(LayerDropdown(LAYERS, index=2))
        page.get_by_role("combobox").press(key)
        expect(page.get_by_role("option")).to_have_count(4)
        expect(page.get_by_role("option", selected=True)).to_contain_text(PATHS[2])
        assert active(page) == PATHS[2]

    @pytest.mark.parametrize(
        ("keys", "path"),
        [
            (["ArrowDown"], PATHS[1]),
            (["ArrowUp"], PATHS[0]),
            (["End"], PATHS[3]),
            (["End", "ArrowDown", "ArrowUp"], PATHS[2]),
            (["End", "Home"], PATHS[0]),
            (["PageDown"], PATHS[3]),
        ],
    )
    def test_keys_walk_the_list(self, dropdown, keys, path):
        field = dropdown.get_by_role("combobox")
        for key in ["ArrowDown", *keys]:
            field.press(key)
        assert active(dropdown) == path
        assert saves(dropdown) == []

    def test_typing_filters_and_marks(self, dropdown):
        field = dropdown.get_by_role("combobox")
        field.click()
        dropdown.keyboard.type("conv4 add")
        assert listed(dropdown) == [PATHS[1], PATHS[3]]
        assert dropdown.locator("mark").all_inner_texts() == ["conv4", "add", "Add"] * 2
        expect(dropdown.get_by_role("status")).to_have_text("2 of 4 layers")
        expect(field).to_have_attribute("aria-expanded", "true")

    def test_enter_chooses_and_saves_all_at_once(self, dropdown):
        field = dropdown.get_by_role("combobox")
        field.click()
        dropdown.keyboard.type("block2")
        field.press("Enter")
        assert saves(dropdown) == [{"index": 3, "value": PATHS[3], "channels": 128}]
        assert field.input_value() == PATHS[3]
        expect(dropdown.get_by_role("listbox")).to_be_hidden()
        expect(field).to_be_focused()

    def test_a_choice_calls_for_one_message_alone(self, dropdown):
        # JupyterLab sends a message at every call within a change
        dropdown.evaluate("""() => {
          window.calls = 0;
          const { save_changes } = window.model;
          window.model.save_changes = () => { window.calls += 1; save_changes(); };
        }""")
        dropdown.get_by_role("combobox").click()
        dropdown.get_by_role("option").nth(2).click()
        assert dropdown.evaluate("window.calls") == 1

    def test_a_click_chooses_and_keeps_the_focus(self, dropdown):
        field = dropdown.get_by_role("combobox")
        field.click()
        dropdown.get_by_role("option").nth(2).click()
        assert saves(dropdown) == [{"index": 2, "value": PATHS[2], "channels": 256}]
        expect(field).to_be_focused()
        expect(dropdown.get_by_role("listbox")).to_be_hidden()

    def test_choosing_the_same_again_saves_nothing(self, dropdown):
        dropdown.get_by_role("combobox").click()
        dropdown.keyboard.press("Enter")
        assert saves(dropdown) == []

    def test_nothing_matches(self, dropdown):
        field = dropdown.get_by_role("combobox")
        field.click()
        dropdown.keyboard.type("xyz")
        expect(dropdown.get_by_role("status")).to_have_text("no layer matches “xyz”")
        expect(dropdown.get_by_role("option")).to_have_count(0)
        assert field.get_attribute("aria-activedescendant") is None

    def test_typed_text_is_no_markup(self, dropdown):
        dropdown.get_by_role("combobox").click()
        dropdown.keyboard.type("<b>x")
        expect(dropdown.get_by_role("status")).to_have_text("no layer matches “<b>x”")

    def test_enter_without_a_match_goes_on_telling_and_escape_restores_the_field(self, dropdown):
        field = dropdown.get_by_role("combobox")
        field.click()
        assert field.get_attribute("aria-invalid") == "false"
        dropdown.keyboard.type("xyz")
        field.press("Enter")
        expect(dropdown.get_by_role("status")).to_have_text("no layer matches “xyz”")
        assert (field.input_value(), field.get_attribute("aria-invalid")) == ("xyz", "true")
        field.press("Escape")
        assert field.get_attribute("aria-invalid") == "false"
        expect(dropdown.get_by_role("listbox")).to_be_hidden()
        expect(dropdown.get_by_role("status")).to_be_hidden()
        assert field.input_value() == "conv1"
        expect(field).to_be_focused()
        assert saves(dropdown) == []

    @pytest.mark.parametrize("way", ["escape", "tab", "outside", "arrow"])
    def test_closing_restores_the_field(self, dropdown, way):
        field = dropdown.get_by_role("combobox")
        field.click()
        dropdown.keyboard.type("conv4")
        {
            "escape": lambda: field.press("Escape"),
            "tab": lambda: field.press("Tab"),
            "outside": lambda: dropdown.mouse.click(700, 800),
            "arrow": lambda: dropdown.mouse.click(*middle_of_arrow(dropdown)),
        }[way]()
        expect(dropdown.get_by_role("listbox")).to_be_hidden()
        expect(field).to_have_attribute("aria-expanded", "false")
        assert field.input_value() == "conv1"
        assert saves(dropdown) == []

    def test_escape_does_not_reach_the_notebook_while_open(self, dropdown):
        dropdown.evaluate(
            "window.keys = []; addEventListener('keydown', (e) => window.keys.push(e.key));"
        )
        field = dropdown.get_by_role("combobox")
        for key in ["ArrowDown", "Escape", "Escape"]:
            field.press(key)
        assert dropdown.evaluate("window.keys") == ["Escape"]

    def test_the_field_follows_the_kernel(self, dropdown, arrive):
        arrive(dropdown, {"value": PATHS[1], "index": 1, "channels": 256})
        assert dropdown.get_by_role("combobox").input_value() == PATHS[1]
        expect(dropdown.get_by_text("14×14×256")).to_be_visible()
        assert saves(dropdown) == []

    def test_new_options_from_the_kernel_show_in_the_open_list(self, dropdown, arrive):
        dropdown.get_by_role("combobox").click()
        row = {"path": "new", "type": "Add", "shape": [None, 7, 7, 3], "channels": 3}
        arrive(dropdown, {"_options": [row], "value": "new", "index": 0, "channels": 3})
        assert listed(dropdown) == ["new"]
        assert saves(dropdown) == []

    @pytest.mark.parametrize(("name", "value"), [("index", 2), ("value", PATHS[2])])
    def test_the_rest_follows_a_link_in_the_browser(self, dropdown, name, value):
        dropdown.evaluate(
            "([name, value]) => { model.set(name, value); model.save_changes(); }", [name, value]
        )
        assert saves(dropdown) == [{"index": 2, "value": PATHS[2], "channels": 256}]
        assert dropdown.get_by_role("combobox").input_value() == PATHS[2]

    def test_an_index_beyond_the_options_is_left_to_the_kernel(self, dropdown):
        dropdown.evaluate("() => { model.set('index', 99); model.save_changes(); }")
        assert saves(dropdown) == [{"index": 99}]

    def test_a_host_without_index_gets_the_value_alone(self, page, mount):
        widget = LayerDropdown(LAYERS)
        traits = {"_options": widget._options, "value": "conv1", "description": "Layer"}
        mount(page, widget._esm, widget._css, traits)
        page.get_by_role("combobox").click()
        page.get_by_role("option").nth(1).click()
        assert saves(page) == [{"value": PATHS[1]}]

    def test_nothing_chosen_and_no_options(self, show, arrive):
        page = show(LayerDropdown())
        field = page.get_by_role("combobox")
        expect(field).to_have_attribute("placeholder", "No layers")
        field.click()
        expect(page.get_by_role("status")).to_have_text("no layers")
        field.press("Escape")
        arrive(page, {"_options": LayerDropdown(LAYERS)._options})
        expect(field).to_have_attribute("placeholder", "Choose a layer")

    def test_disabled_it_stays_closed(self, show):
        page = show(LayerDropdown(LAYERS, disabled=True))
        expect(page.get_by_role("combobox")).to_be_disabled()
        page.mouse.click(*middle_of_arrow(page))
        expect(page.get_by_role("listbox")).to_be_hidden()

    def test_the_list_is_not_cut_off_by_its_surroundings(self, show):
        page = show(LayerDropdown(LAYERS), css=CUT)
        page.get_by_role("combobox").click()
        page.get_by_role("option").nth(3).click()
        assert saves(page)[0]["index"] == 3

    def test_the_list_stays_at_its_field_while_the_page_scrolls(self, show):
        page = show(LayerDropdown(LAYERS), css="#host { padding: 300px 0 2000px; }")
        page.get_by_role("combobox").click()
        page.mouse.wheel(0, 150)
        page.wait_for_function("scrollY === 150")
        page.wait_for_function(f"Math.abs(({GAP_BELOW})() - 4) < 1")

    def test_the_list_opens_upwards_where_there_is_more_room(self, show):
        page = show(LayerDropdown(MANY), css="#host { padding-top: 760px; }")
        page.get_by_role("combobox").click()
        box = page.locator(".cw-layers").bounding_box()
        assert box["y"] >= 8
        assert box["y"] + box["height"] < page.locator(".cw-field").bounding_box()["y"]
        assert box["height"] == pytest.approx(320, abs=1)

    def test_a_long_list_scrolls_to_what_is_active(self, show):
        page = show(LayerDropdown(MANY, index=400))
        field = page.get_by_role("combobox")
        field.click()
        for key, path in [(None, MANY[400]), ("End", MANY[799]), ("Home", MANY[0])]:
            if key:
                field.press(key)
            assert active(page) == path[0]
            assert inside(page, ".cw-active", ".cw-layers")

    def test_no_text_of_the_list_is_cut(self, show):
        page = show(LayerDropdown([("WWA", "Add", (None, 7, 7, 3)), ("m", "MM", None)]))
        page.get_by_role("combobox").click()
        for query in ("", "add", "m"):
            page.get_by_role("combobox").fill(query)
            assert page.evaluate("""[...document.querySelectorAll('[role=option] span')]
              .every(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)""")

    @pytest.mark.parametrize("width", [420, 560, 700])
    def test_the_list_begins_with_its_field_and_paths_come_before_kinds(self, show, width):
        page = show(LayerDropdown([("block7a_project_conv", "BatchNormalization", (7, 7, 1152))]))
        page.set_viewport_size({"width": width, "height": 800})
        page.get_by_role("combobox").click()
        box, field = (page.locator(s).bounding_box() for s in (".cw-layers", ".cw-field"))
        assert box["x"] == pytest.approx(field["x"], abs=0.5)
        assert field["width"] <= box["width"] + 0.5
        assert box["x"] + box["width"] <= max(width - 8, field["x"] + field["width"]) + 0.5
        path, kind, shape = page.locator("[role=option] span").all()
        assert path.evaluate("(one) => one.scrollWidth <= one.clientWidth")
        assert shape.evaluate("(one) => one.scrollWidth <= one.clientWidth")
        assert kind.is_visible() == (width > 600)

    def test_a_long_path_does_not_widen_the_page(self, show):
        path = "backbone/" + "/".join(f"stage{i}_block" for i in range(20))
        page = show(LayerDropdown([(path, "Conv2D", (None, 56, 56, 256))]))
        page.get_by_role("combobox").click()
        box = page.locator(".cw-layers").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 800
        assert page.evaluate("document.documentElement.scrollWidth") <= 800

    def test_clean_up_leaves_nothing(self, dropdown):
        dropdown.get_by_role("combobox").click()
        check_clean_up(dropdown)
        dropdown.mouse.click(300, 300)


GAP_BELOW = """() => document.querySelector('.cw-layers').getBoundingClientRect().top
  - document.querySelector('.cw-field').getBoundingClientRect().bottom"""


def listed(page):
    return page.locator("[role=option] span:first-child").all_inner_texts()


def active(page):
    """Path of the row that ``aria-activedescendant`` names."""
    name = page.get_by_role("combobox").get_attribute("aria-activedescendant")
    row = page.locator(f"#{name}")
    expect(row).to_have_class(re.compile("cw-active"))
    return row.locator("span").first.inner_text()


def middle_of_arrow(page):
    box = page.locator(".cw-field").bounding_box()
    return box["x"] + box["width"] - 10, box["y"] + box["height"] / 2


def inside(page, inner, outer):
    one, other = (page.locator(name).bounding_box() for name in (inner, outer))
    return other["y"] <= one["y"] and one["y"] + one["height"] <= other["y"] + other["height"]


@pytest.mark.parametrize("dark", [False, True])
def test_rows_line_up_and_text_can_be_read(show, dark):
    edges = set()
    for widget in (
        LayerDropdown(LAYERS),
        ChannelSlider(value=12, max=63),
        FilterIndexPicker(max=511),
        HeatmapAlphaSlider(),
    ):
        page = show(widget, dark=dark)
        edges.add(round(page.locator(".cw-label + *").bounding_box()["x"]))
        assert page.evaluate(CONTRAST) >= 4.5
    assert len(edges) == 1


# Contrast ratio (WCAG 2) of a label's text with the page behind it.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  const light = (...colours) => {
    colours.forEach((colour) => {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    });
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
      const c = byte / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = getComputedStyle(document.body).backgroundColor;
  const page = ["#fff", behind];
  const text = getComputedStyle(document.querySelector(".cw-label")).color;
  const [dim, bright] = [light(...page), light(...page, text)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}"""
