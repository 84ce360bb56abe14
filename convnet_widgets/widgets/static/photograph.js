/** The photograph that the maps were computed from, and the choice of another. */
import { KEEPS_KEYS, all, bind, bytes, h } from "./dom.js";
import { markPoint, pointOver, tellPoint } from "./pointing.js";

const PIXELS_SHOW = 3; // times enlarged, from which on pixels are drawn as squares

/**
 * The photograph as the network sees it. Points as an enlarged map does: it tells of the pointer
 * by "cw-point" events, {u, v} in 0…1 or null, and draws a crosshair at "cw-mark" events.
 */
export function renderPhotograph({ model, el }) {
  const image = h("img", { class: "cw-photograph-image", draggable: "false" });
  const cross = h("div", { class: "cw-view-cross", hidden: true });
  const stage = h("div", { class: "cw-view-stage" }, image, cross);
  const caption = h("figcaption", { class: "cw-muted" });
  const element = h("figure", { class: "cw cw-photograph" }, stage, caption);
  const mark = ({ detail }) => markPoint(cross, detail);
  el.append(element);
  el.addEventListener("cw-mark", mark);
  image.addEventListener("load", () => {
    enlarge(image, model.get("view_size"));
    caption.textContent = seenAs(image);
  });
  stage.addEventListener("pointermove", (event) => tellPoint(el, pointOver(image, event)));
  stage.addEventListener("pointerleave", () => tellPoint(el, null));
  return all(
    bindPhotograph(model, image, element),
    bind(model, ["_image_name"], () => (image.alt = photographName(model))),
    bind(model, ["view_size"], () => enlarge(image, model.get("view_size"))),
    () => el.removeEventListener("cw-mark", mark),
    () => element.remove(),
  );
}

/** A choice of sample photographs and an upload, sent to the kernel as messages. */
export function photographChooser(model) {
  const samples = h("select", { "aria-label": "Photograph", ...KEEPS_KEYS });
  samples.addEventListener("change", () => model.send({ kind: "sample", name: samples.value }));
  const file = h("input", { type: "file", accept: "image/*", hidden: true });
  file.addEventListener("change", () => upload(model, file));
  const title = "Upload a photograph of your own";
  const names = { type: "button", title, onclick: () => file.click(), ...KEEPS_KEYS };
  const button = h("button", names, "Upload …");
  const label = h("span", { class: "cw-label" }, "Photograph");
  const element = h("div", { class: "cw cw-control cw-chooser" }, label, samples, button, file);
  // after a failure, too, the choice is of what is shown; until then of what was asked for
  const show = () => model.get("busy") || showSamples(model, samples);
  const offer = () => (element.hidden = !model.get("_uploads"));
  showSamples(model, samples);
  const unbind = bind(model, ["_samples", "_image_name", "busy"], show);
  return { element, cleanUp: all(unbind, bind(model, ["_uploads"], offer)) };
}

async function upload(model, file) {
  const [chosen] = file.files;
  if (!chosen) return;
  model.send({ kind: "upload", name: chosen.name }, undefined, [await chosen.arrayBuffer()]);
  file.value = "";
}

/** The photograph beside its choice, small. */
export function thumbnail(model) {
  const element = h("img", { class: "cw-thumbnail", alt: "" });
  return { element, cleanUp: bindPhotograph(model, element, element) };
}

/** Keeps the photograph in an image, and `element` hidden without one. */
function bindPhotograph(model, image, element) {
  const forget = () => URL.revokeObjectURL(image.src);
  const unbind = bind(model, ["_photograph"], () => {
    const data = bytes(model.get("_photograph"));
    element.hidden = !data.length;
    forget();
    if (data.length) image.src = URL.createObjectURL(new Blob([data]));
  });
  return all(unbind, forget);
}

function photographName(model) {
  const name = model.get("_image_name");
  return name ? `Photograph: ${name}` : "Photograph";
}

function showSamples(model, samples) {
  const [names, present] = [model.get("_samples"), model.get("_image_name")];
  const others = names.includes(present) ? [] : [present || "the image given"];
  const option = (name, disabled) => h("option", { value: name, disabled }, name);
  samples.replaceChildren(...others.map((n) => option(n, true)), ...names.map((n) => option(n, false)));
  samples.value = others[0] ?? present;
}

function enlarge(image, longer) {
  const factor = longer / Math.max(image.naturalWidth, image.naturalHeight);
  if (!Number.isFinite(factor)) return;
  image.style.width = `${factor * image.naturalWidth}px`;
  image.style.imageRendering = factor >= PIXELS_SHOW ? "pixelated" : "auto";
}

function seenAs({ naturalWidth, naturalHeight }) {
  return `as the network sees it, ${naturalWidth}\u00a0×\u00a0${naturalHeight}`;
}
