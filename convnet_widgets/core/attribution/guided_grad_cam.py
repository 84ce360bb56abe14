"""Guided Grad-CAM: guided gradients of pixels where Grad-CAM has heat."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from .grad_cam import GradCAM
from .method import Method, Progress, Raw
from .pixels import check_lies_over, strongest
from .subject import Subject


@dataclass(frozen=True)
class GuidedGradCAM(Method):
    """Guided gradients of the pixels, times Grad-CAM of a layer at their resolution.

    ``L(p) = max over c of |g_c(p)| · U(max(H, 0))(p)``, where

    - ``g_c(p)`` is the gradient of the score by the channel ``c`` of the network's input at the
      pixel ``p``, for which every ReLU passes on only what is positive (guided backpropagation);
      other activations pass on what they always do,
    - ``H`` is Grad-CAM's map of the layer, ``U`` brings it to the size of the input.

    Warnings
    --------
    The fine lines say little about the network. Guided backpropagation largely restores the image:
    it hardly depends on the class (Nie et al. 2018), nor on the weights, whose random exchange
    leaves it much the same (Adebayo et al. 2018). What depends on the class is Grad-CAM's part.

    Parameters
    ----------
    interpolation : {"bilinear", "nearest"}
        How Grad-CAM's map is enlarged.

    References
    ----------
    Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization*, ICCV 2017, doi:10.1109/ICCV.2017.74, arXiv:1610.02391.

    Springenberg et al., *Striving for Simplicity: The All Convolutional Net*, 2014,
    arXiv:1412.6806.

    Adebayo et al., *Sanity Checks for Saliency Maps*, NeurIPS 2018, arXiv:1810.03292.

    Nie, Zhang and Patel, *A Theoretical Explanation for Perplexing Behaviors of
    Backpropagation-based Visualizations*, ICML 2018, arXiv:1805.07039.
    """

    interpolation: str = "bilinear"

    name = "guided_grad_cam"
    title = "Guided Grad-CAM"
    of_pixels = True
    is_sparse = True
    caution = "Its fine lines hardly depend on class or weights (Adebayo et al. 2018)"

    def __post_init__(self) -> None:
        if self.interpolation not in ("bilinear", "nearest"):
            raise ValueError(
                f"expected interpolation as 'bilinear' or 'nearest', got {self.interpolation!r:.60}"
            )

    def steps(self, subject: Subject) -> Iterator[Progress]:
        """Make the map with two gradients."""
        maps, gradients, answers = subject.maps_and_gradients()
        check_lies_over(maps, subject.image)
        heat = np.maximum(GradCAM()(maps, gradients), 0)
        yield Progress(1, 2)
        rows = np.arange(subject.images)
        guided = strongest(subject.input_gradients(subject.image, rows, guided=True))
        yield Progress(2, 2, guided * self._enlarged(heat, subject), answers)

    def _enlarged(self, heat: Raw, subject: Subject) -> Float32[np.ndarray, "batch ..."]:
        if self.interpolation == "nearest":
            for axis, wanted in enumerate(subject.seen_size, 1):
                places = np.arange(wanted) * heat.shape[axis] // wanted
                heat = heat.take(places, axis)
        return subject.on_input(heat)
