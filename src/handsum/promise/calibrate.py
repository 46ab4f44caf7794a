"""Making a promise from labelled readings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from handsum.confidence.acceptance import AcceptanceRow, Choice, choose_threshold
from handsum.confidence.bounds import values_needed
from handsum.confidence.evidence import MAX_DELTA
from handsum.confidence.labelled import LabelledReadings, label_readings
from handsum.errors import PromiseError
from handsum.promise.terms import (
    DataDescription,
    Method,
    Promise,
    PromiseKey,
    count,
    now,
    percent,
)

Confidences = Sequence[float] | npt.NDArray[np.floating]
Correct = Sequence[bool] | npt.NDArray[np.bool_]
Groups = Sequence[str | None] | npt.NDArray[np.generic] | None


def calibrate_promise(
    confidence: Confidences,
    correct: Correct,
    groups: Groups,
    *,
    max_risk: float,
    delta: float,
    key: PromiseKey,
    description: DataDescription,
    same_groups: bool = False,
    accept_nearest: bool = False,
) -> Promise:
    """A promise from n labelled readings that trained nothing.

    ``confidence`` (n,) in 0..1, ``correct`` (n,) whether text and content are right, ``groups``
    (n,) who wrote each, or None. With groups the bound is for new groups, unless ``same_groups``.
    PromiseError where the data cannot carry ``max_risk``, naming the nearest that they can;
    ``accept_nearest`` promises that instead (it costs nothing, see `Offer`). DataError for readings
    that do not fit together.
    """
    if not (0.0 < max_risk < 1.0 and 0.0 < delta <= MAX_DELTA):
        raise PromiseError(
            f"A promise needs 0 < max_risk < 1 and 0 < delta <= {MAX_DELTA}, "
            f"not {max_risk} and {delta}.",
            "Ask for something like max_risk 0.01 at delta 0.05.",
        )
    readings = label_readings(confidence, correct, groups)
    if same_groups and readings.groups is None:
        raise PromiseError(
            "A promise for the same groups needs to know them, and the labels name none.",
            "Add a column writer, page or book, or promise without it.",
        )
    choice = choose_threshold(readings, max_risk, delta, by_group=not same_groups)
    method: Method = "values"
    if readings.groups is not None:
        method = "same_groups" if same_groups else "groups"
    row, bound = choice.row, choice.bound
    if row is None and accept_nearest and choice.offer is not None:
        row, max_risk, bound = choice.offer.row, choice.offer.max_risk, choice.offer.bound
    if row is None or bound is None:
        raise _refusal(
            readings, choice, max_risk=max_risk, delta=delta, method=method, data=description
        )
    today = now()
    return Promise(
        key=key,
        data=description,
        method=method,
        n=len(readings),
        groups=readings.group_count,
        delta=delta,
        max_risk=max_risk,
        threshold=row.threshold,
        n_accepted=row.accepted,
        n_wrong=row.wrong,
        bound=bound,
        table=_thin(choice.table, row),
        status="valid",
        status_when=today,
        status_why="calibrated",
        created=today,
    )


def _refusal(
    readings: LabelledReadings,
    choice: Choice,
    *,
    max_risk: float,
    delta: float,
    method: Method,
    data: DataDescription,
) -> PromiseError:
    needed = values_needed(max_risk, delta)
    wish = f"at most {percent(max_risk)} wrong with {percent(1.0 - delta)} confidence"
    have = f"{len(readings):,} values"
    if method == "groups":
        many = count(readings.group_count or 0, data)
        why = (
            f"for new {data.group_noun}s it takes {needed:,} {data.group_noun}s or more without an "
            f"error, and here are {have} of {many}"
        )
    elif len(readings) < needed:
        why = f"it takes {needed:,} accepted values without an error, and here are {have}"
    else:
        why = f"among the surest of these {have} too many are wrong"
    remedies = []
    if choice.offer is not None:
        remedies.append(
            f"take the nearest that they can, {percent(choice.offer.max_risk)} "
            f"(accepting {choice.offer.row.accepted:,} of {len(readings):,})"
        )
    if method == "groups":
        remedies.append(f"promise for the same {data.group_noun}s only")
    remedies.append("label more")
    remedy = ", or ".join(remedies)
    return PromiseError(
        f"{data.name} cannot carry {wish}: {why}.", remedy[0].upper() + remedy[1:] + "."
    )


def _thin(table: tuple[AcceptanceRow, ...], chosen: AcceptanceRow) -> tuple[AcceptanceRow, ...]:
    """About 20 rows, the last and the chosen one among them."""
    step = max(1, len(table) // 20)
    rows = {row.threshold: row for row in (*table[::-step], chosen)}
    return tuple(rows[threshold] for threshold in sorted(rows, reverse=True))
