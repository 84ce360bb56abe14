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

/** The numbers below `count` that a text names, each once and in its order; null where it is none. */
export function readRanges(text, count) {
  const parts = text.replace(/\s*[-–]\s*/g, "-").split(/[\s,;]+/).filter(Boolean);
  const ranges = parts.map((part) => part.match(/^(\d+)(?:-(\d+))?$/));
  if (ranges.some((range) => !range)) return null;
  const numbers = ranges.flatMap(([, first, last = first]) => {
    const [from, to] = [Number(first), Math.min(Number(last), count - 1)];
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  });
  return numbers.length || !parts.length ? [...new Set(numbers)] : null;
}
