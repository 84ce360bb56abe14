"""Every network of keras.applications, so that a new one joins by itself."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf

import convnet_widgets as cw
from convnet_widgets.core.families import constructors

SIZE = 96  # legal for all of them, and a fifth of the work of 224
ONE_OF_EACH_FAMILY = {
    "ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionResNetV2",
    "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "ResNet50",
    "ResNet50V2", "VGG16", "Xception",
}  # fmt: skip


@pytest.fixture(params=sorted(constructors()), name="net")
def fixture_net(request):
    # the largest have 350 million weights, most of the time goes into making them
    yield cw.load_model(request.param, weights="random", input_shape=(SIZE, SIZE, 3), seed=3)
    keras.backend.clear_session()
    gc.collect()


def test_layers_and_maps_are_those_of_keras(net, request):
    rows = cw.list_layers(net)
    top = [row for row in rows if row.index is not None]
    assert [row.path for row in top] == [layer.name for layer in net.model.layers]
    assert sum(row.parameters for row in top) == net.model.count_params()
    shown = [row.path for row in top if row.has_maps]
    asked = [shown[0], shown[len(shown) // 2], shown[-1]]
    image = np.random.default_rng(0).uniform(0, 255, (SIZE, SIZE, 3)).astype("float32")
    maps = cw.feature_maps(net, image, asked)
    outputs = [net.model.get_layer(name).output for name in asked]
    # compiled too: a deep network of random weights makes much of how its sums are rounded
    part = tf.function(keras.Model(net.model.input, outputs), autograph=False)
    expected = part(net.prepare(image), training=False)
    for name, values in zip(asked, expected, strict=True):
        scale = np.abs(values).max()
        np.testing.assert_allclose(maps[name], values, atol=1e-4 * scale, rtol=1e-4)
    if request.node.callspec.params["net"] in ONE_OF_EACH_FAMILY:
        best = cw.predict(net, image)[0][0]
        assert best.label == net.labels[best.index]
        assert best.score == pytest.approx(float(net.model(net.prepare(image)).numpy().max()), 1e-3)
