// A form's editor: boxes and tables with the mouse, what they hold beside them, rules below. What is
// wrong is told while it is being changed; it is saved as a whole.

import { ask, describe, inLanguage } from "./api.js";
import { Boxes } from "./form_boxes.js";
import { Inspector } from "./form_inspect.js";
import { freeName, nameFrom, renameIn } from "./form_names.js";
import { Rules } from "./form_rules.js";
import { showTrouble, text } from "./page.js";

const PAUSE = 400; // milliseconds without a change before it is checked
const KEPT = 60; // steps that can be taken back
const ROW = 8; // millimetres of a new table's row, and
const COLUMN = 32; // of its columns
const find = (id) => document.getElementById(id);
const name = find("form-name").dataset.form;
const path = `forms/${encodeURIComponent(name)}`;
const may = Boolean(find("save"));
let form = null; // as the server gave it
let tree = null; // the template's keys, as they are being changed
let past = []; // earlier states as texts, the last one first to come back
let now = ""; // the state that is shown
let waiting = null;
let asking = null;

const unit = () => (tree.page?.unit === "inch" ? 25.4 : 1);
const size = () => [form.width / unit(), form.height / unit()];
const parts = () => [...(tree.field ?? []), ...(tree.table ?? [])];
const taken = (but) => new Set(parts().filter((part) => part !== but).map((part) => part.name));

const inspector = new Inspector(find("inspector"), { unit, taken, renamed, removed: remove, may, changed: (part) => {
  boxes.paint();
  inspector.moved(part);
  changed();
} });
const rules = new Rules({ tree: () => tree, may, changed: (texts) => {
  tree.rules = texts;
  changed();
} });
const boxes = new Boxes(find("boxes"), {
  size, unit, may,
  entries: () => [
    ...(tree.field ?? []).map((part) => [part, part.kind ?? "box"]),
    ...(tree.table ?? []).map((part) => [part, "table"]),
  ],
  chosen: (part) => inspector.show(part),
  changed: (part) => {
    inspector.moved(part);
    changed();
  },
  drawn: add,
});

/** Something is different from before: keep the step, and have it checked soon. */
function changed() {
  const state = JSON.stringify(tree);
  if (state === now) return;
  if (!waiting) past.push(now); // changes in one go are one step
  past = past.slice(-KEPT);
  now = state;
  find("save").disabled = false;
  find("undo").disabled = false;
  rules.offer();
  clearTimeout(waiting);
  waiting = setTimeout(check, PAUSE);
}

async function check() {
  waiting = null;
  const asked = now;
  if (asking) return; // its answer sees that it is late, and asks again
  asking = asked;
  try {
    const notes = await ask(`${path}/check`, JSON.parse(asked));
    if (asked === now) tellNotes(notes);
  } catch (error) {
    showTrouble(find("trouble"), error);
  } finally {
    asking = null;
    if (asked !== now && !waiting) check();
  }
}

function tellNotes({ error, rules: notes }) {
  rules.tell(notes);
  const wrong = error ?? notes.find((note) => note.error)?.error;
  find("state").classList.toggle("wrong", Boolean(wrong));
  find("state").textContent = error ? inWords(error) : text(wrong ? "forms.rule_wrong" : "forms.right");
  boxes.mark(namesIn(error));
  if (!wrong) showTrouble(find("trouble"), null);
}

/** What is wrong, without the form's name before it. */
function inWords(error) {
  const told = { ...error, message: error.message.replace(`${name}: `, "") };
  return describe(told);
}

/** The names of fields and tables that a mistake names. */
function namesIn(error) {
  return new Set([...(error?.message ?? "").matchAll(/(?:field|table) "([^"[]+)/g)].map((match) => match[1]));
}

function show(given) {
  form = given;
  tree = given.tree;
  now = JSON.stringify(tree);
  find("picture").src = `${given.picture}?${Date.now()}`;
  find("print").hidden = !given.printable;
  find("print").href = `/api/v1/${path}/print`;
  find("toml").href = `/api/v1/${path}/template`;
  showTree();
}

/** Show all of the tree; what was chosen is chosen again. */
function showTree() {
  const { title, version, decimal, thousands } = find("whole").elements;
  title.value = tree.title ?? "";
  version.value = tree.version ?? "1";
  decimal.value = tree.decimal ?? "unsaid";
  thousands.value = tree.thousands ?? "unsaid";
  rules.show(tree.rules ?? []);
  const again = boxes.current?.name;
  boxes.current = parts().find((part) => part.name === again) ?? null;
  boxes.paint();
  inspector.show(boxes.current);
  rules.offer();
}

function undo() {
  if (!past.length) return;
  clearTimeout(waiting);
  now = past.pop();
  tree = JSON.parse(now);
  find("undo").disabled = !past.length;
  find("save").disabled = false;
  showTree();
  check();
}

