"""The layers that a class activation map can be made of, and the usual one."""

from collections.abc import Sequence

from ..heads import Head
from ..layer_outputs import Output
from ..tracing import Trace

_HIDDEN = ". Layers that run in a tf.function or a loop of their own are not seen"


def spatial_layers(traced: Trace, head: Head) -> list[str]:
    """Paths of the layers that have places and that lead to a score, in the order of their calls.

    Parameters
    ----------
    traced : Trace
        The network's graph.
    head : Head
        The output that is explained. What comes after its logits does not lead to them, and they
        themselves are their own explanation. Layers of as many axes as the image are preferred.
    """
    needed = traced.ancestors(head.logits)
    found = {
        path: output
        for path, output in traced.outputs.items()
        if _has_places(output)
        and output.reached is not head.logits
        and output.reached.op.name in needed
        and not output.repeated
    }
    rank = next((image.shape.rank for image in traced.inputs if image.shape.rank > 2), None)
    alike = [path for path, output in found.items() if output.reached.shape.rank == rank]
    return alike or list(found)


def usual_layer(traced: Trace, head: Head, name: str) -> str:
    """The last layer that has places and that the score depends on.

    Raises
    ------
    ValueError
        If there is none.
    """
    paths: Sequence[str] = spatial_layers(traced, head)
    if not paths:
        raise ValueError(
            f"{name} has no layer with a spatial extent that its score depends on, so that there "
            "is nowhere to show where it looked; a pixel method such as saliency or occlusion "
            "needs none" + _HIDDEN * _has_graphs_inside(traced, head)
        )
    return paths[-1]


def _has_graphs_inside(traced: Trace, head: Head) -> bool:
    """Whether a score needs a step that is a graph of its own, as a loop or a tf.function is."""
    names = traced.ancestors(head.logits)
    steps = (head.logits.graph.get_operation_by_name(name).node_def for name in names)
    return any(value.HasField("func") for step in steps for value in step.attr.values())


def _has_places(output: Output) -> bool:
    # the last axes of an EinsumDense, as of attention, are heads and their channels
    if output.maps is None or output.maps.shape.rank < 3 or output.kind == "EinsumDense":
        return False
    space = output.maps.shape[1:-1]
    return output.reached.dtype.is_floating and any(size != 1 for size in space)
