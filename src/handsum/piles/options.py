"""How a pile is read: said once when it is made, the same for every page and every worker."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from handsum.errors import UsageError


@dataclass(frozen=True)
class PileOptions:
    """What every page of a pile is read with.

    ``max_risk``, 0 to 1, is the estimated risk up to which a value is accepted; ``promise`` the
    text of a promise that decides instead, "" for none. ``bundle`` is the reader's folder or
    name, None for the one that ships.
    """

    max_risk: float = 0.01
    promise: str = ""
    bundle: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.max_risk <= 1.0:
            raise UsageError(f"max_risk is {self.max_risk}.", "Give a share from 0 to 1.")

    def to_json(self) -> dict[str, Any]:
        """A tree of plain types."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> PileOptions:
        """What ``to_json`` wrote."""
        return cls(**tree)

    def differences(self, other: PileOptions) -> tuple[str, ...]:
        """Names of what is not the same in both."""
        mine, its = self.to_json(), other.to_json()
        return tuple(name for name in mine if mine[name] != its[name])
