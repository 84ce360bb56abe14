import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.layers import LayerNotFoundError, find_layer


@pytest.fixture(params=kinds.KINDS, name="kind")
def fixture_kind(request):
    make, data, path = kinds.KINDS[request.param]
    return make(), data(), path


def listed(model, *attributes):
    return [tuple(getattr(row, name) for name in attributes) for row in cw.list_layers(model)]


def test_every_kind_lists_its_layers_by_place_and_type(kind):
    model, data, path = kind
    maps = cw.feature_maps(model, data)
    rows = cw.list_layers(model)
    tops = {row.index: row for row in rows if row.index is not None}
    assert list(tops) == list(range(len(model.layers)))
    for row, layer in zip(tops.values(), model.layers, strict=True):
        assert (row.type, row.parameters) == (type(layer).__name__, layer.count_params())
        assert row.path.split("[")[0] == layer.name
    assert sum(row.parameters for row in tops.values()) == model.count_params()
    assert path in [row.path for row in rows]
    assert list(maps) == [row.path for row in rows if row.has_maps]


def test_every_kind_tells_the_shapes_that_its_layers_return(kind):
    model, data, _ = kind
    cw.feature_maps(model, data)
    known = [row for row in cw.list_layers(model) if row.channels is not None]
    values = cw.feature_maps(model, data, [row.path for row in known])
    for row in known:
        returned = values[row.path].shape
        assert len(row.output_shape) == len(returned)
        assert row.channels == returned[-1]
        assert row.output_shape[0] is None
        for stated, size in zip(row.output_shape, returned, strict=True):
            assert stated in (None, size)


def test_every_layer_of_a_nested_network_is_listed_before_what_it_holds():
    model, size = kinds.nested(), kinds.SIZE
    image = model.get_layer("backbone").layers[0].name
    columns = ("index", "path", "kernel_shape", "output_shape", "parameters")
    assert listed(model, *columns)[1:] == [
        (1, "scale", None, (None, size, size, 3), 0),
        (2, "backbone", None, (None, 10, 10, 5), 313),
        (None, f"backbone/{image}", None, (None, size, size, 3), 0),
        (None, "backbone/conv1", (3, 3, 3, 4), (None, 10, 10, 4), 112),
        (None, "backbone/bn1", None, (None, 10, 10, 4), 16),
        (None, "backbone/conv2", (3, 3, 4, 5), (None, 10, 10, 5), 185),
        (None, "backbone/relu2", None, (None, 10, 10, 5), 0),
        (3, "pool", None, (None, 5), 0),
        (4, "head", (5, 3), (None, 3), 18),
    ]


def test_calls_of_a_shared_backbone_are_told_apart():
    rows = [row for row in cw.list_layers(kinds.called_twice()) if "conv1" in row.path]
    assert [row.path for row in rows] == ["backbone[0]/conv1", "backbone[1]/conv1"]
    assert rows[0].kernel_shape == rows[1].kernel_shape == (3, 3, 3, 4)
    indices = listed(kinds.called_twice(), "path", "index")
    assert dict(indices)["backbone[0]"] == dict(indices)["backbone[1]"] == 2


def test_a_composite_that_only_returns_what_an_inner_layer_does_has_no_maps_of_its_own():
    has_maps = dict(listed(kinds.subclassed(), "path", "has_maps"))
    assert has_maps["block[0]"]
    assert has_maps["block[0]/conv"]
    assert has_maps["backbone/relu2"]
    assert not has_maps["backbone"]
    assert not has_maps["head"]


def test_a_network_never_called_is_listed_without_shapes():
    rows = listed(kinds.Subclassed(), "path", "kernel_shape", "output_shape", "parameters")
    assert rows[0] == ("block", None, None, 0)
    assert ("backbone/conv2", (3, 3, 4, 5), None, 185) in rows
    columns = ("type", "output_shape", "has_maps", "channels")
    assert listed(kinds.sequential_never_called(), *columns) == [
        ("Conv2D", None, False, None),
        ("Flatten", None, False, None),
    ]


def test_unknown_sizes_are_none_and_first_channels_are_counted():
    assert dict(listed(kinds.any_size(), "path", "output_shape"))["conv1"] == (None, None, None, 4)
    image = keras.Input((3, 12, 12))
    pool = layers.MaxPooling2D(2, data_format="channels_first", name="pool")(image)
    row = cw.list_layers(keras.Model(image, pool))[1]
    assert (row.output_shape, row.channels) == ((None, 3, 6, 6), 3)


class Held(keras.Model):
    """Layers in dicts and lists, one of them called three times."""

    def __init__(self):
        super().__init__()
        self.parts = {
            "stem": layers.Conv2D(3, 1, name="stem"),
            "blocks": [layers.Conv2D(3, 3, padding="same", name="block")],
        }

    def call(self, x, training=False):
        x = self.parts["stem"](x)
        for _ in range(3):
            x = self.parts["blocks"][0](x)
        return x * 0 if training else x


def test_layers_in_dicts_and_lists_and_each_call_of_a_loop_are_listed():
    model, x = Held(), kinds.RGB()
    model(x)
    assert listed(model, "index", "path") == [
        (0, "stem"),
        (1, "block[0]"),
        (1, "block[1]"),
        (1, "block[2]"),
    ]
    maps = cw.feature_maps(model, x)
    y = model.parts["stem"](x)
    for call in range(3):
        y = model.parts["blocks"][0](y)
        np.testing.assert_allclose(maps[f"block[{call}]"], y, rtol=1e-4, atol=1e-4)


