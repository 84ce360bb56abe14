import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from convnet_widgets.rendering.figures import map_figure, mosaic_figure

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MAPS = np.random.default_rng(0).normal(size=(5, 6, 4))
START = """
import numpy as np
from convnet_widgets.rendering.figures import map_figure
figure = map_figure(np.arange(6.0).reshape(2, 3, 1), title="t")
"""
# the message that the browser sends when the pointer moves, at row 1 and column 2
POINT = """
canvas = figure.canvas
canvas.draw()
x, y = figure.axes[0].transData.transform((2, 1))
canvas._handle_message(canvas, {
    "type": "motion_notify", "x": x, "y": figure.bbox.height - y, "button": 0, "buttons": 0,
    "modifiers": [], "guiEvent": {},
}, [])
canvas._message
"""


def outputs(*cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells[1:]]


def rgba(file):
    with Image.open(file) as image:
        return np.asarray(image.convert("RGBA"))


# the client runs a kernel of its own, whose sockets it closes later than the test ends
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
class TestInANotebook:
    def test_a_widget_under_ipympl(self):
        [shown], [pointed], [again] = outputs(
            "%matplotlib widget" + START, "figure", POINT, "figure"
        )
        assert "model_id" in shown.data[WIDGET_VIEW]
        assert shown.data[WIDGET_VIEW] == again.data[WIDGET_VIEW]
        assert "text/html" not in shown.data
        assert pointed.data["text/plain"] == "'row 1, column 2: 5'"

    @pytest.mark.parametrize("magic", ["%matplotlib inline", ""])
    def test_one_picture_without(self, magic):
        [shown], [displayed] = outputs(magic + START, "figure", "display(figure)")
        for output in (shown, displayed):
            assert set(output.data) == {"image/png", "text/plain"}

    def test_pyplot_is_not_loaded(self):
        _, [loaded] = outputs(START, "figure", "import sys\n'matplotlib.pyplot' in sys.modules")
        assert loaded.data["text/plain"] == "False"


def test_the_picture_is_sharp_and_knows_its_size():
    figure = map_figure(MAPS)
    data, size = figure._repr_png_()
    height, width = rgba(BytesIO(data)).shape[:2]
    assert (width, height) == (2 * size["width"], 2 * size["height"])
    assert figure._repr_mimebundle_() is None


def test_the_background_is_transparent_unless_asked_otherwise(tmp_path):
    figure = mosaic_figure(MAPS, title="t")
    figure.savefig(tmp_path / "clear.png")
    figure.savefig(tmp_path / "white.png", facecolor="white")
    figure.savefig(tmp_path / "white.jpg")
    assert rgba(tmp_path / "clear.png")[0, 0, 3] == 0
    for name in ("white.png", "white.jpg"):
        picture = rgba(tmp_path / name)
        assert picture[..., 3].min() == 255
        np.testing.assert_array_equal(picture[0, 0], 255)


def test_threads_draw_the_same_picture():
    def draw(_):
        return mosaic_figure(MAPS, title="t")._repr_png_()[0]

    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(draw, range(8)))
    assert len(set(pictures)) == 1


def test_the_light_modules_load_no_matplotlib():
    modules = [
        "_checks", "intensity", "colour_maps", "quantisation", "mosaic", "encoding", "overlays",
        "planes",
    ]  # fmt: skip
    imports = "; ".join(f"import convnet_widgets.rendering.{module}" for module in modules)
    check = f"import sys; {imports}; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
