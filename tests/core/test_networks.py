import shutil

import keras
import numpy as np
import pytest

from convnet_widgets import VisionModel, load_model
from convnet_widgets.core import weights as sources
from convnet_widgets.core.networks import as_vision_model
from convnet_widgets.core.pixel_range import ImageRangeWarning
from convnet_widgets.core.pretrained import lite_weights
from convnet_widgets.core.pretrained.legacy_pth import UnsafeWeightsError
from convnet_widgets.core.weights import WeightsUnavailableError, WeightsWarning

SMALL = {"alpha": 0.35, "input_shape": (96, 96, 3), "include_top": False}


def digits(name="digits"):
    return keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)], name=name
    )


@pytest.fixture
def offline(monkeypatch):
    """Keras's download fails at once."""

    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", refuse)


def same_weights(one, other):
    return all(
        np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


# VisionModel


def test_a_model_is_wrapped_and_a_wrapped_one_passes():
    model = digits()
    net = as_vision_model(model)
    assert net.model is model
    assert (net.name, net.weights, net.caption) == (
        "digits",
        "as given",
        "digits · weights: as given",
    )
    assert as_vision_model(net) is net


@pytest.mark.parametrize("thing", ["VGG16", None, np.zeros(3), keras.layers.Dense(1)])
def test_other_things_are_refused(thing):
    with pytest.raises(TypeError, match="expected a keras.Model or a VisionModel, got"):
        as_vision_model(thing)
    with pytest.raises(TypeError, match=r"expected a keras\.Model, got"):
        VisionModel(thing)


def test_the_model_is_not_changed():
    model = digits()
    before, config = model.get_weights(), model.get_config()
    VisionModel(model).prepare(np.zeros((9, 9, 3)))
    assert model.get_config() == config
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_labels_are_kept_and_counted():
    assert VisionModel(digits(), labels=list("0123456789")).labels == tuple("0123456789")
    with pytest.raises(ValueError, match="3 labels for a network of 10 classes"):
        VisionModel(digits(), labels=list("abc"))
    for wrong in ("0123456789", [1] * 10, 3, np.array("cat"), np.zeros((10, 2))):
        with pytest.raises(TypeError, match="labels as a sequence of names.*, got"):
            VisionModel(digits(), labels=wrong)


def test_labels_in_an_array(tmp_path):
    names = np.array(list("0123456789"))
    net = VisionModel(digits(), labels=names)
    assert net.labels == tuple("0123456789")
    assert {type(label) for label in net.labels} == {str}
    net.model.save(tmp_path / "digits.keras")
    assert load_model(tmp_path / "digits.keras", labels=names).labels == net.labels
    keywords = {**SMALL, "include_top": True, "classes": 10}
    assert load_model("MobileNetV2", "random", labels=names, **keywords).labels == net.labels
    with pytest.raises(ValueError, match="0 labels for a network of 10 classes"):
        load_model("MobileNetV2", "random", labels=[], **keywords)


def test_preprocess_must_be_called():
    with pytest.raises(TypeError, match="expected a callable preprocess"):
        VisionModel(digits(), preprocess="caffe")


def test_one_s_own_preprocess_and_labels_go_before_the_family_s():
    def preprocess(pixels):
        return pixels / 2

    labels = [str(i) for i in range(1000)]
    net = load_model("EfficientNetLite0", preprocess=preprocess, labels=labels)
    assert net.preprocess is preprocess
    assert net.labels == tuple(labels)


def test_a_network_loaded_by_name_warns_of_pixels_out_of_range():
    small = np.full((96, 96, 3), 0.5)
    for keywords in ({}, {"name": "mine"}):
        with pytest.warns(ImageRangeWarning, match=r"0–255.*float64 values 0\.5 to 0\.5"):
            load_model("MobileNetV2", "random", **SMALL, **keywords).prepare(small)
    net = load_model("MobileNetV2", "random", preprocess=np.abs, **SMALL)
    np.testing.assert_array_equal(net.prepare(small)[0], small)


def test_caption_tells_of_substitutes():
    net = VisionModel(digits(), weights="random (seed 0)", requested="imagenet")
    assert net.is_substitute
    assert net.caption == "digits · weights: random (seed 0), not imagenet"
    assert not VisionModel(digits(), weights="imagenet", requested="imagenet").is_substitute


# Weights


def test_random():
    net = load_model("MobileNetV2", "random", seed=7, **SMALL)
    assert net.caption == "MobileNetV2 · weights: random (seed 7)"
    assert same_weights(net.model, load_model("MobileNetV2", "random", seed=7, **SMALL).model)
    assert not same_weights(net.model, load_model("MobileNetV2", "random", **SMALL).model)


@pytest.mark.usefixtures("offline")
def test_auto_falls_back_to_random():
    with pytest.warns(WeightsWarning, match="'random \\(seed 3\\)', not ImageNet's.*no network"):
        net = load_model("MobileNetV2", seed=3, **SMALL)
    assert net.weights == "random (seed 3)"
    assert same_weights(net.model, load_model("MobileNetV2", "random", seed=3, **SMALL).model)


@pytest.mark.usefixtures("offline")
def test_auto_falls_back_to_the_edge_detector_for_vgg16():
    with pytest.warns(WeightsWarning, match="'hed-bsds500', not ImageNet's"):
        net = load_model("VGG16", include_top=False)
    assert same_weights(net.model, load_model("VGG16", "hed", include_top=False).model)


@pytest.mark.usefixtures("offline")
def test_a_stand_in_under_a_top():
    with pytest.warns(WeightsWarning, match="under a random top"):
        net = load_model("VGG16", seed=1, classes=10, input_shape=(32, 32, 3))
    assert net.weights == "hed-bsds500 under a random top (seed 1)"
    top = load_model("VGG16", "random", seed=1, classes=10, input_shape=(32, 32, 3)).model
    np.testing.assert_array_equal(net.model.get_layer("fc2").kernel, top.get_layer("fc2").kernel)
    assert not np.array_equal(net.model.layers[1].kernel, top.layers[1].kernel)


@pytest.mark.usefixtures("offline")
def test_the_edge_detector_takes_three_channels_only():
    with pytest.warns(WeightsWarning, match="random"):
        net = load_model("VGG16", include_top=False, input_shape=(32, 32, 1))
    assert net.weights == "random (seed 0)"


@pytest.mark.usefixtures("offline")
def test_imagenet_asked_for_is_never_replaced():
    with pytest.raises(WeightsUnavailableError, match=r"no network.*Connect to the network") as e:
        load_model("MobileNetV2", "imagenet", **SMALL)
    assert isinstance(e.value, OSError)


def test_without_the_packages(monkeypatch):
    monkeypatch.setattr(sources.lite_weights, "weights_file", lambda: None)
    monkeypatch.setattr(sources.hed, "weights_file", lambda: None)
    with pytest.raises(WeightsUnavailableError, match=r"not installed.*convnet-widgets\[lab\]"):
        load_model("EfficientNetLite0", "imagenet")
    with pytest.raises(WeightsUnavailableError, match=r"not installed.*convnet-widgets\[lab\]"):
        load_model("VGG16", "hed")
    with pytest.warns(WeightsWarning, match="not installed"):
        assert load_model("EfficientNetLite0").weights == "random (seed 0)"


def test_the_embedded_weights_are_for_their_own_classes():
    with pytest.raises(ValueError, match=r"_fc\.weight has the shape"):
        load_model("EfficientNetLite0", "imagenet", classes=10)
    with pytest.warns(WeightsWarning, match=r"_fc\.weight"):
        assert load_model("EfficientNetLite0", classes=10).weights == "random (seed 0)"


def test_hed_is_for_vgg16_alone():
    with pytest.raises(ValueError, match="MobileNetV2 has others"):
        load_model("MobileNetV2", "hed")


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".keras"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_weights_from_a_file(tmp_path, suffix):
    trained = load_model("MobileNetV2", "random", seed=9, **SMALL).model
    path = tmp_path / f"trained{suffix}"
    trained.save_weights(path) if suffix == ".weights.h5" else trained.save(path)
    for given in (path, str(path)):
        net = load_model("MobileNetV2", given, **SMALL)
        assert net.weights == f"trained{suffix}"
        assert same_weights(net.model, trained)


def test_weights_from_a_pth_file(tmp_path):
    path = tmp_path / "mine.pth"
    shutil.copy(lite_weights.weights_file(), path)
    net = load_model("EfficientNetLite0", path)
    assert net.weights == "mine.pth"
    assert same_weights(net.model, load_model("EfficientNetLite0").model)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".keras"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_weights_of_another_network_are_refused_in_a_sentence(tmp_path, suffix):
    small = {"include_top": False, "input_shape": (32, 32, 3)}
    for index, other in enumerate(
        (
            load_model("MobileNet", "random", alpha=0.25, **small),
            load_model("MobileNetV2", "random", **{**SMALL, "alpha": 0.5}),
            VisionModel(digits()),
        )
    ):
        path = tmp_path / f"other{index}{suffix}"
        write = other.model.save_weights if suffix == ".weights.h5" else other.model.save
        write(path)
        # a warning would fail this test: Keras gives one for each weight
        with pytest.raises(ValueError, match=r"other.\S+: not weights of MobileNetV2") as refused:
            load_model("MobileNetV2", path, **SMALL)
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 400


def test_a_tampered_pth_file(tmp_path):
    path, traces = tmp_path / "evil.pth", tmp_path / "was here"
    path.write_bytes(f"cposix\nsystem\n(S'touch {traces}'\ntR.".encode())
    with pytest.raises(UnsafeWeightsError, match=r"evil\.pth: asks for posix\.system"):
        load_model("EfficientNetLite0", path)
    assert not traces.exists()


def test_weights_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weights file 'imagnet'.*\"imagenet\""):
        load_model("VGG16", "imagnet")
    (tmp_path / "w.pth").write_bytes(b"")
    with pytest.raises(ValueError, match=r"VGG16 takes weights from \.h5"):
        load_model("VGG16", tmp_path / "w.pth", include_top=False)
    for name in ("w.h5", "w.keras"):
        (tmp_path / name).write_bytes(b"text")
        with pytest.raises(
            ValueError, match=r"w\..*: not weights of MobileNetV2.*neither the arch"
        ):
            load_model("MobileNetV2", tmp_path / name, **SMALL)


