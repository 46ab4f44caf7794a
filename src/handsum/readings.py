"""Frozen results: what was read, how sure, and on what ground it was accepted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

SCHEMA_VERSION = 1

Box = tuple[int, int, int, int]
"""(x0, y0, x1, y1) in pixels of the page as loaded; x1 and y1 are exclusive."""

Content = Literal["number", "blank", "struck_out", "not_a_number"]
Decision = Literal["accepted", "review"]
Basis = Literal["promise", "estimate", "rule", "person"]
Origin = Literal["read", "repaired", "keyed"]


@dataclass(frozen=True)
class BundleRef:
    """Which weights gave a reading."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Candidate:
    """One possible text with the probability, 0 to 1, that it is the whole text."""

    text: str
    confidence: float


@dataclass(frozen=True)
class DigitReading:
    """One symbol of a reading, its own confidence, and where it stands on the page."""

    symbol: str
    confidence: float
    box: Box


@dataclass(frozen=True)
class Reading:
    """What one picture, crop or field says.

    ``text`` is what stands there (leading zeros and separators kept; empty unless ``content`` is
    "number"), ``value`` the canonical decimal or None, ``confidence`` the probability that the
    whole reading (text and content) is right. ``max_risk`` is what the user asked for.
    ``left_over``, where a format or list was declared, is how probable it is that something else
    stands there.
    """

    source: str
    page: int
    box: Box
    content: Content
    text: str
    value: str | None
    confidence: float
    decision: Decision
    basis: Basis
    max_risk: float
    bundle: BundleRef
    origin: Origin = "read"
    candidates: tuple[Candidate, ...] = ()
    digits: tuple[DigitReading, ...] = field(default=())
    left_over: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The object that ``--format jsonl`` writes, key for key in a fixed order.

        ``left_over`` comes last, and only where there is one.
        """
        tree: dict[str, Any] = {
            "schema": SCHEMA_VERSION,
            "source": self.source,
            "page": self.page,
            "box": list(self.box),
            "content": self.content,
            "text": self.text,
            "value": self.value,
            "confidence": round(self.confidence, 6),
            "decision": self.decision,
            "basis": self.basis,
            "max_risk": self.max_risk,
            "origin": self.origin,
            "candidates": [
                {"text": c.text, "confidence": round(c.confidence, 6)} for c in self.candidates
            ],
            "digits": [
                {"symbol": d.symbol, "confidence": round(d.confidence, 6), "box": list(d.box)}
                for d in self.digits
            ],
            "bundle": {
                "name": self.bundle.name,
                "version": self.bundle.version,
                "sha256": self.bundle.sha256,
            },
        }
        if self.left_over is not None:
            tree["left_over"] = round(self.left_over, 6)
        return tree


@dataclass(frozen=True)
class Failure:
    """An input that could not be read: never an empty text, always a reason and a remedy."""

    source: str
    code: str
    message: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """The object that ``--format jsonl`` writes for an input that failed."""
        return {
            "schema": SCHEMA_VERSION,
            "source": self.source,
            "error": {"code": self.code, "message": self.message, "remedy": self.remedy},
        }
