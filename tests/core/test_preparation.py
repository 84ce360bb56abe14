import tracemalloc
import warnings
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convnet_widgets import VisionModel, load_image
from convnet_widgets.core.pixel_range import ImageRangeWarning

GENERATOR = np.random.default_rng(0)


def takes(*shape, **options):
    """A network that takes arrays of a shape; its name is of no family."""
    inputs = keras.Input(shape, **options)
    return VisionModel(keras.Model(inputs, keras.layers.Activation("relu")(inputs), name="mine"))


def image(*shape):
    return GENERATOR.uniform(0, 255, shape).astype("float32")


def test_pixels_of_the_right_size_go_in_as_they_are():
    batch = image(2, 4, 5, 3)
    prepared = takes(4, 5, 3).prepare(batch)
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared, batch)


def test_bytes_become_floats_of_the_same_value():
    values = np.arange(256, dtype="uint8").reshape(16, 16, 1)
    np.testing.assert_array_equal(takes(16, 16, 1).prepare(values)[0], values)


def test_values_are_never_rescaled():
    small = image(4, 4, 3) / 255
    np.testing.assert_array_equal(takes(4, 4, 3).prepare(small)[0], small)


def test_the_image_given_is_left_alone():
    given_ = image(4, 5, 3)
    before = given_.copy()
    takes(4, 5, 3).prepare(given_)[:] = 0
    np.testing.assert_array_equal(given_, before)


@pytest.mark.parametrize("size", [(7, 5), (40, 60)])
def test_resizes_each_band_as_pillow_does(size):
    source = image(20, 30, 3)
    expected = np.stack(
        [
            np.asarray(
                Image.fromarray(source[..., band]).resize(size[::-1], Image.Resampling.BICUBIC)
            )
            for band in range(3)
        ],
        axis=2,
    )
    prepared = takes(*size, 3).prepare(source)[0]
    np.testing.assert_allclose(prepared, expected.clip(source.min(), source.max()), atol=1e-3)


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("channels", [1, 3])
def test_bytes_are_resized_to_the_very_values_of_their_floats(fit, channels):
    net = replace(takes(7, 9, channels), fit=fit)
    source = GENERATOR.integers(0, 256, (40, 30, 3), "uint8")
    prepared = net.prepare(source)
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared, net.prepare(source.astype("float32")))


def test_a_photograph_takes_no_floats_of_its_own_size():
    photograph = GENERATOR.integers(0, 256, (1000, 1000, 3), "uint8")
    net = takes(8, 8, 3)
    tracemalloc.start()
    net.prepare(photograph)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2 * photograph.nbytes  # floats are four times as large


@given(st.integers(1, 12), st.integers(1, 12), st.floats(0, 255, width=32))
def test_a_flat_image_stays_flat(height, width, value):
    prepared = takes(6, 7, 1).prepare(np.full((height, width), value))
    np.testing.assert_allclose(prepared, np.full((1, 6, 7, 1), value), rtol=1e-5)


def test_resizing_stays_within_the_range_of_the_image():
    edge = np.repeat([[0.0], [255.0]], 8, axis=0) * np.ones((1, 16))
    prepared = takes(50, 50, 1).prepare(edge)
    assert prepared.min() == 0
    assert prepared.max() == 255


def test_only_the_fixed_axis_is_resized():
    assert takes(None, 10, 3).prepare(image(20, 30, 3)).shape == (1, 20, 10, 3)


def test_unknown_size_keeps_the_image():
    source = image(20, 30, 3)
    np.testing.assert_array_equal(takes(None, None, 3).prepare(source)[0], source)


def test_a_list_of_several_sizes():
    images = [image(10, 10, 3), image(20, 30, 3), image(8, 8)]
    net = takes(8, 8, 3)
    together = net.prepare(images)
    for one, source in zip(together, images, strict=True):
        np.testing.assert_array_equal(one, net.prepare(source)[0])


def test_seven_bands():
    source = image(16, 16, 7)
    prepared = takes(8, 8, 7).prepare(source)
    np.testing.assert_array_equal(prepared[..., 4:5], takes(8, 8, 1).prepare(source[..., 4]))


def test_rgb_to_grey_is_that_of_pillow():
    source = GENERATOR.integers(0, 256, (9, 9, 3), "uint8")
    expected = np.asarray(Image.fromarray(source).convert("L"))
    np.testing.assert_allclose(takes(9, 9, 1).prepare(source)[0, ..., 0], expected, atol=1)


@pytest.mark.parametrize("shape", [(9, 9), (9, 9, 1)])
def test_grey_to_rgb(shape):
    source = image(*shape)
    expected = np.repeat(source.reshape(9, 9, 1), 3, axis=2)
    np.testing.assert_array_equal(takes(9, 9, 3).prepare(source)[0], expected)


