// Forms: piles with their progress as it goes, new piles, and the forms there are.

import { ask, describe, send } from "./api.js";
import { element, showTrouble, text } from "./page.js";

const GROUP_BYTES = 24 * 2 ** 20;
const LOOK = 1500; // milliseconds between two looks at the piles
const find = (id) => document.getElementById(id);
const trouble = (error) => showTrouble(find("trouble"), error);

async function showPiles() {
  const { piles } = await ask("piles", undefined, "GET");
  find("no-piles").hidden = piles.length > 0;
  const shown = new Map([...find("piles").children].map((item) => [item.dataset.name, item]));
  find("piles").replaceChildren(
    ...piles.reverse().map((pile) => {
      const signed = JSON.stringify(pile);
      const old = shown.get(pile.name);
      if (old?.signed === signed) return old; // untouched, so that the focus stays
      const made = pileItem(pile);
      made.signed = signed;
      return made;
    }),
  );
  return piles.some((pile) => pile.progress.left && pile.state === "open");
}

function pileItem(pile) {
  const { name, progress, state } = pile;
  const path = `/api/v1/piles/${encodeURIComponent(name)}`;
  const bar = element("div", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", progress.pages ? 1 - progress.left / progress.pages : 0);
  const links = [
    element("a", { class: "button", href: `/review?pile=${encodeURIComponent(name)}` }, text("forms.review", { n: progress.doubts })),
    ...["csv", "xlsx", "json"].map((form) =>
      element("a", { class: "button", href: `${path}/results?format=${form}`, download: true }, form.toUpperCase()),
    ),
  ];
  const set = state === "cancelled" ? "resume" : "cancel";
  if (progress.left && find("new-pile")) {
    links.push(element("button", { type: "button", class: "quiet", onclick: () => change(name, set) }, text(`forms.${set}`)));
  }
  const aside = progress.aside + progress.failed + progress.unreadable;
  const item = element(
    "li", { class: "card" },
    element("div", { class: "pile-head" },
      element("h3", {}, name),
      element("span", { class: "note" }, text("forms.progress", { done: progress.pages - progress.left, all: progress.pages })),
    ),
    bar,
    element("p", {}, text("forms.values", progress), aside ? ` ${text("forms.aside", { n: aside })}` : ""),
    element("div", { class: "actions" }, ...links),
    progress.done ? pageList(name) : "",
    aside ? asideList(name) : "",
  );
  item.dataset.name = name;
  return item;
}

/** Pages that were not read, and why; fetched when they are asked for. */
function asideList(name) {
  const list = element("ul", { class: "aside" });
  const details = element("details", {}, element("summary", {}, text("forms.why_aside")), list);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    const { pages, sources } = await ask(`piles/${encodeURIComponent(name)}/not-read`, undefined, "GET");
    list.replaceChildren(
      ...[...sources, ...pages].map((one) =>
        element("li", {}, element("b", {}, one.page ? `${one.source.split(/[\\/]/).at(-1)}, ${text("forms.page_number", one)}` : one.source), ` ${describe(one.error)}`),
      ),
    );
  });
  return details;
}

/** The pages that were read, each with its values drawn in; fetched when they are asked for. */
function pageList(name) {
  const list = element("ul", { class: "pages" });
  const details = element("details", { class: "of-pages" }, element("summary", {}, text("forms.pages")), list);
  details.addEventListener("toggle", async () => {
    if (!details.open || list.children.length) return;
    const { pages } = await ask(`piles/${encodeURIComponent(name)}/pages?limit=200`, undefined, "GET");
    list.replaceChildren(
      ...pages.filter((page) => page.overlay).map((page) =>
        element("li", {}, element("a", { href: page.overlay, target: "_blank", rel: "noopener" },
          `${page.source.split(/[\\/]/).at(-1)}, ${text("forms.page_number", page)}`)),
      ),
    );
  });
  return details;
}

async function change(name, what) {
  try {
    await ask(`piles/${encodeURIComponent(name)}/${what}`);
    await showPiles();
  } catch (error) {
    trouble(error);
  }
}

async function showForms() {
  const { forms } = await ask("forms", undefined, "GET");
  find("no-forms").hidden = forms.length > 0;
  find("forms").replaceChildren(
    ...forms.map((form) =>
      element(
        "li", { class: "card" },
        element("a", { href: `/forms/${form.name}` }, form.name),
        element("span", { class: "note" }, form.error ? describe(form.error) : text("forms.form_counts", form)),
      ),
    ),
  );
  const choice = find("new-pile")?.elements.form;
  choice?.replaceChildren(...forms.filter((form) => !form.error).map((form) => element("option", { value: form.name }, form.title || form.name)));
}

/** Promises to accept by, where the server has any that fit. */
async function offerPromises() {
  if (!find("promise-field")) return;
  const { promises } = await ask("promises", undefined, "GET");
  const kept = promises.filter((one) => one.status === "valid" && one.fits);
  find("promise-field").hidden = !kept.length;
  find("promise-field").querySelector("select").append(...kept.map((one) => element("option", { value: one.name }, one.format ? `${one.name} (${one.format})` : one.name)));
}

function groups(files) {
  const made = [[]];
  let size = 0;
  for (const file of files) {
    if (made.at(-1).length && size + file.size > GROUP_BYTES) {
      made.push([]);
      size = 0;
    }
    made.at(-1).push(file);
    size += file.size;
  }
  return made;
}

find("new-pile")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const [name, files] = [form.get("name").trim(), form.getAll("file")];
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    trouble(null);
    await ask("piles", { name, forms: [form.get("form")], max_risk: Number(form.get("max_risk")), promises: [form.get("promise")].filter(Boolean) });
    let sent = 0;
    for (const group of groups(files)) {
      find("sending").textContent = text("forms.sending", { done: sent, all: files.length });
      const body = new FormData();
      for (const file of group) body.append("file", file, file.name);
      await send(`piles/${encodeURIComponent(name)}/files`, { body });
      sent += group.length;
    }
    event.target.reset();
    find("sending").textContent = text("forms.sent", { all: files.length });
    await showPiles();
  } catch (error) {
    find("sending").textContent = "";
    trouble(error);
  } finally {
    button.disabled = false;
  }
});

find("draft")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const file = form.get("file");
  const query = new URLSearchParams({ name: file.name, page: form.get("page") });
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    const made = await (await send(`forms/draft?${query}`, { body: file, type: "application/octet-stream" })).json();
    sessionStorage.setItem(`notes ${made.name}`, JSON.stringify(made.notes));
    location.assign(`/forms/${made.name}`);
  } catch (error) {
    trouble(error.code === "too_costly" ? { message: text("forms.draft_too_long") } : error);
  } finally {
    button.disabled = false;
  }
});

find("new-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = new FormData(event.target).get("name");
  try {
    await ask(`forms?name=${encodeURIComponent(name)}`);
    location.assign(`/forms/${name}`);
  } catch (error) {
    trouble(error);
  }
});

async function watch() {
  try {
    await showPiles();
  } catch (error) {
    trouble(error);
  }
  setTimeout(watch, document.hidden ? 5 * LOOK : LOOK);
}
showForms().catch(trouble);
offerPromises().catch(trouble);
watch();
