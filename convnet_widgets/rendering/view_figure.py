"""The figure of a view: interactive under ipympl, else a picture; legible on light and dark."""

import sys
from io import BytesIO
from threading import RLock
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DRAWING_LOCK = RLock()
"""Held while a figure is drawn: matplotlib's caches break when two threads draw."""

INK = "#808080"
"""Of text and lines: a contrast of 4 : 1 both on white and on JupyterLab's dark background."""

_IPYMPL = {"ipympl", "widget", "module://ipympl.backend_nbagg"}
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_SHARPNESS = 2  # pixels of the picture for a pixel of the page, for high-resolution screens


class ViewFigure(Figure):
    """A matplotlib figure that shows itself in a notebook, without pyplot.

    Under ``%matplotlib widget`` (ipympl) it is shown as a widget that zooms, pans and reports
    the values under the pointer; otherwise as a PNG. The background is transparent:
    ``savefig("figure.png", facecolor="white")`` writes an opaque file.

    Parameters
    ----------
    width, height : float
        In inches, of 100 pixels on the page.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, round(height, 2)), dpi=100, layout="constrained")
        FigureCanvasAgg(self)
        self.set_facecolor("none")

    def draw(self, renderer: Any) -> None:
        """Draw under the lock."""
        with DRAWING_LOCK:
            super().draw(renderer)

    def get_tightbbox(self, renderer: Any = None, **options: Any) -> Any:
        """Measure under the lock; see `matplotlib.figure.Figure.get_tightbbox`."""
        with DRAWING_LOCK:
            return super().get_tightbbox(renderer, **options)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save under the lock; see `matplotlib.figure.Figure.savefig`."""
        with DRAWING_LOCK:
            super().savefig(fname, **options)

    # Two hooks, since IPython prefers a formatter that %matplotlib registered to _repr_png_, but
    # would draw for both it and an image in the bundle.
    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any] | None:
        if not _ipympl_is_active():
            return None
        with DRAWING_LOCK:
            bundle = _interactive_canvas(self)._repr_mimebundle_()
        return {_WIDGET_VIEW: bundle[_WIDGET_VIEW], "text/plain": repr(self)}

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        file = BytesIO()
        self.savefig(file, format="png", dpi=self.dpi * _SHARPNESS)
        width, height = (round(pixels) for pixels in self.bbox.size)
        return file.getvalue(), {"width": width, "height": height}


def _ipympl_is_active() -> bool:
    # asking matplotlib first would import pyplot where no backend is chosen yet
    loaded = "ipympl.backend_nbagg" in sys.modules
    return loaded and matplotlib.get_backend() in _IPYMPL


def _interactive_canvas(figure: Figure) -> Any:
    from ipympl.backend_nbagg import Canvas, FigureManager

    if not isinstance(figure.canvas, Canvas):
        canvas = Canvas(figure)
        canvas.header_visible = False
        FigureManager(canvas, 0)
    return figure.canvas
