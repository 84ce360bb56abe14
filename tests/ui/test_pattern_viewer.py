"""The panel of patterns in a real browser and a real JupyterLab."""

import keras
import numpy as np
import pytest
from browser import FRAME, check_clean_up, traits_of
from kinds import functional, nested, pixels, seeded
from lab import ask, executed, wait_to_learn
from playwright.sync_api import expect

import convnet_widgets as cw
from convnet_widgets import PatternViewer
from convnet_widgets.core.patterns.cache import Cache
from convnet_widgets.rendering.colour_maps import lookup_table

pytestmark = pytest.mark.ui

QUICK = {"recipe": "book", "size": 16, "steps": 2, "cache": False}
NO_KERNEL = {
    **{"height": 1, "width": 1, "shown": 0, "of": 0, "in_colour": False},
    "note": "this Add layer has no kernel of its own",
}
CELLS = [
    """\
import keras
from keras import layers

import convnet_widgets as cw

keras.utils.set_random_seed(0)
image = keras.Input((32, 32, 3))
x = layers.Conv2D(9, 3, activation="relu", name="first")(image)
x = layers.Conv2D(6, 3, activation="relu", name="second")(x)
model = keras.Model(image, x, name="small")
viewer = cw.PatternViewer(model, recipe="book", size=32, steps=1_000_000, cache=False)""",
    "viewer",
    "other = cw.ChannelSlider(max=9, description='Other')\nother",
    "slept = __import__('time').sleep(1)  # a cell that runs while patterns sharpen",
]
COLOURS = """(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [...data].join();
}"""


@pytest.fixture
def show(page, mount):
    """``show(viewer)`` mounts a panel whose work is done and returns the page."""

    def show(viewer, width=800):
        page.set_viewport_size({"width": width, "height": 900})
        mount(page, viewer._esm, viewer._css, traits_of(viewer))
        page.evaluate(FRAME)
        return page

    return show


def test_choices_reach_the_kernel_one_by_one(show):
    page = show(PatternViewer(nested(), "conv1", **QUICK))
    page.get_by_role("combobox", name="Recipe").select_option("lucid")
    page.get_by_label("Size", exact=True).fill("48")
    page.get_by_label("Steps", exact=True).fill("12")
    page.get_by_label("Seed", exact=True).fill("7")
    page.get_by_label("Filters", exact=True).fill("0-1, 3")
    page.get_by_label("Filters", exact=True).press("Enter")
    page.get_by_label("Size", exact=True).focus()
    assert page.evaluate("saves") == [
        {"recipe": "lucid"}, {"size": 48}, {"steps": 12}, {"seed": 7}, {"filters": [0, 1, 3]},
    ]  # fmt: skip
    assert page.get_by_label("Filters", exact=True).input_value() == "0, 1, 3"


@pytest.mark.parametrize(
    ("label", "text"), [("Size", "0"), ("Steps", ""), ("Seed", "-1"), ("Steps", "1.5")]
)
def test_numbers_out_of_range_are_taken_back(show, label, text):
    page = show(PatternViewer(nested(), "conv1", **QUICK))
    field = page.get_by_label(label, exact=True)
    before = field.input_value()
    field.fill(text)
    field.press("Enter")
    assert field.input_value() == before
    assert page.evaluate("saves") == []


@pytest.mark.parametrize("text", ["some", "2-4", "0-999"])
def test_what_names_no_filter_is_marked_and_not_sent(show, text):
    page = show(PatternViewer(nested(), "conv1", **QUICK))
    field = page.get_by_label("Filters", exact=True)
    field.fill(text)
    field.press("Enter")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.get_by_text("filters 0–3").is_visible()
    assert page.evaluate("saves") == []
    field.fill("0-3")
    field.press("Enter")
    assert field.get_attribute("aria-invalid") == "false"
    assert page.get_by_text("of 4", exact=True).is_visible()
    assert not page.get_by_text("filters 0–3").is_visible()


