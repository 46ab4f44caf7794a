"""What is asked of one call: when to accept, how many candidates, what is known of the text."""

from __future__ import annotations

from dataclasses import dataclass

from handsum.bundle import Bundle
from handsum.decode.constraint import CompiledConstraint
from handsum.decode.values import Separators
from handsum.errors import UsageError
from handsum.promise.terms import Promise, PromiseKey, Task, check_promise
from handsum.reader.keys import describe_format, fingerprint_entries
from handsum.readings import Basis, Decision


@dataclass(frozen=True)
class ReadOptions:
    """Checked options of a call; `build_options` makes and checks them.

    ``max_risk``, 0 to 1, is the estimated chance of being wrong up to which a reading is
    accepted; with a ``promise`` its threshold decides instead. ``top`` is how many candidates a
    reading carries. ``separators`` say what the marks in a number mean for its value; None where
    nobody knows.
    """

    max_risk: float = 0.01
    top: int = 3
    promise: Promise | None = None
    constraint: CompiledConstraint | None = None
    separators: Separators | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.max_risk <= 1.0:
            raise UsageError(f"max_risk is {self.max_risk}.", "Give a share from 0 to 1.")
        if self.top < 1:
            raise UsageError(f"top is {self.top}.", "Ask for one candidate or more.")

    def decide(self, confidence: float) -> tuple[Decision, Basis, float]:
        """Whether to accept a reading of this confidence, on what ground, within which risk."""
        if self.promise is not None:
            kept = self.promise.accepts(confidence)
            return "accepted" if kept else "review", "promise", self.promise.max_risk
        accepted = 1.0 - confidence <= self.max_risk
        return "accepted" if accepted else "review", "estimate", self.max_risk


DEFAULTS = ReadOptions()


def build_key(bundle: Bundle, task: Task, constraint: CompiledConstraint | None) -> PromiseKey:
    """What a promise has to be made for, to be used with this bundle and constraint."""
    asked = None if constraint is None else constraint.constraint
    return PromiseKey(
        bundle=bundle.ref,
        imaging_version=int(bundle.info.imaging["version"]),
        task=task,
        format="" if asked is None else describe_format(asked),
        list_sha256="" if asked is None else fingerprint_entries(asked),
    )


def build_options(
    bundle: Bundle,
    task: Task,
    *,
    max_risk: float = 0.01,
    top: int = 3,
    promise: Promise | None = None,
    constraint: CompiledConstraint | None = None,
    separators: Separators | None = None,
) -> ReadOptions:
    """Options for reading with a bundle.

    UsageError for a number out of range, PromiseError where the promise is broken or was made
    for another bundle, task or constraint.
    """
    options = ReadOptions(max_risk, top, promise, constraint, separators)
    if promise is not None:
        check_promise(promise, build_key(bundle, task, constraint))
    return options
