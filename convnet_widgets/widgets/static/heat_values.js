/** Heat stretched over a photograph and blended with it. Pure functions: arrays in, arrays out. */
import { limitTo } from "./map_layout.js";
import { LAST_COLOUR, codeValue } from "./map_values.js";

/** The values that a map's codes stand for; NaN where `unseen`, one byte for each, is not 0. */
export function heatOf(codes, range, unseen) {
  return Float32Array.from(codes, (code, i) => (unseen[i] ? NaN : codeValue(code, range)));
}

/**
 * The two cells about a position along a side, and the share of the second: the value is linear
 * between the centres of cells, and constant from the outer ones to the edge. Null beside the map.
 */
export function cellsAt(position, { from, length, cells }, smooth) {
  const at = ((position - from) / length) * cells;
  if (!(at >= 0 && at < cells)) return null;
  if (!smooth) return [Math.floor(at), Math.floor(at), 0];
  const place = limitTo(at - 0.5, 0, cells - 1);
  const first = Math.floor(place);
  return [first, Math.min(first + 1, cells - 1), place - first];
}

/** The heat between cells; NaN where the nearest cell has none, else of those that have. */
export function heatBetween({ heat, columns }, [top, bottom, down], [left, right, across]) {
  const at = (row, column) => heat[row * columns + column];
  const nearest = at(down < 0.5 ? top : bottom, across < 0.5 ? left : right);
  if (Number.isNaN(nearest)) return NaN;
  const known = (value) => (Number.isNaN(value) ? nearest : value);
  const between = (row) => (1 - across) * known(at(row, left)) + across * known(at(row, right));
  return (1 - down) * between(top) + down * between(bottom);
}

/** Where a map lies along the two sides of its photograph, in pixels of that. */
export function sidesOf({ rows, columns, box }) {
  const [top, left, height, width] = box;
  return [{ from: top, length: height, cells: rows }, { from: left, length: width, cells: columns }];
}

/** The heat at a place {u, v} in 0…1 of the photograph, whose size is in its own pixels. */
export function heatAt(map, photograph, { u, v }, smooth) {
  const [down, across] = sidesOf(map);
  const row = cellsAt(v * photograph.height, down, smooth);
  const column = cellsAt(u * photograph.width, across, smooth);
  return row && column ? heatBetween(map, row, column) : NaN;
}

/** The heat at the centre of each pixel of a canvas that shows the whole photograph. */
export function stretched(map, photograph, { width, height }, smooth) {
  const [down, across] = sidesOf(map);
  const along = (count, extent, side) =>
    Array.from({ length: count }, (_, i) => cellsAt(((i + 0.5) * extent) / count, side, smooth));
  const columns = along(width, photograph.width, across);
  const out = new Float32Array(width * height).fill(NaN);
  along(height, photograph.height, down).forEach((row, y) => {
    if (!row) return;
    for (let x = 0; x < width; x++) if (columns[x]) out[y * width + x] = heatBetween(map, row, columns[x]);
  });
  return out;
}

/**
 * Writes the photograph's RGBA into `out`, blended with the colours of the heat where that is seen
 * and reaches the threshold. `table` holds 256 × 3 bytes. All are bytes that do not clamp.
 */
export function blend(photograph, heat, { table, alpha, threshold }, out) {
  const below = Float64Array.from({ length: LAST_COLOUR + 1 }, (_, level) => level * (1 - alpha));
  const above = Float64Array.from(table, (level) => level * alpha);
  out.set(photograph);
  for (let i = 0, pixel = 0; i < heat.length; i++, pixel += 4) {
    if (!(heat[i] >= threshold)) continue; // nor where it is NaN
    const colour = 3 * ((LAST_COLOUR * heat[i] + 0.5) | 0);
    out[pixel] = (below[photograph[pixel]] + above[colour] + 0.5) | 0;
    out[pixel + 1] = (below[photograph[pixel + 1]] + above[colour + 1] + 0.5) | 0;
    out[pixel + 2] = (below[photograph[pixel + 2]] + above[colour + 2] + 0.5) | 0;
    out[pixel + 3] = LAST_COLOUR;
  }
}

/** The place {u, v} of the centre of the hottest cell within the photograph; null without one. */
export function hottest(map, photograph) {
  const [down, across] = sidesOf(map);
  let best = null;
  for (let i = 0; i < map.heat.length; i++) {
    const place = {
      u: centreOf(i % map.columns, across) / photograph.width,
      v: centreOf(Math.floor(i / map.columns), down) / photograph.height,
    };
    const within = place.u >= 0 && place.u < 1 && place.v >= 0 && place.v < 1;
    if (within && !(map.heat[i] <= best?.value) && !Number.isNaN(map.heat[i])) best = { place, value: map.heat[i] };
  }
  return best?.place ?? null;
}

function centreOf(cell, { from, length, cells }) {
  return from + ((cell + 0.5) * length) / cells;
}

/** The place that an arrow key leads to: a cell of the map further, within the photograph. */
export function placeAfter(key, place, map, photograph) {
  const [down, across] = sidesOf(map);
  const u = across.length / across.cells / photograph.width;
  const v = down.length / down.cells / photograph.height;
  const steps = { ArrowLeft: [-u, 0], ArrowRight: [u, 0], ArrowUp: [0, -v], ArrowDown: [0, v] };
  if (key === "Home") return hottest(map, photograph) ?? place;
  if (!(key in steps)) return null;
  const [du, dv] = steps[key];
  return { u: limitTo(place.u + du, 0, 1), v: limitTo(place.v + dv, 0, 1) };
}

/** What is told of a place: "0.83 at row 120, column 64". */
export function heatText(value, { u, v }, { width, height }) {
  const row = Math.min(height - 1, Math.floor(v * height));
  const column = Math.min(width - 1, Math.floor(u * width));
  const what = Number.isNaN(value) ? "not seen by the network" : value.toFixed(2);
  return `${what} at row ${row}, column ${column}`;
}
