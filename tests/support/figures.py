"""What is asked of every figure of matplotlib."""

from matplotlib.colors import to_rgb
from matplotlib.text import Text


def bars(figure):
    """The colour bars, which are axes within axes."""
    return [child for axes in figure.axes for child in axes.child_axes]


def check_whole_and_grey(figure):
    """Nothing is cut off, and no text is black or white."""
    figure.draw_without_rendering()
    inside, whole = figure.get_tightbbox(), figure.get_size_inches()
    assert min(inside.x0, inside.y0) >= 0
    assert inside.x1 <= whole[0]
    assert inside.y1 <= whole[1]
    colours = {to_rgb(text.get_color()) for text in figure.findobj(Text) if text.get_text()}
    assert colours == {(128 / 255, 128 / 255, 128 / 255)}
