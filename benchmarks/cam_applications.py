"""Grad-CAM of every classifier of keras.applications: ours and the peers.

Random weights, images of 160 pixels, a process for each network so that memory is freed. Ours is
asked for the network as its constructor makes it, softmax and all; the peers get a linear output
in its place, so that all explain the logit of one class. A map is right if it is finite and, scaled
to 1, differs by at most 1 % from the formula on feature maps and gradients that an eager or a
compiled pass gives at the last layer with places: deep networks of random weights, as
EfficientNetV2L, make so much of rounding that the two passes differ by more. ✓: right, and not
flat for every class where the library chooses the layer; "named": right only where the layer is
named; ✗: wrong or an error, which is told below.

    python benchmarks/cam_applications.py [NAMES...]
"""

import argparse
import inspect
import json
import os
import subprocess
import sys
import warnings

import keras
import numpy as np
import tensorflow as tf
from _grad_cam import PEERS, difference, first_line, gradients, weighted

import convnet_widgets as cw

SIZE, CLOSE = 160, 0.01
TRIED = 8  # classes
GIVEN, CHOSEN, NOT = "named", "✓", "✗"


def last_layer_with_places(model):
    """The last layer of a plain network whose output has a height and width above 1."""
    shapes = ((layer, getattr(layer.output, "shape", ())) for layer in model.layers)
    return [layer for layer, shape in shapes if len(shape) == 4 and 1 not in shape[1:3]][-1]


class Case:
    """A network, an image and what is right at its last layer with places."""

    def __init__(self, name):
        self.net = cw.load_model(name, weights="random", input_shape=(SIZE, SIZE, 3))
        self.model = self.net.model
        photograph = np.random.default_rng(0).uniform(0, 255, (SIZE, SIZE, 3))
        self.photograph = photograph.astype("float32")
        self.images = self.net.prepare(self.photograph)
        self.layer = last_layer_with_places(self.model)

    def ours(self, target):
        """Our map and the layer that it is of, chosen by ourselves."""
        made = cw.class_activation_map(self.net, self.photograph, target=target)
        return made.layer, made.values[None]

    def truth(self):
        """A class whose map is not blank, and the maps that are right; the output is linear now."""
        self.model.layers[-1].activation = keras.activations.linear
        for target in range(TRIED):
            score = lambda output, at=target: output[:, at]  # noqa: E731
            given = self.model, self.images, self.layer, score
            expected = [weighted(*gradients(*given, compiled=one)) for one in (False, True)]
            if expected[0].any():
                return target, expected
        raise ArithmeticError(f"the maps of {TRIED} classes are blank")


def judged(case):
    """Mark and fault of ours and of each peer."""
    softmax = case.model.layers[-1].activation
    target, expected = case.truth()
    case.model.layers[-1].activation = softmax
    found = {"ours": _mark(lambda: _ours(case, target, expected))}
    case.model.layers[-1].activation = keras.activations.linear
    for name, make in PEERS.items():
        found[name] = _mark(lambda make=make: _peer(case, make, target, expected))
    return found


def _ours(case, target, expected):
    layer, values = case.ours(target)
    _check(values, expected)
    return CHOSEN, "" if layer == case.layer.name else f"chose {layer}, not {case.layer.name}"


def _peer(case, make, target, expected):
    _check(make(case.model, case.layer.name, target)(case.images), expected)
    try:
        if any(_has_places(make(case.model, None, at)(case.images)) for at in range(TRIED)):
            return CHOSEN, ""
    except Exception as error:
        return GIVEN, first_line(error)
    return GIVEN, f"the layer that it chooses has flat maps of {TRIED} classes"


def _has_places(values):
    return np.ptp(values) > 1e-4 * np.abs(values).max()


def _check(values, expected):
    far = min(difference(values, one) for one in expected)
    if not far <= CLOSE:
        raise AssertionError(f"a map that is {far:.0%} of the maximum off")


def _mark(run):
    try:
        return run()
    except Exception as error:
        return NOT, first_line(error)


def alone(name):
    """Judge a network and print what was found as JSON."""
    warnings.simplefilter("ignore")
    tf.get_logger().setLevel("ERROR")
    print("found", json.dumps(judged(Case(name))))


def in_process(name):
    """What a process of its own has found of a network."""
    command = [sys.executable, __file__, "--alone", name]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("found "):
            return json.loads(line.removeprefix("found "))
    last = (done.stderr.splitlines() or [f"ended with {done.returncode}"])[-1]
    return dict.fromkeys(("ours", *PEERS), (NOT, last[:160]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="default: every classifier")
    parser.add_argument("--alone", action="store_true", help="in this process, as JSON")
    given = parser.parse_args()
    if given.alone:
        alone(*given.names)
        return
    constructors = inspect.getmembers(keras.applications, inspect.isfunction)
    names, faults = given.names or [name for name, _ in constructors], []
    print(f"| network | ours | {' | '.join(PEERS)} |")
    print("|---" * (len(PEERS) + 2) + "|", flush=True)
    for name in names:
        found = in_process(name)
        print(f"| {name} | {' | '.join(mark for mark, _ in found.values())} |", flush=True)
        faults += [(name, who, why) for who, (_, why) in found.items() if why]
    print("\nWhat went wrong, and what was noted:")
    for fault in faults:
        print("  {}, {}: {}".format(*fault))


if __name__ == "__main__":
    main()
