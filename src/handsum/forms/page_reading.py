"""What a form's page says, field by field and rule by rule, or why it was put aside.

These are what a pile stores: every one becomes JSON and comes back the same. Evidence travels
along, so that rules can be run again when a person corrects a value, without the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from handsum.decode.totals import Status, Verdict
from handsum.forms.transform import PageTransform
from handsum.readings import (
    Basis,
    Box,
    BundleRef,
    Candidate,
    Content,
    Decision,
    DigitReading,
    Reading,
)

PAGE_SCHEMA = 1

How = Literal["code", "marks", "lines"]
"""By what a page was matched: its page code, its corner marks, or the printed lines."""
AsideReason = Literal[
    "blank_page",
    "unreadable",
    "no_marks",
    "wrong_form",
    "other_version",
    "two_pages",
    "cut_off",
    "bad_fit",
]


@dataclass(frozen=True)
class Alone:
    """What the reader alone would have said of a field that the rules repaired."""

    text: str
    value: str | None
    confidence: float


@dataclass(frozen=True)
class StoredEvidence:
    """What the reader alone saw in a field and made of it, as the rules need it.

    ``texts``: possible texts with calibrated probabilities, the best first; the empty text is an
    empty field. ``cells`` (L, 11), of combs whose digits end in their last cell: probabilities of
    empty and the digits 0 to 9 a cell. The others are the `Reading`'s and ``why`` before rules.
    """

    texts: tuple[Candidate, ...] = ()
    cells: tuple[tuple[float, ...], ...] = ()
    content: Content = "blank"
    confidence: float = 0.0
    decision: Decision = "review"
    basis: Basis = "estimate"
    why: str = ""


@dataclass(frozen=True)
class FieldReading:
    """A field of a page.

    ``reading`` is the outcome after the rules, its ``box`` on the page as loaded; ``alone`` is
    there if a rule repaired it. ``crop_box`` is the field on the upright picture, in pixels.
    ``why`` names what sent it to review: "required", "rule", "risk", "struck_out" or
    "not_a_number"; empty where it was accepted. ``look_at``: a broken rule names it.
    """

    name: str
    reading: Reading
    crop_box: Box
    alone: Alone | None = None
    evidence: StoredEvidence = StoredEvidence()
    why: str = ""
    look_at: bool = False

    def to_json(self) -> dict[str, Any]:
        """A tree of plain types; ``from_json`` gives the same field back."""
        return {
            "name": self.name,
            "reading": self.reading.to_json(),
            "crop_box": list(self.crop_box),
            "alone": None if self.alone is None else asdict(self.alone),
            "evidence": {
                "texts": [[c.text, c.confidence] for c in self.evidence.texts],
                "cells": [list(row) for row in self.evidence.cells],
                "content": self.evidence.content,
                "confidence": self.evidence.confidence,
                "decision": self.evidence.decision,
                "basis": self.evidence.basis,
                "why": self.evidence.why,
            },
            "why": self.why,
            "look_at": self.look_at,
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> FieldReading:
        """The field that ``to_json`` wrote; KeyError or TypeError where it did not."""
        evidence = dict(tree["evidence"])
        texts, cells = evidence.pop("texts"), evidence.pop("cells")
        return cls(
            name=tree["name"],
            reading=reading_from_json(tree["reading"]),
            crop_box=_box(tree["crop_box"]),
            alone=None if tree["alone"] is None else Alone(**tree["alone"]),
            evidence=StoredEvidence(
                tuple(Candidate(text, p) for text, p in texts),
                tuple(tuple(row) for row in cells),
                **evidence,
            ),
            why=tree["why"],
            look_at=tree["look_at"],
        )


@dataclass(frozen=True)
class RuleFinding:
    """A rule of the template under the values as given out.

    ``status`` and ``verdict`` as in `handsum.decode.totals.RuleOutcome`; ``writer_erred`` is the
    posterior that the writer broke it, ``look_at`` the fields most worth a look.
    """

    text: str
    status: Status
    verdict: Verdict
    writer_erred: float
    fields: tuple[str, ...]
    look_at: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A tree of plain types."""
        return {**asdict(self), "fields": list(self.fields), "look_at": list(self.look_at)}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> RuleFinding:
        """The finding that ``to_json`` wrote."""
        lists = {"fields": tuple(tree["fields"]), "look_at": tuple(tree["look_at"])}
        return cls(**{**tree, **lists})


