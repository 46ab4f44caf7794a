"""Scans of filled-in sheets to a folder of labelled pictures, one a box.

Each page is matched by its page code and marks as any form is, its print is taken away, and every
box is cut with a margin, strokes that leave it included. Empty boxes and those that were crossed
out are left out and counted; what is left out stands in left_out.csv with its pictures beside it,
so that nothing disappears unseen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data.labelled import LABELS_FILE
from handsum.data.sheets import asked_text, sheets_of
from handsum.errors import DataError, InputError, UsageError
from handsum.files import write_atomically
from handsum.forms.blank_away import take_print_away
from handsum.forms.crops import FieldInk, cut_fields
from handsum.forms.marks import PageCode
from handsum.forms.match import Match, PageMatcher
from handsum.forms.match_marks import find_codes, find_marks, place_by_marks, read_code
from handsum.forms.read import upright_scale
from handsum.forms.register import rectify
from handsum.forms.template import Template
from handsum.imaging.load import Picture, load_pictures
from handsum.reader.numbers import NumberReader
from handsum.readings import Content, Failure

LEFT_OUT_FILE = "left_out.csv"
LEFT_OUT_FOLDER = "left_out"
A4 = (210.0, 297.0)
_OFF_DIAGONAL = 1.0  # mm by which a stroke may lie off the diagonal
_ENDS, _ALONG = 0.1, 0.9  # between these ends of it, so much of it is covered

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CutPage:
    """One sheet: how many boxes became pictures, were empty, or were crossed out."""

    source: str
    page: int
    sheet: str
    writer: str
    kept: int
    empty: int
    crossed: int


@dataclass(frozen=True)
class CutReport:
    """All sheets that were cut, and the pages that were not, each with a reason."""

    pages: tuple[CutPage, ...]
    failures: tuple[Failure, ...]

    @property
    def kept(self) -> int:
        """Number of labelled pictures."""
        return sum(page.kept for page in self.pages)


@dataclass
class _Tables:
    """Rows of labels.csv and left_out.csv."""

    kept: list[tuple[str, str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str, str, str]] = field(default_factory=list)


def cut_sheets(
    files: Iterable[Path | Failure],
    folder: Path,
    own: Sequence[str] | None = None,
    *,
    threads: int = 0,
) -> CutReport:
    """Cut every sheet in ``files`` into ``folder``, with labels.csv (file,text,writer).

    ``own`` are the numbers of the file that sheets were printed from. A page that is no sheet, or
    a sheet that was there before, becomes a failure, and the others go on. UsageError if the
    folder has something in it; DataError if no page could be cut; StorageError from writing.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty.", "Name a folder that is new.")
    cutter = _Cutter(folder, own, threads)
    failures: list[Failure] = []
    pages: list[CutPage] = []
    for file in files:
        if isinstance(file, Failure):
            failures.append(file)
            continue
        for item in _pictures(file):
            outcome = item if isinstance(item, Failure) else cutter.cut(item)
            if isinstance(outcome, Failure):
                failures.append(outcome)
            else:
                pages.append(outcome)
    if not pages:
        first = failures[0].message if failures else "there are no scans."
        raise DataError(f"No sheet could be cut: {first}", "Look at the scans and try again.")
    cutter.write_tables()
    return CutReport(tuple(pages), tuple(failures))


def _pictures(path: Path) -> Iterator[Picture | Failure]:
    try:
        yield from load_pictures(path)
    except InputError as error:
        yield Failure(str(path), error.code, error.message, error.remedy)


