"""A list of layers to choose from, searched by typing."""

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar, NamedTuple

import traitlets

from ._assets import module, style
from ._base import Widget


class LayerOption(NamedTuple):
    """A layer to choose: path, type, output shape (batch axis first), number of channels."""

    path: str
    type: str = ""
    shape: tuple[int | None, ...] | None = None
    channels: int = 0


class _LayerOptions(traitlets.TraitType[tuple[LayerOption, ...], Any]):
    """Rows of layers in any of the forms people have at hand, as a tuple of `LayerOption`."""

    def validate(self, obj: Any, value: Any) -> tuple[LayerOption, ...]:  # noqa: ARG002
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise traitlets.TraitError(
                f"options must be a sequence of layers, as list_layers gives; got {value!r}"
            )
        options = tuple(_option(row) for row in value if getattr(row, "has_maps", True))
        twice = [path for path, times in Counter(row.path for row in options).items() if times > 1]
        if twice:
            raise traitlets.TraitError(f"every layer needs its own path; got {twice} repeatedly")
        return options


def layer_options(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of layers as the browser takes them, those without maps left out."""
    return [_option(row)._asdict() for row in rows if getattr(row, "has_maps", True)]


def _option(row: Any) -> LayerOption:
    if isinstance(row, LayerOption):
        return row
    if isinstance(row, str):
        return LayerOption(row)
    if isinstance(row, tuple | list) and len(row) == 3 and isinstance(row[0], str):
        return _shaped(row[0], str(row[1]), row[2])
    if hasattr(row, "path"):
        return _shaped(row.path, row.type, row.output_shape, getattr(row, "channels", None))
    raise traitlets.TraitError(
        f"a layer is a row of list_layers, a (path, type, shape) tuple or a path; got {row!r}"
    )


def _shaped(path: str, type_: str, shape: Any, channels: int | None = None) -> LayerOption:
    sizes = None if shape is None else tuple(None if n is None else int(n) for n in shape)
    return LayerOption(path, type_, sizes, channels or (sizes or (0,))[-1] or 0)


class LayerDropdown(Widget):
    """A layer of a network, chosen from a list that typing narrows down.

    Parameters
    ----------
    options : sequence, default ()
        Rows of `convnet_widgets.list_layers`, ``(path, type, shape)`` tuples (batch axis first,
        unknown sizes None) or plain paths. Layers without maps to show are left out. When the
        options change, the value stays if it is still there, else the first layer is chosen.
    value : str or None, default None
        Path of the chosen layer; None takes the first at the start, and no layer later on.
    index : int or None, default None
        Number of the chosen layer among the options, always in step with `value`; give one of
        the two. Works with ``jslink``.
    description : str, default "Layer"
        Label, also for screen readers.
    disabled : bool, default False
        Whether the list refuses changes in the browser.

    Attributes
    ----------
    channels : int
        Channels of the chosen layer (as its row says, else the last entry of its shape), 0 where
        unknown. Read-only; link it to keep a slider valid.

    Raises
    ------
    traitlets.TraitError
        If `options` holds something else or a path twice, `value` is not among them (near names
        are given), or `index` is beyond them.

    Examples
    --------
    >>> layers = LayerDropdown([("conv1", "Conv2D", (None, 8, 8, 64)), ("out", "Dense", (None, 9))])
    >>> layers
    LayerDropdown(value='conv1', index=0, channels=64)
    >>> layers.index = 1
    >>> layers.value, layers.channels
    ('out', 9)
    """

    _esm = module("layer_dropdown.js")
    _css = style("controls.css", "layer_dropdown.css")
    _shown: ClassVar[tuple[str, ...]] = ("value", "index", "channels")

    options = _LayerOptions(())
    _options = traitlets.List(traitlets.Dict()).tag(sync=True)
    value = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    index = traitlets.Int(None, allow_none=True).tag(sync=True)
    channels = traitlets.Int(0, read_only=True).tag(sync=True)
    description = traitlets.Unicode("Layer").tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(self, options: Iterable[Any] = (), **traits: Any) -> None:
        super().__init__(options=options, **traits)

    @property
    def _paths(self) -> list[str]:
        return [option.path for option in self.options]

    @traitlets.validate("value")
    def _check_value(self, proposal: traitlets.Bunch) -> str | None:
        path, paths = proposal["value"], self._paths
        if path is None or path in paths:
            return path
        near = [p for p in paths if path in p][:3] or get_close_matches(path, paths)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see `options`"
        raise traitlets.TraitError(f"there is no layer {path!r} among the options; {hint}")

    @traitlets.validate("index")
    def _check_index(self, proposal: traitlets.Bunch) -> int | None:
        index, count = proposal["value"], len(self.options)
        if index is None or 0 <= index < count:
            return index
        raise traitlets.TraitError(f"index must be None or lie in 0–{count - 1}; got {index}")

    def notify_change(self, change: Any) -> None:
        """Bring options, value, index and channels in step, all in one message to the browser."""
        with self.hold_sync():
            if change["name"] == "options":
                self._take_options()
            elif change["name"] == "value":
                self._choose(self._paths.index(self.value) if self.value is not None else None)
            elif change["name"] == "index":
                self._choose(self.index)
            super().notify_change(change)

    def _take_options(self) -> None:
        self._options = [option._asdict() for option in self.options]
        if self.value in self._paths:
            self._choose(self._paths.index(self.value))
        elif self.value is None and self.index is not None:
            self._choose(self.index)
        else:
            self._choose(0 if self.options else None)

    def _choose(self, index: int | None) -> None:
        option = None if index is None else self.options[index]
        self.set_trait("channels", option.channels if option else 0)
        self.index = index
        self.value = option.path if option else None