def test_channels_first():
    inputs = keras.Input((3, 8, 10))
    maps = keras.layers.Conv2D(2, 3, data_format="channels_first")
    model = keras.Model(inputs, maps(inputs))
    net = VisionModel(model, preprocess=lambda pixels: pixels - [1, 2, 3])
    source = image(8, 10, 3)
    prepared = net.prepare(source)
    assert net.input_size == (8, 10)
    np.testing.assert_allclose(prepared[0, 1], source[..., 1] - 2, atol=1e-4)


def test_preprocessing_is_applied_to_the_resized_batch():
    seen = []
    net = VisionModel(takes(4, 4, 3).model, preprocess=lambda x: seen.append(x) or x / 2)
    source = image(4, 4, 3)
    np.testing.assert_array_equal(net.prepare(source)[0], source / 2)
    assert seen[0].shape == (1, 4, 4, 3)
    assert seen[0].dtype == np.float32


# Pillow images


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "HSV", "YCbCr"])
def test_pillow_images_are_read_as_load_image_reads_them(mode):
    colours = Image.fromarray(GENERATOR.integers(0, 256, (6, 5, 4), "uint8"), "RGBA")
    # Pillow converts to some modes from RGB alone
    source = colours.convert("RGB").convert(mode) if mode != "RGBA" else colours
    expected = load_image(source)
    net = takes(6, 5, 3)
    np.testing.assert_array_equal(net.prepare(source), expected[None])
    np.testing.assert_array_equal(net.prepare([source, expected]), np.stack([expected] * 2))
    np.testing.assert_allclose(takes(6, 5, 1).prepare(source), takes(6, 5, 1).prepare(expected))


def test_a_deep_pillow_image():
    source = Image.fromarray(np.array([[0, 257], [25700, 65535]], "uint16"))
    prepared = takes(2, 2, 1).prepare(source)[0, ..., 0]
    np.testing.assert_allclose(prepared, [[0, 1], [100, 255]], rtol=1e-5)


def test_pillow_images_among_several_inputs():
    one, two = keras.Input((4, 4, 3), name="one"), keras.Input((5,), name="two")
    net = VisionModel(keras.Model([one, two], [keras.layers.ReLU()(x) for x in (one, two)]))
    source = Image.new("HSV", (4, 4), (80, 90, 200))
    prepared = net.prepare([source, image(1, 5)])
    np.testing.assert_array_equal(prepared[0], load_image(source)[None])


def test_an_array_with_transparency_gets_the_remedy():
    with pytest.raises(ValueError, match=r"3 channels, got 4 .*load_image.* on white"):
        takes(8, 8, 3).prepare(image(8, 8, 4))
    assert takes(8, 8, 3).prepare(load_image(image(8, 8, 4))).shape == (1, 8, 8, 3)


# Pixels in another range than a family's preprocessing takes


def of_family():
    inputs = keras.Input((4, 4, 3))
    return VisionModel(keras.Model(inputs, keras.layers.ReLU()(inputs), name="vgg16"))


OUT_OF_RANGE = {
    "0–1": (image(4, 4, 3) / 256, r"float32 values 0\.\d+ to 0\.9\d*"),
    "a batch in 0–1": (image(2, 4, 4, 3) / 256, "float32 values"),
    "one of a list": ([image(4, 4, 3), image(9, 9) / 256], "float32 values"),
    "float64 in −1–1": (np.linspace(-1, 1, 48).reshape(4, 4, 3), "float64 values -1 to 1"),
    "bool": (np.eye(4, dtype=bool), "bool values 0 to 1"),
    "too large": (image(4, 4, 3) * 0 + 300, "float32 values 300 to 300"),
    "16 bits": (np.full((4, 4), 40000, "uint16"), "uint16 values 40000 to 40000"),
    "dark 16 bits": (np.full((4, 4), 200, "uint16"), "uint16 values 200 to 200"),
    "12 bits": (np.full((4, 4), 4095, "int32"), "int32 values 4095 to 4095"),
}


@pytest.mark.parametrize("case", OUT_OF_RANGE)
def test_pixels_out_of_a_family_s_range(case):
    source, came = OUT_OF_RANGE[case]
    with pytest.warns(ImageRangeWarning, match=rf"VGG16 expects pixels 0–255.*{came}") as caught:
        of_family().prepare(source)
    assert len(caught) == 1
    assert "load_image" in str(caught[0].message)


