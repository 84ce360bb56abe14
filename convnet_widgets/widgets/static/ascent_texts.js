/** What the state of an ascent is called, and how long it will last. Pure functions. */

/** The words beside the progress and on the button; `action` is what the button sets `stopped` to. */
export function ascentState({ step, steps, running, stopped, error, helping, over }) {
  const last = steps > 0 && step >= steps;
  if (running && stopped) return { text: "stopping …", button: "Stop", action: true };
  if (running && helping) return { text: helpText(helping), button: "Stop", action: true };
  if (running && last) return { text: "finishing …", button: "Stop", action: null };
  if (running) return { text: "", button: "Stop", action: true };
  if (error) return { text: "ended by an error", button: "Stop", action: null };
  if (over ?? last) return { text: "done", button: "Stop", action: null };
  if (stopped) return { text: "stopped", button: "Continue", action: false };
  return { text: "", button: "Stop", action: null };
}

function helpText(count) {
  return count === 1 ? "helping a filter that does not fire" : `helping ${count} filters that do not fire`;
}

/** Seconds as a person estimates them; nothing where they are not known. */
export function timeLeft(seconds) {
  if (seconds == null) return "";
  if (seconds < 1) return "less than 1 s left";
  const whole = Math.round(seconds);
  if (whole < 60) return `about ${whole} s left`;
  if (whole < 600) return `about ${Math.floor(whole / 60)} min ${whole % 60} s left`;
  if (whole < 5400) return `about ${Math.round(whole / 60)} min left`;
  return `about ${Math.round(whole / 360) / 10} h left`;
}
