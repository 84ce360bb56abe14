/** Numbers of filters as a person writes them: "0–63, 70". Pure functions. */

/** The numbers with runs of three and more drawn together. */
export function rangesText(numbers) {
  const runs = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  const text = ([first, last]) => {
    if (last - first > 1) return `${first}–${last}`;
    return last > first ? `${first}, ${last}` : `${first}`;
  };
  return runs.map(text).join(", ");
}

/** The numbers that a text names, each once and in its order; null where one is not below `count`. */
export function readRanges(text, count) {
  const parts = text.replace(/\s*[-–]\s*/g, "-").split(/[\s,;]+/).filter(Boolean);
  const ranges = parts.map((part) => part.match(/^(\d+)(?:-(\d+))?$/));
  if (ranges.some((range) => !range)) return null;
  const ends = ranges.map(([, first, last = first]) => [Number(first), Number(last)]);
  if (ends.some(([from, to]) => from > to || to >= count)) return null;
  return [...new Set(ends.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)))];
}

/** What may be written where a layer has `count` filters. */
export function rangeHint(count) {
  return count > 1 ? `filters 0–${count - 1}` : "filter 0 alone";
}