def test_every_part_shows_the_same_run(show):
    viewer = PatternViewer(nested(), "conv2", [4, 1], **QUICK, channel=1)
    page = show(viewer)
    expect(
        page.get_by_role("listbox", name="Patterns of backbone/conv2, 2 filters")
    ).to_be_visible()
    assert page.locator(".cw-picture-caption").text_content().startswith("filter 1")
    chosen = page.locator(".cw-ascent-key").first.text_content()
    assert chosen.startswith("filter 1: ")
    assert float(chosen.split()[-1].replace("−", "-")) == pytest.approx(
        viewer.patterns.activations[1], rel=1e-3
    )
    assert page.get_by_role("progressbar", name="Progress").get_attribute("aria-valuenow") == "2"
    assert page.get_by_role("button", name="Stop").is_disabled()
    drawn = page.locator(".cw-picture-view canvas").evaluate(COLOURS).split(",")
    pixels = np.array(drawn, np.uint8).reshape(16, 16, 4)
    np.testing.assert_array_equal(pixels[..., :3], viewer.patterns.images[1])


def test_closing_leaves_no_listener(show):
    page = show(PatternViewer(nested(), "conv1", **QUICK))
    check_clean_up(page)


def seen_weights(page):
    """Colours of the first row of the first kernel, a pixel of the screen each."""
    drawn = page.locator(".cw-pattern-weights .cw-view-stage canvas")
    return np.array(drawn.evaluate(COLOURS).split(","), np.uint8).reshape(
        *drawn.evaluate("({ width, height }) => [height, width]"), 4
    )[..., :3]


def test_another_choice_is_drawn_with_its_map_and_weights_before_the_kernel_hears_of_it(show):
    model, image = nested(), pixels(12, 12, 3)
    viewer = PatternViewer(model, "conv2", [4, 1], image=image, **QUICK)
    page = show(viewer)
    assert page.locator(".cw-picture-caption").text_content() == "filter 4"
    page.get_by_role("option", name="filter 1").click()
    page.evaluate(FRAME)
    assert page.evaluate("saves") == []
    assert page.locator(".cw-picture-caption").text_content() == "filter 1"
    drawn = page.locator(".cw-chosen .cw-picture canvas").evaluate(COLOURS).split(",")
    shown = np.array(drawn, np.uint8).reshape(16, 16, 4)[..., :3]
    np.testing.assert_array_equal(shown, viewer.patterns.images[1])
    maps = cw.feature_maps(model, image, "conv2")["backbone/conv2"][0, ..., 1]
    said = page.locator(".cw-view-caption").text_content().replace("−", "-")
    assert said.startswith("filter 1 · mean ")
    assert float(said.split("mean ")[1].split(" ")[0]) == pytest.approx(maps.mean(), rel=1e-3)
    kernel = cw.filter_weights(model, "conv2")[1]
    strongest = np.square(kernel).sum((0, 1)).argmax()
    shares = kernel[..., strongest] / abs(kernel).max()
    expected = lookup_table("coolwarm")[np.floor(127.5 + 127.5 * shares + 0.5).astype(int)]
    zoom = (seen_weights(page).shape[0] // 2) // 3  # two kernels of three weights, and a gap
    np.testing.assert_array_equal(
        seen_weights(page)[: 3 * zoom : zoom, : 3 * zoom : zoom], expected
    )
    page.wait_for_timeout(400)
    assert page.evaluate("saves") == [{"channel": 1}]


def test_a_filter_that_is_not_shown_chooses_the_first_that_is(show, arrive):
    page = show(PatternViewer(nested(), "conv2", [4, 1], channel=3, **QUICK))
    assert page.locator(".cw-picture-caption").text_content() == "filter 4"
    arrive(page, {"channel": 1})
    page.evaluate(FRAME)
    assert page.locator(".cw-picture-caption").text_content() == "filter 1"


@pytest.mark.parametrize(("width", "rows"), [(1000, 1), (560, 2), (352, 3)])
def test_pattern_map_and_weights_are_equally_high_and_wrap_where_it_is_narrow(show, width, rows):
    viewer = PatternViewer(nested(), "conv2", image=pixels(12, 12, 3), **QUICK)
    page = show(viewer, width=width)
    canvases = page.locator(".cw-picture-chosen canvas, .cw-view-stage canvas")
    boxes = [one.bounding_box() for one in canvases.all()]
    assert len(boxes) == 3
    heights = [box["height"] for box in boxes]
    assert max(heights) - min(heights) <= 8  # weights are whole pixels
    assert len({round(box["y"]) for box in boxes}) == rows
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [900, 1200, 1600])
def test_all_parts_end_where_the_panel_does(show, width):
    image = keras.Input((12, 12, 3))
    model = seeded(keras.Model(image, keras.layers.Conv2D(40, 1, name="conv")(image)))
    page = show(PatternViewer(model, **QUICK), width=width)
    ends = """(element) => element.getBoundingClientRect().right"""
    panel = page.locator(".cw-viewer-controls").evaluate(ends)
    assert panel == min(width - 16, 16 + 1100) - 4
    parts = [".cw-field", ".cw-pattern-filters > .cw-muted", ".cw-ascent-progress button"]
    for part in [*parts, ".cw-ascent-plot > svg", ".cw-picture-stage"]:
        assert page.locator(part).evaluate(ends) == pytest.approx(panel, abs=1), part


