// In groups: a wall of crops that were all read as the same; whoever looks clicks those that are
// not, and takes the others in one go.

import { ask } from "./api.js";
import { element, inPercent, shown, text } from "./page.js";

const find = (id) => document.getElementById(id);

export class WallPanel {
  constructor(desk) {
    this.desk = desk;
    this.items = [];
    this.wrong = new Set();
    find("wall-take").addEventListener("click", () => this.take());
    find("wall-back").addEventListener("click", () => this.open());
    find("wall").addEventListener("keydown", (event) => this.#key(event));
    addEventListener("pagehide", () => this.leave(true));
  }

  async open() {
    await this.leave();
    const { groups, counts } = await ask(this.desk.path("review/groups"), undefined, "GET");
    this.desk.counted(counts);
    find("wall-part").hidden = true;
    find("groups").hidden = false;
    find("no-groups").hidden = groups.length > 0;
    find("groups").replaceChildren(
      ...groups.map((group) =>
        element(
          "button", { type: "button", onclick: () => this.#lease(group) },
          element("b", {}, shown(group)), element("span", {}, text("review.group_size", { n: group.count })),
        ),
      ),
    );
  }

  async leave(closing = false) {
    if (!this.items.length) return;
    this.items = [];
    await ask(this.desk.path("review/release"), undefined, "POST", closing).catch(() => {});
  }

  async take() {
    const items = this.items.map((item) => item.id);
    try {
      await ask(this.desk.path("review/groups/confirm"), { items, wrong: [...this.wrong] });
      this.items = [];
      await this.open();
      (find("groups").querySelector("button") ?? find("no-groups")).focus();
    } catch (error) {
      this.desk.trouble(error);
    }
  }

  async #lease({ content, text: told, count }) {
    try {
      const { items } = await ask(this.desk.path("review/groups/lease"), { content, text: told });
      this.items = items;
    } catch (error) {
      this.desk.trouble(error);
      return;
    }
    this.wrong.clear();
    find("groups").hidden = true;
    find("wall-part").hidden = false;
    const what = shown({ content, text: told });
    find("wall-name").textContent = text("review.wall", { what, n: this.items.length, all: count });
    find("wall").replaceChildren(...this.items.map((item) => this.#tile(item)));
    this.#tell();
    find("wall").querySelector("button")?.focus();
  }

  #tile(item) {
    const place = `${item.label}, ${item.source}`;
    const tile = element(
      "button", { type: "button", "aria-pressed": "false", title: place },
      element("img", { src: item.crop, alt: place, loading: "lazy" }),
      element("small", {}, inPercent(item.confidence)),
    );
    tile.addEventListener("click", () => {
      const wrong = !this.wrong.delete(item.id);
      if (wrong) this.wrong.add(item.id);
      tile.setAttribute("aria-pressed", String(wrong));
      this.#tell();
    });
    return tile;
  }

  #tell() {
    const wrong = this.wrong.size;
    const right = this.items.length - wrong;
    find("wall-take").textContent = text(wrong ? "review.take_others" : "review.take_all", { right, wrong });
  }

  #key(event) {
    const tiles = [...find("wall").querySelectorAll("button")];
    const at = tiles.indexOf(document.activeElement);
    if (at < 0) return;
    const columns = tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (step) tiles[at + step]?.focus();
    else if (event.key === "Enter") this.take();
    else return;
    event.preventDefault();
  }
}
