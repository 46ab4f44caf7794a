// One value after another: the crop large, the best guess typed in, Enter takes it and brings the
// next. Digits go to where the reader was least sure, and a letter takes each of the next guesses,
// so that one wrong digit costs two keys, seldom more.

import { ask } from "./api.js";
import { element, inPercent, shown, text } from "./page.js";
import { PageView } from "./review_page.js";
import { ruleCard } from "./review_rules.js";

const RENEW = 60_000; // milliseconds between two signs that somebody still looks
const GUESS_KEYS = "qwer"; // the second guess and those after it: the hand beside a number pad
const find = (id) => document.getElementById(id);

export class ItemPanel {
  constructor(desk) {
    this.desk = desk;
    this.item = null;
    this.busy = false;
    this.asWritten = null; // a text that broke the format once: a second Enter lets it stand
    this.view = new PageView(find("sheet"), find("picture"), find("caption"));
    find("item").addEventListener("submit", (event) => {
      event.preventDefault();
      this.take();
    });
    find("text").addEventListener("keydown", (event) => this.#key(event));
    find("reason").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (find("reason").value.trim()) this.say("not_a_number", find("reason").value.trim());
    });
    find("reasons").addEventListener("keydown", (event) => {
      if (event.target === find("reason") && event.key !== "Escape") return;
      if (event.key === "Escape") this.#askReason(false);
      else if (/^[1-4]$/.test(event.key)) find("reasons").querySelectorAll("[data-reason]")[event.key - 1].click();
      else return;
      event.preventDefault();
    });
    for (const button of document.querySelectorAll("[data-content]")) {
      button.addEventListener("click", () => this.#content(button.dataset.content));
    }
    for (const button of document.querySelectorAll("[data-reason]")) {
      button.addEventListener("click", () => this.say("not_a_number", button.dataset.reason.replace("_", " ")));
    }
    for (const button of document.querySelectorAll("#panel-one .undo")) {
      button.addEventListener("click", () => this.undo());
    }
    find("skip").addEventListener("click", () => this.skip());
    find("look-again").addEventListener("click", () => this.open());
    find("finished").addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "u" && !event.ctrlKey && !event.metaKey) this.undo();
    });
    setInterval(() => this.item && !document.hidden && ask(desk.path("review/renew")).catch(() => {}), RENEW);
    addEventListener("pagehide", () => this.leave(true));
  }

  open() {
    return this.#step(() => ask(this.desk.path("review/next")));
  }

  async leave(closing = false) {
    if (!this.item) return;
    this.item = null;
    if (!closing) find("desk").hidden = true;
    await ask(this.desk.path("review/release"), undefined, "POST", closing).catch(() => {});
  }

  /** What is typed stands there. */
  take() {
    if (!this.item) return null;
    const typed = find("text").value.trim();
    const { reading, id } = this.item;
    if (reading.content === "number" && typed === reading.text) {
      return this.#step(() => ask(this.desk.path(`review/items/${id}/confirm`)));
    }
    if (!typed) {
      this.desk.trouble({ message: text("review.nothing_typed") });
      return null;
    }
    const reason = typed === this.asWritten ? "as written" : "";
    return this.#step(() => this.#answer({ content: "number", text: typed, reason }));
  }

  /** Something else than a number stands there. */
  say(content, reason = "") {
    if (!this.item) return null;
    return this.#step(() => this.#answer({ content, text: "", reason }));
  }

  skip() {
    if (!this.item) return null;
    const { id } = this.item;
    return this.#step(() => ask(this.desk.path(`review/next?after=${id}`)));
  }

  undo() {
    return this.#step(() => ask(this.desk.path("review/undo")), true);
  }

  #answer(body) {
    return ask(this.desk.path(`review/items/${this.item.id}/answer`), body);
  }

  async #step(work, undoing = false) {
    if (this.busy) return;
    this.#setBusy(true);
    try {
      const answer = await work();
      this.desk.trouble(null);
      this.desk.counted(answer.counts);
      if (undoing && !answer.items.length) this.desk.trouble({ message: text("review.nothing_to_undo") });
      else this.#show(answer.item);
    } catch (error) {
      this.desk.trouble(error);
      if (error.code === "corrections" && this.item) {
        this.asWritten = find("text").value.trim();
        this.desk.trouble({ message: text("review.breaks_format", { format: this.item.format }) });
      } else if (error.code === "pile_conflict") {
        // Somebody was faster: that is said, and the next value shown.
        const answer = await ask(this.desk.path("review/next"));
        this.desk.counted(answer.counts);
        this.#show(answer.item);
      }
    } finally {
      this.#setBusy(false);
    }
  }

  #setBusy(busy) {
    this.busy = busy;
    find("panel-one").setAttribute("aria-busy", String(busy));
  }

  #show(item) {
    this.item = item;
    this.asWritten = null;
    find("desk").hidden = !item;
    find("finished").hidden = Boolean(item);
    this.#askReason(false);
    if (!item) {
      find("finished-text").textContent = text(this.desk.audit ? "review.finished_audit" : "review.finished_text");
      find("finished-name").focus();
      return;
    }
    const { reading } = item;
    find("label").textContent = item.label;
    const sheet = item.sheet === null ? "" : ` · ${text("review.sheet", { sheet: item.sheet })}`;
    find("place").title = item.source;
    find("place").textContent = `${item.source.split(/[\\/]/).at(-1)} · ${text("review.page_number", { page: item.page })}${sheet}`;
    find("crop").src = item.crop;
    find("why").textContent = this.#why(item);
    find("format").textContent = item.format ? text("review.format", { format: item.format }) : "";
    find("guesses").replaceChildren(...this.#guesses(item).map((guess, place) => this.#guess(guess, place)));
    const rules = item.rules.map((rule) => ruleCard(rule, item, (field, keyed) => this.#correct(field, keyed)));
    find("rules").replaceChildren(...rules);
    this.view.show(item);
    find("text").value = reading.content === "number" ? reading.text : "";
    this.#selectWeakest(reading);
  }

  #why(item) {
    const { reading, why, alone } = item;
    const sure = `${inPercent(reading.confidence)} ${text("common.confidence")}`;
    const parts = [this.desk.audit ? text("review.why_audit") : text(`review.why_${why || "risk"}`), sure];
    if (reading.content !== "number") parts.push(text("review.read_as", { what: shown(reading) }));
    if (alone) parts.push(text("review.alone", { text: alone.text || text("content.blank") }));
    return parts.join(" · ");
  }

  #guesses(item) {
    const texts = item.reading.candidates.map((one) => [one.text, one.confidence]);
    return texts.filter(([told], place) => told && texts.findIndex(([other]) => other === told) === place).slice(0, 5);
  }

  #guess([told, confidence], place) {
    const key = GUESS_KEYS[place - 1];
    const button = element("button", { type: "button" }, told, element("small", {}, inPercent(confidence)), key ? element("kbd", {}, key.toUpperCase()) : "");
    button.addEventListener("click", () => {
      find("text").value = told;
      this.take();
    });
    return button;
  }

  /** The caret goes over the digit that the reader was least sure of. */
  #selectWeakest(reading) {
    const field = find("text");
    field.focus({ preventScroll: true });
    const symbols = reading.digits.map((one) => one.symbol).join("");
    if (reading.content !== "number" || symbols !== reading.text || !symbols) {
      this.weak = [];
      field.select();
      return;
    }
    const sure = reading.digits.map((one) => one.confidence);
    this.weak = [...sure.keys()].sort((a, b) => sure[a] - sure[b]);
    field.setSelectionRange(this.weak[0], this.weak[0] + 1);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "z" && find("text").value === (this.item?.reading.text ?? "")) {
        event.preventDefault();
        this.undo();
      }
      return;
    }
    const letters = {
      b: () => this.say("blank"), x: () => this.say("struck_out"), i: () => this.#content("not_a_number"),
      s: () => this.skip(), u: () => this.undo(),
    };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key in letters) letters[key]();
    else if (key.length === 1 && GUESS_KEYS.includes(key)) this.#try(GUESS_KEYS.indexOf(key) + 1);
    else if (key === " ") this.#nextWeak();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#turn(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Escape") find("text").select();
    else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return this.#shift(event);
    else if (/^[a-z]$/.test(key)) { /* no number has letters */ }
    else return;
    event.preventDefault();
  }

  /** Arrows, Home and End move a selected digit's selection, as long as one is selected. */
  #shift(event) {
    const field = find("text");
    if (event.shiftKey || field.selectionEnd - field.selectionStart !== 1) return;
    const [at, last] = [field.selectionStart, field.value.length - 1];
    const place = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (place < 0 || place > last) return;
    field.setSelectionRange(place, place + 1);
    event.preventDefault();
  }

  #turn(step) {
    if (!this.item) return;
    const texts = this.#guesses(this.item).map(([told]) => told);
    if (!texts.length) return;
    const now = texts.indexOf(find("text").value);
    this.#try((now + step + texts.length) % texts.length);
  }

  /** Type a guess in, with what it has that the best one has not selected. */
  #try(place) {
    const guess = this.item && this.#guesses(this.item)[place];
    if (!guess) return;
    const field = find("text");
    const [told] = guess;
    const differs = [...told].findIndex((symbol, at) => symbol !== this.item.reading.text[at]);
    field.value = told;
    if (differs >= 0 && told.length === this.item.reading.text.length) field.setSelectionRange(differs, differs + 1);
    else field.select();
  }

  /** The next digit of which the reader was unsure; from the surest back to the first. */
  #nextWeak() {
    const field = find("text");
    if (!this.weak.length || field.value.length !== this.weak.length) return;
    const now = this.weak.indexOf(field.selectionStart);
    const place = this.weak[(now + 1) % this.weak.length];
    field.setSelectionRange(place, place + 1);
  }

  #content(content) {
    if (content === "not_a_number") this.#askReason(true);
    else this.say(content);
  }

  #askReason(open) {
    const was = !find("reasons").hidden;
    find("reasons").hidden = !open;
    find("reason").value = "";
    if (open) find("reasons").querySelector("button").focus();
    else if (was && this.item) find("text").focus();
  }

  /** Another field of a rule is corrected; the item is asked for again, since rules ran. */
  #correct(field, keyed) {
    const path = `pages/${this.item.page_id}/fields/${encodeURIComponent(field)}`;
    return this.#step(async () => {
      await ask(this.desk.path(path), keyed);
      return ask(this.desk.path("review/next"));
    });
  }
}
