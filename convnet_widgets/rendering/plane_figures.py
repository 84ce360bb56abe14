"""Figures of heat on sequences and on volumes."""

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from ._axes import LINE_COLOURS, report_values, show_values, style
from ._checks import real_array
from ._heat import heat_bar, heat_of, highest_of, said_at, shares_of
from ._numbered import NumberedMosaic
from .overlays import blend
from .photographs import photograph
from .view_figure import ViewFigure


def strip_figure(
    heat: ArrayLike,
    signal: ArrayLike | None = None,
    *,
    title: str = "",
    colour_map: str = "inferno",
    label: str = "heat",
    reason: str = "",
) -> ViewFigure:
    """Draw heat on a sequence: the signal as lines, the heat as a strip under it.

    Parameters
    ----------
    heat : array_like, shape (steps,)
        0 or more; NaN where the network did not look.
    signal : array_like, shape (steps, channels), optional
        The input; of many channels the first five are drawn.
    title : str
        Above the signal.
    colour_map : str
        Any name that matplotlib knows.
    label : str
        What the heat is, beside the colour bar.
    reason : str
        Why there is no heat; said below the title.

    Returns
    -------
    ViewFigure
        A matplotlib figure.

    Raises
    ------
    TypeError, ValueError
        If heat is not finite numbers of 0 or more (steps,), the signal has other steps, or there
        is no such colour map.
    """
    values = heat_of(heat, "steps")
    figure = ViewFigure(7.5, 1.3 if signal is None else 3.4)
    if signal is None:
        panels = [figure.add_subplot()]
    else:
        panels = list(figure.subplots(2, 1, sharex=True, height_ratios=(4, 1)))
        _draw_lines(panels[0], real_array(signal, "steps, channels"), len(values))
    top = highest_of([values], None)
    image = show_values(panels[-1], values[None], Normalize(0, top), colour_map)
    image.axes.set(yticks=[], xlabel="step", aspect="auto")
    style(panels[-1])
    heat_bar(figure, panels[-1], top, colour_map, label)
    style(panels[0], title, reason)
    for axes in panels:
        report_values(axes, lambda _, step: said_at(values, (step,), ("step",)))
    return figure


def _draw_lines(axes: Axes, signal: np.ndarray, steps: int) -> None:
    if signal.ndim != 2 or len(signal) != steps:
        raise ValueError(f"expected a signal ({steps}, channels); got shape {signal.shape}")
    for values, colour in zip(signal.T, LINE_COLOURS, strict=False):
        axes.plot(values, color=colour, linewidth=1.2)
    axes.spines[["top", "right"]].set_visible(False)


def slices_figure(
    heat: ArrayLike,
    volume: ArrayLike | None = None,
    *,
    title: str = "",
    colour_map: str = "inferno",
    alpha: float | int = 0.5,
    threshold: float | int = 0.0,
    label: str = "heat",
    reason: str = "",
) -> ViewFigure:
    """Draw heat on the slices of a volume, numbered, on one scale from zero.

    Parameters
    ----------
    heat : array_like, shape (depth, height, width)
        0 or more; NaN where the network did not look.
    volume : array_like, shape (depth, height, width, channels), optional
        The input; without it the heat stands alone.
    title : str
        Above the slices.
    colour_map : str
        Any name that matplotlib knows.
    alpha : float
        Opacity of the heat on the volume, in [0, 1].
    threshold : float
        Heat below this share of the highest, in [0, 1], is not drawn.
    label : str
        What the heat is, beside the colour bar.
    reason : str
        Why there is no heat; said below the title.

    Returns
    -------
    ViewFigure
        A matplotlib figure.

    Raises
    ------
    TypeError, ValueError
        If heat is not finite numbers of 0 or more (depth, height, width), the volume has another
        extent, or there is no such colour map.
    """
    values = heat_of(heat, "depth, height, width")
    top = highest_of([values], None)
    ground = _ground(volume, values.shape)
    drawn = blend(
        ground.reshape(-1, values.shape[2], 3),
        shares_of(values, top).reshape(-1, values.shape[2]),
        colour_map=colour_map,
        alpha=1 if volume is None else alpha,
        threshold=threshold,
    ).reshape(ground.shape)
    numbered = NumberedMosaic(*values.shape)
    figure = ViewFigure(7.5, 0.8 + numbered.inches)
    axes = figure.add_subplot()
    style(axes, title, reason)
    opaque = np.full_like(drawn[..., :1], 255)
    axes.imshow(numbered.picture(np.concatenate([drawn, opaque], axis=-1), 0)).mouseover = False
    numbered.label(axes)
    heat_bar(figure, axes, top, colour_map, label, threshold)
    numbered.report(axes, lambda *place: said_at(values, place, ("slice", "row", "column")))
    return figure


def _ground(volume: ArrayLike | None, shape: tuple[int, ...]) -> UInt8[np.ndarray, "depth h w 3"]:
    """The slices as RGB pictures on one scale; black ones where there is no volume."""
    if volume is None:
        return np.zeros((*shape, 3), np.uint8)
    values = real_array(volume, "depth, height, width, channels")
    if values.shape[:-1] != shape:
        raise ValueError(
            f"expected a volume of the extent of the heat, {(*shape, 'channels')}; got shape "
            f"{values.shape}"
        )
    flat = photograph(values.reshape(-1, *values.shape[2:]))
    return flat.reshape(*shape, 3)