function renamed(part, before, after, table) {
  if (!tree.rules?.length) return;
  tree.rules = renameIn(tree.rules, before, after, table?.name ?? null);
  rules.renamed(tree.rules);
}

/** A new field or table in a box. */
function add(box, what) {
  setDrawing(null);
  const part = what === "table" ? newTable(box) : { name: freeName("f", taken(), (tree.field?.length ?? 0) + 1), box };
  (tree[what] ??= []).push(part);
  inspector.made.add(part);
  boxes.paint();
  boxes.choose(part);
  changed();
  const label = find("inspector").querySelector("[name=label]");
  label.focus();
  label.select();
}

function newTable(box) {
  const [across, down] = [box[2] - box[0], box[3] - box[1]].map((length) => length * unit());
  const fit = (length, each, most) => Math.max(1, Math.min(most, Math.round(length / each)));
  const column = Array.from({ length: fit(across, COLUMN, 8) }, (_, place) => ({ name: "abcdefgh"[place], pattern: "9{1,4}" }));
  for (const one of column) inspector.made.add(one);
  return { name: nameFrom("", taken(), "rows"), box, rows: fit(down, ROW, 60), empty_rows: true, column };
}

function setDrawing(what) {
  boxes.drawing = what;
  for (const each of ["field", "table"]) find(`add-${each}`)?.setAttribute("aria-pressed", String(what === each));
  find("boxes").classList.toggle("drawing", Boolean(what));
  find("how").textContent = text(what ? `forms.draw_${what}` : "forms.mouse");
}

function remove(part) {
  for (const key of ["field", "table"]) {
    if (tree[key]) tree[key] = tree[key].filter((other) => other !== part);
    if (!tree[key]?.length) delete tree[key];
  }
  boxes.current = null;
  boxes.paint();
  inspector.show(null);
  changed();
  find(part.column ? "add-table" : "add-field").focus();
}

function zoom(by) {
  const zooms = [1, 1.5, 2, 3];
  const at = zooms.indexOf(Number(find("boxes").dataset.zoom ?? 1));
  const next = zooms[Math.max(0, Math.min(zooms.length - 1, at + by))];
  find("boxes").dataset.zoom = next;
  find("boxes").style.setProperty("--zoom", next);
  find("zoom-out").disabled = next === zooms[0];
  find("zoom-in").disabled = next === zooms.at(-1);
}

async function save() {
  try {
    show(await ask(path, tree, "PUT"));
    find("save").disabled = true;
    showTrouble(find("trouble"), null);
    tell([text("forms.saved")]);
    check();
  } catch (error) {
    showTrouble(find("trouble"), error);
    find("trouble").scrollIntoView({ block: "nearest" });
    check();
  }
}

function tell(notes) {
  find("notes").hidden = !notes.length;
  find("notes").textContent = notes.map(inLanguage).join(" ");
}

function edit() {
  for (const what of ["field", "table"]) {
    find(`add-${what}`).addEventListener("click", (event) => {
      // By keyboard there is no dragging: it is put where there is room, and moved with the arrows.
      if (event.detail === 0) add(boxes.freePlace(...(what === "table" ? [96, 40] : [40, 9])), what);
      else setDrawing(boxes.drawing === what ? null : what);
    });
  }
  find("undo").addEventListener("click", undo);
  find("save").addEventListener("click", save);
  find("boxes").addEventListener("keydown", (event) => {
    if (event.key === "Delete" && event.target.closest(".box") && boxes.current) remove(boxes.current);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select");
    if (event.key === "Escape") setDrawing(null);
    else if ((event.ctrlKey || event.metaKey) && event.key === "z" && !typing) undo();
    else if ((event.ctrlKey || event.metaKey) && event.key === "s" && !find("save").disabled) save();
    else return;
    event.preventDefault();
  });
  find("whole").addEventListener("input", (event) => {
    const { name: key, value } = event.target;
    if (["decimal", "thousands"].includes(key) && value === "unsaid") delete tree[key];
    else tree[key] = key === "version" ? value || "1" : value;
    changed();
  });
  find("remove").addEventListener("click", async () => {
    if (!confirm(text("forms.remove_sure", { name }))) return;
    now = ""; // leave without being asked
    await ask(path, undefined, "DELETE");
    find("save").disabled = true;
    location.assign("/forms");
  });
  addEventListener("beforeunload", (event) => find("save").disabled || event.preventDefault());
}

for (const id of ["inspector", "whole"]) find(id).addEventListener("submit", (event) => event.preventDefault());
find("zoom-in").addEventListener("click", () => zoom(1));
find("zoom-out").addEventListener("click", () => zoom(-1));
if (may) edit();
ask(path, undefined, "GET").then((given) => {
  show(given);
  if (may) check();
}).catch((error) => showTrouble(find("trouble"), error));
tell(JSON.parse(sessionStorage.getItem(`notes ${name}`) ?? "[]"));
sessionStorage.removeItem(`notes ${name}`);