@pytest.mark.parametrize(
    "source",
    [
        image(4, 4, 3),
        np.zeros((4, 4, 3)),
        np.eye(4, dtype="uint8"),
        GENERATOR.integers(0, 256, (2, 4, 4, 3), "uint8"),
        np.stack([np.full((4, 4, 3), 0.5), np.full((4, 4, 3), 200.0)]),
        Image.new("1", (4, 4), 1),
        Image.fromarray(np.full((4, 4), 40000, "uint16")),
        [image(4, 4, 3), Image.new("1", (4, 4), 1)],
    ],
    ids=["pixels", "black", "whole", "batch", "dark in a batch", "mode 1", "deep", "list"],
)
def test_pixels_in_a_family_s_range(source):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of_family().prepare(source)


def test_the_warning_is_for_preprocessing_that_was_found():
    small = image(4, 4, 3) / 256
    found = of_family()
    given_ = VisionModel(found.model, preprocess=lambda pixels: pixels * 255)
    np.testing.assert_array_equal(given_.prepare(small)[0], small * 255)
    np.testing.assert_array_equal(replace(found, preprocess=np.abs).prepare(small)[0], small)
    with pytest.warns(ImageRangeWarning):
        replace(found, weights="mine").prepare(small)


# Pixels in 0–1 for what divides those of 0–255


def beginning_with(*first, size=4, name="mine"):
    inputs = x = keras.Input((size, size, 3))
    for layer in first:
        x = layer(x)
    return keras.Model(inputs, keras.layers.Conv2D(2, 3)(x), name=name)


def in_place(pixels):
    pixels /= 255
    return pixels


def by_torchs_deviations(pixels):
    return (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]


DIVIDING = {
    "by 255": lambda: VisionModel(beginning_with(), lambda pixels: pixels / 255),
    "to −1–1": lambda: VisionModel(beginning_with(), lambda pixels: pixels / 127.5 - 1),
    "in place": lambda: VisionModel(beginning_with(), in_place),
    "as PyTorch": lambda: VisionModel(beginning_with(), by_torchs_deviations),
    "a tensor": lambda: VisionModel(beginning_with(), keras.layers.Rescaling(1 / 255)),
    "a layer": lambda: VisionModel(beginning_with(keras.layers.Rescaling(1 / 255))),
    "a layer of three": lambda: VisionModel(
        beginning_with(keras.layers.Rescaling([0.01, 0.015, 0.012]))
    ),
    "deviations": lambda: VisionModel(
        beginning_with(keras.layers.Normalization(mean=127.0, variance=4900.0))
    ),
    "behind augmentation": lambda: VisionModel(
        beginning_with(
            keras.Sequential([keras.layers.RandomFlip(), keras.layers.RandomRotation(0.1)]),
            keras.layers.Rescaling(1 / 127.5, offset=-1),
        )
    ),
    "behind no change": lambda: VisionModel(
        beginning_with(keras.layers.Rescaling(1 / 255)), lambda pixels: pixels
    ),
}


@pytest.mark.parametrize("case", DIVIDING)
def test_pixels_in_0_to_1_where_those_of_0_to_255_are_divided(case):
    net = DIVIDING[case]()
    for source in (image(4, 4, 3) / 256, [image(9, 7, 3) / 256, image(4, 4) / 256.0]):
        with pytest.warns(ImageRangeWarning, match="mine expects pixels 0–255, got fl") as caught:
            net.prepare(source)
        assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for source in (
            image(4, 4, 3),
            image(4, 4, 3) / 100,
            np.zeros((4, 4, 3)),
            np.eye(4, dtype="uint8"),
            Image.new("1", (4, 4), 1),
            [image(4, 4, 3) / 256, image(4, 4, 3)],
        ):
            net.prepare(source)


TAKING_UNITS = {
    "as they are": lambda: VisionModel(beginning_with()),
    "around 0": lambda: VisionModel(beginning_with(), lambda pixels: (pixels - 0.5) * 2),
    "made bytes": lambda: VisionModel(
        beginning_with(keras.layers.Rescaling(1 / 255)), lambda pixels: pixels * 255
    ),
    "a layer": lambda: VisionModel(beginning_with(keras.layers.Rescaling(2.0, offset=-1))),
    "deviations": lambda: VisionModel(
        beginning_with(keras.layers.Normalization(mean=0.5, variance=0.05))
    ),
    "not adapted": lambda: VisionModel(beginning_with(keras.layers.Normalization())),
    "within": lambda: VisionModel(
        beginning_with(keras.layers.Conv2D(3, 1), keras.layers.Rescaling(1 / 255))
    ),
}


