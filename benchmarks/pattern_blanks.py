"""How many filters of five layers come out blank: the book's recipe and ours.

A pattern is blank if its last image varies no more than its start, or if the filter answers to it
no more than to the start. Aim for ours: none but those that are reported dead.
"""

import argparse
from dataclasses import replace

import numpy as np
from _patterns import Layer

import convnet_widgets as cw
from convnet_widgets.core.patterns.recipes import RECIPES

LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))
SIZE, FILTERS, BATCH = 64, 32, 64


def blanks(layer, filters, recipe):
    """Whether each filter's pattern is blank after the ascent of a batch, without help."""
    first = last = None
    for last in layer.ascent(filters, recipe).steps():
        first = last if first is None else first
    still = last.images.std(axis=(1, 2, 3)) <= first.images.std(axis=(1, 2, 3))
    return still | (last.objective <= first.objective)


def statuses(layer, filters, name):
    """Status of each filter as `filter_patterns` reports it."""
    return cw.filter_patterns(layer.net, layer.name, filters, name, size=SIZE, cache=False).status


def in_batches(filters, made):
    """Join what is made of at most so many filters at a time."""
    parts = [filters[i : i + BATCH] for i in range(0, len(filters), BATCH)]
    return np.concatenate([made(part) for part in parts])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--filters", type=int, default=FILTERS, help="of each layer, evenly; 0: all (an hour)"
    )
    parser.add_argument("--recipe", default="fast", help="default: fast")
    given = parser.parse_args()
    print("blank of filters   book   ours, without help, helped, blank and not reported dead")
    for name in LAYERS:
        layer = Layer(name, SIZE)
        count = layer.model.output.shape[-1]
        filters = np.linspace(0, count - 1, min(given.filters or count, count)).astype(int).tolist()
        compare(layer, filters, given.recipe)


def compare(layer, filters, name):
    """Measure and print one layer."""
    of = lambda recipe: in_batches(filters, lambda part: blanks(layer, part, recipe))  # noqa: E731
    ours = in_batches(filters, lambda part: statuses(layer, part, name))
    book, alone = of(RECIPES["book"]), of(replace(RECIPES[name], helped=False))
    counts = [np.sum(one) for one in (book, alone, ours == "helped", ours == "dead")]
    share = [f"{count / len(filters):7.1%}" for count in counts]
    print(f"{layer.name:14}{len(filters):5}  {'  '.join(share)}", flush=True)


if __name__ == "__main__":
    main()
