"""Maps of a random convnet against torch-cam's of the same network in PyTorch.

Runs where the extra `oracle` is installed, as `.ci/run` does; nothing else needs PyTorch.
"""

import keras
import numpy as np
import pytest
from keras import layers

import convnet_widgets as cw

torch = pytest.importorskip("torch", reason='needs pip install -e ".[oracle]"')
oracles = pytest.importorskip("torchcam.methods", reason='needs pip install -e ".[oracle]"')

HEIGHT, WIDTH, CLASSES = 17, 13, 5
#: filters, kernel, stride, whether padded: sizes at which both frameworks pad alike
CONVOLUTIONS = ((6, 3, 1, True), (8, 3, 2, True), (10, 3, 1, False))
LAYERS = [f"{kind}{number}" for number in (1, 2, 3) for kind in ("conv", "relu")]
RELUS = [name for name in LAYERS if name.startswith("relu")]
#: without Grad-CAM++, whose weights torch-cam 0.5 does not divide by the sum in their formula
METHODS = {
    "grad_cam": (oracles.GradCAM, LAYERS),
    "layer_cam": (oracles.LayerCAM, LAYERS),
    # of sums that a ReLU keeps from being nearly zero
    "xgrad_cam": (oracles.XGradCAM, RELUS),
    "score_cam": (oracles.ScoreCAM, LAYERS),
}
CASES = [(method, layer) for method, (_, names) in METHODS.items() for layer in names]


@pytest.fixture(scope="module", name="images")
def fixture_images():
    return np.random.default_rng(1).normal(0, 1, (4, HEIGHT, WIDTH, 3)).astype("float32")


@pytest.fixture(scope="module", name="original")
def fixture_original():
    generator = torch.Generator().manual_seed(0)
    parts, channels = torch.nn.Sequential(), 3
    for number, (filters, kernel, stride, padded) in enumerate(CONVOLUTIONS, 1):
        padding = kernel // 2 if padded else 0
        convolution = torch.nn.Conv2d(channels, filters, kernel, stride, padding)
        parts.add_module(f"conv{number}", convolution)
        parts.add_module(f"relu{number}", torch.nn.ReLU())
        channels = filters
    parts.add_module("pool", torch.nn.AdaptiveAvgPool2d(1))
    parts.add_module("flat", torch.nn.Flatten())
    parts.add_module("head", torch.nn.Linear(channels, CLASSES))
    with torch.no_grad():
        for weight in parts.parameters():
            weight.normal_(0, 0.3, generator=generator)
    return parts.eval()


@pytest.fixture(scope="module", name="copy")
def fixture_copy(original):
    """The same network in Keras, with a softmax that maps see through."""
    x = image = keras.Input((HEIGHT, WIDTH, 3))
    for number, (filters, kernel, stride, padded) in enumerate(CONVOLUTIONS, 1):
        padding = "same" if padded else "valid"
        x = layers.Conv2D(filters, kernel, stride, padding, name=f"conv{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    scores = layers.Dense(CLASSES, activation="softmax", name="head")(x)
    model = keras.Model(image, scores, name="copy")
    for name in ("conv1", "conv2", "conv3", "head"):
        module = getattr(original, name)
        kernel, bias = module.weight.detach().numpy(), module.bias.detach().numpy()
        # the filter or class goes last, the input channel before it
        order = (2, 3, 1, 0) if kernel.ndim == 4 else (1, 0)
        model.get_layer(name).set_weights([kernel.transpose(order), bias])
    return model


def torch_maps(extractor, original, layer, images, target):
    """What torch-cam makes of each image, after ReLU, divided by its maximum."""
    pixels = torch.from_numpy(images.transpose(0, 3, 1, 2))
    with extractor(original, layer, input_shape=pixels.shape[1:]) as extract:
        scores = original(pixels)
        (maps,) = extract(target, scores, normalized=False)
    values = maps.detach().numpy()
    highest = values.max(axis=(1, 2), keepdims=True)
    return np.divide(values, highest, out=np.zeros_like(values), where=highest > 0)


def test_the_copy_answers_as_the_original(original, copy, images):
    with torch.no_grad():
        expected = original(torch.from_numpy(images.transpose(0, 3, 1, 2))).softmax(-1).numpy()
    np.testing.assert_allclose(copy(images).numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("method", "layer"), CASES)
def test_maps_are_those_of_torch_cam(method, layer, original, copy, images):
    seen = 0
    for target in range(CLASSES):
        made = cw.class_activation_map(copy, images, layer, target, method)
        values = np.stack([heatmap.values for heatmap in made])
        expected = torch_maps(METHODS[method][0], original, layer, images, target)
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-4)
        seen += np.count_nonzero(expected.any(axis=(1, 2)))
    assert seen > CLASSES * len(images) / 2  # the rest are blank in both