class _Cutter:
    def __init__(self, folder: Path, own: Sequence[str] | None, threads: int) -> None:
        self.folder, self.own = folder, own
        self.tables = _Tables()
        self.reader = NumberReader(threads=threads)
        self.matchers: dict[tuple[str, str], tuple[Template, PageMatcher]] = {}
        self.seen: dict[tuple[str, str, int], str] = {}

    def cut(self, picture: Picture) -> CutPage | Failure:
        """One page: its boxes written as pictures, or why not."""
        where = f"{picture.source}, page {picture.page}"
        code = find_sheet_code(picture.grey)
        if code is None:
            return Failure(
                picture.source,
                "no_page_code",
                f"{where}: no page code can be read.",
                "Scan the whole sheet at 150 dpi or more; it is no sheet if it has no such code.",
            )
        try:
            template, matcher = self._matcher(code)
        except (DataError, UsageError) as error:
            return Failure(picture.source, error.code, f"{where}: {error.message}", error.remedy)
        match = matcher.match(picture.grey)
        if not isinstance(match, Match):
            return Failure(picture.source, match.reason, f"{where}: {match.message}", match.remedy)
        key = (code.name, code.version, code.sheet)
        if key in self.seen:
            return Failure(
                picture.source,
                "sheet_twice",
                f"{where}: writer {code.sheet}'s sheet {code.name} {code.version} was there "
                f"already, as {self.seen[key]}.",
                "Leave one out; give every writer a number of their own when sheets are printed.",
            )
        self.seen[key] = where
        return self._write(picture, match, template, code)

    def _matcher(self, code: PageCode) -> tuple[Template, PageMatcher]:
        key = (code.name, code.version)
        if key not in self.matchers:
            template = sheets_of(code, self.own)
            self.matchers[key] = template, PageMatcher([template])
        return self.matchers[key]

    def _write(self, picture: Picture, match: Match, template: Template, code: PageCode) -> CutPage:
        scale = upright_scale(match.transform)
        upright = rectify(picture.grey, match.transform, scale)
        blank = self.matchers[code.name, code.version][1].reference(template).at(scale)
        inks = cut_fields(take_print_away(upright, blank, scale, match.error_mm), template.fields)
        contents = self._contents(inks)
        writer, sheet = f"{code.sheet:03d}", f"{code.name[6:]}-{code.version.replace('.', '-')}"
        for ink, content in zip(inks, contents, strict=True):
            text = asked_text(template, ink.field.name)
            name = f"writer-{writer}-{sheet}-{ink.field.name}.png"
            if content == "blank":
                self.tables.left_out.append((name, text, writer, "empty"))
                continue
            crossed = content == "struck_out"
            path = self.folder / LEFT_OUT_FOLDER / name if crossed else self.folder / name
            done, coded = cv2.imencode(".png", ink.paper)
            assert done
            write_atomically(path, coded.tobytes())
            if crossed:
                self.tables.left_out.append((f"{LEFT_OUT_FOLDER}/{name}", text, writer, "crossed"))
            else:
                self.tables.kept.append((name, text, writer))
        return CutPage(
            picture.source,
            picture.page,
            f"{code.name} {code.version}",
            writer,
            kept=sum(c not in ("blank", "struck_out") for c in contents),
            empty=contents.count("blank"),
            crossed=contents.count("struck_out"),
        )

    def _contents(self, inks: Sequence[FieldInk]) -> list[Content]:
        """Blank, struck out, or a number: whatever is neither is kept, however it reads.

        What a reader does not know must not be left out, or it would be measured on what it knows.
        """
        written = [n for n, ink in enumerate(inks) if not ink.empty]
        prepared = [self.reader.prepare(Picture(inks[n].paper, "box")) for n in written]
        readings = self.reader.read_prepared(prepared, self.reader.options())
        contents: list[Content] = ["blank"] * len(inks)
        for n, reading in zip(written, readings, strict=True):
            crossed = reading.content == "struck_out" or is_crossed(inks[n])
            contents[n] = "struck_out" if crossed else "number"
        return contents

    def write_tables(self) -> None:
        """labels.csv, and left_out.csv where something was."""
        _write_table(self.folder / LABELS_FILE, ("file", "text", "writer"), self.tables.kept)
        if self.tables.left_out:
            columns = ("file", "text", "writer", "reason")
            _write_table(self.folder / LEFT_OUT_FILE, columns, self.tables.left_out)


def is_crossed(ink: FieldInk) -> bool:
    """Whether a stroke runs along a diagonal of a box, nearly from corner to corner."""
    x0, y0, x1, y1 = ink.box
    field = ink.field.box
    reach = max(1, round(_OFF_DIAGONAL * (x1 - x0) / (field[2] - field[0])))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = cv2.dilate(ink.strokes, kernel)
    left, top = x0 - ink.corner[0], y0 - ink.corner[1]
    along = np.linspace(_ENDS, 1.0 - _ENDS, 60)
    xs = np.rint(left + along * (x1 - x0)).astype(int)
    ys = np.rint(top + along * (y1 - y0)).astype(int)
    return any(float(near[rows, xs].mean()) >= _ALONG for rows in (ys, ys[::-1]))


def find_sheet_code(grey: Grey) -> PageCode | None:
    """The page code of a picture, uint8 (H, W), of an A4 sheet; None where none can be read."""
    place = place_by_marks(find_marks(grey), A4)
    code = None if place is None else read_code(grey, place)
    return code or next(iter(find_codes(grey)), None)


def _write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    target = io.StringIO()
    table = csv.writer(target, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    write_atomically(path, target.getvalue().encode())
