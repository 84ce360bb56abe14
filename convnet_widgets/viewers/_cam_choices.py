"""What is chosen in a panel of heatmaps, and what there is to choose from."""

from collections.abc import Iterable
from typing import Any

import traitlets

from ..core.attribution.method import Method
from ..core.attribution.methods import METHODS
from ..widgets.heatmap_overlay import HeatmapOverlay
from ._cam_image import CamImage, cam_image
from ._cam_network import CamNetwork, readable
from ._image_viewer import ImageViewer
from ._panel import LayerChoice, sentence_of


def _as_json(value: Any, _: Any) -> Any:
    """What a browser is told of a target: a class, or what another one is called."""
    return value if value is None or isinstance(value, str | int) else str(value)


class CamChoices(ImageViewer, HeatmapOverlay):
    """An overlay with a choice of image, layer, target and method.

    Parameters
    ----------
    network : CamNetwork
        What is explained.
    choice : LayerChoice
        Its layers.
    chosen : CamImage
        The first image.
    methods : iterable of Method
        Those to choose from beside the usual ones, or in place of one of the same name.
    **traits
        As for the class.
    """

    target = traitlets.Any(None).tag(sync=True, to_json=_as_json)
    method = traitlets.Unicode("grad_cam").tag(sync=True)
    compare = traitlets.Enum(("none", "class", "method"), "none").tag(sync=True)
    other_target = traitlets.Any(None).tag(sync=True, to_json=_as_json)
    other_method = traitlets.Unicode("layer_cam").tag(sync=True)
    top = traitlets.Int(5, min=1).tag(sync=True)
    _methods = traitlets.List(traitlets.Dict()).tag(sync=True)
    _names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _classes = traitlets.List(traitlets.Dict()).tag(sync=True)
    _are_shares = traitlets.Bool(False).tag(sync=True)
    _refused = traitlets.Dict().tag(sync=True)
    _compares = traitlets.Bool(False).tag(sync=True)
    _compares_classes = traitlets.Bool(True).tag(sync=True)
    _scale_note = traitlets.Unicode("").tag(sync=True)
    _other_codes = traitlets.Bytes(b"").tag(sync=True)
    _other_range = traitlets.List(traitlets.Float(), [0.0, 0.0]).tag(sync=True)
    _other_unseen = traitlets.Bytes(b"").tag(sync=True)
    _other_map_height = traitlets.Int(0).tag(sync=True)
    _other_map_width = traitlets.Int(0).tag(sync=True)
    _other_box = traitlets.List(traitlets.Float()).tag(sync=True)
    _other_label = traitlets.Unicode("").tag(sync=True)
    _other_note = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        network: CamNetwork,
        choice: LayerChoice,
        chosen: CamImage,
        methods: Iterable[Method],
        **traits: Any,
    ) -> None:
        self._network = network
        usual = [make() for make in METHODS.values()]
        # without a layer to choose, methods that ask one have no map
        offered = [one for one in (*usual, *methods) if choice.rows or not one.takes_layer]
        self._known = {one.name: one for one in offered}
        if self.other_method not in self._known:
            traits.setdefault("other_method", offered[-1].name)
        told = [_told(one) for one in self._known.values()]
        names = [readable(one) for one in network.names(chosen.images)]
        super().__init__(choice, chosen, _methods=told, _names=names, **traits)

    @traitlets.default("view_size")
    def _as_large(self) -> int:
        return 560

    def _chosen_image(self, image: Any, name: str = "") -> CamImage:
        return cam_image(self.net, image, name)

    def _take_message(self, widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        if content.get("kind") == "class" and content.get("of") in ("target", "other_target"):
            self._choose_class(str(content["of"]), str(content.get("name", "")).strip())
        else:
            super()._take_message(widget, content, buffers)

    def _choose_class(self, of: str, name: str) -> None:
        try:
            self.set_trait(of, int(name) if name.isdecimal() else name)
        except traitlets.TraitError as error:
            self._refused = {of: str(error)}
        else:
            self._refused = {}

    def _find(self, layer: str | int) -> str:
        return "" if layer == "" and not self.rows else super()._find(layer)

    @traitlets.validate("target", "other_target")
    def _check_target(self, proposal: Any) -> Any:
        value = proposal.value
        try:
            self._network.check(self._chosen.images, value)
        except (TypeError, LookupError, ValueError) as error:
            raise traitlets.TraitError(sentence_of(error)) from error
        return value

    @traitlets.observe("target", "other_target", "_photograph")
    def _forget_refusal(self, _: Any) -> None:
        self._refused = {}

    @traitlets.validate("method", "other_method")
    def _check_method(self, proposal: Any) -> str:
        if proposal.value not in self._known:
            known = ", ".join(self._known)
            raise traitlets.TraitError(f"there is no method {proposal.value!r}; there are {known}")
        return str(proposal.value)


def _told(method: Method) -> dict[str, Any]:
    return {
        "caution": method.caution,
        "name": method.name,
        "title": method.title,
        "of_pixels": method.of_pixels,
        "takes_layer": method.takes_layer,
        "slow": method.slow,
    }
