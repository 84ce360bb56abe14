/** The selects and the pager above a grid of maps. */
import { KEEPS_KEYS, all, bind, h, setNow } from "./dom.js";

const INTENSITIES = {
  map: "each map’s own range",
  layer: "one range for all",
  standardised: "standardised",
  signed: "signed about 0",
};
const ORDERS = { number: "by number", activity: "by activity" };
const [SEQUENTIAL, DIVERGING] = ["viridis", "coolwarm"];

/** `pages()` is the number of pages; returns the element, a redraw of the pager, a clean-up. */
export function mapToolbar(model, pages) {
  const scalars = h("div", { class: "cw-row" });
  const colour = traitSelect(model, "colour_map", "Colours", colourMaps(model));
  const intensity = traitSelect(model, "intensity", "Range", INTENSITIES, chooseIntensity);
  const order = traitSelect(model, "order", "Order", ORDERS);
  const pager = mapPager(model, pages);
  scalars.append(colour.element, intensity.element, order.element);
  const element = h("div", { class: "cw-row cw-map-toolbar" }, scalars, pager.element);
  const unbind = bind(model, ["toolbar", "_pixels", "_colour_maps"], () => {
    element.hidden = model.get("toolbar") === false;
    scalars.hidden = model.get("_pixels")?.byteLength > 0;
    colour.fill(colourMaps(model));
  });
  return { element, draw: pager.draw, cleanUp: all(unbind, ...[colour, intensity, order].map((s) => s.cleanUp)) };
}

function colourMaps(model) {
  const names = Object.keys(model.get("_colour_maps") ?? {});
  return Object.fromEntries(names.map((name) => [name, name]));
}

function traitSelect(model, name, label, texts, choose = setNow) {
  const select = h("select", { ...KEEPS_KEYS, onchange: () => choose(model, name, select.value) });
  const element = h("label", { class: "cw-map-select" }, h("span", { class: "cw-muted" }, label), select);
  const show = () => (select.value = model.get(name));
  const fill = (options) => {
    select.replaceChildren(...Object.entries(options).map(([value, text]) => h("option", { value }, text)));
    show();
  };
  fill(texts);
  return { element, fill, cleanUp: bind(model, [name], show) };
}

// signed values on a sequential map, or unsigned ones on a diverging, would be misread
function chooseIntensity(model, name, mode) {
  const diverging = model.get("colour_map") === DIVERGING;
  if (mode === "signed") model.set("colour_map", DIVERGING);
  else if (diverging) model.set("colour_map", SEQUENTIAL);
  setNow(model, name, mode);
}

function mapPager(model, pages) {
  const go = (page) => () => setNow(model, "page", Math.max(0, Math.min(pages() - 1, page())));
  const page = () => model.get("page");
  const button = (text, label, target) =>
    h("button", { type: "button", "aria-label": label, onclick: go(target), ...KEEPS_KEYS }, text);
  const back = [button("«", "First page", () => 0), button("‹", "Previous page", () => page() - 1)];
  const on = [button("›", "Next page", () => page() + 1), button("»", "Last page", () => pages() - 1)];
  const text = h("output", { class: "cw-map-pages" });
  const element = h("div", { class: "cw-row cw-map-pager", role: "group", "aria-label": "Pages" }, ...back, text, ...on);
  const draw = () => {
    element.hidden = pages() < 2;
    text.textContent = `page ${page() + 1} of ${pages()}`;
    back.forEach((one) => (one.disabled = page() <= 0));
    on.forEach((one) => (one.disabled = page() >= pages() - 1));
  };
  return { element, draw };
}
