"""Score-CAM on the last convolution of a VGG16-shaped classifier: ours against tf-keras-vis.

The 13 convolutions are trained (HED's, fine-tuned from ImageNet), pooling and a random dense layer
of 10 classes follow. tf-keras-vis weighs a channel by the probability of the class for the masked
image; ours and the published formula by the softmax over the channels of how much its logit rises.
So that like is compared with like, tf-keras-vis is given a network of two outputs, the logit of the
class less that of the whole image, and 0: the ratio of their probabilities, which it takes as its
weight, is then proportional to that softmax. It enlarges masks corner to corner, ours centre to
centre as TensorFlow and PyTorch do: the second map of tf-keras-vis is made with its `zoom` set so.
It scales masks to 1 after enlarging, ours before, which is the same where the factor is odd and the
highest value of a mask stays in it: hence images of 14 × 17 pixels and not of 14 × 16.

Printed are how many times as fast ours is, and the largest differences of the maps in [0, 1]: of
tf-keras-vis with either enlargement, and of equal weights for all channels, which tells how much
the weights matter. Aims: twice as fast, the same map within rounding.
"""

import argparse
import statistics
from functools import partial
from unittest.mock import patch

import keras
import numpy as np
import tensorflow as tf
from _grad_cam import scaled
from _patterns import seconds

import convnet_widgets as cw

LAYER, SIZE, CLASSES, ROUNDS = "block5_conv3", 14 * 17, 10, 1


def classifier(size):
    """VGG16's convolutions, pooling and a dense layer of random weights, without softmax."""
    base = cw.load_model("VGG16", weights="hed", include_top=False, input_shape=(size, size, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(base.model.output)
    kernel = keras.initializers.RandomNormal(stddev=0.02, seed=0)
    logits = keras.layers.Dense(CLASSES, kernel_initializer=kernel, name="logits")(pooled)
    model = keras.Model(base.model.input, logits, name="classifier")
    return cw.VisionModel(model, preprocess=base.preprocess)


def against_nothing(model, image, target):
    """A network of two outputs: how much the logit is above the image's, and 0."""
    whole = float(model(image)[0, target])
    rise = keras.layers.Lambda(lambda scores: scores[:, target : target + 1] - whole)(model.output)
    nothing = keras.layers.Lambda(keras.ops.zeros_like)(rise)
    return keras.Model(model.input, keras.layers.Concatenate()([rise, nothing]))


def theirs(model, image):
    """The map of tf-keras-vis, weighted by the exponential of how much the logit rises."""
    from tf_keras_vis.scorecam import Scorecam

    return Scorecam(model)(
        lambda chances: chances[:, 0] / chances[:, 1],
        image,
        penultimate_layer=LAYER,
        seek_penultimate_conv_layer=False,
        expand_cam=False,
        normalize_cam=False,
    )


def as_ours(model, image):
    """The same, with masks enlarged centre to centre."""
    import tf_keras_vis.scorecam as module

    with patch.object(module, "zoom", partial(module.zoom, grid_mode=True)):
        return theirs(model, image)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, help=f"of the image; default: {SIZE}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    given = parser.parse_args()
    keras.utils.disable_interactive_logging()  # bars of `predict`
    net = classifier(given.size)
    photograph = cw.load_image("cat")
    image = net.prepare(photograph)
    target = int(np.argmax(net.model(image)[0]))
    single = against_nothing(net.model, image, target)
    prepared = cw.VisionModel(net.model, preprocess=lambda images: images)
    ways = {
        "ours": lambda: cw.class_activation_map(prepared, image[0], LAYER, target, "score_cam"),
        "tf-keras-vis": lambda: theirs(single, image),
    }
    made, ratios = {}, []
    for _ in range(given.rounds):
        times = {}
        for name, way in ways.items():
            times[name] = seconds(lambda name=name, way=way: made.update({name: way()}))
        ratios.append(times["tf-keras-vis"] / times["ours"])
    report(statistics.median(ratios), made, net.model, image, as_ours(single, image))


def report(ratio, made, model, image, alike):
    """Print the ratio and the differences."""
    maps = keras.Model(model.input, model.get_layer(LAYER).output)(image).numpy()
    values = made["ours"].values
    controls = {
        "tf-keras-vis": made["tf-keras-vis"],
        "tf-keras-vis, masks enlarged centre to centre": alike,
        "equal weights": maps.sum(axis=-1),
    }
    print(
        f"Score-CAM, {maps.shape[-1]} channels of {LAYER}, {image.shape[1]} px: "
        f"{ratio:.1f}× as fast as tf-keras-vis (aim: 2×), all compilation included"
    )
    for name, other in controls.items():
        other = scaled(tf.convert_to_tensor(other).numpy())[0]
        print(f"  largest difference from {name:<48} {np.abs(values - other).max():.1e}")


if __name__ == "__main__":
    main()
