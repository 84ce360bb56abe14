import gc
import weakref

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
import toys
from keras import layers, ops

import convnet_widgets as cw
from convnet_widgets.core.attribution.methods import as_method
from convnet_widgets.core.framing import Frame
from convnet_widgets.core.layers import LayerNotFoundError

RGB = kinds.RGB


@pytest.mark.parametrize("activation", [None, "softmax"])
@pytest.mark.parametrize(("asked", "expected"), toys.GOLDEN.items(), ids=str)
def test_the_golden_values_hold_before_and_behind_a_softmax(asked, expected, activation):
    layer, method = asked
    model = toys.toy(activation)
    (heatmap,) = cw.class_activation_map(model, toys.RAMP, layer, 0, method)
    np.testing.assert_allclose(heatmap.raw, expected, atol=1e-4)
    np.testing.assert_allclose(heatmap.values, np.divide(expected, np.max(expected)), atol=1e-6)
    assert (heatmap.layer, heatmap.method, heatmap.reason) == (layer, method, "")
    assert (heatmap.target.index, heatmap.target.label) == (0, "class 0")
    assert heatmap.target.score == 54


@pytest.mark.parametrize("scale", [1, 130 / 54, 300 / 54])
def test_a_softmax_that_is_sure_gives_the_map_of_its_logit(scale):
    model, sure = toys.toy(scale=scale), toys.toy("softmax", scale)
    for method in ("grad_cam", "layer_cam", "grad_cam_plus_plus"):
        (expected,) = cw.class_activation_map(model, toys.RAMP, "relu", 0, method)
        (heatmap,) = cw.class_activation_map(sure, toys.RAMP, "relu", 0, method)
        np.testing.assert_array_equal(heatmap.values, expected.values)
        assert heatmap.target.score == pytest.approx(54 * scale)
        assert heatmap.target.probability == 1


def test_a_log_softmax_gives_the_probability_and_not_its_logarithm():
    model = toys.toy("log_softmax", 1 / 54)  # the logits are 1, 0, 0 and 0
    (heatmap,) = cw.class_activation_map(model, toys.RAMP, "relu", 0)
    np.testing.assert_allclose(heatmap.raw, np.divide(toys.GOLDEN["relu", "grad_cam"], 54))
    assert heatmap.target.score == pytest.approx(1)
    assert heatmap.target.probability == pytest.approx(np.e / (np.e + 3))
    curves = cw.insertion_deletion(model, toys.RAMP, heatmap, 1)
    assert curves.insertion[1] == curves.deletion[0] == pytest.approx(np.e / (np.e + 3))
    contrast = cw.insertion_deletion(model, toys.RAMP, heatmap, 1, target=cw.Contrast(0, 1))
    assert contrast.insertion[1] == pytest.approx((np.e - 1) / (np.e + 3))


def test_one_image_and_a_batch_one_target_and_several_come_as_asked_for():
    model, image = toys.toy(), toys.RAMP[0]
    one = cw.class_activation_map(model, image, target=0)
    batch = cw.class_activation_map(model, toys.RAMP, target=0)
    several = cw.class_activation_map(model, image, target=[0, cw.Contrast(0, 1)])
    both = cw.class_activation_map(model, [image, image / 2], target=[0, 1, None])
    assert isinstance(one, cw.Heatmap)
    assert isinstance(batch, cw.Heatmaps)
    np.testing.assert_array_equal(batch[0].raw, one.raw)
    assert [heatmap.target.label for heatmap in several] == [
        "class 0",
        "class 0 rather than class 1",
    ]
    assert [[h.target.index for h in row] for row in both] == [[0, 1, 0], [0, 1, 0]]
    np.testing.assert_array_equal(both[0][0].raw, one.raw)
    np.testing.assert_array_equal(both[0][2].raw, one.raw)


def test_each_image_of_a_batch_is_explained_for_the_class_found_likeliest():
    model = kinds.functional()
    x = np.concatenate([RGB(), 255 - RGB(), kinds.pixels(3, 12, 12, 3, seed=5)])
    best = np.argmax(model(x), -1).tolist()
    heatmaps = cw.class_activation_map(model, x)
    assert [heatmap.target.index for heatmap in heatmaps] == best
    for heatmap, image, index in zip(heatmaps, x, best, strict=True):
        alone = cw.class_activation_map(model, image, target=index)
        np.testing.assert_allclose(heatmap.raw, alone.raw, rtol=1e-4, atol=1e-6)


def binary(labels=None):
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    head = layers.Dense(1, activation="sigmoid")(x)
    return cw.VisionModel(kinds.seeded(keras.Model(base.input, head)), labels=labels)


