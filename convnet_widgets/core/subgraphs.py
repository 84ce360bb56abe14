"""Functions cut out of a graph that is there, without running its Python again."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import tensorflow as tf


class SubgraphCutter:
    """Makes functions of parts of one graph.

    Parameters
    ----------
    function : WrappedFunction
        Made by ``tf.compat.v1.wrap_function``.
    specs : sequence of tf.TensorSpec
        What it takes; the functions cut out of it take the same.

    Notes
    -----
    The part is copied as a graph definition. ``function.prune`` copies operation by operation
    in Python, which takes half as long as tracing anew.
    """

    def __init__(self, function: Any, specs: Sequence[tf.TensorSpec]) -> None:
        # kept, since Python functions in the graph live as long as it does
        self._graph = function.graph
        self._specs = list(specs)
        self._captured = {_node(inner.name): outer for outer, inner in self._graph.captures}
        names = (_node(tensor.name) for tensor in self._graph.inputs)
        self._inputs = [name for name in names if name not in self._captured]
        self._definition = self._graph.as_graph_def()
        self._nodes = {node.name: node for node in self._definition.node}

    def cut(self, fetches: Sequence[tf.Tensor]) -> Callable:
        """Function that returns `fetches` and computes nothing that they do not need.

        Parameters
        ----------
        fetches : sequence of tf.Tensor
            Tensors that operations of the graph return; none of its inputs.
        """
        names = [tensor.name for tensor in fetches]
        needed = self._ancestors(names)
        definition = self._part(needed)

        def forward(*inputs: tf.Tensor) -> list[tf.Tensor]:
            capture = tf.compat.v1.get_default_graph().capture
            given = {k: x for k, x in zip(self._inputs, inputs, strict=True) if k in needed}
            held = {k: capture(x) for k, x in self._captured.items() if k in needed}
            sources = {f"{name}:0": tensor for name, tensor in (given | held).items()}
            return tf.graph_util.import_graph_def(definition, sources, names, name="")

        return tf.compat.v1.wrap_function(forward, self._specs)

    def _ancestors(self, tensors: Iterable[str]) -> set[str]:
        found = {_node(name) for name in tensors}
        waiting = list(found)
        while waiting:
            new = {_node(name) for name in self._nodes[waiting.pop()].input} - found
            found |= new
            waiting.extend(new)
        return found

    def _part(self, names: set[str]) -> tf.compat.v1.GraphDef:
        inside = names - {*self._inputs, *self._captured}
        part = tf.compat.v1.GraphDef(
            versions=self._definition.versions, library=self._definition.library
        )
        part.node.extend(n for n in self._definition.node if n.name in inside)
        return part


def _node(name: str) -> str:
    """The operation that a tensor or a control dependency of this name comes from."""
    return name.removeprefix("^").split(":")[0]
