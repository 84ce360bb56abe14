/** Quantised maps as values and colours. Pure functions: arrays in, arrays out. */

const LAST_CODE = 65535;
export const LAST_COLOUR = 255;

/** What is drawn where the limits leave no range: a position in the colour table. */
const FLAT = { map: 0, layer: 0, standardised: 128, signed: 127.5 };

/** Little-endian numbers of `Type` in `raw` bytes, copied only when they are not aligned. */
export function numbersOf(raw, Type) {
  const size = Type.BYTES_PER_ELEMENT;
  const aligned = raw.byteOffset % size ? raw.slice() : raw;
  return new Type(aligned.buffer, aligned.byteOffset, Math.floor(raw.byteLength / size));
}

/** A colour table of 256 × 3 bytes as pixels of a canvas. */
export function tableColours(table) {
  return Uint32Array.from({ length: LAST_COLOUR + 1 }, (_, i) => pixelColour(table, 3 * i));
}

function pixelColour(rgb, at) {
  return (0xff000000 | (rgb[at + 2] << 16) | (rgb[at + 1] << 8) | rgb[at]) >>> 0;
}

/** Lowest and highest value of `count` maps from map `first` on. */
export function extremesOf(ranges, first, count) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = first; i < first + count; i++) {
    low = Math.min(low, ranges[2 * i]);
    high = Math.max(high, ranges[2 * i + 1]);
  }
  return [low, high];
}

/** The values at the two ends of the colour table in an intensity mode, for one map. */
export function colourLimits(mode, range, [mean, deviation], extremes) {
  if (mode === "layer") return extremes;
  if (mode === "standardised") return standardLimits(range, mean, deviation);
  if (mode === "signed") return signedLimits(extremes);
  return range;
}

// (v − mean) / std · 64 + 128 is 0 and 255 at these values; a constant map has no deviation
function standardLimits([low, high], mean, deviation) {
  if (!(high > low && deviation > 0)) return [mean, mean];
  return [mean - 2 * deviation, mean + (127 / 64) * deviation];
}

function signedLimits([low, high]) {
  const limit = Math.max(Math.abs(low), Math.abs(high));
  return [-limit, limit];
}

/** Slope and start of the straight line from a map's codes to positions in the colour table. */
export function codeLine(mode, [lowest, highest], [low, high]) {
  const span = high - low;
  if (!(span > 0)) return [0, FLAT[mode]];
  const slope = (LAST_COLOUR * (highest - lowest)) / LAST_CODE / span;
  return [slope, (LAST_COLOUR * (lowest - low)) / span];
}

/** Writes the colours of `codes` into the pixels `out`; positions are rounded half up. */
export function paintCodes(codes, [slope, start], colours, out) {
  const offset = start + 0.5;
  for (let i = 0; i < codes.length; i++) {
    const position = codes[i] * slope + offset;
    out[i] = colours[position < 0 ? 0 : position > LAST_COLOUR ? LAST_COLOUR : position | 0];
  }
}

/** Writes RGB bytes into the pixels `out`. */
export function paintPixels(rgb, out) {
  for (let i = 0; i < out.length; i++) out[i] = pixelColour(rgb, 3 * i);
}

/** The value that a code of a map stands for. */
export function codeValue(code, [lowest, highest]) {
  const share = code / LAST_CODE;
  return (1 - share) * lowest + share * highest;
}
