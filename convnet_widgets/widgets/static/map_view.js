/** The chosen map enlarged, with a colour bar of real values. */
import { KEEPS_KEYS, all, bind, formatted, h } from "./dom.js";
import { COLOUR_TRAITS, MAP_TRAITS, coalesced, derived, drawColourBar, drawMap } from "./map_canvas.js";
import { fitCanvas, inColour, limitsOf, mapCanvas, onPixelRatio } from "./map_canvas.js";
import { readColouring, readMaps } from "./map_canvas.js";
import { limitTo } from "./map_layout.js";
import { channelText, pointText } from "./map_texts.js";
import { markPoint, pointOver, tellPoint } from "./pointing.js";

const VIEW_SIZE = 224; // CSS pixels of the longer side
const LEAST_VIEW_SIDE = 24;

// the value of a constant map stands where its colour is
const FLAT_TICK = { map: "flex-end", layer: "flex-end", standardised: "center", signed: "center" };

export function renderMapView({ model, el }) {
  const view = new MapView(model, el);
  el.append(view.element);
  const stop = view.start();
  return () => {
    stop();
    view.element.remove();
  };
}

class MapView {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.redraw = coalesced(() => this.draw());
    this.maps = derived(model, MAP_TRAITS, () => readMaps(model));
    this.colouring = derived(model, [...MAP_TRAITS, ...COLOUR_TRAITS], () =>
      readColouring(model, this.maps()),
    );
    this.build();
  }

  build() {
    this.canvas = h("canvas", { role: "img", class: "cw-view-map" });
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.cross = h("div", { class: "cw-view-cross", hidden: true });
    this.bar = h("canvas", { class: "cw-view-bar", width: 1, height: 256, "aria-hidden": "true" });
    this.ticks = h("div", { class: "cw-view-ticks cw-muted" });
    this.caption = h("div", { class: "cw-view-caption cw-muted" });
    const stage = h("div", { class: "cw-view-stage" }, this.canvas, this.cross);
    this.scale = h("div", { class: "cw-view-scale" }, this.bar, this.ticks);
    const row = h("div", { class: "cw-view-row" }, stage, this.scale);
    const footer = h("div", { class: "cw-view-footer" }, this.caption, this.smoothToggle());
    this.element = h("div", { class: "cw cw-map-view" }, row, footer);
  }

  smoothToggle() {
    this.smooth = h("input", { type: "checkbox", ...KEEPS_KEYS, onchange: this.redraw });
    return h("label", { class: "cw-view-smooth" }, this.smooth, "smooth");
  }

  start() {
    const { model, el, redraw } = this;
    const mark = (event) => markPoint(this.cross, event.detail);
    el.addEventListener("cw-mark", mark);
    return all(
      bind(model, [...MAP_TRAITS, ...COLOUR_TRAITS, "channel", "label", "view_size"], redraw),
      onPixelRatio(redraw),
      () => el.removeEventListener("cw-mark", mark),
      redraw.cancel,
    );
  }

  get channel() {
    return limitTo(this.model.get("channel"), 0, Math.max(0, this.maps().channels - 1));
  }

  // --- drawing ---

  draw() {
    const maps = this.maps();
    this.element.hidden = !maps.channels;
    if (!maps.channels) return;
    const [width, height] = this.deviceSize(maps);
    fitCanvas(this.canvas, width, height);
    this.map = mapCanvas(maps, this.channel, this.colouring(), this.map);
    drawMap(this.canvas.getContext("2d"), this.map, { x: 0, y: 0, width, height }, this.smooth.checked);
    this.drawScale(maps);
    this.showText();
  }

  deviceSize({ width, height }) {
    const long = (this.model.get("view_size") ?? VIEW_SIZE) * devicePixelRatio;
    const unit = long / Math.max(width, height);
    const least = LEAST_VIEW_SIDE * devicePixelRatio;
    return [width, height].map((side) => Math.round(Math.max(side * unit, least)));
  }

  drawScale(maps) {
    this.scale.hidden = inColour(maps);
    if (this.scale.hidden) return;
    drawColourBar(this.bar, this.colouring().colours);
    const [low, high] = limitsOf(maps, this.channel, this.colouring());
    const values = high > low ? [high, (low + high) / 2, low] : [low];
    this.ticks.style.justifyContent = high > low ? "" : FLAT_TICK[this.model.get("intensity")];
    this.ticks.replaceChildren(...values.map((value) => h("span", {}, formatted(value))));
  }

  // --- pointer, crosshair, texts ---

  point(event) {
    this.hover = event && pointOver(this.canvas, event);
    this.showText();
    tellPoint(this.el, this.hover);
  }

  showText() {
    const maps = this.maps();
    if (!maps.channels) return;
    const chosen = channelText(maps, this.channel);
    this.say(this.hover ? pointText(maps, this.channel, this.hover) : chosen);
    const label = [this.model.get("label"), chosen].filter(Boolean).join(", ");
    this.canvas.setAttribute("aria-label", label);
  }

  // in parts that stay whole where the line breaks
  say(text) {
    const [first, ...rest] = text.split(" · ").map((part) => h("span", {}, part));
    this.caption.replaceChildren(first, ...rest.flatMap((part) => [" · ", part]));
  }
}

export default { render: renderMapView };
