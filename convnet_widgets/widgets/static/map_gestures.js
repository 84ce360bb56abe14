/** Pointer, wheel and keys on the canvas of a grid of maps. */
import { positionAfter } from "./map_layout.js";

const DRAG = 4; // CSS pixels a press must move to be no click
const WHEEL = 200; // of deltaY for a zoom by e
export const ZOOM_STEP = 1.5;
const ZOOM_KEYS = { "+": ZOOM_STEP, "=": ZOOM_STEP, "-": 1 / ZOOM_STEP, 0: 0 };

/** Listens on `grid.canvas`; the canvas and its listeners go together. */
export function listenToGestures(grid) {
  const { canvas } = grid;
  let pressed = null;

  function drag(event) {
    const [dx, dy] = [event.clientX - pressed.x, event.clientY - pressed.y];
    if (!grid.zoomed || (!pressed.moved && Math.hypot(dx, dy) < DRAG)) return;
    canvas.setPointerCapture(event.pointerId);
    pressed = { x: event.clientX, y: event.clientY, moved: true };
    grid.pan(dx, dy);
  }

  const listeners = {
    pointerdown: (event) => {
      if (event.button === 0) pressed = { x: event.clientX, y: event.clientY, moved: false };
    },
    pointermove: (event) => {
      if (pressed) drag(event);
      grid.showHover(grid.hitAt(event));
    },
    pointerup: (event) => {
      const hit = pressed && !pressed.moved && grid.hitAt(event);
      pressed = null;
      if (hit) grid.choose(grid.channelIn(hit.slot));
    },
    pointercancel: () => (pressed = null),
    pointerleave: () => grid.showHover(null),
    keydown: (event) => keyPressed(grid, event),
  };
  for (const [type, listener] of Object.entries(listeners)) canvas.addEventListener(type, listener);
  canvas.addEventListener("wheel", (event) => wheelTurned(grid, event), { passive: false });
}

// a plain wheel scrolls the notebook
function wheelTurned(grid, event) {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  grid.zoomAt(Math.exp(-event.deltaY / WHEEL), grid.pointOf(event));
}

function keyPressed(grid, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in ZOOM_KEYS) grid.zoom(ZOOM_KEYS[event.key]);
  else if (!stepped(grid, event.key)) return;
  event.preventDefault();
  event.stopPropagation();
}

function stepped(grid, key) {
  if (!grid.layout?.count) return false;
  const sizes = { columns: grid.layout.columns, pageSize: grid.pageSize, count: grid.order.length };
  const position = positionAfter(key, grid.position, sizes);
  if (position != null) grid.choose(grid.order[position]);
  return position != null;
}
