import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from kinds import KINDS
from PIL import Image

from convnet_widgets import VisionModel, load_model
from convnet_widgets.core.frames import frames_of
from convnet_widgets.core.framing import Frame, frame_of, resampled
from convnet_widgets.viewers._photograph import photograph_bytes

NAN = np.nan
SEEN = {"stretch": (0, 0, 6, 12), "crop": (0, 3, 6, 6), "pad": (-3, 0, 12, 12)}


def whole(height, width):
    return Frame((height, width), (0.0, 0.0, float(height), float(width)))


def takes(*shape, fit="stretch", first=(), name="mine"):
    """A network that begins with the layers `first`, and then has a kernel."""
    return VisionModel(
        keras.Sequential([keras.Input(shape), *first, layers.Conv2D(1, 1)], name=name), fit=fit
    )


# What of a photograph is seen


@pytest.mark.parametrize("fit", SEEN)
def test_a_square_network_sees_of_a_wide_photograph(fit):
    assert frame_of((6, 12), (4, 4), fit) == Frame((6, 12), SEEN[fit])


@pytest.mark.parametrize("fit", SEEN)
def test_a_square_network_sees_of_a_tall_photograph(fit):
    top, left, height, width = SEEN[fit]
    assert frame_of((12, 6), (4, 4), fit) == Frame((12, 6), (left, top, width, height))


@pytest.mark.parametrize("fit", SEEN)
@pytest.mark.parametrize("size", [(6, 12), (3, 6), (None, None)])
def test_the_whole_photograph_is_seen_at_the_network_s_own_ratio(fit, size):
    assert frame_of((6, 12), size, fit) == whole(6, 12)


def test_one_fixed_side():
    assert frame_of((6, 12), (None, 3), "crop") == Frame((6, 12), (0, 4.5, 6, 3))
    assert frame_of((6, 12), (24, None), "pad") == Frame((6, 12), (-9, 0, 24, 12))


sides = st.integers(1, 50)


@given(sides, sides, sides, sides)
def test_crop_lies_within_and_pad_around(height, width, high, wide):
    for fit, sign in (("crop", 1), ("pad", -1)):
        top, left, tall, broad = frame_of((height, width), (high, wide), fit).seen
        assert broad / tall == pytest.approx(wide / high)
        assert (2 * top + tall, 2 * left + broad) == pytest.approx((height, width))
        assert min(sign * top, sign * left) == pytest.approx(0)
        assert max(sign * top, sign * left) >= 0


def test_a_fit_that_is_none():
    sentence = r"expected fit as one of 'stretch', 'crop', 'pad', got 'squeeze'"
    with pytest.raises(ValueError, match=sentence):
        frame_of((6, 12), (4, 4), "squeeze")
    with pytest.raises(ValueError, match=sentence):
        takes(4, 4, 1, fit="squeeze")
    with pytest.raises(ValueError, match=r"got None"):
        takes(4, 4, 1, fit=None)


# A map on the photograph

ONE_HOT = np.array([[0, 1], [0, 0]], "float32")


def test_a_map_on_a_cropped_photograph():
    placed = frame_of((4, 8), (2, 2), "crop").place(ONE_HOT)
    column, row = np.array([0, 0.25, 0.75, 1]), np.array([1, 0.75, 0.25, 0])
    expected = np.full((4, 8), NAN)
    expected[:, 2:6] = row[:, None] * column
    np.testing.assert_array_equal(placed, expected)
    assert placed.dtype == np.float32


def test_a_map_on_a_stretched_photograph():
    placed = frame_of((4, 8), (2, 2), "stretch").place(ONE_HOT)
    column = np.array([0, 0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1, 1])
    np.testing.assert_array_equal(placed, np.array([1, 0.75, 0.25, 0])[:, None] * column)


def test_a_map_on_a_padded_photograph():
    placed = frame_of((4, 8), (2, 2), "pad").place(ONE_HOT)
    column = np.array([0, 0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1, 1])
    np.testing.assert_array_equal(placed, np.array([7, 5, 3, 1])[:, None] / 8 * column)


