import inspect
import sys

import keras
import numpy as np
import pytest

from convnet_widgets import VisionModel, load_model
from convnet_widgets.core import families

CONSTRUCTORS = families.constructors()
PIXELS = np.random.default_rng(0).uniform(0, 255, (2, 4, 5, 3)).astype("float32")


def default_name(constructor):
    parameter = inspect.signature(constructor).parameters["name"]
    if parameter.default is not None:
        return parameter.default
    return constructor(weights=None, include_top=False, input_shape=(32, 32, 3)).name


def bare(name):
    """A model that bears the name of one that normalises pixels by itself, as most do."""
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, keras.layers.Rescaling(1.0)(inputs), name=name)


def test_there_are_forty_constructors():
    assert len(CONSTRUCTORS) >= 40
    assert {"VGG16", "ResNet50V2", "ConvNeXtXLarge", "NASNetLarge"} <= set(CONSTRUCTORS)


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_preprocessing_is_that_of_the_constructor_s_own_module(name):
    model = bare(default_name(CONSTRUCTORS[name]))
    own = sys.modules[CONSTRUCTORS[name].__module__].preprocess_input
    ours = families.find_preprocessing(model)(PIXELS)
    np.testing.assert_array_equal(ours, own(PIXELS.copy()))
    assert ours.dtype == np.float32


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_names_lead_back_to_the_constructor(name):
    assert families.constructor_name(default_name(CONSTRUCTORS[name])) == name


def test_preprocessing_leaves_its_argument_alone():
    before = PIXELS.copy()
    families.find_preprocessing(bare("vgg16"))(PIXELS)
    np.testing.assert_array_equal(PIXELS, before)


def test_preprocessing_by_hand():
    pixel = np.array([[[[10, 20, 30]]]], "float32")
    caffe = [[[[30 - 103.939, 20 - 116.779, 10 - 123.68]]]]
    np.testing.assert_allclose(families.find_preprocessing(bare("vgg16"))(pixel), caffe, rtol=1e-6)
    tf = pixel / 127.5 - 1
    np.testing.assert_allclose(
        families.find_preprocessing(bare("resnet50v2"))(pixel), tf, rtol=1e-6
    )
    lite = families.find_preprocessing(bare("efficientnetlite0"))(pixel)
    np.testing.assert_array_equal(lite, (pixel - 127) / 128)


@pytest.mark.parametrize(
    "name",
    [
        "my_resnet",
        "resnet",
        "resnet50_finetuned",
        "vgg16_1",
        "model",
        "mobilenet",
        "sequential_vgg16",
    ],
)
def test_other_names_belong_to_no_family(name):
    assert families.find_family(name) is None
    assert VisionModel(bare(name)).preprocess is None
    assert VisionModel(bare(name)).name == name


@pytest.mark.parametrize("alpha", [0.35, 1.4])
def test_mobilenets_of_other_widths(alpha):
    net = load_model("MobileNetV2", "random", alpha=alpha, input_shape=(96, 96, 3))
    assert net.name == "MobileNetV2"
    np.testing.assert_array_equal(net.preprocess(PIXELS), PIXELS / 127.5 - 1)


@pytest.mark.parametrize("name", ["MobileNetV3Small", "EfficientNetV2B0"])
def test_without_built_in_normalisation_it_is_done_before(name):
    """The two ways to build a network give the same result on the same photograph."""
    shape = (64, 64, 3)
    inside = load_model(name, "random", include_top=False, input_shape=shape)
    before = load_model(
        name, "random", include_top=False, input_shape=shape, include_preprocessing=False
    )
    weights = inside.model.get_weights()
    before.model.set_weights(weights[len(weights) - len(before.model.weights) :])
    image = np.random.default_rng(1).uniform(0, 255, (1, *shape))
    np.testing.assert_allclose(
        inside.model(inside.prepare(image)), before.model(before.prepare(image)), atol=2e-4
    )


@pytest.mark.parametrize(
    ("index", "synset", "name"),
    [
        (0, "n01440764", "tench"),
        (101, "n01871265", "tusker"),
        (134, "n02012849", "crane"),
        (281, "n02123045", "tabby"),
        (285, "n02124075", "Egyptian_cat"),
        (385, "n02504013", "Indian_elephant"),
        (386, "n02504458", "African_elephant"),
        (517, "n03126707", "crane"),
        (607, "n03590841", "jack-o'-lantern"),
        (638, "n03710637", "maillot"),
        (639, "n03710721", "maillot"),
        (967, "n07920052", "espresso"),
        (999, "n15075141", "toilet_tissue"),
    ],
)
def test_imagenet_classes(index, synset, name):
    assert families.imagenet_classes()[index] == (synset, name)


def test_synsets_are_a_thousand_in_order():
    synsets = [synset for synset, _ in families.imagenet_classes()]
    assert len(synsets) == 1000
    assert synsets == sorted(set(synsets))
    assert not any(" " in name or not name for _, name in families.imagenet_classes())


def test_labels_need_a_family_and_a_thousand_classes():
    def outputs(name, classes):
        inputs = keras.Input((3,))
        return keras.Model(inputs, keras.layers.Dense(classes)(inputs), name=name)

    assert VisionModel(outputs("vgg16", 1000)).labels[285] == "Egyptian_cat"
    assert VisionModel(outputs("vgg16", 10)).labels is None
    assert VisionModel(outputs("mine", 1000)).labels is None


def test_a_name_of_one_s_own_changes_no_preprocessing():
    net = load_model("VGG16", "random", name="mine", include_top=False)
    assert net.name == "mine"
    expected = keras.applications.vgg16.preprocess_input(PIXELS.copy())
    np.testing.assert_array_equal(net.preprocess(PIXELS), expected)
