"""Figures of curves: how far a score follows what a heatmap calls important."""

from collections.abc import Sequence
from itertools import cycle
from typing import Any, Protocol, runtime_checkable

from matplotlib.axes import Axes

from ._axes import LABEL_SIZE, LINE_COLOURS, style
from .view_figure import INK, ViewFigure


@runtime_checkable
class Curves(Protocol):
    """Scores while pixels come in, and while they go, the hottest first.

    Attributes
    ----------
    fractions, insertion, deletion : array of shape (points,)
        Share of the pixels, and the score at it.
    insertion_auc, deletion_auc : float
        Area under either.
    """

    @property
    def fractions(self) -> Any: ...  # noqa: D102
    @property
    def insertion(self) -> Any: ...  # noqa: D102
    @property
    def deletion(self) -> Any: ...  # noqa: D102
    @property
    def insertion_auc(self) -> float: ...  # noqa: D102
    @property
    def deletion_auc(self) -> float: ...  # noqa: D102


def curves_figure(
    curves: Curves | Sequence[Curves],
    *,
    title: str = "",
    labels: Sequence[str] = (),
    score: str = "score",
) -> ViewFigure:
    """Draw insertion and deletion curves of one heatmap, or of several to compare.

    Parameters
    ----------
    curves : Curves or sequence of Curves
        An insertion is drawn solid, a deletion dashed; the areas stand in the legend.
    title : str
        Above the curves.
    labels : sequence of str
        What each is called; needed where there are several.
    score : str
        What the curves are of.

    Returns
    -------
    ViewFigure
        A matplotlib figure.

    Raises
    ------
    ValueError
        If there is not a label for each of several.
    """
    drawn = [curves] if isinstance(curves, Curves) else list(curves)
    names = list(labels) if labels or len(drawn) > 1 else [""]
    if not drawn or len(names) != len(drawn):
        raise ValueError(
            f"expected at least one pair of curves and a label for each; got {len(drawn)} and "
            f"{len(names)} labels"
        )
    figure = ViewFigure(7.5, 3.4)
    axes = figure.add_subplot(xlabel="share of the pixels, the hottest first", ylabel=score)
    for one, name, colour in zip(drawn, names, cycle(LINE_COLOURS)):
        _draw(axes, one, name, colour)
    axes.set(xlim=(0, 1))
    axes.margins(y=0.05)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        frameon=False, labelcolor=INK, fontsize=LABEL_SIZE, loc="center left",
        bbox_to_anchor=(1, 0.5),
    )  # fmt: skip
    style(axes, title)
    axes.format_coord = lambda x, y: f"share {x:.2f}: {score} {y:.4g}"  # type: ignore[method-assign]
    return figure


def _draw(axes: Axes, curves: Curves, name: str, colour: str) -> None:
    start = f"{name}, " if name else ""
    for kind, values, area, line in (
        ("inserted", curves.insertion, curves.insertion_auc, "-"),
        ("deleted", curves.deletion, curves.deletion_auc, "--"),
    ):
        label = f"{start}{kind}: area {area:.3f}"
        axes.plot(curves.fractions, values, line, color=colour, linewidth=1.8, label=label)
