"""The heat on the cat, the cup and the rocket, as a real browser draws it."""

import numpy as np
import pytest
from browser import FRAME, rgb, traits_of
from objects import CAT, CUP, CUP_AND_SAUCER, ROCKET, share_within
from PIL import Image

import convnet_widgets as cw

pytestmark = pytest.mark.ui

THINGS = [  # of each sample: its class, a box, the share of the heat within, and of the hotter half
    ("cat", "Egyptian_cat", CAT, 0.85, 0.98),
    ("coffee", "espresso", CUP_AND_SAUCER, 0.85, 0.98),
    ("coffee", "espresso", CUP, 0.5, 0.9),
    ("rocket", "missile", ROCKET, 0.35, 0.7),
]


@pytest.fixture(scope="module")
def net():
    return cw.load_model("EfficientNetLite0")


@pytest.fixture
def drawn(page, mount, net):
    """``drawn(sample, target)``: heat alone, 0–1, on the photograph's pixels, as core has it."""

    def drawn(sample, target):
        viewer = cw.CamViewer(net, sample, target=target, alpha=1.0, colour_map="gray")
        traits = traits_of(viewer)
        assert viewer.error == ""
        page.set_viewport_size({"width": 1300, "height": 1000})
        mount(page, viewer._esm, viewer._css, traits)
        page.wait_for_timeout(100)
        page.evaluate(FRAME)
        canvas = page.locator(".cw-overlay-canvas").first
        pixels = rgb(canvas, *canvas.evaluate("({ height, width }) => [height, width]"))
        height, width = cw.load_image(sample).shape[:2]
        heat = np.asarray(Image.fromarray(pixels).resize((width, height)))[..., 0] / 255
        np.testing.assert_allclose(heat, viewer.heatmap.resized(), atol=0.03)
        return heat

    return drawn


@pytest.mark.parametrize(("sample", "target", "box", "share", "of_the_hotter"), THINGS)
def test_the_heat_lies_on_the_object(drawn, sample, target, box, share, of_the_hotter):
    heat = drawn(sample, target)
    assert heat.max() > 0.95
    assert share_within(heat, box) > share
    assert share_within(heat * (heat > 0.5), box) > of_the_hotter
    row, column = (np.sum(heat * at) / heat.sum() for at in np.indices(heat.shape))
    assert box.top < row < box.bottom
    assert box.left < column < box.right


def test_the_heat_of_the_wrong_answer_lies_beside_the_rocket(drawn):
    heat = drawn("rocket", None)
    assert share_within(heat * (heat > 0.5), ROCKET) < 0.45
