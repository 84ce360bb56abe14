/** Places on a picture, {u, v} in 0…1, told of by "cw-point" events and marked by a crosshair. */
import { limitTo } from "./map_layout.js";

/** The place on `element` that a pointer event is over. */
export function pointOver(element, { clientX, clientY }) {
  const box = element.getBoundingClientRect();
  const share = (at, from, extent) => limitTo((at - from) / extent, 0, 1);
  return { u: share(clientX, box.left, box.width), v: share(clientY, box.top, box.height) };
}

/** Tells whoever holds `el` where the pointer is; null when it left. */
export function tellPoint(el, detail) {
  el.dispatchEvent(new CustomEvent("cw-point", { bubbles: true, detail }));
}

/** Puts the crosshair at a place, or hides it where that is null. */
export function markPoint(cross, place) {
  cross.hidden = !place;
  if (!place) return;
  cross.style.setProperty("--u", `${100 * place.u}%`);
  cross.style.setProperty("--v", `${100 * place.v}%`);
}
