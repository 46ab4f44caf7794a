"""What the API's JSON looks like, for OpenAPI and for checking what comes back to us."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from handsum.readings import Basis, Content, Decision, Origin

Share = Annotated[float, Field(ge=0.0, le=1.0)]
RowId = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""The id of a page or an item; what no database could look for is refused as such."""
BoxTree = Annotated[list[int], Field(min_length=4, max_length=4)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ProblemTree(BaseModel):
    """An error (RFC 9457): ``code`` is stable, ``remedy`` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    remedy: str


class CandidateTree(_Strict):
    """One possible text."""

    text: str = Field(max_length=200)
    confidence: Share


class DigitTree(_Strict):
    """One symbol of a reading."""

    symbol: str = Field(max_length=4)
    confidence: Share
    box: BoxTree


class BundleTree(_Strict):
    """Which weights gave a reading."""

    name: str
    version: str
    sha256: str


class ReadingTree(_Strict):
    """A reading as ``handsum read --format json`` writes it, field for field.

    ``crop``, the base64 of a PNG, is there only where crops were asked for.
    """

    schema_: Literal[1] = Field(alias="schema")
    source: str
    page: int
    box: BoxTree
    content: Content
    text: str
    value: str | None
    confidence: Share
    decision: Decision
    basis: Basis
    max_risk: Share
    origin: Origin
    candidates: list[CandidateTree]
    digits: list[DigitTree]
    bundle: BundleTree
    left_over: Share | None = None
    crop: str | None = None


class ErrorTree(_Strict):
    """Why an input could not be read."""

    code: str
    message: str
    remedy: str


class FailureTree(_Strict):
    """An input that failed among others that were read."""

    schema_: Literal[1] = Field(alias="schema")
    source: str
    error: ErrorTree


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemTree, "description": "A problem with the request (problem+json)."},
    "5XX": {"model": ProblemTree, "description": "A problem of the service (problem+json)."},
}
