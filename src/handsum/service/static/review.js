// Review: which pile, which of the three ways to look at it, and how far it is.

import { ask } from "./api.js";
import { AuditPanel } from "./review_audit.js";
import { ItemPanel } from "./review_item.js";
import { WallPanel } from "./review_wall.js";
import { element, showTrouble, text } from "./page.js";

const find = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);

const desk = {
  pile: null,
  audit: Number(query.get("audit") ?? 0),
  path(rest) {
    const mark = rest.includes("?") ? "&" : "?";
    return `piles/${encodeURIComponent(this.pile)}/${rest}${mark}audit=${this.audit}`;
  },
  trouble(error) {
    showTrouble(find("trouble"), error);
  },
  counted(counts) {
    const all = counts.open + counts.done + counts.closed;
    const done = all - counts.open;
    find("counts").textContent = text("review.counts", { done, all, open: counts.open });
    find("done-bar").style.setProperty("--share", all ? done / all : 1);
  },
  setAudit(audit) {
    this.audit = audit;
    find("auditing").hidden = !audit;
    find("auditing").firstElementChild.textContent = text("review.auditing", { audit });
    remember();
  },
};
const panels = { one: new ItemPanel(desk), groups: new WallPanel(desk), audit: new AuditPanel(desk, lookAt) };
let shownTab = null;

function remember() {
  const kept = new URLSearchParams();
  kept.set("pile", desk.pile);
  if (shownTab && shownTab !== "one") kept.set("tab", shownTab);
  if (desk.audit) kept.set("audit", desk.audit);
  history.replaceState(null, "", `?${kept}`);
}

async function show(tab) {
  if (shownTab && shownTab !== tab) await panels[shownTab].leave();
  shownTab = tab;
  for (const name of Object.keys(panels)) {
    find(`panel-${name}`).hidden = name !== tab;
    find(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
    find(`tab-${name}`).tabIndex = name === tab ? 0 : -1;
  }
  remember();
  desk.trouble(null);
  try {
    await panels[tab].open();
  } catch (error) {
    desk.trouble(error);
  }
}

/** Look at an audit's sample one by one (0: at the doubtful values). */
async function lookAt(audit) {
  await panels.one.leave();
  desk.setAudit(audit);
  await show("one");
}

const names = Object.keys(panels);
for (const name of names) {
  find(`tab-${name}`).addEventListener("click", () => show(name));
  find(`tab-${name}`).addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(name) + step + names.length) % names.length];
    show(next);
    find(`tab-${next}`).focus();
  });
}
find("leave-audit").addEventListener("click", () => lookAt(0));
find("pile").addEventListener("change", async () => {
  await panels[shownTab].leave();
  desk.pile = find("pile").value;
  lookAt(0);
});

async function start() {
  const { piles } = await ask("piles", undefined, "GET");
  if (!piles.length) throw new Error(text("review.no_pile"));
  const wanted = piles.find((pile) => pile.name === query.get("pile")) ?? piles[0];
  desk.pile = wanted.name;
  find("pile-name").textContent = wanted.name;
  find("pile-name").hidden = piles.length > 1;
  find("pile-choice").hidden = piles.length === 1;
  find("pile").replaceChildren(
    ...piles.map((pile) => element("option", { value: pile.name, selected: pile === wanted }, pile.name)),
  );
  desk.setAudit(desk.audit);
  await show(query.get("tab") in panels ? query.get("tab") : "one");
}
start().catch((error) => desk.trouble(error));
