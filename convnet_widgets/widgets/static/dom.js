/** Small tools all modules share. They ask of the host no more than anywidget's model interface. */

/** An element with attributes (`on…` functions become listeners) and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Calls `draw` now and at every change of the named traits, until the returned function is called. */
export function bind(model, names, draw) {
  for (const name of names) model.on(`change:${name}`, draw);
  draw();
  return () => names.forEach((name) => model.off(`change:${name}`, draw));
}

/** One function that calls all given clean-up functions. */
export function all(...cleanups) {
  return () => cleanups.forEach((cleanup) => cleanup?.());
}

const REST = 250; // ms without a change after which a moving control is at rest
const pending = new WeakMap();

/** Saves `model` to the kernel once, when no further call has come for a moment. */
export function saveAtRest(model) {
  clearTimeout(pending.get(model));
  pending.set(model, setTimeout(() => model.save_changes(), REST));
}

/** Sets a trait that changes while a control moves: at once in the browser, in the kernel as asked. */
export function setMoving(model, name, value) {
  model.set(name, value);
  if (model.get("continuous_update") === false) saveAtRest(model.source ?? model);
  else model.save_changes();
}

/** Sets a trait and saves it to the kernel at once. */
export function setNow(model, name, value) {
  model.set(name, value);
  model.save_changes();
}

/**
 * A view of `model` for a control inside a panel: `names` maps the control's trait names to the
 * panel's; `answers` holds values, or functions that give them, for what the panel has otherwise.
 */
export function renamed(model, names, answers = {}) {
  const real = (name) => names[name] ?? name;
  const event = (type) => type.replace(/^change:(.*)$/, (_, name) => `change:${real(name)}`);
  const answer = (value) => (typeof value === "function" ? value() : value);
  return {
    source: model.source ?? model,
    get: (name) => (name in answers ? answer(answers[name]) : model.get(real(name))),
    set: (name, value) => model.set(real(name), value),
    on: (type, callback) => model.on(event(type), callback),
    off: (type, callback) => model.off(event(type), callback),
    save_changes: () => model.save_changes(),
    send: (...message) => model.send(...message),
  };
}

/** The bytes of a binary trait, whichever of DataView, ArrayBuffer or typed array the host gives. */
export function bytes(value) {
  if (value == null) return new Uint8Array(0);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** A number as a reader expects it: four significant digits, no trailing zeros, minus signs. */
export function formatted(value) {
  const rounded = Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
  return String(rounded).replaceAll("-", "−");
}

/** Keeps JupyterLab and Notebook from taking the keys of the focused element. */
export const KEEPS_KEYS = { "data-lm-suppress-shortcuts": "true" };
