/** What the filters of a layer answer to most, while it is being found. */
import { all, h, renamed } from "./dom.js";
import { renderAscentStatus } from "./ascent_status.js";
import { patternSettings } from "./pattern_settings.js";
import { renderPictureGrid } from "./picture_grid.js";
import { layerChooser, placed, viewerPanel } from "./viewer_panel.js";

const ASCENT_NAMES = { labels: "_labels", seconds_left: "_seconds_left" };
const GRID_NAMES = { labels: "_labels" };
const GRID_ANSWERS = { columns: null, tile: 64, unit: "filter" };

export function renderPatternViewer({ model, el }) {
  const panel = viewerPanel(model, el, "cw-patterns");
  const [layer, settings] = [layerChooser(model), patternSettings(model)];
  const controls = h("div", { class: "cw-viewer-controls" }, layer.place, settings.element);
  panel.add(controls, all(layer.cleanUp, settings.cleanUp));
  // the panel itself says what went wrong
  const ascent = placed(renderAscentStatus, renamed(model, ASCENT_NAMES, { error: "", unit: "filter" }));
  panel.add(ascent.place, ascent.cleanUp);
  const name = { label: () => `Patterns of ${model.get("layer")}` };
  const grid = placed(renderPictureGrid, renamed(model, GRID_NAMES, { ...GRID_ANSWERS, ...name }));
  panel.add(grid.place, grid.cleanUp);
  return panel.cleanUp;
}

export default { render: renderPatternViewer };
