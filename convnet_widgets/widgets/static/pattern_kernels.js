/** Where small kernels lie, how their weights are coloured and told. Pure functions. */
import { formatted } from "./dom.js";

const KERNEL_GAP = 1 / 8; // of a tile
const PRIMARY_NAMES = ["red", "green", "blue"];

/** How many tiles there are: one for each input channel shown, and where those are colours one more. */
function tileCount({ shown, in_colour: inColour }) {
  return shown + (inColour ? 1 : 0);
}

/** Corners of the tiles in device pixels, about `size` in all, each weight `zoom` pixels wide. */
export function kernelLayout(kernels, size) {
  const count = tileCount(kernels);
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const longer = Math.max(kernels.height, kernels.width);
  const zoom = Math.max(1, Math.floor(size / longer / (columns + (columns - 1) * KERNEL_GAP)));
  const gap = Math.max(1, Math.floor(KERNEL_GAP * zoom * longer));
  const [across, down] = [zoom * kernels.width + gap, zoom * kernels.height + gap];
  const corner = (_, tile) => ({ x: (tile % columns) * across, y: Math.floor(tile / columns) * down });
  const tiles = Array.from({ length: count }, corner);
  return { columns, zoom, across, down, tiles, width: columns * across - gap, height: rows * down - gap };
}

/** The colour of a weight that is a share (−1…1) of the largest. */
export function colourWeight(share, colours) {
  const colour = colours[Math.round(127.5 + 127.5 * share)];
  return `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
}

/** The colour of a place of a tile; the first tile of a kernel over colours is the colour it makes. */
export function kernelPixel(kernels, tile, place, colours) {
  const { values, height, width, largest, in_colour: inColour } = kernels;
  const share = (input) => (largest ? values[input * height * width + place] / largest : 0);
  if (!inColour) return colourWeight(share(tile), colours);
  if (tile) return colourWeight(share(tile - 1), colours);
  const levels = [0, 1, 2].map((input) => Math.round(127.5 + 127.5 * share(input)));
  return `rgb(${levels.join(" ")})`;
}

/** What the tiles are: how many input channels of how many, and the size of the kernel. */
export function weightsCaption({ height, width, shown, of, in_colour: inColour, note }) {
  if (!shown) return note;
  const size = height * width === 1 ? "1 × 1" : `${height} × ${width}`;
  if (inColour) return `${size}: the colour it makes, red, green, blue`;
  if (of === 1) return `${size}, over its one input channel`;
  if (shown < of) return `${size}, the ${shown} strongest of ${of} input channels`;
  return `${size}, all ${of} input channels, strongest first`;
}

/** Input channel, place and weight at a point {u, v} in 0…1 of the tiles; nothing between them. */
export function weightText(kernels, layout, { u, v }) {
  const [x, y] = [u * layout.width, v * layout.height];
  const [column, row] = [Math.floor(x / layout.across), Math.floor(y / layout.down)];
  const tile = row * layout.columns + column;
  const [across, down] = [Math.floor((x % layout.across) / layout.zoom), Math.floor((y % layout.down) / layout.zoom)];
  const { height, width, values, inputs, in_colour: inColour } = kernels;
  if (across >= width || down >= height || tile >= tileCount(kernels)) return "";
  const weight = (input) => formatted(values[(input * height + down) * width + across]);
  const place = `row ${down}, column ${across}`;
  if (!inColour) return `input channel ${inputs[tile]} · ${place} · ${weight(tile)}`;
  if (tile) return `${PRIMARY_NAMES[tile - 1]} · ${place} · ${weight(tile - 1)}`;
  return `${place} · ${PRIMARY_NAMES.map((name, input) => `${name} ${weight(input)}`).join(", ")}`;
}
