"""The panels in a real JupyterLab: with a kernel behind them, linked, beside figures."""

import io

import pytest
from lab import ask, executed, wait_to_learn
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

CELLS = [
    """\
import ipywidgets
import keras
from keras import layers

import convnet_widgets as cw

keras.utils.set_random_seed(0)
image = keras.Input((32, 32, 3))
x = layers.Conv2D(8, 3, activation="relu", name="first")(image)
x = layers.Conv2D(6, 3, activation="relu", name="second")(x)
model = keras.Model(image, x, name="small")
viewer = cw.FeatureMapViewer(model, "cat")
viewer.wait()""",
    "viewer",
    "viewer",
    """\
slider = cw.ChannelSlider(max=7, description="Linked")
ipywidgets.jslink((slider, "value"), (viewer, "channel"))
slider""",
    "%matplotlib widget\nviewer.figure()",
    "%matplotlib inline\nviewer.figure()",
    "filters = cw.FilterViewer(model, filter=3)\nfilters.wait()\nfilters",
]
COLOURS = """(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [...new Set(new Uint32Array(data.buffer))].sort().join();
}"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory, chromium):
    """The page of a notebook whose cells ran; every test leaves it as the next one may find it."""
    with executed(chromium, tmp_path_factory.mktemp("lab"), CELLS) as page:
        yield page


@pytest.fixture
def panels(notebook):
    """The two displays of the viewer, back at its beginning."""
    panels = notebook.locator(".cw-feature-maps")
    moved = panels.first.get_by_role("slider", name="Channel").input_value()
    wait_to_learn(notebook, "str(viewer.channel)", repr(moved))
    python(notebook, "viewer.layer, viewer.channel = 'first', 2; viewer.set_image('cat')")
    panels.first.scroll_into_view_if_needed()
    for panel in (panels.nth(0), panels.nth(1)):
        expect(panel.get_by_role("heading", name="Channel 2")).to_be_visible()
    return panels.nth(0), panels.nth(1)


def python(page, code, expression="None"):
    """Run code in the notebook's kernel; what `expression` then is."""
    return ask(page, expression, f"{code}\nviewer.wait()")


def picture(panel):
    """The colours of the enlarged map, as text."""
    return panel.locator("canvas.cw-view-map").evaluate(COLOURS)


def wait_for_another_picture(panel, before):
    handle = panel.locator("canvas.cw-view-map").element_handle()
    panel.page.wait_for_function(
        f"([c, before]) => ({COLOURS})(c) !== before", arg=[handle, before]
    )


def choose_layer(panel, words):
    field = panel.get_by_role("combobox", name="Layer")
    field.focus()
    field.press("ArrowDown")
    panel.page.keyboard.type(words)
    panel.page.keyboard.press("Enter")


def test_the_notebooks_own_styles_leave_the_panel_in_order(panels):
    outside = panels[0].evaluate("""(panel) => {
      const edge = panel.parentElement.getBoundingClientRect().right;
      const parts = [...panel.querySelectorAll("*")];
      return parts.filter((part) => part.getBoundingClientRect().right > edge + 0.5).length;
    }""")
    assert outside == 0
    for row in panels[0].locator(".cw-reading-list div").all():
        boxes = [row, row.locator("dt"), row.locator("dd")]
        whole, name, value = (box.bounding_box() for box in boxes)
        assert name["x"] + name["width"] <= value["x"]
        assert value["x"] + value["width"] == pytest.approx(whole["x"] + whole["width"], abs=1)
        assert whole["height"] < 24  # one line
    above, below = (
        panels[0].locator(name).bounding_box() for name in (".cw-view-stage >> nth=1", "dl")
    )
    assert below["x"] > above["x"] + above["width"]  # in a window of this width they are beside it


def test_two_displays_of_a_viewer_stay_in_step(panels):
    before = picture(panels[0])
    panels[0].get_by_role("slider", name="Channel").press("End")
    for panel in panels:
        expect(panel.get_by_role("heading", name="Channel 7")).to_be_visible()
        wait_for_another_picture(panel, before)
    assert picture(panels[0]) == picture(panels[1])


def test_the_kernel_learns_the_channel_that_the_slider_rests_at(panels):
    slider = panels[0].get_by_role("slider", name="Channel")
    for _ in range(3):
        slider.press("ArrowRight")
    wait_to_learn(panels[0].page, "viewer.channel", "5")


