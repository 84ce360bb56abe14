"""What every panel shares: a network, a choice of layer, a worker, errors where a person looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, ClassVar

import traitlets

from ..core.layer_table import LayerInfo
from ..core.layers import LayerNotFoundError, matching_rows
from ..core.networks import VisionModel
from ..widgets._base import Widget
from ..widgets.layer_dropdown import layer_options
from ._worker import Job, Worker


@dataclass(frozen=True, eq=False)
class LayerChoice:
    """The layers of a network that a viewer has to choose from.

    Attributes
    ----------
    net : VisionModel
        The network.
    all_rows : sequence of LayerInfo
        All its layers.
    rows : sequence of LayerInfo
        Those to choose from.
    first : str or int
        The first to show: path, unique name, or index as in ``model.layers``.
    """

    net: VisionModel
    all_rows: Sequence[LayerInfo]
    rows: Sequence[LayerInfo]
    first: str | int


def sentence_of(error: Exception) -> str:
    """What an error says to a person; its kind where it says nothing."""
    # KeyError would show its text quoted
    text = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
    return text or type(error).__name__


class Panel(Widget):
    """A panel about the layers of one network.

    Parameters
    ----------
    choice : LayerChoice
        The network and its layers.
    **traits
        Traits of the class and of the display that it is.

    Attributes
    ----------
    layer : str
        Path of the chosen layer; may be set, also to a unique name.
    error : str
        What went wrong in the last request; shown in the panel.
    busy : bool
        Whether a request is being worked on.
    caption : str
        Name of the network and where its weights came from.
    """

    _lack: ClassVar[str] = "has nothing to show"

    layer = traitlets.Unicode("").tag(sync=True)
    caption = traitlets.Unicode("").tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    _substitute = traitlets.Bool(False).tag(sync=True)
    _layers = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, choice: LayerChoice, **traits: Any) -> None:
        self.net = choice.net
        self.rows = list(choice.rows)
        self._all_rows = list(choice.all_rows)
        self._worker = Worker(self._show_error, self._rest)
        self._shown_layer = ""
        path = self._find(choice.first)
        super().__init__(
            caption=self.net.caption,
            layer=path,
            _substitute=self.net.is_substitute,
            _layers=layer_options(self.rows),
            **traits,
        )
        self.observe(self._change_layer, "layer")
        self.refresh()

    def refresh(self) -> None:
        """Compute and show the chosen layer anew, as after training; see :meth:`wait`."""
        self._forget()
        self._request(self._show_present)

    def wait(self, timeout: float = 60) -> None:
        """Wait until everything asked for is shown; a cell ends before the worker does.

        Parameters
        ----------
        timeout : float
            Seconds.

        Raises
        ------
        TimeoutError
            If the work goes on after `timeout`.
        """
        if not self._worker.wait(timeout):
            raise TimeoutError(f"the viewer is still computing after {timeout:g} s")

    def _show(self, layer: str, cancelled: Event) -> None:
        """Compute `layer` and put it into the traits, unless cancelled meanwhile."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Drop what was computed with the network as it was."""

    def _change_layer(self, _: Any) -> None:
        self._request(self._show_present)

    # a waiting job may be dropped for a later one, so each shows whatever is chosen by then
    def _show_present(self, cancelled: Event) -> None:
        self._show(self.layer, cancelled)

    def _request(self, job: Job) -> None:
        def busily(cancelled: Event) -> None:
            self.busy = True  # the job before may have ended since it was asked for
            job(cancelled)

        self.busy = True
        self.error = ""
        self._worker.submit(busily)

    def _rest(self) -> None:
        self.busy = False

    def _show_error(self, error: Exception) -> None:
        self.error = sentence_of(error)

    @traitlets.validate("layer")
    def _check_layer(self, proposal: Any) -> str:
        try:
            return self._find(proposal.value)
        except (LayerNotFoundError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from error

    def _find(self, layer: str | int) -> str:
        """Path of the layer of that path, name or index, if it is one to choose."""
        named = [row.path for row in matching_rows(self._all_rows, layer)]
        found = [row.path for row in self.rows if row.path in named]
        if not found:
            raise ValueError(f"the layer {named[0]!r} {self._lack}; choose one that has")
        if len(found) > 1:
            raise LayerNotFoundError(f"{layer!r} is not one layer but several: {found}")
        return found[0]
