"""How much of what this machine can do at convolutions the ascent of 64 patterns gets out of it.

A step of the recipe "fast" on 64 patterns of 64 × 64 pixels, against its convolutions alone:
forward, and backward to the images, on the same shapes, in the faster of float32 and bfloat16. Aim:
60 %. What is no convolution (ReLU, pooling, the update, Python) makes the rest.
"""

import argparse

import tensorflow as tf
from _patterns import Layer, median_ratio, seconds

from convnet_widgets.core.patterns.precision import fastest_precision
from convnet_widgets.core.patterns.recipes import RECIPES

LAYERS = ("block3_conv1", "block4_conv1")
SIZE, FILTERS, ROUNDS = 64, 64, 5


def shapes(layer, canvas):
    """Side, input and output channels of each convolution up to the layer, as sliced."""
    side, found = canvas, []
    for part in layer.model.layers:
        if "pool" in part.name:
            side //= 2
        if "conv" in part.name:
            *_, taken, given = part.kernel.shape
            found.append((side, taken, FILTERS if part.name == layer.name else given))
    return found


def convolution(side, taken, given, dtype):
    """A convolution forward, and backward to its input, compiled; and its operations."""
    images = tf.random.stateless_normal([FILTERS, side, side, taken], [0, 0], dtype=dtype)
    kernel = tf.random.stateless_normal([3, 3, taken, given], [0, 1], dtype=dtype)
    gradient = tf.random.stateless_normal([FILTERS, side, side, given], [0, 2], dtype=dtype)

    @tf.function
    def both():
        forward = tf.nn.conv2d(images, kernel, 1, "SAME")
        back = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=images.shape, filter=kernel, out_backprop=gradient, strides=[1] * 4,
            padding="SAME",
        )  # fmt: skip
        # a number, since all else would be copied out or thrown away
        return forward[0, 0, 0, 0] + back[0, 0, 0, 0]

    return both.get_concrete_function(), 2 * 2 * 9 * taken * given * side * side * FILTERS


def measure(name, rounds):
    """The convolutions' share of the ascent's time, and their rate in GFLOP/s."""
    layer, recipe = Layer(name, SIZE), RECIPES["fast"]
    ascent, dtype = layer.ascent(range(FILTERS), recipe), tf.as_dtype(fastest_precision())
    canvas = SIZE + 2 * recipe.margin
    alone = [convolution(*one, dtype) for one in shapes(layer, canvas)]
    runs = {
        "alone": lambda: [run().numpy() for run, _ in alone],
        "ascent": lambda: list(ascent.steps()),
    }
    for run in runs.values():
        run()
    measured = [{one: seconds(run) for one, run in runs.items()} for _ in range(rounds)]
    for times in measured:
        times["ascent"] /= recipe.steps + 0.5  # a score at the end, without its gradient
    operations = sum(count for _, count in alone)
    rate = operations / 1e9 / min(times["alone"] for times in measured)
    return median_ratio(measured, "alone", "ascent"), rate


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    rounds = parser.parse_args().rounds
    for name in LAYERS:
        share, rate = measure(name, rounds)
        print(
            f"{name}: {share:.0%} of the convolutions alone (aim: 60 %), "
            f"which run at {rate:.0f} GFLOP/s in {fastest_precision()}"
        )


if __name__ == "__main__":
    main()
