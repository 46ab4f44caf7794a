"""How a pile is read: said once when it is made, the same for every page and every worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handsum.bundle import CELLS
from handsum.errors import UsageError


@dataclass(frozen=True)
class PileOptions:
    """What every page of a pile is read with.

    ``max_risk``, 0 to 1, is the estimated risk up to which a value is accepted; ``promises`` are
    the texts of promises that decide instead where they fit. ``numbers`` and ``digits`` name the
    bundles of the readers, ``weights`` are the SHA-256 of their models, by which a pile notices
    that it would be read on with others; empty where that is not watched.
    """

    max_risk: float = 0.01
    promises: tuple[str, ...] = ()
    numbers: str = "numbers"
    digits: str = CELLS
    weights: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.max_risk <= 1.0:
            raise UsageError(f"max_risk is {self.max_risk}.", "Give a share from 0 to 1.")

    def to_json(self) -> dict[str, Any]:
        """A tree of plain types."""
        return {
            "max_risk": self.max_risk,
            "promises": list(self.promises),
            "numbers": self.numbers,
            "digits": self.digits,
            "weights": list(self.weights),
        }

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> PileOptions:
        """What ``to_json`` wrote."""
        lists = {"promises": tuple(tree["promises"]), "weights": tuple(tree["weights"])}
        return cls(**{**tree, **lists})

    def differences(self, other: PileOptions) -> tuple[str, ...]:
        """Names of what is not the same in both."""
        mine, its = self.to_json(), other.to_json()
        return tuple(name for name in mine if mine[name] != its[name])
