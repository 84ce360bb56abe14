"""Another layer of 56 × 56 × 256 maps, already computed: key press to 64 new maps on the screen.

The floor is one colour in a canvas after the kernel sent as many bytes. Playwright reads every
websocket frame in the page's own thread: of 1.6 MB each that costs the viewer and the floor
7 ms and more which a person's browser does not spend.
"""

from _lab import open_notebook
from _moves import install_probe
from _round_trip import Alternating, round_trip, round_trip_cell

CHANGES, ROUNDS = 40, 4
AIM = 150  # ms

CELLS = [
    round_trip_cell(2 * 56 * 56 * 256),
    """
import keras
import numpy as np
import convnet_widgets as cw
keras.utils.set_random_seed(0)
inputs = keras.Input((56, 56, 3))
outputs = inputs
for name in ["first", "second"]:
    outputs = keras.layers.Conv2D(256, 3, padding="same", activation="relu", name=name)(outputs)
image = np.random.default_rng(0).uniform(0, 255, (56, 56, 3)).astype(np.float32)
model = keras.Model(inputs, outputs)
cw.FeatureMapViewer(model, image)""",
    """
%matplotlib inline
import ipywidgets as widgets
import matplotlib.pyplot as plt
maps = cw.feature_maps(model, image, ["first", "second"])
output = widgets.Output().add_class("bench-subplots")
def draw(layer):
    figure, axes = plt.subplots(8, 8, figsize=(8, 8))
    for channel, ax in enumerate(axes.flat):
        ax.imshow(maps[layer][0, ..., channel])
        ax.axis("off")
    plt.show()
def show(change):
    with output:
        output.clear_output(wait=True)
        draw(["first", "second"][change.new])
slider = widgets.IntSlider(0, 0, 1).add_class("bench-layer")
slider.observe(show, "value")
with output:
    draw("first")
widgets.VBox([slider, output])""",
]


def targets():
    """The floor; the list of layers of the viewer, where Enter chooses; and subplots."""
    return [
        round_trip(),
        Alternating(
            "FeatureMapViewer",
            ".cw-feature-maps [role=combobox]",
            ".cw-feature-maps .cw-map-stage canvas",
            ("Enter", "ArrowDown", "Enter"),
        ),
        Alternating(
            "64 subplots, inline",
            ".bench-layer .noUi-handle",
            ".bench-subplots img",
            ("ArrowUp",),
        ),
    ]


def measure():
    """The targets after all changes."""
    measured = targets()
    with open_notebook(CELLS) as page:
        install_probe(page)
        for target in measured:
            change(page, target, 2)
            target.times.clear()
        for _ in range(ROUNDS):
            for target in measured:
                change(page, target, CHANGES // ROUNDS)
    return measured


def change(page, target, times):
    """Change the layer to and fro."""
    target.focus(page)
    for _ in range(times):
        target.move(page)


def main():
    measured = measure()
    floor, viewer, _ = measured
    print(f"{CHANGES} changes of layer; ratios to an empty round trip of as many bytes\n")
    print(f"{'':22}median     p95")
    for target in measured:
        ratios = [target.quantile(share) / floor.quantile(share) for share in (0.5, 0.95)]
        print(f"{target.name:20}{ratios[0]:7.1f}×{ratios[1]:7.1f}×")
    median, p95 = viewer.quantile(0.5), viewer.quantile(0.95)
    print(f"\nFeatureMapViewer: {median:.0f} ms median, {p95:.0f} ms p95 (aim: below {AIM})")


if __name__ == "__main__":
    main()
