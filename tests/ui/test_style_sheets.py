"""A page holds the style sheets of all kinds of widgets; those of one change nothing in another."""

import kinds
import pytest
from browser import traits_of

import convnet_widgets as cw

pytestmark = pytest.mark.ui

PLACES = """() => [...document.querySelectorAll("#host *")].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  const name = `${one.tagName}.${one.getAttribute("class")}`;
  const seen = one.checkVisibility({ visibilityProperty: true });
  return [name, seen, ...[x, y, width, height].map(Math.round)].join(" ");
})"""
IMAGE = kinds.pixels(12, 12, 3)


WIDGETS = {
    "CamViewer": lambda: cw.CamViewer(kinds.functional(), IMAGE, compare="class"),
    "FeatureMapViewer": lambda: cw.FeatureMapViewer(kinds.functional(), IMAGE),
    "FilterViewer": lambda: cw.FilterViewer(kinds.functional()),
    "PatternViewer": lambda: cw.PatternViewer(
        kinds.functional(), filters=[0, 1], image=IMAGE, size=16, steps=1, cache=False
    ),
    "MapGrid": lambda: cw.MapGrid(IMAGE),
    "HeatmapOverlay": lambda: cw.HeatmapOverlay(values=IMAGE[..., 0] / 255),
    "LayerDropdown": lambda: cw.LayerDropdown(cw.list_layers(kinds.functional())),
    "FilterIndexPicker": lambda: cw.FilterIndexPicker(max=7),
    "HeatmapAlphaSlider": cw.HeatmapAlphaSlider,
}


@pytest.mark.parametrize("name", WIDGETS)
def test_the_sheets_of_other_widgets_change_nothing(name, page, mount):
    widget = WIDGETS[name]()
    traits = traits_of(widget)
    assert getattr(widget, "error", "") == ""
    mount(page, widget._esm, widget._css, traits)
    page.wait_for_timeout(300)
    before = page.evaluate(PLACES)
    assert len(before) > 2
    for other in WIDGETS:
        page.add_style_tag(content=getattr(cw, other)._css)
    page.wait_for_timeout(300)
    assert page.evaluate(PLACES) == before
