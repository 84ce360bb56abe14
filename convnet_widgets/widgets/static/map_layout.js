/** Where tiles lie, what is under the pointer, what a key chooses. Pure functions, in device pixels. */

const ELONGATED = 4; // times longer than wide: a strip, drawn larger along its length
const LEAST_SIDE = 0.2; // of the tile size: a strip of one row stays visible
const MOST_WIDTH = 3; // times the least width, where there are few maps
const NEARLY_SIZE = 0.75; // of a tile, kept when its size is made a multiple of the map's
const NEARLY_FULL = 0.85; // of the columns, kept when all rows are made full
const MOST_ZOOM = 32;

export function limitTo(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

/** Channels in the order they are drawn: by number, or by mean descending. */
export function channelOrder(mode, means) {
  const order = Array.from(means, (_, channel) => channel);
  if (mode === "activity") order.sort((a, b) => means[b] - means[a] || a - b);
  return order;
}

/** The grid for `count` maps of one shape in `width` device pixels. */
export function gridLayout({ count, width, tile, gap, margin, mapWidth, mapHeight }) {
  const inner = Math.max(1, width - 2 * margin);
  const least = Math.min(inner, leastWidth(tile, mapWidth, mapHeight));
  const first = columnsFor(count, inner, least, gap);
  const share = Math.floor((inner - gap * (first - 1)) / first);
  const tileWidth = wholePixels(limitTo(share, 1, Math.round(MOST_WIDTH * least)), mapWidth);
  const columns = columnsFor(count, inner, tileWidth, gap);
  const rows = Math.ceil(count / columns);
  const tileHeight = heightFor(tileWidth, tile, mapWidth / mapHeight);
  const height = Math.max(0, rows * (tileHeight + gap) - gap) + 2 * margin;
  return { count, columns, rows, tileWidth, tileHeight, gap, margin, width, height };
}

function leastWidth(tile, mapWidth, mapHeight) {
  const aspect = mapWidth / mapHeight;
  const pixels = Math.max(mapWidth, mapHeight);
  const strip = Math.max(aspect, 1 / aspect) > ELONGATED;
  const long = strip ? limitTo((pixels * tile) / 16, tile, ELONGATED * tile) : tile;
  return Math.round(aspect >= 1 ? long : Math.max(long * aspect, LEAST_SIDE * tile));
}

function heightFor(tileWidth, tile, aspect) {
  return Math.round(limitTo(tileWidth / aspect, LEAST_SIDE * tile, ELONGATED * tile));
}

// full rows where they cost little width, else rows of about equal length
function columnsFor(count, width, tileWidth, gap) {
  const most = Math.max(1, Math.floor((width + gap) / (tileWidth + gap)));
  if (count <= most) return Math.max(1, count);
  for (let columns = most; columns >= NEARLY_FULL * most; columns--) {
    if (count % columns === 0) return columns;
  }
  return Math.ceil(count / Math.ceil(count / most));
}

// equally large pixels where that costs little size
function wholePixels(tileWidth, mapWidth) {
  const whole = Math.floor(tileWidth / mapWidth) * mapWidth;
  return whole >= NEARLY_SIZE * tileWidth ? whole : tileWidth;
}

/** The rectangle of the tile in a slot, unzoomed. */
export function tileRect({ columns, tileWidth, tileHeight, gap, margin }, slot) {
  const [column, row] = [slot % columns, Math.floor(slot / columns)];
  return {
    x: margin + column * (tileWidth + gap),
    y: margin + row * (tileHeight + gap),
    width: tileWidth,
    height: tileHeight,
  };
}

/** The slot at an unzoomed point and the place (u, v) in 0…1 within its tile; null between tiles. */
export function slotAt(layout, { x, y }) {
  const column = Math.floor((x - layout.margin) / (layout.tileWidth + layout.gap));
  const row = Math.floor((y - layout.margin) / (layout.tileHeight + layout.gap));
  const slot = row * layout.columns + column;
  if (column < 0 || column >= layout.columns || row < 0 || slot >= layout.count) return null;
  const rect = tileRect(layout, slot);
  const [u, v] = [(x - rect.x) / rect.width, (y - rect.y) / rect.height];
  return u < 1 && v < 1 ? { slot, u, v } : null;
}

/** The whole grid, unzoomed. A view shows the part of the layout that begins at (x, y). */
export const WHOLE = { zoom: 1, x: 0, y: 0 };

/** The unzoomed point drawn at a point of the canvas. */
export function unzoomed(view, { x, y }) {
  return { x: view.x + x / view.zoom, y: view.y + y / view.zoom };
}

/** Where a rectangle is drawn, in whole device pixels. */
export function zoomedRect(view, { x, y, width, height }) {
  const place = (value, from) => Math.round((value - from) * view.zoom);
  const [left, top] = [place(x, view.x), place(y, view.y)];
  return {
    x: left,
    y: top,
    width: place(x + width, view.x) - left,
    height: place(y + height, view.y) - top,
  };
}

/** `view` zoomed by `factor` about a point of the canvas that keeps its place. */
export function zoomedAbout(view, factor, { x, y }, layout) {
  const zoom = limitTo(view.zoom * factor, 1, MOST_ZOOM);
  const fixed = unzoomed(view, { x, y });
  return insideLayout({ zoom, x: fixed.x - x / zoom, y: fixed.y - y / zoom }, layout);
}

/** `view` moved so that what is drawn moves by (dx, dy). */
export function pannedBy(view, dx, dy, layout) {
  return insideLayout({ ...view, x: view.x - dx / view.zoom, y: view.y - dy / view.zoom }, layout);
}

/** `view` moved by no more than it takes to show a rectangle. */
export function revealing(view, rect, layout) {
  const shown = { width: layout.width / view.zoom, height: layout.height / view.zoom };
  const shift = (at, size, from, extent) =>
    limitTo(from, Math.min(at, at + size - extent), Math.max(at, at + size - extent));
  const x = shift(rect.x, rect.width, view.x, shown.width);
  const y = shift(rect.y, rect.height, view.y, shown.height);
  return insideLayout({ ...view, x, y }, layout);
}

/** `view` kept within the layout. */
export function insideLayout({ zoom, x, y }, { width, height }) {
  const [right, bottom] = [width - width / zoom, height - height / zoom];
  return { zoom, x: limitTo(x, 0, right), y: limitTo(y, 0, bottom) };
}

/** The position in the order that a key leads to; null for a key that does not move. */
export function positionAfter(key, position, { columns, pageSize, count }) {
  const rows = { ArrowUp: -columns, ArrowDown: columns };
  const page = (at) => Math.floor(at / pageSize);
  const steps = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: page(position) > 0 ? -pageSize : 0,
    PageDown: page(position) < page(count - 1) ? pageSize : 0,
    Home: -count,
    End: count,
  };
  if (key in steps) return limitTo(position + steps[key], 0, count - 1);
  if (!(key in rows)) return null;
  const next = position + rows[key];
  return next < 0 || next >= count ? position : next;
}
