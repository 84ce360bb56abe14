"""How many filters of five layers come out blank: the book's recipe and ours.

A pattern is blank if its last image varies no more than its start, or if the filter of the plain
network answers to it no more than to the start, both sent through the preprocessing where the
recipe does so. "ours blank" is without help; "helped", "weaker" and "silent" are as
`filter_patterns` reports, "unreported" is blank and not reported silent. Aim: nothing unreported.
"""

import argparse

import numpy as np
from _patterns import Layer

from convnet_widgets.core.patterns.climbing import climb
from convnet_widgets.core.patterns.recipes import RECIPES

LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))
SIZE, FILTERS, BATCH = 64, 32, 64


def made(layer, filters, recipe):
    """Starts, last images, statuses, and whether help was needed, of each filter."""
    starts, last = {}, {}
    for item in climb(layer.request(filters, recipe)):
        alone = item.attempt == 0 and "silent" not in (item.status or ())
        for place, filter in enumerate(item.filters):
            image = item.step.images[place]
            starts.setdefault(filter, image)
            if item.status:
                last[filter] = image, item.status[place], not alone
    images, status, aided = zip(*(last[filter] for filter in filters), strict=True)
    starts = np.stack([starts[filter] for filter in filters])
    return starts, np.stack(images), np.array(status), np.array(aided)


def is_blank(layer, filters, starts, images, preprocessed):
    """Whether each image varies no more than its start, or the plain network answers no more."""
    still = images.std(axis=(1, 2, 3)) <= starts.std(axis=(1, 2, 3))
    noise, reached = (layer.scores(one, filters, preprocessed) for one in (starts, images))
    return still | (reached <= noise)


def counted(layer, filters, name):
    """Of each filter whether it is blank in the book's recipe, needs help, and what came of it."""
    starts, images, *_ = made(layer, filters, RECIPES["book"])
    book = is_blank(layer, filters, starts, images, preprocessed=False)
    starts, images, status, aided = made(layer, filters, RECIPES[name])
    helped, weaker, silent = (status == one for one in ("helped", "weaker", "silent"))
    blank = is_blank(layer, filters, starts, images, RECIPES[name].preprocessed)
    return book, aided, helped, weaker, silent, blank & ~silent


def compare(layer, filters, name):
    """Measure and print one layer."""
    parts = [filters[i : i + BATCH] for i in range(0, len(filters), BATCH)]
    counts = sum(np.sum(counted(layer, part, name), axis=1) for part in parts)
    shares = "".join(f"{count / len(filters):12.1%}" for count in counts)
    print(f"{layer.name:14}{len(filters):5}{shares}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--filters", type=int, default=FILTERS, help="of each layer, evenly; 0: all (an hour)"
    )
    parser.add_argument("--recipe", default="fast", help="default: fast")
    given = parser.parse_args()
    columns = ("book blank", "ours blank", "helped", "weaker", "silent", "unreported")
    print(f"{'layer':14}{'of':>5}{''.join(f'{column:>12}' for column in columns)}", flush=True)
    for name in LAYERS:
        layer = Layer(name, SIZE)
        count = layer.model.output.shape[-1]
        filters = np.linspace(0, count - 1, min(given.filters or count, count)).astype(int).tolist()
        compare(layer, filters, given.recipe)


if __name__ == "__main__":
    main()
