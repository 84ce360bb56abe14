import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest

from convnet_widgets.core.weight_files import load_weights, loading_in_pieces

pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def network(units=300):
    """A network with the layers that a file may trip over, and a kernel of several pieces."""
    image = keras.Input((6, 6, 4))
    x = keras.layers.Normalization(name="normalised")(image)
    x = keras.layers.Conv2D(8, 3, name="convolution")(x)
    x = keras.layers.BatchNormalization(name="batch")(x)
    x = keras.layers.Dense(4096, name="wide")(keras.layers.Flatten()(x))
    return keras.Model(image, keras.layers.Dense(units, name="last")(x))


def filled(model):
    generator = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(generator.uniform(0.5, 1, variable.shape).astype(variable.dtype))
    model.get_layer("normalised").finalize_state()
    return model


def same_weights(one, other):
    return all(
        np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


@pytest.fixture(scope="module")
def trained():
    return filled(network())


@pytest.fixture
def keras_alone(monkeypatch):
    """Fails the test where Keras would read the file itself."""
    monkeypatch.setattr(
        "convnet_widgets.core.weight_files._load_as_keras",
        lambda *_, **__: pytest.fail("read by Keras"),
    )


@pytest.mark.usefixtures("keras_alone")
@pytest.mark.parametrize("name", ["whole.h5", "whole.hdf5"])
def test_a_file_is_read_as_keras_would(tmp_path, trained, name):
    trained.save(tmp_path / name)
    model = network()
    load_weights(model, tmp_path / name)
    assert same_weights(model, trained)
    image = np.random.default_rng(1).normal(size=(1, 6, 6, 4)).astype("float32")
    np.testing.assert_array_equal(model(image), trained(image))  # normalised by what was loaded


@pytest.mark.usefixtures("keras_alone")
def test_names_in_numbered_parts(tmp_path, trained):
    trained.save(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        group = file["model_weights"]
        names = list(group.attrs["layer_names"])
        del group.attrs["layer_names"]
        group.attrs["layer_names0"], group.attrs["layer_names1"] = names[:3], names[3:]
        group.attrs["layer_names_note"] = "not a part"
    model = network()
    load_weights(model, tmp_path / "w.h5")
    assert same_weights(model, trained)


@pytest.mark.parametrize("name", ["new.weights.h5", "new.keras"])
def test_other_formats_are_keras_s(tmp_path, trained, name):
    save = trained.save_weights if name.endswith(".weights.h5") else trained.save
    save(tmp_path / name)
    model = network()
    load_weights(model, tmp_path / name)
    assert same_weights(model, trained)


def test_a_file_of_another_network_is_refused_in_keras_s_words(tmp_path, trained):
    trained.save(tmp_path / "w.h5")
    with pytest.raises(ValueError, match=r"expects shape \(4096, 299\)"):
        load_weights(network(units=299), tmp_path / "w.h5")


def test_constructors_of_keras_load_so_within_the_context_alone(tmp_path, trained, monkeypatch):
    trained.save(tmp_path / "w.h5")
    read = []
    monkeypatch.setattr(
        "convnet_widgets.core.weight_files.load_weights", lambda _, path: read.append(path)
    )
    before = keras.Model.load_weights
    model = network()
    with loading_in_pieces():
        model.load_weights("a file")
        model.load_weights(tmp_path / "w.h5", skip_mismatch=True)  # Keras's own business
    assert read == ["a file"]
    assert same_weights(model, trained)
    assert keras.Model.load_weights is before


PEAK = """
import resource, warnings
warnings.simplefilter("ignore")
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
import keras, tensorflow
from convnet_widgets import load_image, load_model, predict
"""


@pytest.fixture(scope="module")
def vgg16_file(tmp_path_factory):
    """A file as Keras's download of VGG16, with zeros that take no room on the disc."""
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.h5"
    model = keras.applications.VGG16(weights=None, include_top=False)
    dense = {"fc1": (25088, 4096), "fc2": (4096, 4096), "predictions": (4096, 1000)}
    shapes = {
        layer.name: [tuple(v.shape) for v in layer.weights]
        for layer in model.layers
        if layer.weights
    }
    shapes |= {name: [size, size[1:]] for name, size in dense.items()}
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = list(shapes)
        for name, sizes in shapes.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = ["kernel", "bias"]
            for weight, size in zip(("kernel", "bias"), sizes, strict=True):
                group.create_dataset(weight, size, "float32", fillvalue=0.25)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
@pytest.mark.parametrize(
    ("fetched", "weights", "limit"),
    [("imagenet", "imagenet", 1.2), (None, "hed-bsds500 under a random top (seed 0)", 1.35)],
)
def test_peak_memory_of_vgg16_is_near_that_of_its_weights(vgg16_file, fetched, weights, limit):
    code = PEAK + (
        "def get_file(*_, **__):\n"
        f"    if {fetched!r}: return {str(vgg16_file)!r}\n"
        "    import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')\n"
        "keras.src.applications.vgg16.file_utils.get_file = get_file\n"
        "predict(load_model('EfficientNetLite0'), load_image('cat')); before = peak()\n"
        "net = load_model('VGG16'); predict(net, load_image('cat'))\n"
        "print(net.weights, peak() - before, sep=';')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    provenance, grown = ran.stdout.strip().split(";")
    assert provenance == weights
    # Keras by itself takes 1,730 MB to read the file; the network that was not to be has 528, and
    # so much again is copied at each use of a variable after a sparse or a sliced update
    assert float(grown) < limit * 528
