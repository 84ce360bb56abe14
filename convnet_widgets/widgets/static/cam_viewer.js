/** Where in a photograph a network found a class, and how far that can be trusted. */
import { all, bind, h, renamed } from "./dom.js";
import { classList } from "./cam_classes.js";
import { camProgress } from "./cam_progress.js";
import { camQuality } from "./cam_quality.js";
import { camSettings } from "./cam_settings.js";
import { renderHeatControls } from "./heat_controls.js";
import { overlayTitle, renderOverlay } from "./heatmap_overlay.js";
import { photographChooser } from "./photograph.js";
import { linkPointers, placed, viewerPanel } from "./viewer_panel.js";

const OTHER_NAMES = {
  _codes: "_other_codes", _range: "_other_range", _unseen: "_other_unseen", _box: "_other_box",
  _map_height: "_other_map_height", _map_width: "_other_map_width",
  label: "_other_label", note: "_other_note",
};

export function renderCamViewer({ model, el }) {
  const panel = viewerPanel(model, el, "cw-cam");
  // it is busy as long as a slow method is at work, which takes no image
  const photographs = photographChooser(renamed(model, { busy: "error" }, { busy: false }));
  const settings = camSettings(model);
  const progress = camProgress(model);
  const parts = [photographs, settings, progress];
  const controls = h("div", { class: "cw-viewer-controls" }, ...parts.map(({ element }) => element));
  panel.add(controls, all(...parts.map(({ cleanUp }) => cleanUp)));
  const body = camBody(model);
  panel.add(body.element, body.cleanUp);
  const quality = camQuality(model);
  panel.add(quality.element, quality.cleanUp);
  return panel.cleanUp;
}

function camBody(model) {
  const pictures = h("div", { class: "cw-cam-pictures" });
  const classes = classList(model);
  const element = h("div", { class: "cw-cam-body" }, pictures, classes.element);
  const overlays = camOverlays(model);
  pictures.append(overlays.element);
  const controls = renderHeatControls({ model, el: pictures });
  return { element, cleanUp: all(classes.cleanUp, overlays.cleanUp, controls) };
}

/** The heatmap, and beside it the one that it is compared with; one pointer reads both. */
function camOverlays(model) {
  const [own, other] = [camOverlay(model), camOverlay(renamed(model, OTHER_NAMES))];
  const note = h("div", { class: "cw-cam-scale cw-muted" });
  const pair = h("div", { class: "cw-cam-pair" }, own.element, other.element);
  const element = h("div", { class: "cw-cam-overlays" }, pair, note);
  linkPointers(pair, own.place, other.place);
  const unbind = bind(model, ["_compares", "_scale_note"], () => {
    other.element.hidden = !model.get("_compares");
    pair.toggleAttribute("data-two", model.get("_compares"));
    note.textContent = model.get("_scale_note");
  });
  return { element, cleanUp: all(unbind, own.cleanUp, other.cleanUp) };
}

function camOverlay(model) {
  const title = overlayTitle(model);
  const { place, cleanUp } = placed(renderOverlay, model);
  const element = h("div", { class: "cw-cam-overlay" }, title.element, place);
  return { element, place, cleanUp: all(title.cleanUp, cleanUp) };
}

export default { render: renderCamViewer };
