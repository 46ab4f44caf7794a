// Tables of a form: where their columns stand, and what moving a border or an edge does to widths.
// All lengths are in the template's own unit.

const fine = (length) => Math.round(length * 100) / 100;

/** How many columns an entry stands for. */
export const repeatOf = (column) => column.repeat ?? 1;

/** How many columns a table has. */
export const columnsOf = (table) => table.column.reduce((sum, column) => sum + repeatOf(column), 0);

/** The width of one column of each entry: its own, or its share of what is left. */
export function widthsOf(table) {
  const whole = table.box[2] - table.box[0];
  let [given, free] = [0, 0];
  for (const column of table.column) {
    if (column.width) given += column.width * repeatOf(column);
    else free += repeatOf(column);
  }
  const share = free ? Math.max(0, (whole - given) / free) : 0;
  return table.column.map((column) => column.width || share);
}

/** The right edge of each entry. */
export function edgesOf(table) {
  let at = table.box[0];
  const widths = widthsOf(table);
  return table.column.map((column, place) => (at += widths[place] * repeatOf(column)));
}

/** Every upright line inside a table, as shares of its width. */
export function linesOf(table) {
  const whole = table.box[2] - table.box[0];
  const widths = widthsOf(table);
  const all = table.column.flatMap((column, place) => Array(repeatOf(column)).fill(widths[place] / whole));
  let at = 0;
  return all.slice(0, -1).map((share) => (at += share));
}

/** Move the border after an entry to x; the entries beside it share what they had. */
export function moveBorder(table, place, x, least) {
  const widths = widthsOf(table);
  const edges = edgesOf(table);
  const [left, right] = [repeatOf(table.column[place]), repeatOf(table.column[place + 1])];
  const [start, end] = [edges[place] - widths[place] * left, edges[place + 1]];
  const at = Math.min(end - least * right, Math.max(start + least * left, x));
  widths[place] = (at - start) / left;
  widths[place + 1] = (end - at) / right;
  setWidths(table, widths);
}

/** Give a table another box; widths that were set keep their shares. */
export function stretch(table, box) {
  const by = (box[2] - box[0]) / (table.box[2] - table.box[0]);
  for (const column of table.column) if (column.width) column.width = fine(column.width * by);
  table.box = box;
  settle(table);
}

/** The last column takes what is left, so that widths always add up. */
export function settle(table) {
  if (table.column.every((column) => !column.width)) return;
  delete table.column.at(-1).width;
  const given = table.column.reduce((sum, column) => sum + (column.width ?? 0) * repeatOf(column), 0);
  if (given >= table.box[2] - table.box[0]) for (const column of table.column) delete column.width;
}

/** A table with so many columns: new ones at the end, or fewer of the last. */
export function setColumns(table, count, make) {
  if (count > columnsOf(table) && table.column.at(-1).repeat && !table.column.at(-1).name) {
    table.column.at(-1).repeat += count - columnsOf(table); // a grid without names just grows
  }
  while (columnsOf(table) < count) table.column.push(make());
  while (columnsOf(table) > count) {
    const last = table.column.at(-1);
    const spare = columnsOf(table) - count;
    if (repeatOf(last) > spare) last.repeat -= spare;
    else table.column.pop();
  }
  settle(table);
}

function setWidths(table, widths) {
  table.column.forEach((column, place) => (column.width = fine(widths[place])));
  settle(table);
}
