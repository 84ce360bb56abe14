"""Whole numbers that people give: of Python or NumPy, within a range."""

import operator
from typing import Any


def whole(name: str, value: Any, least: int) -> int:
    """Return a whole number as Python's.

    Parameters
    ----------
    name : str
        What it is called.
    value : int
        Anything that Python takes for an index, but no boolean.
    least : int
        What it must not be below.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is none, or less.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(f"{name} is a whole number, at least {least}; got {value!r}")
    return number