def test_a_sigmoid_is_explained_both_ways():
    net, image = binary(["cat", "dog"]), RGB()[0]
    dog, cat = (cw.class_activation_map(net, image, target=name) for name in ("dog", "cat"))
    np.testing.assert_array_equal(dog.raw, -cat.raw)
    assert dog.target.score == -cat.target.score
    assert dog.target.probability + cat.target.probability == pytest.approx(1)
    likely = cw.class_activation_map(net, image)
    assert likely.target == max(dog.target, cat.target, key=lambda target: target.probability)


def test_the_chosen_output_is_explained():
    model, image = kinds.multi_output(), RGB()[0]
    for place, name in enumerate(("animal", "indoors")):
        alone = keras.Model(model.input, model.outputs[place])
        expected = cw.class_activation_map(alone, image, target=1)
        for output in (place, name):
            heatmap = cw.class_activation_map(model, image, target=1, output=output)
            np.testing.assert_allclose(heatmap.raw, expected.raw, rtol=1e-5)
    with pytest.raises(ValueError, match=r"outputs \['animal', 'indoors'\]: choose one"):
        cw.class_activation_map(model, image)


def test_a_function_of_the_output_is_explained():
    model, image = toys.toy("softmax"), toys.RAMP[0]

    def log_odds(output):
        return ops.log(output[:, 1] + 1e-9) - ops.log(output[:, 0] + 1e-9)

    heatmap = cw.class_activation_map(model, image, "conv", log_odds)
    assert heatmap.target.label == "log_odds"
    assert heatmap.target.score == pytest.approx(np.log(1e-9) - np.log(1), abs=1e-4)


@pytest.mark.parametrize(
    ("function", "error", "says"),
    [
        (lambda output: output, ValueError, r"one score for each image.*\(None, 4\)"),
        (lambda output: np.sum(output, -1), TypeError, "computes with keras.ops"),
        (lambda output: ops.round(output[:, 0]), cw.GradientError, "the step Round"),
    ],
)
def test_a_function_that_gives_no_gradient_is_refused(function, error, says):
    with pytest.raises(error, match=says):
        cw.class_activation_map(toys.toy(), toys.RAMP, "relu", function)


def test_a_function_and_its_graph_are_not_kept_for_ever():
    model = toys.toy()
    functions = [lambda output, k=k: k * output[:, 0] for k in range(1, 7)]
    first = weakref.ref(functions[0])
    for function in functions:
        cw.class_activation_map(model, toys.RAMP, "relu", function)
    del functions, function
    gc.collect()
    assert first() is None


def segmenter():
    """Two classes for each place: the sum of the first two bands, and the third."""
    x = image = keras.Input((4, 6, 3))
    x = layers.Activation("linear", name="bands")(x)
    x = layers.Conv2D(2, 1, use_bias=False, name="scores")(x)
    model = keras.Model(image, layers.Softmax()(x))
    model.get_layer("scores").kernel.assign(np.reshape([[1, 0], [1, 0], [0, 1]], (1, 1, 3, 2)))
    return model


def test_a_region_of_a_dense_output_is_explained_there_alone():
    model, image = segmenter(), kinds.pixels(4, 6, 3)
    region = cw.Region(0, box=(1, 2, 3, 5))
    heatmap = cw.class_activation_map(model, image, target=region, method="hires_cam")
    assert heatmap.layer == "bands"
    expected = np.zeros((4, 6))
    expected[1:3, 2:5] = image[1:3, 2:5, :2].sum(-1) / 6
    np.testing.assert_allclose(heatmap.raw, expected, rtol=1e-5)
    mask = np.zeros((4, 6))
    mask[1:3, 2:5] = 1
    same = cw.class_activation_map(model, image, target=cw.Region(0, mask), method="hires_cam")
    np.testing.assert_array_equal(same.raw, heatmap.raw)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("functional", "relu2"),
        ("nested", "backbone/relu2"),
        ("nested in sequential", "backbone/relu2"),
        ("subclassed", "backbone/relu2"),
        ("sequential", "conv1"),
        ("multi-input", "conv1"),
        ("mixed_float16", "relu2"),
    ],
)
def test_the_usual_layer_is_the_last_that_has_places(kind, expected):
    make, data, _ = kinds.KINDS[kind]
    (first, *_) = cw.class_activation_map(make(), data(), target=1)
    assert first.layer == expected


