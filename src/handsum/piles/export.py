"""The results folder of a pile: tables, what wants eyes, pages to look at, a summary.

    table.csv, table.xlsx      a row a page; table-FORM-VERSION.csv where there are several forms
    review/review.csv          the doubtful values, to type into, and their crops
    overlays/                  every page with its values drawn in
    aside/, not-read.csv       pages that were not read, and why
    history.csv                who corrected what, when, from what
    summary.json               counts

Every file is written whole or not at all. Drawn again is only what has changed.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from handsum.errors import FileMissingError, StorageError
from handsum.files import write_atomically
from handsum.forms.overlay import draw_page_overlay
from handsum.piles.cells import plain, show
from handsum.piles.corrections import history
from handsum.piles.pictures import (
    ASIDE,
    OVERLAYS,
    Grey,
    crop_png,
    load_upright,
    page_stem,
    save_picture,
    stale_files,
)
from handsum.piles.review_table import COLUMNS, Doubt, find_doubts, has_news
from handsum.piles.rows import PageRow
from handsum.piles.schema import FIELDS, FINDINGS, PAGES
from handsum.piles.store import Pile
from handsum.piles.table_files import ONE_TABLE, rows_as_csv, xlsx_bytes
from handsum.piles.tables import ResultTable, build_tables
from handsum.version import __version__

SUMMARY_SCHEMA = 1
REVIEW = "review"
REVIEW_TABLE = "review.csv"
_OPEN_ELSEWHERE = (
    "Close it in other programs (a spreadsheet keeps its files locked), look at the disk's space, "
    "and run: handsum form export"
)
NOT_READ = ("source", "page", "state", "code", "message", "remedy", "picture")
HISTORY = (
    "when", "who", "how", "source", "page", "page_id", "field", "from", "to", "reason", "undone",
)  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """What was written; ``kept_aside`` is where a review table went that had news in it."""

    files: tuple[Path, ...]
    doubts: int
    summary: dict[str, Any]
    kept_aside: Path | None = None


def export_results(pile: Pile, formats: Sequence[str] = ("csv", "xlsx")) -> Exported:
    """Write the results folder anew.

    StorageError where a file cannot be written; a table that is open elsewhere keeps none of the
    others from being written.
    """
    folder = pile.folder
    written: list[Path] = []
    refused: StorageError | None = None
    for form in formats:
        try:
            written += export_tables(pile, form, folder / f"table.{form}")
        except StorageError as error:
            refused = error
    doubts = list(find_doubts(pile))
    kept = _write_review(pile, doubts)
    draw_overlays(pile)
    not_read = _not_read(pile)
    _write(folder / "not-read.csv", rows_as_csv(NOT_READ, not_read))
    _write(folder / "history.csv", rows_as_csv(HISTORY, _history(pile)))
    summary = summarize(pile)
    text = json.dumps(summary, indent=1, ensure_ascii=False)
    _write(folder / "summary.json", (plain(text) + "\n").encode())
    if refused is not None:
        raise refused
    return Exported(tuple(written), len(doubts), summary, kept)


def export_tables(pile: Pile, form: str, out: Path) -> list[Path]:
    """One file a template (of a workbook: one in all), named after ``out``; what was written."""
    tables = build_tables(pile)
    if form == "xlsx":
        others = (("not read", NOT_READ, _not_read(pile)), ("history", HISTORY, _history(pile)))
        _write(out, xlsx_bytes(tables, others))
        return [out]
    if len(tables) == 1:
        _write(out, ONE_TABLE[form](tables[0]))
        return [out]
    paths = []
    for table in tables:
        path = out.with_name(f"{out.stem}-{table.title}{out.suffix}")
        _write(path, ONE_TABLE[form](table))
        paths.append(path)
    return paths


def table_bytes(table: ResultTable, form: str) -> bytes:
    """A table in a format: csv, json, parquet, xlsx."""
    return ONE_TABLE[form](table)


def draw_overlays(pile: Pile) -> int:
    """Draw the pages again that have changed since they were drawn; how many they were."""
    asked = select(PAGES.c.id, PAGES.c.revision).where(
        PAGES.c.pile_id == pile.info.id, PAGES.c.state == "done", PAGES.c.drawn < PAGES.c.revision
    )
    with pile.database.read() as connection:
        stale = connection.execute(asked).all()
    drawn = 0
    for page, revision in stale:
        row = pile.page(page)
        try:
            upright = load_upright(pile.upright_path(page))
        except FileMissingError:  # somebody has tidied up: the tables need no pictures
            continue
        reading = pile.reading(page)
        scale = upright.shape[1] / reading.transform.size[0]
        path = pile.folder / OVERLAYS / f"{page_stem(page, row.source, row.page)}.jpg"
        save_picture(path, draw_page_overlay(upright, reading, scale))
        with pile.database.write() as connection:
            connection.execute(update(PAGES).where(PAGES.c.id == page).values(drawn=revision))
        drawn += 1
    return drawn


def summarize(pile: Pile) -> dict[str, Any]:
    """Counts of a pile, as summary.json has them."""
    progress = pile.progress()
    mine = PAGES.c.pile_id == pile.info.id
    with pile.database.read() as connection:
        fields = select(FIELDS.c.decision, FIELDS.c.basis, FIELDS.c.origin, FIELDS.c.content)
        values = connection.execute(fields.join(PAGES, PAGES.c.id == FIELDS.c.page_id).where(mine))
        kinds = Counter(tuple(row) for row in values)
        rules = Counter(
            connection.execute(
                select(FINDINGS.c.verdict).join(PAGES, PAGES.c.id == FINDINGS.c.page_id).where(mine)
            ).scalars()
        )
    sources = pile.sources()
    return {
        "schema": SUMMARY_SCHEMA,
        "handsum": __version__,
        "written": _stamp(time.time()),
        "templates": [{"name": t.name, "version": t.version} for t in pile.templates],
        "options": {**pile.info.options.to_json(), "promises": len(pile.info.options.promises)},
        "files": len(sources),
        "pages": {
            "read": progress.done,
            "aside": progress.aside,
            "failed": progress.failed,
            "left": progress.left,
        },
        "values": {
            "all": progress.values,
            "accepted": progress.accepted,
            "review": progress.values - progress.accepted,
            "repaired": _count(kinds, 2, "repaired"),
            "keyed": _count(kinds, 2, "keyed"),
            "blank": _count(kinds, 3, "blank"),
            "by_basis": {
                basis: sum(n for kind, n in kinds.items() if kind[:2] == ("accepted", basis))
                for basis in ("estimate", "promise", "rule", "person")
            },
        },
        "rules": {verdict: rules[verdict] for verdict in ("kept", "writer", "unclear")},
        "not_read": [dict(zip(NOT_READ, row, strict=True)) for row in _not_read(pile)],
        "same_file": [[s.name, s.same_as] for s in sources if s.same_as is not None],
        "same_sheet": [[page.id for page in group] for group in pile.same_sheets()],
        "seconds": round(sum(page.seconds or 0.0 for page in pile.pages()), 2),
    }


def _count(kinds: Counter[tuple[Any, ...]], at: int, wanted: str) -> int:
    return sum(n for kind, n in kinds.items() if kind[at] == wanted)


def _write_review(pile: Pile, doubts: Sequence[Doubt]) -> Path | None:
    """Crops and the table to type into; an old one with news in it is kept under another name."""
    folder = pile.folder / REVIEW
    shown: tuple[int, Grey | None] = (0, None)
    for doubt in doubts:
        if shown[0] != doubt.page.id:
            shown = (doubt.page.id, _upright(pile, doubt.page))
        if shown[1] is not None:
            _write(folder / doubt.crop, crop_png(shown[1], doubt.box))
    table = folder / REVIEW_TABLE
    kept = None
    if table.is_file() and has_news(pile, table.read_bytes()):
        kept = table.with_name(f"typed-{time.strftime('%Y%m%d-%H%M%S')}.csv")
        try:
            table.rename(kept)
        except OSError as error:
            raise StorageError(f"Cannot rename {table}: {error}.", _OPEN_ELSEWHERE) from error
    _write(table, rows_as_csv(COLUMNS, (doubt.cells for doubt in doubts), mark=True))
    crops = {doubt.crop for doubt in doubts}
    for path in stale_files(folder, crops):
        if path.suffix == ".png":
            with suppress(OSError):  # somebody looks at it: then it stays
                path.unlink()
    return kept


def _upright(pile: Pile, page: PageRow) -> Grey | None:
    try:
        return load_upright(pile.upright_path(page.id))
    except FileMissingError:
        return None


def _not_read(pile: Pile) -> list[tuple[str, int | None, str, str, str, str, str]]:
    """Pages that were put aside or failed, and files that cannot be read."""
    rows: list[tuple[str, int | None, str, str, str, str, str]] = []
    for page in pile.pages("aside", "failed"):
        picture = f"{ASIDE}/{page_stem(page.id, page.source, page.page)}.jpg"
        there = (pile.folder / picture).is_file()
        rows.append(
            (
                page.source, page.page, page.state, page.code, page.message, page.remedy,
                picture if there else "",
            )
        )  # fmt: skip
    for source in pile.sources():
        if source.code:
            rows.append(
                (source.name, None, "failed", source.code, source.message, source.remedy, "")
            )
    return rows


def _history(pile: Pile) -> list[tuple[Any, ...]]:
    return [
        (
            _stamp(row.at), row.who, row.how, row.source, row.page, row.page_id, row.field,
            show(row.from_content, row.from_text), show(row.to_content, row.to_text), row.reason,
            "undone" if row.undone else "",
        )
        for row in history(pile.database, pile.info.id)
    ]  # fmt: skip


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _write(path: Path, content: bytes) -> None:
    write_atomically(path, content, _OPEN_ELSEWHERE)
