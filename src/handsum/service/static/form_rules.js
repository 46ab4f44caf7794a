// The rules of a form: a line each with what is wrong beside it, and a maker that writes them.

import { operandsOf } from "./form_names.js";
import { describe } from "./api.js";
import { element, text } from "./page.js";

const find = (id) => document.getElementById(id);
const KINDS = ["sum", "difference", "product", "comparison", "equal", "date"];
const RELATIONS = ["<=", "<", ">=", ">"];

export class Rules {
  /** `changed(rules)` is called with the texts; `tree()` gives the form as it now is. */
  constructor({ changed, tree, may }) {
    Object.assign(this, { changed, tree, may });
    this.list = find("rules");
    if (!may) return;
    find("add-rule").addEventListener("click", () => this.#append("", this.list.children.length).querySelector("input").focus());
    this.maker = new Maker(find("maker"), tree, (rule) => {
      this.#append(rule, this.list.children.length);
      this.#tell();
    });
  }

  show(rules) {
    this.#empty();
    if (JSON.stringify(rules) === JSON.stringify(this.#texts())) return; // so that the focus stays
    this.list.replaceChildren();
    for (const rule of rules) this.#append(rule, this.list.children.length);
    this.#empty();
  }

  /** Names have changed: what the maker offers, and how rules are written. */
  renamed(rules) {
    const rows = [...this.list.children].filter((row) => row.querySelector("input").value.trim());
    rows.forEach((row, place) => (row.querySelector("input").value = rules[place]));
  }

  offer() {
    this.maker?.offer();
  }

  /** Show what a check found, rule by rule. */
  tell(notes) {
    const rows = [...this.list.children].filter((row) => row.querySelector("input").value.trim());
    rows.forEach((row, place) => {
      const note = notes[place];
      if (note?.text === row.querySelector("input").value.trim()) tellRow(row, note);
    });
  }

  #append(rule, place) {
    const input = element("input", { value: rule, autocomplete: "off", spellcheck: "false", placeholder: "total = a + b", "aria-label": text("forms.rule_number", { n: place + 1 }) });
    input.disabled = !this.may;
    const told = element("p", { class: "told", "aria-live": "polite" });
    told.id = `told-${(this.count = (this.count ?? 0) + 1)}`;
    input.setAttribute("aria-describedby", told.id);
    const remove = element("button", { type: "button", class: "quiet", "aria-label": text("forms.delete_rule", { n: place + 1 }), title: text("forms.delete_rule", { n: place + 1 }) }, "✕");
    const row = element("li", {}, element("div", { class: "rule-line" }, input, this.may ? remove : ""), told);
    input.addEventListener("input", () => {
      tellRow(row, null);
      this.#tell();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      find("add-rule")?.click();
    });
    remove.addEventListener("click", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (next?.querySelector("input") ?? find("add-rule")).focus();
      this.#tell();
    });
    this.list.append(row);
    this.#empty();
    return row;
  }

  #texts() {
    return [...this.list.querySelectorAll("input")].map((input) => input.value.trim()).filter(Boolean);
  }

  #tell() {
    this.#empty();
    this.changed(this.#texts());
  }

  #empty() {
    find("no-rules").hidden = this.list.children.length > 0;
  }
}

function tellRow(row, note) {
  const told = row.querySelector(".told");
  const input = row.querySelector("input");
  row.classList.toggle("wrong", Boolean(note?.error));
  row.classList.toggle("right", Boolean(note && !note.error));
  if (note?.error) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (!note) told.textContent = "";
  else if (note.error) told.textContent = inWords(note);
  else told.textContent = note.count > 1 ? text("forms.rule_many", { n: note.count }) : text("forms.rule_right");
}

/** A mistake without what stands in the line already: the form, the rule, the caret. */
function inWords({ text: rule, error }) {
  const { message } = error;
  const at = message.match(/position (\d+): /);
  const first = message.split("\n")[0];
  if (!at || !first.includes(`'${rule}'`)) return describe({ ...error, message: message.replace(/^[^:]*: rules: /, "") });
  const what = first.slice(first.indexOf(at[0]) + at[0].length);
  return `${text("forms.rule_at", { n: at[1] })} ${describe({ ...error, message: what })}`;
}

