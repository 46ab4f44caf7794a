// Readers: the bundles that are here, each with its card.

import { ask, describe } from "./api.js";
import { element, showTrouble, text } from "./page.js";

const find = (id) => document.getElementById(id);
const language = document.documentElement.lang;
const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 });
const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });

async function start() {
  const { bundles } = await ask("bundles", undefined, "GET");
  const cards = await Promise.all(
    bundles.map((bundle) => (bundle.error ? bundle : ask(`bundles/${encodeURIComponent(bundle.name)}`, undefined, "GET"))),
  );
  find("readers").replaceChildren(...cards.map(card));
}

function card(bundle) {
  if (bundle.error) {
    return element("section", { class: "card reader" }, element("h2", {}, bundle.name), element("p", { class: "trouble" }, describe(bundle.error)));
  }
  const { metrics, training, calibration } = bundle;
  const facts = [
    [text("readers.reads"), text(`readers.kind_${bundle.kind}`)],
    [text("readers.symbols"), bundle.charset],
    [text("readers.size"), `${number.format(bundle.bytes / 2 ** 20)} MB${metrics.parameters ? `, ${text("readers.parameters", { n: number.format(metrics.parameters) })}` : ""}`],
    ["SHA-256", bundle.sha256.slice(0, 16)],
    [text("readers.data"), sources(training).join(", ")],
    [text("readers.calibration"), calibrated(calibration)],
  ];
  return element(
    "section", { class: "card reader", "aria-labelledby": `name-${bundle.name}` },
    element("h2", { id: `name-${bundle.name}` }, `${bundle.name} ${bundle.version}`),
    element("p", { class: "note" }, bundle.about),
    element("dl", {}, ...facts.filter(([, told]) => told).flatMap(([name, told]) => [element("dt", {}, name), element("dd", {}, told)])),
    table(metrics),
  );
}

/** Names of data sets, however deep the recipe has them. */
function sources(training) {
  const data = training?.recipe?.data ?? {};
  return [...new Set([...(data.train ?? []), ...(data.sources ?? [])].map((one) => one.name))];
}

function calibrated(calibration) {
  if (calibration.temperature) return text("readers.temperature", { t: number.format(calibration.temperature) });
  return Object.values(calibration).map((one) => one?.kind).filter(Boolean).join(", ");
}

/** Every share that the bundle's metrics hold, flat. */
function table(metrics) {
  const rows = [];
  const walk = (tree, path) => {
    for (const [key, value] of Object.entries(tree)) {
      const name = path ? `${path} · ${key}` : key;
      if (value && typeof value === "object") walk(value, name);
      else if (typeof value === "number" && value >= 0 && value <= 1 && /accuracy|match|right|ece|coverage|risk/.test(name)) {
        rows.push([name, share.format(value)]);
      }
    }
  };
  walk(metrics, "");
  if (!rows.length) return "";
  return element(
    "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("readers.measured") },
    element(
      "table", {},
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, text("readers.measured")), element("th", { scope: "col", class: "number" }, text("readers.share")))),
      element("tbody", {}, ...rows.map(([name, told]) => element("tr", {}, element("td", {}, name), element("td", { class: "number" }, told)))),
    ),
  );
}

start().catch((error) => showTrouble(find("trouble"), error));
