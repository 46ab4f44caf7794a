"""Readings held against what a person typed once, from a table of files and texts."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from handsum.confidence.second_key import SINGLE_KEY_RISK, agreement_risk, compare_keys
from handsum.errors import DataError
from handsum.readings import Failure, Reading


@dataclass(frozen=True)
class SecondKeyReport:
    """``results`` with their new decisions, and how many readings and typed texts agreed.

    ``typed`` were compared, ``untyped`` had no row in the table; ``stated_risk`` is the mean
    chance of being wrong that the readings compared state themselves.
    """

    results: tuple[Reading | Failure, ...]
    typed: int
    agreed: int
    untyped: int
    stated_risk: float

    def sentence(self) -> str:
        """The outcome in words, with the bound that agreement gives and what it rests on."""
        parts = [f"{self.agreed:,} of {self.typed:,} typed values agree with the reading."]
        if self.untyped:
            parts.append(f"{self.untyped:,} readings were not typed and go to review.")
        if self.agreed and self.stated_risk + SINGLE_KEY_RISK < 1.0:
            bound = agreement_risk(self.stated_risk)
            parts.append(
                f"If reader (stated risk {100 * self.stated_risk:.3g} %, an estimate) and person "
                f"({100 * SINGLE_KEY_RISK:.2g} %) err independently, at most {100 * bound:.2g} % "
                "of those that agree are wrong."
            )
        return " ".join(parts)


def load_typed(path: Path) -> dict[str, str]:
    """Typed texts by file from a CSV with the columns ``file`` and ``text``, UTF-8.

    Comma, semicolon or tab divide. DataError names what is wrong, and a file that stands twice
    with different texts.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
    return parse_typed(data, str(path))


def parse_typed(data: bytes, source: str) -> dict[str, str]:
    """As `load_typed`, from a file's bytes; ``source`` names it."""
    try:
        content = data.decode("utf-8-sig")
        return _parse(content, source)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}: byte {error.start} is no UTF-8 text.", "Save it as UTF-8 text."
        ) from error
    except csv.Error as error:
        raise DataError(f"{source} is no CSV: {error}.", "Save it as CSV again.") from error


def _parse(content: str, source: str) -> dict[str, str]:
    delimiter = max(",;\t", key=content.split("\n", 1)[0].count)
    table = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    columns = [name.strip().lower() for name in next(table, [])]
    if not {"file", "text"} <= set(columns):
        raise DataError(
            f"{source} has the columns {', '.join(columns) or 'nothing'}, not file and text.",
            "Name the columns file,text in its first line.",
        )
    file_at, text_at = columns.index("file"), columns.index("text")
    typed: dict[str, str] = {}
    for row in table:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(file_at, text_at):
            raise DataError(f"{source} line {table.line_num} lacks a column.", "Mend the line.")
        name, text = row[file_at].strip(), row[text_at].strip()
        if typed.setdefault(_plain(name), text) != text:
            raise DataError(
                f"{source} line {table.line_num}: {name} stands there twice, as "
                f"{typed[_plain(name)]!r} and {text!r}.",
                "Keep the right one.",
            )
    return typed


def hold_against(results: Sequence[Reading | Failure], typed: Mapping[str, str]) -> SecondKeyReport:
    """Accept what was read and typed alike, send all else to review; the basis is the person.

    A reading belongs to the row with its path, or else with its file's name alone. An empty text
    agrees with blank paper only. Pages after a file's first have no row.
    """
    first = [Path(r.source).name for r in results if isinstance(r, Reading) and r.page == 1]
    names = Counter(first)
    compared: list[Reading | Failure] = []
    agreed, untyped, risks = 0, 0, []
    for result in results:
        if isinstance(result, Failure):
            compared.append(result)
            continue
        text = typed.get(_plain(result.source)) if result.page == 1 else None
        name = Path(result.source).name
        if text is None and result.page == 1 and names[name] == 1:
            text = typed.get(name)
        if text is None:
            untyped += 1
            compared.append(replace(result, decision="review", basis="person"))
            continue
        risks.append(1.0 - result.confidence)
        known = result.content in ("number", "blank")
        decision = compare_keys(result.text, text).decision if known else "review"
        agreed += decision == "accepted"
        compared.append(replace(result, decision=decision, basis="person"))
    mean = sum(risks) / len(risks) if risks else 0.0
    return SecondKeyReport(tuple(compared), len(risks), agreed, untyped, mean)


def _plain(path: str) -> str:
    return os.path.normpath(path)
