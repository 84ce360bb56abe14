/** What a panel of heatmaps says of classes, methods and work. Pure functions. */
import { formatted } from "./dom.js";

const UNKNOWN = "–"; // what is no number

/** A score of a class: in percent where scores are shares of 1. */
export function scoreText(score, areShares) {
  if (score == null) return UNKNOWN;
  if (!areShares) return formatted(score);
  if (score > 0 && score < 0.0005) return "< 0.1 %";
  return `${(100 * score).toFixed(1)} %`;
}

/** A share with two digits. */
export function shareText(share) {
  return share == null ? UNKNOWN : share.toFixed(2).replace("-", "−");
}

/** Lengths of the bars of scores, in percent: of 1 for shares, else of the largest magnitude. */
export function barLengths(scores, areShares) {
  const longest = areShares ? 1 : Math.max(...scores.map(Math.abs), 0);
  return scores.map((score) => (longest > 0 ? (100 * Math.abs(score)) / longest : 0));
}

/** Place of the chosen class in the list: by index or name; the first where none is chosen. */
export function chosenClass(classes, target) {
  if (target == null) return 0;
  const plain = (text) => String(text).replaceAll("_", " ").toLowerCase().trim();
  if (typeof target === "number") return classes.findIndex(({ index }) => index === target);
  return classes.findIndex(({ label }) => plain(label) === plain(target));
}

/** What a field for any class shows: the name of one that is chosen and not in the list. */
export function fieldText(target, names) {
  if (target == null) return "";
  return typeof target === "number" ? (names[target] ?? String(target)) : target;
}

/** The methods in two groups: of a layer and of pixels. */
export function methodGroups(methods) {
  return [
    ["of a layer", methods.filter(({ of_pixels }) => !of_pixels)],
    ["of pixels", methods.filter(({ of_pixels }) => of_pixels)],
  ].filter(([, group]) => group.length);
}

/** What is to be said of a method: why it leaves no choice of layer, or what to beware of. */
export function methodNote(method) {
  if (!method) return "";
  if (!method.takes_layer) return `${method.title} looks at pixels and asks no layer`;
  return method.caution;
}

/** The words beside the progress, and on its button; `stop` is what the button sets. */
export function workState({ running, stopped, step, steps, _doing: doing }) {
  if (running && stopped) return { text: "stopping …", button: "Stop", stop: true };
  if (running) return { text: `${doing}: ${step} of ${steps}`, button: "Stop", stop: true };
  if (stopped) return { text: "stopped; what is shown was made before", button: "Start again", stop: false };
  return { text: "", button: "Stop", stop: null };
}

/** What insertion and deletion curves are, and which way is better. */
export function curvesText({ answer, insertion_auc, deletion_auc }) {
  const known = insertion_auc != null && deletion_auc != null;
  const gap = shareText(known ? insertion_auc - deletion_auc : null);
  return (
    `The ${answer} while pixels come, or go, in the order of their heat. A map that found what counts has a ` +
    `large area inserted and a small one deleted; the difference here is ${gap}.`
  );
}

/** What is left of the answer where the photograph is dark but for its heat. */
export function dropText({ before, after, drop }) {
  if (before == null || after == null) return "What the network says is no number.";
  if (after > before) return "With nothing but the heat to see, the network is surer than before.";
  const share = before > 0 ? `: ${drop.toFixed(0)} % of it is lost` : "";
  return `With nothing but the heat to see, the answer falls from ${before.toFixed(2)} to ${after.toFixed(2)}${share}.`;
}

/** The verdict of the check by randomisation; of few classes it does not tell what was learned. */
export function checkText({ passed, reason, beware, tells_learned: tellsLearned }) {
  if (!passed) return `Not passed. ${reason}.`;
  const meaning = tellsLearned ? "shows something that was learned" : "depends on the weights";
  return `Passed. With shuffled weights the map becomes another, so it ${meaning}.${beware ? ` ${beware}` : ""}`;
}
