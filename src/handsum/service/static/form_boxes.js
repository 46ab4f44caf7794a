// The boxes of a form over its picture: chosen, moved, stretched and drawn with the mouse, or moved
// with the arrow keys; the column borders of the chosen table likewise. All lengths are in the
// template's own unit, of which `unit()` millimetres are one.

import { edgesOf, columnsOf, linesOf, moveBorder, stretch } from "./form_tables.js";
import { element, text } from "./page.js";

const GRID = 0.5; // millimetres
const LEAST = 3; // of a box
const LEAST_CELL = 2.5; // of a table's row and column
const DRAWN = 5; // a shorter drag draws nothing
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Boxes {
  /** `entries()` gives [part, kind] pairs; `chosen`, `changed` and `drawn(box, what)` tell of things. */
  constructor(room, { size, unit, entries, chosen, changed, drawn, may }) {
    Object.assign(this, { room, size, unit, entries, chosen, changed, drawn });
    this.current = null;
    this.drawing = null; // "field" or "table" while one is to be drawn
    if (!may) return;
    room.addEventListener("pointerdown", (event) => this.#down(event));
    room.addEventListener("keydown", (event) => this.#key(event));
  }

  paint() {
    for (const old of this.room.querySelectorAll(".box, .border, .outside")) old.remove();
    for (const [part, kind] of this.entries()) this.room.append(this.#boxOf(part, kind));
    this.#showBorders();
  }

  choose(part) {
    this.current = part;
    for (const box of this.room.querySelectorAll(".box")) box.setAttribute("aria-pressed", String(box.entry === part));
    this.#showBorders();
    this.chosen(part);
  }

  /** Put the focus on a part's box. */
  focus(part) {
    this.#find(part)?.focus();
  }

  /** Show the chosen part where it now is. */
  place(part) {
    const box = this.#find(part);
    if (box) this.#place(box);
  }

  /** Mark the boxes of these names as wrong. */
  mark(names) {
    for (const box of this.room.querySelectorAll(".box")) box.classList.toggle("wrong", names.has(box.entry.name));
  }

  /** A place for a box of this size in millimetres where nothing stands yet, from the top. */
  freePlace(across, down) {
    const [width, height] = this.size();
    const [w, h] = [across, down].map((mm) => mm / this.unit());
    const step = 5 / this.unit();
    const taken = this.entries().map(([part]) => part.box);
    for (let y = 8 * step; y + h < height - 5 * step; y += step) {
      const box = [4 * step, y, Math.min(4 * step + w, width - 4 * step), y + h].map((side) => this.#rounded(side));
      const meets = (other) => other[0] < box[2] + step && box[0] < other[2] + step && other[1] < box[3] + step && box[1] < other[3] + step;
      if (!taken.some(meets)) return box;
    }
    return [width / 4, height / 2, width / 4 + w, height / 2 + h].map((side) => this.#rounded(side));
  }

  #rounded(length) {
    const grid = GRID / this.unit();
    return Math.round((Math.round(length / grid) * grid) * 1000) / 1000;
  }

  #find(part) {
    return [...this.room.querySelectorAll(".box")].find((box) => box.entry === part);
  }

  #boxOf(part, kind) {
    const box = element("button", { type: "button", class: `box ${kind}`, "aria-pressed": String(part === this.current) });
    box.entry = part;
    box.append(element("span", { class: "tag" }, part.name));
    if (kind === "table") {
      box.setAttribute("aria-label", text("forms.table_told", { name: part.name, rows: part.rows, columns: columnsOf(part) }));
      box.append(element("span", { class: "cells", "aria-hidden": "true" }));
    }
    box.append(element("i", { class: "grip", "aria-hidden": "true" }));
    this.#place(box);
    box.addEventListener("focus", () => this.current !== part && this.choose(part));
    return box;
  }

  #place(box) {
    const [width, height] = this.size();
    const [x0, y0, x1, y1] = box.entry.box;
    setSides(box, { left: x0 / width, top: y0 / height, width: (x1 - x0) / width, height: (y1 - y0) / height });
    const cells = box.querySelector(".cells");
    if (cells) this.#drawCells(cells, box.entry);
    if (box.entry === this.current) this.#placeBorders();
  }

  /** The lines of a table, and its headers in the first row. */
  #drawCells(cells, table) {
    cells.style.setProperty("--rows", table.rows);
    const lines = linesOf(table);
    const heads = table.column.every((column) => !column.repeat)
      ? table.column.map((column, place) => {
          const head = element("b", {}, column.label || column.name || "");
          const [from, to] = [lines[place - 1] ?? 0, lines[place] ?? 1];
          setSides(head, { left: from, width: to - from });
          return head;
        })
      : [];
    const drawn = lines.map((share) => {
      const line = element("i");
      setSides(line, { left: share });
      return line;
    });
    cells.replaceChildren(...drawn, ...heads);
  }

  /** Handles between the columns of the chosen table. */
  #showBorders() {
    for (const old of this.room.querySelectorAll(".border")) old.remove();
    const table = this.current;
    if (!table?.column) return;
    table.column.slice(0, -1).forEach((column, place) => {
      const border = element("div", {
        class: "border", role: "separator", tabindex: "0", "aria-orientation": "vertical",
        "aria-label": text("forms.border", {
          a: column.label || column.name || place + 1, b: table.column[place + 1].label || table.column[place + 1].name || place + 2,
        }),
      });
      border.place = place;
      this.room.append(border);
    });
    this.#placeBorders();
  }

  #placeBorders() {
    const table = this.current;
    if (!table?.column) return;
    const [width, height] = this.size();
    const edges = edgesOf(table);
    for (const border of this.room.querySelectorAll(".border")) {
      setSides(border, { left: edges[border.place] / width, top: table.box[1] / height, height: (table.box[3] - table.box[1]) / height });
      border.setAttribute("aria-valuenow", String(Math.round(10 * edges[border.place]) / 10));
      border.setAttribute("aria-valuemin", String(Math.round(table.box[0])));
      border.setAttribute("aria-valuemax", String(Math.round(table.box[2])));
    }
  }

  #moveBorder(place, x) {
    moveBorder(this.current, place, this.#rounded(x), LEAST_CELL / this.unit());
    this.place(this.current);
    this.changed(this.current);
  }

  #at(event) {
    const [width, height] = this.size();
    const frame = this.room.getBoundingClientRect();
    return [((event.clientX - frame.left) / frame.width) * width, ((event.clientY - frame.top) / frame.height) * height];
  }

  #down(event) {
    if (event.button !== 0) return;
    const box = event.target.closest(".box");
    const border = event.target.closest(".border");
    if (this.drawing) this.#drawNew(event, this.drawing);
    else if (border) this.#dragBorder(event, border);
    else if (box) this.#drag(event, box, event.target.classList.contains("grip"));
  }

  #dragBorder(event, border) {
    event.preventDefault();
    border.focus();
    this.#follow(event, ([x]) => this.#moveBorder(border.place, x), () => {});
  }

  #drag(event, box, stretching) {
    event.preventDefault();
    box.focus();
    this.choose(box.entry);
    const start = this.#at(event);
    const before = [...box.entry.box];
    this.#follow(event, (now) => {
      const [dx, dy] = [this.#rounded(now[0] - start[0]), this.#rounded(now[1] - start[1])];
      if (stretching) this.#stretch(box, [before[2] + dx, before[3] + dy]);
      else this.#move(box, before.map((side, i) => side + (i % 2 ? dy : dx)));
    }, () => {});
  }

  #move(box, sides) {
    box.entry.box = this.#within(sides).map((side) => this.#rounded(side));
    this.#place(box);
    this.changed(box.entry);
  }

  #stretch(box, [right, bottom]) {
    const part = box.entry;
    const [x0, y0] = part.box;
    const [width, height] = this.size();
    const cells = part.column ? [columnsOf(part), part.rows].map((count) => count * LEAST_CELL) : [LEAST, LEAST];
    const [across, down] = cells.map((mm) => mm / this.unit());
    const sides = [x0, y0, Math.min(width, Math.max(x0 + across, right)), Math.min(height, Math.max(y0 + down, bottom))];
    const next = sides.map((side) => this.#rounded(side));
    if (part.column) stretch(part, next);
    else part.box = next;
    this.#place(box);
    this.changed(part);
  }

  #drawNew(event, what) {
    event.preventDefault();
    const start = this.#at(event).map((side) => this.#rounded(side));
    const draft = { name: "", box: [...start, ...start] };
    const box = this.#boxOf(draft, "new");
    this.room.append(box);
    this.#follow(event, (now) => {
      const end = now.map((side) => this.#rounded(side));
      const [width, height] = this.size();
      const low = [0, 1].map((i) => Math.max(0, Math.min(start[i], end[i])));
      draft.box = [...low, Math.min(width, Math.max(start[0], end[0])), Math.min(height, Math.max(start[1], end[1]))];
      this.#place(box);
    }, () => {
      box.remove();
      const [x0, y0, x1, y1] = draft.box;
      const least = DRAWN / this.unit();
      if (x1 - x0 >= least && y1 - y0 >= Math.min(least, LEAST / this.unit())) this.drawn(draft.box, what);
    });
  }

  #follow(event, move, end) {
    const moved = (other) => other.pointerId === event.pointerId && move(this.#at(other));
    const ended = (other) => {
      if (other.pointerId !== event.pointerId) return;
      removeEventListener("pointermove", moved);
      for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, ended);
      end();
    };
    addEventListener("pointermove", moved);
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, ended);
  }

  #within([x0, y0, x1, y1]) {
    const [width, height] = this.size();
    const dx = Math.max(0, -x0) - Math.max(0, x1 - width);
    const dy = Math.max(0, -y0) - Math.max(0, y1 - height);
    return [x0 + dx, y0 + dy, x1 + dx, y1 + dy];
  }

  #key(event) {
    const box = event.target.closest(".box");
    const border = event.target.closest(".border");
    const step = STEPS[event.key]?.map((sign) => (sign * GRID) / this.unit());
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    if (border && step[0]) {
      this.#moveBorder(border.place, edgesOf(this.current)[border.place] + step[0] * (event.shiftKey ? 10 : 1));
    } else if (box) {
      const [x0, y0, x1, y1] = box.entry.box;
      if (event.shiftKey) this.#stretch(box, [x1 + step[0], y1 + step[1]]);
      else this.#move(box, [x0 + step[0], y0 + step[1], x1 + step[0], y1 + step[1]]);
    } else {
      return;
    }
    event.preventDefault();
  }
}

function setSides(made, sides) {
  for (const [side, share] of Object.entries(sides)) made.style.setProperty(side, `${100 * share}%`);
}
