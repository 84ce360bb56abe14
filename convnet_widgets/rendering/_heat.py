"""What the figures of heat share: its scale, its colour bar, its values in words."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from ._axes import colour_bar
from ._checks import float_array
from .colour_maps import lookup_table
from .view_figure import INK, ViewFigure


def heat_of(heat: ArrayLike, axes: str) -> Float[np.ndarray, "*shape"]:
    """Return heat as floats of exactly the given axes; refuse negative and infinite heat."""
    values = float_array(heat, axes)
    if values.ndim != axes.count(",") + 1:
        raise ValueError(f"expected one map of heat ({axes}); got shape {values.shape}")
    known = values[~np.isnan(values)]
    if known.size and not (known.min() >= 0 and known.max() < np.inf):
        raise ValueError(
            f"expected finite heat of 0 or more; got {known.min():.4g} to {known.max():.4g}; take "
            "np.maximum(heat, 0) of signed values"
        )
    return values


def highest_of(
    heats: Sequence[Float[np.ndarray, "*shape"]], highest: float | int | None
) -> float | int:
    """Return the upper end of one scale for all: as given, or the highest heat there is."""
    if highest is None:
        found = [float(np.nanmax(heat)) for heat in heats if not np.isnan(heat).all()]
        return max(found, default=0.0) or 1.0
    if not 0 < highest < np.inf:
        raise ValueError(f"expected a highest heat above 0; got {highest}")
    return highest


def shares_of(heat: Float[np.ndarray, "*shape"], top: float | int) -> Float[np.ndarray, "*shape"]:
    """Return heat as shares of the upper end of its scale, at most 1; NaN stays."""
    return np.minimum(heat / top, 1)


def known(colour_map: str) -> str:
    """Return the name of a colour map; one that does not exist fails with the near ones."""
    lookup_table(colour_map)
    return colour_map


def heat_bar(
    figure: ViewFigure,
    axes: Axes,
    top: float | int,
    colour_map: str,
    label: str,
    threshold: float | int = 0.0,
    panels: int = 1,
) -> None:
    """Draw the colour bar of heat from 0 to `top` beside the axes, grey below the threshold."""
    scale = ScalarMappable(Normalize(0, top), known(colour_map))
    bar = colour_bar(figure, axes, scale, label, panels=panels)
    if threshold:
        bar.axhspan(0, threshold * top, color=INK)
        bar.set_ylabel(f"{label}, shown from {threshold * top:.3g} on")


def said_at(heat: Float[np.ndarray, "*shape"], place: Sequence[int], names: Sequence[str]) -> str:
    """Say the heat at a place whose indices are named; nothing outside of the array."""
    if not all(0 <= at < size for at, size in zip(place, heat.shape, strict=True)):
        return ""
    value = heat[tuple(place)]
    said = "not seen by the network" if np.isnan(value) else f"{value:.4g}"
    where = ", ".join(f"{name} {at}" for name, at in zip(names, place, strict=True))
    return f"{where}: {said}"
