/** A slider for an opacity in [0, 1]. Traits as those of the channel slider. */
import { renderSlider } from "./slider.js";

/** Shows the slider with its percentage beside it. */
export function renderHeatmapAlphaSlider(host) {
  return renderSlider(host, (value) => `${Math.round(value * 100)}%`);
}

export default { render: renderHeatmapAlphaSlider };
