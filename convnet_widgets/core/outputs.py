"""Which of a network's outputs is meant."""

import keras


def output_place(model: keras.Model, keys: list[str], output: str | int | None) -> int:
    """Place of the output that goes by a key, a layer's name or a place.

    Parameters
    ----------
    model : keras.Model
    keys : list of str
        What the network returns, as `Trace.returned` names it.
    output : str or int, optional
        May be left out where there is one.

    Raises
    ------
    ValueError
        If there are several and none is chosen, or the one chosen is not there.
    """
    names = list(getattr(model, "output_names", None) or keys)
    if output is None and len(keys) == 1:
        return 0
    for known in (keys, names):
        if isinstance(output, str) and output in known:
            return known.index(output)
    if isinstance(output, int) and -len(keys) <= output < len(keys):
        return output % len(keys)
    if len(keys) == 1:
        raise ValueError(f"the network has one output, and {output!r} is none: leave output= out")
    if not all(key.isdigit() for key in keys):
        names = keys  # what the network's own dict calls them
    chosen = "" if output is None else f", and {output!r} is none of them"
    raise ValueError(f"the network has the outputs {names}{chosen}: choose one with output=")
