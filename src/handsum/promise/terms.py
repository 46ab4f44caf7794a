"""What a promise says, and what it was measured with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from handsum.confidence.acceptance import AcceptanceRow
from handsum.errors import PromiseError
from handsum.readings import BundleRef
from handsum.version import __version__

PROMISE_SCHEMA = 1

Task = Literal["digit", "number", "page", "comb"]
Method = Literal["values", "groups", "same_groups"]
"""values: independent, no groups known. groups: for new writers, pages or books like these.
same_groups: for the same ones again, in the same proportions."""
Status = Literal["valid", "broken"]


@dataclass(frozen=True)
class PromiseKey:
    """What a promise was measured with; all of it must be the same where it is used.

    ``format`` describes the pattern, length and checks asked for ("" for none), ``list_sha256`` and
    ``rules_sha256`` are `fingerprint`s of a closed list of values and of a page's rules ("" for
    none).
    """

    bundle: BundleRef
    imaging_version: int
    task: Task
    format: str = ""
    list_sha256: str = ""
    rules_sha256: str = ""

    def differences(self, other: PromiseKey) -> list[str]:
        """What differs, one phrase each: "bundle.version is '2', promised for '1'"."""
        mine, theirs = _flat(asdict(self)), _flat(asdict(other))
        return [
            f"{name} is {theirs[name]!r}, promised for {mine[name]!r}"
            for name in mine
            if mine[name] != theirs[name]
        ]


def fingerprint(content: object) -> str:
    """SHA-256 of anything that JSON can hold, the same for equal content whatever its key order."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class DataDescription:
    """Where labelled readings come from: a name, the SHA-256 of the labels, what a group is.

    ``group_noun`` names the column: "writer", "page", "book", "form" or "group".
    """

    name: str
    sha256: str
    group_noun: str = "writer"


@dataclass(frozen=True)
class Promise:
    """A bound on the risk of accepted values, with all that it rests on.

    Of the values with a confidence >= ``threshold`` at most ``max_risk`` are wrong, with confidence
    1 - ``delta``; of ``n`` labelled values from ``groups`` writers, pages or books (None where not
    known) ``n_accepted`` were accepted and ``n_wrong`` of those wrong. ``bound`` is the upper bound
    at this threshold by itself. ``table`` says the same of other thresholds.
    """

    key: PromiseKey
    data: DataDescription
    method: Method
    n: int
    groups: int | None
    delta: float
    max_risk: float
    threshold: float
    n_accepted: int
    n_wrong: int
    bound: float
    table: tuple[AcceptanceRow, ...]
    status: Status
    status_when: str
    status_why: str
    created: str
    handsum: str = __version__
    schema: int = PROMISE_SCHEMA

    def accepts(self, confidence: float) -> bool:
        """Whether a reading of this confidence is covered; ask `check_promise` once before."""
        return self.status == "valid" and confidence >= self.threshold

    def sentence(self) -> str:
        """The promise in words."""
        people = "" if self.groups is None else f" of m = {count(self.groups, self.data)}"
        scope = (
            f"for forms like these by the same {self.data.group_noun}s"
            if self.method == "same_groups"
            else "for forms and hands like these"
        )
        return (
            f"of the accepted values at most {percent(self.max_risk)} are wrong, with "
            f"{percent(1.0 - self.delta)} confidence, from n = {self.n_accepted:,} values"
            f"{people}, k = {self.n_wrong:,} errors, {scope}"
        )

    def warnings(self) -> tuple[str, ...]:
        """What whoever relies on it has to know; empty where values were bounded over groups."""
        if self.method == "values":
            return (
                "The labels name no writer, page or book, so all values were taken as independent. "
                "Where errors cluster in a hand or on a page, more can be wrong than promised.",
            )
        if self.method == "same_groups":
            return (
                f"It holds for the same {self.data.group_noun}s in the same proportions, "
                "not for new ones.",
            )
        return ()


def check_promise(promise: Promise, key: PromiseKey) -> None:
    """PromiseError, naming what differs, unless a promise is valid and made for ``key``."""
    if promise.status == "broken":
        raise PromiseError(
            f"The promise is broken since {promise.status_when}: {promise.status_why}",
            "Calibrate again on labelled values of today's paper.",
        )
    differences = promise.key.differences(key)
    if differences:
        raise PromiseError(
            f"The promise is for something else: {'; '.join(differences)}.",
            "Use it as it was made, or calibrate again for this use.",
        )


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            out |= _flat(value, f"{prefix}{name}.")
        else:
            out[prefix + name] = value
    return out


def percent(share: float) -> str:
    """A share as people write it: 0.005 -> "0.5 %"."""
    return f"{100.0 * share:.4g} %"


def count(number: int, data: DataDescription) -> str:
    """So many writers, pages or books, in words."""
    return f"{number:,} {data.group_noun}{'' if number == 1 else 's'}"


def now() -> str:
    """The time for a file, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
