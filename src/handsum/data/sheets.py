"""Sheets on which people write given digits or numbers: data of one's own, to measure and train by.

A sheet is a form made by program. Its page code says which texts it asks for and, as the number of
the sheet, who writes: ``sheet-digits 1.V W`` is variant V of the digits for writer W,
``sheet-numbers 1.V.A-B W`` one of numbers with A to B digits, ``sheet-own HASH.P W`` page P of
numbers out of a file. So scans can be cut without anything else being kept, the file apart.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pypdfium2

from handsum.charset import NUMBERS
from handsum.errors import DataError, UsageError
from handsum.files import write_atomically
from handsum.forms.marks import PageCode
from handsum.forms.template import Template, parse_template

DIGITS_NAME, NUMBERS_NAME, OWN_NAME = "sheet-digits", "sheet-numbers", "sheet-own"
VARIANTS = 10
"""Writers in a row get different texts; the eleventh gets those of the first."""
DIGIT_BOXES = (10, 11)
"""Columns and rows: eleven of each digit."""
NUMBER_BOXES = (3, 11)
LONGEST = 12
"""Digits that have room in a box."""
WRITERS = 10_000
_SEED = 41
_LEFT, _RIGHT, _TOP, _BOTTOM = 20.0, 190.0, 46.0, 276.0  # mm, clear of marks and page code
_BOX = 12.0  # mm: height of a box, and width of one for a digit
_WIDE = 50.0  # mm: width of a box for a number
_TITLES = {
    DIGITS_NAME: "Write each digit into the box below it",
    NUMBERS_NAME: "Write each number into the box below it",
    OWN_NAME: "Write each number into the box below it",
}
_ADVICE = "Write as you always do. A mistake: cross out the whole box, from corner to corner."


def digit_sheet(variant: int) -> Template:
    """The sheet of single digits number ``variant`` (0 to 9): every digit equally often."""
    rng = np.random.default_rng([_SEED, 1, variant])
    columns, rows = DIGIT_BOXES
    texts = [str(d) for _ in range(columns * rows // 10) for d in rng.permutation(10)]
    return _build(DIGITS_NAME, f"1.{variant}", texts)


def number_sheet(variant: int, shortest: int, longest: int) -> Template:
    """The sheet of numbers number ``variant``, of ``shortest`` to ``longest`` (12) digits.

    All lengths come equally often, and so do all digits, zeros in front among them.
    """
    if not 1 <= shortest <= longest <= LONGEST:
        raise UsageError(
            f"Numbers of {shortest} to {longest} digits.", f"Ask for 1 to {LONGEST}, such as 3-6."
        )
    rng = np.random.default_rng([_SEED, 2, variant, shortest, longest])
    count = NUMBER_BOXES[0] * NUMBER_BOXES[1]
    span = longest - shortest + 1
    lengths = rng.permutation([shortest + i % span for i in range(count)])
    decks = -(-int(lengths.sum()) // 10)
    digits = "".join(str(d) for _ in range(decks) for d in rng.permutation(10))
    ends = np.cumsum(lengths)
    texts = [digits[end - n : end] for end, n in zip(ends, lengths, strict=True)]
    return _build(NUMBERS_NAME, f"1.{variant}.{shortest}-{longest}", texts)


def own_sheets(texts: Sequence[str]) -> tuple[Template, ...]:
    """Sheets of given numbers, as many as they need; each is filled in by every writer."""
    per_page = NUMBER_BOXES[0] * NUMBER_BOXES[1]
    name = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
    return tuple(
        _build(OWN_NAME, f"{name}.{page + 1}", texts[at : at + per_page])
        for page, at in enumerate(range(0, len(texts), per_page))
    )


def load_texts(path: Path) -> tuple[str, ...]:
    """The numbers of a text file, one a line; DataError names the first line that is none."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}.", "Save it as UTF-8 text.") from error
    texts = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        if set(text) - set(NUMBERS.symbols) or len(text) > LONGEST + 2:
            raise DataError(
                f"{path} line {number}: {text!r} cannot be asked for.",
                f"Numbers have up to {LONGEST + 2} of the symbols {' '.join(NUMBERS.symbols)}.",
            )
        texts.append(text)
    if not texts:
        raise DataError(f"{path} has no numbers.", "Write one a line.")
    return tuple(texts)


def sheets_of(code: PageCode, own: Sequence[str] | None) -> Template:
    """The sheet that a page code names; ``own`` are the numbers of the user's file, if any.

    DataError where there is no such sheet.
    """
    if code.name == DIGITS_NAME and (found := re.fullmatch("1[.]([0-9])", code.version)):
        return digit_sheet(int(found[1]))
    if code.name == NUMBERS_NAME and (
        found := re.fullmatch("1[.]([0-9])[.]([0-9]+)-([0-9]+)", code.version)
    ):
        return number_sheet(*(int(part) for part in found.groups()))
    if code.name == OWN_NAME:
        for template in own_sheets(own or ()):
            if template.version == code.version:
                return template
        raise DataError(
            "The sheet asks for numbers of a file." if own is None else
            "The sheet asks for numbers of another file.",
            "Name the file that it was printed from: --numbers FILE.",
        )  # fmt: skip
    raise DataError(
        f"The page code names {code.name!r}, version {code.version}, which is no sheet.",
        "Leave pages of other forms out; sheets are printed with handsum data sheet print.",
    )


def asked_text(template: Template, name: str) -> str:
    """What a box of a sheet asks for."""
    return template.by_name[name].label


def print_sheets(out: Path, templates: Sequence[Sequence[Template]], first: int = 1) -> None:
    """One PDF of all sheets: ``templates[i]`` are those of writer ``first + i``.

    StorageError where it cannot be written.
    """
    from handsum.forms.print import draw_form  # noqa: PLC0415 (needs the extra forms)

    made = pypdfium2.PdfDocument.new()
    for writer, pages in enumerate(templates, start=first):
        for template in pages:
            part = pypdfium2.PdfDocument(draw_form(template, first=writer))
            made.import_pages(part)
            part.close()
    target = io.BytesIO()
    made.save(target)
    made.close()
    write_atomically(out, target.getvalue())


def _build(name: str, version: str, texts: Sequence[str]) -> Template:
    """The template of a sheet: boxes in rows, above each what is to be written in it."""
    columns, rows = DIGIT_BOXES if name == DIGITS_NAME else NUMBER_BOXES
    width = _BOX if name == DIGITS_NAME else _WIDE
    across = (_RIGHT - _LEFT - width) / (columns - 1)
    down = (_BOTTOM - _TOP - _BOX) / (rows - 1)
    lines = [
        "schema = 1",
        f'name = "{name}"',
        f'version = "{version}"',
        f'title = "{_TITLES[name]}"',
        "[[text]]",
        f'text = "{_ADVICE}"',
        f"x = {_LEFT}",
        "y = 34.0",
    ]
    for place, text in enumerate(texts):
        x, y = _LEFT + place % columns * across, _TOP + place // columns * down
        box = ", ".join(f"{v:.2f}" for v in (x, y, x + width, y + _BOX))
        lines += [
            "[[field]]",
            f'name = "n{place + 1:03d}"',
            f'label = "{text}"',
            'label_at = "above"',
            f"box = [{box}]",
        ]
    return parse_template("\n".join(lines), name, Path())
