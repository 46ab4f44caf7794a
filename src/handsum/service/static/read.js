// Read: files go to the server in small groups, readings come back into one table.

import { ask, describe, save, send } from "./api.js";
import { element, inPercent, showTrouble, shown, text } from "./page.js";

const GROUP_FILES = 12;
const GROUP_BYTES = 8 * 2 ** 20;
const AT_ONCE = 2;

const find = (id) => document.getElementById(id);
const results = []; // by place: the readings of each group, so that order is that of the files
let total = 0;
let done = 0;
let found = 0;
let refused = 0; // files of requests that were answered with a problem
let kept = []; // promises that the server has and that fit its readers

function asked() {
  const form = new FormData(find("ask"));
  const what = form.get("as");
  const query = new URLSearchParams({ as: what, crops: "true" });
  const promise = form.get("promise");
  if (promise) query.set("promise", promise);
  else query.set("max_risk", form.get("max_risk"));
  if (what === "digit") return { query, list: null };
  for (const key of ["pattern", "length", "check", "range", "decimal", "cells"]) {
    const value = form.get(key).trim();
    if (value && (key !== "cells" || what === "number")) query.set(key, value);
  }
  return { query, list: form.get("list").size ? form.get("list") : null };
}

function groups(files) {
  const made = [];
  let size = 0;
  for (const file of files) {
    if (!made.length || made.at(-1).length >= GROUP_FILES || size + file.size > GROUP_BYTES) {
      made.push([]);
      size = 0;
    }
    made.at(-1).push(file);
    size += file.size;
  }
  return made;
}

async function take(files) {
  if (!files.length) return;
  showTrouble(find("trouble"), null);
  find("results").hidden = false;
  refused = 0;
  total += files.length;
  const wish = asked();
  const waiting = groups(files).map((group) => ({ group, place: results.push([]) - 1 }));
  update();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (waiting.length) await readGroup(waiting.shift(), wish);
    }),
  );
  update();
}

async function readGroup({ group, place }, { query, list }) {
  const body = new FormData();
  if (list) body.append("list", list, list.name);
  for (const file of group) body.append("file", file, file.name);
  try {
    const response = await send(`read?${query}`, { body });
    const readings = await response.json();
    results[place] = readings;
    found += readings.length;
    showRows(place, readings);
  } catch (error) {
    refused += group.length;
    showTrouble(find("trouble"), error);
  }
  done += group.length;
  update();
}

function showRows(place, readings) {
  const rows = readings.map(row);
  const after = [...find("rows").children].find((other) => Number(other.dataset.place) > place);
  for (const one of rows) {
    one.dataset.place = place;
    find("rows").insertBefore(one, after ?? null);
  }
}

function row(result) {
  if (result.error) {
    return element(
      "tr", { class: "failed" },
      element("td", { class: "crop" }),
      element("td", { colspan: "2", class: "words" }, describe(result.error)),
      element("td", {}, element("span", { class: "state failed" }, text("decision.failed"))),
      element("td", { class: "source" }, result.source),
    );
  }
  const others = result.candidates.filter((one) => one.text !== result.text).slice(0, 2);
  const second = result.decision === "review" && others.length
    ? element("small", {}, `${text("read.or")} ${others.map((one) => one.text).join(", ")}`)
    : "";
  const page = result.page > 1 ? element("small", {}, text("read.page_number", { page: result.page })) : "";
  return element(
    "tr", { class: result.decision },
    element("td", { class: "crop" }, element("img", {
      src: `data:image/png;base64,${result.crop}`, alt: "", loading: "lazy",
    })),
    element("td", { class: result.content === "number" ? "text" : "words" }, shown(result), second),
    element("td", { class: "number" }, inPercent(result.confidence)),
    element("td", {}, element("span", { class: `state ${result.decision}` }, text(`decision.${result.decision}`))),
    element("td", { class: "source" }, result.source, page),
  );
}

function update() {
  const all = results.flat();
  const busy = done < total;
  find("results").hidden = !busy && !found && refused > 0; // the problem is shown instead
  find("progress").hidden = !busy;
  find("progress").firstElementChild.style.setProperty("--share", total ? done / total : 0);
  for (const button of document.querySelectorAll("#copy, #clear, .save")) {
    button.disabled = busy || (button.id !== "clear" && !all.length);
  }
  const failed = all.filter((one) => one.error).length;
  const accepted = all.filter((one) => one.decision === "accepted").length;
  const counts = { all: all.length, accepted, failed, review: all.length - accepted - failed };
  find("summary").textContent = busy
    ? text("read.reading", { done: Math.min(done + 1, total), all: total })
    : found === 0
      ? refused ? "" : text("read.nothing_found")
      : text(failed ? "read.summary_failed" : "read.summary", counts);
}

for (const button of document.querySelectorAll(".save")) {
  button.addEventListener("click", async () => {
    const { form } = button.dataset;
    try {
      const body = JSON.stringify(results.flat().map(({ crop, ...rest }) => rest));
      save(await send(`tables?format=${form}`, { body, type: "application/json" }), `readings.${form}`);
    } catch (error) {
      showTrouble(find("trouble"), error);
    }
  });
}

find("copy").addEventListener("click", async () => {
  const lines = results.flat().map((one) =>
    [one.source, one.page ?? "", one.error ? "" : shown(one), one.confidence ?? "", one.decision ?? one.error.code]
      .map((cell) => String(cell).replace(/[\t\r\n]/g, " ")).join("\t"),
  );
  await navigator.clipboard.writeText(`${lines.join("\n")}\n`);
  find("copy").textContent = text("read.copied");
  setTimeout(() => (find("copy").textContent = text("read.copy")), 1500);
});

find("clear").addEventListener("click", () => {
  results.length = total = done = found = refused = 0;
  find("rows").replaceChildren();
  find("results").hidden = true;
  find("files").focus();
});

find("files").addEventListener("change", () => {
  take([...find("files").files]);
  find("files").value = "";
});
find("ask").addEventListener("submit", (event) => event.preventDefault());
find("ask").addEventListener("change", () => {
  offerFitting();
  const form = new FormData(find("ask"));
  for (const id of ["pattern-field", "pattern-help", "known"]) find(id).hidden = form.get("as") === "digit";
  find("risk-field").hidden = Boolean(form.get("promise"));
});

/** Promises to accept by, where the server has any that fit. */
async function offerPromises() {
  const { promises } = await ask("promises", undefined, "GET");
  kept = promises.filter((one) => one.status === "valid" && one.fits);
  offerFitting();
}

/** Those that were made for what is to be read. */
function offerFitting() {
  const form = new FormData(find("ask"));
  const task = form.get("as") === "number" && form.get("cells") ? "comb" : form.get("as");
  const fitting = kept.filter((one) => one.task === task);
  const { promise } = find("ask").elements;
  const chosen = promise.value;
  promise.replaceChildren(promise.options[0], ...fitting.map((one) => element("option", { value: one.name }, one.format ? `${one.name} (${one.format})` : one.name)));
  promise.value = fitting.some((one) => one.name === chosen) ? chosen : "";
  find("promise-field").hidden = !fitting.length;
}
offerPromises().catch((error) => showTrouble(find("trouble"), error));

let inside = 0;
const mark = (change) => {
  inside = Math.max(0, inside + change);
  document.body.classList.toggle("dropping", inside > 0);
};
document.addEventListener("dragenter", (event) => { event.preventDefault(); mark(1); });
document.addEventListener("dragleave", () => mark(-1));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  mark(-inside);
  take([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => take([...(event.clipboardData?.files ?? [])]));
