// A canvas to write on: strokes by mouse, pen, finger or keyboard, kept so that they can be undone.

const SIZES = { digit: [560, 560, 0.062], number: [1120, 350, 0.062] };
const STEP = 14; // pixels of one press of an arrow key

export class Board {
  /** `changed()` is called whenever what is written has changed. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.changed = changed;
    this.strokes = [];
    this.pointer = null;
    this.cursor = null; // where the keyboard's pen is
    this.down = false; // whether it touches the paper
    [canvas.width, canvas.height, this.pen] = SIZES.digit;
    this.#paint();
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.#end(event));
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => {
      this.cursor = null;
      this.down = false;
      this.#paint();
    });
  }

  get empty() {
    return this.strokes.length === 0;
  }

  setKind(kind) {
    [this.canvas.width, this.canvas.height, this.pen] = SIZES[kind];
    this.clear();
  }

  undo() {
    this.down = false;
    this.strokes.pop();
    this.#paint();
    this.changed();
  }

  clear() {
    this.down = false;
    this.strokes = [];
    this.#paint();
    this.changed();
  }

  /** What is written as a PNG, dark on white. */
  picture() {
    this.#paint(false);
    const made = new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
    this.#paint();
    return made;
  }

  #begin(event) {
    if (event.button !== 0 || this.pointer !== null) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.cursor = null;
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([this.#place(event)]);
    this.#paint();
    this.changed();
  }

  #move(event) {
    if (event.pointerId !== this.pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length ? passed : [event]) this.strokes.at(-1).push(this.#place(one));
    this.#paint();
    this.changed();
  }

  #end(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  #key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { width, height } = this.canvas;
    if (event.key === " ") {
      this.cursor ??= [width / 2, height / 2];
      this.down = !this.down;
      if (this.down) this.strokes.push([this.cursor]);
    } else if (event.key in steps) {
      const [x, y] = this.cursor ?? [width / 2, height / 2];
      const [dx, dy] = steps[event.key];
      const reach = event.shiftKey ? 3 * STEP : STEP;
      this.cursor = [
        Math.min(width, Math.max(0, x + dx * reach)), Math.min(height, Math.max(0, y + dy * reach)),
      ];
      if (this.down) this.strokes.at(-1).push(this.cursor);
    } else {
      return;
    }
    event.preventDefault();
    this.#paint();
    if (this.down) this.changed();
  }

  #place(event) {
    const frame = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - frame.left) * this.canvas.width) / frame.width,
      ((event.clientY - frame.top) * this.canvas.height) / frame.height,
    ];
  }

  #paint(withCursor = true) {
    const { context, canvas } = this;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = context.fillStyle = "#15202b";
    context.lineWidth = this.pen * canvas.height;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      if (stroke.length === 1) context.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
      for (let i = 1; i < stroke.length; i += 1) {
        const [x, y] = stroke[i];
        const [px, py] = stroke[i - 1];
        context.quadraticCurveTo(px, py, (px + x) / 2, (py + y) / 2);
        if (i === stroke.length - 1) context.lineTo(x, y);
      }
      context.stroke();
    }
    if (withCursor && this.cursor) {
      context.beginPath();
      context.lineWidth = 3;
      context.strokeStyle = this.down ? "#b3541e" : "#1d5f93";
      context.arc(...this.cursor, (this.pen * canvas.height) / 2 + 4, 0, 2 * Math.PI);
      context.stroke();
    }
  }
}