def test_without_an_image_one_is_asked_for_and_a_choice_of_samples_sends_its_name(show):
    page = show(PatternViewer(nested(), "conv1", **QUICK))
    invitation = page.get_by_text("Choose a photograph above")
    assert invitation.is_visible()
    page.get_by_role("combobox", name="Photograph").select_option("cat")
    assert page.evaluate("messages") == [{"kind": "sample", "name": "cat"}]


def test_one_by_one_weights_are_bars(show):
    viewer = PatternViewer(functional(), "head", image=pixels(12, 12, 3), **QUICK | {"size": 12})
    page = show(viewer)
    kernel = viewer.net.model.get_layer("head").kernel.numpy()[:, 0]
    bars = page.locator(".cw-pattern-bar")
    order = np.argsort(-abs(kernel))
    told = [bar.locator("> span").all_text_contents() for bar in bars.all()]
    assert [int(name) for name, *_ in told] == order.tolist()
    values = [float(value.replace("−", "-")) for *_, value in told]
    np.testing.assert_allclose(values, kernel[order], rtol=1e-3)
    answer = cw.feature_maps(viewer.net, pixels(12, 12, 3), "head")["head"][0, 0]
    said = page.locator(".cw-chosen-answer").text_content().replace("−", "-")
    assert float(said.split()[-1]) == pytest.approx(answer, rel=1e-3)


def test_a_layer_without_weights_says_so(show):
    page = show(PatternViewer(nested(), "relu2", **QUICK))
    note = page.locator(".cw-chosen-caption")
    assert note.text_content() == "this Activation layer has no kernel of its own"
    assert note.bounding_box()["width"] >= 16 * 13  # not one word a line
    assert not page.locator(".cw-pattern-weights .cw-view-stage").is_visible()


def test_after_bars_a_layer_without_weights_says_so(show, arrive):
    viewer = PatternViewer(functional(), "head", **QUICK | {"size": 12})
    page = show(viewer)
    note = page.locator(".cw-chosen-caption")
    assert "1 × 1" in note.text_content()
    arrive(page, {"_kernels": b"", "_kernel_inputs": b"", "_kernel_axes": NO_KERNEL})
    page.evaluate(FRAME)
    assert note.text_content() == "this Add layer has no kernel of its own"


def test_what_is_kept_from_an_earlier_run_has_no_curve_and_says_so(show, tmp_path):
    settings, model = QUICK | {"cache": Cache(tmp_path)}, nested()
    page = show(PatternViewer(model, "conv1", [1], **settings))
    said, plot = page.get_by_text("kept from an earlier run"), page.locator(".cw-ascent-plot > svg")
    assert (said.count(), plot.is_visible()) == (0, True)
    viewer = PatternViewer(model, "conv1", **settings)
    page = show(viewer)
    dots = page.locator(".cw-ascent-plot circle")
    assert (said.count(), dots.count()) == (0, 2)
    page.get_by_role("option", name="filter 1").click()
    page.evaluate(FRAME)
    assert (said.is_visible(), plot.is_visible(), dots.count()) == (True, True, 1)
    value = page.locator(".cw-ascent-key").first.text_content().split(",")[0].split()[-1]
    assert float(value.replace("−", "-")) == pytest.approx(viewer.patterns.activations[1], rel=1e-3)
    page = show(PatternViewer(model, "conv1", **settings))
    assert (said.is_visible(), plot.is_visible()) == (True, False)
    assert page.locator(".cw-ascent-key").first.text_content().startswith("filter 0: ")


