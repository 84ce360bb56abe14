import time

import keras
import numpy as np
import pytest

from convnet_widgets import load_image, load_model
from convnet_widgets.core.pretrained import lite_weights
from convnet_widgets.core.pretrained.efficientnet_lite import efficientnet_lite0
from convnet_widgets.core.pretrained.legacy_pth import read_legacy_pth


@pytest.fixture(scope="module")
def net():
    return load_model("EfficientNetLite0")


@pytest.fixture(scope="module")
def tensors():
    return read_legacy_pth(lite_weights.weights_file())


def test_file_holds_every_tensor_of_the_network(tensors):
    counters = [name for name in tensors if name.endswith("num_batches_tracked")]
    # 49 convolutions, each with its normalisation of four vectors, and a dense layer.
    assert len(tensors) - len(counters) == 49 + 49 * 4 + 2
    assert len(counters) == 49


@pytest.mark.parametrize(
    ("sample", "index", "label", "probability"),
    [("cat", 285, "Egyptian_cat", 0.77), ("coffee", 967, "espresso", 0.90)],
)
def test_recognises_photographs(net, sample, index, label, probability):
    scores = net.model(net.prepare(load_image(sample))).numpy()[0]
    assert scores.sum() == pytest.approx(1, abs=1e-5)
    assert scores.argmax() == index
    assert net.labels[index] == label
    assert scores.max() == pytest.approx(probability, abs=0.03)


def test_size_and_names(net):
    assert net.model.count_params() == 4_694_024
    assert net.input_size == (224, 224)
    assert net.caption == "EfficientNetLite0 · weights: imagenet"
    assert not net.is_substitute


def test_layers_are_named_as_those_of_keras(net):
    theirs = keras.applications.EfficientNetB0(weights=None)
    names = {layer.name for layer in theirs.layers}
    ours = {layer.name for layer in net.model.layers[1:]}
    assert ours <= names
    beyond = ("_se_", "_drop", "_pad", "input", "rescaling", "normalization", "top_dropout")
    assert {n for n in names - ours if not any(part in n for part in beyond)} == set()


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("stem_activation", (112, 112, 32)),
        ("block2b_add", (56, 56, 24)),
        ("block4c_add", (14, 14, 80)),
        ("block6a_dwconv", (7, 7, 672)),
        ("top_conv", (7, 7, 1280)),
    ],
)
def test_layer_shapes(net, layer, shape):
    assert net.model.get_layer(layer).output.shape[1:] == shape


def test_axes_by_hand(net, tensors):
    """A stem's and a depthwise filter's output at one place, from PyTorch's own layout."""
    pixels = net.prepare(load_image("cat"))[0]
    # "same" with stride 2 on 224 pixels pads only below and to the right.
    window = pixels[20:23, 40:43].transpose(2, 0, 1)
    stem = np.einsum("oihw,ihw->o", tensors["_conv_stem.weight"], window)
    out = keras.Model(net.model.input, net.model.get_layer("stem_conv").output)(pixels[None])
    np.testing.assert_allclose(out[0, 10, 20], stem, atol=1e-4)

    names = ["stem_activation", "block1a_dwconv"]
    layers = [net.model.get_layer(name).output for name in names]
    before, after = keras.Model(net.model.input, layers)(pixels[None])
    kernel = tensors["_blocks.0._depthwise_conv.weight"][:, 0]
    expected = np.einsum("chw,hwc->c", kernel, before[0, 9:12, 19:22])
    np.testing.assert_allclose(after[0, 10, 20], expected, atol=1e-4)


def test_reading_is_quick():
    model = efficientnet_lite0()
    start = time.thread_time()
    lite_weights.load_pth(model, lite_weights.weights_file())
    assert time.thread_time() - start < 1


def test_without_classifier(net):
    base = load_model("EfficientNetLite0", include_top=False)
    assert base.input_size == (None, None)
    assert base.labels is None
    assert base.model.output_shape == (None, None, None, 1280)
    image = net.prepare(load_image("coffee"))
    expected = keras.Model(net.model.input, net.model.get_layer("top_activation").output)(image)
    np.testing.assert_allclose(base.model(image), expected, atol=1e-5)


@pytest.mark.parametrize(("pooling", "reduce"), [("avg", np.mean), ("max", np.max)])
def test_pooling(pooling, reduce):
    maps = efficientnet_lite0(include_top=False)
    pooled = efficientnet_lite0(include_top=False, pooling=pooling)
    pooled.set_weights(maps.get_weights())
    image = np.random.default_rng(0).normal(size=(1, 64, 64, 3)).astype("float32")
    np.testing.assert_allclose(
        pooled(image), reduce(maps(image).numpy(), axis=(1, 2)), rtol=1e-4, atol=1e-6
    )


def test_unknown_pooling():
    with pytest.raises(ValueError, match="expected pooling None"):
        efficientnet_lite0(include_top=False, pooling="mean")


def test_logits(net):
    logits = load_model("EfficientNetLite0", classifier_activation=None)
    image = net.prepare(load_image("cat"))
    values = logits.model(image).numpy()
    np.testing.assert_allclose(keras.ops.softmax(values), net.model(image), atol=1e-5)
    assert values.max() > 1


def test_weights_of_another_network_change_nothing():
    model = efficientnet_lite0(classes=10)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"_fc\.weight has the shape \(1280, 1000\)"):
        lite_weights.load_pth(model, lite_weights.weights_file())
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.pop("_bn0.bias"), "_bn0.bias is not there"),
        (lambda t: t.update(_se=np.zeros(1)), "has _se, which this network has not"),
        (lambda t: t.update({"_bn0.bias": np.zeros((3, 3))}), r"_bn0.bias has the shape \(3, 3\)"),
    ],
)
def test_other_tensors(tensors, monkeypatch, change, sentence):
    changed = dict(tensors)
    change(changed)
    monkeypatch.setattr(lite_weights, "read_legacy_pth", lambda _: changed)
    with pytest.raises(ValueError, match=sentence):
        lite_weights.load_pth(efficientnet_lite0(), lite_weights.weights_file())
