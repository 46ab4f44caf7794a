"""Holding a promise against values that were labelled since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from handsum.confidence.evidence import Counts, GroupCounts, ValueCounts
from handsum.confidence.labelled import LabelledReadings, label_readings
from handsum.errors import PromiseError
from handsum.promise.calibrate import Confidences, Correct, Groups
from handsum.promise.terms import DataDescription, Promise, now, percent

Outcome = Literal["holds", "cannot_tell", "broken"]


@dataclass(frozen=True)
class Verification:
    """What new labelled readings say of a promise.

    "holds": the true risk is within max_risk, "broken": it is above, each with confidence
    1 - delta by an exact test of the true risk; "cannot_tell": these values refute neither.
    ``lower`` and ``upper`` are one-sided bounds of the risk, each with 1 - delta. ``promise`` is
    the one that was checked, marked as broken if it is: save it.
    """

    outcome: Outcome
    n: int
    groups: int | None
    n_accepted: int
    n_wrong: int
    lower: float
    upper: float
    promise: Promise

    def sentence(self) -> str:
        """The outcome in words."""
        words = {
            "holds": "The promise holds",
            "cannot_tell": "These values cannot tell whether the promise holds",
            "broken": "The promise is broken",
        }
        return (
            f"{words[self.outcome]}: of {self.n_accepted:,} accepted values {self.n_wrong:,} are "
            f"wrong, so the true risk is between {percent(self.lower)} and {percent(self.upper)} "
            f"(each with {percent(1.0 - self.promise.delta)} confidence); promised were at most "
            f"{percent(self.promise.max_risk)}."
        )


def verify_promise(
    promise: Promise,
    confidence: Confidences,
    correct: Correct,
    groups: Groups,
    *,
    description: DataDescription,
) -> Verification:
    """Hold a promise against new labelled readings, made with what its key names.

    Arguments as in `calibrate_promise`. Errs in at most ``promise.delta`` of all checks in which
    the promise is true (says broken), and of all in which it is not (says holds). A promise over
    groups is checked over groups. PromiseError for the very data that the promise was made from,
    and where groups are needed and not named.
    """
    if description.sha256 == promise.data.sha256:
        raise PromiseError(
            f"{description.name} holds the labels that the promise was made from.",
            "Check it on values that were labelled since.",
        )
    readings = label_readings(confidence, correct, groups)
    if promise.method == "groups" and readings.groups is None:
        raise PromiseError(
            f"The promise was made over {promise.data.group_noun}s; {description.name} names none.",
            f"Add a column {promise.data.group_noun}.",
        )
    counts = _count_at(readings, promise.threshold, promise.method == "groups")
    outcome: Outcome = "cannot_tell"
    if counts.accepted[0] and counts.passes(promise.max_risk, promise.delta)[0]:
        outcome = "holds"
    elif counts.accepted[0] and counts.fails(promise.max_risk, promise.delta)[0]:
        outcome = "broken"
    verification = Verification(
        outcome=outcome,
        n=len(readings),
        groups=readings.group_count,
        n_accepted=int(counts.accepted[0]),
        n_wrong=int(counts.wrong[0]),
        lower=counts.lower(0, promise.delta),
        upper=counts.upper(0, promise.delta),
        promise=promise,
    )
    if outcome == "broken":
        why = f"{description.name}: {verification.sentence()}"
        broken = replace(promise, status="broken", status_when=now(), status_why=why)
        verification = replace(verification, promise=broken)
    return verification


def _count_at(readings: LabelledReadings, threshold: float, by_group: bool) -> Counts:
    accepted = readings.confidence >= threshold
    wrong = accepted & ~readings.correct
    if not by_group or readings.groups is None:
        return ValueCounts(np.array([accepted.sum()]), np.array([wrong.sum()]))
    size = readings.group_count
    return GroupCounts(
        np.bincount(readings.groups[accepted], minlength=size or 0)[:, None],
        np.bincount(readings.groups[wrong], minlength=size or 0)[:, None],
        int(np.bincount(readings.groups).max()),
    )
