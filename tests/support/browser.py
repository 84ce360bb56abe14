"""What tests ask of a widget in a browser, beside the fixtures of tests/ui."""

import numpy as np

#: Wait until what is asked for is drawn.
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_NOT_OURS = ("_model", "_view", "_esm", "_css", "_dom", "_anywidget", "layout", "tab", "tooltip")
_PIXELS = """(canvas) => {
  const { width, height } = canvas;
  return [...canvas.getContext("2d").getImageData(0, 0, width, height).data];
}"""


def traits_of(widget):
    """The traits that a widget sends, after its work."""
    if hasattr(widget, "wait"):
        widget.wait()
    return {k: v for k, v in widget.get_state().items() if not k.startswith(_NOT_OURS)}


def get(page, name):
    return page.evaluate("(name) => model.get(name)", name)


def set_traits(page, **traits):
    page.evaluate("(all) => { for (const name in all) model.set(name, all[name]) }", traits)
    page.evaluate(FRAME)


def saves(page):
    """What the kernel was told, one dict of traits for each time."""
    return page.evaluate("saves")


def rgb(canvas, height, width):
    """The pixels of a canvas, (height, width, 3)."""
    return np.array(canvas.evaluate(_PIXELS), np.uint8).reshape(height, width, 4)[..., :3]


def check_clean_up(page):
    """Closing a widget leaves no listener and no element."""
    page.evaluate("cleanUp()")
    assert page.evaluate("listenerCount()") == 0
    assert page.locator("#host > *").count() == 0
