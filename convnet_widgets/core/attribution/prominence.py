"""How far the logit of a target stands out among those of all classes."""

import numpy as np
from jaxtyping import Float64

from ..targets import ResolvedTarget
from .answers import Answers

FEWEST_CLASSES = 100
"""Of fewer, the best one stands out little, whatever was learned."""


def rank_of_target(answers: Answers, target: ResolvedTarget) -> int | None:
    """How many classes have a larger logit than the target of the one image.

    None for a target that is no class, and for fewer than 100 classes.
    """
    logits = _class_logits(answers)
    weights = answers.weights[0].reshape(-1, len(logits)).sum(0)
    is_class = np.count_nonzero(weights) == 1 and weights.max() > 0
    if target.function is not None or not is_class or len(logits) < FEWEST_CLASSES:
        return None
    return int((logits > logits[weights.argmax()]).sum())


def prominence(answers: Answers, rank: int) -> float:
    """Height of the logit of that rank above the mean logit, in their standard deviations.

    NaN where all are the same.
    """
    logits = np.sort(_class_logits(answers))[::-1]
    spread = logits.std()
    return float((logits[rank] - logits.mean()) / spread) if spread else float("nan")


def _class_logits(answers: Answers) -> Float64[np.ndarray, " classes"]:
    """Logit of each class of the one image, the mean over an output's places."""
    logits = answers.logits[0].astype("float64")
    return logits.reshape(-1, logits.shape[-1]).mean(0)
