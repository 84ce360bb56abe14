"""The methods by name."""

from difflib import get_close_matches
from typing import Any

from .ablation_cam import AblationCAM
from .eigen_cam import EigenCAM
from .elementwise_grad_cam import ElementwiseGradCAM
from .grad_cam import GradCAM
from .grad_cam_plus_plus import GradCAMPlusPlus
from .guided_grad_cam import GuidedGradCAM
from .hires_cam import HiResCAM
from .integrated_gradients import IntegratedGradients
from .layer_cam import LayerCAM
from .method import Method
from .occlusion import Occlusion
from .saliency import Saliency
from .score_cam import ScoreCAM
from .smooth_grad import SmoothGrad
from .xgrad_cam import XGradCAM

_ALL: tuple[type[Method], ...] = (
    GradCAM,
    HiResCAM,
    GradCAMPlusPlus,
    LayerCAM,
    XGradCAM,
    ElementwiseGradCAM,
    EigenCAM,
    ScoreCAM,
    AblationCAM,
    Saliency,
    SmoothGrad,
    IntegratedGradients,
    GuidedGradCAM,
    Occlusion,
)

METHODS: dict[str, type[Method]] = {method.name: method for method in _ALL}
"""All methods by name: those of layers, the quick ones first, then those of pixels."""


def list_methods() -> list[str]:
    """Names that `class_activation_map` takes as `method`."""
    return list(METHODS)


def as_method(method: Any) -> Method:
    """The method of this name with its usual parameters, or the method that is given.

    Parameters
    ----------
    method : str or Method
        As `list_methods` names it, or an instance with other parameters.

    Raises
    ------
    TypeError
        If `method` is neither.
    ValueError
        If there is no method of this name, with the near one and all there are.
    """
    if isinstance(method, Method):
        return method
    if not isinstance(method, str):
        raise TypeError(
            "a method is given by its name or as an instance such as GradCAM(), "
            f"not by the {type(method).__name__} {method!r}"
        )
    if method not in METHODS:
        near = get_close_matches(method.lower(), METHODS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"there is no method {method!r}; {hint}there are {', '.join(METHODS)}")
    return METHODS[method]()
