/** Sentences about pictures: what one is called, what became of it, how many were not as usual. */

const FATES = {
  ok: "",
  helped: "needed help",
  silent: "did not fire",
  weaker: "answers no more than to its start",
};
const MARKS = { helped: "*", weaker: "↓" };

/** The word that stands in the place of a picture where there is nothing to show; else nothing. */
export function missingWord(status) {
  return status === "silent" ? status : "";
}

/** How a picture is written in the grid: its label, starred if it needed help. */
export function pictureLabel({ labels, status }, index) {
  return `${labels[index] ?? index}${MARKS[status[index]] ?? ""}`;
}

/** Unit, label, and what became of the picture where that is not the usual. */
export function pictureText({ unit, labels, status }, index) {
  const fate = FATES[status[index]];
  return `${unit} ${labels[index] ?? index}${fate ? ` · ${fate}` : ""}`;
}

/** The name of all for screen readers. */
export function pictureCount({ label, unit, count }) {
  return `${label || "Pictures"}, ${count} ${count === 1 ? unit : `${unit}s`}`;
}

/** How many pictures share each unusual fate, with the mark they bear in the grid. */
export function fateCounts(status) {
  const count = (fate) => status.filter((one) => one === fate).length;
  const [helped, silent, weaker] = ["helped", "silent", "weaker"].map(count);
  const texts = {
    helped: helped && `${MARKS.helped} ${helped} ${FATES.helped}`,
    silent: silent && `${silent} ${FATES.silent}`,
    weaker: weaker && `${MARKS.weaker} ${weaker} ${weaker === 1 ? "answers" : "answer"} no more than to the start`,
  };
  return Object.entries(texts).filter(([, text]) => text);
}
