"""Which kinds of models work: ours with every method, and Grad-CAM of the peers.

The kinds are those that the tests of the library know, with class scores (pooling and a dense layer
where they have none), and three heads. Each explains a class for two images at a layer inside the
model. A map is right if it is finite and, scaled to 1, differs by at most 1 % from the formula on
feature maps and gradients that an eager pass of the same model gives (the layer's call is watched;
a twin without softmax or sigmoid stands for a model that has one). Methods that have no such
formula must be finite, in [0, 1], and blank only where nothing is above zero. Peers are asked as
their documentation says. Prints a table, and the first line of what went wrong below it.
"""

import argparse
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from _grad_cam import PEERS, difference, first_line, gradients, scaled, weighted
from keras import layers

import convnet_widgets as cw
from convnet_widgets.core.attribution.methods import METHODS

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
import kinds

OF_PIXELS = {name for name, method in METHODS.items() if method.of_pixels}
CLOSE = 0.01  # of the maximum; mixed precision has three digits
SURE = 300.0  # what a head with softmax or sigmoid multiplies logits by, so that it is certain


def with_scores(make):
    """The model, with pooling and a dense layer where its output has places."""
    keras.utils.set_random_seed(0)  # for those that come without weights
    model = make()
    if isinstance(model, keras.Sequential) and not model.built:
        model.add(layers.Dense(3, name="scores"))
        return model
    shape = getattr(model, "output_shape", None)
    if isinstance(shape, tuple) and len(shape) > 2:
        rank = len(shape) - 2
        x = getattr(layers, f"GlobalAveragePooling{rank}D")(name="mean")(model.outputs[0])
        scores = layers.Dense(3, name="scores")(x)
        return kinds.seeded(keras.Model(model.inputs, scores, name=model.name))
    return model


def with_head(activation, units=3, separate=False):
    """A model that is sure, of two or more classes, and its twin without the activation."""

    def make(last):
        base = kinds.backbone()
        x = layers.GlobalAveragePooling2D(name="pool")(base.output)
        x = layers.Rescaling(SURE, name="sharpen")(x)
        x = layers.Dense(units, activation=None if separate else last, name="head")(x)
        if separate and last:
            x = layers.Activation(last, name="answer")(x)
        return kinds.seeded(keras.Model(base.input, x, name="headed"))

    return make(activation), make(None)


HEADS = {
    "softmax, sure of itself": lambda: with_head("softmax"),
    "softmax as a layer of its own": lambda: with_head("softmax", separate=True),
    "sigmoid of one unit": lambda: with_head("sigmoid", 1),
}


class Case:
    """A model, images, a layer and a class, with what is right."""

    def __init__(self, make, data, path, twin=None):
        self.make, self.data, self.path = make, data, path
        self.own, self.twin = make(), twin or make()
        self.maps, self.gradient, self.target = self._truth()
        self.expected = weighted(self.maps, self.gradient)

    @property
    def outputs(self):
        """Names of the outputs."""
        return getattr(self.twin, "output_names", None) or [None]

    def _truth(self):
        """Feature maps and gradients of the class whose maps are least blank."""
        layer, call = find_layer(self.twin, self.path)
        found = []
        for target in range(self._first(self.twin(self.data)).shape[-1]):

            def score(output, target=target):
                return self._first(output)[:, target]

            maps, gradient = gradients(self.twin, self.data, layer, score, call)
            found.append((maps, gradient, target))
        return max(found, key=lambda one: scaled(weighted(*one[:2])).sum())

    def _first(self, output):
        return output[0] if len(self.outputs) > 1 else output

    def ours(self, method):
        """Our maps of all images, as made at once; pixel methods choose no layer."""
        binary = self._first(self.twin(self.data)).shape[-1] == 1
        target = 1 if binary else self.target
        output = self.outputs[0] if len(self.outputs) > 1 else None
        layer = self.path if method == "guided_grad_cam" or method not in OF_PIXELS else None
        return cw.class_activation_map(self.own, self.data, layer, target, method, output)


def find_layer(model, path):
    """The layer at a path, and which of its calls is meant."""
    call = 0
    for part in path.split("/"):
        name, _, number = part.partition("[")
        call = int(number[:-1]) if number else call
        model = next(layer for layer in model.layers if layer.name == name)
    return model, call


FORMULAS = {
    "grad_cam": weighted,
    "hires_cam": lambda a, g: np.maximum((a * g).sum(-1), 0),
    "layer_cam": lambda a, g: np.maximum((a * np.maximum(g, 0)).sum(-1), 0),
    "elementwise_grad_cam": lambda a, g: np.maximum(a * g, 0).sum(-1),
}


def fault_of_ours(case, method):
    """Why our map is wrong, or None."""
    try:
        made = case.ours(method)
        values = np.stack([heatmap.values for heatmap in made])
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            return "values that are not finite or not in [0, 1]"
        if method in FORMULAS:
            expected = FORMULAS[method](case.maps, case.gradient)
            return _fault(difference(values, expected))
        blank = any(one.raw.max() > 0 and not one.values.any() for one in made)
        return "a blank map" if blank else None
    except Exception as error:
        return first_line(error)


def fault_of_peer(case, make):
    """Why a peer's map is wrong, or None."""
    try:
        model = case.make()
        if model.built:
            model(case.data)  # as most have done before they ask
        name = case.path.split("/")[-1]
        values = make(model, name, case.target, len(case.outputs))(case.data)
        return _fault(difference(values, case.expected))
    except Exception as error:
        return first_line(error)


def _fault(far):
    return None if far <= CLOSE else f"a map that is {far:.0%} of the maximum off"


def cases():
    """Name and case of each kind."""
    for name, (make, data, path) in kinds.KINDS.items():
        yield name, Case(lambda make=make: with_scores(make), data(), path)
    for name, make in HEADS.items():
        yield name, Case(lambda make=make: make()[0], kinds.RGB(), "conv2", make()[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="kinds; default: all")
    wanted = parser.parse_args().names
    warnings.simplefilter("ignore")
    tf.get_logger().setLevel("ERROR")
    methods, faults = cw.list_methods(), []
    print(f"| model | ours, {len(methods)} methods | {' | '.join(PEERS)} |")
    print("|---" * (len(PEERS) + 2) + "|")
    for name, case in cases():
        if wanted and name not in wanted:
            continue
        own = {method: fault_of_ours(case, method) for method in methods}
        peers = {peer: fault_of_peer(case, make) for peer, make in PEERS.items()}
        right = sum(fault is None for fault in own.values())
        marks = ["✗" if fault else "✓" for fault in peers.values()]
        print(f"| {name} | {right} | {' | '.join(marks)} |", flush=True)
        faults += [(name, who, why) for who, why in (own | peers).items() if why]
    print("\nWhat went wrong:")
    for fault in faults:
        print("  {}, {}: {}".format(*fault))


if __name__ == "__main__":
    main()
