"""Grad-CAM of one image after warm-up against one compiled forward pass, at 224 pixels.

EfficientNet-Lite0 and ResNet50V2 as they are, nested in a Sequential and in a functional model, and
within a subclassed model; tf-keras-vis, xplique, tf-explain and the recipe of keras.io on the plain
one, where they work, and the model called eagerly. All get the same prepared array, the same layer
and the same class. Then 64 images in one call against 64 calls. Aims: at most 1.15 forward passes,
nested and subclassed 1.5.
"""

import argparse
import gc

import keras
import numpy as np
import tensorflow as tf
from _grad_cam import PEERS, first_line
from _timing import compare, print_ratios

import convnet_widgets as cw

NETWORKS = {"EfficientNetLite0": "auto", "ResNet50V2": "random"}
SIZE, IMAGES, ROUNDS = 224, 64, 15


class Subclassed(keras.Model):
    """A network within a model that has no graph of its own."""

    def __init__(self, inner):
        super().__init__(name="subclassed")
        self.inner = inner

    def call(self, images):
        return self.inner(images)


def wrapped(model):
    """The network within others, each of which Grad-CAM has to see through."""
    image = keras.Input((SIZE, SIZE, 3))
    return {
        "plain": model,
        "nested in Sequential": keras.Sequential([keras.Input((SIZE, SIZE, 3)), model]),
        "nested in functional": keras.Model(image, model(image), name="around"),
        "subclassed": Subclassed(model),
    }


def ours(model, images, target=None):
    """Ours at the layer that it chooses, without preprocessing, since the images are prepared."""
    net = cw.VisionModel(model, preprocess=_same)
    return lambda: cw.class_activation_map(net, images, target=target)


def _same(images):
    return images


def forward_pass(model, batch):
    """A compiled call of the model, its answer as an array."""
    forward, constant = (
        tf.function(lambda images: model(images, training=False)),
        tf.constant(batch),
    )
    return {"one compiled forward pass": lambda: forward(constant).numpy()}


def peers(model, batch, layer, target):
    """What the peers do at the same layer; those that do not run are named."""
    ways = {}
    for name, make in PEERS.items():
        try:
            run = make(_copy(model), layer, target)  # a copy, since the recipe changes the model
            run(batch)
            ways[name] = lambda run=run: run(batch)
        except Exception as error:
            print(f"  {name} does not run: {first_line(error)}")
    return ways | {"the model, called eagerly": lambda: model(batch, training=False).numpy()}


def _copy(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def measure(name, rounds):
    """Print the ratios of one network; ours apart from what leaves much to clear away."""
    net = cw.load_model(name, weights=NETWORKS[name])
    image, model = net.prepare(cw.load_image("cat"))[0], net.model
    first = ours(model, image)()
    layer, target = first.layer, first.target.index
    forward = forward_pass(model, image[None])
    kinds = {f"ours, {kind}": ours(one, image, target) for kind, one in wrapped(model).items()}
    print_ratios(f"{name}, Grad-CAM of one image", compare(forward | kinds, rounds))
    others = peers(model, image[None], layer, target)
    print_ratios(f"{name}, the same by others", compare(forward | others, rounds))
    images = np.random.default_rng(0).uniform(0, 255, (IMAGES, SIZE, SIZE, 3)).astype("float32")
    many = {
        f"{IMAGES} calls": lambda: [ours(model, one, target)() for one in images],
        "one call": ours(model, images, target),
    }
    print_ratios(f"{name}, {IMAGES} images", compare(many, max(rounds // 5, 1)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NETWORKS), help="default: both")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    given = parser.parse_args()
    for name in given.names:
        measure(name, given.rounds)
        keras.backend.clear_session()
        gc.collect()


if __name__ == "__main__":
    main()