def test_the_usual_layer_is_one_that_the_score_depends_on():
    image = keras.Input((8, 8, 3))
    used = layers.Conv2D(2, 3, name="used")(image)
    layers_of_other = layers.Conv2D(2, 3, name="other")(used)
    outputs = [layers.GlobalAveragePooling2D()(x) for x in (used, layers_of_other)]
    model = keras.Model(image, outputs)
    x = kinds.pixels(8, 8, 3)
    assert cw.class_activation_map(model, x, output=0).layer == "used"
    assert cw.class_activation_map(model, x, output=1).layer == "other"
    with pytest.raises(cw.GradientError, match="score does not depend on the layer 'other'"):
        cw.class_activation_map(model, x, "other", output=0)


def test_pooling_that_keeps_a_single_place_is_not_the_usual_layer():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(2, 3, name="conv")(image)
    pooled = layers.GlobalAveragePooling2D(keepdims=True, name="pool")(x)
    model = keras.Model(image, layers.Flatten()(pooled))
    x = kinds.pixels(8, 8, 3)
    assert cw.class_activation_map(model, x).layer == "conv"
    dark = cw.class_activation_map(model, x, "pool")
    assert dark.values.tolist() == [[0]]
    assert "single place" in dark.reason


def test_several_layers_are_fused_by_the_greatest_value():
    model, image = kinds.functional(), RGB()[0]
    small, large = (cw.class_activation_map(model, image, n, 1) for n in ("relu2", "conv1"))
    both = cw.class_activation_map(model, image, ["relu2", "conv1"], 1)
    expected = np.maximum(small.resized(large.values.shape), large.values)
    assert both.layer == "relu2 + conv1"
    if small.frame is None:
        np.testing.assert_allclose(both.raw, expected)
    assert both.values.max() == 1


def test_the_map_knows_where_in_the_photograph_it_lies():
    net = cw.VisionModel(kinds.functional(), fit="crop")
    heatmap = cw.class_activation_map(net, kinds.pixels(20, 40, 3))
    assert heatmap.frame == Frame((20, 40), (0, 10, 20, 20))
    assert np.isnan(heatmap.resized()[:, :10]).all()
    assert np.isfinite(heatmap.resized()[:, 10:30]).all()


def test_steps_tell_how_far_the_work_is():
    steps = list(cw.class_activation_steps(toys.toy(), toys.RAMP[0], "relu", [0, 1]))
    assert [(step.done, step.total) for step in steps] == [(2, 2)]
    assert [heatmap.target.index for heatmap in steps[-1].heatmap] == [0, 1]


def test_what_is_asked_wrongly_is_refused_before_the_first_step():
    for keywords in ({"method": "grad_cm"}, {"layer": "cov"}, {"target": 9}):
        with pytest.raises((ValueError, LookupError)):
            cw.class_activation_steps(toys.toy(), toys.RAMP[0], **keywords)


def test_a_layer_that_is_not_there_or_has_no_places_is_refused():
    with pytest.raises(LayerNotFoundError, match="near names are 'conv'"):
        cw.class_activation_map(toys.toy(), toys.RAMP, "convv")
    with pytest.raises(ValueError, match="'dense' has no places: it returns .*4.*axes of space"):
        cw.class_activation_map(toys.toy(), toys.RAMP, "dense")


def test_a_network_without_places_is_refused():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(3), layers.Dense(2)], name="plain")
    with pytest.raises(ValueError, match="plain has no layer with a spatial extent.*needs none$"):
        cw.class_activation_map(model, np.ones((1, 5), "float32"))


class Hiding(keras.Model):
    """Its layers run in a tf.function or in a loop of its own."""

    def __init__(self, in_a_loop):
        super().__init__(name="hiding")
        self.in_a_loop = in_a_loop
        self.conv = layers.Conv2D(3, 3, padding="same")
        self.flatten, self.dense = layers.Flatten(), layers.Dense(2)

    @tf.function(autograph=False)
    def inner(self, x):
        return self.conv(x)

    def call(self, x):
        if self.in_a_loop:
            (x,) = tf.while_loop(
                lambda _: True, lambda y: [self.conv(y)], [x], maximum_iterations=2
            )
        else:
            x = self.inner(x)
        return self.dense(self.flatten(x))


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_layers_out_of_sight_are_told_of(in_a_loop):
    model = Hiding(in_a_loop)
    model(RGB())
    with pytest.raises(ValueError, match="no layer with a spatial extent.*tf.function or a loop"):
        cw.class_activation_map(model, RGB())


class Rounding(layers.Layer):
    def call(self, x):
        return ops.round(x)


