/** The filters of a layer: in colour, by channels, as single pictures, or as bars. */
import { all, bind, bytes, formatted, h, renamed } from "./dom.js";
import { renderColourWeights } from "./colour_weights.js";
import { renderFilterIndexPicker } from "./filter_index_picker.js";
import { renderMapGrid } from "./map_grid.js";
import { numbersOf } from "./map_values.js";
import { renderMapView } from "./map_view.js";
import { renderWeightBars } from "./weight_bars.js";
import { largestWeight } from "./weight_order.js";
import { layerChooser, placed, viewerPanel } from "./viewer_panel.js";

const ENLARGED_FILTER = 200; // CSS pixels of the longer side of a chosen filter
const NO_BYTES = new Uint8Array(0);

export function renderFilterViewer({ model, el }) {
  const panel = viewerPanel(model, el, "cw-filters");
  const [layer, picker] = [layerChooser(model), placed(renderFilterIndexPicker, filterOf(model))];
  const controls = h("div", { class: "cw-viewer-controls" }, layer.place, picker.place);
  panel.add(controls, all(layer.cleanUp, picker.cleanUp));
  const body = h("div", { class: "cw-filter-body" });
  let clear = () => {};
  panel.add(body, () => clear());
  const unbind = bind(model, ["kind"], () => {
    clear();
    clear = BODIES[model.get("kind")](model, body);
  });
  return all(unbind, panel.cleanUp);
}

/** The model as a filter picker takes it. */
function filterOf(model) {
  const answers = { min: 0, max: () => model.get("filters") - 1, step: 1, description: "Filter" };
  return renamed(model, { value: "filter", max: "filters" }, { ...answers, disabled: false });
}

/** The channels of the chosen filter as a display of maps takes them. */
function channelsOf(model, answers = {}) {
  return renamed(model, { group: "filter", groups: "filters" }, answers);
}

/** One picture for each filter, the chosen one chosen in the display too. */
function picturesOf(model, names, answers) {
  const own = { channel: "filter", channels: "filters", page: "filter_page" };
  return renamed(model, { ...own, ...names }, { group: 0, groups: 1, unit: "filter", ...answers });
}

const BODIES = {
  colour: (model, body) => {
    const toolbar = () => model.get("filters") > model.get("page_size"); // it has the pager alone
    const none = { _codes: NO_BYTES, _ranges: NO_BYTES, _statistics: NO_BYTES };
    const colour = picturesOf(model, { _pixels: "_colours" }, { ...none, toolbar, tile: 40 });
    const chosen = ({ model, el }) => renderColourWeights({ model, colour, el });
    return filled(body, [
      [chosen, channelsOf(model), "Chosen filter and its weights", "cw-wide"],
      [renderMapGrid, colour, () => coloursTitle(model), "cw-wide"],
    ]);
  },
  channels: (model, body) =>
    filled(body, [
      [renderMapView, channelsOf(model, { view_size: ENLARGED_FILTER }), "Chosen channel"],
      [renderMapGrid, channelsOf(model, { tile: 40 }), "Channels of the chosen filter", "cw-rest"],
    ]),
  single: (model, body) => {
    const pictures = picturesOf(model, {}, {});
    return filled(body, [
      [renderMapView, renamed(pictures, {}, { view_size: ENLARGED_FILTER }), "Chosen filter"],
      [renderMapGrid, renamed(pictures, {}, { tile: 40 }), "All filters", "cw-rest"],
    ]);
  },
  pointwise: (model, body) =>
    filled(body, [[renderWeightBars, model, "Weight for each input channel", "cw-wide"]]),
};

/** What the one scale of all colour tiles means. */
function coloursTitle(model) {
  const largest = formatted(largestWeight(numbersOf(bytes(model.get("_ranges")), Float32Array)));
  return `All filters in colour: dark is −${largest}, mid-grey 0, bright ${largest}`;
}

/** Fills the body with titled displays; returns what clears it. */
function filled(body, displays) {
  const cleanups = displays.map(([render, model, title, width = ""]) => {
    const place = h("div");
    const heading = h("h4", { class: "cw-part-title" });
    const unbind = bind(model, ["_ranges"], () => {
      heading.textContent = typeof title === "function" ? title() : title;
    });
    body.append(h("div", { class: `cw-filter-part ${width}` }, heading, place));
    return all(unbind, render({ model, el: place }));
  });
  return all(...cleanups, () => body.replaceChildren());
}

export default { render: renderFilterViewer };
