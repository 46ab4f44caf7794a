"""From a template's keys to the checked Template: lengths in mm, tables expanded, rules parsed."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from handsum.decode.lists import load_entries
from handsum.decode.rule_text import parse_rules
from handsum.decode.rules import DateRule, FieldDomain, RuleSet
from handsum.errors import DecodeError, InputError, TemplateError
from handsum.forms.fields import Field, MmBox, Place
from handsum.forms.formats import check_format, find_domain, refuse_unclear_marks
from handsum.forms.layout import check_layout
from handsum.forms.sizes import MM_PER_INCH, SIZES
from handsum.forms.template import Column, PrintedText, Table, Template
from handsum.forms.template_file import (
    ColumnKeys,
    FieldKeys,
    FormatKeys,
    PageKeys,
    TableKeys,
    TemplateKeys,
)

ROW_LABEL_WIDTH = 12.0
FIELD_LIMIT = 5000


def build_template(keys: TemplateKeys, source: str, folder: Path) -> Template:
    """The checked template; files that it names lie in ``folder``. TemplateError as load_template.

    ``source`` is the file's name in messages.
    """
    return _Builder(keys, source, folder).build()


class _Builder:
    def __init__(self, keys: TemplateKeys, source: str, folder: Path) -> None:
        self.keys, self.source, self.folder = keys, source, folder
        self.scale = MM_PER_INCH if keys.page.unit == "inch" else 1.0
        self.lists: dict[Path, tuple[str, ...]] = {}

    def fail(self, where: str, what: str, remedy: str) -> TemplateError:
        return TemplateError(f"{self.source}: {where}: {what}", remedy)

    def build(self) -> Template:
        keys = self.keys
        width, height = self.page_size(keys.page)
        self.refuse_twice()
        tables = tuple(self.table(table) for table in keys.table)
        fields = [self.field(field) for field in keys.field]
        for table_keys, table in zip(keys.table, tables, strict=True):
            fields += self.cells(table_keys, table)
        if not fields:
            raise self.fail("at the top", "the template has no fields.", "Add a [[field]].")
        if len(fields) > FIELD_LIMIT:
            raise self.fail(
                "at the top", f"{len(fields)} fields.", f"A form has up to {FIELD_LIMIT}."
            )
        blank = self.blank()
        marks = keys.page.marks if keys.page.marks is not None else blank is None
        code = keys.page.code if keys.page.code is not None else marks
        if code and not marks:
            raise self.fail(
                "page, code", "a page code without marks.", "Set marks = true, or code = false."
            )
        texts = tuple(
            PrintedText(t.text, self.mm(t.x), self.mm(t.y), t.size, t.bold, t.align)
            for t in keys.text
        )
        check_layout(self.source, (width, height), fields, tables, marks=marks, code=code)
        rules = self.rules(fields)
        return Template(
            name=keys.name,
            version=keys.version,
            title=keys.title,
            width=width,
            height=height,
            marks=marks,
            code=code,
            fields=tuple(fields),
            tables=tables,
            rules=rules,
            rule_texts=tuple(keys.rules),
            texts=texts,
            sha256=self.fingerprint(blank),
            source=self.source,
            blank=blank,
            blank_page=keys.blank_page,
            font=self.file("page, font", keys.page.font),
        )

    def mm(self, length: float) -> float:
        return round(length * self.scale, 4)

    def box(self, where: str, box: list[float]) -> MmBox:
        x0, y0, x1, y1 = map(self.mm, box)
        if not (x1 > x0 and y1 > y0):  # so that nan has none
            raise self.fail(
                f"{where}, box", f"{box} has no area.", "Write box = [left, top, right, bottom]."
            )
        return x0, y0, x1, y1

    def page_size(self, page: PageKeys) -> tuple[float, float]:
        if page.width is not None or page.height is not None:
            if page.size is not None or page.landscape:
                raise self.fail(
                    "page", "a size and a width or height.", "Keep one: size, or width and height."
                )
            if page.width is None or page.height is None:
                lacks = "width" if page.width is None else "height"
                raise self.fail("page", f"the key {lacks!r} is missing.", "Give both.")
            return self.mm(page.width), self.mm(page.height)
        width, height = SIZES[page.size or "A4"]
        return (height, width) if page.landscape else (width, height)

    def refuse_twice(self) -> None:
        names = [field.name for field in self.keys.field] + [t.name for t in self.keys.table]
        for at, name in enumerate(names):
            if name in names[:at]:
                raise self.fail(
                    f'"{name}"', "the name is given twice.", "Give every field its own name."
                )
            if name == "within":
                raise self.fail(
                    '"within"', "the name has a meaning in rules.", "Choose another one."
                )

    def table(self, keys: TableKeys) -> Table:
        where = f'table "{keys.name}"'
        box = self.box(where, keys.box)
        columns = self.columns(keys, box, where)
        labels: tuple[str, ...] = ()
        if keys.row_labels == "numbers":
            labels = tuple(str(n + 1) for n in range(keys.rows))
        elif isinstance(keys.row_labels, list):
            labels = tuple(keys.row_labels)
            if len(labels) != keys.rows:
                raise self.fail(
                    f"{where}, row_labels",
                    f"{len(labels)} labels for {keys.rows} rows.",
                    "Give one a row.",
                )
        header_height = self.mm(keys.header_height)
        if not header_height and any(column.label for column in columns):
            header_height = (box[3] - box[1]) / keys.rows
        label_width = self.mm(keys.row_label_width) or ROW_LABEL_WIDTH
        return Table(
            keys.name,
            keys.label,
            box,
            keys.rows,
            columns,
            keys.empty_rows,
            keys.header,
            header_height,
            labels,
            label_width if labels else 0.0,
        )

    def columns(self, keys: TableKeys, box: MmBox, where: str) -> tuple[Column, ...]:
        all_keys = expand_columns(keys)
        names = [column.name for column in all_keys]
        if any(names) and not all(names):
            raise self.fail(
                f"{where}, column", "some columns have names, some have none.", "Name all or none."
            )
        for at, name in enumerate(names):
            if name and name in names[:at]:
                raise self.fail(
                    f'{where}, column "{name}"',
                    "the name is given twice.",
                    "A column with a name is not repeated; give every column its own name.",
                )
        whole = box[2] - box[0]
        given = sum(self.mm(column.width) for column in all_keys if column.width)
        free = sum(column.width is None for column in all_keys)
        if (free and given >= whole) or (not free and abs(given - whole) > 0.1):
            raise self.fail(
                f"{where}, column",
                f"widths of {given / self.scale:g} in a box {whole / self.scale:g} wide.",
                "Mend the widths, or leave one out: it takes what is left.",
            )
        share = (whole - given) / free if free else 0.0
        widths = [self.mm(c.width) if c.width else share for c in all_keys]
        edges = [box[0], *(box[0] + x for x in itertools.accumulate(widths))]
        edges[-1] = box[2]
        return tuple(
            Column(column.name or "", column.label, a, b)
            for column, (a, b) in zip(all_keys, itertools.pairwise(edges), strict=True)
        )

    def cells(self, keys: TableKeys, table: Table) -> list[Field]:
        """Every cell of a table as a field, row by row."""
        formats = [
            self.format(f'table "{keys.name}", column {_column_words(column, n)}', column)
            for n, column in enumerate(expand_columns(keys), start=1)
        ]
        fields = []
        for row in range(1, table.rows + 1):
            top = table.box[1] + (row - 1) * table.row_height
            bottom = table.box[3] if row == table.rows else top + table.row_height
            for n, (column, known) in enumerate(zip(table.columns, formats, strict=True), start=1):
                name = f"{table.name}[{row}]"
                if column.name:
                    name += f".{column.name}"
                elif len(table.columns) > 1:
                    name = f"{table.name}[{row},{n}]"
                label = f"{column.label or column.name} {row}".strip()
                box = (column.x0, round(top, 4), column.x1, round(bottom, 4))
                place = Place(table.name, row, n)
                fields.append(
                    replace(
                        known,
                        name=name,
                        label=label,
                        box=box,
                        place=place,
                        row_may_be_empty=table.empty_rows,
                    )
                )
        return fields

    def field(self, keys: FieldKeys) -> Field:
        where = f'field "{keys.name}"'
        label_at = keys.label_at or ("right" if keys.kind == "tick" else "left")
        return replace(
            self.format(where, keys),
            name=keys.name,
            label=keys.label,
            box=self.box(where, keys.box),
            label_at=label_at,
        )

    def format(self, where: str, keys: FormatKeys) -> Field:
        """What the keys say of a field, checked once for all the fields that share it."""
        entries, list_path = None, None
        if isinstance(keys.entries, str):
            list_path = self.file(f"{where}, list", keys.entries)
            assert list_path is not None
            entries = self.load_list(where, list_path)
        elif keys.entries is not None:
            entries = tuple(keys.entries)
        decimal = self.keys.decimal if keys.decimal is None else keys.decimal
        thousands = self.keys.thousands if keys.thousands is None else keys.thousands
        known = Field(
            "",
            "",
            keys.kind,
            (0.0, 0.0, 1.0, 1.0),
            keys.cells or 0,
            keys.pattern,
            keys.length,
            keys.range,
            keys.check,
            entries,
            list_path,
            decimal,
            thousands,
            keys.required,
            keys.blank_is_zero,
            keys.order,
            keys.century,
        )
        check_format(self.source, where, known)
        return known

    def load_list(self, where: str, path: Path) -> tuple[str, ...]:
        if path not in self.lists:
            try:
                entries = load_entries(path)
                self.lists[path] = _first_column(entries) if _is_table(path) else entries
            except (InputError, DecodeError) as error:
                raise self.fail(f"{where}, list", error.message, error.remedy) from error
        return self.lists[path]

    def file(self, where: str, name: str | None) -> Path | None:
        if name is None:
            return None
        path = self.folder / name
        if not path.is_file():
            raise self.fail(
                where, f"there is no file {path}.", "Paths are meant from the template's folder."
            )
        return path

    def blank(self) -> Path | None:
        return self.file("blank", self.keys.blank)

    def rules(self, fields: list[Field]) -> RuleSet:
        known = [field for field in fields if field.kind != "tick"]
        domains: dict[str, FieldDomain] = {field.name: find_domain(field) for field in known}
        try:
            given = parse_rules(self.keys.rules, domains)
            stated = {rule.field for rule in given.rules if isinstance(rule, DateRule)}
            dates = [
                f"date({field.name}, {field.order}{_century(field)})"
                for field in known
                if field.kind == "date" and field.name not in stated
            ]
            rules = parse_rules([*self.keys.rules, *dates], domains)
        except DecodeError as error:
            raise self.fail("rules", error.message, error.remedy) from error
        refuse_unclear_marks(self.source, rules, {field.name: field for field in known})
        return rules

    def fingerprint(self, blank: Path | None) -> str:
        """SHA-256 of the keys and of the lists and the blank that they name."""
        tree = self.keys.model_dump(mode="json", by_alias=True)
        digest = hashlib.sha256(json.dumps(tree, sort_keys=True).encode())
        for path in sorted(self.lists):
            digest.update("\n".join(self.lists[path]).encode())
        if blank is not None:
            digest.update(hashlib.sha256(blank.read_bytes()).digest())
        return digest.hexdigest()


def expand_columns(keys: TableKeys) -> list[ColumnKeys]:
    """The columns of a table, repeated ones one by one."""
    return [column for column in keys.column for _ in range(column.repeat)]


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _first_column(lines: Sequence[str]) -> tuple[str, ...]:
    """The first column of a table: numbers with names beside them, for people."""
    delimiter = next((mark for mark in lines[0] if mark in ",;\t"), ",")
    return tuple(row[0].strip() if row else "" for row in csv.reader(lines, delimiter=delimiter))


def _column_words(keys: ColumnKeys, number: int) -> str:
    return f'"{keys.name}"' if keys.name else str(number)


def _century(field: Field) -> str:
    return "" if field.century is None else f", {field.century}"
