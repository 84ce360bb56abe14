"""The panel of heatmaps at work: what is made, measured, stopped, and told the browser."""

from collections.abc import Callable, Iterable
from functools import partial
from threading import Event
from typing import Any

import traitlets

from ..core.attribution.method import Method
from ..core.attribution.results import Heatmap
from ._cam_choices import CamChoices
from ._cam_image import CamImage
from ._cam_maps import Asked, MapMaker
from ._cam_network import CamNetwork, class_told
from ._cam_quality import CamQuality, parts_of
from ._cam_run import AT_REST, last_of, told_to_end
from ._cam_view import NOTHING, CamView
from ._image_viewer import ChosenImage
from ._panel import LayerChoice
from ._worker import Job


class CamPanel(CamChoices):
    """A panel of heatmaps without its public face, see :class:`CamViewer`.

    Parameters
    ----------
    network, choice, chosen, methods, **traits
        As for :class:`CamChoices`.
    """

    running = traitlets.Bool(False).tag(sync=True)
    stopped = traitlets.Bool(False).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)
    _seconds_left = traitlets.Float(None, allow_none=True).tag(sync=True)
    _doing = traitlets.Unicode("").tag(sync=True)
    _quality = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        network: CamNetwork,
        choice: LayerChoice,
        chosen: CamImage,
        methods: Iterable[Method],
        **traits: Any,
    ) -> None:
        self._maker = MapMaker(network)
        self._view: CamView | None = None
        self._job: Job = self._show_present  # what a person may stop and start again
        self._measured: CamQuality | None = None
        self._quality_of: Heatmap | None = None
        self._ranked_of: Any = None  # the image whose classes are told, and how many
        super().__init__(network, choice, chosen, methods, **traits)
        self.observe(
            self._change_layer,
            ["target", "method", "compare", "other_target", "other_method", "top"],
        )
        self.observe(self._stop_or_go_on, "stopped")

    def measure_quality(self) -> None:
        """Measure in the background how far the heatmap can be trusted; see `quality`."""
        self._begin(self._measure)

    # --- in the worker's thread ---

    def _show(self, layer: str, cancelled: Event) -> None:
        self._take_image()
        try:
            self._rank_classes()
            view = self._viewed(layer, cancelled)
        finally:
            self._tell(AT_REST)
        if view is not None and not cancelled.is_set():
            if self._quality_of is not view.maps[0]:
                self._quality_of, self._measured = None, None
                self._tell({"_quality": {}})
            self._view = view
            self._tell(view.traits | self._named_classes(view))

    def _measure(self, cancelled: Event) -> None:
        """Measure how far the map that is chosen can be trusted, and tell of each part."""
        self._show_present(cancelled)
        view, is_over = self._view, told_to_end(cancelled, self)
        if view is None or self._measured is not None or is_over():
            return
        quality = CamQuality(self._network.answer(view.image.images, view.asked[0].target))
        try:
            for doing, part, steps in parts_of(self._network, view):
                run = partial(last_of, doing, steps, is_over, self._tell)
                quality = quality.with_part(part, run)
                if is_over():
                    return
                self._tell({"_quality": quality.traits(view)})
        finally:
            self._tell(AT_REST)
        self._measured, self._quality_of = quality, view.maps[0]

    def _rank_classes(self) -> None:
        """Tell of another photograph and its likeliest classes before its map is there."""
        of = (self._chosen, self.top)
        if of == self._ranked_of:
            return
        classes, are_shares = self._network.classes(self._chosen.images, self.top)
        told = {"_classes": classes, "_are_shares": are_shares}
        told["_compares_classes"] = self._network.compares(self._chosen.images)
        if self._ranked_of is None or self._ranked_of[0] is not self._chosen:
            told |= self._chosen.traits | NOTHING
            self._view = None
        self._ranked_of = of
        self._ranked = classes
        self._tell(told)

    def _viewed(self, layer: str, cancelled: Event) -> CamView | None:
        assert isinstance(self._chosen, CamImage)
        asked = [Asked(layer, self.target, self._known[self.method])]
        maps: list[Heatmap] = []
        for one in asked:
            made = self._made(one, cancelled)
            if made is None:
                return None
            maps.append(made)
            if len(asked) == 1 and self.compare != "none":
                asked.append(self._other(layer, made))
        return CamView(self._chosen, maps, asked)

    def _made(self, asked: Asked, cancelled: Event) -> Heatmap | None:
        assert isinstance(self._chosen, CamImage)
        steps = self._maker.steps(asked, self._chosen)
        made = last_of(asked.method.title, steps, told_to_end(cancelled, self), self._tell)
        assert made is None or isinstance(made, Heatmap)
        return made

    def _other(self, layer: str, first: Heatmap) -> Asked:
        if self.compare == "method":
            return Asked(layer, self.target, self._known[self.other_method])
        target = self.other_target
        if target is None:
            target = self._runner_up(first)
        return Asked(layer, target, self._known[self.method])

    def _runner_up(self, first: Heatmap) -> int:
        for one in self._ranked:
            if one["index"] != first.target.index:
                return int(one["index"])
        raise ValueError("there is no other class to compare with; name one as other_target")

    def _named_classes(self, view: CamView) -> dict[str, Any]:
        """The likeliest classes, and below them those that are shown and not among them."""
        known = {one["index"] for one in self._ranked}
        others = {
            one.index: class_told(
                one.index, one.label, one.score if one.probability is None else one.probability
            )
            for one in (heatmap.target for heatmap in view.maps)
            if one.index is not None and one.index not in known and self._ranked
        }
        return {"_classes": [*self._ranked, *others.values()]}

    # --- in the kernel's ---

    def _forget(self) -> None:
        self.stopped = False
        self._maker.forget()
        self._network.forget()
        self._ranked_of = None

    def _change_layer(self, _: Any) -> None:
        self._begin(self._show_present)

    def _exchange(self, read: Callable[[], ChosenImage]) -> None:
        self._begin(self._show_present)
        super()._exchange(read)

    def _begin(self, job: Job) -> None:
        self._job = job
        self.stopped = False  # at once, so that a Stop before the worker begins is not lost
        self._request(job)

    def _stop_or_go_on(self, change: Any) -> None:
        if not change.new:
            self._request(self._job)

    def _take_message(self, widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        if content.get("kind") == "quality":
            self.measure_quality()
        else:
            super()._take_message(widget, content, buffers)
