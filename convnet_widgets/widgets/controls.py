"""Sliders that choose a channel, a filter and the opacity of a heatmap."""

from numbers import Integral
from typing import Any, ClassVar

import traitlets

from ._assets import module, style
from ._base import Widget


class _Integer(traitlets.Int):
    """An integer; those of NumPy count, so that the result of ``argmax`` may be set."""

    def validate(self, obj: Any, value: Any) -> int:
        return super().validate(obj, int(value) if isinstance(value, Integral) else value)


class _Slider(Widget):
    """A value that always lies between `min` and `max`."""

    _css = style("controls.css")
    _shown: ClassVar[tuple[str, ...]] = ("value", "min", "max")

    value: Any
    min: Any
    max: Any
    step: Any
    disabled = traitlets.Bool(False).tag(sync=True)
    continuous_update = traitlets.Bool(True).tag(sync=True)

    @traitlets.validate("value")
    def _clamp(self, proposal: traitlets.Bunch) -> Any:
        value = proposal["value"]
        if value != value:
            raise traitlets.TraitError("value must be a number; got nan")
        return max(self.min, min(self.max, value))

    @traitlets.validate("min")
    def _check_min(self, proposal: traitlets.Bunch) -> Any:
        return self._checked_bound("min", proposal["value"], proposal["value"] <= self.max)

    @traitlets.validate("max")
    def _check_max(self, proposal: traitlets.Bunch) -> Any:
        return self._checked_bound("max", proposal["value"], proposal["value"] >= self.min)

    def _checked_bound(self, name: str, bound: Any, valid: bool) -> Any:
        if not valid:
            raise traitlets.TraitError(
                f"min must not exceed max; got {name}={bound} with the range "
                f"{self.min}–{self.max}. Set both bounds within hold_trait_notifications()"
            )
        return bound

    @traitlets.validate("step")
    def _check_step(self, proposal: traitlets.Bunch) -> Any:
        if not proposal["value"] > 0:
            raise traitlets.TraitError(f"step must be above 0; got {proposal['value']}")
        return proposal["value"]

    def notify_change(self, change: Any) -> None:
        """Bring the value within a changed bound, both in one message to the browser."""
        if change["name"] not in ("min", "max"):
            super().notify_change(change)
            return
        with self.hold_sync():
            self.value = max(self.min, min(self.max, self.value))
            super().notify_change(change)


class _IntegerSlider(_Slider):
    """A whole number that always lies between `min` and `max`."""

    value = _Integer(0).tag(sync=True)
    min = _Integer(0).tag(sync=True)
    max = _Integer(1).tag(sync=True)
    step = _Integer(1).tag(sync=True)


class ChannelSlider(_IntegerSlider):
    """A slider over the channels of a layer.

    Parameters
    ----------
    value : int, default 0
        The chosen channel, from 0. A value outside the bounds is moved to the nearer one.
    min, max : int, default 0 and 1
        First and last channel. Changed bounds take the value along, in one message.
    step : int, default 1
        Distance between neighbouring positions, at least 1.
    description : str, default "Channel"
        Label, also for screen readers.
    disabled : bool, default False
        Whether the slider refuses changes in the browser.
    continuous_update : bool, default True
        Whether every move reaches the kernel, or only the position where the slider rests.

    Raises
    ------
    traitlets.TraitError
        If a number is not an integer, `min` exceeds `max`, or `step` is below 1.

    Examples
    --------
    >>> slider = ChannelSlider(value=70, max=63)
    >>> slider
    ChannelSlider(value=63, min=0, max=63)
    >>> slider.max = 31
    >>> slider.value
    31
    """

    _esm = module("channel_slider.js")

    description = traitlets.Unicode("Channel").tag(sync=True)


class FilterIndexPicker(_IntegerSlider):
    """A slider with a number field and buttons to the previous and the next filter.

    Parameters
    ----------
    value : int, default 0
        The chosen filter, from 0. A value outside the bounds is moved to the nearer one.
    min, max : int, default 0 and 1
        First and last filter. Changed bounds take the value along, in one message.
    step : int, default 1
        Distance between neighbouring positions, at least 1.
    description : str, default "Filter"
        Label, also for screen readers.
    disabled : bool, default False
        Whether the picker refuses changes in the browser.
    continuous_update : bool, default True
        Whether every move reaches the kernel, or only the position where the picker rests.

    Raises
    ------
    traitlets.TraitError
        If a number is not an integer, `min` exceeds `max`, or `step` is below 1.
    """

    _esm = module("filter_index_picker.js")

    description = traitlets.Unicode("Filter").tag(sync=True)


class HeatmapAlphaSlider(_Slider):
    """A slider for the opacity of a heatmap over its photograph, shown in percent.

    Parameters
    ----------
    value : float, default 0.4
        Opacity from 0 (the photograph alone) to 1 (the heatmap alone). A value outside the
        bounds is moved to the nearer one.
    min, max : float, default 0 and 1
        Bounds within [0, 1]. Changed bounds take the value along, in one message.
    step : float, default 0.01
        Distance between neighbouring positions, above 0.
    description : str, default "Heatmap opacity"
        Label, also for screen readers.
    disabled : bool, default False
        Whether the slider refuses changes in the browser.
    continuous_update : bool, default True
        Whether every move reaches the kernel, or only the position where the slider rests.

    Raises
    ------
    traitlets.TraitError
        If a number is NaN or none, a bound lies outside [0, 1], `min` exceeds `max`, or `step`
        is not above 0.
    """

    _esm = module("heatmap_alpha_slider.js")

    value = traitlets.Float(0.4).tag(sync=True)
    min = traitlets.Float(0.0, min=0.0, max=1.0).tag(sync=True)
    max = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)
    step = traitlets.Float(0.01).tag(sync=True)
    description = traitlets.Unicode("Heatmap opacity").tag(sync=True)
