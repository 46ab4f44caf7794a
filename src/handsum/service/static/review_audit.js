// The audit: how many accepted values to check for a wished bound, and what the checked ones say.

import { ask } from "./api.js";
import { element, text } from "./page.js";

const find = (id) => document.getElementById(id);
const share = new Intl.NumberFormat(document.documentElement.lang, {
  style: "percent", maximumSignificantDigits: 3,
});

export class AuditPanel {
  constructor(desk, lookAt) {
    this.desk = desk;
    this.lookAt = lookAt;
    find("bound").addEventListener("change", () => this.#plan());
    find("plan").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#draw();
    });
  }

  async open() {
    const { audits } = await ask(this.desk.path("audits"), undefined, "GET");
    find("audits").replaceChildren(...audits.reverse().map((audit) => this.#audit(audit)));
    await this.#plan();
  }

  async leave() {}

  async #plan() {
    try {
      const bound = find("bound").value;
      const { n, pile_size: size } = await ask(this.desk.path(`audits/plan?bound=${bound}`), undefined, "GET");
      find("n").value = n;
      find("n").max = size;
      find("planned").textContent = text("review.planned", { n, size, bound: share.format(bound) });
      this.desk.trouble(null);
    } catch (error) {
      find("planned").textContent = "";
      this.desk.trouble(error);
    }
  }

  async #draw() {
    try {
      const audit = await ask(this.desk.path("audits"), { n: Number(find("n").value) });
      await this.lookAt(audit.id);
    } catch (error) {
      this.desk.trouble(error);
    }
  }

  #audit(audit) {
    const counts = { checked: audit.checked, drawn: audit.drawn, wrong: audit.wrong, size: audit.pile_size };
    const told = audit.report
      ? text("review.bound_told", {
          ...counts,
          most: audit.report.wrong_at_most,
          risk: share.format(audit.report.risk_at_most),
          sure: share.format(1 - audit.delta),
        })
      : text("review.audit_open", counts);
    const go = audit.report
      ? ""
      : element("button", { type: "button", class: "main", onclick: () => this.lookAt(audit.id) }, text("review.go_on"));
    const head = text("review.audit_head", { id: audit.id, who: audit.who, at: audit.at.slice(0, 10) });
    return element("li", { class: "card" }, element("h3", {}, head), element("p", {}, told), go);
  }
}
