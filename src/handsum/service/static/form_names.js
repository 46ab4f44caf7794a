// Names of a form's parts: made from what people call them, and followed by the rules.

const RESERVED = new Set(["within", "sum", "mean", "date"]);
const TOKEN = /[\p{L}_][\p{L}\p{N}_]*(?:\[[^\]]*\])?(?:\.[\p{L}_][\p{L}\p{N}_]*(?:\[[^\]]*\])?)*/gu;

/** A name for a label that none of `taken` has; `stem` where nothing of the label can be used. */
export function nameFrom(label, taken, stem) {
  const words = label.normalize("NFC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_");
  const wished = words.replace(/^[\p{N}_]+|_+$/gu, "").slice(0, 30) || stem;
  for (let number = 1; ; number += 1) {
    const name = number > 1 ? `${wished}_${number}` : wished;
    if (!taken.has(name) && !RESERVED.has(name)) return name;
  }
}

/** The first of f01, f02, ... (or of another stem) that none of `taken` has. */
export function freeName(stem, taken, from = 1) {
  for (let number = from; ; number += 1) {
    const name = `${stem}${String(number).padStart(2, "0")}`;
    if (!taken.has(name)) return name;
  }
}

/** Rules in which a field, a table, or a column (`table` given) goes by another name. */
export function renameIn(rules, before, after, table = null) {
  const follow = (token) => {
    if (table !== null) {
      const index = token.slice(table.length).match(/^\[[^\]]*\]/)?.[0];
      return token.startsWith(table) && index && token === `${table}${index}.${before}` ? `${table}${index}.${after}` : token;
    }
    if (token === before) return after;
    return token.startsWith(`${before}[`) ? after + token.slice(before.length) : token;
  };
  return rules.map((rule) => rule.replace(TOKEN, follow));
}

/** What rules can name: single fields, and of each table a row's cells and a whole column. */
export function operandsOf(tree) {
  const groups = [{ table: null, all: (tree.field ?? []).filter((part) => part.kind !== "tick").map((part) => ({ text: part.name, told: part.label || part.name })) }];
  for (const table of tree.table ?? []) {
    const columns = table.column.flatMap((column) => Array(column.repeat ?? 1).fill(column));
    const named = columns.map((column, place) => {
      if (column.kind === "tick") return null;
      const at = (row) => (column.name ? `[${row}].${column.name}` : columns.length > 1 ? `[${row},${place + 1}]` : `[${row}]`);
      const told = column.label || column.name || String(place + 1);
      return { each: { text: table.name + at("i"), told }, whole: { text: `sum(${table.name}${at("*")})`, told } };
    }).filter(Boolean);
    groups.push({ table: table.label || table.name, each: named.map((one) => one.each), whole: named.map((one) => one.whole) });
  }
  return groups;
}
