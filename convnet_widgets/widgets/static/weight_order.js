/** Pure functions of the bars of a 1×1 filter: their order, places, and the one under a pointer. */

/** Channels by number, or from the most positive weight to the most negative. */
export function weightOrder(weights, sorted) {
  const channels = Array.from(weights, (_, channel) => channel);
  return sorted ? channels.sort((a, b) => weights[b] - weights[a] || a - b) : channels;
}

/** The channels of the `count` largest weights of either sign, the largest first. */
export function strongest(weights, count) {
  const channels = weightOrder(weights, false);
  return channels.sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]) || a - b).slice(0, count);
}

/** Place in the order of the bar at `share` (0…1) of the width. */
export function barAt(share, count) {
  return Math.min(count - 1, Math.max(0, Math.floor(share * count)));
}

/** The largest weight of either sign, the end of the scale. */
export function largestWeight(weights) {
  return weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
}

/** A rectangle for each bar, up or down from the middle; the largest reaches the edge. */
export function barPlaces(weights, order, width, height) {
  const largest = largestWeight(weights) || 1;
  const pitch = width / order.length;
  const gap = pitch > 4 ? 1 : 0;
  return order.map((channel, place) => {
    const weight = weights[channel];
    const length = (Math.abs(weight) / largest) * (height / 2);
    const y = weight < 0 ? height / 2 : height / 2 - length;
    return { channel, weight, x: place * pitch, y, width: Math.max(pitch - gap, 0.5), height: length };
  });
}
