"""The keys of a template's TOML file, and what is told where they are wrong."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handsum.errors import TemplateError

Name = Annotated[
    str, Field(pattern=r"^[^\W\d]\w*(\[[0-9]+(,[0-9]+)?\])?(\.[^\W\d]\w*(\[[0-9]+(,[0-9]+)?\])?)*$")
]
PlainName = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]
BoxKey = Annotated[list[float], Field(min_length=4, max_length=4)]
Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]
KindKey = Literal["comb", "box", "line", "column", "date", "tick"]


class _Part(BaseModel):
    # docs/forms.md is made of the docstrings.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


class PageKeys(_Part):
    """The sheet, and what is printed at its corners."""

    size: Literal["A3", "A4", "A5", "Letter", "Legal"] | None = None
    """A known size, instead of width and height; A4 where none is named."""
    landscape: bool = False
    """Turn that size on its side."""
    width: Length | None = None
    """Width of the sheet."""
    height: Length | None = None
    """Height of the sheet."""
    unit: Literal["mm", "inch"] = "mm"
    """What all lengths of the file are in, text sizes (points) apart."""
    marks: bool | None = None
    """Four corner marks are on the form; without the key they are unless there is a blank."""
    code: bool | None = None
    """A page code (QR) with name, version and sheet is on the form; without the key as marks."""
    font: str | None = None
    """A TrueType file, for texts beyond Western European letters."""


class FormatKeys(_Part):
    """What may be written in a field."""

    kind: KindKey = "box"
    """comb: one symbol a cell; box; line: a line to write on; column: free between two rules;
    date; tick: a box to tick."""
    cells: int | None = Field(default=None, ge=1, le=64)
    """Cells of a comb, or of a date that is one."""
    pattern: str | None = None
    """The format, such as `9{1,4}` or `[-]9{1,2}.9`."""
    length: str | None = None
    """How many digits, such as `4` or `4-6`."""
    range: str | None = None
    """Least and greatest value, such as `0..1200`."""
    check: str | None = None
    """The scheme of the check digit, such as `luhn`, `ean13` or `mod11`."""
    entries: str | list[str] | None = Field(default=None, alias="list")
    """A closed list: a text file with an entry a line, a .csv file whose first column has the
    entries (no headings), or the entries themselves."""
    decimal: str | None = None
    """The decimal separator; `""` for none. Without the key, the one at the top."""
    thousands: str | None = None
    """The thousands separator; `""` for none. Without the key, the one at the top."""
    required: bool = False
    """Left empty, the field goes to review."""
    blank_is_zero: bool = False
    """Left empty, the field counts as 0 in sums."""
    order: Literal["dmy", "mdy", "ymd"] | None = None
    """The order of day, month and year; every date has to declare it."""
    century: int | None = Field(default=None, ge=0, le=9900, multiple_of=100)
    """What two-digit years add to, such as 1900; without it years have four digits."""


class FieldKeys(FormatKeys):
    """One field."""

    name: Name
    """What rules and results call it."""
    label: str = ""
    """What is printed beside it."""
    box: BoxKey
    """Left, top, right, bottom, on the middle of its lines; of a line, the room above it."""
    label_at: Literal["left", "above", "right", "none"] | None = None
    """Where the label is printed: left, of a tick box right."""


class ColumnKeys(FormatKeys):
    """One column of a table."""

    name: PlainName | None = None
    """Its cells are `table[row].name`; without names they are `table[row,column]`, and
    `table[row]` if there is only one column."""
    label: str = ""
    """What is printed above it."""
    width: Length | None = None
    """Its width; columns without one share what is left."""
    repeat: int = Field(default=1, ge=1, le=200)
    """That many such columns, for grids without names."""


class TableKeys(_Part):
    """Equal rows of the same columns."""

    name: PlainName
    """What rules and results call it."""
    label: str = ""
    """What it is; not printed."""
    box: BoxKey
    """The cells that are filled in: headers and row labels stand outside."""
    rows: int = Field(ge=1, le=1000)
    """Number of rows."""
    empty_rows: bool = False
    """Whole rows may stay empty, even where columns are required."""
    header: str = ""
    """What is printed above the row labels."""
    header_height: float = Field(default=0.0, ge=0)
    """Height of the headers above the box; 0: as high as a row where a column has a label."""
    row_labels: Literal["none", "numbers"] | list[str] = "none"
    """What is printed left of every row."""
    row_label_width: float = Field(default=0.0, ge=0)
    """Width of the row labels left of the box; 0: 12 mm where there are any."""
    column: list[ColumnKeys] = Field(min_length=1)
    """See [[table.column]]."""


class TextKeys(_Part):
    """A text that is printed on the form."""

    text: str
    """The text, one line."""
    x: float
    """Where it starts, ends or has its middle, as align says."""
    y: float
    """Its baseline."""
    size: float = Field(default=9.0, ge=3, le=72)
    """Points."""
    bold: bool = False
    """Print it bold."""
    align: Literal["left", "centre", "right"] = "left"
    """Which part of it stands at x."""


class TemplateKeys(_Part):
    """The form as a whole."""

    version_of_schema: Literal[1] = Field(alias="schema")
    """Version of this format: 1."""
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    """Small letters, digits and hyphens; the page code carries it."""
    version: str = Field(default="1", pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,15}$")
    """Give another one whenever a box moves: pages of another version are put aside."""
    title: str = ""
    """Printed at the top."""
    rules: list[str] = []
    """What must hold, such as `total = a + b` or `cast <= registered`."""
    decimal: str | None = None
    """The decimal separator of all fields that name none."""
    thousands: str | None = None
    """The thousands separator of all fields that name none."""
    blank: str | None = None
    """A picture or PDF of the empty form: pages are matched by its printed lines."""
    blank_page: int = Field(default=1, ge=1)
    """Which page of that PDF or TIFF."""
    page: PageKeys = PageKeys()
    """See [page]."""
    field: list[FieldKeys] = []
    """See [[field]]."""
    table: list[TableKeys] = []
    """See [[table]]."""
    text: list[TextKeys] = []
    """See [[text]]."""


def load_model(path: Path) -> TemplateKeys:
    """The keys of a template's file; TemplateError if it is none."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise TemplateError(
            f"The template {path} cannot be read: {error.strerror}.", "Name a .toml file."
        ) from error
    except UnicodeDecodeError as error:
        raise TemplateError(
            f"{path}: byte {error.start} is no UTF-8 text.", "Save the template as UTF-8."
        ) from error
    return parse_model(text, str(path))


