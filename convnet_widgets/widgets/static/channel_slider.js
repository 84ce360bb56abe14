/** A slider over channels. Traits: value, min, max, step, description, disabled, continuous_update. */
import { renderSlider } from "./slider.js";

/** Shows the slider with "12 / 63" beside it. */
export function renderChannelSlider(host) {
  return renderSlider(host, (value, max) => `${value} / ${max}`);
}

export default { render: renderChannelSlider };
