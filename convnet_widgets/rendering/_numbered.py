"""Numbered mosaics for figures: a number at each tile, or by row and column where it is small."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np
from jaxtyping import Shaped
from matplotlib.axes import Axes

from ._axes import report_values
from .mosaic import MosaicLayout, layout, mosaic
from .view_figure import INK

_ACROSS = 6.6  # inches of a mosaic, beside its colour bar
_NUMBER_SIZE = 7  # points
_DIGIT_WIDTH = 4.2  # points, at that size
_LINE_HEIGHT = 9
_FINE = 24  # pixels of a tile at least, so that a gap of one is narrow
_LINE_ASPECT = 12  # width to height of a map of one row
_STEP = 5  # columns to a label


@dataclass(frozen=True)
class NumberedMosaic:
    """How many tiles of a size are arranged and numbered in a figure.

    Parameters
    ----------
    count, height, width : int
        Number of tiles, and their size in pixels.
    columns : int, optional
        Tiles in a row; by default as many as bring the mosaic near a square.
    numbers : sequence of int, optional
        What the tiles are called; their places, from 0, by default.
    """

    count: int
    height: int
    width: int
    columns: int | None = None
    numbers: Sequence[int] | None = None

    @cached_property
    def zoom(self) -> tuple[int, int]:
        """How many pixels of the mosaic a pixel of a tile is high and wide."""
        across = max(1, _FINE // max(self.height, self.width))
        line = self.height == 1 < self.width
        return ceil(self.width * across / _LINE_ASPECT) if line else across, across

    @cached_property
    def places(self) -> MosaicLayout:
        """Where the tiles are, with room for their numbers."""
        height, width = self.height * self.zoom[0], self.width * self.zoom[1]
        columns = layout(self.count, height, width, self.columns).columns
        across = max(1, width // _FINE)
        point = columns * (width + across) / (_ACROSS * 72)
        fits = self._fits(width / point)
        down = ceil(_LINE_HEIGHT * point) if fits else max(1, height // _FINE)
        return layout(self.count, height, width, columns, (down, across))

    @property
    def inches(self) -> float:
        """Height of the mosaic in a figure."""
        height, width = self.places.shape
        return _ACROSS * height / width

    def picture(
        self, tiles: Shaped[np.ndarray, "tiles height width *channels"], fill: Any
    ) -> Shaped[np.ndarray, "rows columns *channels"]:
        """Return the mosaic of tiles, with `fill` between them."""
        fine = tiles.repeat(self.zoom[0], axis=1).repeat(self.zoom[1], axis=2)
        return mosaic(fine, self.places.columns, self.places.gap, fill)

    def label(self, axes: Axes) -> None:
        """Number the tiles of a mosaic drawn in axes."""
        axes.spines[:].set_visible(False)
        points = _ACROSS * 72 * self.places.width / self.places.shape[1]
        if self._fits(points):
            self._number_tiles(axes)
        else:
            self._number_rows(axes)

    def number(self, tile: int) -> int:
        """Return what the tile at a place is called."""
        return tile if self.numbers is None else self.numbers[tile]

    def report(self, axes: Axes, say: Callable[[int, int, int], str]) -> None:
        """Show under the pointer what `say` tells of the tile, the row and the column in it."""

        def at(row: int, column: int) -> str:
            found = self.places.locate(row, column)
            if found is None:
                return ""
            tile, y, x = found
            return say(tile, y // self.zoom[0], x // self.zoom[1])

        report_values(axes, at)

    def _fits(self, points: float) -> bool:
        digits = max(len(str(self.number(tile))) for tile in range(self.count))
        return points >= _DIGIT_WIDTH * digits + 2

    def _number_tiles(self, axes: Axes) -> None:
        axes.set(xticks=[], yticks=[])
        axes.set_ylim(self.places.shape[0] - 0.5, -0.5 - self.places.gap[0])
        for index in range(self.count):
            row, column = self.places.origin(index)
            axes.annotate(
                str(self.number(index)),
                (column - 0.5, row - 0.5),
                (0, 1),
                textcoords="offset points",
                color=INK,
                fontsize=_NUMBER_SIZE,
            )

    def _number_rows(self, axes: Axes) -> None:
        places = self.places
        firsts = range(0, self.count, places.columns)
        rows = [places.origin(first)[0] + (places.height - 1) / 2 for first in firsts]
        labels = [str(self.number(first)) for first in firsts]
        axes.set_yticks(rows, labels, fontsize=_NUMBER_SIZE)
        steps = range(0, places.columns, _STEP)
        columns = [places.origin(step)[1] + (places.width - 1) / 2 for step in steps]
        consecutive = self.numbers is None
        labels = [f"+{step}" if consecutive else "" for step in steps]
        axes.set_xticks(columns, labels, fontsize=_NUMBER_SIZE)
        axes.set_ylabel("number of the first in the row")
