"""Mosaics: many tiles of one size in one array, in reading order, none lost."""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np
from jaxtyping import Shaped
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class MosaicLayout:
    """Where the tiles of a mosaic are.

    Parameters
    ----------
    count : int
        Number of tiles.
    height, width : int
        Of one tile, in pixels.
    columns : int
        Tiles in a row; the last row may hold fewer.
    gap : tuple of int
        Pixels between two rows and between two columns.
    """

    count: int
    height: int
    width: int
    columns: int
    gap: tuple[int, int] = (1, 1)

    @property
    def rows(self) -> int:
        """Number of rows of tiles."""
        return ceil(self.count / self.columns)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the mosaic, in pixels; there is no gap around it."""
        down, across = self.gap
        return (
            self.rows * (self.height + down) - down,
            self.columns * (self.width + across) - across,
        )

    def origin(self, index: int) -> tuple[int, int]:
        """Return the row and the column of the first pixel of a tile."""
        row, column = divmod(index, self.columns)
        return row * (self.height + self.gap[0]), column * (self.width + self.gap[1])

    def locate(self, row: int, column: int) -> tuple[int, int, int] | None:
        """Return the tile, and the row and column in it, at a pixel; None where there is none."""
        if not (0 <= row < self.shape[0] and 0 <= column < self.shape[1]):
            return None
        tile_row, y = divmod(row, self.height + self.gap[0])
        tile_column, x = divmod(column, self.width + self.gap[1])
        index = tile_row * self.columns + tile_column
        inside = y < self.height and x < self.width and index < self.count
        return (index, y, x) if inside else None


def layout(
    count: int,
    height: int,
    width: int,
    columns: int | None = None,
    gap: int | tuple[int, int] = 1,
) -> MosaicLayout:
    """Lay out tiles in rows.

    Parameters
    ----------
    count, height, width : int
        Number of tiles, and their size in pixels.
    columns : int, optional
        Tiles in a row; by default as many as bring the mosaic near a square.
    gap : int or tuple of int
        Pixels between tiles, or between rows and between columns.

    Returns
    -------
    MosaicLayout
        Its origins are the places of the tiles.

    Raises
    ------
    ValueError
        If there are no columns, or a gap is negative.
    """
    gaps = (gap, gap) if isinstance(gap, int) else gap
    if min(gaps) < 0:
        raise ValueError(f"expected a gap of 0 pixels or more; got {gap}")
    if columns is None:
        columns = min(count, ceil(sqrt(count * (height + gaps[0]) / (width + gaps[1]))))
    if columns < 1:
        raise ValueError(f"expected at least 1 column of tiles; got {columns}")
    return MosaicLayout(count, height, width, columns, gaps)


def mosaic(
    tiles: ArrayLike,
    columns: int | None = None,
    gap: int | tuple[int, int] = 1,
    fill: Any = 0,
) -> Shaped[np.ndarray, "height width *channels"]:
    """Put tiles beside each other in reading order, without changing a pixel.

    Parameters
    ----------
    tiles : array_like, shape (tiles, height, width) or (tiles, height, width, 3 or 4)
        Of any type of number.
    columns : int, optional
        Tiles in a row; by default as many as bring the mosaic near a square.
    gap : int or tuple of int
        Pixels between tiles, or between rows and between columns.
    fill : scalar or colour
        What is in the gaps and in the rest of an incomplete last row.

    Returns
    -------
    ndarray, shape (height, width) or (height, width, 3 or 4)
        In the type of the tiles.

    Raises
    ------
    ValueError
        If there are no tiles, or they have other axes.

    Examples
    --------
    >>> mosaic([[[1]], [[2]], [[3]]], columns=2)
    array([[1, 0, 2],
           [0, 0, 0],
           [3, 0, 0]])
    """
    array = np.asarray(tiles)
    _check(array)
    count, height, width = array.shape[:3]
    places = layout(count, height, width, columns, gap)
    picture = np.full((*places.shape, *array.shape[3:]), fill, array.dtype)
    for index, tile in enumerate(array):
        row, column = places.origin(index)
        picture[row : row + height, column : column + width] = tile
    return picture


def maps_to_tiles(maps: ArrayLike) -> Shaped[np.ndarray, "channels height width"]:
    """Return feature maps (height, width, channels) as tiles (channels, height, width), a view."""
    array = np.asarray(maps)
    if array.ndim != 3:
        raise ValueError(
            f"expected maps (height, width, channels) of one image; got shape {array.shape}"
        )
    return np.moveaxis(array, -1, 0)


def _check(tiles: np.ndarray) -> None:
    grey = tiles.ndim == 3
    coloured = tiles.ndim == 4 and tiles.shape[3] in (3, 4)
    if not (grey or coloured) or tiles.size == 0:
        raise ValueError(
            "expected tiles (tiles, height, width) or (tiles, height, width, 3 or 4), at least "
            f"one; got shape {tiles.shape}; maps_to_tiles() makes them of feature maps"
        )
