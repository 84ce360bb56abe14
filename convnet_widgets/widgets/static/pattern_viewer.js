/** What the filters of a layer answer to most, while it is being found. */
import { all, h, renamed } from "./dom.js";
import { renderAscentStatus } from "./ascent_status.js";
import { chosenRow, withChosen } from "./pattern_chosen.js";
import { patternSettings } from "./pattern_settings.js";
import { photographChooser, thumbnail } from "./photograph.js";
import { renderPictureGrid } from "./picture_grid.js";
import { layerChooser, placed, viewerPanel } from "./viewer_panel.js";

const ASCENT_NAMES = {
  labels: "_labels", seconds_left: "_seconds_left", share: "_share", helping: "_helping", over: "_over",
  error: "_failed", kept: "_kept", helped: "_helped",
};
const GRID_NAMES = { labels: "_labels" };
const GRID_ANSWERS = { columns: null, tile: 64, unit: "filter", most_height: 560 };

export function renderPatternViewer({ model, el }) {
  const panel = viewerPanel(model, el, "cw-patterns");
  const controls = patternControls(model);
  panel.add(controls.element, controls.cleanUp);
  // the panel itself says what went wrong, and where it did not end the ascent it is not said here
  const failed = () => (model.get("_failed") ? model.get("error") || "error" : "");
  const answers = { error: failed, unit: "filter" };
  const ascent = placed(renderAscentStatus, renamed(withChosen(model), ASCENT_NAMES, answers));
  panel.add(ascent.place, ascent.cleanUp);
  const row = chosenRow(model);
  const name = { label: () => `Patterns of ${model.get("layer")}` };
  const pictures = row.of(renamed(withChosen(model), GRID_NAMES, { ...GRID_ANSWERS, ...name }));
  const grid = placed(({ model, el }) => renderPictureGrid({ model, el, place: row.place }), pictures);
  panel.add(grid.place, grid.cleanUp);
  panel.add(row.element, row.cleanUp);
  return panel.cleanUp;
}

function patternControls(model) {
  const [layer, settings] = [layerChooser(model), patternSettings(model)];
  // it is busy as long as an ascent is at work, which takes no image
  const photographs = photographChooser(renamed(model, { busy: "error" }, { busy: false }));
  const small = thumbnail(model);
  photographs.element.append(small.element);
  const parts = [layer.place, settings.element, photographs.element];
  const element = h("div", { class: "cw-viewer-controls" }, ...parts);
  return { element, cleanUp: all(layer.cleanUp, settings.cleanUp, photographs.cleanUp, small.cleanUp) };
}

export default { render: renderPatternViewer };
