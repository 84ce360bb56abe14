/** All maps of a layer, the chosen one enlarged beside the photograph. */
import { all, bind, bytes, h, renamed } from "./dom.js";
import { renderChannelSlider } from "./channel_slider.js";
import { renderMapGrid } from "./map_grid.js";
import { renderMapReadings } from "./map_readings.js";
import { renderMapView } from "./map_view.js";
import { photographChooser, renderPhotograph } from "./photograph.js";
import { pictureSize } from "./viewer_layout.js";
import { fitted, layerChooser, linkPointers, placed, viewerPanel } from "./viewer_panel.js";

export function renderFeatureMapViewer({ model, el }) {
  const panel = viewerPanel(model, el, "cw-feature-maps");
  const [layer, photographs] = [layerChooser(model), photographChooser(model)];
  const slider = placed(renderChannelSlider, channelOf(model));
  const controls = h("div", { class: "cw-viewer-controls" });
  panel.add(controls, all(layer.cleanUp, photographs.cleanUp, slider.cleanUp));
  controls.append(layer.place, photographs.element, slider.place);
  let empty = () => {};
  const pair = panel.add(h("div", { class: "cw-viewer-pair" }), () => empty());
  empty = fillPair(model, pair);
  const grid = placed(renderMapGrid, model);
  panel.add(grid.place, grid.cleanUp);
  return panel.cleanUp;
}

/** The photograph, the chosen map as large, and what they say in numbers. */
function fillPair(model, pair) {
  const hasPhotograph = () => bytes(model.get("_photograph")).length > 0;
  const aspect = () => model.get("width") / Math.max(1, model.get("height"));
  const size = fitted(pair, (width) => pictureSize(width, hasPhotograph(), aspect()));
  const parts = [renderPhotograph, renderMapView, renderMapReadings].map((render) =>
    placed(render, size.of(model)),
  );
  const [photograph, ...others] = parts.map(({ place }) => place);
  others.at(-1).className = "cw-readings-place";
  pair.append(photograph, ...others);
  linkPointers(pair, photograph, ...others);
  const unbind = bind(model, ["_photograph", "width", "height"], () => {
    photograph.hidden = !hasPhotograph();
    size.fit();
  });
  return all(unbind, size.cleanUp, ...parts.map(({ cleanUp }) => cleanUp));
}

/** The model as a channel slider takes it. */
export function channelOf(model) {
  const answers = { min: 0, max: () => model.get("channels") - 1, step: 1, description: "Channel" };
  return renamed(model, { value: "channel", max: "channels" }, { ...answers, disabled: false });
}

export default { render: renderFeatureMapViewer };
