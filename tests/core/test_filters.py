import itertools

import keras
import kinds
import numpy as np
import pytest
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.filters import convolution_rows
from convnet_widgets.core.layers import LayerNotFoundError

CONVOLUTIONS = [
    layers.Conv1D(4, 3, name="conv_1d"),
    layers.Conv1D(4, 3, dilation_rate=2, name="dilated_1d"),
    layers.Conv1D(6, 2, groups=3, name="grouped_1d"),
    layers.Conv2D(5, (3, 2), strides=2, name="conv_2d"),
    layers.Conv2D(5, 1, name="one_by_one"),
    layers.Conv2D(4, (2, 3), dilation_rate=(2, 3), name="dilated_2d"),
    layers.Conv2D(6, 3, groups=3, name="grouped_2d"),
    layers.Conv3D(4, (2, 3, 1), strides=(1, 2, 1), name="conv_3d"),
    layers.DepthwiseConv1D(3, depth_multiplier=2, name="depthwise_1d"),
    layers.DepthwiseConv2D((3, 2), depth_multiplier=2, name="depthwise_2d"),
    layers.DepthwiseConv2D(2, dilation_rate=2, name="dilated_depthwise"),
    layers.SeparableConv1D(4, 3, depth_multiplier=2, name="separable_1d"),
    layers.SeparableConv2D(5, (2, 3), depth_multiplier=3, name="separable_2d"),
]
TRANSPOSED = [
    layers.Conv1DTranspose(4, 3, strides=2, name="transposed_1d"),
    layers.Conv2DTranspose(2, (3, 2), strides=(2, 1), name="transposed_2d"),
    layers.Conv3DTranspose(2, 2, strides=2, name="transposed_3d"),
]


def network(layer, *size, channels=3):
    """A network of that one layer, made anew with seeded weights, and an input."""
    copy = type(layer).from_config(layer.get_config())
    size = size or (7, 8, 9)[: copy.rank]
    model = kinds.seeded(keras.Sequential([keras.Input((*size, channels)), copy]))
    return model, copy, kinds.pixels(1, *size, channels) / 255


def each(shape):
    return itertools.product(*map(range, shape))


def correlate(x, filters, strides, dilation):
    """Every filter laid on every place of x, without padding, by its definition."""
    *size, inputs = filters.shape[1:]
    read = inputs * (np.arange(len(filters)) * (x.shape[-1] // inputs) // len(filters))
    reach = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    places = [(n - r) // s + 1 for n, r, s in zip(x.shape, reach, strides, strict=False)]
    out = np.zeros((*places, len(filters)))
    for place in each(places):
        start = np.multiply(place, strides)
        window = tuple(slice(a, a + r, d) for a, r, d in zip(start, reach, dilation, strict=True))
        for f, first in enumerate(read):
            out[(*place, f)] = (x[window][..., first : first + inputs] * filters[f]).sum()
    return out


def spread(x, filters, strides):
    """Every value of x times every filter, added up around its place in a larger array."""
    *size, _ = filters.shape[1:]
    places = [(n - 1) * s + max(k, s) for n, s, k in zip(x.shape, strides, size, strict=False)]
    out = np.zeros((*places, len(filters)))
    for place in each(x.shape[:-1]):
        start = np.multiply(place, strides)
        window = tuple(slice(a, a + k) for a, k in zip(start, size, strict=True))
        out[window] += np.moveaxis(filters @ x[place], 0, -1)
    return out


@pytest.mark.parametrize("layer", CONVOLUTIONS, ids=lambda layer: layer.name)
def test_filters_laid_on_the_input_give_the_maps(layer):
    model, layer, x = network(layer)
    filters = cw.filter_weights(model, layer.name)
    assert filters.dtype == np.float32
    maps = cw.feature_maps(model, x)[layer.name][0]
    expected = correlate(x[0], filters, layer.strides, layer.dilation_rate) + layer.bias
    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", TRANSPOSED, ids=lambda layer: layer.name)
def test_filters_of_transposed_convolutions_are_what_each_value_is_spread_by(layer):
    model, layer, x = network(layer)
    maps = cw.feature_maps(model, x)[layer.name][0]
    expected = spread(x[0], cw.filter_weights(model, 0), layer.strides) + layer.bias
    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-5)


def test_channels_first_changes_nothing_about_the_filters():
    image = keras.Input((3, 12, 12))
    layer = layers.Conv2D(4, (2, 3), data_format="channels_first", name="conv")
    model = keras.Model(image, layer(image))
    kernel = np.arange(2 * 3 * 3 * 4, dtype="float32").reshape(2, 3, 3, 4)
    layer.kernel.assign(kernel)
    filters = cw.filter_weights(model, "conv")
    for f in range(4):
        np.testing.assert_array_equal(filters[f], kernel[..., f])


def test_filters_are_a_copy_in_float32():
    model = kinds.in_precision("mixed_bfloat16")()
    filters = cw.filter_weights(model, "conv1")
    assert filters.dtype == np.float32
    before = filters.copy()
    filters[:] = 0
    np.testing.assert_array_equal(cw.filter_weights(model, "conv1"), before)


def test_a_shared_layer_has_one_kernel_under_all_its_names():
    model = kinds.called_twice()
    kernel = np.moveaxis(model.get_layer("backbone").get_layer("conv2").kernel.numpy(), -1, 0)
    for name in ("conv2", "backbone/conv2", "backbone[0]/conv2", "backbone[1]/conv2"):
        np.testing.assert_array_equal(cw.filter_weights(model, name), kernel)
    assert [row.path for row in convolution_rows(model)] == [
        "backbone[0]/conv1",
        "backbone[0]/conv2",
    ]


def test_layers_of_one_name_need_the_path():
    model = kinds.subclassed()
    with pytest.raises(LayerNotFoundError, match=r"block\[0\]/conv.*block\[1\]/conv"):
        cw.filter_weights(model, "conv")
    second = model.blocks[1].convolution.kernel.numpy()
    filters = cw.filter_weights(model, "block[1]/conv")
    np.testing.assert_array_equal(filters, np.moveaxis(second, -1, 0))


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("head", "'head' is a Dense"),
        ("pool", "'pool' is a GlobalAveragePooling2D"),
        ("bn1", "'bn1' is a BatchNormalization"),
        (0, "is a InputLayer"),
    ],
)
def test_layers_that_are_no_convolutions_are_refused(layer, words):
    with pytest.raises(ValueError, match=f"{words}.*kernels of convolutions; list_layers"):
        cw.filter_weights(kinds.functional(), layer)


