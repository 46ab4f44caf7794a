// Draw: what is written is read while it is written.

import { send } from "./api.js";
import { element, inPercent, showTrouble, shown, text } from "./page.js";
import { Board } from "./strokes.js";

const find = (id) => document.getElementById(id);
const board = new Board(find("canvas"), changed);
let what = "digit";
let writing = 0; // counts changes, so that an old answer never replaces a newer one
let asking = false;

function changed() {
  writing += 1;
  const { empty } = board;
  for (const id of ["undo", "clear"]) find(id).disabled = empty;
  find("hint").hidden = !empty;
  if (empty) show(null);
  else read();
}

// One question at a time: while one is out, the next waits and takes what is then written.
async function read() {
  if (asking) return;
  asking = true;
  try {
    for (let asked = -1; asked !== writing && !board.empty; ) {
      asked = writing;
      const body = await board.picture();
      const response = await send(`read?as=${what}&top=5`, { body, type: "image/png" });
      const [reading] = await response.json();
      if (!board.empty) show(reading);
      showTrouble(find("trouble"), null);
    }
  } catch (error) {
    showTrouble(find("trouble"), error);
  } finally {
    asking = false;
  }
}

function show(reading) {
  const place = find("reading");
  place.classList.toggle("empty", !reading);
  place.classList.toggle("words", Boolean(reading) && reading.content !== "number");
  find("details").hidden = !reading;
  if (!reading) {
    place.textContent = text("draw.nothing");
    return;
  }
  const told = shown(reading);
  if (place.textContent !== told) place.textContent = told;
  find("confidence").textContent = inPercent(reading.confidence);
  const state = find("decision");
  state.textContent = text(`decision.${reading.decision}`);
  state.className = `state ${reading.decision}`;
  const bar = find("bar");
  bar.className = `bar ${reading.decision}`;
  bar.style.setProperty("--share", reading.confidence);
  find("candidates").replaceChildren(...reading.candidates.map(candidate));
  find("symbols-part").hidden = reading.digits.length < 2;
  find("symbols").replaceChildren(
    ...reading.digits.map((one) =>
      element("li", {}, element("b", {}, one.symbol), element("span", {}, inPercent(one.confidence))),
    ),
  );
}

function candidate({ text: told, confidence }) {
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", confidence);
  const amount = confidence < 0.0005 ? `< ${inPercent(0.001)}` : inPercent(confidence);
  return element("li", {}, element("b", {}, told), bar, element("span", { class: "percent" }, amount));
}

for (const button of document.querySelectorAll("[data-what]:is(button)")) {
  button.addEventListener("click", () => {
    what = button.dataset.what;
    for (const other of document.querySelectorAll("[data-what]:is(button)")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    document.querySelector(".paper").dataset.what = what;
    board.setKind(what);
  });
}
find("undo").addEventListener("click", () => board.undo());
find("clear").addEventListener("click", () => {
  board.clear();
  find("canvas").focus({ preventScroll: true });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") board.clear();
  else if ((event.ctrlKey || event.metaKey) && event.key === "z" && !board.empty) board.undo();
  else if (event.key === "Backspace" && document.activeElement === find("canvas")) board.undo();
  else return;
  event.preventDefault();
});
