"""How far a gradient ascent is, what it has reached, and the button that stops it."""

from time import monotonic
from typing import Any, ClassVar

import traitlets
from numpy.typing import ArrayLike

from ._ascent_record import AscentRecord
from ._assets import module, style
from ._base import Widget
from ._countdown import Countdown
from ._pace import Pace


class AscentStatus(Widget):
    """Progress, time left, the objective's curve, and a button to stop and go on.

    Whoever computes calls :meth:`begin`, :meth:`advance` after every step and :meth:`end`, and
    observes `stopped`: the button sets it, and the work should stop, call :meth:`end`, and go on
    where it was with :meth:`proceed` once `stopped` is False again.

    Parameters
    ----------
    index : int
        The picture whose curve is drawn beside the mean of all, from 0.
    labels : sequence of int or str
        What each picture is called; by default numbers from 0.
    unit : str
        What one picture is of, ``"filter"`` by default.

    Attributes
    ----------
    step, steps : int
        Steps done, and all that are to be done; 0 before there is anything to do.
    running : bool
        Whether the ascent is at work.
    stopped : bool
        Whether a person asked it to stop; may be set.
    seconds_left : float or None
        By the pace of the last steps; None as long as there is none.
    error : str
        A sentence about what ended the ascent, or nothing.
    """

    _esm = module("ascent_status.js")
    _css = style("ascent_status.css")
    _shown: ClassVar[tuple[str, ...]] = ("step", "steps", "running", "stopped")

    step = traitlets.Int(0, min=0).tag(sync=True)
    steps = traitlets.Int(0, min=0).tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    stopped = traitlets.Bool(False).tag(sync=True)
    seconds_left = traitlets.Float(None, allow_none=True).tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)
    index = traitlets.Int(0, min=0).tag(sync=True)
    labels: Any = traitlets.List().tag(sync=True)
    unit = traitlets.Unicode("filter").tag(sync=True)
    _curve_steps = traitlets.Bytes(b"").tag(sync=True)
    _curves = traitlets.Bytes(b"").tag(sync=True)

    _last: int

    def __init__(self, **traits: Any) -> None:
        self._start(0)
        super().__init__(**traits)

    def begin(self, steps: int) -> None:
        """Begin an ascent of so many steps; what is known of an earlier one is forgotten."""
        self._start(steps)
        state = {"steps": steps, "running": True, "stopped": False, "error": ""}
        self._tell(state | self._present())

    def advance(self, step: int, objective: ArrayLike) -> bool:
        """Record a step; the browser is told at most ten times a second, and of the last.

        Parameters
        ----------
        step : int
            Its number, larger than those before; 0 is the start.
        objective : array of float, shape (pictures,)
            What each picture reaches; NaN where it is not worked on.

        Returns
        -------
        bool
            Whether the browser was told.

        Raises
        ------
        ValueError
            If the step is not after the last, or the objective has another shape than before.
        """
        now = monotonic()
        if step <= self._last:
            raise ValueError(f"expected a step after {self._last}; got {step}")
        self._record.add(step, objective)
        self._countdown.advance(step - self._countdown.done, now)
        self._last = step
        if step < self.steps and not self._pace.is_due(now):
            return False
        self._pace.sent(now)
        self._tell(self._present())
        return True

    def end(self, error: str = "") -> None:
        """Say that nothing is computed now: all is done, a person stopped it, or `error` did."""
        self._countdown.pause()
        self._tell(self._present() | {"running": False, "error": error})

    def proceed(self) -> None:
        """Go on with an ascent that was stopped."""
        self._tell({"running": True, "stopped": False, "error": ""})

    def _start(self, steps: int) -> None:
        self._record, self._countdown, self._pace = AscentRecord(), Countdown(steps), Pace()
        self._last = -1

    def _present(self) -> dict[str, Any]:
        progress = {"step": self._record.last_step, "seconds_left": self._countdown.seconds_left}
        return progress | self._record.traits()

    @traitlets.validate("labels")
    def _as_texts(self, proposal: Any) -> list[str]:
        return [str(label) for label in proposal.value]