def test_rows_of_the_photograph_that_the_network_half_sees():
    # centres at 0.5, 1.5, 2.5: the first and the last lie outside of 0.75 to 2.25
    placed = Frame((3, 1), (0.75, 0.0, 1.5, 1.0)).place(np.ones((2, 2), "float32"))
    np.testing.assert_array_equal(placed[:, 0], [NAN, 1, NAN])


@given(sides, sides, sides, sides)
def test_a_flat_map_stays_exactly_flat(height, width, high, wide):
    flat = np.full((high, wide), 0.7, "float32")
    placed = frame_of((height, width), (high, wide), "pad").place(flat)
    np.testing.assert_array_equal(placed, np.full((height, width), 0.7, "float32"))


@given(sides, sides, st.integers(0, 9))
def test_a_placed_map_keeps_its_range_exactly(height, width, seed):
    values = np.random.default_rng(seed).random((7, 5), "float32")
    values[3, 2], values[0, 0] = 1, 0
    placed = whole(height, width).place(values)
    assert 0 <= placed.min() <= placed.max() <= 1


@pytest.mark.parametrize("size", [(9, 11), (28, 30), (5, 7), (1, 1)])
def test_resampling_is_that_of_tensorflow(size):
    values = np.random.default_rng(0).random((7, 5), "float32")
    expected = tf.image.resize(values[..., None], size).numpy()[..., 0]
    np.testing.assert_allclose(resampled(values, size), expected, atol=1e-6)
    np.testing.assert_allclose(whole(*size).place(values), expected, atol=1e-6)


def test_resampling_of_other_ranks():
    np.testing.assert_array_equal(
        resampled(np.array([0, 1], "float32"), (4,)), np.float32([0, 0.25, 0.75, 1])
    )
    volume = np.zeros((1, 1, 2), "float32")
    volume[..., 1] = 1
    expected = np.broadcast_to(np.float32([0, 0.25, 0.75, 1]), (2, 3, 4))
    np.testing.assert_array_equal(resampled(volume, (2, 3, 4)), expected)


def test_a_frame_at_another_size():
    assert frame_of((6, 12), (4, 4), "crop").at_size((12, 6)) == Frame((12, 6), (0, 1.5, 12, 3))


def test_a_window_within_a_frame_and_back():
    outer = frame_of((6, 12), (4, 4), "crop")
    inner = outer.within((1, 0, 2, 4), (4, 4))
    assert inner == Frame((6, 12), (1.5, 3, 3, 6))
    assert inner.inside(outer, (4, 4)) == Frame((4, 4), (1, 0, 2, 4))


# Images brought to the network's size

RAMP = np.arange(72, dtype="float32").reshape(6, 12)


def test_a_cropped_image_holds_the_very_pixels():
    np.testing.assert_array_equal(takes(6, 6, 1, fit="crop").prepare(RAMP)[0, ..., 0], RAMP[:, 3:9])


def test_a_padded_image_holds_the_very_pixels_and_black():
    padded = takes(12, 12, 1, fit="pad").prepare(RAMP + 9)[0, ..., 0]
    np.testing.assert_array_equal(padded, np.pad(RAMP + 9, [(3, 3), (0, 0)]))


def test_padding_is_black_before_the_preprocessing():
    model = takes(8, 8, 1).model
    net = VisionModel(model, preprocess=lambda pixels: pixels / 2 - 1, fit="pad")
    prepared = net.prepare(np.full((8, 4), 200, "float32"))[0, ..., 0]
    assert (prepared[:, :2] == -1).all()
    assert (prepared[:, 2:6] == 99).all()
    assert (prepared[:, 6:] == -1).all()


def test_a_cropped_image_is_resized_as_pillow_does():
    cut = Image.fromarray(RAMP[:, 3:9]).resize((4, 4), Image.Resampling.BICUBIC)
    prepared = takes(4, 4, 1, fit="crop").prepare(RAMP)[0, ..., 0]
    np.testing.assert_array_equal(prepared, np.asarray(cut).clip(RAMP.min(), RAMP.max()))


def test_parts_of_pixels_are_seen():
    # 3 of 4 columns, from half a pixel on: the middle of a ramp stays its middle
    ramp = np.tile(np.arange(4, dtype="float32"), (3, 1))
    prepared = takes(3, 3, 1, fit="crop").prepare(ramp)[0, ..., 0]
    np.testing.assert_allclose(prepared[:, 1], 1.5, atol=1e-5)
    np.testing.assert_allclose(prepared[0], 3 - prepared[0, ::-1], atol=1e-5)


