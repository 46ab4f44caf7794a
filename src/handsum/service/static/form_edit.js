// A form's editor: boxes with the mouse, names and formats beside it, rules below, saved as a whole.

import { ask } from "./api.js";
import { Boxes } from "./form_boxes.js";
import { element, showTrouble, text } from "./page.js";

const find = (id) => document.getElementById(id);
const name = find("form-name").dataset.form;
const path = `forms/${encodeURIComponent(name)}`;
let form = null; // as the server gave it
let tree = null; // the template's keys, as they are being changed

const boxes = new Boxes(find("boxes"), {
  size: () => [form.width, form.height],
  entries: () => [
    ...(tree.field ?? []).map((part) => [part, part.kind ?? "box"]),
    ...(tree.table ?? []).map((part) => [part, "table"]),
  ],
  chosen: inspect,
  changed: () => {
    changed();
    tellWhere();
  },
  drawn: add,
});

function changed() {
  if (find("save")) find("save").disabled = false;
}

function show(given) {
  form = given;
  tree = given.tree;
  find("picture").src = `${given.picture}?${Date.now()}`;
  find("print").hidden = !given.printable;
  find("print").href = `/api/v1/${path}/print`;
  find("toml").href = `/api/v1/${path}/template`;
  const whole = find("whole").elements;
  whole.title.value = tree.title ?? "";
  whole.version.value = tree.version ?? "1";
  whole.rules.value = (tree.rules ?? []).join("\n");
  const again = boxes.current?.name;
  boxes.current = [...(tree.field ?? []), ...(tree.table ?? [])].find((part) => part.name === again) ?? null;
  boxes.paint();
  inspect(boxes.current);
}

function add(box) {
  setDrawing(false);
  tree.field ??= [];
  const taken = new Set(tree.field.map((part) => part.name));
  let number = tree.field.length + 1;
  while (taken.has(`f${String(number).padStart(2, "0")}`)) number += 1;
  const part = { name: `f${String(number).padStart(2, "0")}`, kind: "box", box };
  tree.field.push(part);
  changed();
  boxes.paint();
  boxes.choose(part);
  find("inspector").elements.name.select();
}

function setDrawing(on) {
  boxes.drawing = on;
  find("add").setAttribute("aria-pressed", String(on));
  find("boxes").classList.toggle("drawing", on);
}

const isTable = (part) => Boolean(tree.table?.includes(part));

function inspect(part) {
  const { elements } = find("inspector");
  find("inspector").hidden = !part;
  if (!part) return;
  const table = isTable(part);
  for (const each of document.querySelectorAll(".field-only")) each.hidden = table;
  for (const each of document.querySelectorAll(".table-only")) each.hidden = !table;
  find("inspector-name").textContent = text(table ? "forms.table" : "forms.field");
  for (const key of ["name", "label", "kind", "cells", "order", "pattern", "range", "check", "rows"]) {
    elements[key].value = part[key] ?? { kind: "box", order: "dmy" }[key] ?? "";
  }
  for (const key of ["required", "blank_is_zero", "empty_rows"]) elements[key].checked = Boolean(part[key]);
  if (table) find("columns").replaceChildren(...part.column.map(column));
  fit(part.kind ?? "box");
  tellWhere();
}

function fit(kind) {
  for (const each of document.querySelectorAll("[data-for]")) each.hidden = !each.dataset.for.split(" ").includes(kind);
}

function tellWhere() {
  if (!boxes.current) return;
  const [x, y, x1, y1] = boxes.current.box;
  const round = (mm) => Math.round(mm * 10) / 10;
  find("where").textContent = text("forms.where", { x: round(x), y: round(y), w: round(x1 - x), h: round(y1 - y) });
}

function column(part, number) {
  const field = (key, told, more = {}) => {
    const input = element("input", { value: part[key] ?? "", autocomplete: "off", "aria-label": `${text("forms.column")} ${number + 1}: ${told}`, placeholder: told, ...more });
    input.addEventListener("input", () => {
      if (input.value) part[key] = input.value;
      else delete part[key];
      changed();
    });
    return input;
  };
  return element("div", { class: "column" }, field("name", text("forms.name_of")), field("label", text("forms.label")), field("pattern", text("forms.pattern")));
}

find("inspector").addEventListener("input", (event) => {
  const part = boxes.current;
  const { name: key, type, value, checked } = event.target;
  if (!part || !key) return;
  if (type === "checkbox" ? checked : value) {
    part[key] = type === "checkbox" ? true : type === "number" ? Number(value) : value;
  } else {
    delete part[key];
  }
  if (key === "kind") {
    fit(value);
    if (!["comb", "date"].includes(value)) delete part.cells;
    if (value === "date") part.order ??= "dmy";
    else delete part.order;
    if (value === "comb" && !part.cells) find("inspector").elements.cells.value = part.cells = 4;
    if (["date", "tick"].includes(value)) for (const other of ["pattern", "range", "check"]) delete part[other];
  }
  changed();
  if (key === "name" || key === "kind") boxes.paint();
});

find("whole").addEventListener("input", () => {
  const { title, version, rules } = find("whole").elements;
  tree.title = title.value;
  tree.version = version.value || "1";
  tree.rules = rules.value.split("\n").map((rule) => rule.trim()).filter(Boolean);
  changed();
});
for (const id of ["inspector", "whole"]) find(id).addEventListener("submit", (event) => event.preventDefault());

function remove() {
  for (const key of ["field", "table"]) {
    if (tree[key]) tree[key] = tree[key].filter((part) => part !== boxes.current);
    if (!tree[key]?.length) delete tree[key];
  }
  boxes.current = null;
  changed();
  boxes.paint();
  inspect(null);
}

find("delete").addEventListener("click", remove);
find("boxes").addEventListener("keydown", (event) => event.key === "Delete" && boxes.current && remove());
find("add").addEventListener("click", () => setDrawing(!boxes.drawing));
document.addEventListener("keydown", (event) => event.key === "Escape" && setDrawing(false));

find("save")?.addEventListener("click", async () => {
  try {
    show(await ask(path, tree, "PUT"));
    find("save").disabled = true;
    showTrouble(find("trouble"), null);
    tell([text("forms.saved")]);
  } catch (error) {
    showTrouble(find("trouble"), error);
  }
});

find("remove")?.addEventListener("click", async () => {
  if (!confirm(text("forms.remove_sure", { name }))) return;
  await ask(path, undefined, "DELETE");
  location.assign("/forms");
});

function tell(notes) {
  find("notes").hidden = !notes.length;
  find("notes").textContent = notes.join(" ");
}

ask(path, undefined, "GET").then(show).catch((error) => showTrouble(find("trouble"), error));
tell(JSON.parse(sessionStorage.getItem(`notes ${name}`) ?? "[]"));
sessionStorage.removeItem(`notes ${name}`);
