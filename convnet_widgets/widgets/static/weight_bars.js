/** The weights of a 1×1 filter as bars, one for each input channel. */
import { KEEPS_KEYS, all, bind, bytes, formatted, h, setMoving } from "./dom.js";
import { coalesced, fitCanvas, onPixelRatio } from "./map_canvas.js";
import { limitTo, positionAfter } from "./map_layout.js";
import { numbersOf, tableColours } from "./map_values.js";
import { barAt, barPlaces, largestWeight, strongest, weightOrder } from "./weight_order.js";

const BARS_HEIGHT = 180; // CSS pixels
const MARK_WIDTH = 5; // CSS pixels that the mark of a thin bar has
const CAP_HEIGHT = 3; // CSS pixels
const BAND_OPACITY = 0.25;
const NAMED_BARS = 5;
const PAGE_BARS = 10; // that PageUp and PageDown go
const BAR_TRAITS = ["_weights", "channels", "filter", "channel", "colour_map", "_colour_maps", "kind"];
const BAR_KEYS = "Arrow keys choose an input channel, Page Up and Page Down go ten further.";

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
    this.build();
    this.listen();
  }

  build() {
    const role = { role: "application", "aria-roledescription": "bar chart", "aria-description": BAR_KEYS };
    this.canvas = h("canvas", { tabindex: 0, ...role, ...KEEPS_KEYS });
    this.ticks = h("div", { class: "cw-view-ticks cw-muted" });
    this.row = h("div", { class: "cw-weight-row" }, this.ticks, this.canvas);
    this.sorted = h("input", { type: "checkbox", onchange: this.redraw, ...KEEPS_KEYS });
    const toggle = h("label", { class: "cw-view-smooth" }, this.sorted, "sorted by weight");
    this.status = h("output", { class: "cw-muted", "aria-live": "polite" });
    this.best = h("div", { class: "cw-muted" });
    const footer = h("div", { class: "cw-map-footer" }, this.status, toggle);
    this.element = h("div", { class: "cw cw-weight-bars" }, this.row, footer, this.best);
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
    this.redraw();
  }

  key(event) {
    const { order } = this;
    const place = order.indexOf(this.model.get("channel"));
    const next = positionAfter(event.key, place, { columns: 1, pageSize: PAGE_BARS, count: order.length });
    if (next == null) return;
    event.preventDefault();
    this.choose(order[next]);
  }

  draw() {
    const { weights, order } = this;
    if (!weights.length) return;
    this.drawScale(largestWeight(weights));
    const room = this.element.clientWidth - (this.canvas.offsetLeft - this.row.offsetLeft);
    const width = Math.floor(room * devicePixelRatio);
    if (width <= 0) return;
    fitCanvas(this.canvas, width, BARS_HEIGHT * devicePixelRatio);
    this.drawBars(this.canvas.getContext("2d"), weights, order);
    this.say(weights);
  }

  drawScale(largest) {
    const values = largest ? [largest, 0, -largest] : [0];
    this.ticks.replaceChildren(...values.map((value) => h("span", {}, formatted(value))));
    this.ticks.style.justifyContent = largest ? "" : "center";
  }

  drawBars(context, weights, order) {
    const { width, height } = this.canvas;
    const { fg, accent, below, above } = this.colours();
    const bars = barPlaces(weights, order, width, height);
    this.markBar(context, bars[order.indexOf(this.hover)], fg, 0);
    this.markBar(context, bars[order.indexOf(this.model.get("channel"))], accent, CAP_HEIGHT);
    for (const bar of bars) {
      context.fillStyle = bar.weight < 0 ? below : above;
      context.fillRect(bar.x, bar.y, bar.width, bar.height);
    }
    context.fillStyle = fg;
    context.fillRect(0, Math.round(height / 2), width, Math.max(1, Math.round(devicePixelRatio)));
  }

  /** A band behind a bar, over the whole height, as a small weight hardly has a bar; with a cap. */
  markBar(context, bar, colour, cap) {
    if (!bar) return;
    const { width, height } = this.canvas;
    const wide = Math.max(bar.width, MARK_WIDTH * devicePixelRatio);
    const left = limitTo(bar.x + (bar.width - wide) / 2, 0, width - wide);
    context.fillStyle = colour;
    context.globalAlpha = BAND_OPACITY;
    context.fillRect(left, 0, wide, height);
    context.globalAlpha = 1;
    context.fillRect(left, 0, wide, cap * devicePixelRatio);
  }

  colours() {
    const style = getComputedStyle(this.element);
    const table = tableColours(bytes(this.model.get("_colour_maps")[this.model.get("colour_map")]));
    const css = (colour) => `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
    // short of the ends, which are too dark on a dark page
    const [below, above] = [css(table[40]), css(table[215])];
    return { below, above, fg: style.getPropertyValue("--cw-fg-muted"), accent: style.getPropertyValue("--cw-accent") };
  }

  say(weights) {
    const { model } = this;
    const channel = this.hover ?? model.get("channel");
    const signedWeight = (one) => `channel ${one} (${formatted(weights[one])})`;
    this.status.textContent = `input channel ${channel} · weight ${formatted(weights[channel])}`;
    this.best.textContent = `Strongest: ${strongest(weights, NAMED_BARS).map(signedWeight).join(", ")}`;
    const label = `Weights of filter ${model.get("filter")}, ${model.get("channels")} input channels`;
    this.canvas.setAttribute("aria-label", label);
  }
}
