"""What a child process can do: read pictures with the readers that it holds."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast

import cv2
import numpy as np
import numpy.typing as npt

from handsum.bundle import Bundle, load_bundle
from handsum.decode.constraint import Constraint
from handsum.decode.lists import parse_entries
from handsum.decode.values import declare_separators
from handsum.errors import BundleError, HandsumError
from handsum.imaging.load import Limits, Picture, count_pages, load_page, load_pictures
from handsum.promise.file import parse_promise
from handsum.reader import (
    CombReader,
    DigitReader,
    NumberReader,
    PageReader,
    ReaderKind,
    load_reader,
)
from handsum.reader.asked import agree_risk, ask, check_combs
from handsum.reader.options import ReadOptions
from handsum.reader.sources import BATCH
from handsum.readings import Box, Failure, Reading
from handsum.service.decode_child import Answer, Handler

_CROP_WIDTH, _CROP_HEIGHT = 640, 160
_WAITING_PIXELS = 20_000_000  # of pages kept for their crops
_CONSTRAINT = ("pattern", "length", "check", "range")

_AnyReader = DigitReader | NumberReader | PageReader | CombReader
_Named = tuple[str, bytes] | None


class _Reader(Protocol):
    batch: int

    def prepare(self, picture: Picture) -> Any: ...
    def read_prepared(self, prepared: list[Any], options: ReadOptions) -> list[Reading]: ...


@dataclass
class _Batch:
    """Results in order; what waits for the net keeps its place."""

    reader: _Reader
    options: ReadOptions
    crops: bool
    results: list[dict[str, Any]] = field(default_factory=list)
    _waiting: list[tuple[Any, Picture | None]] = field(default_factory=list)
    _pixels: int = 0

    def add(self, picture: Picture) -> None:
        """Prepare a page; read all that wait once they are many."""
        self._waiting.append((self.reader.prepare(picture), picture if self.crops else None))
        self._pixels += picture.grey.size if self.crops else 0
        if self._pixels > _WAITING_PIXELS or len(self._waiting) >= min(BATCH, self.reader.batch):
            self.flush()

    def fail(self, failure: Failure) -> None:
        """Put a failure in its place."""
        self.flush()
        self.results.append(failure.to_json())

    def flush(self) -> None:
        """Read what waits."""
        if not self.crops:
            prepared = [one for one, _ in self._waiting]
            self.results += [r.to_json() for r in self.reader.read_prepared(prepared, self.options)]
        else:
            for one, picture in self._waiting:
                assert picture is not None
                for reading in self.reader.read_prepared([one], self.options):
                    crop = {"crop": cut_crop(picture, reading.box)}
                    self.results.append(reading.to_json() | crop)
        self._waiting.clear()
        self._pixels = 0


def load_tasks() -> tuple[dict[str, Handler], dict[str, Any]]:
    """The tasks by name, with warm readers, and which bundles they read with."""
    cv2.setNumThreads(1)
    pages = PageReader(threads=1)
    digits = DigitReader(threads=1)
    readers: dict[str, DigitReader | NumberReader | PageReader] = {
        "digit": digits,
        "number": pages.numbers,
        "page": pages,
    }
    paper = np.full((64, 64), 255, np.uint8)
    cv2.putText(paper, "7", (12, 52), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 0, 3)
    for reader in readers.values():
        reader.read(paper)  # the first run of a net is slow
    tasks = _Tasks(readers)
    about = {"bundles": [_about(reader.bundle) for reader in (digits, pages)]}
    return {"read": tasks.read, "count": count, "draft": draft, "render": render}, about


@dataclass(frozen=True)
class _Tasks:
    readers: dict[str, DigitReader | NumberReader | PageReader]
    others: dict[tuple[str, str, int | None], _AnyReader] = field(default_factory=dict)

    def _choose(self, kind: str | None, cells: int | None, bundle: str | None) -> _AnyReader:
        """The reader of a kind, or of combs of so many cells, with its own or another bundle."""
        if cells is not None:
            check_combs(kind)
        if bundle is None and cells is None:
            return self.readers[kind or "number"]
        if bundle is not None:
            kind = _check_bundle(bundle, kind if cells is None else "number")
        key = (kind or "number", bundle or "", cells)
        if key not in self.others:
            self.others[key] = self._open(*key)
        return self.others[key]

    def _open(self, kind: str, bundle: str, cells: int | None) -> _AnyReader:
        if cells is None:
            return load_reader(cast(ReaderKind, kind), bundle, threads=1)
        numbers = self._choose("number", None, bundle or None)
        assert isinstance(numbers, NumberReader)
        return CombReader(numbers, cells=cells)

    def read(self, head: dict[str, Any], blobs: list[bytes], beat: Callable[[], None]) -> Answer:
        """Readings, as JSON text in the one blob of the answer, of files under their names.

        The head of the answer counts the failures and, where the only file failed, has its error.
        """
        count = len(head["names"])
        beside: dict[str, tuple[str, bytes]] = {
            key: (name, data)
            for (key, name), data in zip(head["beside"].items(), blobs[count:], strict=True)
        }
        blobs = blobs[:count]
        options = head["options"]
        chosen = self._choose(head["kind"], options.get("cells"), options.get("bundle"))
        # Lists may be large: few are kept.
        build = _build_options if beside else _build_small_options
        asked = build(
            chosen,
            json.dumps(options, sort_keys=True),
            beside.get("entries"),
            beside.get("promise"),
        )
        reader = cast(_Reader, chosen)
        batch = _Batch(reader, asked, bool(head.get("crops")))
        limits = Limits(max_pixels=head["max_pixels"], max_pages=head["max_pages"])
        alone: HandsumError | None = None
        for name, data in zip(head["names"], blobs, strict=True):
            try:
                for picture in load_pictures(data, name=name, limits=limits):
                    batch.add(picture)
                    beat()
            except HandsumError as error:
                alone = error
                batch.fail(Failure(name, error.code, error.message, error.remedy))
        batch.flush()
        if alone is not None and len(blobs) == 1 and head.get("alone"):
            raise alone
        text = json.dumps(batch.results, ensure_ascii=False).encode(errors="backslashreplace")
        return {"count": len(batch.results)}, [text]


def count(head: dict[str, Any], blobs: list[bytes], _beat: Callable[[], None]) -> Answer:
    """How many pages a file has."""
    limits = Limits(max_pixels=head["max_pixels"], max_pages=head["max_pages"])
    return {"pages": count_pages(blobs[0], head["name"], limits)}, []


def draft(head: dict[str, Any], _blobs: list[bytes], _beat: Callable[[], None]) -> Answer:
    """The draft of a blank's template as TOML, and the straightened blank if it needs one.

    Its name is that of the page code, where the blank has one.
    """
    from handsum.forms.draft import draft_template, straight_name  # noqa: PLC0415 (it is large)

    path = Path(head["path"])
    found = draft_template(path, page=head["page"], folder=path.parent)
    made = {"toml": found.toml, "notes": list(found.notes), "straight": ""}
    if found.blank is None:
        return made, []
    made["straight"] = straight_name(path, head["page"])
    return made, [cv2.imencode(".png", found.blank)[1].tobytes()]


def render(head: dict[str, Any], blobs: list[bytes], _beat: Callable[[], None]) -> Answer:
    """A page as a PNG of at most ``width`` pixels across."""
    grey = load_page(blobs[0], head["page"], "the form").grey
    scale = min(1.0, head["width"] / grey.shape[1])
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return {}, [cv2.imencode(".png", small)[1].tobytes()]


def _check_bundle(name: str, kind: str | None) -> str:
    """What a bundle reads, if nothing else is asked for; BundleError where it cannot read that."""
    reads = load_bundle(name).info.kind
    if kind is None:
        return "digit" if reads == "digits" else "number"
    if (kind == "digit") != (reads == "digits"):
        error = BundleError(
            f"The bundle {name} reads {reads}, and as={kind} was asked for.",
            "Name another bundle, or leave one of the two out.",
        )
        error.http_status = 422  # here it is the request that is wrong
        raise error
    return kind


def _check_options(reader: _AnyReader, asked: str, entries: _Named, promise: _Named) -> ReadOptions:
    """Checked options of a call, in the order in which ``handsum read`` checks them."""
    tree: dict[str, Any] = json.loads(asked)
    given = None if promise is None else parse_promise(promise[1], promise[0])
    risk = agree_risk(tree.get("max_risk"), given)
    separators = declare_separators(tree.get("decimal"), tree.get("thousands"))
    named = {key: tree[key] for key in _CONSTRAINT if key in tree}
    constraint = None
    if named or entries is not None:
        listed = None if entries is None else parse_entries(entries[1], entries[0])
        constraint = Constraint(**named, entries=listed, separators=separators)
    return ask(
        reader,
        max_risk=risk,
        top=int(tree["top"]),
        promise=given,
        constraint=constraint,
        separators=separators,
    )


# Compiling a format takes longer than reading with it.
_build_small_options = lru_cache(maxsize=64)(_check_options)
_build_options = lru_cache(maxsize=4)(_check_options)


def cut_crop(picture: Picture, box: Box) -> str:
    """What lies in ``box`` with a margin, as the base64 of a PNG of at most 640 x 160 pixels."""
    height, width = picture.grey.shape
    x0, y0, x1, y1 = box
    if x1 <= x0 or y1 <= y0:
        x0, y0, x1, y1 = 0, 0, width, height
    pad = max(4, round(0.15 * (y1 - y0)))
    cut: npt.NDArray[Any] = picture.grey[max(0, y0 - pad) : y1 + pad, max(0, x0 - pad) : x1 + pad]
    scale = min(1.0, _CROP_WIDTH / cut.shape[1], _CROP_HEIGHT / cut.shape[0])
    if scale < 1.0:
        size = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
        cut = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    _, png = cv2.imencode(".png", cut)
    return base64.b64encode(png.tobytes()).decode()


def _about(bundle: Bundle) -> dict[str, Any]:
    return {"kind": bundle.info.kind, "name": bundle.info.name, "version": bundle.info.version,
            "sha256": bundle.ref.sha256}  # fmt: skip