def test_resizing_with_padding_stays_within_the_range_of_image_and_black():
    prepared = takes(20, 20, 1, fit="pad").prepare(np.full((5, 9), 255, "float32"))
    assert prepared.min() == 0
    assert prepared.max() == 255
    negative = takes(20, 20, 1, fit="pad").prepare(np.full((5, 9), -1, "float32"))
    assert (negative.min(), negative.max()) == (-1, 0)


def test_images_of_several_sizes_are_cropped_each_by_itself():
    tall, wide = np.full((12, 6), 7, "float32"), RAMP
    prepared = takes(6, 6, 1, fit="crop").prepare([tall, wide])[..., 0]
    np.testing.assert_array_equal(prepared, np.stack([np.full((6, 6), 7), RAMP[:, 3:9]]))


def test_the_photograph_shown_is_what_the_network_sees():
    shown = {fit: photograph_bytes(takes(6, 6, 1, fit=fit), RAMP * 3) for fit in SEEN}
    assert len(set(shown.values())) == 3
    assert shown["crop"] == photograph_bytes(takes(6, 6, 1), RAMP[:, 3:9] * 3)


def test_load_model_takes_the_fit(tmp_path):
    net = load_model(
        "MobileNetV2", weights="random", alpha=0.35, fit="crop", input_shape=(96, 96, 3)
    )
    assert net.fit == "crop"
    assert "input 96 × 96 by crop ·" in repr(net)
    takes(4, 4, 1).model.save(tmp_path / "own.keras")
    assert load_model(tmp_path / "own.keras", fit="pad").fit == "pad"
    assert "by" not in repr(takes(4, 4, 1))


# Networks that cut their input themselves


def frame(net, height, width):
    (found,) = frames_of(net, np.zeros((height, width, 1), "float32"))
    return found


def test_a_network_that_crops_the_centre():
    net = takes(6, 12, 1, first=[layers.Rescaling(1 / 255), layers.CenterCrop(4, 6)])
    assert frame(net, 6, 12) == Frame((6, 12), (1, 3, 4, 6))
    # of the photograph stretched to 6 × 12
    assert frame(net, 60, 60) == Frame((60, 60), (10, 15, 40, 30))


def test_a_centre_larger_than_the_image_is_cut_to_its_ratio():
    net = takes(6, 12, 1, first=[layers.CenterCrop(8, 8)])
    assert frame(net, 6, 12) == Frame((6, 12), (0, 3, 6, 6))


def test_a_network_that_resizes_with_cropping_and_padding():
    crop = takes(6, 12, 1, first=[layers.Resizing(4, 4, crop_to_aspect_ratio=True)])
    pad = takes(6, 12, 1, first=[layers.Resizing(4, 4, pad_to_aspect_ratio=True)])
    stretch = takes(6, 12, 1, first=[layers.Resizing(4, 4)])
    assert frame(crop, 6, 12) == Frame((6, 12), SEEN["crop"])
    assert frame(pad, 6, 12) == Frame((6, 12), SEEN["pad"])
    assert frame(stretch, 6, 12) == whole(6, 12)


def test_a_network_that_crops_margins():
    net = takes(6, 12, 1, first=[layers.Cropping2D(((1, 2), (3, 4)))])
    assert frame(net, 6, 12) == Frame((6, 12), (1, 3, 3, 5))


def test_cuts_come_after_the_fit_and_after_each_other():
    first = [layers.Resizing(8, 8), layers.CenterCrop(4, 4), layers.CenterCrop(2, 4)]
    net = takes(4, 4, 1, fit="crop", first=first)
    # 6 of 12 columns, of these the middle half, of its rows the middle half
    assert frame(net, 6, 12) == Frame((6, 12), (2.25, 4.5, 1.5, 3))