# Names and files


@pytest.mark.parametrize(
    ("name", "near"),
    [("vgg16", "VGG16"), ("ResNet50v2", "ResNet50V2"), ("EfficientNetLite", "EfficientNetLite0")],
)
def test_unknown_names_get_near_ones(name, near):
    with pytest.raises(ValueError, match=f"no network or model file '{name}'; near: .*{near}"):
        load_model(name)


@pytest.mark.parametrize("arguments", [(None,), (digits(),), ("VGG16", None), ("VGG16", 3)])
def test_neither_name_nor_path(arguments):
    with pytest.raises(TypeError, match="expected a name or a path, got"):
        load_model(*arguments)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_a_model_file(tmp_path, suffix):
    model = digits()
    path = tmp_path / f"mine{suffix}"
    model.save(path)
    net = load_model(path, labels=list("0123456789"))
    assert net.caption == f"digits · weights: mine{suffix}"
    assert same_weights(net.model, model)
    assert net.labels == tuple("0123456789")


def test_a_file_of_a_known_family_keeps_its_preprocessing(tmp_path):
    load_model("MobileNetV2", "random", **SMALL).model.save(tmp_path / "m.keras")
    net = load_model(str(tmp_path / "m.keras"))
    assert net.caption == "MobileNetV2 · weights: m.keras"
    assert net.prepare(np.zeros((32, 32, 3))).max() == -1


