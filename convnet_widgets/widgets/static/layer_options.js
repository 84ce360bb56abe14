/** Pure functions on layer rows `{path, type, shape, channels}`: wording, search, choice. */

/** A shape without its batch axis, unknown sizes as "?": "56×56×256". */
export function shapeText(shape) {
  return (shape ?? []).slice(1).map((size) => size ?? "?").join("×");
}

/** The words of a query in lower case. */
export function queryWords(query) {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Numbers of the options whose path and type contain all words. */
export function matchingLayers(options, words) {
  const contains = ({ path, type }) => {
    const text = `${path} ${type}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return [...options.keys()].filter((index) => contains(options[index]));
}

/** `text` in pieces `[piece, matched]`, for marking the letters that match a word. */
export function matchedPieces(text, words) {
  const matched = new Array(text.length).fill(false);
  const lower = text.toLowerCase();
  for (const word of words) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
      matched.fill(true, at, at + word.length);
    }
  }
  const pieces = [];
  [...matched.keys()].forEach((at) => {
    if (at && matched[at] === matched[at - 1]) pieces.at(-1)[0] += text[at];
    else pieces.push([text[at], matched[at]]);
  });
  return pieces;
}

/** The traits that belong to choosing option `index` (null for none). */
export function layerChoice(options, index) {
  const option = options[index];
  if (!option) return { index: null, value: null, channels: 0 };
  return { index, value: option.path, channels: option.channels ?? option.shape?.at(-1) ?? 0 };
}
