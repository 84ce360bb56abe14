import kinds
import numpy as np
import pytest
import tensorflow as tf

import convnet_widgets as cw
from convnet_widgets.core.patterns.cutting import cut
from convnet_widgets.core.patterns.objectives import OUTPUT

ONE_INPUT = [
    name
    for name in kinds.KINDS
    if name not in ("backbone called twice", "multi-input") and "never called" not in name
]


def evaluate(network, images, **keywords):
    """Outputs for images, and the gradient of the sum of their squares."""

    @tf.function(autograph=False)
    def both(images):
        outputs = network(images, **keywords)
        scores = [tf.reduce_sum(output**2) for output in outputs.values()]
        return outputs, tf.gradients(scores, images)[0]

    outputs, gradient = both(tf.constant(images))
    return {path: output.numpy() for path, output in outputs.items()}, gradient.numpy()


@pytest.mark.parametrize("kind", ONE_INPUT)
def test_outputs_are_those_of_the_whole_network(kind):
    make, images, layer = kinds.KINDS[kind]
    model, x = make(), images()
    precision = "bfloat16" if "bfloat16" in kind else "float32"
    outputs, gradient = evaluate(cut(model, layer, precision=precision), x)
    expected = cw.feature_maps(model, x, layer)
    assert list(outputs) == list(expected)
    tolerance = 2e-3 * np.abs(expected[layer]).max() if kind == "mixed_float16" else 0
    np.testing.assert_allclose(outputs[layer], expected[layer], rtol=1e-6, atol=tolerance)
    assert np.abs(gradient).max() > 0


def test_several_layers_and_the_output():
    model, x = kinds.nested(), kinds.RGB()
    outputs, _ = evaluate(cut(model, ["backbone/relu2", OUTPUT, "backbone/conv1"]), x)
    expected = cw.feature_maps(model, x, ["backbone/relu2", "backbone/conv1"])
    assert list(outputs) == ["backbone/relu2", OUTPUT, "backbone/conv1"]
    for path, maps in expected.items():
        np.testing.assert_allclose(outputs[path], maps, rtol=1e-6)
    np.testing.assert_allclose(outputs[OUTPUT], model(x), rtol=1e-5)