def test_a_subclassed_network_of_several_inputs_is_listed_with_shapes():
    class Sum(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(2, 3, name="conv")

        def call(self, images):
            return self.conv(images["left"]) + self.conv(images["right"])

    model = Sum()
    model({"left": kinds.RGB(), "right": kinds.RGB()})
    assert listed(model, "path", "output_shape") == [
        ("conv[0]", (None, 10, 10, 2)),
        ("conv[1]", (None, 10, 10, 2)),
    ]


def test_a_subclassed_network_that_takes_no_floats_is_listed_without_shapes():
    class Text(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv1D(2, 3, name="conv")

        def call(self, codes):
            return self.conv(tf.one_hot(codes, 5))

    model = Text()
    model(np.arange(10).reshape(1, 10) % 5)
    assert listed(model, "path", "kernel_shape", "output_shape") == [("conv", (3, 5, 2), None)]


def test_layers_are_found_by_path_name_and_index():
    rows = cw.list_layers(kinds.nested_twice())
    path = "encoder/base/conv2"
    for name in (path, "base/conv2", "conv2"):
        assert find_layer(rows, name).path == path
    assert find_layer(rows, 1).path == find_layer(rows, -2).path == "encoder"
    assert find_layer(rows, np.int64(1)).path == "encoder"


def test_an_exact_path_comes_before_a_layer_of_that_name_deeper_down():
    image = keras.Input((12, 12, 3))
    x = kinds.backbone()(image)
    model = keras.Model(image, layers.Conv2D(2, 3, name="conv1")(x))
    rows = cw.list_layers(model)
    assert find_layer(rows, "conv1").path == "conv1"
    assert find_layer(rows, "backbone/conv1").path == "backbone/conv1"


@pytest.mark.parametrize(
    ("layer", "error", "words"),
    [
        ("cnv2", LayerNotFoundError, "'cnv2'.*'encoder/base/conv2'"),
        ("zzz", LayerNotFoundError, "list_layers"),
        ("", LayerNotFoundError, "list_layers"),
        ("onv2", LayerNotFoundError, "near names"),
        (3, LayerNotFoundError, "no layer 3: indices run from 0 to 2"),
        (-4, LayerNotFoundError, "no layer -4"),
        (1.0, TypeError, "not by the float 1.0"),
        (None, TypeError, "NoneType"),
        (b"conv2", TypeError, "bytes"),
    ],
)
def test_a_layer_that_is_not_there_is_refused(layer, error, words):
    with pytest.raises(error, match=words):
        find_layer(cw.list_layers(kinds.nested_twice()), layer)


def test_a_name_borne_by_several_layers_needs_the_path():
    with pytest.raises(LayerNotFoundError, match=r"several.*'block\[0\]', 'block\[1\]'"):
        find_layer(cw.list_layers(kinds.subclassed()), "block")


def test_vgg16_is_listed_as_published():
    net = cw.load_model("VGG16", weights="random")
    rows = cw.list_layers(net)
    assert sum(row.parameters for row in rows) == 138_357_544
    convolutions = [row for row in rows if row.type == "Conv2D"]
    sides = [224] * 2 + [112] * 2 + [56] * 3 + [28] * 3 + [14] * 3
    widths = [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert [row.index for row in convolutions] == [1, 2, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17]
    assert [row.output_shape for row in convolutions] == [
        (None, side, side, width) for side, width in zip(sides, widths, strict=True)
    ]
    assert rows[1].parameters == 1792


def test_resnet50v2_is_listed_as_published_and_its_blocks_come_from_one_pass():
    net = cw.load_model("ResNet50V2", weights="random")
    rows = cw.list_layers(net)
    spatial = [row for row in rows if row.kernel_shape and 1 not in row.kernel_shape[:2]]
    spatial = [row for row in spatial if row.type == "Conv2D"]
    # sides and widths, and how many layers in a row have them
    runs = [(112, 64, 1), (56, 64, 2), (28, 64, 1), (28, 128, 3), (14, 128, 1), (14, 256, 5)]
    runs += [(7, 256, 1), (7, 512, 3)]
    shapes = [(None, side, side, width) for side, width, times in runs for _ in range(times)]
    indices = [2, 11, 23, 34, 46, 58, 69, 80, 92, 104, 115, 126, 137, 148, 160, 172, 183]
    assert [(row.index, row.output_shape) for row in spatial] == list(
        zip(indices, shapes, strict=True)
    )
    assert spatial[0].kernel_shape == (7, 7, 3, 64)
    assert {row.kernel_shape[:2] for row in spatial[1:]} == {(3, 3)}
    maps = cw.feature_maps(net, kinds.pixels(224, 224, 3), [2, 34, 80, 148, 183])
    assert [values.shape[1:] for values in maps.values()] == [
        rows[i].output_shape[1:] for i in (2, 34, 80, 148, 183)
    ]
    assert list(maps) == [
        *["conv1_conv", "conv2_block3_2_conv", "conv3_block4_2_conv"],
        *["conv4_block6_2_conv", "conv5_block3_2_conv"],
    ]
