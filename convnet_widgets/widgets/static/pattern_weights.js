/** The weights of the chosen filter: small kernels in signed colours, or bars where they are 1×1. */
import { all, bind, bytes, formatted, h } from "./dom.js";
import { coalesced, drawColourBar, fitCanvas, onPixelRatio } from "./map_canvas.js";
import { numbersOf, tableColours } from "./map_values.js";
import { colourWeight, kernelLayout, kernelPixel, weightText, weightsCaption } from "./pattern_kernels.js";
import { pointOver } from "./pointing.js";

const WEIGHT_TRAITS = ["_kernels", "_kernel_inputs", "_kernel_axes", "channel", "view_size", "_colour_maps"];
const SIGNED_COLOURS = "coolwarm";
const BAR_LINE = 15; // CSS pixels that a bar takes with its number

export function renderPatternWeights({ model, el }) {
  const weights = new PatternWeights(model);
  el.append(weights.element);
  return all(
    bind(model, WEIGHT_TRAITS, weights.redraw),
    onPixelRatio(weights.redraw),
    weights.redraw.cancel,
    () => weights.element.remove(),
  );
}

/** The kernels of one filter, as the traits hold those of all. */
function readKernels(model) {
  const axes = { height: 1, width: 1, shown: 0, of: 0, note: "", ...model.get("_kernel_axes") };
  const [filter, { height, width, shown }] = [model.get("channel"), axes];
  const part = (values, length) => values.subarray(filter * length, (filter + 1) * length);
  const values = part(numbersOf(bytes(model.get("_kernels")), Float32Array), shown * height * width);
  const inputs = part(numbersOf(bytes(model.get("_kernel_inputs")), Int32Array), shown);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { ...axes, filter, values, inputs, largest };
}

class PatternWeights {
  constructor(model) {
    this.model = model;
    this.redraw = coalesced(() => this.draw());
    this.canvas = h("canvas", { role: "img" });
    this.canvas.addEventListener("pointermove", (event) => this.say(pointOver(this.canvas, event)));
    this.canvas.addEventListener("pointerleave", () => this.say(null));
    this.bar = h("canvas", { class: "cw-view-bar", width: 1, height: 256, "aria-hidden": "true" });
    this.ticks = h("div", { class: "cw-view-ticks cw-muted" });
    const stage = h("div", { class: "cw-view-stage" }, this.canvas);
    this.tiles = h("div", { class: "cw-view-row" }, stage, h("div", { class: "cw-view-scale" }, this.bar, this.ticks));
    this.bars = h("div", { class: "cw-pattern-bars", role: "img" });
    this.caption = h("div", { class: "cw-chosen-caption cw-muted" });
    this.element = h("div", { class: "cw cw-pattern-weights" }, this.tiles, this.bars, this.caption);
  }

  draw() {
    const kernels = (this.kernels = readKernels(this.model));
    const [any, flat] = [kernels.values.length > 0, kernels.height * kernels.width === 1];
    this.count = 0;
    this.tiles.hidden = !any || flat;
    this.bars.hidden = !any || !flat;
    const table = this.model.get("_colour_maps")[SIGNED_COLOURS];
    if (any && flat) this.drawBars(kernels, tableColours(bytes(table)));
    else if (any) this.drawTiles(kernels, tableColours(bytes(table)));
    this.say(null);
  }

  get size() {
    return this.model.get("view_size");
  }

  drawTiles(kernels, colours) {
    const layout = (this.layout = kernelLayout(kernels, Math.floor(this.size * devicePixelRatio)));
    fitCanvas(this.canvas, layout.width, layout.height);
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    layout.tiles.forEach(({ x, y }, tile) => {
      for (let place = 0; place < kernels.height * kernels.width; place++) {
        const [row, column] = [Math.floor(place / kernels.width), place % kernels.width];
        context.fillStyle = kernelPixel(kernels, tile, place, colours);
        context.fillRect(x + column * layout.zoom, y + row * layout.zoom, layout.zoom, layout.zoom);
      }
    });
    this.drawScale(kernels.largest, colours);
    this.canvas.setAttribute("aria-label", `Weights of filter ${kernels.filter}, ${weightsCaption(kernels)}`);
  }

  drawScale(largest, colours) {
    drawColourBar(this.bar, colours);
    const values = largest ? [largest, 0, -largest] : [0];
    this.ticks.replaceChildren(...values.map((value) => h("span", {}, formatted(value))));
    this.ticks.style.justifyContent = largest ? "" : "center";
  }

  drawBars(kernels, colours) {
    const count = (this.count = Math.min(kernels.shown, Math.floor(this.size / BAR_LINE)));
    const bars = Array.from(kernels.values.subarray(0, count), (weight, place) => {
      const part = (50 * Math.abs(weight)) / (kernels.largest || 1);
      const style = `left: ${weight < 0 ? 50 - part : 50}%; width: ${part}%; background: ${colourWeight(Math.sign(weight) * 0.7, colours)}`;
      const track = h("span", { class: "cw-pattern-track" }, h("span", { style }));
      return h("div", { class: "cw-pattern-bar" }, h("span", {}, `${kernels.inputs[place]}`), track, h("span", {}, formatted(weight)));
    });
    this.bars.replaceChildren(...bars);
    this.bars.style.width = `${this.size}px`;
    const named = Array.from(kernels.inputs.subarray(0, 5), (input, i) => `${input} (${formatted(kernels.values[i])})`);
    this.bars.setAttribute("aria-label", `Weights of filter ${kernels.filter}, strongest input channels: ${named.join(", ")}`);
  }

  say(place) {
    const { kernels, layout } = this;
    if (!kernels) return;
    const flat = kernels.height * kernels.width === 1;
    const pointed = place && !flat && weightText(kernels, layout, place);
    this.caption.textContent = pointed || weightsCaption(flat ? { ...kernels, shown: this.count } : kernels);
  }
}

export default { render: renderPatternWeights };
