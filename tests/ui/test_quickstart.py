"""The quickstart in a real JupyterLab, as a newcomer meets it."""

import re
from pathlib import Path

import pytest
from lab import serve

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "00_quickstart.ipynb"
WINDOW = {"width": 1200, "height": 1000}

pytestmark = pytest.mark.ui

# the pixels of a canvas two frames later, when whatever was asked for is drawn
_PIXELS = """async (canvas) => {
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [...new Uint32Array(data.buffer)];
}"""


@pytest.fixture(scope="module")
def quickstart(chromium, tmp_path_factory):
    """The page of the quickstart after all its cells ran; an error in it fails the tests."""
    errors = []
    with serve(tmp_path_factory.mktemp("lab")) as lab:
        lab.put(QUICKSTART)
        page = chromium.new_page(viewport=WINDOW)
        page.on("pageerror", lambda error: errors.append(str(error)))
        lab.open(page, QUICKSTART.name)
        lab.run_all(page)
        yield page
        page.close()
    assert errors == []


@pytest.fixture
def panel(quickstart):
    """The viewer of feature maps, in view, with the first channel of its first layer."""
    panel = quickstart.locator(".cw-feature-maps")
    panel.scroll_into_view_if_needed()
    choose(panel, "stem_conv", channels=32)
    panel.get_by_role("slider", name="Channel").press("Home")
    wait_for_channel(panel, "0 / 31")
    return panel


def choose(panel, layer, channels):
    """Choose `layer` with the keyboard and wait until its maps are there."""
    box = panel.get_by_role("combobox", name="Layer")
    box.fill(layer)
    box.press("Enter")
    wait_for_channel(panel, re.compile(rf" / {channels - 1}$"))


def wait_for_channel(panel, text):
    panel.get_by_role("status").filter(has_text=text).wait_for()


def pixels(panel):
    """Pixels of the enlarged map."""
    found = panel.locator("canvas.cw-view-map").evaluate(_PIXELS)
    assert len(set(found)) > 16
    return found


def test_arrow_keys_on_the_channel_slider_change_the_picture(panel):
    first = pixels(panel)
    slider = panel.get_by_role("slider", name="Channel")
    slider.focus()
    panel.page.keyboard.press("ArrowRight")
    wait_for_channel(panel, "1 / 31")
    assert pixels(panel) != first
    panel.page.keyboard.press("ArrowLeft")
    wait_for_channel(panel, "0 / 31")
    assert pixels(panel) == first


def test_another_layer_comes_from_the_kernel(panel):
    first = pixels(panel)
    choose(panel, "block3b_add", channels=40)
    assert pixels(panel) != first
    assert panel.get_by_role("alert").is_hidden()
