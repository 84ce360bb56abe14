"""How many filters of five layers come out blank: the book's recipe and ours.

A pattern is blank if its last image varies no more than its start, or if the filter answers to it
no more than to the start. "ours blank" is without help, "helped" and "dead" are what
`filter_patterns` reports, "unreported" is blank all the same. Aim: nothing unreported.
"""

import argparse
from dataclasses import replace

import numpy as np
from _patterns import Layer

import convnet_widgets as cw
from convnet_widgets.core.patterns.recipes import RECIPES

LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))
SIZE, FILTERS, BATCH = 64, 32, 64


def climbed(layer, filters, recipe):
    """Whether each filter's pattern is blank after the ascent without help; its answer to noise."""
    first = last = None
    for last in layer.ascent(filters, recipe).steps():
        first = last if first is None else first
    still = last.images.std(axis=(1, 2, 3)) <= first.images.std(axis=(1, 2, 3))
    return still | (last.objective <= first.objective), first.objective


def made(layer, filters, name):
    """Status of each pattern, and what the filter answers to it, as `filter_patterns` has it."""
    patterns = cw.filter_patterns(layer.net, layer.name, filters, name, size=SIZE, cache=False)
    return np.array(patterns.status), patterns.activations


def in_batches(filters, function):
    """Join what a function gives for at most so many filters at a time."""
    parts = [function(filters[i : i + BATCH]) for i in range(0, len(filters), BATCH)]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def compare(layer, filters, name):
    """Measure and print one layer."""
    ours = replace(RECIPES[name], helped=False)
    book, _ = in_batches(filters, lambda part: climbed(layer, part, RECIPES["book"]))
    alone, noise = in_batches(filters, lambda part: climbed(layer, part, ours))
    status, answers = in_batches(filters, lambda part: made(layer, part, name))
    unreported = (answers <= noise) & (status != "dead")
    counts = map(np.sum, (book, alone, status == "helped", status == "dead", unreported))
    shares = "".join(f"{count / len(filters):12.1%}" for count in counts)
    print(f"{layer.name:14}{len(filters):5}{shares}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--filters", type=int, default=FILTERS, help="of each layer, evenly; 0: all (an hour)"
    )
    parser.add_argument("--recipe", default="fast", help="default: fast")
    given = parser.parse_args()
    columns = ("book blank", "ours blank", "helped", "dead", "unreported")
    print(f"{'layer':14}{'of':>5}{''.join(f'{column:>12}' for column in columns)}")
    for name in LAYERS:
        layer = Layer(name, SIZE)
        count = layer.model.output.shape[-1]
        filters = np.linspace(0, count - 1, min(given.filters or count, count)).astype(int).tolist()
        compare(layer, filters, given.recipe)


if __name__ == "__main__":
    main()
