"""Checks shared by the modules of this package: each error says what came and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike


def unknown(kind: str, name: object, known: Iterable[str], usual: Iterable[str] = ()) -> ValueError:
    """Build the error for a name that does not exist.

    Parameters
    ----------
    kind : str
        What is named, as in "colour map".
    name : object
        What came.
    known : iterable of str
        What exists: the near names are given, or all of them where none is near.
    usual : iterable of str
        What is given instead of all, where these are many.

    Returns
    -------
    ValueError
        To be raised by the caller.
    """
    names, some = list(known), list(usual)
    near = get_close_matches(str(name), names)
    more = f" and {len(names) - len(some)} more" if some else ""
    hint = f"known are {', '.join(some or names)}{more}"
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    return ValueError(f"there is no {kind} {name!r}; {hint}")


def real_array(values: ArrayLike, axes: str) -> np.ndarray:
    """Return the values as an array of real numbers with at least the given axes, none empty.

    Parameters
    ----------
    values : array_like
        Booleans, integers or floats.
    axes : str
        The names of the last axes, as in "height, width, channels".

    Returns
    -------
    ndarray
        The same values, not copied where they are an array already.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If axes are missing or one is empty.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "buif":
        # bfloat16 and the 8-bit floats of ml_dtypes are of kind "V" to NumPy
        if array.dtype.kind != "V" or array.dtype.names:
            raise TypeError(f"expected real numbers of axes ({axes}); got dtype {array.dtype}")
        array = array.astype(np.float32)
    if array.ndim < axes.count(",") + 1 or array.size == 0:
        raise ValueError(
            f"expected an array of axes ({axes}) with at least one value; got shape {array.shape}"
        )
    return array


def float_array(values: ArrayLike, axes: str) -> Float[np.ndarray, "*shape"]:
    """Return the values as floats wide enough to compute with; see :func:`real_array`.

    float32, what networks give, is kept as it is: a layer may take many megabytes. All else is
    made float64.
    """
    array = real_array(values, axes)
    return array if array.dtype == np.float32 else array.astype(np.float64)
