"""A reader that needs no net: what it says of a page follows from the page's shade."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.errors import BundleError, ImageDamagedError
from handsum.forms.page_reading import (
    FieldReading,
    PageAside,
    PageReading,
    RuleFinding,
    StoredEvidence,
)
from handsum.forms.template import Template, load_template
from handsum.forms.transform import PageTransform
from handsum.piles.corrections import Keyed
from handsum.piles.worker import ReadPage, Seen
from handsum.readings import BundleRef, Candidate, Content, Reading

FLAT = PageTransform(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), (210.0, 297.0))
TEMPLATE = """
schema = 1
name = "sums"
version = "1"
rules = ["total = a + b"]
[[field]]
name = "a"
label = "First"
box = [20, 40, 60, 50]
pattern = "9{1,3}"
[[field]]
name = "b"
label = "Second"
box = [20, 60, 60, 70]
pattern = "9{1,3}"
[[field]]
name = "total"
label = "Sum"
box = [20, 80, 60, 90]
pattern = "9{1,4}"
"""


def sums_template(folder: Path, text: str = TEMPLATE) -> Template:
    """A form with two numbers and their sum."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sums.toml"
    path.write_text(text, "utf-8")
    return load_template(path)


def small_scan(path: Path, shade: int) -> Path:
    """A picture that stands for a page; its shade says what `read_shade` makes of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = np.full((24, 32), 255, np.uint8)
    grey[0, :16] = [255 * (shade >> i & 1) for i in range(16)]
    cv2.imwrite(str(path), grey)
    return path


def shade_of(grey: npt.NDArray[np.uint8]) -> int:
    """The number in a `small_scan`."""
    return sum(1 << i for i in range(16) if grey[0, i])


def field_reading(
    name: str, text: str, confidence: float, source: str = "", page: int = 1,
    content: Content = "number", why: str = "", sheet_y: int = 0,
) -> FieldReading:  # fmt: skip
    """A field that a reader is so sure of; doubtful where ``why`` says so."""
    number = content == "number"
    reading = Reading(
        source=source, page=page, box=(2, 2, 12, 8), content=content, text=text if number else "",
        value=str(int(text)) if number and text.isdigit() else None, confidence=confidence,
        decision="review" if why else "accepted", basis="estimate", max_risk=0.01,
        bundle=BundleRef("shades", "1", "0" * 64),
        candidates=(Candidate(text, confidence),) if number else (),
    )  # fmt: skip
    evidence = StoredEvidence(
        (Candidate(reading.text, confidence),), (), content, confidence, reading.decision,
        reading.basis, why,
    )  # fmt: skip
    return FieldReading(name, reading, (2, 2 + sheet_y, 30, 8 + sheet_y), None, evidence, why)


def page_of(shade: int, source: str, page: int = 1) -> PageReading:
    """Page ``shade``: a = shade, b = 7, a total that every fifth page has wrong, a doubtful b."""
    total = shade + 7 + (shade % 5 == 4)
    fields = (
        field_reading("a", f"{shade:03}", 0.9991, source, page, sheet_y=0),
        field_reading("b", "7", 0.9 if shade % 3 == 0 else 0.9992, source, page,
                      why="risk" if shade % 3 == 0 else "", sheet_y=6),
        field_reading("total", str(total), 0.9993, source, page, sheet_y=12),
    )  # fmt: skip
    reading = PageReading(
        source=source, page=page, template="sums", template_version="1", sheet=shade, how="marks",
        turned=0, error_mm=0.1, transform=FLAT, fields=fields,
        rules=(), sha256=f"{shade:064}",
    )  # fmt: skip
    return run_sum(reading)


def run_sum(page: PageReading) -> PageReading:
    """The one rule of the form, on values as they are; a broken one sends the total to review."""
    numbers = {f.name: int(f.reading.text) if f.reading.text else None for f in page.fields}
    known = None not in numbers.values()
    holds = known and numbers["a"] + numbers["b"] == numbers["total"]  # type: ignore[operator]
    finding = RuleFinding(
        "total = a + b", "holds" if holds else "broken" if known else "unknown",
        "kept" if holds else "writer", 0.0 if holds else 0.9, ("total", "a", "b"),
        () if holds else ("total", "b"),
    )  # fmt: skip
    total = page.field("total")
    if total.reading.basis != "person":
        reading = replace(total.reading, decision="accepted" if holds else "review")
        why = "" if holds else "rule"
        total = replace(total, reading=reading, why=why, look_at=not holds)
    return replace(page, fields=(*page.fields[:2], total), rules=(finding,))


class SumRules:
    """The rule of the form over what persons say, without a net."""

    def __init__(self, template: Template) -> None:
        self._template = template

    def template(self, page: PageReading) -> Template:
        return self._template

    def __call__(self, page: PageReading, keyed: Mapping[str, Keyed]) -> PageReading:
        return run_sum(replace(page, fields=tuple(map(_said(keyed), page.fields))))


def _said(keyed: Mapping[str, Keyed]) -> Callable[[FieldReading], FieldReading]:
    def put(field: FieldReading) -> FieldReading:
        said = keyed.get(field.name)
        if said is None:
            return field
        reading = replace(
            field.reading, content=said.content, text=said.text,
            value=str(int(said.text)) if said.text.isdigit() else None,
            confidence=1.0, decision="accepted", basis="person", origin="keyed",
        )  # fmt: skip
        return replace(field, reading=reading, why="")

    return put


class ReadShade:
    """What workers of tests read with: slow, deadly or blind where the page's shade says so."""

    def __init__(self, seconds: float = 0.0, deadly: frozenset[int] = frozenset()) -> None:
        self.seconds = seconds
        self.deadly = deadly

    def __call__(self, grey: npt.NDArray[np.uint8], source: str, page: int) -> Seen:
        shade = shade_of(grey)
        time.sleep(self.seconds)
        if shade in self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if shade == 1000:
            raise ImageDamagedError("The page is torn.", "Scan it again.")
        if shade == 2000:
            aside = PageAside(source, page, "blank_page", "Nothing is on it.", "Leave it out.", "0")
            return Seen(aside, grey)
        return Seen(page_of(shade, source, page), grey)


class OpenShade:
    """Opens that reader in a worker's process."""

    def __init__(self, seconds: float = 0.0, deadly: frozenset[int] = frozenset()) -> None:
        self.seconds = seconds
        self.deadly = deadly

    def __call__(self, pile: object) -> ReadPage:
        return ReadShade(self.seconds, self.deadly)


class CannotOpen:
    """A reader whose weights are damaged."""

    def __call__(self, pile: object) -> ReadPage:
        raise BundleError("The bundle is damaged.", "Copy it again.")
