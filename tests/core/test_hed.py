import h5py
import keras
import numpy as np
import pytest

from convnet_widgets import load_model
from convnet_widgets.core.pretrained import hed


@pytest.fixture(scope="module")
def net():
    return load_model("VGG16", "hed", include_top=False)


def test_convolutions_are_those_of_the_file(net):
    with h5py.File(hed.weights_file()) as file:
        for layer, path in [
            ("block1_conv1", "block1/layers/conv2d"),
            ("block1_conv2", "block1/layers/conv2d_1"),
            ("block3_conv3", "block3/layers/conv2d_2"),
            ("block5_conv3", "block5/layers/conv2d_2"),
        ]:
            kernel, bias = net.model.get_layer(layer).get_weights()
            np.testing.assert_array_equal(kernel, file[f"{path}/vars/0"])
            np.testing.assert_array_equal(bias, file[f"{path}/vars/1"])


def test_the_order_of_blocks_agrees_with_the_names_in_the_file():
    with h5py.File(hed.weights_file()) as file:
        names = [file[name.rsplit("/", 1)[0]].attrs["name"] for name in hed._names()[::2]]
    base = keras.applications.VGG16(weights=None, include_top=False)
    assert names == [layer.name for layer in base.layers if "conv" in layer.name]


def test_filters_are_trained_ones(net):
    """Neighbouring weights of trained filters agree, those of random ones do not."""

    def agreement(kernel):
        return np.corrcoef(kernel[:, :-1].ravel(), kernel[:, 1:].ravel())[0, 1]

    random = load_model("VGG16", "random", include_top=False)
    assert agreement(net.model.layers[1].kernel.numpy()) > 0.3
    assert abs(agreement(random.model.layers[1].kernel.numpy())) < 0.15


def test_provenance(net):
    assert net.weights == "hed-bsds500"
    assert net.caption == "VGG16 · weights: hed-bsds500"


def other(tmp_path, change):
    path = tmp_path / "other.h5"
    path.write_bytes(hed.weights_file().read_bytes())
    with h5py.File(path, "a") as file:
        change(file)
    return path


def widen(file):
    del file["block4/layers/conv2d/vars/1"]
    file["block4/layers/conv2d/vars/1"] = np.zeros(7)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda file: file.pop("block2"), "not the weights of an edge detector"),
        (widen, "has other shapes than the network's convolutions"),
    ],
)
def test_another_file_changes_nothing(tmp_path, change, sentence):
    model = keras.applications.VGG16(weights=None, include_top=False)
    before = model.layers[1].get_weights()[0]
    with pytest.raises(ValueError, match=sentence):
        hed.load_hed(model, other(tmp_path, change))
    np.testing.assert_array_equal(model.layers[1].get_weights()[0], before)


def test_no_hdf5(tmp_path):
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(ValueError, match=r"text\.h5: not the weights"):
        hed.load_hed(
            keras.applications.VGG16(weights=None, include_top=False), tmp_path / "text.h5"
        )


def test_other_channels():
    with pytest.raises(ValueError, match="fits VGG16 with three input channels"):
        load_model("VGG16", "hed", include_top=False, input_shape=(64, 64, 1))
