"""Images of other sizes than a network declares, and what to say of those that do not fit."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import get_ident

import keras

from ..recording import Call, shadowed

_MOST = 2048  # pixels a side, where the search for a size that fits ends
_EMPHASISED = re.compile(r"\x1b\[1m(.*?)\x1b\[0m", re.DOTALL)

Size = tuple[int | None, int | None]
Fits = Callable[[int, int], bool]


@contextmanager
def taking_any_size(model: keras.Model) -> Iterator[None]:
    """Let the models inside a network take other sizes than they declare, in this thread.

    Only within the `forward` of `record_calls`. The layers inside still refuse what they cannot
    take.
    """
    thread = get_ident()

    def lenient(check: Callable) -> Callable:
        return lambda *args: None if get_ident() == thread else check(*args)

    name = "_assert_input_compatibility"
    with ExitStack() as stack:
        for part in model._flatten_layers():
            if isinstance(part, keras.Model):
                stack.enter_context(shadowed(part, name, lenient(getattr(part, name))))
        yield


def refuse_empty(call: Call) -> None:
    """Refuse a pass in which a map has no pixels left, the mean of which would be NaN."""
    for child in call.children:
        refuse_empty(child)
    shape = getattr(call.output, "shape", None)
    if shape is not None and shape.rank is not None and 0 in shape.as_list():
        raise ValueError(f"the layer {call.place!r} returns an empty map")


def misfit(error: Exception, layers: str, size: Size, declared: Size, fits: Fits) -> ValueError:
    """The sentence for images on which a network cannot run.

    Parameters
    ----------
    error : Exception
        What came of trying.
    layers : str
        Whom the images do not fit.
    size, declared : tuple of (height, width)
        Of the images, and that of the network's input; None where it is not known.
    fits : callable
        Whether images of a height and a width fit.
    """
    height, width = size
    if height is None or width is None:
        return ValueError(f"the images do not fit {layers}: {_said(error)}")
    least = _least_size(fits, min(height, width))
    if least is not None:
        wanted = f"images of at least {least} × {least} pixels"
    elif None not in declared and fits(*declared):  # type: ignore[arg-type]
        wanted = f"images of {declared[0]} × {declared[1]} pixels"
    else:
        return ValueError(f"images of {height} × {width} do not fit {layers}: {_said(error)}")
    return ValueError(f"{layers} takes {wanted}, got {height} × {width}; choose such a size")


def _least_size(fits: Fits, size: int) -> int | None:
    """The least side above `size` that fits, as do larger ones; None if there is none."""
    low, high = size, size + 1
    while not fits(high, high):
        low, high = high, 2 * high
        if high > _MOST:
            return None
    if not fits(2 * high, 2 * high):
        return None  # a single size fits
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle, middle) else (middle, high)
    return high


def _said(error: Exception) -> str:
    """What TensorFlow said, of all that Keras adds."""
    text = str(error)
    found = _EMPHASISED.search(text)
    return (found.group(1) if found else text.strip().splitlines()[0]).strip()
