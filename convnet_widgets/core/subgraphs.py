"""Functions cut out of a graph that is there, without running its Python again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
        self._read()

    @contextmanager
    def extended(self) -> Iterator[tf.Graph]:
        """Let operations be added to the graph, as those of gradients, to be cut out afterwards."""
        before = self._graph.version
        with self._graph.as_default():
            yield self._graph
        if self._graph.version != before:
            self._read()

    def cut(
        self,
        fetches: Sequence[tf.Tensor],
        feeds: Sequence[tf.Tensor] = (),
        exchanged: Mapping[int, Any] | None = None,
    ) -> Callable:
        """Function that returns `fetches` and computes nothing that they do not need.

        Parameters
        ----------
        fetches : sequence of tf.Tensor
            Tensors that operations of the graph return; none of its inputs.
        feeds : sequence of tf.Tensor
            Tensors of the graph that the function takes after the inputs, in place of what would
            be computed.
        exchanged : mapping of int to tf.Variable, optional
            By the identity of a handle that the graph captured, the variable to read instead.
        """
        names = [tensor.name for tensor in fetches]
        fed = [tensor.name for tensor in feeds]
        needed = self.ancestors(fetches, feeds)
        definition = self._part(needed - {_node(name) for name in fed})
        specs = [*self._specs, *(tf.TensorSpec(x.shape, x.dtype) for x in feeds)]
        instead = dict(exchanged or {})

        def forward(*inputs: tf.Tensor) -> list[tf.Tensor]:
            capture = tf.compat.v1.get_default_graph().capture
            given = {k: x for k, x in zip(self._inputs, inputs, strict=False) if k in needed}
            held = {
                k: capture(instead[id(x)].handle if id(x) in instead else x)
                for k, x in self._captured.items()
                if k in needed
            }
            sources = {f"{name}:0": tensor for name, tensor in (given | held).items()}
            sources |= dict(zip(fed, inputs[len(self._specs) :], strict=True))
            sources = {k: x for k, x in sources.items() if _node(k) in needed}
            return tf.graph_util.import_graph_def(definition, sources, names, name="")

        function = tf.compat.v1.wrap_function(forward, specs)
        function.exchanged = list(instead.values())  # a handle does not keep its variable alive
        return function

    def ancestors(self, tensors: Iterable[tf.Tensor], feeds: Iterable[tf.Tensor] = ()) -> set[str]:
        """Names of the operations that `tensors` need, their own and the feeds' among them."""
        fed = {_node(tensor.name) for tensor in feeds}
        found = {_node(tensor.name) for tensor in tensors}
        waiting = [name for name in found if name not in fed]
        while waiting:
            new = {_node(name) for name in self._nodes[waiting.pop()].input} - found
            found |= new
            waiting.extend(new - fed)
        return found

    def _read(self) -> None:
        self._definition = self._graph.as_graph_def()
        self._nodes = {node.name: node for node in self._definition.node}

    def _part(self, names: Collection[str]) -> tf.compat.v1.GraphDef:
        inside = set(names) - {*self._inputs, *self._captured}
        part = tf.compat.v1.GraphDef(
            versions=self._definition.versions, library=self._definition.library
        )
        part.node.extend(n for n in self._definition.node if n.name in inside)
        for node in part.node:
            node.attr.pop("_class", None)  # where it is computed beside which, also what is cut off
            kept = [i for i in node.input if not i.startswith("^") or _node(i) in inside]
            if len(kept) < len(node.input):
                node.input[:] = kept
        return part


def _node(name: str) -> str:
    """The operation that a tensor or a control dependency of this name comes from."""
    return name.removeprefix("^").split(":")[0]
