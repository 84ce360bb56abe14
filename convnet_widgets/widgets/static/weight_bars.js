/** The weights of a 1×1 filter as bars, one for each input channel. */
import { KEEPS_KEYS, all, bind, bytes, formatted, h, setMoving } from "./dom.js";
import { coalesced, fitCanvas, onPixelRatio } from "./map_canvas.js";
import { limitTo } from "./map_layout.js";
import { numbersOf, tableColours } from "./map_values.js";
import { barAt, barPlaces, strongest, weightOrder } from "./weight_order.js";

const BARS_HEIGHT = 180; // CSS pixels
const NAMED_BARS = 5;
const BAR_TRAITS = ["_weights", "channels", "filter", "channel", "colour_map", "_colour_maps", "kind"];
const BAR_KEYS = "Left and right arrow keys choose an input channel.";

export function renderWeightBars({ model, el }) {
  const bars = new WeightBars(model);
  el.append(bars.element);
  const sizes = new ResizeObserver(bars.redraw);
  sizes.observe(bars.element);
  return all(
    bind(model, BAR_TRAITS, bars.redraw),
    onPixelRatio(bars.redraw),
    () => sizes.disconnect(),
    bars.redraw.cancel,
    () => bars.element.remove(),
  );
}

class WeightBars {
  constructor(model) {
    this.model = model;
    this.hover = null;
    this.redraw = coalesced(() => this.draw());
    const role = { role: "application", "aria-roledescription": "bar chart", "aria-description": BAR_KEYS };
    this.canvas = h("canvas", { tabindex: 0, ...role, ...KEEPS_KEYS });
    this.listen();
    this.sorted = h("input", { type: "checkbox", onchange: this.redraw, ...KEEPS_KEYS });
    const toggle = h("label", { class: "cw-view-smooth" }, this.sorted, "sorted by weight");
    this.status = h("output", { class: "cw-muted", "aria-live": "polite" });
    this.best = h("div", { class: "cw-muted" });
    const footer = h("div", { class: "cw-map-footer" }, this.status, toggle);
    this.element = h("div", { class: "cw cw-weight-bars" }, this.canvas, footer, this.best);
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.point(this.channelAt(event)));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("click", (event) => this.choose(this.channelAt(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  get weights() {
    const { model } = this;
    const [count, filter] = [model.get("channels"), model.get("filter")];
    return numbersOf(bytes(model.get("_weights")), Float32Array).subarray(filter * count, (filter + 1) * count);
  }

  get order() {
    return weightOrder(this.weights, this.sorted.checked);
  }

  channelAt({ clientX }) {
    const box = this.canvas.getBoundingClientRect();
    return this.order[barAt((clientX - box.left) / box.width, this.order.length)];
  }

  choose(channel) {
    if (channel != null && channel !== this.model.get("channel")) setMoving(this.model, "channel", channel);
  }

  point(channel) {
    this.hover = channel;
    this.say();
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const { order } = this;
    const place = order.indexOf(this.model.get("channel")) + step;
    this.choose(order[limitTo(place, 0, order.length - 1)]);
  }

  draw() {
    const width = Math.floor(this.element.clientWidth * devicePixelRatio);
    const { weights, order } = this;
    if (!width || !weights.length) return;
    fitCanvas(this.canvas, width, BARS_HEIGHT * devicePixelRatio);
    this.drawBars(this.canvas.getContext("2d"), weights, order);
    const signedWeight = (channel) => `channel ${channel} (${formatted(weights[channel])})`;
    this.best.textContent = `Strongest: ${strongest(weights, NAMED_BARS).map(signedWeight).join(", ")}`;
    this.say();
  }

  drawBars(context, weights, order) {
    const { width, height } = this.canvas;
    const chosen = this.model.get("channel");
    const { fg, accent, below, above } = this.colours();
    for (const bar of barPlaces(weights, order, width, height)) {
      context.fillStyle = bar.weight < 0 ? below : above;
      context.fillRect(bar.x, bar.y, bar.width, bar.height);
      if (bar.channel !== chosen) continue;
      context.strokeStyle = accent;
      context.lineWidth = 2 * devicePixelRatio;
      context.strokeRect(bar.x, 1, Math.max(bar.width, 2), height - 2);
    }
    context.fillStyle = fg;
    context.fillRect(0, Math.round(height / 2), width, Math.max(1, Math.round(devicePixelRatio)));
  }

  colours() {
    const style = getComputedStyle(this.element);
    const table = tableColours(bytes(this.model.get("_colour_maps")[this.model.get("colour_map")]));
    const css = (colour) => `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
    // short of the ends, which are too dark on a dark page
    const [below, above] = [css(table[40]), css(table[215])];
    return { below, above, fg: style.getPropertyValue("--cw-fg-muted"), accent: style.getPropertyValue("--cw-accent") };
  }

  say() {
    const channel = this.hover ?? this.model.get("channel");
    this.status.textContent = `input channel ${channel} · weight ${formatted(this.weights[channel])}`;
    const label = `Weights of filter ${this.model.get("filter")}, ${this.model.get("channels")} input channels`;
    this.canvas.setAttribute("aria-label", label);
  }
}
