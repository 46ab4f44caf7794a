"""What ``handsum evaluate --format json`` wrote, from a folder: the figures by writer and band."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from handsum.errors import DataError, HandsumError

_MOST_BYTES = 16 << 20
_REMEDY = "Write it with: handsum evaluate BUNDLE DATA --format json > NAME.json"
Unit = Annotated[float, Field(ge=0.0, le=1.0)]


class _Part(BaseModel):
    # A report has more figures than a page shows.
    model_config = ConfigDict(extra="ignore", frozen=True)


class ShareTree(_Part):
    """So many of ``n``, with the interval that holds with 95 %."""

    count: int = Field(ge=0)
    n: int = Field(ge=0)
    value: Unit | None
    low: Unit
    high: Unit


class BandTree(_Part):
    """Readings whose stated chance of error lies between ``low`` and ``high``."""

    low: Unit
    high: Unit
    stated: Unit
    wrong: ShareTree


class ReportTree(_Part):
    """A report's figures; ``accuracy`` of digits or ``exact_match`` of numbers."""

    schema_: Literal[1] = Field(alias="schema")
    reader: str = Field(max_length=200)
    facts: list[tuple[str, str]] = Field(default_factory=list, max_length=100)
    notes: list[str] = Field(default_factory=list, max_length=100)
    pictures: int = Field(ge=0)
    accuracy: ShareTree | None = None
    exact_match: ShareTree | None = None
    ece: float | None = None
    max_risk: Unit
    accepted: ShareTree
    accepted_wrong: ShareTree
    writers: dict[str, ShareTree] = Field(default_factory=dict)
    writer_unknown: int = Field(0, ge=0)
    bands: list[BandTree] = Field(default_factory=list, max_length=100)


@dataclass(frozen=True)
class Reports:
    """Reports by their files' names without ``.json``; none where there is no folder."""

    folder: Path | None = None

    def trees(self) -> list[dict[str, Any]]:
        """Every report of the folder, as `parse_report`; one that is none comes with its error."""
        found: list[dict[str, Any]] = []
        for path in self._files():
            try:
                found.append({"name": path.stem, **parse_report(_load(path), path.name)})
            except HandsumError as error:
                told = {"code": error.code, "message": error.message, "remedy": error.remedy}
                found.append({"name": path.stem, "error": told})
        return found

    def _files(self) -> list[Path]:
        if self.folder is None or not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.glob("*.json") if path.is_file())


def parse_report(data: bytes, source: str) -> dict[str, Any]:
    """What a page shows of a report; DataError where it is none, ``source`` names it."""
    try:
        report = ReportTree.model_validate(json.loads(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise DataError(f"{source}: {where}: {first['msg']}.", _REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source} is not JSON: {error}.", _REMEDY) from error
    return report.model_dump(by_alias=True, mode="json")


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}.", _REMEDY) from error