def test_a_convolution_that_was_never_built_says_what_to_do():
    with pytest.raises(ValueError, match="'conv1' is not built.*call the network once"):
        cw.filter_weights(kinds.sequential_never_called(), "conv1")


@pytest.mark.parametrize("layer", ["conv", "conv11", ""])
def test_wrong_names_are_refused(layer):
    with pytest.raises(LayerNotFoundError):
        cw.filter_weights(kinds.functional(), layer)


@pytest.mark.parametrize("layer", [1.0, None, ["conv1"], b"conv1"])
def test_what_is_no_name_is_refused(layer):
    with pytest.raises(TypeError, match="path, its name, or its index"):
        cw.filter_weights(kinds.functional(), layer)


def test_filters_after_low_rank_adaptation_are_those_that_run():
    model = kinds.functional()
    before = cw.filter_weights(model, "conv1")
    layer = model.get_layer("conv1")
    layer.enable_lora(1)
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    after = cw.filter_weights(model, "conv1")
    assert not np.array_equal(after, before)
    np.testing.assert_array_equal(after, np.moveaxis(np.array(layer.kernel), -1, 0))


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_kind_lists_its_convolutions(kind):
    make, data, _ = kinds.KINDS[kind]
    model = make()
    cw.feature_maps(model, data())
    convolutions = {id(part) for part in model._flatten_layers() if hasattr(part, "kernel_size")}
    rows = convolution_rows(model)
    assert len(rows) == len(convolutions)
    assert all(np.any(cw.filter_weights(model, row.path)) for row in rows)


def test_the_filters_of_vgg16_are_as_published():
    model = keras.applications.VGG16(weights=None, include_top=False)
    widths = [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    shapes = list(zip([3, *widths], widths, strict=False))
    rows = convolution_rows(model)
    assert [row.index for row in rows] == [1, 2, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17]
    assert [row.kernel_shape for row in rows] == [(3, 3, i, o) for i, o in shapes]
    assert cw.filter_weights(model, 1).shape == (64, 3, 3, 3)
    third = cw.filter_weights(model, "block3_conv1")
    kernel = model.get_layer("block3_conv1").kernel.numpy()
    np.testing.assert_array_equal(third[5, :, :, 7], kernel[:, :, 7, 5])
