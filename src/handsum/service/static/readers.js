// Readers: the bundles that are here, each with its card, its promises and what was measured of it.

import { ask, describe } from "./api.js";
import { bandsPicture } from "./readers_picture.js";
import { element, showTrouble, text } from "./page.js";
import { checkReport, reportCard } from "./readers_report.js";
import { number, share, short, small } from "./readers_words.js";

const find = (id) => document.getElementById(id);
let bundles = [];

async function start() {
  const [here, kept, reports] = await Promise.all(["bundles", "promises", "reports"].map((what) => ask(what, undefined, "GET")));
  bundles = await Promise.all(
    here.bundles.map((bundle) => (bundle.error ? bundle : ask(`bundles/${encodeURIComponent(bundle.name)}`, undefined, "GET"))),
  );
  find("readers").replaceChildren(...bundles.map((bundle) => card(bundle, kept.promises.filter((one) => one.bundle?.name === bundle.name))));
  const others = kept.promises.filter((one) => !bundles.some((bundle) => bundle.name === one.bundle?.name));
  find("others").hidden = !others.length;
  find("other-promises").replaceChildren(...others.map(promiseItem));
  for (const report of reports.reports) showReport(report);
}

function card(bundle, promises) {
  const name = `name-${bundle.name}`;
  if (bundle.error) {
    return element("section", { class: "card reader" }, element("h2", {}, bundle.name), element("p", { class: "trouble" }, describe(bundle.error)));
  }
  const { metrics, training, calibration, about, sha256 } = bundle;
  const facts = [
    [text("readers.reads"), text(`readers.kind_${bundle.kind}`)],
    [text("readers.symbols"), bundle.charset],
    [text("readers.size"), `${short.format(bundle.bytes / 2 ** 20)} MB${metrics.parameters ? `, ${text("readers.parameters", { n: metrics.parameters.toLocaleString(document.documentElement.lang) })}` : ""}`],
    ["SHA-256", sha256.slice(0, 16)],
    [text("readers.imaging"), String(bundle.imaging.version)],
    [text("readers.golden"), String(bundle.golden)],
  ];
  const made = element(
    "section", { class: "card reader", "aria-labelledby": name },
    element("h2", { id: name }, `${bundle.name} ${bundle.version}`),
    element("p", { class: "note" }, about),
    element("div", { class: "reader-parts" },
      element("div", {}, list(facts), part("readers.calibration", calibrated(calibration, metrics))),
      element("div", {}, measured(metrics), learned(training)),
    ),
    part("readers.promises", promises.length ? element("ul", { class: "promises" }, ...promises.map(promiseItem)) : element("p", { class: "note" }, text("readers.no_promise"))),
    part("readers.by_writer", element("p", { class: "note no-report" }, text("readers.no_report", { name: bundle.name })), element("div", { class: "reports" })),
  );
  made.dataset.sha = sha256;
  return made;
}

const part = (key, ...children) => element("div", { class: "reader-part" }, element("h3", {}, text(key)), ...children.filter(Boolean));
const list = (facts) => element("dl", {}, ...facts.filter(([, told]) => told).flatMap(([name, told]) => [element("dt", {}, name), element("dd", {}, told)]));

/** Accuracy on what was held out, in all and by data set. */
function measured(metrics) {
  const rows = Object.entries(metrics).map(([key, value]) => {
    const [, which, set = ""] = key.match(/^(val|test)\/(?:accuracy|exact_match)(?:[/ ](.+))?$/) ?? [];
    return which && typeof value === "number" ? [text(`readers.on_${which}`), set || text("readers.all_sets"), share.format(value)] : null;
  }).filter(Boolean);
  const { parity } = metrics;
  const same = parity ? text("readers.parity", { n: parity.samples, most: small(parity.max_difference), changed: parity.changed }) : "";
  if (!rows.length) return part("readers.measured", element("p", { class: "note" }, text("readers.nothing_measured")));
  const heads = ["readers.part", "readers.set", "readers.share"];
  const whole = rows.filter(([, set]) => set === text("readers.all_sets"));
  const shown = whole.length && rows.length > 5 ? whole : rows;
  const rest = shown === rows ? "" : element("details", {}, element("summary", {}, text("readers.by_set")),
    scroll("readers.by_set", heads, rows.filter((row) => !whole.includes(row)), 2));
  return part("readers.measured", scroll("readers.measured", heads, shown, 2), rest, element("p", { class: "note" }, same));
}

/** The data with its licences. */
function learned({ data = [] }) {
  const rows = data.map((one) => [one.name, one.count ? one.count.toLocaleString(document.documentElement.lang) : "", one.licence ?? "", one.source ?? one.origin ?? ""]);
  if (!rows.length) return "";
  return element("details", { class: "reader-part" },
    element("summary", {}, text("readers.learned", { n: rows.length })),
    scroll("readers.data", ["readers.set", "readers.count", "readers.licence", "readers.source"], rows, 1));
}

