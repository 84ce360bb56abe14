"""The quickstart in a real JupyterLab, as a newcomer meets it."""

from pathlib import Path

import pytest
from lab import serve

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "00_quickstart.ipynb"

pytestmark = pytest.mark.ui

_PIXELS = """(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [...new Uint32Array(data.buffer)];
}"""
_PAINTED = f"(canvas) => new Set(({_PIXELS})(canvas)).size > 16"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("lab")) as server:
        server.put(QUICKSTART)
        yield server


@pytest.fixture
def quickstart(lab, new_page):
    """The page of the quickstart after all its cells ran."""
    page = new_page(viewport={"width": 1200, "height": 1000})
    lab.open(page, QUICKSTART.name)
    lab.run_all(page)
    return page


def painted(canvas):
    """The handle of `canvas` in view, once something with many colours is drawn on it."""
    canvas.scroll_into_view_if_needed()
    handle = canvas.element_handle()
    canvas.page.wait_for_function(_PAINTED, arg=handle)
    return handle


def wait_for_text(locator, text):
    locator.filter(has_text=text).wait_for()


def test_channel_slider_moves_the_picture(quickstart):
    panel = quickstart.locator(".cw-feature-maps")
    chosen = painted(panel.locator("canvas.cw-view-map"))
    first = chosen.evaluate(_PIXELS)
    slider = panel.get_by_role("slider", name="Channel")
    slider.focus()
    slider.press("ArrowRight")
    wait_for_text(panel.get_by_role("status"), "1 / 31")
    second = chosen.evaluate(_PIXELS)
    assert second != first
    slider.press("ArrowLeft")
    wait_for_text(panel.get_by_role("status"), "0 / 31")
    assert chosen.evaluate(_PIXELS) == first