@dataclass(frozen=True)
class PageReading:
    """A page that matched a template, with every field of it.

    ``turned`` is by how many degrees (0, 90, 180, 270) the picture was turned clockwise to stand
    upright. ``error_mm``: the registration error that printed lines leave, in millimetres.
    ``transform`` takes millimetres of the form to pixels of the page as loaded. ``sha256`` is that
    of the page's grey pixels and their shape.
    """

    source: str
    page: int
    template: str
    template_version: str
    sheet: int | None
    how: How
    turned: int
    error_mm: float
    transform: PageTransform
    fields: tuple[FieldReading, ...]
    rules: tuple[RuleFinding, ...]
    sha256: str

    @property
    def accepted(self) -> bool:
        """Whether no field needs eyes."""
        return all(field.reading.decision == "accepted" for field in self.fields)

    def field(self, name: str) -> FieldReading:
        """The field of that name; KeyError where there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """A tree of plain types; ``from_json`` gives the same page back."""
        return {
            "schema": PAGE_SCHEMA,
            "source": self.source,
            "page": self.page,
            "template": self.template,
            "template_version": self.template_version,
            "sheet": self.sheet,
            "how": self.how,
            "turned": self.turned,
            "error_mm": self.error_mm,
            "transform": {
                "matrix": [list(row) for row in self.transform.matrix],
                "size": list(self.transform.size),
                "bend": None if self.transform.bend is None else [*map(list, self.transform.bend)],
            },
            "fields": [field.to_json() for field in self.fields],
            "rules": [rule.to_json() for rule in self.rules],
            "sha256": self.sha256,
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> PageReading:
        """The page that ``to_json`` wrote; KeyError or TypeError where it did not."""
        kept = {key: value for key, value in tree.items() if key != "schema"}
        kept["transform"] = _transform(tree["transform"])
        kept["fields"] = tuple(FieldReading.from_json(field) for field in tree["fields"])
        kept["rules"] = tuple(RuleFinding.from_json(rule) for rule in tree["rules"])
        return cls(**kept)


@dataclass(frozen=True)
class PageAside:
    """A page that was not read: ``reason`` is a stable name, message and remedy are sentences."""

    source: str
    page: int
    reason: AsideReason
    message: str
    remedy: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """A tree of plain types; ``from_json`` gives the same back."""
        return {"schema": PAGE_SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> PageAside:
        """What ``to_json`` wrote; TypeError where it did not."""
        return cls(**{key: value for key, value in tree.items() if key != "schema"})


def reading_from_json(tree: Mapping[str, Any]) -> Reading:
    """The reading that `Reading.to_json` wrote, its confidences rounded as they were written."""
    content: Content = tree["content"]
    return Reading(
        source=tree["source"],
        page=tree["page"],
        box=_box(tree["box"]),
        content=content,
        text=tree["text"],
        value=tree["value"],
        confidence=tree["confidence"],
        decision=tree["decision"],
        basis=tree["basis"],
        max_risk=tree["max_risk"],
        bundle=BundleRef(**tree["bundle"]),
        origin=tree["origin"],
        candidates=tuple(Candidate(**candidate) for candidate in tree["candidates"]),
        digits=tuple(
            DigitReading(digit["symbol"], digit["confidence"], _box(digit["box"]))
            for digit in tree["digits"]
        ),
        left_over=tree.get("left_over"),
    )


def _transform(tree: Mapping[str, Any]) -> PageTransform:
    a, b, c = (tuple(row) for row in tree["matrix"])
    width, height = tree["size"]
    bend = tree["bend"]
    return PageTransform(
        (a, b, c), (width, height), None if bend is None else (tuple(bend[0]), tuple(bend[1]))
    )


def _box(sides: list[int]) -> Box:
    x0, y0, x1, y1 = sides
    return x0, y0, x1, y1
