import gc
import threading
import weakref

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core import tracing
from convnet_widgets.core.layers import LayerNotFoundError
from convnet_widgets.core.patterns import cutting
from convnet_widgets.core.patterns.cutting import cut
from convnet_widgets.core.patterns.objectives import OUTPUT
from convnet_widgets.core.patterns.sizes import taking_any_size
from convnet_widgets.core.running import ChannelsFirstError

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


def operations(network, *shape):
    """What the graph of a cut network computes, by type."""
    function = tf.function(network, autograph=False)
    graph = function.get_concrete_function(tf.TensorSpec(shape)).graph
    found = {}
    for operation in graph.get_operations():
        found.setdefault(operation.type, []).append(operation.outputs)
    return found


def one_by_one(*activations):
    """A network of 1 × 1 convolutions that only pass on, with these activations."""
    stack = [
        layers.Conv2D(1, 1, kernel_initializer="ones", activation=activation)
        for activation in activations
    ]
    return keras.Sequential([keras.Input((None, None, 1)), *stack])


class TestOutputs:
    @pytest.mark.parametrize("kind", ONE_INPUT)
    def test_are_those_of_the_whole_network(self, kind):
        make, images, layer = kinds.KINDS[kind]
        model, x = make(), images()
        precision = "bfloat16" if "bfloat16" in kind else "float32"
        outputs, gradient = evaluate(cut(model, layer, precision=precision), x)
        expected = cw.feature_maps(model, x, layer)
        assert list(outputs) == list(expected)
        tolerance = 2e-3 * np.abs(expected[layer]).max() if kind == "mixed_float16" else 0
        np.testing.assert_allclose(outputs[layer], expected[layer], rtol=1e-6, atol=tolerance)
        assert np.abs(gradient).max() > 0

    def test_of_several_layers_and_of_the_network(self):
        model, x = kinds.nested(), kinds.RGB()
        asked = ["backbone/relu2", OUTPUT, "backbone", "conv1"]
        outputs, _ = evaluate(cut(model, asked), x)
        maps = cw.feature_maps(model, x, ["backbone/relu2", "backbone", "backbone/conv1"])
        assert list(outputs) == ["backbone/relu2", OUTPUT, "backbone", "backbone/conv1"]
        for path, expected in maps.items():
            np.testing.assert_allclose(outputs[path], expected, rtol=1e-6)
        np.testing.assert_allclose(outputs[OUTPUT], model(x), rtol=1e-5)

    def test_of_a_layer_that_is_called_twice(self):
        image = keras.Input((kinds.SIZE, kinds.SIZE, 3))
        base = kinds.backbone()
        both = layers.Concatenate(name="both")([base(image), base(2 * image)])
        model, x = keras.Model(image, both), kinds.RGB()
        for path in ("backbone[0]/conv2", "backbone[1]/conv2"):
            outputs, _ = evaluate(cut(model, path), x)
            expected = cw.feature_maps(model, x, path)[path]
            np.testing.assert_allclose(outputs[path], expected, rtol=1e-6)

    def test_of_one_layer_do_without_what_lies_behind(self):
        found = operations(cut(kinds.functional(), "conv1"), 1, 12, 12, 3)
        assert len(found["Conv2D"]) == 1
        assert not found.keys() & {"MatMul", "Mean", "FusedBatchNormV3", "Rsqrt"}

    def test_gradient_is_that_of_the_part_of_the_network(self):
        model, x = kinds.functional(), kinds.RGB()
        part = keras.Model(model.inputs, model.get_layer("relu2").output)
        with tf.GradientTape() as tape:
            images = tf.constant(x)
            tape.watch(images)
            score = tf.reduce_sum(part(images) ** 2)
        _, gradient = evaluate(cut(model, "relu2"), x)
        np.testing.assert_allclose(gradient, tape.gradient(score, images), rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize(
        ("name", "keywords", "layer"),
        [
            ("VGG16", {"weights": "hed", "include_top": False}, "block3_conv1"),
            ("EfficientNetLite0", {}, "block3a_project_bn"),
            ("ResNet50V2", {"weights": "random"}, "conv3_block1_out"),
        ],
    )
    def test_of_well_known_networks_from_pixels(self, name, keywords, layer):
        net = cw.load_model(name, **keywords)
        side = net.input_size[0] or 96
        pixels = kinds.pixels(1, side, side, 3)
        outputs, gradient = evaluate(cut(net, layer, filters=[5, 1]), pixels)
        expected = cw.feature_maps(net, pixels, layer)[layer][..., [5, 1]]
        scale = np.abs(expected).max()
        np.testing.assert_allclose(outputs[layer], expected, rtol=0, atol=1e-4 * scale)
        assert np.isfinite(gradient).all()
        assert gradient.any()


class TestPixels:
    def test_go_through_the_preprocessing(self):
        net = cw.VisionModel(kinds.functional(), preprocess=lambda x: x[..., ::-1] / 255)
        x = kinds.RGB()
        outputs, _ = evaluate(cut(net, "conv1"), x)
        expected = cw.feature_maps(net, x, "conv1")["conv1"]
        np.testing.assert_allclose(outputs["conv1"], expected, rtol=1e-4, atol=1e-5)

    def test_are_left_as_they_are_on_request(self):
        net = cw.VisionModel(kinds.functional(), preprocess=lambda x: x[..., ::-1] / 255)
        x = kinds.RGB()
        outputs, _ = evaluate(cut(net, "conv1", preprocessed=False), x)
        expected = cw.feature_maps(net.model, x, "conv1")["conv1"]
        np.testing.assert_allclose(outputs["conv1"], expected, rtol=1e-6)

    def test_of_other_sizes_than_the_network_declares(self):
        x = kinds.pixels(1, 20, 31, 3)
        outputs, _ = evaluate(cut(kinds.nested(), "head"), x)
        free = kinds.backbone(size=None)
        pooled = free(x / 255).numpy().mean(axis=(1, 2))
        kernel, bias = kinds.nested().get_layer("head").get_weights()
        np.testing.assert_allclose(outputs["head"], pooled @ kernel + bias, rtol=1e-4, atol=1e-6)

    def test_before_a_top_of_a_fixed_size(self):
        x = kinds.pixels(1, 5, 30, 3)
        outputs, _ = evaluate(cut(kinds.sequential(), "conv1"), x)
        assert outputs["conv1"].shape == (1, 3, 28, 4)

    def test_with_channels_last_for_a_network_with_channels_first(self):
        stack = [
            keras.Input((2, None, None)),
            layers.Rescaling(1.0),
            layers.GlobalAveragePooling2D(data_format="channels_first", name="pool"),
        ]
        images = np.arange(24, dtype="float32").reshape(1, 3, 4, 2)
        outputs, _ = evaluate(cut(keras.Sequential(stack), "pool"), images)
        np.testing.assert_allclose(outputs["pool"], [[11, 12]])


def with_head(activation):
    stack = [keras.Input((6, 6, 3)), layers.Conv2D(4, 3, name="wide"), layers.Flatten()]
    head = layers.Dense(5, activation=activation, name="head")
    return kinds.seeded(keras.Sequential([*stack, head]))


def causal():
    conv = layers.Conv1D(4, 3, padding="causal", activation="relu", name="conv1")
    return kinds.seeded(keras.Sequential([keras.Input((20, 2)), conv]))


SLICES = {
    "activated": (kinds.functional, kinds.RGB, "conv1", True),
    "dense": (kinds.functional, kinds.RGB, "head", True),
    "nested": (kinds.nested, kinds.RGB, "backbone/conv2", True),
    "1-D": (kinds.one_dimensional, kinds.image_batch(20, 2), "conv1", True),
    "3-D": (kinds.three_dimensional, kinds.image_batch(6, 8, 8, 1), "conv1", True),
    "causal": (causal, kinds.image_batch(20, 2), "conv1", False),
    "grouped": (kinds.unusual_convolutions, kinds.RGB, "grouped", False),
    "separable": (kinds.unusual_convolutions, kinds.RGB, "separable", False),
    "depthwise": (kinds.unusual_convolutions, kinds.RGB, "depthwise", False),
    "transposed": (kinds.unusual_convolutions, kinds.RGB, "transposed", False),
    "no kernel": (kinds.functional, kinds.RGB, "bn1", False),
    "sigmoid": (lambda: with_head("sigmoid"), kinds.image_batch(6, 6, 3), "head", True),
    "softmax": (lambda: with_head("softmax"), kinds.image_batch(6, 6, 3), "head", False),
    "own activation": (
        lambda: with_head(lambda x: x / keras.ops.sum(x)),
        kinds.image_batch(6, 6, 3),
        "head",
        False,
    ),
}


class TestFilters:
    @pytest.mark.parametrize("name", SLICES)
    def test_are_the_channels_of_the_whole_layer(self, name):
        make, images, layer, _ = SLICES[name]
        model, x, chosen = make(), images(), [2, 0, 2]
        outputs, gradient = evaluate(cut(model, layer, filters=chosen), x)
        whole = cut(model, layer)
        expected, same = evaluate(lambda x: {layer: tf.gather(whole(x)[layer], chosen, axis=-1)}, x)
        scale = np.abs(expected[layer]).max()
        np.testing.assert_allclose(outputs[layer], expected[layer], rtol=1e-5, atol=1e-6 * scale)
        np.testing.assert_allclose(gradient, same, rtol=1e-4, atol=1e-5 * np.abs(same).max())

    @pytest.mark.parametrize("name", SLICES)
    def test_are_computed_alone_where_that_is_possible(self, name):
        make, images, layer, alone = SLICES[name]
        found = operations(cut(make(), layer, filters=[2, 0]), *images().shape)
        kinds_of_sums = [found.get(kind, []) for kind in ("Conv2D", "Conv3D", "MatMul")]
        channels = [outputs[0].shape[-1] for sums in kinds_of_sums for outputs in sums]
        assert (2 in channels) == alone

    def test_before_the_activation_are_computed_alone_whatever_that_is(self):
        found = operations(
            cut(with_head("softmax"), "head", filters=[3], pre_activation=True), 1, 6, 6, 3
        )
        assert [outputs[0].shape[-1] for outputs in found["MatMul"]] == [1]

    def test_of_a_layer_with_a_call_of_the_users_own(self):
        model, x = kinds.functional(), kinds.RGB()
        expected, _ = evaluate(cut(model, "conv1", filters=[1]), x)
        layer = model.get_layer("conv1")
        original = layer.call
        object.__setattr__(layer, "call", lambda inputs: -original(inputs))
        outputs, _ = evaluate(cut(model, "conv1", filters=[1]), x)
        np.testing.assert_allclose(outputs["conv1"], -expected["conv1"], rtol=1e-4, atol=1e-4)

    def test_of_a_layer_with_low_rank_adaptation(self):
        model, x = kinds.functional(), kinds.RGB()
        model.get_layer("conv2").enable_lora(1)
        kinds.seeded(model)
        outputs, _ = evaluate(cut(model, "conv2", filters=[3, 1]), x)
        expected = cw.feature_maps(model, x, "conv2")["conv2"][..., [3, 1]]
        np.testing.assert_allclose(outputs["conv2"], expected, rtol=1e-4, atol=1e-4)


class TestPreActivation:
    def test_is_what_the_activation_takes(self):
        model, x = kinds.functional(), kinds.RGB()
        before, _ = evaluate(cut(model, ["conv1", "conv2"], pre_activation=True), x)
        after, _ = evaluate(cut(model, ["conv1", "conv2"]), x)
        assert before["conv1"].min() < 0
        np.testing.assert_array_equal(np.maximum(before["conv1"], 0), after["conv1"])
        # the first layer keeps its activation for the second, which has none
        np.testing.assert_array_equal(before["conv2"], after["conv2"])

    @pytest.mark.parametrize(
        "layer",
        [
            layers.ReLU(),
            layers.ReLU(max_value=6.0),
            layers.LeakyReLU(),
            layers.Activation("tanh"),
            layers.Softmax(),
        ],
        ids=lambda layer: layer.name,
    )
    def test_of_a_layer_that_is_an_activation_is_its_input(self, layer):
        model = keras.Sequential([keras.Input((2, 2, 3)), layer])
        x = kinds.pixels(1, 2, 2, 3) - 128
        outputs, _ = evaluate(cut(model, layer.name, pre_activation=True), x)
        np.testing.assert_array_equal(outputs[layer.name], x)

    def test_of_a_layer_whose_activation_is_a_layer(self):
        image = keras.Input((6, 6, 3))
        conv = layers.Conv2D(2, 3, activation=layers.ReLU(), name="conv")
        model, x = kinds.seeded(keras.Model(image, conv(image))), kinds.pixels(1, 6, 6, 3)
        for filters in (None, [0, 1]):
            network = cut(model, "conv", filters=filters, pre_activation=True)
            before = evaluate(network, x)[0]["conv"]
            assert before.min() < 0
            np.testing.assert_allclose(np.maximum(before, 0), model(x), rtol=1e-5, atol=1e-5)

    def test_of_one_filter_has_a_gradient_where_the_filter_is_silent(self):
        model = one_by_one("relu")
        x = np.full((1, 2, 2, 1), -3, "float32")
        layer = model.layers[0].name
        assert not evaluate(cut(model, layer), x)[1].any()
        _, gradient = evaluate(cut(model, layer, filters=[0], pre_activation=True), x)
        np.testing.assert_array_equal(gradient, 2 * x)


class TestRedirected:
    """Images of two pixels, and scores that weigh them."""

    def gradient(self, activation, pixels, weights, redirected=True):
        network = cut(one_by_one(*activation), OUTPUT)

        @tf.function(autograph=False)
        def of_score(images):
            values = network(images, redirected=redirected)[OUTPUT]
            score = tf.reduce_sum(tf.reshape(values, [-1, 2]) * weights)
            return tf.gradients(score, images)[0]

        images = tf.reshape(tf.constant(pixels, tf.float32), [-1, 1, 2, 1])
        return tf.reshape(of_score(images), [-1, 2]).numpy().tolist()

    def test_lets_pass_what_leads_up_where_all_is_blocked(self):
        pixels = [[-1, -2], [1, -2], [3, 4]]
        assert self.gradient(["relu"], pixels, [5.0, 7.0]) == [[5, 7], [5, 0], [5, 7]]
        assert self.gradient(["relu"], pixels, [5.0, -7.0]) == [[5, 0], [5, 0], [5, -7]]

    def test_is_off_unless_asked_for(self):
        pixels = [[-1, -2], [1, -2]]
        assert self.gradient(["relu"], pixels, [5.0, 7.0], False) == [[0, 0], [5, 0]]

    def test_at_zero_a_relu_is_silent_too(self):
        assert self.gradient(["relu"], [[0, -1]], [5.0, 7.0]) == [[5, 7]]

    def test_goes_through_several_layers(self):
        assert self.gradient(["relu", "relu"], [[-1, -2]], [5.0, -7.0]) == [[5, 0]]

    def test_leads_back_from_both_ends_of_a_relu6(self):
        pixels = [[-1, 7], [3, 8], [6, 0]]
        assert self.gradient(["relu6"], pixels, [5.0, 7.0]) == [[5, 0], [5, 0], [0, 7]]
        assert self.gradient(["relu6"], pixels, [-5.0, -7.0]) == [[0, -7], [-5, 0], [-5, 0]]

    def test_reaches_the_relus_of_layers_and_of_operations(self):
        image = keras.Input((None, None, 1))
        for relu in (layers.ReLU(), layers.ReLU(6.0), layers.Activation("relu"), keras.ops.relu6):
            network = cut(keras.Model(image, relu(image)), OUTPUT)
            x = np.full((1, 1, 2, 1), -2, "float32")

            @tf.function(autograph=False)
            def of_score(images, network=network):
                score = tf.reduce_sum(network(images, redirected=True)[OUTPUT])
                return tf.gradients(score, images)[0]

            assert (of_score(x).numpy() == 1).all()


class TestBadInput:
    def trace(self, net, layer, *shape, **keywords):
        network = cut(net, layer, **keywords)
        tf.function(network, autograph=False).get_concrete_function(tf.TensorSpec(shape))

    def test_a_layer_that_is_not_there(self):
        with pytest.raises(LayerNotFoundError, match="near names are 'backbone/conv1'"):
            cut(kinds.nested(), "backbone/conv_1")

    @pytest.mark.parametrize("filters", [[5], [0, -1]])
    def test_a_filter_that_is_not_there(self, filters):
        with pytest.raises(IndexError, match=f"no filter {filters[-1]}.*'conv2' run from 0 to 4"):
            cut(kinds.functional(), "conv2", filters=filters)

    def test_filters_of_no_single_layer(self):
        with pytest.raises(ValueError, match="filters are channels of one layer; got 2 layers"):
            cut(kinds.functional(), ["conv1", "conv2"], filters=[0])

    def test_no_filters(self):
        with pytest.raises(ValueError, match="give at least one, or None for all"):
            cut(kinds.functional(), "conv1", filters=[])

    @pytest.mark.parametrize(
        ("make", "layer", "size", "sentence"),
        [
            (
                kinds.backbone,
                "conv1",
                (2, 9),
                "'conv1' takes images of at least 3 × 3 pixels.*2 × 9",
            ),
            (kinds.backbone, "conv2", (1, 1), "'conv2' takes images of at least 3 × 3"),
            (kinds.sequential, "head", (17, 13), "'head' takes images of 12 × 12 pixels, got 17"),
            (kinds.sequential, "head", (5, 5), "'head' takes images of 12 × 12 pixels, got 5 × 5"),
        ],
    )
    def test_a_size_that_does_not_fit(self, make, layer, size, sentence):
        with pytest.raises(ValueError, match=sentence):
            self.trace(make(), layer, 1, *size, 3)

    def test_a_size_of_which_a_layer_leaves_nothing(self):
        class Trimmed(layers.Layer):
            def call(self, x):
                return x[:, 2:-2, 2:-2]

        stack = [keras.Input((None, None, 3)), Trimmed(name="trimmed")]
        mean = layers.GlobalAveragePooling2D(name="mean")
        with pytest.raises(ValueError, match="'mean' takes images of at least 5 × 5"):
            self.trace(keras.Sequential([*stack, mean]), "mean", 1, 4, 9, 3)
        net = cw.load_model("VGG16", weights="random", include_top=False)
        with pytest.raises(ValueError, match="'block5_pool' takes images of at least 32 × 32"):
            self.trace(net, "block5_pool", 1, 31, 40, 3)

    def test_a_misfit_for_which_there_is_no_size(self):
        class Picky(layers.Layer):
            def call(self, x):
                if x.shape[1] not in (None, 12):
                    raise ValueError("I take twelve rows")
                return x

        image = keras.Input((None, 12, 3))
        with pytest.raises(ValueError, match="images of 9 × 12 do not fit 'picky'.*twelve rows"):
            self.trace(keras.Model(image, Picky(name="picky")(image)), "picky", 1, 9, 12, 3)

    def test_images_of_other_channels(self):
        with pytest.raises(ValueError, match="images of 7 channels, got 3"):
            self.trace(kinds.seven_bands(), "conv1", 1, 12, 12, 3)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_weights_that_are_no_numbers(self, value):
        model = kinds.nested()
        kernel = model.get_layer("backbone").get_layer("conv2").kernel
        values = kernel.numpy()
        values[0, 0, 0, 0] = value
        kernel.assign(values)
        with pytest.raises(ValueError, match="'kernel' of the layer 'backbone/conv2' has NaN"):
            self.trace(model, "backbone/relu2", 1, 12, 12, 3)
        self.trace(model, "backbone/bn1", 1, 12, 12, 3)  # before it

    def test_a_network_with_channels_first_where_the_processor_cannot(self, monkeypatch):
        def refuse(_function, inputs):
            raise ChannelsFirstError(f"for {len(inputs)} input")

        monkeypatch.setattr(cutting, "run", refuse)
        stack = [keras.Input((3, 8, 8)), layers.Conv2D(2, 3, data_format="channels_first")]
        model = keras.Sequential(stack)
        for layer in (0, OUTPUT):
            with pytest.raises(ChannelsFirstError, match="for 1 input"):
                cut(model, layer)
        cut(kinds.functional(), "conv1")  # which is not tried before

    @pytest.mark.parametrize("make", [kinds.Subclassed, kinds.sequential_never_called])
    def test_a_network_that_was_never_called(self, make):
        with pytest.raises(ValueError, match="never called.*call it once"):
            cut(make(), "conv1")

    @pytest.mark.parametrize("make", [kinds.called_twice, kinds.multi_input])
    def test_a_network_of_several_inputs(self, make):
        with pytest.raises(ValueError, match="one image.*takes 2 inputs"):
            cut(make(), 2)

    def test_a_precision_that_there_is_not(self):
        with pytest.raises(ValueError, match="in float32 or bfloat16, not in 'float16'"):
            cut(kinds.functional(), "conv1", precision="float16")

    def test_a_network_of_whole_numbers(self):
        image = keras.Input((4, 4, 3), dtype="uint8")
        model = keras.Model(image, layers.Rescaling(0.1, name="scale")(image))
        with pytest.raises(ValueError, match="takes uint8, and no gradient"):
            cut(model, "scale")

    def test_an_output_that_is_no_single_tensor(self):
        with pytest.raises(ValueError, match="the network returns no single tensor"):
            self.trace(kinds.multi_output(), OUTPUT, 1, 12, 12, 3)

    def test_a_layer_within_a_graph_of_its_own(self):
        class Own(keras.Model):
            def __init__(self):
                super().__init__(name="own")
                self.conv = layers.Conv2D(2, 3, name="conv")

            def call(self, x):
                return tf.function(self.conv, autograph=False)(x)

        model = Own()
        model(kinds.pixels(1, 8, 8, 3))
        with pytest.raises(ValueError, match="'conv' returns no single tensor"):
            self.trace(model, "conv", 1, 8, 8, 3)

    def test_a_layer_that_is_never_called(self):
        model = Forgetful()
        model(kinds.pixels(1, 8, 8, 3))
        with pytest.raises(ValueError, match="'unused' is not called"):
            self.trace(model, "unused", 1, 8, 8, 3)

    def test_a_call_outside_a_graph(self):
        with pytest.raises(RuntimeError, match="in a tf.function"):
            cut(kinds.functional(), "conv1")(tf.constant(kinds.RGB()))


class Forgetful(keras.Model):
    """Has a layer that it does not call."""

    def __init__(self):
        super().__init__(name="forgetful")
        self.used, self.unused = layers.Conv2D(2, 3, name="used"), layers.ReLU(name="unused")

    def call(self, x):
        return self.used(x)


class TestTheUsersNetwork:
    def noisy(self):
        image = keras.Input((12, 12, 3))
        x = layers.GaussianNoise(0.1, seed=3)(image)
        x = layers.Conv2D(4, 3, activation="relu", activity_regularizer="l2", name="conv1")(x)
        x = layers.BatchNormalization(name="bn")(layers.Dropout(0.5, seed=1)(x))
        return kinds.seeded(keras.Model(image, layers.Conv2D(2, 3, name="conv2")(x)))

    def state(self, model):
        return (
            [set(vars(part)) for part in model._flatten_layers()],
            [part.trainable for part in model._flatten_layers()],
            [part.dtype_policy for part in model._flatten_layers()],
            [variable.numpy().tolist() for variable in model.variables],
            [float(loss) for loss in model.losses],
        )

    @pytest.mark.parametrize("precision", ["float32", "bfloat16"])
    def test_stays_as_it_was(self, precision):
        model, x = self.noisy(), kinds.RGB()
        model(x, training=True)
        before = self.state(model)
        assert before[-1]
        for options in ({}, {"filters": [1]}, {"pre_activation": True}):
            evaluate(cut(model, "conv2", precision=precision, **options), x, redirected=True)
            assert self.state(model) == before

    def test_stays_as_it_was_after_a_misfit(self):
        model = self.noisy()
        before = self.state(model)
        with pytest.raises(ValueError, match="at least 5 × 5"):
            evaluate(cut(model, "conv2", precision="bfloat16"), kinds.pixels(1, 4, 4, 3))
        assert self.state(model) == before

    def test_is_traced_once_for_many_cuts(self, monkeypatch):
        made, model = [], kinds.nested()
        original = tracing.Trace
        monkeypatch.setattr(
            tracing, "Trace", lambda *arguments: made.append(1) or original(*arguments)
        )
        for layer in ("backbone/conv1", "backbone/conv2", "backbone/conv2", "head"):
            cut(model, layer)
        assert len(made) == 1

    def test_takes_other_sizes_in_one_thread_alone(self):
        model, x, seen = kinds.functional(), kinds.pixels(1, 9, 9, 3), []

        def elsewhere():
            try:
                model(x)
            except ValueError as error:
                seen.append(str(error))

        with taking_any_size(model):
            assert model(x).shape == (1, 3)
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
        assert "expected shape=(None, 12, 12, 3)" in seen[0]

    def test_is_freed_with_its_cuts_and_their_graphs(self):
        model = kinds.nested()
        network = cut(model, "backbone/conv2", filters=[1], precision="bfloat16")
        function = tf.function(network, autograph=False)
        concrete = function.get_concrete_function(tf.TensorSpec([1, 12, 12, 3]))
        gone = [weakref.ref(one) for one in (model, network, concrete.graph)]
        del model, network, function, concrete
        gc.collect()
        assert [one() for one in gone] == [None, None, None]

    def test_is_not_disturbed_by_cuts_in_other_threads(self):
        model, x = kinds.functional(), kinds.RGB()
        expected = model(x).numpy()
        maps = cw.feature_maps(model, x, ["conv1", "conv2"])
        done, wrong = threading.Event(), []

        def repeat(values, wanted, tolerance):
            try:
                while not done.is_set():
                    error = np.abs(values() - wanted).max()
                    if error > tolerance * np.abs(wanted).max():
                        wrong.append((values, error))
            except Exception as error:
                wrong.append(error)

        def of_cut(layer, **options):
            return lambda: evaluate(cut(model, layer, **options), x)[0][layer]

        jobs = [
            (lambda: model(x).numpy(), expected, 1e-4),
            (of_cut("conv2", precision="bfloat16"), maps["conv2"], 0.02),
            (of_cut("conv1", filters=[0], pre_activation=True, precision="bfloat16"), None, 0),
            (of_cut("conv2", pre_activation=True), maps["conv2"], 1e-4),
        ]
        jobs[2] = (lambda run=jobs[2][0]: np.maximum(run(), 0), maps["conv1"][..., :1], 0.02)
        threads = [threading.Thread(target=repeat, args=job) for job in jobs]
        for thread in threads:
            thread.start()
        done.wait(3)
        done.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        np.testing.assert_array_equal(model(x), expected)
