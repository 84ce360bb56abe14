import itertools
import threading

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core import tracing
from convnet_widgets.core.recording import as_place, record_calls


def paths(call, prefix=""):
    for name, child in call.named_children():
        yield prefix + name
        yield from paths(child, f"{prefix}{name}/")


def attributes(model):
    return [set(vars(part)) for part in model._flatten_layers()]


def test_the_tree_of_calls_is_that_of_the_network():
    model, x = kinds.subclassed(), kinds.RGB()
    root = record_calls(model, lambda: model(x))
    assert root.layer is model
    assert list(paths(root)) == [
        *["block[0]", "block[0]/conv", "block[1]", "block[1]/conv", "backbone"],
        *[f"backbone/{name}" for name in ("conv1", "bn1", "conv2", "relu2")],
        "head",
    ]
    np.testing.assert_array_equal(root.output, model(x))
    np.testing.assert_array_equal(root.children[0].output, model.blocks[0](x))


def test_a_recorded_layer_keeps_nothing_of_the_pass():
    model, x = kinds.nested(), kinds.RGB()
    before = attributes(model)
    record_calls(model, lambda: model(x))
    assert attributes(model) == before


def test_a_call_that_the_user_put_on_a_layer_runs_and_stays():
    model, x = kinds.functional(), kinds.RGB()
    layer = model.get_layer("conv1")
    original = layer.call
    object.__setattr__(layer, "call", lambda inputs: -original(inputs))
    mine = layer.call
    expected = cw.feature_maps(kinds.functional(), x, "conv1")["conv1"]
    np.testing.assert_array_equal(cw.feature_maps(model, x, "conv1")["conv1"], -expected)
    assert layer.call is mine


def test_places_are_those_of_the_table_without_the_first_number():
    model, x = kinds.subclassed(), kinds.RGB()
    places = []

    def note(call, function, args, kwargs):
        places.append(call.place)
        return function(*args, **kwargs)

    record_calls(model, lambda: model(x), intercept=note)
    assert places[:5] == ["", "block", "block/conv", "block[1]", "block[1]/conv"]
    called = [row.path for row in cw.list_layers(model) if row.type != "InputLayer"]
    assert [as_place(path) for path in called] == places[1:]
    assert as_place("a[0]/b[10]/c[0]") == "a/b[10]/c"


def test_an_intercept_decides_what_a_layer_returns():
    model, x = kinds.functional(), kinds.RGB()

    def doubled(call, function, args, kwargs):
        return (2 if call.place == "head" else 1) * function(*args, **kwargs)

    root = record_calls(model, lambda: model(x), intercept=doubled)
    np.testing.assert_allclose(root.output, 2 * model(x), rtol=1e-6)


class Catching(keras.Model):
    """Goes on after any error."""

    def __init__(self):
        super().__init__(name="catching")
        self.first, self.second = layers.Rescaling(2.0, name="a"), layers.Rescaling(3.0, name="b")

    def call(self, x):
        try:
            x = self.first(x)
        except Exception:
            x = x + 1
        return self.second(x)


@pytest.mark.parametrize("make", [Catching, kinds.nested, kinds.nested_in_sequential])
def test_a_pass_ends_with_the_last_call_that_is_needed(make):
    model, x = make(), kinds.RGB()
    model(x)
    before = attributes(model)
    calls = []
    root = record_calls(model, lambda: model(x), until=lambda call: calls.append(call) or True)
    assert len(calls) == 1
    assert calls[0].output is not None
    assert root.output is None
    assert attributes(model) == before
    assert model(x).shape[0] == len(x)


class Failing(layers.Layer):
    """Raises when told to."""

    def __init__(self):
        super().__init__(name="failing")
        self.fails = False

    def call(self, x):
        if self.fails:
            raise RuntimeError("no luck today")
        return x


def test_an_error_in_a_layer_reaches_the_user_and_leaves_the_network_whole():
    image = keras.Input((12, 12, 3))
    failing = Failing()
    model = keras.Model(image, failing(layers.Conv2D(2, 3, name="conv")(image)))
    before = attributes(model)
    failing.fails = True
    for function in (cw.list_layers, lambda net: cw.feature_maps(net, kinds.RGB())):
        with pytest.raises(RuntimeError, match="no luck today"):
            function(model)
        assert attributes(model) == before
    failing.fails = False
    assert list(cw.feature_maps(model, kinds.RGB())) == ["conv", "failing"]


