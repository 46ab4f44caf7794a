// A reliability picture: stated chances of error against those found, both on a logarithmic scale.

import { element, text } from "./page.js";
import { rate } from "./readers_words.js";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [340, 260];
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 12, 10, 42];
const LEAST = 1e-5; // what is below is drawn at the edge
const TICKS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

/** The picture of a report's bands, with the same in a table for whoever does not see it. */
export function bandsPicture(bands) {
  const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": text("readers.reliability_told") });
  for (const tick of TICKS) {
    svg.append(
      drawn("line", { class: "grid", x1: across(tick), x2: across(tick), y1: TOP, y2: HEIGHT - BOTTOM }),
      drawn("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: down(tick), y2: down(tick) }),
      drawn("text", { x: across(tick), y: HEIGHT - BOTTOM + 14, "text-anchor": tick === 1 ? "end" : "middle" }, rate(tick)),
      drawn("text", { x: LEFT - 5, y: down(tick) + 3, "text-anchor": "end" }, rate(tick)),
    );
  }
  svg.append(
    drawn("line", { class: "ideal", x1: across(LEAST), y1: down(LEAST), x2: across(1), y2: down(1) }),
    drawn("text", { class: "axis", x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, text("readers.stated")),
    drawn("text", { class: "axis", x: 0, y: 0, "text-anchor": "middle", transform: `translate(11 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)` }, text("readers.found")),
  );
  for (const { stated, wrong } of bands) {
    const x = across(stated);
    svg.append(
      drawn("line", { class: "interval", x1: x, x2: x, y1: down(wrong.low), y2: down(wrong.high) }),
      drawn("circle", { class: wrong.low <= stated && stated <= wrong.high ? "fits" : "off", cx: x, cy: down(wrong.value ?? 0), r: 4 }),
    );
  }
  const rows = bands.map(({ low, high, stated, wrong }) => element("tr", {},
    element("th", { scope: "row" }, `${rate(low)} – ${rate(high)}`), element("td", { class: "number" }, rate(stated)),
    element("td", { class: "number" }, rate(wrong.value ?? 0)), element("td", { class: "number" }, wrong.n.toLocaleString(document.documentElement.lang))));
  const heads = ["readers.band", "readers.stated", "readers.found", "readers.values"];
  const table = element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map((head, place) => element("th", { scope: "col", class: place ? "number" : "" }, text(head))))),
    element("tbody", {}, ...rows));
  return element("figure", { class: "reliability" }, svg,
    element("figcaption", { class: "note" }, text("readers.reliability")),
    element("details", {}, element("summary", {}, text("readers.in_numbers")), element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("readers.in_numbers") }, table)));
}

const scaled = (value) => Math.log10(Math.min(1, Math.max(LEAST, value))) / Math.log10(LEAST);
const across = (value) => WIDTH - RIGHT - scaled(value) * (WIDTH - RIGHT - LEFT);
const down = (value) => TOP + scaled(value) * (HEIGHT - BOTTOM - TOP);

function drawn(name, attributes, told = "") {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = told;
  return made;
}
