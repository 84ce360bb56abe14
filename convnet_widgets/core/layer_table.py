"""The table of a network's layers, as text and as HTML."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

_HEADINGS = ("index", "path", "type", "kernel shape", "output shape", "parameters")


@dataclass(frozen=True)
class LayerInfo:
    """One call of one layer.

    Attributes
    ----------
    index : int or None
        Place in ``model.layers``; None inside a nested model.
    path : str
        Names from the network down to the layer, as in ``"backbone/conv1"``. Where one
        name is called several times in a model, its calls are told apart by a number:
        ``"backbone[0]/conv1"``, ``"backbone[1]/conv1"``.
    type : str
        Class of the layer.
    kernel_shape : tuple of int or None
        Shape of the kernel as Keras stores it.
    output_shape : tuple or None
        Batch axis first, as None; None for a size that is not fixed. None instead of a tuple where
        the layer returns no single tensor, is not called, or the network was never called.
    parameters : int
        Number of weights, those of layers inside it included.
    has_maps : bool
        Whether its output has spatial axes and channels, so that it can be shown, and is
        not just the output of a layer inside it.
    channels : int or None
        Number of feature maps, or of units; None where it is not known.
    """

    index: int | None
    path: str
    type: str
    kernel_shape: tuple[int, ...] | None
    output_shape: tuple[int | None, ...] | None
    parameters: int
    has_maps: bool
    channels: int | None = None

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        return (
            "" if self.index is None else str(self.index),
            self.path,
            self.type,
            _sizes(self.kernel_shape),
            _sizes(self.output_shape),
            f"{self.parameters:,}",
        )


class LayerTable(list[LayerInfo]):
    """A list of :class:`LayerInfo` that prints as a table and shows as one in a notebook."""

    def __init__(self, rows: Iterable[LayerInfo], name: str = "") -> None:
        super().__init__(rows)
        self.name = name

    def __getitem__(self, place: Any) -> Any:
        """Return a row, or the table of a slice."""
        found = super().__getitem__(place)
        return LayerTable(found, self.name) if isinstance(place, slice) else found

    def __repr__(self) -> str:
        rows = [_HEADINGS, *(row.cells() for row in self)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(_line(row, widths) for row in rows)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells()) + "</tr>"
            for row in self
        )
        caption = f"<caption>{escape(self.name)}</caption>" if self.name else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    index, *texts, parameters = cells
    middle = (text.ljust(width) for text, width in zip(texts, widths[1:-1], strict=True))
    return "  ".join([index.rjust(widths[0]), *middle, parameters.rjust(widths[-1])])


def _sizes(shape: tuple[int | None, ...] | None) -> str:
    if shape is None:
        return ""
    return "(" + ", ".join("?" if size is None else str(size) for size in shape) + ")"
