"""64 patterns of 64 × 64 pixels: time until the mean channel value of the book's 40 steps.

The book's loop (one filter at a time, compiled) against tf-keras-vis with its defaults, if it is
installed, and our recipe "fast" without preprocessing, as the book has none. All start from noise
of the same distribution; images are judged by the plain network, unclipped, each by its own
channel. Aims: 20 times as fast as the book and 40 times as fast as tf-keras-vis, with the root mean
square change at most twice the book's.
"""

import argparse
from dataclasses import replace

import numpy as np
import tensorflow as tf
from _patterns import Layer, climbed, distances, median_ratio, seconds

import convnet_widgets as cw
from convnet_widgets.core.patterns.precision import fastest_precision
from convnet_widgets.core.patterns.recipes import RECIPES

OURS = replace(RECIPES["fast"], preprocessed=False)  # the noise goes in as the book's does
LAYERS = ("block3_conv1", "block4_conv1")
SIZE, FILTERS, ROUNDS = 64, 64, 4
PEERS_FILTERS = 16  # in one batch, which makes tf-keras-vis faster than one by one
PEERS_MOST = 200  # steps, its default
MOST = 12  # of ours


class Reached(Exception):  # noqa: N818
    """The value aimed at is reached."""


def book(layer, filters):
    """Images, the time of the first and the median time of the others."""
    first = seconds(lambda: layer.book(filters[:1]))
    images = []
    times = [seconds(lambda one=one: images.append(layer.book([one]))) for one in filters]
    return np.concatenate(images), first, float(np.median(times))


def needed_steps(layer, filters, recipe, target, precision=None):
    """Steps until our images score as the book's, how far they moved, and their final score."""
    start = None
    for step in climbed(layer.request(filters, replace(recipe, steps=MOST), precision)):
        start = step.images if start is None else start
        scores = layer.scores(step.images, filters)
        if scores.mean() >= target or step.number == MOST:
            return step.number, distances(step.images, start).mean(), scores
    raise AssertionError("unreachable")


def peer(layer, filters, target):
    """Seconds for tf-keras-vis to reach the target, steps and distance; None without it."""
    try:
        from tf_keras_vis.activation_maximization import ActivationMaximization
        from tf_keras_vis.activation_maximization.callbacks import Callback
        from tf_keras_vis.utils.scores import CategoricalScore
    except ImportError:
        return None
    starts, seen = layer.starts(filters), []

    class Watch(Callback):
        def __call__(self, *given, **_):
            _, values, _, scores, _ = given
            seen.append((np.mean(scores[0]), distances(values[0].numpy(), starts).mean()))
            if seen[-1][0] >= target:
                raise Reached

    maximise = ActivationMaximization(layer.model, clone=False)
    score, seed = CategoricalScore(list(filters)), tf.constant(starts)
    options = {"seed_input": seed, "input_range": None}
    maximise(score, steps=1, **options)

    def run():
        try:
            maximise(score, steps=PEERS_MOST, callbacks=[Watch()], **options)
        except Reached:
            return

    return seconds(run), len(seen) - 1, seen[-1][1], seen[-1][0]


def ours(layer, filters, steps):
    """Ways to run our ascent, each for all filters; compiled before, but for the last."""
    recipe = replace(OURS, steps=steps)
    precisions = sorted({fastest_precision(), "float32"})  # without bfloat16 as well
    loops = {name: layer.request(filters, recipe, name) for name in precisions}
    runs = {f"the loop, {name}": lambda one=one: list(climbed(one)) for name, one in loops.items()}
    whole = "filter_patterns, compilation and help for blank ones"
    return runs | {
        whole: lambda: cw.filter_patterns(
            layer.net, layer.name, filters, OURS, size=SIZE, steps=steps, cache=False
        )
    }


def report(name, ratio, note=""):
    """One line: how many times as fast as the book."""
    print(f"  {name:<56} {ratio:7.2f}×   {note}")


def race(name, rounds):
    """Measure and print one layer."""
    layer, filters = Layer(name, SIZE), list(range(FILTERS))
    images, first, each = book(layer, filters)
    scores, moved = layer.scores(images, filters), distances(images, layer.starts(filters)).mean()
    print(
        f"\n{name}: the book takes {each * FILTERS:.1f} s to {scores.mean():.1f}; speed against it"
    )
    report("the book's loop, compilation included", each * FILTERS / (first + each * (FILTERS - 1)))
    steps, distance, reached = needed_steps(layer, filters, OURS, scores.mean())
    if reached.mean() < scores.mean():
        print(f"  ours does not reach it in {MOST} steps")
    change = distance / moved
    print(
        f"  ours: {steps} steps to {reached.mean():.1f}, change {change:.2f}× the book's, "
        f"{np.mean(reached >= 0.9 * scores):.0%} of filters at .9 of its value"
    )
    ratios = against_book(layer, filters, steps, rounds)
    for one, ratio in ratios.items():
        report(f"ours: {one}", ratio)
    report_peer(layer, filters[:PEERS_FILTERS], scores, each, moved, max(ratios.values()))


def against_book(layer, filters, steps, rounds):
    """How many times as fast as the book each of our ways is, four of its filters a round."""
    runs, measured = ours(layer, filters, steps), []
    for run in runs.values():
        run()
    for at in np.linspace(0, len(filters) - 4, rounds).astype(int).tolist():
        few = filters[at : at + 4]
        times = {"book": seconds(lambda few=few: layer.book(few)) * len(filters) / 4}
        measured.append(times | {one: seconds(run) for one, run in runs.items()})
    return {one: median_ratio(measured, "book", one) for one in runs}


def report_peer(layer, filters, scores, each, moved, ours):
    """Print how tf-keras-vis does on the first filters, and how many times as fast ours is."""
    target = scores[: len(filters)].mean()
    found = peer(layer, filters, target)
    if found is None:
        print("  tf-keras-vis is not installed")
        return
    time, steps, distance, reached = found
    note = "" if reached >= target else f"; reached only {reached:.1f} of {target:.1f}"
    ratio = each * len(filters) / time
    report(
        f"tf-keras-vis, {len(filters)} filters in a batch",
        ratio,
        f"{steps} steps, change {distance / moved:.2f}× the book's{note}; ours {ours / ratio:.0f}×",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default: {ROUNDS}")
    rounds = parser.parse_args().rounds
    print(f"{FILTERS} patterns of {SIZE} × {SIZE}; faster here: {fastest_precision()}")
    for name in LAYERS:
        race(name, rounds)


if __name__ == "__main__":
    main()