def test_a_step_without_gradient_is_named():
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(Rounding(name="rounding")(base.output))
    model = keras.Model(base.input, layers.Dense(2)(x))
    with pytest.raises(cw.GradientError, match=r"the layer 'conv2': the step Round \(.*rounding"):
        cw.class_activation_map(model, RGB(), "conv2")
    assert cw.class_activation_map(model, RGB(), "rounding")[0].layer == "rounding"


@tf.custom_gradient
def doubled(x):
    return x, lambda upstream: 2 * upstream


class Doubling(layers.Layer):
    def call(self, x):
        return doubled(x)


@pytest.mark.parametrize("activation", ["silu", "gelu", "mish"])
def test_gradients_of_ones_own_and_of_keras_are_followed(activation):
    image = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, name="conv")(image)
    x = Doubling()(layers.Activation(activation)(x))
    model = kinds.seeded(keras.Model(image, layers.Dense(2)(layers.Flatten()(x))))
    data = kinds.pixels(1, 6, 6, 3)
    with tf.GradientTape() as tape:
        maps = keras.Model(image, model.get_layer("conv").output)(data)
        tape.watch(maps)
        doubly = doubled(keras.activations.get(activation)(maps))
        score = model.layers[-1](model.layers[-2](doubly))[:, 1]
    gradients = tape.gradient(score, maps)
    expected = (maps * gradients).numpy().sum(-1)
    (heatmap,) = cw.class_activation_map(model, data, "conv", 1, "hires_cam")
    np.testing.assert_allclose(heatmap.raw, expected[0], rtol=1e-4, atol=1e-5)


def test_small_gradients_of_float16_are_not_lost():
    make, data, _ = kinds.KINDS["mixed_float16"]
    model, plain = make(), kinds.functional()
    for network in (model, plain):
        network.get_layer("head").kernel.assign(network.get_layer("head").kernel * 1e-4)
    for heatmap, expected in zip(
        cw.class_activation_map(model, data(), "conv2", 1),
        cw.class_activation_map(plain, data(), "conv2", 1),
        strict=True,
    ):
        np.testing.assert_allclose(heatmap.values, expected.values, atol=0.02)


def test_a_dark_map_says_why():
    model = toys.toy()
    (dark,) = cw.class_activation_map(model, toys.RAMP * 0, "relu", 0)
    assert not dark.values.any()
    assert "0 everywhere" in dark.reason


def test_the_network_may_be_garbage_afterwards():
    model = toys.toy()
    gone = weakref.ref(model)
    cw.class_activation_map(model, toys.RAMP)
    del model
    gc.collect()
    assert gone() is None


def test_an_empty_list_of_targets_is_refused():
    with pytest.raises(ValueError, match="list of targets is empty"):
        cw.class_activation_map(toys.toy(), toys.RAMP, target=[])


def test_the_input_is_no_layer_to_explain():
    with pytest.raises(ValueError, match="'image' is the input itself.*pixels such as saliency"):
        cw.class_activation_map(toys.toy(), toys.RAMP, "image")


def test_a_contrast_has_no_probability():
    for model in (toys.toy("softmax"), binary().model):
        image = toys.RAMP[0] if model.name == "toy" else RGB()[0]
        contrast = cw.class_activation_map(model, image, target=cw.Contrast(1, 0))
        assert contrast.target.probability is None


def test_a_step_through_whole_numbers_is_named():
    base = kinds.backbone()
    x = layers.GlobalAveragePooling2D()(base.output)
    model = keras.Model(base.input, ops.one_hot(ops.argmax(x, -1), 5))
    for method, where in (("grad_cam", "the layer 'relu2'"), ("saliency", "the input")):
        with pytest.raises(cw.GradientError, match=f"{where}: the step (OneHot|ArgMax|Bitcast)"):
            cw.class_activation_map(model, RGB(), target=1, method=method)


def test_a_number_for_each_image_is_explained():
    model = kinds.functional()
    flat = keras.Model(model.input, ops.squeeze(layers.Dense(1, name="age")(model.output), -1))
    column = keras.Model(model.input, flat.get_layer("age").output)
    for target in (None, 0):
        heatmap = cw.class_activation_map(flat, RGB()[0], target=target)
        expected = cw.class_activation_map(column, RGB()[0], target=target)
        np.testing.assert_array_equal(heatmap.raw, expected.raw)
        assert heatmap.target == expected.target
        assert heatmap.target.label == "the output"


def test_a_softmax_is_seen_through_behind_a_change_of_shape_alone():
    model = toys.toy("softmax")
    shaped = keras.Model(model.input, layers.Reshape((4,))(ops.expand_dims(model.output, 1)))
    (expected,) = cw.class_activation_map(model, toys.RAMP, "relu", 0)
    (heatmap,) = cw.class_activation_map(shaped, toys.RAMP, "relu", 0)
    np.testing.assert_array_equal(heatmap.raw, expected.raw)
    assert heatmap.target == expected.target


