/** How large a chosen pattern and what stands beside it are. Pure functions, in CSS pixels. */

const SCALE_BESIDE = 96; // a colour bar with its values, of the map and of the weights
const SQUARE_GAP = 24;
const [LEAST_SQUARE, MOST_SQUARE] = [130, 250];
const [LEAST_ASPECT, MOST_ASPECT] = [0.5, 2]; // of a map that is as high as the pattern

/**
 * The side of the two squares in a row `width` wide, and of the longer side of the map between them,
 * `aspect` times as wide as high; in a narrow place not all are in one row.
 */
export function chosenSizes(width, aspect) {
  const wide = Math.max(LEAST_ASPECT, Math.min(MOST_ASPECT, aspect || 1));
  const three = (width - 2 * SCALE_BESIDE - 2 * SQUARE_GAP) / (2 + wide);
  const two = (width - SCALE_BESIDE - SQUARE_GAP) / (1 + wide);
  const one = (width - SCALE_BESIDE) / Math.max(1, wide);
  const fitting = [three, two, one].find((side) => side >= LEAST_SQUARE) ?? one;
  const side = Math.floor(Math.min(MOST_SQUARE, Math.max(64, fitting)));
  return { side, map: Math.floor(side * Math.max(1, wide)) };
}
