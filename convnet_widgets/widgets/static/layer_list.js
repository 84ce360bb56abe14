/** The popup of the layer dropdown: a listbox in the page's top layer, where nothing cuts it off. */
import { h } from "./dom.js";
import { freshId } from "./slider.js";
import { matchedPieces, shapeText } from "./layer_options.js";

const POPUP_HEIGHT = 320; // px at most, of the list
const POPUP_EDGE = 8; // px kept free at the window's edges
const POPUP_GAP = 4; // px between the field and the list
const POPUP_SPARE = 16; // px that the columns can do without, see setColumns

/** A popup of options; `onchoose(index)` is called with the clicked one. */
export class LayerList {
  constructor(onchoose) {
    this.shown = []; // numbers of the options listed
    this.active = 0; // place among those shown
    this.listbox = h("ul", { role: "listbox", id: freshId(), "aria-label": "Layers" });
    this.status = h("p", { role: "status", class: "cw-muted" });
    this.popup = h("div", { class: "cw-layers", popover: "manual", hidden: true }, this.listbox, this.status);
    this.listenToPointer(onchoose);
  }

  listenToPointer(onchoose) {
    const place = (event) => [...this.listbox.children].indexOf(event.target.closest("li"));
    // the focus stays in the text field
    this.popup.addEventListener("mousedown", (event) => event.preventDefault());
    this.listbox.addEventListener("click", (event) => {
      if (place(event) >= 0) onchoose(this.shown[place(event)]);
    });
    this.listbox.addEventListener("pointermove", (event) => {
      if (place(event) >= 0) this.activate(place(event), false);
    });
  }

  /** Lists the options `shown`, letters that match `words` marked, `chosen` ticked. */
  fill(options, shown, words, chosen) {
    this.shown = shown;
    this.setColumns(options);
    this.listbox.replaceChildren(...shown.map((index) => this.row(options[index], index, words)));
    this.item(shown.indexOf(chosen))?.setAttribute("aria-selected", "true");
    this.activate(Math.max(shown.indexOf(chosen), 0), true);
  }

  /** Gives every row the columns of the longest texts, the same whatever is filtered out. */
  setColumns(options) {
    const columns = [(row) => row.path, (row) => row.type, (row) => shapeText(row.shape)];
    columns.forEach((text, column) => {
      const length = options.reduce((most, row) => Math.max(most, text(row).length), 0);
      // two more, since capitals and marked letters are wider than a figure
      this.popup.style.setProperty(`--cw-column-${column + 1}`, `${length + 2}ch`);
    });
  }

  row({ path, type, shape }, index, words) {
    const marked = (text) =>
      matchedPieces(text, words).map(([piece, hit]) => (hit ? h("mark", {}, piece) : piece));
    return h(
      "li",
      { role: "option", id: `${this.listbox.id}-${index}`, "aria-selected": "false" },
      h("span", {}, ...marked(path)),
      h("span", { class: "cw-muted" }, ...marked(type)),
      h("span", { class: "cw-muted" }, shapeText(shape)),
    );
  }

  item(place) {
    return this.listbox.children[place];
  }

  /** Makes the row at `place`, kept within the list, the one that Enter chooses. */
  activate(place, scroll) {
    this.item(this.active)?.classList.remove("cw-active");
    this.active = Math.min(Math.max(place, 0), this.shown.length - 1);
    const item = this.item(this.active);
    item?.classList.add("cw-active");
    if (scroll) item?.scrollIntoView({ block: "nearest" });
    this.onactivate?.(item?.id);
  }

  /** Opens the popup under `anchor`, or above it where there is more room. */
  open(anchor) {
    this.popup.hidden = false;
    this.popup.showPopover?.();
    this.place(anchor);
  }

  place(anchor) {
    this.fit(anchor);
    const { top, bottom } = anchor.getBoundingClientRect();
    const below = innerHeight - bottom - POPUP_EDGE;
    const above = top - POPUP_EDGE;
    const up = below < Math.min(POPUP_HEIGHT, this.popup.scrollHeight) && above > below;
    const { style } = this.popup;
    style.maxHeight = `${Math.min(POPUP_HEIGHT, Math.max(up ? above : below, 0))}px`;
    style.top = up ? "auto" : `${bottom + POPUP_GAP}px`;
    style.bottom = up ? `${innerHeight - top + POPUP_GAP}px` : "auto";
  }

  /** Begins where `anchor` does and ends in its panel; paths come before shapes, shapes before types. */
  fit(anchor) {
    const { left, right, width } = anchor.getBoundingClientRect();
    const panel = anchor.closest(".cw-viewer")?.getBoundingClientRect();
    const end = Math.max(right, Math.min(panel?.right ?? innerWidth, innerWidth - POPUP_EDGE));
    const room = this.shown.length ? end - left : width;
    Object.assign(this.popup.style, { left: `${left}px`, minWidth: `${width}px`, maxWidth: "none" });
    for (const columns of [3, 2, 1]) {
      this.popup.dataset.columns = columns;
      if (this.popup.offsetWidth - POPUP_SPARE <= room) break;
    }
    this.popup.style.maxWidth = `${room}px`;
  }

  close() {
    if (this.popup.hidden) return;
    this.popup.hidePopover?.();
    this.popup.hidden = true;
  }
}