def test_probabilities_whose_softmax_is_not_seen_are_warned_of():
    model = toys.toy()
    powers = ops.exp(model.output / 50)
    by_hand = keras.Model(model.input, powers / ops.sum(powers, axis=-1, keepdims=True))
    with pytest.warns(cw.ProbabilityWarning, match="seems to return probabilities.*logits"):
        cw.class_activation_map(by_hand, toys.RAMP, "relu", 0)


def test_infinite_scores_of_other_classes_change_nothing():
    model = toys.toy()
    expected = cw.class_activation_map(model, toys.RAMP[0], "relu", 0)
    curves = cw.insertion_deletion(model, toys.RAMP[0], expected)
    kernel = model.get_layer("dense").kernel.numpy()
    model.get_layer("dense").kernel.assign(kernel + np.float32([0, 3e38, 3e38, 3e38]))
    heatmap = cw.class_activation_map(model, toys.RAMP[0], "relu", 0)
    np.testing.assert_array_equal(heatmap.raw, expected.raw)
    assert heatmap.target == expected.target
    again = cw.insertion_deletion(model, toys.RAMP[0], heatmap)
    np.testing.assert_array_equal(again.deletion, curves.deletion)


@pytest.mark.parametrize("method", ["grad_cam", "layer_cam", "saliency"])
def test_a_weight_that_is_no_number_is_named(method):
    model = toys.toy()
    model.get_layer("conv").kernel.assign(np.full((3, 3, 1, 2), np.nan))
    (heatmap,) = cw.class_activation_map(model, toys.RAMP, target=0, method=method)
    assert not heatmap.values.any()
    assert "'conv/kernel' has NaN" in heatmap.reason


def cropping():
    """The sum of the reds, of the middle of the image alone."""
    image = keras.Input((40, 40, 3))
    x = layers.CenterCrop(20, 20)(image)
    x = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones", name="conv")(x)
    return keras.Model(image, layers.GlobalAveragePooling2D()(x))


@pytest.mark.parametrize(
    "method",
    [
        *("grad_cam", "score_cam", "integrated_gradients", "guided_grad_cam"),
        cw.Occlusion(patch=2, stride=1),
    ],
)
def test_maps_of_a_layer_and_of_pixels_lie_on_what_they_show_where_the_network_crops(method):
    photograph = np.zeros((80, 80, 3), "uint8")
    photograph[36:40, 48:52] = 255
    heatmap = cw.class_activation_map(cropping(), photograph, target=0, method=method)
    places = np.argwhere(np.nan_to_num(heatmap.resized()) > 0.5)
    np.testing.assert_allclose(places.mean(0), [37.5, 49.5], atol=1)
    curves = cw.insertion_deletion(cropping(), photograph, heatmap, steps=100, baseline="black")
    assert curves.deletion[4] < 0.2 * curves.deletion[0]


def test_heads_of_attention_are_no_places():
    x = image = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 2, strides=2, name="patches")(x)
    x = layers.Reshape((16, 4))(x)
    x = layers.MultiHeadAttention(2, 2, name="attention")(x, x)
    model = kinds.seeded(keras.Model(image, layers.GlobalAveragePooling1D()(x)))
    image = kinds.pixels(8, 8, 3)
    assert cw.class_activation_map(model, image).layer == "patches"
    tokens = cw.class_activation_map(model, image, "attention")
    assert (tokens.values.shape, tokens.frame) == ((16,), None)
    with pytest.raises(ValueError, match="axes of space cannot be fused"):
        cw.class_activation_map(model, image, ["attention", "patches"])


def test_methods_with_other_parameters_are_public():
    for name in cw.list_methods():
        kind = type(as_method(name))
        assert getattr(cw, kind.__name__) is kind


def test_masks_lie_on_what_the_network_looks_at():
    photograph = kinds.pixels(40, 40, 3)
    model = cropping()
    middle = keras.Sequential([keras.Input((20, 20, 3)), *model.layers[2:]])
    for method in ("score_cam", "guided_grad_cam"):
        heatmap = cw.class_activation_map(model, photograph, "conv", 0, method)
        expected = cw.class_activation_map(middle, photograph[10:30, 10:30], "conv", 0, method)
        same = heatmap.raw[10:30, 10:30] if method == "guided_grad_cam" else heatmap.raw
        np.testing.assert_allclose(same, expected.raw, rtol=1e-4)
        assert heatmap.target.score == pytest.approx(expected.target.score)
