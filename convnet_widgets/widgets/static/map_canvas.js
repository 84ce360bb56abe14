/** What the displays of maps share: their traits read, a map painted, a canvas kept sharp. */
import { bytes } from "./dom.js";
import { codeLine, codeValue, colourLimits, extremesOf, numbersOf } from "./map_values.js";
import { paintCodes, paintPixels, tableColours } from "./map_values.js";

export const MAP_TRAITS = [
  "_codes", "_ranges", "_statistics", "_pixels", "channels", "groups", "height", "width", "group",
];
export const COLOUR_TRAITS = ["colour_map", "_colour_maps", "intensity"];

const STATISTICS = 4; // mean, standard deviation, maximum, share of zeros

/** The maps of the shown group, as the traits hold them. */
export function readMaps(model) {
  const arrived = model.get("_codes")?.byteLength || model.get("_pixels")?.byteLength;
  const channels = arrived ? model.get("channels") : 0; // known before the maps are there
  const [height, width] = [model.get("height"), model.get("width")];
  return {
    channels, height, width, area: height * width,
    unit: model.get("unit") ?? "channel",
    first: model.get("group") * channels,
    codes: numbersOf(bytes(model.get("_codes")), Uint16Array),
    ranges: numbersOf(bytes(model.get("_ranges")), Float32Array),
    statistics: numbersOf(bytes(model.get("_statistics")), Float32Array),
    pixels: bytes(model.get("_pixels")),
  };
}

export function inColour(maps) {
  return maps.pixels.length > 0;
}

function rangeOf({ ranges, first }, channel) {
  return ranges.subarray(2 * (first + channel), 2 * (first + channel) + 2);
}

export function statisticsOf({ statistics, first }, channel) {
  return statistics.subarray(STATISTICS * (first + channel), STATISTICS * (first + channel + 1));
}

export function meansOf(maps) {
  return Array.from({ length: maps.channels }, (_, channel) => statisticsOf(maps, channel)[0] ?? 0);
}

/** How maps are coloured at present: the mode, the colours, the extremes of the group. */
export function readColouring(model, maps) {
  const mode = model.get("intensity");
  const table = model.get("_colour_maps")[model.get("colour_map")];
  const extremes = extremesOf(maps.ranges, maps.first, inColour(maps) ? 0 : maps.channels);
  return { mode, colours: tableColours(bytes(table)), extremes };
}

/** The values at the ends of the colour table for one channel. */
export function limitsOf(maps, channel, { mode, extremes }) {
  return colourLimits(mode, rangeOf(maps, channel), statisticsOf(maps, channel), extremes);
}

/** A canvas, `canvas` again where given, that holds one map pixel by pixel. */
export function mapCanvas(maps, channel, colouring, canvas = document.createElement("canvas")) {
  if (canvas.width !== maps.width) canvas.width = maps.width;
  if (canvas.height !== maps.height) canvas.height = maps.height;
  const image = new ImageData(maps.width, maps.height);
  paintMap(maps, channel, colouring, new Uint32Array(image.data.buffer));
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
  return canvas;
}

function paintMap(maps, channel, colouring, out) {
  const start = (maps.first + channel) * maps.area;
  if (inColour(maps)) {
    paintPixels(maps.pixels.subarray(3 * start, 3 * (start + maps.area)), out);
    return;
  }
  const limits = limitsOf(maps, channel, colouring);
  const line = codeLine(colouring.mode, rangeOf(maps, channel), limits);
  paintCodes(maps.codes.subarray(start, start + maps.area), line, colouring.colours, out);
}

/** What a map holds at (u, v) in 0…1: row, column, and value or colour. */
export function pointAt(maps, channel, { u, v }) {
  const row = Math.min(maps.height - 1, Math.floor(v * maps.height));
  const column = Math.min(maps.width - 1, Math.floor(u * maps.width));
  const pixel = (maps.first + channel) * maps.area + row * maps.width + column;
  if (inColour(maps)) return { row, column, colour: maps.pixels.subarray(3 * pixel, 3 * pixel + 3) };
  return { row, column, value: codeValue(maps.codes[pixel], rangeOf(maps, channel)) };
}

/** Draws a map's canvas into a rectangle: crisp pixels when enlarged, smooth when reduced. */
export function drawMap(context, canvas, { x, y, width, height }, smooth = false) {
  context.imageSmoothingEnabled = smooth || canvas.width > width || canvas.height > height;
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, x, y, width, height);
}

/** Fills a canvas, one pixel wide, from the last colour of a table down to the first. */
export function drawColourBar(canvas, colours) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(1, colours.length);
  new Uint32Array(image.data.buffer).set(colours.toReversed());
  context.putImageData(image, 0, 0);
}

/** Gives a canvas a backing store of device pixels; setting it also clears it. */
export function fitCanvas(canvas, width, height) {
  [canvas.width, canvas.height] = [width, height];
  canvas.style.width = `${width / devicePixelRatio}px`;
  canvas.style.height = `${height / devicePixelRatio}px`;
}

/** Calls `draw` once before the next frame however often it is asked; `cancel` on the function. */
export function coalesced(draw) {
  let frame = 0;
  const ask = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  ask.cancel = () => cancelAnimationFrame(frame);
  return ask;
}

/** Calls `changed` at each change of the device pixel ratio (zoom, another screen). */
export function onPixelRatio(changed) {
  let query;
  const listen = () => {
    query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener("change", again, { once: true });
  };
  const again = () => {
    listen();
    changed();
  };
  listen();
  return () => query.removeEventListener("change", again);
}

/** `compute()` remembered until one of the named traits is another: always of the present state. */
export function derived(model, names, compute) {
  let key = null;
  let value;
  return () => {
    const now = names.map((name) => model.get(name));
    if (!key || now.some((one, i) => one !== key[i])) [key, value] = [now, compute()];
    return value;
  };
}
