/** All maps of a layer as tiles on one canvas. */
import { KEEPS_KEYS, all, bind, h, saveAtRest, setMoving } from "./dom.js";
import { COLOUR_TRAITS, MAP_TRAITS, coalesced, derived, drawMap, fitCanvas } from "./map_canvas.js";
import { mapCanvas, meansOf, onPixelRatio, readColouring, readMaps } from "./map_canvas.js";
import { ZOOM_STEP, listenToGestures } from "./map_gestures.js";
import { WHOLE, channelOrder, gridLayout, insideLayout, limitTo, pannedBy } from "./map_layout.js";
import { revealing, slotAt, tileRect, unzoomed, zoomedAbout, zoomedRect } from "./map_layout.js";
import { channelText, pointText } from "./map_texts.js";
import { mapToolbar } from "./map_toolbar.js";

const GAP = 2; // CSS pixels, as is the margin, which leaves room for the outline
const MARGIN = 3;
const KEYS = "Arrow keys choose a channel, Page Up and Page Down another page, plus and minus zoom.";

export function renderMapGrid({ model, el }) {
  const grid = new TileGrid(model);
  el.append(grid.element);
  const stop = grid.start();
  return () => {
    stop();
    grid.element.remove();
  };
}

class TileGrid {
  constructor(model) {
    this.model = model;
    this.view = WHOLE;
    this.tiles = []; // canvases by slot, used again as making them takes longest
    this.painted = new Set(); // slots whose canvas holds what it should
    this.redraw = coalesced(() => this.draw());
    this.present = {
      maps: derived(model, MAP_TRAITS, () => readMaps(model)),
      colouring: derived(model, [...MAP_TRAITS, ...COLOUR_TRAITS], () => readColouring(model, this.maps)),
      order: derived(model, [...MAP_TRAITS, "order"], () => channelOrder(model.get("order"), meansOf(this.maps))),
    };
    this.toolbar = mapToolbar(model, () => this.pages);
    this.build();
    listenToGestures(this);
  }

  build() {
    const mark = (name) => h("div", { class: `cw-map-mark ${name}`, hidden: true });
    const role = { role: "application", "aria-roledescription": "map grid", "aria-description": KEYS };
    this.canvas = h("canvas", { tabindex: 0, ...role, ...KEEPS_KEYS });
    this.hovered = mark("cw-map-hovered");
    this.chosen = mark("cw-map-chosen");
    this.stage = h("div", { class: "cw-map-stage" }, this.canvas, this.hovered, this.chosen);
    this.status = h("span", { class: "cw-map-text cw-muted" });
    this.live = h("span", { class: "cw-hidden", "aria-live": "polite" });
    const footer = h("div", { class: "cw-map-footer" }, this.status, this.zoomButtons());
    const parts = [this.toolbar.element, this.stage, footer, this.live];
    this.element = h("div", { class: "cw cw-map-grid" }, ...parts);
  }

  zoomButtons() {
    const button = (text, label, factor) => {
      const names = { type: "button", "aria-label": label, title: label };
      return h("button", { ...names, onclick: () => this.zoom(factor), ...KEEPS_KEYS }, text);
    };
    this.whole = button("⤢", "Show the whole page", 0);
    const [out, closer] = [button("−", "Zoom out", 1 / ZOOM_STEP), button("+", "Zoom in", ZOOM_STEP)];
    return h("div", { class: "cw-map-zoom", role: "group", "aria-label": "Zoom" }, out, this.whole, closer);
  }

  start() {
    const { model } = this;
    const sizes = new ResizeObserver(this.redraw);
    sizes.observe(this.element);
    const stop = all(
      bind(model, [...MAP_TRAITS, ...COLOUR_TRAITS, "order"], () => this.refresh()),
      bind(model, ["page", "page_size", "tile"], () => this.turn()),
      bind(model, ["channel"], () => this.follow()),
      bind(model, ["label", "channels"], () => this.name()),
      onPixelRatio(this.redraw),
      this.toolbar.cleanUp,
      () => sizes.disconnect(),
      this.redraw.cancel,
    );
    this.started = true;
    return stop;
  }

  // --- the present state ---

  get maps() {
    return this.present.maps();
  }

  get order() {
    return this.present.order();
  }

  get channel() {
    return limitTo(this.model.get("channel"), 0, Math.max(0, this.maps.channels - 1));
  }

  get position() {
    return Math.max(0, this.order.indexOf(this.channel));
  }

  get pageSize() {
    return Math.max(1, this.model.get("page_size"));
  }

  get pages() {
    return Math.max(1, Math.ceil(this.model.get("channels") / this.pageSize));
  }

  get page() {
    return limitTo(this.model.get("page"), 0, this.pages - 1);
  }

  get chosenPage() {
    return Math.floor(this.position / this.pageSize);
  }

  /** Slot of the chosen channel on the shown page, or null. */
  get chosenSlot() {
    const slot = this.position - this.page * this.pageSize;
    return slot >= 0 && slot < this.layout.count ? slot : null;
  }

  get zoomed() {
    return this.view.zoom > 1;
  }

  channelIn(slot) {
    return this.order[this.page * this.pageSize + slot];
  }

  // --- changes ---

  /** Maps, colours or order changed: the page goes on showing the chosen channel if it did. */
  refresh() {
    if (this.showsChosen) this.follow();
    this.turn();
  }