def test_help_is_told_with_a_stop(show, arrive):
    page = show(PatternViewer(nested(), "conv1", **QUICK))
    arrive(page, {"running": True, "_over": False, "_helping": 3})
    assert page.get_by_text("helping 3 filters that do not fire").is_visible()
    page.get_by_role("button", name="Stop").click()
    assert page.evaluate("saves") == [{"stopped": True}]


def test_what_went_wrong_is_said_once_and_with_an_end(show, arrive):
    page = show(PatternViewer(nested(), "conv1", **QUICK))
    arrive(page, {"running": False, "_over": True, "_failed": True, "error": "NaN at step 3"})
    assert page.get_by_text("NaN at step 3").all()[0].is_visible()
    assert sum(one.is_visible() for one in page.get_by_text("NaN at step 3").all()) == 1
    assert page.get_by_text("ended by an error").is_visible()
    assert page.locator(".cw-ascent-bar").get_attribute("data-failed") is not None


def test_in_jupyterlab_patterns_sharpen_stop_and_go_on_while_cells_run(tmp_path, chromium):
    with executed(chromium, tmp_path, CELLS) as page:
        panel = page.locator(".cw-patterns")
        panel.scroll_into_view_if_needed()
        step = panel.locator(".cw-ascent-steps")
        done = lambda: int(step.text_content().split()[1])  # noqa: E731
        picture = panel.locator(".cw-picture-view canvas")
        expect(picture).to_be_visible(timeout=30_000)
        before, first = done(), picture.evaluate(COLOURS)
        expect(step).not_to_have_text(f"step {before} of 1000000", timeout=30_000)
        assert done() > before
        page.get_by_role("slider", name="Other").press("End")  # while patterns sharpen
        expect(page.locator(".cw-value").last).to_have_text("9 / 9")
        wait_to_learn(page, "(other.value, viewer.running)", "(9, True)")
        chosen = panel.locator(".cw-picture-caption")
        expect(chosen).to_have_text("filter 0")
        panel.get_by_role("listbox").first.press("ArrowRight")
        expect(chosen).to_have_text("filter 1")
        picture = panel.locator(".cw-picture-view canvas")
        panel.get_by_role("button", name="Stop").click()
        goes_on = panel.get_by_role("button", name="Continue")
        expect(goes_on).to_be_visible(timeout=30_000)
        stopped, second = done(), picture.evaluate(COLOURS)
        assert second != first
        page.wait_for_timeout(500)
        assert (done(), picture.evaluate(COLOURS)) == (stopped, second)
        goes_on.click()
        expect(step).not_to_have_text(f"step {stopped} of 1000000", timeout=30_000)
        assert done() > stopped
        panel.get_by_label("Steps", exact=True).fill("3")
        panel.get_by_label("Steps", exact=True).press("Enter")
        expect(step).to_have_text("step 3 of 3", timeout=60_000)
        wait_to_learn(page, "(viewer.channel, len(viewer.patterns))", "(1, 9)")
        ask(page, "[viewer.set_trait(*one) for one in {'steps': 10**6}.items()]")
        ask(page, "viewer.set_trait('layer', 'second')")  # ends the endless work
        ask(page, "viewer.set_trait('steps', 3)")
        expect(panel.get_by_role("listbox", name="Patterns of second, 6 filters")).to_be_visible()
        expect(step).to_have_text("step 3 of 3", timeout=60_000)
        expect(panel.get_by_role("button", name="Stop")).to_be_disabled()
        assert not panel.get_by_role("alert").first.is_visible()
