/** Sentences about maps: what a channel holds, what is under the pointer. */
import { formatted } from "./dom.js";
import { inColour, pointAt, statisticsOf } from "./map_canvas.js";

/** Channel, mean, maximum and share of zeros. */
export function channelText(maps, channel) {
  if (!maps.channels) return "no maps";
  if (inColour(maps)) return `channel ${channel}`;
  const [mean, , maximum, zeros] = statisticsOf(maps, channel);
  const share = formatted(Math.round(1000 * zeros) / 10);
  return `channel ${channel} · mean ${formatted(mean)} · max ${formatted(maximum)} · ${share} % zeros`;
}

/** Channel, position, and value or colour at a point (u, v) of a map. */
export function pointText(maps, channel, point) {
  const { row, column, value, colour } = pointAt(maps, channel, point);
  const what = colour ? `rgb(${Array.from(colour).join(", ")})` : formatted(value);
  return `channel ${channel} · row ${row}, column ${column} · ${what}`;
}