/** Writes a rule from what is chosen. */
class Maker {
  constructor(room, tree, done) {
    Object.assign(this, { room, tree, done, parts: 2 });
    this.kind = room.querySelector("[name=rule_kind]");
    this.kind.append(...KINDS.map((kind) => element("option", { value: kind }, text(`forms.rule_${kind}`))));
    this.kind.addEventListener("input", () => {
      this.parts = 2;
      this.#build();
    });
    this.fields = room.querySelector(".maker-fields");
    this.fields.addEventListener("input", () => this.#write());
    this.shown = room.querySelector("output");
    this.take = room.querySelector("button.take");
    this.take.addEventListener("click", () => {
      this.done(this.#rule());
      this.#build();
    });
    room.addEventListener("toggle", () => room.open && this.#build());
  }

  /** The form has changed: offer what it now has, and keep what was chosen. */
  offer() {
    if (this.room.open && !this.room.contains(document.activeElement)) this.#build(this.#values());
  }

  #values() {
    return [...this.fields.querySelectorAll("select, input")].map((one) => one.value);
  }

  #build(values = []) {
    const made = {
      sum: () => this.#sum("+"), difference: () => this.#sum("-"),
      product: () => [this.#operand("forms.rule_result"), signed("="), this.#number("forms.rule_factor", "12.50"), signed("×"), this.#operand("forms.rule_value"), this.#number("forms.rule_within", "", true)],
      comparison: () => [this.#operand("forms.rule_left"), select("forms.rule_relation", RELATIONS.map((one) => [one, `${text(`forms.rule_${NAMES[one]}`)} (${one})`])), this.#operand("forms.rule_right_side")],
      equal: () => [this.#operand("forms.rule_left"), signed("="), this.#operand("forms.rule_right_side")],
      date: () => [this.#operand("forms.rule_date_field"),
        select("forms.order", ["dmy", "mdy", "ymd"].map((one) => [one, text(`forms.order_${one}`)])),
        select("forms.century", ["", "1900", "2000"].map((one) => [one, text(`forms.century_${one || "none"}`)]))],
    }[this.kind.value]();
    this.fields.replaceChildren(...made);
    [...this.fields.querySelectorAll("select, input")].forEach((one, place) => values[place] && (one.value = values[place]));
    this.#write();
  }

  #sum(sign) {
    const parts = Array.from({ length: this.parts }, (_, place) => [
      signed(place ? { "+": "+", "-": "−" }[sign] : "="), this.#operand("forms.rule_part", place + 1),
    ]).flat();
    const more = element("button", { type: "button", class: "quiet", onclick: () => {
      this.parts += 1;
      this.#build(this.#values());
      this.fields.querySelectorAll("select")[this.parts].focus();
    } }, text("forms.rule_more"));
    return [this.#operand("forms.rule_result"), ...parts, more];
  }

  #operand(key, n = "") {
    const groups = operandsOf(this.tree()).flatMap(({ table, all, each, whole }) =>
      table === null ? [[text("forms.rule_fields"), all]]
        : [[text("forms.rule_each", { table }), each], [text("forms.rule_whole", { table }), whole]]);
    const made = element("select", {}, element("option", { value: "" }, "…"),
      ...groups.filter(([, all]) => all.length).map(([name, all]) =>
        element("optgroup", { label: name }, ...all.map((one) => element("option", { value: one.text }, one.told === one.text ? one.told : `${one.told} (${one.text})`)))));
    return element("label", { class: "field" }, text(key, { n }), made);
  }

  #number(key, value, optional = false) {
    return element("label", { class: "field" }, text(key), element("input", { inputmode: "decimal", value, "data-optional": optional, autocomplete: "off" }));
  }

  #rule() {
    const values = this.#values().map((value) => value.trim());
    const [first, second, third] = values;
    switch (this.kind.value) {
      case "sum":
      case "difference": {
        const parts = values.slice(1).filter(Boolean);
        const enough = this.kind.value === "sum" ? 1 : 2;
        return first && parts.length >= enough ? `${first} = ${parts.join(this.kind.value === "sum" ? " + " : " - ")}` : "";
      }
      case "product": {
        const within = values[3] ? ` within ${point(values[3])}` : "";
        return first && second && third ? `${first} = ${point(second)} * ${third}${within}` : "";
      }
      case "comparison":
        return first && third ? `${first} ${second} ${third}` : "";
      case "equal":
        return first && second ? `${first} = ${second}` : "";
      default:
        return first ? `date(${first}, ${second}${third ? `, ${third}` : ""})` : "";
    }
  }

  #write() {
    this.shown.textContent = this.#rule() || "…";
    this.take.disabled = !this.#rule();
  }
}

const NAMES = { "<=": "at_most", "<": "less", ">=": "at_least", ">": "more_than" };
const point = (number) => number.replace(",", ".");
const signed = (sign) => element("span", { class: "sign", "aria-hidden": "true" }, sign);
const select = (key, choices) =>
  element("label", { class: "field" }, text(key), element("select", {}, ...choices.map(([value, name]) => element("option", { value }, name))));
