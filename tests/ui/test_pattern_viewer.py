"""The panel of patterns in a real browser and a real JupyterLab."""

import nbformat
import numpy as np
import pytest
from kinds import nested
from lab import serve
from playwright.sync_api import expect

from convnet_widgets.viewers.pattern_viewer import PatternViewer

pytestmark = pytest.mark.ui

NOT_OURS = ("_model", "_view", "_esm", "_css", "_dom", "_anywidget", "layout", "tab", "tooltip")
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
QUICK = {"recipe": "book", "size": 16, "steps": 2, "cache": False}
KERNEL = {"name": "python3", "display_name": "Python 3"}
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

    def show(viewer):
        viewer.wait()
        state = {k: v for k, v in viewer.get_state().items() if not k.startswith(NOT_OURS)}
        mount(page, viewer._esm, viewer._css, state)
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


def test_what_names_no_filter_is_marked_and_not_sent(show):
    page = show(PatternViewer(nested(), "conv1", **QUICK))
    field = page.get_by_label("Filters", exact=True)
    field.fill("some")
    field.press("Enter")
    assert field.get_attribute("aria-invalid") is not None
    assert page.evaluate("saves") == []


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
    page.evaluate("cleanUp()")
    assert page.evaluate("listenerCount()") == 0
    assert page.locator("#host > *").count() == 0


def test_in_jupyterlab_patterns_sharpen_stop_and_go_on_while_cells_run(tmp_path, chromium):
    with serve(tmp_path) as lab:
        cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
        nbformat.write(notebook, lab.folder / "patterns.ipynb")
        context = chromium.new_context(viewport={"width": 1200, "height": 1000})
        page = context.new_page()
        page.set_default_timeout(30_000)
        lab.open(page, "patterns.ipynb")
        lab.run_all(page)
        panel = page.locator(".cw-patterns")
        panel.scroll_into_view_if_needed()
        step = panel.locator(".cw-ascent-steps")
        done = lambda: int(step.text_content().split()[1])  # noqa: E731
        picture = panel.locator(".cw-picture-view canvas")
        expect(picture).to_be_visible(timeout=30_000)
        before, first = done(), picture.evaluate(COLOURS)
        expect(step).not_to_have_text(f"step {before} of 1000000", timeout=30_000)
        assert done() > before
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
        expect(panel.get_by_role("button", name="Stop")).to_be_disabled()
        assert not panel.get_by_role("alert").first.is_visible()
        context.close()
