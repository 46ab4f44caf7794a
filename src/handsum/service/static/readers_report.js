// What `handsum evaluate --format json` found: right in all, by writer, and whether stated chances
// of error are those that were found.

import { element, text } from "./page.js";
import { rate, share } from "./readers_words.js";

const SHOWN = 10; // writers, the worst; the others are shown when they are asked for
const language = document.documentElement.lang;

/** The report, if it is one that can be shown; else an Error. */
export function checkReport(report) {
  const isShare = (one) => one && Number.isInteger(one.n) && Number.isInteger(one.count) && [one.low, one.high].every(Number.isFinite);
  const overall = report?.accuracy ?? report?.exact_match;
  const parts = [overall, report?.accepted, report?.accepted_wrong, ...Object.values(report?.writers ?? {}), ...(report?.bands ?? []).map((band) => band.wrong)];
  if (report?.schema !== 1 || typeof report.reader !== "string" || !parts.every(isShare)) throw new Error("no report");
  return report;
}

export function reportCard(report, picture) {
  const overall = report.accuracy ?? report.exact_match;
  const what = report.accuracy ? "digits" : "numbers";
  const data = report.facts?.filter(([name]) => name === "data").map(([, told]) => told).join("; ") || "";
  const name = `report-${(count += 1)}`;
  const accepted = text("readers.report_accepted", {
    risk: share.format(report.max_risk), accepted: share.format(report.accepted.value ?? 0),
    wrong: report.accepted_wrong.count.toLocaleString(language), of: report.accepted_wrong.n.toLocaleString(language),
    share: rate(report.accepted_wrong.value ?? 0), most: rate(report.accepted_wrong.high),
  });
  return element(
    "article", { class: "report", tabindex: "-1", "aria-labelledby": name },
    element("h4", { id: name }, `${report.reader}: ${report.name}`),
    data ? element("p", { class: "note" }, data) : "",
    ...(report.notes ?? []).map((note) => element("p", { class: "why-not" }, note)),
    element("p", {}, text(`readers.report_${what}`, { share: share.format(overall.value ?? 0), n: overall.n.toLocaleString(language), low: share.format(overall.low), high: share.format(overall.high) })),
    element("p", {}, accepted),
    element("div", { class: "reader-parts" },
      element("div", {}, writers(report)),
      report.bands?.length ? picture(report.bands) : element("p", { class: "note" }, report.ece === null || report.ece === undefined ? "" : text("readers.ece", { ece: share.format(report.ece) })),
    ),
  );
}
let count = 0;

function writers(report) {
  const all = Object.entries(report.writers ?? {});
  if (!all.length) return element("p", { class: "note" }, text("readers.no_writers"));
  const worst = Math.max(1e-9, ...all.map(([, one]) => 1 - (one.value ?? 0)));
  const body = element("tbody", {}, ...all.map(([writer, one], place) => {
    const wrong = 1 - (one.value ?? 0);
    const bar = element("div", { class: "bar wrong", "aria-hidden": "true" });
    bar.style.setProperty("--share", wrong / worst);
    return element("tr", { hidden: place >= SHOWN },
      element("th", { scope: "row" }, writer), element("td", { class: "number" }, `${(one.n - one.count).toLocaleString(language)} / ${one.n.toLocaleString(language)}`),
      element("td", {}, bar), element("td", { class: "number" }, share.format(wrong), element("small", {}, `${share.format(1 - one.high)} – ${share.format(1 - one.low)}`)));
  }));
  const table = element("table", { class: "writers" },
    element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, text("readers.writer")), element("th", { scope: "col", class: "number" }, text("readers.wrong_of")),
      element("td", {}), element("th", { scope: "col", class: "number" }, text("readers.error_rate")))),
    body);
  const more = all.length > SHOWN
    ? element("button", { type: "button", class: "quiet", onclick: () => {
        for (const row of body.children) row.hidden = false;
        more.remove();
      } }, text("readers.all_writers", { n: all.length.toLocaleString(language) }))
    : "";
  const unknown = report.writer_unknown ? element("p", { class: "note" }, text("readers.unknown_writers", { n: report.writer_unknown.toLocaleString(language) })) : "";
  return element("div", {}, element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("readers.by_writer") }, table), more, unknown);
}