def parse_model(text: str, source: str) -> TemplateKeys:
    """The keys of a template's text; TemplateError names the first that is wrong."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{source} is not TOML: {error}.", "Mend the line it names.") from error
    schema = tree.get("schema")
    if schema != 1 or schema is True:
        wrong = "no schema" if schema is None else f"schema = {schema!r}"
        raise TemplateError(
            f"{source}: {wrong}.",
            "This handsum knows schema = 1; write that at the top, or install the handsum that "
            "wrote the file.",
        )
    try:
        return TemplateKeys.model_validate(tree)
    except ValidationError as error:
        raise _explain(error, source, tree) from error


def _explain(error: ValidationError, source: str, tree: dict[str, Any]) -> TemplateError:
    """The first mistake in words; unknown keys first, since they cause others."""
    found = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")[0]
    loc = [part for part in found["loc"] if not _is_branch(part)]
    place = f"{source}: {_spoken(loc, tree)}"
    if found["type"] == "extra_forbidden":
        known = _known_keys([str(part) for part in loc[:-1] if isinstance(part, str)])
        near = difflib.get_close_matches(str(loc[-1]), known, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        return TemplateError(
            f"{place}: unknown key {str(loc[-1])!r}.", f"{hint}Known here: {', '.join(known)}."
        )
    if found["type"] == "missing":
        return TemplateError(f"{place}: the key {str(loc[-1])!r} is missing.", "Add it.")
    remedy = _REMEDIES.get(str(loc[-1]), "Mend that key; docs/forms.md says what it takes.")
    return TemplateError(
        f"{place}: {loc[-1]} = {_shown(found['input'])}: {_lowered(found['msg'])}.", remedy
    )


_REMEDIES = {
    "name": "A name starts with a letter and has letters, digits and _ (the form's own name: "
    "small letters, digits and -).",
    "box": "Write box = [left, top, right, bottom].",
    "version": "Letters, digits, points and hyphens, up to 16, in quotes.",
}


def _is_branch(part: int | str) -> bool:
    """Whether a piece of pydantic's path names a branch of a union, not a key."""
    return isinstance(part, str) and bool(re.search(r"[\[(]|^(str|literal|none)$", part))


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _spoken(loc: list[int | str], tree: dict[str, Any]) -> str:
    """``field "a", box`` for a path of keys and positions, the last one left out."""
    words: list[str] = []
    here: Any = tree
    for part in loc[:-1]:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(part, int):
            name = here.get("name") if isinstance(here, dict) else None
            words[-1] += f' "{name}"' if isinstance(name, str) and name else f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words) or "at the top"


def _known_keys(parents: list[str]) -> list[str]:
    model: type[BaseModel] = TemplateKeys
    for parent in parents:
        inner = model.model_fields[parent].annotation
        for candidate in (inner, *get_args(inner)):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
    return [field.alias or name for name, field in model.model_fields.items()]
