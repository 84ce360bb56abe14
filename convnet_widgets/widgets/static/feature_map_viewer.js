/** All maps of a layer, the chosen one enlarged beside the photograph. */
import { h, renamed } from "./dom.js";
import { renderChannelSlider } from "./channel_slider.js";
import { renderMapGrid } from "./map_grid.js";
import { renderMapView } from "./map_view.js";
import { photographChooser, renderPhotograph } from "./photograph.js";
import { layerChooser, placed, viewerPanel } from "./viewer_panel.js";

const ENLARGED_MAP = 300; // CSS pixels of the longer side of the photograph and the chosen map

export function renderFeatureMapViewer({ model, el }) {
  const panel = viewerPanel(model, el, "cw-feature-maps");
  const [layer, photographs] = [layerChooser(model), photographChooser(model)];
  const slider = placed(renderChannelSlider, channelOf(model));
  const controls = h("div", { class: "cw-viewer-controls" });
  panel.add(controls, layer.cleanUp);
  controls.append(layer.place, photographs.element, slider.place);
  const enlarged = renamed(model, {}, { view_size: ENLARGED_MAP });
  const [photograph, view] = [placed(renderPhotograph, enlarged), placed(renderMapView, enlarged)];
  const pair = panel.add(h("div", { class: "cw-viewer-pair" }, photograph.place, view.place), view.cleanUp);
  linkPointers(pair, photograph.place, view.place);
  const grid = placed(renderMapGrid, model);
  panel.add(grid.place, grid.cleanUp);
  return () => [photographs, slider, photograph, panel].forEach(({ cleanUp }) => cleanUp());
}

/** The model as a channel slider takes it. */
export function channelOf(model) {
  const answers = { min: 0, max: () => model.get("channels") - 1, step: 1, description: "Channel" };
  return renamed(model, { value: "channel", max: "channels" }, { ...answers, disabled: false });
}

/** A pointer over one of the two marks the same place on both. */
function linkPointers(pair, ...places) {
  pair.addEventListener("cw-point", ({ detail }) => {
    for (const place of places) place.dispatchEvent(new CustomEvent("cw-mark", { detail }));
  });
}

export default { render: renderFeatureMapViewer };
