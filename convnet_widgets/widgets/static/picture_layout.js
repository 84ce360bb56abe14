/** Where pictures lie in a grid and on their sheet. Pure functions, in pixels of one kind. */
import { gridLayout, limitTo } from "./map_layout.js";

const MARGIN_SHARE = 5 / 64; // of a picture's longer side, about every picture
const NEARLY = 0.8; // of a picture's size, kept when its pixels are made equally large
const CLOSE = 1e-6; // what rounding may take from a whole number

/**
 * The grid for `count` pictures in `width`: `tile` is the least size of the longer side, and
 * `columns` how many are in a row, or 0 for as many as fit well.
 */
export function pictureLayout({ count, width, tile, columns, pictureWidth, pictureHeight }) {
  const longer = Math.max(pictureWidth, pictureHeight);
  const margin = (size) => Math.max(1, Math.floor(size * MARGIN_SHARE));
  const inRow = columns || columnsIn(width, count, tile + margin(tile), pictureWidth, pictureHeight);
  const room = Math.floor(width / (inRow + (inRow + 1) * MARGIN_SHARE * (longer / pictureWidth)));
  const most = columns ? room : Math.min(room, Math.round(3 * tile * (pictureWidth / longer)));
  const tileWidth = wholeZoom(Math.max(1, most), pictureWidth);
  const tileHeight = Math.max(1, Math.round((tileWidth * pictureHeight) / pictureWidth));
  const gap = margin(Math.max(tileWidth, tileHeight));
  return { columns: inRow, tileWidth, tileHeight, gap };
}

function columnsIn(width, count, cell, mapWidth, mapHeight) {
  return gridLayout({ count, width, tile: cell, gap: 0, margin: 0, mapWidth, mapHeight }).columns;
}

/** `size` reduced to a whole multiple of `pixels`, or to a whole part, where that costs little. */
export function wholeZoom(size, pixels) {
  const zoom = size / pixels;
  const whole = zoom >= 1 ? Math.floor(zoom + CLOSE) : 1 / Math.ceil(1 / zoom - CLOSE);
  return whole >= NEARLY * zoom ? Math.max(1, Math.round(whole * pixels)) : size;
}

/** The longer side of an enlarged picture within `room`, whole pixels where that costs little. */
export function enlargedSize(room, [least, most], longer) {
  return wholeZoom(limitTo(room, least, most), longer);
}

/** The corner of a picture on its sheet. */
export function placeOnSheet({ columns, down, across }, index) {
  return { x: (index % columns) * across, y: Math.floor(index / columns) * down };
}
