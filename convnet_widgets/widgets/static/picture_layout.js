/** Where pictures lie in a grid and on their sheet. Pure functions, in pixels of one kind. */
import { limitTo } from "./map_layout.js";

const MARGIN_SHARE = 5 / 64; // of a picture's longer side, about every picture
const LEAST = 0.85; // of the tile that was asked for, where more fit then
const MOST = 3;
const NEARLY_ALL = 0.7; // of the columns, kept when all rows are made full
const NEARLY = 0.8; // of a picture's size, kept when its pixels are made equally large
const CLOSE = 1e-6; // what rounding may take from a whole number

/**
 * The grid for `count` pictures in `width`: `tile` is about the size of the longer side, and
 * `columns` how many are in a row, or 0 for as many as fit well.
 */
export function pictureLayout({ count, width, tile, columns, pictureWidth, pictureHeight }) {
  const share = pictureWidth / Math.max(pictureWidth, pictureHeight);
  const widthFor = (inRow) => Math.floor(width / (inRow + ((inRow + 1) * MARGIN_SHARE) / share));
  const fitting = Math.floor((width / (LEAST * tile) - MARGIN_SHARE) / (share + MARGIN_SHARE));
  const inRow = columns || columnsAmong(count, Math.max(1, fitting));
  const most = columns ? widthFor(inRow) : Math.min(widthFor(inRow), Math.round(MOST * tile * share));
  const tileWidth = wholeZoom(Math.max(1, most), pictureWidth);
  const tileHeight = Math.max(1, Math.round((tileWidth * pictureHeight) / pictureWidth));
  const gap = Math.max(1, Math.floor(Math.max(tileWidth, tileHeight) * MARGIN_SHARE));
  return { columns: inRow, tileWidth, tileHeight, gap };
}

// all rows full, else of about equal length
function columnsAmong(count, most) {
  if (count <= most) return count;
  for (let columns = most; columns >= NEARLY_ALL * most; columns--) {
    if (count % columns === 0) return columns;
  }
  return Math.ceil(count / Math.ceil(count / most));
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
