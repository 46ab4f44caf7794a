// A rule with all its fields: what each holds, which to look at first, and a way to mend any.

import { element, inPercent, shown, text } from "./page.js";

/** A card of a rule; `correct(field, keyed)` is called with what a person says of a field. */
export function ruleCard(rule, item, correct) {
  const rows = rule.fields.map((field) => row(field, field.field === item.field, correct));
  return element(
    "section", { class: `card rule ${rule.status}` },
    element(
      "div", { class: "rule-head" },
      element("h3", {}, element("code", {}, rule.text)),
      element("span", { class: `state ${rule.status}` }, text(`review.rule_${rule.status}`)),
    ),
    rule.status === "broken" ? element("p", { class: "note" }, text(`review.verdict_${rule.verdict}`)) : "",
    element("table", {}, element("tbody", {}, ...rows)),
  );
}

function row(field, mine, correct) {
  const cells = [
    element("th", { scope: "row" }, field.label, field.look_at ? element("small", {}, text("review.look_at")) : ""),
    element("td", { class: "crop" }, element("img", { src: field.crop, alt: "", loading: "lazy" })),
  ];
  const told = shown(field);
  if (mine) {
    cells.push(element("td", { class: "text" }, told, element("small", {}, text("review.this_one"))));
  } else {
    const change = element("button", { type: "button", class: "quiet text", title: text("review.mend") }, told);
    change.setAttribute("aria-label", `${text("review.mend")}: ${field.label}, ${told}`);
    const cell = element("td", { class: "text" }, change, element("small", {}, origin(field)));
    change.addEventListener("click", () => edit(cell, change, field, correct));
    cells.push(cell);
  }
  return element("tr", { class: [mine ? "mine" : "", field.look_at ? "look" : ""].join(" ").trim() }, ...cells);
}

function origin(field) {
  if (field.basis === "person") return text("review.by_person");
  return `${text(`decision.${field.decision}`)}, ${inPercent(field.confidence)}`;
}

function edit(cell, change, field, correct) {
  const input = element("input", {
    type: "text", inputmode: "decimal", maxlength: "200", "aria-label": field.label, value: field.text,
  });
  const close = () => {
    form.replaceWith(change);
    change.focus();
  };
  const form = element("form", {}, input, element("button", { type: "submit" }, text("review.take")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = input.value.trim();
    correct(field.field, typed ? { content: "number", text: typed } : { content: "blank", text: "" });
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && close());
  change.replaceWith(form);
  input.select();
}
