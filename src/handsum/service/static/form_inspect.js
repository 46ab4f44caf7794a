// What is chosen on a form, in fields to change it: a field, or a table with its columns.

import { columnsOf, setColumns, settle, stretch } from "./form_tables.js";
import { nameFrom } from "./form_names.js";
import { element, text } from "./page.js";

const KINDS = ["box", "comb", "line", "column", "date", "tick"];
const WRITTEN = ["box", "comb", "line", "column"]; // kinds that hold a number
const ORDERS = ["dmy", "mdy", "ymd"];

export class Inspector {
  /** `renamed(part, before, after, table)`, `changed(part)` and `removed(part)` tell of things. */
  constructor(room, { unit, taken, renamed, changed, removed, may }) {
    Object.assign(this, { room, unit, taken, renamed, changed, removed, may });
    this.made = new WeakSet(); // parts whose name is ours: it follows the label
  }

  show(part) {
    this.part = part;
    this.room.hidden = !part;
    if (!part) return;
    const table = Boolean(part.column);
    const head = element("h2", {}, text(table ? "forms.table" : "forms.field"));
    const named = [this.#label(part, "forms.label"), this.#name(part, null)];
    const rest = table ? this.#table(part) : this.#format(part);
    const remove = element("button", { type: "button", class: "quiet", onclick: () => this.removed(part) }, text(table ? "forms.delete_table" : "forms.delete"));
    const controls = element("fieldset", { class: "controls", disabled: !this.may }, head, ...named, ...rest, this.#where(part), this.may ? remove : "");
    this.room.replaceChildren(controls);
  }

  /** Show anew, with the focus where it was. */
  #again(part, name) {
    this.show(part);
    this.room.querySelector(`[name="${name}"]`)?.focus();
  }

  /** The part was moved by other means. */
  moved(part) {
    if (part !== this.part) return;
    const [x0, y0, x1, y1] = part.box;
    Object.entries({ left: x0, top: y0, width: x1 - x0, height: y1 - y0 }).forEach(([side, length]) => {
      const input = this.room.querySelector(`[name="${side}"]`);
      if (input && input !== document.activeElement) input.value = shortened(length);
    });
    part.column?.forEach((column, place) => {
      const input = this.room.querySelector(`[data-column="${place}"] [name=column_width]`);
      if (input && input !== document.activeElement) input.value = column.width ?? "";
    });
  }

  #table(part) {
    const recount = (count) => {
      setColumns(part, count, () => this.#newColumn(part));
      this.#again(part, "columns");
    };
    const labels = Array.isArray(part.row_labels) ? "texts" : part.row_labels ?? "none";
    const choice = this.#choose("row_labels", "forms.row_labels", labels, ["none", "numbers", "texts"], (value) => {
      if (value === "texts") part.row_labels = Array.from({ length: part.rows }, (_, row) => String(row + 1));
      else if (value === "none") delete part.row_labels;
      else part.row_labels = value;
      this.#again(part, "row_labels");
    });
    const parts = [
      element("div", { class: "pair" },
        this.#number("rows", "forms.rows", part.rows, { min: 1, max: 1000 }, (rows) => {
          part.rows = rows;
          if (Array.isArray(part.row_labels)) part.row_labels = Array.from({ length: rows }, (_, row) => part.row_labels[row] ?? String(row + 1));
        }),
        this.#number("columns", "forms.columns_count", columnsOf(part), { min: 1, max: 60 }, recount),
      ),
      this.#tick(part, "empty_rows", "forms.empty_rows"),
      choice,
    ];
    if (labels === "texts") {
      const area = element("textarea", { name: "row_texts", rows: Math.min(8, part.rows), spellcheck: "false" });
      area.value = part.row_labels.join("\n");
      area.addEventListener("input", () => this.#set(() => {
        const lines = area.value.split("\n").map((line) => line.trim());
        part.row_labels = Array.from({ length: part.rows }, (_, row) => lines[row] ?? "");
      }));
      parts.push(labelled(text("forms.row_texts"), area));
    }
    if (labels !== "none") parts.push(this.#text(part, "header", "forms.header"));
    const columns = part.column.map((column, place) => this.#column(part, column, place));
    const add = () => recount(columnsOf(part) + 1);
    return [
      ...parts, element("h3", {}, text("forms.columns")), element("div", { class: "columns" }, ...columns),
      this.may ? element("button", { type: "button", class: "quiet", onclick: add }, text("forms.add_column")) : "",
    ];
  }

  #newColumn(table) {
    const column = {};
    if (table.column.every((other) => other.name)) {
      column.name = nameFrom("", new Set(table.column.map((other) => other.name)), "c");
      this.made.add(column);
    }
    const last = table.column.at(-1);
    for (const key of ["kind", "cells", "pattern", "length", "range"]) if (last?.[key] !== undefined) column[key] = last[key];
    return column;
  }

  #column(table, column, place) {
    const told = () => text("forms.column_told", { n: place + 1, name: column.label || column.name || "" });
    const summary = element("summary", {}, told());
    const drop = element("button", { type: "button", class: "quiet", onclick: () => {
      table.column.splice(place, 1);
      settle(table);
      this.#again(table, "columns");
      this.changed(table);
    } }, text("forms.delete_column"));
    const label = this.#label(column, "forms.column_head", table);
    label.addEventListener("input", () => (summary.textContent = told()));
    const width = this.#number("column_width", "forms.column_width", column.width, { min: 2, step: "any" }, (wide) => {
      if (wide) column.width = wide;
      else delete column.width;
    }, true);
    const details = element("details", { class: "column", name: "column", "data-column": place }, summary,
      label, this.#name(column, table), ...this.#format(column), width, table.column.length > 1 && this.may ? drop : "");
    this.#remember(details, column, place === 0 && table.column.length === 1);
    return details;
  }

  /** What may be written: of a field or a column. */
  #format(part) {
    const kind = part.kind ?? "box";
    const kinds = this.#choose("kind", "forms.kind", kind, KINDS, (value) => {
      refit(part, value);
      this.#again(this.part, "kind");
    });
    const shown = [kinds];
    if (["comb", "date"].includes(kind)) shown.push(this.#number("cells", "forms.cells", part.cells, { min: 1, max: 64 }, (cells) => {
      if (cells) part.cells = cells;
      else delete part.cells;
    }, kind === "date"));
    if (kind === "date") {
      shown.push(this.#choose("order", "forms.order", part.order ?? "dmy", ORDERS, (value) => (part.order = value)));
      shown.push(this.#choose("century", "forms.century", String(part.century ?? ""), ["", "1900", "2000"], (value) => {
        if (value) part.century = Number(value);
        else delete part.century;
      }));
    }
    if (!WRITTEN.includes(kind)) return [...shown, this.#tick(part, "required", "forms.required")];
    const list = element("textarea", { name: "list", rows: "3", spellcheck: "false" });
    list.value = Array.isArray(part.list) ? part.list.join("\n") : part.list ?? "";
    list.disabled = typeof part.list === "string"; // a file of the form's own folder
    list.addEventListener("input", () => this.#set(() => {
      const entries = list.value.split("\n").map((entry) => entry.trim()).filter(Boolean);
      if (entries.length) part.list = entries;
      else delete part.list;
    }));
    const more = element("details", { class: "more" }, element("summary", {}, text("forms.more")),
      this.#text(part, "length", "forms.length", { placeholder: "4-6" }),
      this.#text(part, "check", "forms.check", { placeholder: "luhn", list: "checks" }),
      labelled(text("forms.list"), list));
    this.#remember(more, part, ["length", "check", "list"].some((key) => part[key] !== undefined), "more");
    return [
      ...shown,
      this.#text(part, "pattern", "forms.pattern", { placeholder: "9{1,4}", list: "patterns", spellcheck: "false" }),
      this.#text(part, "range", "forms.range", { placeholder: "0..1200" }),
      this.#tick(part, "required", "forms.required"), this.#tick(part, "blank_is_zero", "forms.blank_is_zero"), more,
    ];
  }

  /** Where it stands, in numbers. */
  #where(part) {
    const [x0, y0, x1, y1] = part.box;
    const sides = { left: x0, top: y0, width: x1 - x0, height: y1 - y0 };
    const move = () => {
      const now = Object.fromEntries(Object.keys(sides).map((side) => [side, Number(this.room.querySelector(`[name="${side}"]`).value)]));
      if (!(now.width > 0 && now.height > 0)) return;
      const box = [now.left, now.top, now.left + now.width, now.top + now.height].map((side) => Math.round(1000 * side) / 1000);
      if (part.column) stretch(part, box);
      else part.box = box;
    };
    const unit = text(this.unit() === 1 ? "forms.mm" : "forms.inch");
    return element("fieldset", { class: "where" }, element("legend", {}, text("forms.where", { unit })),
      ...Object.entries(sides).map(([side, length]) => this.#number(side, `forms.${side}`, shortened(length), { min: 0, step: "any" }, move)));
  }

  #label(part, key, table) {
    const field = this.#text(part, "label", key);
    field.querySelector("input").addEventListener("input", (event) => {
      if (!this.made.has(part)) return;
      const taken = table ? new Set(table.column.filter((other) => other !== part).map((other) => other.name)) : this.taken(part);
      const before = part.name;
      part.name = nameFrom(event.target.value, taken, table ? "c" : "f");
      if (part.name !== before) this.renamed(part, before, part.name, table);
      const input = event.target.closest(".column, .inspector").querySelector("[name=name]");
      if (input) input.value = part.name;
      this.changed(this.part);
    });
    return field;
  }

  #name(part, table) {
    const input = element("input", { name: "name", autocomplete: "off", spellcheck: "false", value: part.name ?? "" });
    let before = part.name;
    input.addEventListener("input", () => this.#set(() => {
      const after = input.value.trim();
      this.made.delete(part);
      const others = table ? new Set(table.column.filter((other) => other !== part).map((other) => other.name)) : this.taken(part);
      if (after) part.name = after;
      else if (table) delete part.name;
      else part.name = "";
      if (!after || others.has(after)) return; // on the way to another name
      if (before) this.renamed(part, before, after, table);
      before = after;
    }));
    return labelled(text("forms.name_of"), input);
  }

  #text(part, key, told, more = {}) {
    const input = element("input", { name: key, autocomplete: "off", value: part[key] ?? "", ...more });
    input.addEventListener("input", () => this.#set(() => {
      if (input.value) part[key] = input.value;
      else delete part[key];
    }));
    return labelled(text(told), input);
  }

  #number(name, told, value, limits, set, optional = false) {
    const input = element("input", { name, type: "number", value: value ?? "", inputmode: "decimal", required: !optional, ...limits });
    input.addEventListener("input", () => {
      if (input.checkValidity()) this.#set(() => set(Number(input.value)));
    });
    return labelled(text(told), input);
  }

  #choose(name, told, value, choices, set) {
    const select = element("select", { name }, ...choices.map((one) => element("option", { value: one, selected: one === value }, text(`forms.${name}_${one || "none"}`))));
    select.addEventListener("input", () => this.#set(() => set(select.value)));
    return labelled(text(told), select);
  }

  #tick(part, key, told) {
    const input = element("input", { type: "checkbox", name: key, checked: Boolean(part[key]) });
    input.addEventListener("input", () => this.#set(() => {
      if (input.checked) part[key] = true;
      else delete part[key];
    }));
    return element("label", { class: "tick" }, input, ` ${text(told)}`);
  }

  #set(change) {
    change();
    this.changed(this.part);
  }

  /** Details stay as they were left when they are made anew. */
  #remember(details, part, open, which = "column") {
    const known = (this.shown ??= new WeakMap());
    const of = known.get(part) ?? {};
    details.open = of[which] ?? open;
    details.addEventListener("toggle", () => known.set(part, { ...known.get(part), [which]: details.open }));
  }
}

/** Make a part fit another kind. */
function refit(part, kind) {
  if (kind === "box") delete part.kind;
  else part.kind = kind;
  if (!["comb", "date"].includes(kind)) delete part.cells;
  if (kind === "comb") part.cells ??= 4;
  if (kind === "date") part.order ??= "dmy";
  else for (const key of ["order", "century"]) delete part[key];
  if (!WRITTEN.includes(kind)) for (const key of ["pattern", "range", "check", "length", "list", "blank_is_zero"]) delete part[key];
}

const shortened = (length) => Math.round(length * 100) / 100;
const labelled = (told, input) => element("label", { class: "field" }, told, input);
