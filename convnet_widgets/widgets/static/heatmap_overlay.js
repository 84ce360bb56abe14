/** A photograph with a heatmap over it, blended here: no kernel is asked. */
import { KEEPS_KEYS, all, bind, bytes, h } from "./dom.js";
import { blend, heatAt, heatOf, heatText, placeAfter, stretched } from "./heat_values.js";
import { renderHeatControls } from "./heat_controls.js";
import { coalesced, derived, drawColourBar, fitCanvas, onPixelRatio } from "./map_canvas.js";
import { numbersOf, tableColours } from "./map_values.js";
import { markPoint, pointOver, tellPoint } from "./pointing.js";

const HEAT_TRAITS = [
  "_codes", "_range", "_unseen", "_map_height", "_map_width", "_box", "height", "width",
];
const BLEND_TRAITS = ["alpha", "threshold", "smooth", "colour_map", "_colour_maps"];
const BAR_ROOM = 60; // CSS pixels of the colour bar and its values
const LEAST_OVERLAY_SIDE = 32; // of a map alone, which may be a strip of one row
const SQUARES_SHOWN = 3; // times enlarged, from which on pixels are drawn as squares
const OVERLAY_MIDDLE = { u: 0.5, v: 0.5 };
const OVERLAY_KEYS = "Arrow keys read other places, Home the hottest.";

/** The overlay alone; it points as an enlarged map does, by "cw-point" and "cw-mark" events. */
export function renderOverlay({ model, el }) {
  const overlay = new Overlay(model, el);
  el.append(overlay.element);
  const stop = overlay.start();
  return () => {
    stop();
    overlay.element.remove();
  };
}

/** What is shown, above the overlay; its element and its clean-up. */
export function overlayTitle(model) {
  const element = h("div", { class: "cw-overlay-title" });
  const cleanUp = bind(model, ["label"], () => {
    element.textContent = model.get("label");
    element.hidden = !model.get("label");
  });
  return { element, cleanUp };
}

export function renderHeatmapOverlay({ model, el }) {
  const title = overlayTitle(model);
  const place = h("div", {});
  const bar = h("div", {});
  const element = h("div", { class: "cw cw-heatmap-overlay" }, title.element, place, bar);
  el.append(element);
  const controls = renderHeatControls({ model, el: bar });
  place.addEventListener("cw-point", ({ detail }) =>
    place.dispatchEvent(new CustomEvent("cw-mark", { detail })),
  );
  const unbind = bind(model, ["toolbar"], () => (bar.hidden = model.get("toolbar") === false));
  const overlay = renderOverlay({ model, el: place });
  return all(overlay, unbind, title.cleanUp, controls, () => element.remove());
}