def test_what_is_for_constructors_does_not_go_with_a_file(tmp_path):
    digits().save(tmp_path / "m.keras")
    with pytest.raises(TypeError, match=r"m\.keras is a whole model; leave out weights, classes"):
        load_model(tmp_path / "m.keras", "random", classes=10)


def test_a_file_of_another_format_is_no_model(tmp_path):
    (tmp_path / "notes.keras").write_text("no model")
    with pytest.raises(ValueError, match=r"notes\.keras: no model that can be loaded: neither the"):
        load_model(tmp_path / "notes.keras")


def test_a_file_with_code_is_refused(tmp_path):
    lambdas = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x + 1)])
    lambdas.save(tmp_path / "lambda.keras")
    with pytest.raises(ValueError, match=r"lambda\.keras: no model that can be loaded without"):
        load_model(tmp_path / "lambda.keras")


def test_files_that_hold_no_model(tmp_path):
    with pytest.raises(FileNotFoundError, match="no model file"):
        load_model("nowhere.keras")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load_model(tmp_path)
    for name in ("text.keras", "text.h5"):
        (tmp_path / name).write_text("text")
        with pytest.raises(ValueError, match=f"{name}: no model"):
            load_model(tmp_path / name)
    digits().save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(ValueError, match=r"only\.weights\.h5: no model.*Weights alone go to"):
        load_model(tmp_path / "only.weights.h5")


def test_wrong_keywords_are_the_constructor_s_own_error():
    with pytest.raises(TypeError, match="no_such_keyword"):
        load_model("MobileNetV2", no_such_keyword=1)


def test_a_network_prints_in_a_line():
    image = keras.Input((8, None, 3))
    model = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image), name="mean")
    net = VisionModel(model, labels=["red", "green", "blue"])
    assert repr(net) == "VisionModel(mean · weights: as given · input 8 × ? · 3 labels)"


def test_another_backend_is_refused(monkeypatch):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="runs on jax.*KERAS_BACKEND=tensorflow"):
        VisionModel(model)