  turn() {
    this.showsChosen = this.page === this.chosenPage;
    this.resetView();
    this.painted.clear();
    this.toolbar.draw();
    this.showHover(null);
    this.redraw();
  }

  /** Other tiles than those that were zoomed in on are shown whole. */
  resetView() {
    const { channels, height, width } = this.maps;
    const tiles = String([channels, height, width, this.pageSize, this.page]);
    if (tiles !== this.viewed) this.view = WHOLE;
    this.viewed = tiles;
  }

  /** The channel changed: its page is shown, and its tile where the view is zoomed in. */
  follow() {
    if (this.started && this.page !== this.chosenPage) {
      this.model.set("page", this.chosenPage);
      saveAtRest(this.model.source ?? this.model);
    }
    if (this.zoomed && this.chosenSlot != null) {
      this.look(revealing(this.view, tileRect(this.layout, this.chosenSlot), this.layout));
    }
    this.markTiles();
    this.showText();
  }

  choose(channel) {
    if (channel !== this.channel) setMoving(this.model, "channel", channel);
  }

  look(view) {
    this.view = view;
    this.redraw();
  }

  pan(dx, dy) {
    this.look(pannedBy(this.view, dx * devicePixelRatio, dy * devicePixelRatio, this.layout));
  }

  zoomAt(factor, point) {
    if (this.layout) this.look(zoomedAbout(this.view, factor, point, this.layout));
  }

  /** Zooms about the chosen tile, or the centre where it is not shown; 0 shows the whole page. */
  zoom(factor) {
    if (!this.layout) return;
    const slot = this.chosenSlot;
    const rect = slot == null ? this.layout : zoomedRect(this.view, tileRect(this.layout, slot));
    const centre = { x: (rect.x ?? 0) + rect.width / 2, y: (rect.y ?? 0) + rect.height / 2 };
    if (factor) this.zoomAt(factor, centre);
    else this.look(WHOLE);
  }

  // --- drawing ---

  draw() {
    const width = Math.floor(this.element.clientWidth * devicePixelRatio);
    if (!width) return;
    this.layout = this.laidOut(width);
    this.view = insideLayout(this.view, this.layout);
    fitCanvas(this.canvas, this.layout.width, this.layout.height);
    const context = this.canvas.getContext("2d");
    for (let slot = 0; slot < this.layout.count; slot++) this.drawTile(context, slot);
    this.canvas.classList.toggle("cw-map-zoomed", this.zoomed);
    this.whole.disabled = !this.zoomed;
    this.markTiles();
  }

  laidOut(width) {
    const { maps, model, pageSize } = this;
    const pixels = (length) => Math.max(1, Math.round(length * devicePixelRatio));
    const count = limitTo(maps.channels - this.page * pageSize, 0, pageSize);
    const sizes = { tile: pixels(model.get("tile") || 64), gap: pixels(GAP), margin: pixels(MARGIN) };
    return gridLayout({ count, width, ...sizes, mapWidth: maps.width || 1, mapHeight: maps.height || 1 });
  }

  drawTile(context, slot) {
    const rect = zoomedRect(this.view, tileRect(this.layout, slot));
    const { width, height } = this.layout;
    if (rect.x >= width || rect.y >= height || rect.x + rect.width < 0 || rect.y + rect.height < 0) return;
    if (!this.painted.has(slot)) this.paint(slot);
    drawMap(context, this.tiles[slot], rect);
  }

  paint(slot) {
    const [channel, colouring] = [this.channelIn(slot), this.present.colouring()];
    this.tiles[slot] = mapCanvas(this.maps, channel, colouring, this.tiles[slot]);
    this.painted.add(slot);
  }

  markTiles() {
    if (!this.layout) return;
    this.place(this.chosen, this.chosenSlot);
    this.place(this.hovered, this.hover?.slot ?? null);
  }

  place(mark, slot) {
    mark.hidden = slot == null;
    if (slot == null) return;
    const rect = zoomedRect(this.view, tileRect(this.layout, slot));
    const length = (side) => `${rect[side] / devicePixelRatio}px`;
    Object.assign(mark.style, { left: length("x"), top: length("y") });
    Object.assign(mark.style, { width: length("width"), height: length("height") });
  }

  // --- pointer and texts ---

  pointOf({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (clientX - box.left) * devicePixelRatio, y: (clientY - box.top) * devicePixelRatio };
  }

  hitAt(event) {
    return this.layout ? slotAt(this.layout, unzoomed(this.view, this.pointOf(event))) : null;
  }

  showHover(hit) {
    this.hover = hit;
    this.place(this.hovered, hit?.slot ?? null);
    this.showText();
  }

  showText() {
    const { maps, hover, live } = this;
    const chosen = channelText(maps, this.channel);
    this.status.textContent = hover ? pointText(maps, this.channelIn(hover.slot), hover) : chosen;
    if (live.textContent !== chosen) live.textContent = chosen;
  }

  name() {
    const { channels, unit } = this.maps;
    const count = `${channels} ${channels === 1 ? unit : `${unit}s`}`;
    this.canvas.setAttribute("aria-label", `${this.model.get("label") || "Maps"}, ${count}`);
  }
}

export default { render: renderMapGrid };