def test_a_layer_chosen_by_keyboard_is_computed_and_shown(panels):
    before = picture(panels[0])
    choose_layer(panels[0], "second")
    for panel in panels:
        wait_for_another_picture(panel, before)
        assert panel.get_by_role("slider", name="Channel").get_attribute("max") == "5"
    assert python(panels[0].page, "", "viewer.maps.shape") == "(28, 28, 6)"


def test_a_channel_set_in_python_is_shown(panels):
    python(panels[0].page, "viewer.channel = 4")
    for panel in panels:
        expect(panel.get_by_role("heading", name="Channel 4")).to_be_visible()
        assert panel.get_by_role("slider", name="Channel").input_value() == "4"


def test_a_linked_slider_moves_the_viewer(panels):
    linked = panels[0].page.get_by_role("slider", name="Linked")
    linked.scroll_into_view_if_needed()
    linked.press("End")
    expect(panels[0].get_by_role("heading", name="Channel 7")).to_be_visible()
    panels[0].get_by_role("slider", name="Channel").press("ArrowLeft")
    expect(linked).to_have_value("6")


def test_an_uploaded_photograph_is_computed_and_a_wrong_file_is_told(panels, tmp_path):
    panel = panels[0]
    before = picture(panel)
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "png")
    (tmp_path / "gradient.png").write_bytes(file.getvalue())
    (tmp_path / "notes.txt").write_text("no picture at all")
    upload = panel.locator("input[type=file]")
    upload.set_input_files(tmp_path / "gradient.png")
    wait_for_another_picture(panel, before)
    expect(panel.get_by_role("img", name="Photograph: gradient.png")).to_be_visible()
    upload.set_input_files(tmp_path / "notes.txt")
    alert = panel.get_by_role("alert")
    expect(alert).to_contain_text("not an image")
    expect(panel.get_by_role("img", name="Photograph: gradient.png")).to_be_visible()
    panel.get_by_role("button", name="Dismiss the error").click()
    expect(alert).to_be_hidden()
    gradient = picture(panel)
    panel.get_by_label("Photograph", exact=True).select_option("coffee")
    wait_for_another_picture(panel, gradient)
    expect(panel.get_by_role("img", name="Photograph: coffee")).to_be_visible()


def test_a_figure_is_interactive_under_ipympl_and_one_picture_inline(notebook):
    outputs = notebook.evaluate("""() => {
      const { content } = window.jupyterapp.shell.currentWidget;
      return content.widgets.map(({ model }) =>
        model.outputs.toJSON().map(({ data }) => Object.keys(data ?? {})));
    }""")
    assert len(outputs[4]) == len(outputs[5]) == 1
    assert "application/vnd.jupyter.widget-view+json" in outputs[4][0]
    assert set(outputs[5][0]) == {"image/png", "text/plain"}
    canvas = notebook.locator(".jupyter-matplotlib canvas").first
    canvas.scroll_into_view_if_needed()
    expect(canvas).to_be_visible()
    assert canvas.bounding_box()["width"] > 200


def test_filters_of_another_layer_are_drawn_in_another_way(notebook):
    panel = notebook.locator(".cw-filters")
    panel.scroll_into_view_if_needed()
    expect(panel.get_by_text("Chosen filter and its weights")).to_be_visible()
    choose_layer(panel, "second")
    expect(panel.get_by_text("Channels of the chosen filter")).to_be_visible()
    assert panel.get_by_role("spinbutton", name="Filter number").input_value() == "3"


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_texts_follow_the_theme(notebook, theme):
    notebook.evaluate(
        "(theme) => void jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
    )
    light = "true" if theme.endswith("Light") else "false"
    notebook.wait_for_function(f"document.body.dataset.jpThemeLight === '{light}'")
    notebook.wait_for_timeout(500)
    for name in (".cw-viewer .cw-label", ".cw-viewer .cw-caption", ".cw-reading-list dd"):
        text = notebook.locator(name).first
        colour = text.evaluate("(element) => getComputedStyle(element).color")
        bright = sum(map(float, colour[colour.index("(") + 1 : -1].split(",")[:3])) > 3 * 128
        assert bright == (light == "false"), f"{name} is {colour}"
