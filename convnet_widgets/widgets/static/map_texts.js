/** Sentences about maps: what a channel holds, what is under the pointer. */
import { formatted } from "./dom.js";
import { inColour, pointAt, statisticsOf } from "./map_canvas.js";

/** Channel (or what else `maps.unit` says), mean, maximum and share of zeros. */
export function channelText(maps, channel) {
  if (!maps.channels) return "no maps";
  if (inColour(maps)) return `${maps.unit} ${channel}`;
  const [mean, , maximum, zeros] = statisticsOf(maps, channel);
  const share = formatted(Math.round(1000 * zeros) / 10);
  return `${maps.unit} ${channel} · mean ${formatted(mean)} · max ${formatted(maximum)} · ${share} % zeros`;
}

/** Channel, position, and value or colour at a point (u, v) of a map. */
export function pointText(maps, channel, point) {
  const { row, column, value, colour } = pointAt(maps, channel, point);
  const what = colour ? `rgb(${Array.from(colour).join(", ")})` : formatted(value);
  return `${maps.unit} ${channel} · row ${row}, column ${column} · ${what}`;
}
