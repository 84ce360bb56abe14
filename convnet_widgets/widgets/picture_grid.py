"""The display of RGB pictures that may change while a person watches."""

from collections.abc import Sequence
from time import monotonic
from typing import Any, ClassVar

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from ._assets import module, style
from ._base import Widget
from ._pace import Pace
from ._picture_traits import about_each, picture_traits

STATUSES = ("ok", "helped", "silent", "weaker")


class PictureGrid(Widget):
    """RGB pictures in a grid with a black margin, the chosen one enlarged beside it.

    The pictures may be replaced while work goes on, :meth:`set_pictures`. Choosing one needs no
    kernel.

    Parameters
    ----------
    pictures : array of uint8, shape (pictures, height, width, 3), optional
        RGB, 0–255.
    labels : sequence of int or str, optional
        What each picture is called, say the numbers of filters; by default numbers from 0, which
        are not written under the pictures.
    status : sequence of {"ok", "helped", "silent", "weaker"}, optional
        Of each picture; all are ``"ok"`` by default. ``"helped"`` is marked by a star, and
        ``"weaker"``, which answers no more than it did to the start, by an arrow. In place of
        a ``"silent"`` one, which did not fire, stands a hatched area with that word: there is
        nothing to show.
    columns : int, optional
        Pictures in a row; by default as many as there is room for.
    index : int
        Place of the chosen picture, from 0; kept within what there is.
    unit : str
        What one picture is of, ``"filter"`` by default.
    label : str
        What the pictures are, for people and screen readers.
    tile : int
        About the size in CSS pixels of the longer side of a picture.

    Attributes
    ----------
    count, height, width : int
        Number and size of the pictures; 0 as long as there are none.

    Raises
    ------
    TypeError
        If `pictures` are not uint8.
    ValueError
        If `pictures` have other axes, or an empty one.
    traitlets.TraitError
        If `labels` or `status` are not one for each picture, or a status is another.
    """

    _esm = module("picture_grid.js")
    _css = style("picture_grid.css")
    _shown: ClassVar[tuple[str, ...]] = ("label", "count", "height", "width", "index")

    index = traitlets.Int(0).tag(sync=True)
    labels: Any = traitlets.List().tag(sync=True)
    status = traitlets.List(traitlets.Enum(STATUSES)).tag(sync=True)
    columns = traitlets.Int(None, min=1, allow_none=True).tag(sync=True)
    unit = traitlets.Unicode("filter").tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    tile = traitlets.Int(64, min=8).tag(sync=True)
    _sheet = traitlets.Bytes(b"").tag(sync=True)
    _cells = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        pictures: ArrayLike | None = None,
        labels: Sequence[Any] | None = None,
        status: Sequence[str] | None = None,
        columns: int | None = None,
        **traits: Any,
    ) -> None:
        self._pace = Pace()
        given = {} if pictures is None else picture_traits(pictures)
        lists = {"labels": _list(labels), "status": _list(status)}
        super().__init__(**given, **lists, columns=columns, **traits)

    @property
    def count(self) -> int:
        """Number of pictures."""
        return int(self._cells.get("count", 0))

    @property
    def height(self) -> int:
        """Height of the pictures in pixels."""
        return int(self._cells.get("height", 0))

    @property
    def width(self) -> int:
        """Width of the pictures in pixels."""
        return int(self._cells.get("width", 0))

    def set_pictures(
        self,
        pictures: ArrayLike,
        status: Sequence[str] | None = None,
        labels: Sequence[Any] | None = None,
        draft: bool = False,
    ) -> bool:
        """Show other pictures; the browser gets them in one message.

        The choice is kept as far as there is a picture at its place. As many pictures as before
        keep labels and status where none are given.

        Parameters
        ----------
        pictures : array of uint8, shape (pictures, height, width, 3)
            RGB, 0–255.
        status, labels : sequence, optional
            As for the class.
        draft : bool
            Whether better pictures follow soon. Drafts are sent as JPEG of a million pixels at
            most, larger ones reduced, at most ten and a megabyte in a second; the others are
            left out. What is to stay is no draft: it is exact.

        Returns
        -------
        bool
            Whether they were sent.

        Raises
        ------
        TypeError, ValueError, traitlets.TraitError
            As for the class; nothing is changed.
        """
        if draft and not self._pace.is_due(monotonic()):
            return False
        new = picture_traits(pictures, draft)
        count = new["_cells"]["count"]
        new["index"] = min(self.index, count - 1)
        for name, values in (("labels", labels), ("status", status)):
            if values is not None or count != self.count:
                known = self.traits()[name].validate(self, _list(values))
                new[name] = about_each(known, count)
        self._pace.sent(monotonic(), len(new["_sheet"]))
        self._tell(new)
        return True

    @traitlets.validate("labels", "status")
    def _one_for_each(self, proposal: Any) -> list[str]:
        return about_each(proposal.value, self.count)

    @traitlets.validate("index")
    def _within_pictures(self, proposal: Any) -> int:
        return int(np.clip(proposal.value, 0, max(self.count - 1, 0)))


def _list(values: Sequence[Any] | None) -> list[Any]:
    return [] if values is None else list(values)
