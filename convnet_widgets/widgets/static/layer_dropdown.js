/**
 * A combobox over layers. Traits: _options (rows {path, type, shape, channels}), value, index,
 * channels, description, disabled; a host without index and channels gets the value alone.
 */
import { h, bind, all, KEEPS_KEYS } from "./dom.js";
import { controlRow, freshId } from "./slider.js";
import { layerChoice, matchingLayers, queryWords, shapeText } from "./layer_options.js";
import { LayerList } from "./layer_list.js";

const PAGE_ROWS = 8; // that PageUp and PageDown go

/** Shows the dropdown. */
export function renderLayerDropdown({ model, el }) {
  const combobox = new LayerCombobox(model);
  el.append(combobox.row);
  return all(
    bind(model, ["_options", "value", "index", "description", "disabled"], () => combobox.draw()),
    follow(model, "index", () => model.get("index")),
    follow(model, "value", () => combobox.chosen()),
    combobox.closeOutside(),
    () => combobox.row.remove(),
  );
}

/** Sets the traits that belong to option `index` and saves them together. */
function chooseLayer(model, index) {
  const choice = Object.entries(layerChoice(model.get("_options"), index));
  const stale = choice.filter(([name, value]) => ![value, undefined].includes(model.get(name)));
  if (!stale.length) return;
  settling.add(model);
  stale.forEach(([name, value]) => model.set(name, value));
  settling.delete(model);
  model.save_changes();
}

const settling = new WeakSet();

/** Lets the other traits follow when a link in the browser sets the one called `name`. */
function follow(model, name, index) {
  const settle = () => {
    const known = index() === null || index() in model.get("_options");
    if (known && !settling.has(model)) chooseLayer(model, index());
  };
  model.on(`change:${name}`, settle);
  return () => model.off(`change:${name}`, settle);
}

class LayerCombobox {
  constructor(model) {
    this.model = model;
    this.query = "";
    this.list = new LayerList((index) => this.choose(index));
    this.input = this.textField();
    this.detail = h("span", { class: "cw-muted cw-layer-detail", id: freshId() });
    this.field = h("div", { class: "cw-field" }, this.input, this.detail, this.list.popup);
    this.field.addEventListener("mousedown", (event) => this.press(event));
    Object.assign(this, controlRow(this.input.id, this.field));
    this.input.setAttribute("aria-describedby", this.detail.id);
    this.list.onactivate = (id) => this.setActive(id);
  }

  textField() {
    return h("input", {
      type: "text",
      role: "combobox",
      id: freshId(),
      autocomplete: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.listbox.id,
      oninput: () => this.search(this.input.value),
      onkeydown: (event) => this.key(event),
      onblur: () => this.close(),
      ...KEEPS_KEYS,
    });
  }

  get isOpen() {
    return !this.list.popup.hidden;
  }

  options() {
    return this.model.get("_options") ?? [];
  }

  /** Number of the chosen option; null where none is chosen, -1 where it is not among the options. */
  chosen() {
    const value = this.model.get("value") ?? null;
    return value === null ? null : this.options().findIndex(({ path }) => path === value);
  }

  draw() {
    const disabled = Boolean(this.model.get("disabled"));
    this.label.textContent = this.model.get("description");
    this.row.toggleAttribute("data-disabled", disabled);
    this.input.disabled = disabled;
    this.input.setAttribute("aria-label", this.model.get("description"));
    this.drawChoice();
    if (disabled) this.close();
    else if (this.isOpen) this.search(this.query);
  }

  drawChoice() {
    const option = this.options()[this.chosen()];
    this.detail.replaceChildren(h("span", {}, option?.type ?? ""), h("span", {}, shapeText(option?.shape)));
    this.input.placeholder = this.options().length ? "Choose a layer" : "No layers";
    if (!this.isOpen) this.input.value = this.input.title = this.model.get("value") ?? "";
  }

  /** Opens the list with the layers that match `query`. */
  search(query) {
    this.query = query;
    const words = queryWords(query);
    const shown = matchingLayers(this.options(), words);
    this.list.fill(this.options(), shown, words, this.chosen());
    this.list.status.textContent = this.summary(shown.length);
    this.list.open(this.field);
    this.input.setAttribute("aria-expanded", "true");
    this.input.setAttribute("aria-invalid", words.length > 0 && !shown.length);
  }

  summary(count) {
    const total = this.options().length;
    if (!total) return "no layers";
    if (!count) return `no layer matches “${this.query.trim()}”`;
    return count < total ? `${count} of ${total} layers` : "";
  }

  /** Opens the whole list; the text is selected, so that typing replaces it. */
  open() {
    this.search("");
    this.input.select();
    this.list.item(this.list.active)?.scrollIntoView({ block: "center" });
  }

  close() {
    this.list.close();
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-invalid", "false");
    this.setActive(null);
    this.drawChoice();
  }

  choose(index) {
    chooseLayer(this.model, index);
    this.close();
  }

  setActive(id) {
    if (id) this.input.setAttribute("aria-activedescendant", id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  press(event) {
    if (this.input.disabled || this.list.popup.contains(event.target)) return;
    if (event.target === this.input && this.isOpen) return;
    event.preventDefault();
    this.input.focus();
    if (this.isOpen) this.close();
    else this.open();
  }

  key(event) {
    if (event.isComposing) return;
    const action = this.isOpen ? this.openKeys()[event.key] : this.closedKeys()[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  closedKeys() {
    const open = () => this.open();
    return { ArrowDown: open, ArrowUp: open, Enter: open };
  }

  openKeys() {
    const to = (place) => () => this.list.activate(place, true);
    const { active, shown } = this.list;
    return {
      ArrowDown: to(active + 1),
      ArrowUp: to(active - 1),
      PageDown: to(active + PAGE_ROWS),
      PageUp: to(active - PAGE_ROWS),
      Home: to(0),
      End: to(shown.length - 1),
      // without a match the list goes on telling so
      Enter: () => shown.length && this.choose(shown[active]),
      Escape: () => this.close(),
    };
  }

  /** Closes the list at a click elsewhere and keeps it at its field while the page scrolls. */
  closeOutside() {
    const press = ({ target }) => this.isOpen && !this.field.contains(target) && this.close();
    const place = ({ target }) =>
      this.isOpen && target !== this.list.popup && this.list.place(this.field);
    document.addEventListener("pointerdown", press, true);
    for (const type of ["scroll", "resize"]) addEventListener(type, place, true);
    return () => {
      document.removeEventListener("pointerdown", press, true);
      for (const type of ["scroll", "resize"]) removeEventListener(type, place, true);
    };
  }
}

export default { render: renderLayerDropdown };
