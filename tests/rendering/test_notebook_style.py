import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import _fetch_figure_metadata


def metadata():
    """What IPython tells the notebook of a plain figure besides its picture."""
    figure = Figure()
    figure.add_subplot().plot([0, 1])
    return _fetch_figure_metadata(figure)


def test_figures_ask_for_no_box_behind_them():
    with plt.style.context("convnet_widgets.rendering.notebook"):
        assert metadata() is None


@pytest.mark.parametrize("ink", ["black", "white"])
def test_ink_of_one_lightness_would(ink):
    about = {"figure.facecolor": "none", "xtick.color": ink, "ytick.color": ink}
    with plt.rc_context(about):
        assert set(metadata()) == {"needs_background"}


def test_ink_is_legible_on_white_and_on_black():
    with plt.style.context("convnet_widgets.rendering.notebook"):
        names = [name for name in plt.rcParams if name.endswith(("color", "edgecolor"))]
        inks = {
            name: plt.rcParams[name].strip("#")
            for name in names
            if name.startswith(("text", "xt", "yt"))
        }
    assert set(inks.values()) <= {"808080", "7f7f7f", "inherit"}, inks
