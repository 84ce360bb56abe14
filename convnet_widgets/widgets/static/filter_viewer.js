/** The filters of a layer: in colour, by channels, as single pictures, or as bars. */
import { all, bind, h, renamed } from "./dom.js";
import { renderFilterIndexPicker } from "./filter_index_picker.js";
import { renderMapGrid } from "./map_grid.js";
import { renderMapView } from "./map_view.js";
import { renderWeightBars } from "./weight_bars.js";
import { layerChooser, placed, viewerPanel } from "./viewer_panel.js";

const ENLARGED_FILTER = 200; // CSS pixels of the longer side of a chosen filter
const NO_BYTES = new Uint8Array(0);

export function renderFilterViewer({ model, el }) {
  const panel = viewerPanel(model, el, "cw-filters");
  const [layer, picker] = [layerChooser(model), placed(renderFilterIndexPicker, filterOf(model))];
  const controls = panel.add(h("div", { class: "cw-viewer-controls" }), layer.cleanUp);
  controls.append(layer.place, picker.place);
  const body = panel.add(h("div", { class: "cw-filter-body" }), picker.cleanUp);
  let clear = () => {};
  const unbind = bind(model, ["kind"], () => {
    clear();
    clear = BODIES[model.get("kind")](model, body);
  });
  return () => [unbind, clear, panel.cleanUp].forEach((cleanUp) => cleanUp());
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
    const answers = { _codes: NO_BYTES, _ranges: NO_BYTES, _statistics: NO_BYTES, tile: 40 };
    const inColour = picturesOf(model, { _pixels: "_colours" }, answers);
    const channels = { label: () => `${model.get("label")}, weights`, tile: 120, toolbar: false };
    return filled(body, [
      [renderMapView, renamed(inColour, {}, { view_size: ENLARGED_FILTER }), "Chosen filter in colour"],
      [renderMapGrid, channelsOf(model, channels), "Its weights for red, green and blue"],
      [renderMapGrid, inColour, "All filters in colour: mid-grey is 0, one scale for all"],
    ]);
  },
  channels: (model, body) =>
    filled(body, [
      [renderMapView, channelsOf(model, { view_size: ENLARGED_FILTER }), "Chosen channel"],
      [renderMapGrid, channelsOf(model, { tile: 40 }), "Channels of the chosen filter"],
    ]),
  single: (model, body) => {
    const pictures = picturesOf(model, {}, {});
    return filled(body, [
      [renderMapView, renamed(pictures, {}, { view_size: ENLARGED_FILTER }), "Chosen filter"],
      [renderMapGrid, renamed(pictures, {}, { tile: 40 }), "All filters"],
    ]);
  },
  pointwise: (model, body) =>
    filled(body, [[renderWeightBars, model, "Weight for each input channel"]]),
};

/** Fills the body with titled displays; returns what clears it. */
function filled(body, displays) {
  const cleanups = displays.map(([render, model, title]) => {
    const { place, cleanUp } = placed(render, model, "cw-filter-display");
    body.append(h("div", { class: "cw-filter-part" }, h("h4", { class: "cw-part-title" }, title), place));
    return cleanUp;
  });
  return all(...cleanups, () => body.replaceChildren());
}

export default { render: renderFilterViewer };
