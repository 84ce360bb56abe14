/** RGB pictures in a grid with a black margin, the chosen one enlarged beside it. */
import { KEEPS_KEYS, all, bind, h, setMoving } from "./dom.js";
import { coalesced, onPixelRatio } from "./map_canvas.js";
import { limitTo, positionAfter } from "./map_layout.js";
import { enlargedSize, pictureLayout } from "./picture_layout.js";
import { PictureSheet } from "./picture_sheet.js";
import { fateCounts, missingWord, pictureCount, pictureLabel, pictureText } from "./picture_texts.js";
import { freshId } from "./slider.js";

const BESIDE = 600; // CSS pixels of width from which on the enlarged picture stands beside the grid
const VIEW_SIZES = [192, 320];
const VIEW_SHARE = 0.38; // of the width, of the enlarged picture beside the grid
const VIEW_GAP = 16;
const MOST_HEIGHT = 720; // of the grid; the rest is scrolled to
const SCROLLBAR = 16;
const FULL_FROM = 0.75; // of the width: from there on the ground goes to its end
const ROWS_A_PAGE = 4; // that Page Up and Page Down move
const [LABEL_HEIGHT, LABEL_NEEDS] = [20, 28]; // CSS pixels: of a label between two frames, and of tiles that bear one

/** The chosen picture is enlarged in `place`, `view_size` of the model large, where one is given. */
export function renderPictureGrid({ model, el, place = null }) {
  const grid = new PictureTiles(model, place);
  el.append(grid.element);
  const stop = grid.start();
  return () => {
    stop();
    grid.element.remove();
    grid.figure.remove();
  };
}

class PictureTiles {
  constructor(model, place) {
    this.model = model;
    this.place = place;
    this.id = freshId();
    this.tiles = [];
    this.redraw = coalesced(() => this.draw());
    this.build();
    const asked = () => this.element.setAttribute("aria-busy", "true");
    this.sheet = new PictureSheet(model, { asked, ready: this.redraw });
    this.listen();
  }

  build() {
    const role = { role: "listbox", "aria-orientation": "horizontal", tabindex: 0, ...KEEPS_KEYS };
    this.list = h("div", { class: "cw-pictures", ...role });
    this.stage = h("div", { class: "cw-picture-stage" }, this.list);
    this.counts = h("div", { class: "cw-picture-counts cw-muted" });
    this.main = h("div", { class: "cw-picture-main" }, this.stage, this.counts);
    this.view = pictureTile({ role: "img", class: "cw-picture cw-picture-chosen" });
    this.caption = h("figcaption", { class: "cw-picture-caption" });
    this.figure = h("figure", { class: "cw-picture-view" }, this.view.element, this.caption);
    this.nothing = h("div", { class: "cw-muted" }, "no pictures yet");
    this.element = h("div", { class: "cw cw-picture-grid" }, this.nothing, this.main);
    (this.place ?? this.element).append(this.figure);
  }

  listen() {
    this.list.addEventListener("keydown", (event) => this.keyPressed(event));
    this.list.addEventListener("click", ({ target }) => {
      const place = this.tiles.findIndex(({ element }) => element.contains(target));
      if (place >= 0) this.choose(place);
    });
  }

  start() {
    const { model } = this;
    const sizes = new ResizeObserver(this.redraw);
    sizes.observe(this.element);
    return all(
      bind(model, ["labels", "status", "unit", "label", "columns", "tile", "view_size"], this.redraw),
      bind(model, ["index"], () => this.follow()),
      this.sheet.start(),
      onPixelRatio(this.redraw),
      () => sizes.disconnect(),
      this.redraw.cancel,
    );
  }

  // --- the present state ---

  get index() {
    return limitTo(this.model.get("index"), 0, Math.max(0, this.sheet.count - 1));
  }

  get texts() {
    const { model } = this;
    const [labels, status] = [model.get("labels"), model.get("status")];
    return { labels, status, unit: model.get("unit"), label: model.get("label"), count: this.sheet.count };
  }

  choose(index) {
    if (index !== this.index) setMoving(this.model, "index", index);
  }

  keyPressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.layout) return;
    const { columns } = this.layout;
    const sizes = { columns, pageSize: ROWS_A_PAGE * columns, count: this.tiles.length };
    const place = positionAfter(event.key, this.index, sizes);
    if (place == null) return;
    this.choose(place);
    event.preventDefault();
    event.stopPropagation();
  }

  // --- drawing ---

  draw() {
    const { count } = this.sheet;
    this.nothing.hidden = count > 0;
    this.main.hidden = !count || (count < 2 && !this.place); // alone, it is enlarged
    this.figure.hidden = !count;
    if (this.tiles.length !== count) this.fill(count);
    if (count && this.element.clientWidth) this.arrange(this.element.clientWidth);
    this.paint();
    this.tell();
    this.follow();
    this.element.setAttribute("aria-busy", String(this.sheet.waiting));
  }

  fill(count) {
    const role = { role: "option", "aria-selected": "false", class: "cw-picture" };
    const option = (_, i) => pictureTile({ ...role, id: `${this.id}-${i}` });
    this.tiles = Array.from({ length: count }, option);
    this.list.replaceChildren(...this.tiles.map(({ element }) => element));
    this.told = null;
  }

  arrange(width) {
    const beside = width >= BESIDE && this.tiles.length > 1 && !this.place;
    const view = this.enlarge(beside ? width * VIEW_SHARE : width);
    const room = beside ? width - view - VIEW_GAP : width;
    this.labelled = this.texts.labels.length > 0;
    this.layout = this.laidOut(room);
    const most = this.model.get("most_height") ?? MOST_HEIGHT;
    if (this.heightOf(this.layout) > most) this.layout = this.laidOut(room - SCROLLBAR);
    const { columns, tileWidth, tileHeight, gap } = this.layout;
    const isWide = columns < this.tiles.length || this.across > FULL_FROM * room * devicePixelRatio;
    this.element.toggleAttribute("data-filled", Boolean(this.place) && isWide);
    const lengths = { "--cw-width": tileWidth, "--cw-height": tileHeight, "--cw-tile-gap": gap };
    for (const name in lengths) this.list.style.setProperty(name, `${lengths[name] / devicePixelRatio}px`);
    this.list.style.gridTemplateColumns = `repeat(${columns}, max-content)`;
    this.stage.style.maxHeight = `${most}px`;
    this.list.toggleAttribute("data-enlarged", tileWidth >= this.sheet.cells.width);
    this.list.toggleAttribute("data-labelled", this.labelled && tileWidth >= LABEL_NEEDS * devicePixelRatio);
  }

  laidOut(room) {
    const { model, sheet } = this;
    const { count, width: pictureWidth, height: pictureHeight } = sheet.cells;
    const [width, tile] = [room, model.get("tile")].map((length) => Math.floor(length * devicePixelRatio));
    return pictureLayout({ count, width, tile, columns: model.get("columns") || 0, pictureWidth, pictureHeight });
  }

  /** Device pixels that the grid is wide. */
  get across() {
    const { columns, tileWidth, gap } = this.layout;
    return columns * (tileWidth + gap) + gap;
  }

  heightOf({ columns, tileHeight, gap }) {
    const row = (tileHeight + gap) / devicePixelRatio + (this.labelled ? LABEL_HEIGHT : 0);
    return Math.ceil(this.tiles.length / columns) * row;
  }

  /** Sizes the enlarged picture; returns its width in CSS pixels. */
  enlarge(room) {
    const { width, height } = this.sheet.cells;
    const longer = Math.max(width, height);
    const given = this.place && this.model.get("view_size");
    const sizes = given ? [given, 0, given] : [room, ...VIEW_SIZES];
    const device = sizes.map((length) => Math.floor(length * devicePixelRatio));
    const whole = enlargedSize(Math.min(device[0], device[2]), device.slice(1), longer);
    const zoom = (given ? device[0] : whole) / longer / devicePixelRatio;
    this.figure.style.setProperty("--cw-width", `${width * zoom}px`);
    this.figure.style.setProperty("--cw-height", `${height * zoom}px`);
    this.figure.toggleAttribute("data-enlarged", zoom * devicePixelRatio >= 1);
    return width * zoom;
  }

  paint() {
    if (this.painted === this.sheet.turn) return;
    this.painted = this.sheet.turn;
    this.tiles.forEach(({ canvas }, index) => this.sheet.draw(canvas, index));
  }

  tell() {
    const { texts } = this;
    const now = Object.values(texts);
    if (this.told?.every((one, i) => one === now[i])) return;
    this.told = now;
    this.tiles.forEach((tile, index) => tellTile(tile, texts, index));
    this.list.setAttribute("aria-label", pictureCount(texts));
    const counts = fateCounts(texts.status);
    this.counts.replaceChildren(...counts.map(([fate, text]) => h("span", { "data-fate": fate }, text)));
  }

  /** Marks and enlarges the chosen picture. */
  follow() {
    const { index, tiles, texts } = this;
    if (!tiles.length) return;
    this.selected?.setAttribute("aria-selected", "false");
    this.selected = tiles[index].element;
    this.selected.setAttribute("aria-selected", "true");
    this.list.setAttribute("aria-activedescendant", tiles[index].element.id);
    reveal(this.stage, tiles[index].element);
    this.sheet.draw(this.view.canvas, index);
    tellTile(this.view, texts, index);
    this.caption.textContent = pictureText(texts, index);
  }
}

/** A place for a picture, with the word that stands there where there is none, and its label. */
function pictureTile(attributes) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const word = h("span", { class: "cw-picture-word", "aria-hidden": "true" });
  const label = h("span", { class: "cw-picture-label", "aria-hidden": "true" });
  return { canvas, word, label, element: h("div", attributes, canvas, word, label) };
}

function tellTile({ element, word, label }, texts, index) {
  element.dataset.status = texts.status[index] || "ok";
  word.textContent = missingWord(texts.status[index]);
  element.toggleAttribute("data-missing", Boolean(word.textContent));
  element.setAttribute("aria-label", pictureText(texts, index));
  label.textContent = pictureLabel(texts, index);
}

// `scrollIntoView` would move the notebook as well
function reveal(stage, element) {
  const [outer, inner] = [stage, element].map((one) => one.getBoundingClientRect());
  if (inner.top < outer.top) stage.scrollTop -= outer.top - inner.top;
  if (inner.bottom > outer.bottom) stage.scrollTop += inner.bottom - outer.bottom;
}

export default { render: renderPictureGrid };