@pytest.mark.parametrize("size", [(6, 12), (7, 9)])
def test_a_network_that_takes_any_size(size):
    first = [layers.Cropping2D(1), layers.Rescaling(2), layers.CenterCrop(4, 4)]
    net = takes(None, None, 1, first=first)
    top, left = 1 + (size[0] - 6) // 2, 1 + (size[1] - 6) // 2
    assert frame(net, *size) == Frame(size, (top, left, 4, 4))


def test_what_comes_after_the_first_kernel_does_not_count():
    image = keras.Input((6, 12, 1))
    x = layers.CenterCrop(4, 4)(layers.Conv2D(1, 1)(image))
    assert frame(VisionModel(keras.Model(image, layers.Conv2D(1, 1)(x))), 6, 12) == whole(6, 12)


class Inside(keras.Model):
    def __init__(self):
        super().__init__()
        # attributes in another order than the calls
        self.head = layers.Conv2D(1, 1)
        self.first = keras.Sequential([layers.Rescaling(1 / 255), layers.CenterCrop(4, 6)])

    def call(self, x):
        return self.head(self.first(x))


@pytest.mark.parametrize("called", [False, True])
def test_cuts_inside_nested_and_subclassed_networks(called):
    model = Inside()
    if called:
        model(np.zeros((1, 6, 12, 1), "float32"))
    assert frame(VisionModel(model), 6, 12) == Frame((6, 12), (1, 3, 4, 6))


def test_channels_first():
    crop = layers.CenterCrop(4, 6, data_format="channels_first")
    stack = [keras.Input((1, 6, 12)), crop, layers.Conv2D(1, 1, data_format="channels_first")]
    assert frame(VisionModel(keras.Sequential(stack)), 6, 12) == Frame((6, 12), (1, 3, 4, 6))


def test_a_frame_for_each_image():
    images = [np.zeros((6, 12)), np.zeros((4, 4)), np.zeros((12, 6))]
    assert frames_of(takes(4, 4, 1, fit="crop"), images) == [
        Frame((6, 12), (0, 3, 6, 6)),
        whole(4, 4),
        Frame((12, 6), (3, 0, 6, 6)),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_networks(kind):
    make, source, _ = KINDS[kind]
    images = source()
    found = frames_of(VisionModel(make()), images)
    if kind in ("backbone called twice", "multi-input", "Conv1D", "Conv3D"):
        assert found == [None, None]
    else:
        assert found == [whole(*images.shape[1:3])] * 2


# All of it together: the map of a bright pixel lies on that pixel

PHOTOGRAPHS = [(60, 120), (120, 60), (77, 101)]
OWN = {
    "none": (40, 40, lambda: []),
    "CenterCrop": (40, 40, lambda: [layers.CenterCrop(31, 35)]),
    "Resizing crop": (
        50,
        40,
        lambda: [layers.Resizing(30, 30, crop_to_aspect_ratio=True, antialias=True)],
    ),
    "Resizing pad": (
        50,
        41,
        lambda: [layers.Resizing(30, 30, pad_to_aspect_ratio=True, antialias=True)],
    ),
    "Cropping2D": (40, 40, lambda: [layers.Cropping2D(((1, 8), (7, 2)))]),
    "any size": (None, None, lambda: [layers.Resizing(40, 50, crop_to_aspect_ratio=True)]),
}


def centroid(values):
    values = np.nan_to_num(values)
    axes = np.indices(values.shape)
    return [float((axis * values).sum() / values.sum()) for axis in axes]


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("fit", SEEN)
@pytest.mark.parametrize("size", PHOTOGRAPHS)
def test_the_map_of_a_bright_spot_lies_on_it(fit, size, own):
    height, width, first = OWN[own]
    net = takes(height, width, 1, fit=fit, first=first())
    for weight in net.model.weights:
        weight.assign(np.ones(weight.shape) if "kernel" in weight.path else np.zeros(weight.shape))
    # off the centre, and some pixels wide, since the network sees fewer than the photograph has
    row, column = size[0] // 2 - 7, size[1] // 2 + 5
    picture = np.zeros((*size, 1), "float32")
    picture[row - 2 : row + 3, column - 2 : column + 3] = 255
    map_ = net.model(net.prepare(picture)).numpy()[0, ..., 0]
    (found,) = frames_of(net, picture)
    assert centroid(found.place(map_)) == pytest.approx([row, column], abs=0.25)