class Overlay {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.place = null; // what is read, {u, v}
    this.redraw = coalesced(() => this.draw());
    this.map = derived(model, HEAT_TRAITS, () => readHeat(model));
    this.build();
  }

  build() {
    const role = { role: "application", "aria-roledescription": "heatmap", "aria-description": OVERLAY_KEYS };
    this.canvas = h("canvas", { class: "cw-overlay-canvas", tabindex: 0, ...role, ...KEEPS_KEYS });
    this.cross = h("div", { class: "cw-view-cross", hidden: true });
    this.bar = h("canvas", { width: 1, height: 256, class: "cw-view-bar" });
    this.cold = h("div", { class: "cw-overlay-cold" });
    const ticks = ["1", "0.5", "0"].map((text) => h("span", {}, text));
    this.scale = h("div", { class: "cw-view-scale", "aria-hidden": "true" }, this.bar, this.cold);
    this.scale.append(h("div", { class: "cw-view-ticks cw-muted" }, ...ticks));
    this.note = h("div", { class: "cw-overlay-note", role: "status" });
    this.readout = h("output", { class: "cw-overlay-readout cw-muted", "aria-live": "off" });
    this.live = h("span", { class: "cw-hidden", "aria-live": "polite" });
    const stage = h("div", { class: "cw-view-stage" }, this.canvas, this.cross);
    const row = h("div", { class: "cw-view-row" }, stage, this.scale);
    this.element = h("div", { class: "cw cw-overlay" }, this.note, row, this.readout, this.live);
    this.listen();
  }

  listen() {
    const { canvas, el } = this;
    canvas.addEventListener("pointermove", (event) => tellPoint(el, pointOver(canvas, event)));
    canvas.addEventListener("pointerleave", () => tellPoint(el, null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => tellPoint(el, null));
  }

  start() {
    const { model, el, redraw } = this;
    const mark = ({ detail }) => this.read(detail);
    el.addEventListener("cw-mark", mark);
    const sizes = new ResizeObserver(redraw);
    sizes.observe(el);
    return all(
      bind(model, ["_photograph"], () => this.load()),
      bind(model, [...HEAT_TRAITS, ...BLEND_TRAITS, "label", "note", "view_size"], redraw),
      onPixelRatio(redraw),
      () => sizes.disconnect(),
      () => el.removeEventListener("cw-mark", mark),
      redraw.cancel,
    );
  }

  // --- the photograph ---

  async load() {
    const data = bytes(this.model.get("_photograph"));
    const asked = (this.asked = {});
    const image = data.length ? await createImageBitmap(new Blob([data])) : null;
    if (this.asked !== asked) return; // another one came meanwhile
    this.image = image;
    this.painted = null;
    this.redraw();
  }

  /** Height and width in the pixels that places are told in: the map's own without a photograph. */
  get extent() {
    const { rows, columns } = this.map();
    const [height, width] = [this.model.get("height"), this.model.get("width")];
    return height && width ? { height, width } : { height: rows, width: columns };
  }

  /** RGBA of the photograph on the canvas, painted once for each size. */
  photograph(width, height) {
    const size = `${width}×${height}`;
    if (this.painted?.size !== size) this.painted = { size, data: this.paint(width, height) };
    return this.painted.data;
  }

  paint(width, height) {
    const canvas = h("canvas", { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (this.image) {
      context.imageSmoothingEnabled = width < SQUARES_SHOWN * this.image.width;
      context.imageSmoothingQuality = "high";
      context.drawImage(this.image, 0, 0, width, height);
    }
    return bytes(context.getImageData(0, 0, width, height).data);
  }

  // --- drawing ---

  draw() {
    const { extent, map } = this;
    const waits = bytes(this.model.get("_photograph")).length > 0 && !this.image;
    this.element.hidden = !extent.width;
    if (!extent.width || waits) return;
    const [width, height] = this.deviceSize(extent);
    if (!width) return;
    if (this.blended?.width !== width || this.blended.height !== height) {
      fitCanvas(this.canvas, width, height);
      this.blended = new ImageData(width, height);
    }
    this.drawBlended(map(), width, height);
    this.drawScale(map());
    this.showNote();
    this.read(this.place);
  }

  drawBlended(map, width, height) {
    const heat = map.heat.length ? this.heat(map, width, height) : [];
    const table = bytes(this.model.get("_colour_maps")[this.model.get("colour_map")]);
    // alone, there is nothing that a map could let through
    const alpha = this.image ? this.model.get("alpha") : 1;
    const how = { table, alpha, threshold: this.model.get("threshold") };
    blend(this.photograph(width, height), heat, how, bytes(this.blended.data));
    this.canvas.getContext("2d", { willReadFrequently: true }).putImageData(this.blended, 0, 0);
  }

  /** The heat of each pixel, computed once for each map and size. */
  heat(map, width, height) {
    const smooth = this.model.get("smooth");
    const key = `${width}×${height}${smooth}`;
    if (this.spread?.map !== map || this.spread.key !== key) {
      this.spread = { map, key, heat: stretched(map, this.extent, { width, height }, smooth) };
    }
    return this.spread.heat;
  }

  deviceSize({ width, height }) {
    const room = this.el.clientWidth - (this.map().heat.length ? BAR_ROOM : 0);
    const longest = Math.min(this.model.get("view_size"), (room * Math.max(width, height)) / width);
    const unit = longest / Math.max(width, height);
    if (!(unit > 0)) return [0, 0];
    return [width, height].map((side) => Math.round(Math.max(side * unit, LEAST_OVERLAY_SIDE) * devicePixelRatio));
  }

  drawScale(map) {
    this.scale.hidden = !map.heat.length;
    const table = bytes(this.model.get("_colour_maps")[this.model.get("colour_map")]);
    drawColourBar(this.bar, tableColours(table));
    this.cold.style.height = `${100 * this.model.get("threshold")}%`;
  }

  // --- reading ---

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.map().heat.length) return;
    const place = placeAfter(event.key, this.place ?? OVERLAY_MIDDLE, this.map(), this.extent);
    if (!place) return;
    event.preventDefault();
    event.stopPropagation();
    tellPoint(this.el, place);
    this.live.textContent = this.readout.textContent;
  }

  /** Marks a place, or none, and tells its heat. */
  read(place) {
    this.place = place;
    markPoint(this.cross, place);
    const map = this.map();
    if (place && map.heat.length) {
      const value = heatAt(map, this.extent, place, this.model.get("smooth"));
      this.readout.textContent = heatText(value, place, this.extent);
    } else this.readout.textContent = "";
  }

  showNote() {
    const [label, note] = [this.model.get("label"), this.model.get("note")];
    this.note.textContent = note;
    this.note.hidden = !note;
    this.canvas.setAttribute("aria-label", [label || "Heatmap", note].filter(Boolean).join(": "));
  }
}

function readHeat(model) {
  const codes = numbersOf(bytes(model.get("_codes")), Uint16Array);
  const [rows, columns] = [model.get("_map_height"), model.get("_map_width")];
  const [height, width] = [model.get("height") || rows, model.get("width") || columns];
  const box = model.get("_box")?.length ? model.get("_box") : [0, 0, height, width];
  const heat = heatOf(codes, model.get("_range"), bytes(model.get("_unseen")));
  return { heat, rows, columns, box };
}

export default { render: renderHeatmapOverlay };
