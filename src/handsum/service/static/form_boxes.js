// The boxes of a form over its picture: chosen, moved, stretched and drawn with the mouse, or moved
// with the arrow keys. All lengths are millimetres of the sheet.

import { element } from "./page.js";

const GRID = 0.5;
const LEAST = 3;
const rounded = (mm) => Math.round(mm / GRID) * GRID;

export class Boxes {
  /** `entries()` gives [part, kind] pairs; `chosen`, `changed` and `drawn(box)` tell of things. */
  constructor(room, { size, entries, chosen, changed, drawn }) {
    Object.assign(this, { room, size, entries, chosen, changed, drawn });
    this.current = null;
    this.drawing = false;
    room.addEventListener("pointerdown", (event) => this.#down(event));
    room.addEventListener("keydown", (event) => this.#key(event));
  }

  paint() {
    for (const old of this.room.querySelectorAll(".box")) old.remove();
    for (const [part, kind] of this.entries()) this.room.append(this.#boxOf(part, kind));
  }

  choose(part) {
    this.current = part;
    for (const box of this.room.querySelectorAll(".box")) box.setAttribute("aria-pressed", String(box.entry === part));
    this.chosen(part);
  }

  #boxOf(part, kind) {
    const box = element("button", { type: "button", class: `box ${kind}`, "aria-pressed": String(part === this.current) });
    box.entry = part;
    box.append(element("span", {}, part.name), element("i", { class: "grip", "aria-hidden": "true" }));
    this.#place(box);
    box.addEventListener("focus", () => this.current !== part && this.choose(part));
    return box;
  }

  #place(box) {
    const [width, height] = this.size();
    const [x0, y0, x1, y1] = box.entry.box;
    const sides = { left: x0 / width, top: y0 / height, width: (x1 - x0) / width, height: (y1 - y0) / height };
    for (const [side, share] of Object.entries(sides)) box.style.setProperty(side, `${100 * share}%`);
  }

  #at(event) {
    const [width, height] = this.size();
    const frame = this.room.getBoundingClientRect();
    return [((event.clientX - frame.left) / frame.width) * width, ((event.clientY - frame.top) / frame.height) * height];
  }

  #down(event) {
    if (event.button !== 0) return;
    const box = event.target.closest(".box");
    if (this.drawing) this.#drawNew(event);
    else if (box) this.#drag(event, box, event.target.classList.contains("grip"));
  }

  #drag(event, box, stretch) {
    event.preventDefault();
    box.focus();
    this.choose(box.entry);
    const start = this.#at(event);
    const before = [...box.entry.box];
    this.#follow(event, (now) => {
      const [dx, dy] = [rounded(now[0] - start[0]), rounded(now[1] - start[1])];
      box.entry.box = stretch
        ? [before[0], before[1], Math.max(before[0] + LEAST, before[2] + dx), Math.max(before[1] + LEAST, before[3] + dy)]
        : this.#within(before.map((side, i) => side + (i % 2 ? dy : dx)));
      this.#place(box);
    }, () => this.changed());
  }

  #drawNew(event) {
    event.preventDefault();
    const start = this.#at(event).map(rounded);
    const draft = { name: "", box: [...start, ...start] };
    const box = this.#boxOf(draft, "new");
    this.room.append(box);
    this.#follow(event, (now) => {
      const end = now.map(rounded);
      draft.box = [0, 1].map((i) => Math.min(start[i], end[i])).concat([0, 1].map((i) => Math.max(start[i], end[i])));
      this.#place(box);
    }, () => {
      box.remove();
      const [x0, y0, x1, y1] = draft.box;
      if (x1 - x0 >= LEAST && y1 - y0 >= LEAST) this.drawn(draft.box);
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
    const step = { ArrowLeft: [-GRID, 0], ArrowRight: [GRID, 0], ArrowUp: [0, -GRID], ArrowDown: [0, GRID] }[event.key];
    if (!box || !step) return;
    event.preventDefault();
    const [x0, y0, x1, y1] = box.entry.box;
    box.entry.box = event.shiftKey
      ? [x0, y0, Math.max(x0 + LEAST, x1 + step[0]), Math.max(y0 + LEAST, y1 + step[1])]
      : this.#within([x0 + step[0], y0 + step[1], x1 + step[0], y1 + step[1]]);
    this.#place(box);
    this.changed();
  }
}
