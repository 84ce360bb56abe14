import numpy as np
import pytest
import tensorflow as tf

from convnet_widgets.core.subgraphs import SubgraphCutter

SPECS = [tf.TensorSpec((None, 2)), tf.TensorSpec((None, 2))]


@pytest.fixture(name="parts")
def fixture_parts():
    """A graph of two inputs and two variables, its tensors by name, and what cuts it."""
    factor, offset = tf.Variable(3.0), tf.Variable(10.0)
    tensors = {}

    def forward(x, y):
        tensors["copy"] = tf.identity(x)
        tensors["product"] = factor * x
        tensors["sum"] = tensors["product"] + offset * y
        tensors["looped"] = tf.while_loop(lambda z: z[0, 0] < 9, lambda z: [2 * z], [y])[0]
        with tf.control_dependencies([factor.assign_add(1.0)]):
            tensors["late"] = tf.identity(tensors["sum"])
        return list(tensors.values())

    function = tf.compat.v1.wrap_function(forward, SPECS)
    return SubgraphCutter(function, SPECS), tensors, (factor, offset)


X, Y = tf.constant([[1.0, 2.0]]), tf.constant([[1.0, -1.0]])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["copy"], [[1, 2]]),
        (["product"], [[3, 6]]),
        (["sum", "copy"], [[13, -4], [1, 2]]),
        (["looped"], [[16, -16]]),
        (["sum", "sum"], [[13, -4], [13, -4]]),
    ],
)
def test_a_part_gives_what_the_whole_would(parts, names, expected):
    cutter, tensors, _ = parts
    outputs = cutter.cut([tensors[name] for name in names])(X, Y)
    np.testing.assert_array_equal(np.concatenate(outputs), expected)


def test_a_part_reads_no_variable_that_it_does_not_need(parts):
    cutter, tensors, (factor, offset) = parts
    assert len(cutter.cut([tensors["copy"]]).captured_inputs) == 0
    (captured,) = cutter.cut([tensors["product"]]).captured_inputs
    assert captured is factor.handle
    both = cutter.cut([tensors["sum"]]).captured_inputs
    assert {id(handle) for handle in both} == {id(factor.handle), id(offset.handle)}


def test_a_part_follows_the_variables(parts):
    cutter, tensors, (factor, _) = parts
    function = cutter.cut([tensors["product"]])
    function(X, Y)
    factor.assign(-1.0)
    np.testing.assert_array_equal(function(X, Y)[0], [[-1, -2]])


def test_what_must_come_before_runs_once_and_not_for_others(parts):
    cutter, tensors, (factor, _) = parts
    cutter.cut([tensors["sum"]])(X, Y)
    assert float(factor) == 3
    cutter.cut([tensors["late"]])(X, Y)
    assert float(factor) == 4