@pytest.mark.parametrize("make", [kinds.functional, kinds.subclassed, kinds.nested])
def test_threads_that_trace_and_call_one_network_do_not_meet(make):
    model, x = make(), kinds.RGB()
    expected = model(x).numpy()
    before, wrong = attributes(model), []
    done = threading.Event()

    def repeat(function):
        try:
            while not done.is_set():
                if not np.allclose(function(), expected, rtol=1e-3, atol=1e-4):
                    wrong.append(function)
        except Exception as error:
            wrong.append(error)

    def traced_anew():
        tracing._traces.clear()
        return cw.feature_maps(model, x, "head")["head"]

    jobs = [traced_anew, lambda: cw.feature_maps(model, x, "head")["head"], lambda: model(x)]
    threads = [threading.Thread(target=repeat, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    done.wait(2)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert attributes(model) == before


class Counting(layers.Layer):
    """Counts its calls, in a graph of its own."""

    def build(self, _shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    @tf.function
    def call(self, x):
        self.calls.assign_add(1.0)
        return 2 * x


def test_layers_with_a_graph_of_their_own_are_read_without_changing_their_state():
    x = kinds.RGB()
    counting = Counting(name="counting")
    counting(x)
    counting(x)

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = counting

        def call(self, x):
            return self.inner(x)

    model = Model()
    model(x)
    calls = float(counting.calls)
    assert calls >= 2
    for _ in range(2):
        np.testing.assert_array_equal(cw.feature_maps(model, x)["counting"], 2 * x)
    assert float(counting.calls) == calls
    model(x)
    assert float(counting.calls) == calls + 1


class Compiled(keras.Model):
    """Its call is compiled, and branches on a value."""

    def __init__(self):
        super().__init__()
        self.base = kinds.functional()

    @tf.function
    def call(self, x):
        if tf.reduce_mean(x) > 1000:
            x = -x
        return self.base(x)


def test_layers_inside_a_compiled_call_are_reached():
    model, x = Compiled(), kinds.RGB()
    model(x)
    expected = cw.feature_maps(model.base, x, "conv2")["conv2"]
    np.testing.assert_array_equal(
        cw.feature_maps(model, x, "functional/conv2").popitem()[1], expected
    )
    bright = x + 2000
    np.testing.assert_array_equal(
        cw.feature_maps(model, bright, "functional/conv2").popitem()[1],
        cw.feature_maps(model.base, -bright, "conv2")["conv2"],
    )
    (heatmap,) = cw.class_activation_map(model, x[:1])
    (same,) = cw.class_activation_map(model.base, x[:1])
    np.testing.assert_allclose(heatmap.values, same.values, rtol=1e-5)
    assert heatmap.layer == "functional/relu2"


def test_another_activation_at_the_address_of_one_gone_is_seen():
    model, x = kinds.functional(), kinds.RGB()
    layer = model.get_layer("conv1")
    layer.activation = None
    plain = cw.feature_maps(model, x, "conv1")["conv1"].copy()
    for factor in range(2, 20):
        layer.activation = lambda values, by=factor: by * values
        maps = cw.feature_maps(model, x, "conv1")["conv1"]
        np.testing.assert_allclose(maps, factor * plain, rtol=1e-5, atol=1e-3)


def test_low_rank_adaptation_is_seen():
    model, x = kinds.functional(), kinds.RGB()
    cw.feature_maps(model, x)
    layer = model.get_layer("head")
    layer.enable_lora(1)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    np.testing.assert_allclose(cw.feature_maps(model, x, "head")["head"], model(x), rtol=1e-4)


def test_a_layer_taken_off_and_another_put_on_are_seen():
    x = kinds.RGB()
    model = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(2, 3, name="first")])
    assert list(cw.feature_maps(model, x)) == ["first"]
    model.pop()
    model.add(layers.Conv2D(5, 3, name="second"))
    assert cw.feature_maps(model, x)["second"].shape == (2, 10, 10, 5)
    assert [row.path for row in cw.list_layers(model)] == ["second"]


@pytest.mark.parametrize("make", [kinds.functional, kinds.subclassed])
def test_training_before_and_after_is_neither_hindered_nor_missed(make):
    model, x = make(), kinds.RGB()
    target = np.zeros((2, 3))
    model.compile("sgd", "mse")
    seen = []
    for _ in range(3):
        model.fit(x / 255, target, verbose=0)
        seen.append(cw.feature_maps(model, x / 255, "head")["head"].copy())
        np.testing.assert_allclose(seen[-1], model(x / 255), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(seen[-1], model.predict(x / 255, verbose=0), atol=1e-5)
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(seen))


def test_wrapped_layers_run_once_for_each_step():
    video = keras.Input((4, 12, 12, 3))
    timed = layers.TimeDistributed(layers.Conv2D(2, 3, name="inner"), name="timed")
    model = kinds.seeded(keras.Model(video, timed(video)))
    x = kinds.pixels(2, 4, 12, 12, 3)
    maps = cw.feature_maps(model, x)
    np.testing.assert_allclose(maps["timed"], model(x), rtol=1e-4, atol=1e-4)
    for step in range(4):
        np.testing.assert_array_equal(maps[f"timed/inner[{step}]"], maps["timed"][:, step])


def test_both_directions_of_a_recurrent_layer_are_read():
    signal = keras.Input((8, 3))
    both = layers.Bidirectional(layers.LSTM(4, return_sequences=True, name="lstm"), name="both")
    model = kinds.seeded(keras.Model(signal, both(signal)))
    x = kinds.pixels(2, 8, 3) / 255
    maps = cw.feature_maps(model, x, ["both", "both/forward_lstm", "both/backward_lstm"])
    forward, backward = maps["both/forward_lstm"], maps["both/backward_lstm"][:, ::-1]
    np.testing.assert_allclose(maps["both"], np.concatenate([forward, backward], 2), atol=1e-6)
    np.testing.assert_allclose(maps["both"], model(x), atol=1e-6)
    with pytest.raises(ValueError, match="read from outside"):
        cw.feature_maps(model, x, "both/forward_lstm/lstm_cell[1]")


class Scaled(layers.Layer):
    """Takes keywords, one of them a tensor, and passes `training` on."""

    def __init__(self):
        super().__init__(name="scaled")
        self.conv = layers.Conv2D(3, 3, name="conv")
        self.dropout = layers.Dropout(0.9, name="dropout")

    def call(self, x, *, scale, negative=False, training=None):
        y = self.dropout(self.conv(x) * scale, training=training)
        return -y if negative else y


def test_keyword_arguments_reach_the_layer():
    image = keras.Input((12, 12, 3))
    y = Scaled()(image, scale=keras.ops.mean(image), negative=True)
    model, x = kinds.seeded(keras.Model(image, y)), kinds.pixels(1, 12, 12, 3)
    maps = cw.feature_maps(model, x)
    np.testing.assert_allclose(maps["scaled"], -maps["scaled/conv"] * x.mean(), rtol=1e-4)
    np.testing.assert_array_equal(maps["scaled/dropout"], -maps["scaled"])


def test_augmentation_and_dropout_do_nothing():
    stack = [keras.Input((12, 12, 3)), layers.RandomFlip(name="flip"), layers.RandomZoom(0.5)]
    rest = [layers.GaussianNoise(1.0, name="noise"), layers.Dropout(0.9, name="dropout")]
    model, x = keras.Sequential([*stack, *rest]), kinds.RGB()
    maps = cw.feature_maps(model, x)
    assert len(maps) == 4
    for values in maps.values():
        np.testing.assert_array_equal(values, x)


def test_maps_turned_to_channels_last_halfway_keep_their_axes():
    image = keras.Input((3, 12, 12))
    x = layers.MaxPooling2D(2, data_format="channels_first", name="pool")(image)
    x = layers.BatchNormalization(axis=1, name="bn")(x)
    x = layers.Permute((2, 3, 1), name="last")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.Permute((3, 1, 2), name="first")(x)
    model, data = keras.Model(image, x), kinds.pixels(2, 12, 12, 3)
    net = cw.VisionModel(model)
    pooled = data.reshape(2, 6, 2, 6, 2, 3).max((2, 4))
    for name, values in cw.feature_maps(net, data).items():
        np.testing.assert_allclose(values, pooled, rtol=1e-3, err_msg=name)


def test_transposed_convolutions_of_unknown_size():
    image = keras.Input((None, None, 3))
    layer = layers.Conv2DTranspose(2, 3, strides=2, name="up")
    model = kinds.seeded(keras.Model(image, layer(image)))
    for size in ((5, 7), (9, 4)):
        x = kinds.pixels(1, *size, 3)
        maps = cw.feature_maps(model, x)["up"]
        assert maps.shape == (1, 2 * size[0] + 1, 2 * size[1] + 1, 2)
        np.testing.assert_allclose(maps, model(x), rtol=1e-4, atol=1e-4)


def test_whole_numbers_may_go_in():
    codes = keras.Input((10,), dtype="int32")
    x = layers.Embedding(20, 4, name="table")(codes)
    model = kinds.seeded(keras.Model(codes, layers.Conv1D(3, 3, name="conv")(x)))
    data = np.arange(20).reshape(2, 10)
    maps = cw.feature_maps(model, data)
    table = model.get_layer("table").embeddings.numpy()
    np.testing.assert_array_equal(maps["table"], table.reshape(2, 10, 4))
    np.testing.assert_allclose(maps["conv"], model(data), atol=1e-5)


def test_pictures_may_go_in_as_bytes():
    image = keras.Input((12, 12, 3), dtype="uint8")
    scaled = layers.Rescaling(1 / 255, name="scale")(image)
    model = keras.Model(image, scaled)
    data = kinds.RGB().astype("uint8")
    np.testing.assert_allclose(cw.feature_maps(model, data)["scale"], data / 255, atol=1e-6)


def test_complex_values_are_left_out_and_refused():
    image = keras.Input((12, 12, 3))
    x = layers.Lambda(lambda t: tf.cast(t, tf.complex64), name="complex")(image)
    model = keras.Model(image, layers.Lambda(tf.abs, name="absolute")(x))
    x = kinds.RGB()
    maps = cw.feature_maps(model, x)
    assert list(maps) == ["absolute"]
    with pytest.raises(ValueError, match="'complex' returns no single tensor"):
        cw.feature_maps(model, x, "complex")


def test_quantised_layers_are_read_as_they_run():
    x = kinds.RGB() / 255
    dense = layers.Dense(6, name="dense")
    model = kinds.seeded(keras.Sequential([keras.Input((12, 12, 3)), dense]))
    exact = cw.feature_maps(model, x)["dense"].copy()
    dense.quantize("int8")
    before = attributes(model)
    maps = cw.feature_maps(model, x)["dense"]
    np.testing.assert_array_equal(maps, model(x))
    np.testing.assert_allclose(maps, exact, atol=0.05)
    assert not np.array_equal(maps, exact)
    assert attributes(model) == before


def test_a_saved_graph_is_one_layer(tmp_path):
    model, x = kinds.functional(), kinds.RGB()
    model.export(tmp_path / "saved", verbose=False)
    saved = layers.TFSMLayer(tmp_path / "saved", call_endpoint="serve", name="saved")
    image = keras.Input((12, 12, 3))
    net = keras.Model(image, saved(image))
    assert cw.feature_maps(net, x) == {}
    np.testing.assert_allclose(cw.feature_maps(net, x, "saved")["saved"], model(x), rtol=1e-4)
    assert cw.list_layers(net)[1].parameters == model.count_params()
    assert cw.predict(net, x)[0][0].index == cw.predict(model, x)[0][0].index


def test_any_number_of_sizes_is_served_by_one_graph_where_the_network_takes_any():
    model = kinds.any_size()
    for size in range(8, 20):
        cw.feature_maps(model, kinds.pixels(1, size, size + 1, 3))
    assert len(tracing._traces[model]) == 1


def test_graphs_of_a_network_that_declares_no_size_are_bounded():
    class Free(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(2, 3, name="conv")

        def call(self, x):
            return self.conv(x)

    model = Free()
    for size in [*range(8, 18), 8]:
        x = kinds.pixels(1, size, size, 3)
        np.testing.assert_allclose(cw.feature_maps(model, x)["conv"], model(x), atol=1e-4)
    assert len(tracing._traces[model]) == tracing._TRACES_KEPT
