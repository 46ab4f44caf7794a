// The page around a value: its picture, with the value and the fields of its rules framed.

import { element, text } from "./page.js";

export class PageView {
  constructor(frame, picture, caption) {
    this.frame = frame;
    this.picture = picture;
    this.caption = caption;
    this.item = null;
    picture.addEventListener("load", () => this.#mark());
    picture.addEventListener("click", () => this.#zoom());
    frame.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "+" || event.key === "-") this.#zoom();
    });
  }

  show(item) {
    this.item = item;
    this.caption.textContent = text("review.caption", { template: item.template });
    if (this.picture.getAttribute("src") === item.picture && this.picture.complete) this.#mark();
    else this.picture.src = item.picture;
  }

  #zoom() {
    this.frame.classList.toggle("near");
    this.#mark();
  }

  #mark() {
    const inner = this.picture.parentElement;
    for (const old of inner.querySelectorAll(".frame")) old.remove();
    const others = new Map();
    for (const rule of this.item.rules) {
      for (const field of rule.fields) {
        if (field.field !== this.item.field) others.set(field.field, field);
      }
    }
    for (const field of others.values()) inner.append(this.#frameOf(field.crop_box, field.look_at ? "look" : "bound"));
    const mine = this.#frameOf(this.item.crop_box, "mine");
    inner.append(mine);
    const place = mine.offsetTop + mine.offsetHeight / 2;
    this.frame.scrollTop = place - this.frame.clientHeight / 2;
    this.frame.scrollLeft = mine.offsetLeft + mine.offsetWidth / 2 - this.frame.clientWidth / 2;
  }

  #frameOf([x0, y0, x1, y1], kind) {
    const { naturalWidth: width, naturalHeight: height } = this.picture;
    const made = element("div", { class: `frame ${kind}`, "aria-hidden": "true" });
    const places = { left: x0 / width, top: y0 / height, width: (x1 - x0) / width, height: (y1 - y0) / height };
    for (const [side, share] of Object.entries(places)) made.style.setProperty(side, `${100 * share}%`);
    return made;
  }
}
