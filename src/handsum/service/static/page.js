// What every page's script needs: its texts, small elements, numbers in words.

const texts = JSON.parse(document.getElementById("texts").textContent);
const language = document.documentElement.lang;
const percent = new Intl.NumberFormat(language, {
  style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
});

/** The text of a key, its {gaps} filled. */
export function text(key, gaps = {}) {
  const found = texts[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => (name in gaps ? String(gaps[name]) : whole));
}

/** Whether there is a text for a key. */
export function hasText(key) {
  return key in texts;
}

/** A share from 0 to 1 in words; never rounded up to certainty. */
export function inPercent(share) {
  return percent.format(share < 1 ? Math.min(share, 0.999) : share);
}

/** An element with attributes and children (texts or elements). */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** What a reading says, for people: its text, or what stands there instead. */
export function shown(reading) {
  return reading.content === "number" ? reading.text : text(`content.${reading.content}`);
}

/** Show a problem in an element with role=alert, or take it away. */
export function showTrouble(place, error) {
  place.hidden = !error;
  place.textContent = error ? error.message : "";
}
