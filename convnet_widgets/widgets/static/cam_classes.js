/** The likeliest classes as a choice of what is explained, and a field for any other. */
import { KEEPS_KEYS, all, bind, h, setNow } from "./dom.js";
import { barLengths, chosenClass, fieldText, scoreText } from "./cam_texts.js";
import { freshId } from "./slider.js";

export function classList(model) {
  const group = freshId();
  const list = h("div", { class: "cw-cam-classes", role: "radiogroup", "aria-label": "Class" });
  const field = classField(model, "target", "name or index");
  const row = h("label", { class: "cw-cam-any" }, h("span", { class: "cw-muted" }, "Any class"), field.element);
  const title = h("h4", { class: "cw-part-title" }, "What speaks for …");
  const element = h("div", { class: "cw-cam-side" }, title, list, row, field.refusal);
  const fill = () => {
    const classes = model.get("_classes");
    list.replaceChildren(...classRows(model, classes, group));
    element.hidden = !classes.length && !model.get("_names").length;
  };
  const check = () => {
    const place = chosenClass(model.get("_classes"), model.get("target"));
    list.querySelectorAll("input").forEach((input, i) => (input.checked = i === place));
  };
  const unbind = all(
    bind(model, ["_classes", "_are_shares", "_names"], () => {
      const focused = [...list.querySelectorAll("input")].indexOf(list.getRootNode().activeElement);
      fill();
      check();
      if (focused >= 0) list.querySelector("input:checked")?.focus();
    }),
    bind(model, ["target"], check),
  );
  return { element, cleanUp: all(unbind, field.cleanUp) };
}

function classRows(model, classes, group) {
  const areShares = model.get("_are_shares");
  const lengths = barLengths(classes.map(({ score }) => score), areShares);
  return classes.map(({ index, label, score }, i) => {
    // the first is the likeliest, and of another photograph it may be another class
    const choose = () => setNow(model, "target", i ? index : null);
    // also where it is checked already, as one that was chosen by its name
    const input = h("input", { type: "radio", name: group, onclick: choose, ...KEEPS_KEYS });
    const bar = h("span", { class: "cw-cam-bar", style: `--cw-length: ${lengths[i]}%`, "aria-hidden": "true" });
    const text = h("span", { class: "cw-cam-score" }, scoreText(score, areShares));
    const title = i ? `class ${index}` : `class ${index}; of another photograph, its own likeliest`;
    return h("label", { class: "cw-cam-class", title }, input, h("span", {}, label), text, bar);
  });
}

/** A field for a class by name or index; what is typed is judged by the kernel. */
export function classField(model, trait, placeholder) {
  const names = h("datalist", { id: freshId() });
  const refusal = h("div", { id: freshId(), class: "cw-cam-refusal", role: "alert" });
  const input = h("input", {
    type: "text", placeholder, list: names.id, spellcheck: "false", autocomplete: "off",
    "aria-describedby": refusal.id, ...KEEPS_KEYS,
  });
  let sent = null;
  const send = () => {
    const name = input.value.trim();
    if (name && name !== sent) model.send({ kind: "class", of: trait, name });
    else if (!name && trait !== "target" && model.get(trait) != null) setNow(model, trait, null);
    sent = name;
  };
  input.addEventListener("change", send);
  // JupyterLab keeps Enter from being a change
  input.addEventListener("keydown", ({ key }) => key === "Enter" && send());
  const unbind = all(
    bind(model, ["_names"], () => {
      names.replaceChildren(...model.get("_names").map((value) => h("option", { value })));
    }),
    bind(model, [trait], () => {
      sent = null;
      input.value = trait === "target" ? "" : fieldText(model.get(trait), model.get("_names"));
    }),
    bind(model, ["_refused"], () => {
      refusal.textContent = model.get("_refused")[trait] ?? "";
      input.setAttribute("aria-invalid", Boolean(refusal.textContent));
    }),
  );
  return { element: h("span", { class: "cw-cam-field" }, input, names), refusal, cleanUp: unbind };
}