@pytest.mark.parametrize("case", TAKING_UNITS)
def test_pixels_in_0_to_1_where_these_may_be_meant(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TAKING_UNITS[case]().prepare(image(4, 4, 3) / 256)
        TAKING_UNITS[case]().prepare(np.ones((4, 4, 3)))


# Networks that tell less, or take other things


class Subclassed(keras.Model):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x)


@pytest.mark.parametrize("called", [False, True])
def test_subclassed(called):
    net = VisionModel(Subclassed(keras.layers.Conv2D(2, 3)))
    if called:
        net.model(image(1, 9, 9, 7))
    source = image(10, 12, 7)
    assert net.input_size == (None, None)
    np.testing.assert_array_equal(net.prepare(source)[0], source)


def test_sequential_never_called():
    net = VisionModel(keras.Sequential([keras.layers.Conv2D(2, 3)]))
    assert net.prepare(image(10, 12, 3)).shape == (1, 10, 12, 3)


@pytest.mark.parametrize("build", [Subclassed, lambda layer: keras.Sequential([layer])])
def test_one_dimension_never_called(build):
    net = VisionModel(build(keras.layers.Conv1D(2, 3)))
    source = image(20, 4)
    np.testing.assert_array_equal(net.prepare(source), source[None])
    np.testing.assert_array_equal(net.prepare(source[None]), source[None])


def test_one_dimension():
    net = takes(20, 4)
    assert net.input_size == (None, None)
    source = image(20, 4)
    np.testing.assert_array_equal(net.prepare(source), source[None])
    np.testing.assert_array_equal(net.prepare([source, source]), np.stack([source, source]))


def test_three_dimensions():
    source = image(4, 5, 6, 1)
    np.testing.assert_array_equal(takes(4, 5, 6, 1).prepare(source), source[None])


def test_several_inputs():
    one, two = keras.Input((4, 4, 3), name="one"), keras.Input((5,), name="two")
    outputs = [keras.layers.Activation("relu")(x) for x in (one, two)]
    net = VisionModel(keras.Model([one, two], outputs))
    pixels, row = image(4, 4, 3), image(2, 5)
    assert net.input_size == (4, 4)
    for values in ([pixels, row], (pixels, row)):
        prepared = net.prepare(values)
        np.testing.assert_array_equal(prepared[0], pixels[None])
        np.testing.assert_array_equal(prepared[1], row)
    prepared = net.prepare({"one": pixels, "two": row})
    np.testing.assert_array_equal(prepared["one"], pixels[None])
    for wrong in ([pixels], pixels):
        with pytest.raises(ValueError, match=r"has 2 inputs \['one', 'two'\]"):
            net.prepare(wrong)
    with pytest.raises(ValueError, match=r"inputs \['one', 'two'\], got \['one', 'three'\]"):
        net.prepare({"one": pixels, "three": row})
    with pytest.raises(ValueError, match=r"'one' takes arrays of shape \(None, 4, 4, 3\)"):
        net.prepare([image(8, 8, 3), row])


def test_whole_numbers_stay_whole_for_other_inputs():
    net = takes(5, dtype="int32")
    assert net.prepare(np.arange(5)).dtype.kind == "i"


# What is refused


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (image(8, 8, 3), "takes images of 7 channels, got 3"),
        (image(8, 8), "takes images of 7 channels, got 1"),
        (np.zeros((0, 8, 7)), "the image is empty"),
        (np.zeros((0, 8, 8, 7)), "at least one image"),
        ([], "at least one image"),
        (np.full((8, 8, 7), np.nan), "NaN or infinite"),
        (np.full((8, 8, 7), np.inf), "NaN or infinite"),
        (np.zeros(8), "expected an image of shape"),
        (np.zeros((1, 1, 8, 8, 7)), "expected an image of shape"),
        ([image(2, 8, 8, 7)], "expected an image of shape"),
    ],
)
def test_images_that_do_not_fit(source, sentence):
    with pytest.raises(ValueError, match=sentence):
        takes(8, 8, 7).prepare(source)


def test_several_sizes_for_a_network_of_any_size():
    with pytest.raises(ValueError, match=r"sizes \[\(4, 4\), \(5, 5\)\]"):
        takes(None, None, 3).prepare([image(4, 4, 3), image(5, 5, 3)])


@pytest.mark.parametrize("source", ["cat", None, {"a"}, np.array(["a"]), 1j])
def test_no_numbers(source):
    with pytest.raises(TypeError, match="expected an image as an array of numbers"):
        takes(8, 8, 3).prepare(source)


@pytest.mark.parametrize("source", [image(20), image(20, 5), image(1, 2, 20, 4)])
def test_other_inputs_that_do_not_fit(source):
    with pytest.raises(ValueError, match=r"takes arrays of shape \(None, 20, 4\)"):
        takes(20, 4).prepare(source)
