"""Key press to pixel of one feature map: four ways to show a slider's move, in one JupyterLab."""

import numpy as np
from _lab import Wire, open_notebook
from _moves import FRAME, Target, install_probe

BURSTS, MOVES = 5, 10
REST = 600  # ms after a burst, in which a slider at rest may tell the kernel

LAYER = "block2b_expand_activation"  # 56 × 56 × 144
FIRST = 40  # the moves cross the border of the first page, at 64

CELLS = [
    """
import anywidget
class Floor(anywidget.AnyWidget):
    _esm = '''
    export default { render({ el }) {
      el.innerHTML = `<input type="range" min="0" max="255" value="0">
        <br><canvas width="300" height="300"></canvas>`;
      el.className = "bench-floor";
      const [input, context] = [el.firstChild, el.lastChild.getContext("2d")];
      const draw = () => {
        context.fillStyle = `rgb(${input.value}, 0, 0)`;
        context.fillRect(0, 0, 300, 300);
      };
      input.dataset.lmSuppressShortcuts = "true";
      input.oninput = draw;
      draw();
    } };
    '''
Floor()""",
    f"""
import convnet_widgets as cw
viewer = cw.FeatureMapViewer(
    cw.load_model("EfficientNetLite0"), "cat", layer="{LAYER}", channel={FIRST}
)
viewer""",
    f"""
import ipywidgets as widgets
from convnet_widgets.rendering.colour_maps import apply_colour_map
from convnet_widgets.rendering.encoding import encode
from convnet_widgets.rendering.intensity import intensity
maps = viewer.maps
def png(channel):
    return encode(apply_colour_map(intensity(maps[..., channel, None])[..., 0], "viridis"))
slider = widgets.IntSlider({FIRST}, 0, maps.shape[-1] - 1).add_class("bench-image-slider")
image = widgets.Image(value=png({FIRST}), width=300, height=300).add_class("bench-image")
slider.observe(lambda change: setattr(image, "value", png(change.new)), "value")
widgets.VBox([slider, image])""",
    f"""
%matplotlib widget
import matplotlib.pyplot as plt
with plt.ioff():
    figure, axes = plt.subplots(figsize=(3, 3), dpi=100)
shown = axes.imshow(maps[..., {FIRST}])
def show(change):
    shown.set_data(maps[..., change.new])
    shown.autoscale()
    figure.canvas.draw_idle()
figure_slider = widgets.IntSlider({FIRST}, 0, maps.shape[-1] - 1)
figure_slider.add_class("bench-figure-slider").observe(show, "value")
widgets.VBox([figure_slider, figure.canvas])""",
]


def targets():
    """The four, the floor first."""
    return [
        Target("empty canvas", ".bench-floor input", ".bench-floor canvas"),
        Target(
            "FeatureMapViewer",
            ".cw-feature-maps input[type=range]",
            ".cw-feature-maps canvas.cw-view-map",
        ),
        Target("ipywidgets.Image, PNG", ".bench-image-slider .noUi-handle", "img.bench-image"),
        Target("ipympl imshow", ".bench-figure-slider .noUi-handle", ".jupyter-matplotlib canvas"),
    ]


def burst(page, wire, target):
    """Move the slider of `target`; returns the counts of the wire for the moves and the rest."""
    target.focus(page)
    before = np.array(wire.read())
    for _ in range(MOVES):
        target.move(page)
    moved = np.array(wire.read())
    page.wait_for_timeout(REST)
    return moved - before, np.array(wire.read()) - moved


def measure():
    """The targets after all bursts, and for each the mean counts of a move and of a rest."""
    measured = targets()
    counts = {target.name: [] for target in measured}
    wire = Wire()
    with open_notebook(CELLS, wire) as page:
        install_probe(page)
        for target in measured:
            burst(page, wire, target)
            target.times.clear()
        for _ in range(BURSTS):
            for target in measured:
                counts[target.name].append(burst(page, wire, target))
    return measured, {name: np.mean(bursts, axis=0) for name, bursts in counts.items()}


def main():
    measured, counts = measure()
    floor = measured[0]
    print(
        f"{BURSTS * MOVES} moves in bursts of {MOVES}; times as ratios to an empty canvas redraw;"
    )
    print("messages to / from the kernel (bytes) for a move and for the rest after a burst\n")
    print(f"{'':23}median    p95  p95 in frames more   a move                at rest")
    for target in measured:
        ratios = [target.quantile(share) / floor.quantile(share) for share in (0.5, 0.95)]
        frames = (target.quantile(0.95) - floor.quantile(0.95)) / FRAME
        moved, rest = counts[target.name]
        print(
            f"{target.name:22}{ratios[0]:6.2f}× {ratios[1]:5.2f}× {frames:+12.2f}"
            f"          {traffic(moved / MOVES):22}{traffic(rest)}"
        )
    print(f"\nempty canvas: {floor.quantile(0.5):.1f} ms median, {floor.quantile(0.95):.1f} ms p95")


def traffic(counts):
    """Messages and bytes in both directions, for the table."""
    sent, received, sent_bytes, received_bytes = counts
    return f"{sent:.1f}/{received:.1f} ({sent_bytes:,.0f}/{received_bytes:,.0f})"


if __name__ == "__main__":
    main()