/** What makes confidences of the net's scores, and how well it did where it was fitted. */
function calibrated(calibration, metrics) {
  const facts = [];
  const { temperature, reject_offset: offset, blank_confidence: blank, number_threshold: threshold, second_look: look, views_below: views } = calibration;
  if (temperature) facts.push([text("readers.temperature"), number.format(temperature)]);
  if (offset) facts.push([text("readers.reject_offset"), number.format(offset)]);
  if (blank) facts.push([text("readers.blank"), share.format(blank)]);
  for (const what of ["text", "refusal"]) {
    const map = calibration[what];
    if (!map?.kind) continue;
    const { n, ece, nll } = metrics[`val/${what}`] ?? {};
    const told = [text(`readers.map_${map.kind}`)];
    if (map.names) told.push(text("readers.map_of", { n: map.names.length }));
    if (n) told.push(text("readers.map_fit", { n: n.toLocaleString(document.documentElement.lang), ece: share.format(ece) }));
    if (nll?.identity && nll[map.kind]) told.push(text("readers.map_nll", { before: number.format(nll.identity), after: number.format(nll[map.kind]) }));
    facts.push([text(`readers.map_${what}`), told.join("; ")]);
  }
  if (threshold) facts.push([text("readers.threshold"), number.format(threshold)]);
  if (look) facts.push([text("readers.second_look"), text("readers.second_look_below", { below: share.format(look.below) })]);
  if (views) facts.push([text("readers.views"), text("readers.views_below", { below: share.format(views) })]);
  if (calibration.fitted_on) facts.push([text("readers.fitted_on"), calibration.fitted_on]);
  return list(facts);
}

function promiseItem(one) {
  if (one.error) {
    return element("li", {}, element("b", {}, one.name), " ", element("span", { class: "state failed" }, text("readers.promise_unreadable")), element("p", {}, describe(one.error)));
  }
  const state = one.status === "broken" ? "broken" : one.fits ? "kept" : "other";
  const asked = [text(`readers.task_${one.task}`), one.format, one.list ? text("readers.with_list") : "", one.rules ? text("readers.with_rules") : ""].filter(Boolean).join(", ");
  const why = state === "broken" ? text("readers.broken_since", { when: one.status_when.slice(0, 10), why: one.status_why })
    : state === "other" ? text("readers.other_version", { version: `${one.bundle.name} ${one.bundle.version}` }) : "";
  return element(
    "li", { class: `promise ${state}` },
    element("b", {}, one.name), " ", element("span", { class: `state ${{ kept: "accepted", broken: "failed", other: "review" }[state]}` }, text(`readers.promise_${state}`)),
    element("p", {}, promised(one)),
    element("p", { class: "note" }, text("readers.promise_for", { asked, data: one.data, created: one.created.slice(0, 10) })),
    one.method === "groups" ? "" : element("p", { class: "note" }, text(`readers.method_${one.method}`)),
    why ? element("p", { class: "why-not" }, why) : "",
  );
}

/** The promise's sentence in the page's language. */
function promised(one) {
  const group = text(`readers.noun_${["writer", "page", "book", "form"].includes(one.group_noun) ? one.group_noun : "group"}`);
  const people = one.groups === null ? "" : text("readers.of_groups", { m: one.groups.toLocaleString(document.documentElement.lang), group });
  return text(one.method === "same_groups" ? "readers.sentence_same" : "readers.sentence", {
    risk: share.format(one.max_risk), sure: share.format(1 - one.delta), n: one.accepted.toLocaleString(document.documentElement.lang), people, k: one.wrong.toLocaleString(document.documentElement.lang), group,
  });
}

function scroll(name, heads, rows, numbers) {
  const cell = (told, place, kind = "td", more = {}) => element(kind, { class: place === numbers ? "number" : "", ...more }, told);
  return element(
    "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text(name) },
    element("table", {},
      element("thead", {}, element("tr", {}, ...heads.map((head, place) => cell(text(head), place, "th", { scope: "col" })))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((told, place) => cell(told, place))))),
    ),
  );
}

/** A report goes to the reader whose net it is of, else below. */
function showReport(report) {
  const sha = report.facts?.find(([name]) => name === "SHA-256")?.[1];
  const owner = [...document.querySelectorAll(".reader")].find((one) => sha && one.dataset.sha === sha);
  const place = owner?.querySelector(".reports") ?? find("other-reports");
  if (owner) owner.querySelector(".no-report").hidden = true;
  else find("others-of-reports").hidden = false;
  const made = report.error
    ? element("article", { class: "report" }, element("h4", {}, report.name), element("p", { class: "trouble" }, describe(report.error)))
    : reportCard(report, bandsPicture);
  place.append(made);
  return made;
}

find("open-report").addEventListener("change", async () => {
  const [file] = find("open-report").files;
  find("open-report").value = "";
  if (!file) return;
  try {
    const report = checkReport(JSON.parse(await file.text()));
    showTrouble(find("trouble"), null);
    const made = showReport({ name: file.name.replace(/\.json$/, ""), ...report });
    made.scrollIntoView({ block: "nearest" });
    made.focus();
  } catch {
    showTrouble(find("trouble"), { message: text("readers.no_such_report") });
  }
});

start().catch((error) => showTrouble(find("trouble"), error));
