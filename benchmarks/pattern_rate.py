"""How much of what this machine can do at convolutions the ascent of 64 patterns gets out of it.

A step of the recipe "fast" on 64 patterns of 64 × 64 pixels, against its convolutions alone:
forward, and backward to the images, on the same shapes, in the faster of float32 and bfloat16, and
in batches of 8 images or 64, whichever is faster. Aim: 60 % of their rate. What is no convolution
(ReLU, pooling, the other side of maps, the update, Python) makes the rest.
"""

import argparse

import tensorflow as tf
from _patterns import Layer, climbed, median_ratio, seconds

from convnet_widgets.core.patterns.precision import fastest_precision
from convnet_widgets.core.patterns.recipes import RECIPES

LAYERS = ("block3_conv1", "block4_conv1")
SIZE, FILTERS, ROUNDS = 64, 64, 5
BATCHES = (8, 64)


def shapes(layer, canvas, batch):
    """Side, input and output channels of each convolution up to the layer, as sliced."""
    side, found = canvas, []
    for part in layer.model.layers:
        if "pool" in part.name:
            side //= 2
        if "conv" in part.name:
            *_, taken, given = part.kernel.shape
            found.append((side, taken, min(given, batch) if part.name == layer.name else given))
    return found


def convolution(batch, side, taken, given, dtype):
    """A convolution forward, and backward to its input, compiled; and its operations."""
    images = tf.random.stateless_normal([batch, side, side, taken], [0, 0], dtype=dtype)
    kernel = tf.random.stateless_normal([3, 3, taken, given], [0, 1], dtype=dtype)
    gradient = tf.random.stateless_normal([batch, side, side, given], [0, 2], dtype=dtype)

    @tf.function
    def both():
        forward = tf.nn.conv2d(images, kernel, 1, "SAME")
        back = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=images.shape, filter=kernel, out_backprop=gradient, strides=[1] * 4,
            padding="SAME",
        )  # fmt: skip
        # a number, since all else would be copied out or thrown away
        return forward[0, 0, 0, 0] + back[0, 0, 0, 0]

    return both.get_concrete_function(), 2 * 2 * 9 * taken * given * side * side * batch


def alone(layer, canvas, batch):
    """A run of the convolutions of a step for all filters in batches, and its operations."""
    dtype = tf.as_dtype(fastest_precision())
    parts = [convolution(batch, *one, dtype) for one in shapes(layer, canvas, batch)]
    times = FILTERS // batch
    operations = times * sum(count for _, count in parts)
    return lambda: [run().numpy() for run, _ in parts for _ in range(times)], operations


def measure(name, rounds):
    """The ascent's rate as a share of the convolutions', and theirs in GFLOP/s."""
    layer, recipe = Layer(name, SIZE), RECIPES["fast"]
    request = layer.request(range(FILTERS), recipe)
    runs, operations = {"ascent": lambda: list(climbed(request))}, {}
    for batch in BATCHES:
        runs[batch], operations[batch] = alone(layer, SIZE + 2 * recipe.margin, batch)
    # as our batches need them; a score at the end has no gradient
    operations["ascent"] = operations[min(BATCHES)] * (recipe.steps + 0.5)
    for run in runs.values():
        run()
    measured = [
        {one: seconds(run) / operations[one] for one, run in runs.items()} for _ in range(rounds)
    ]
    best = min(BATCHES, key=lambda batch: median_ratio(measured, batch, "ascent"))
    rate = 1e-9 / min(times[best] for times in measured)
    return median_ratio(measured, best, "ascent"), rate


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    rounds = parser.parse_args().rounds
    for name in LAYERS:
        share, rate = measure(name, rounds)
        print(
            f"{name}: {share:.0%} of the convolutions alone (aim: 60 %), "
            f"which run at {rate:.0f} GFLOP/s in {fastest_precision()}",
            flush=True,
        )


if __name__ == "__main__":
    main()
