"""Pages with their readings drawn in, to look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.files import write_atomically
from handsum.imaging.load import Picture, load_pictures
from handsum.reader.stream import Input, NamedBytes
from handsum.readings import Failure, Reading

_ACCEPTED, _REVIEW = (60, 140, 0), (0, 110, 230)  # BGR


def write_overlays(
    files: Sequence[Input], results: Sequence[Reading | Failure], folder: Path
) -> None:
    """One PNG a page in ``folder``: boxes green where accepted, orange where to review."""
    by_page: dict[tuple[str, int], list[Reading]] = defaultdict(list)
    for result in results:
        if isinstance(result, Reading):
            by_page[result.source, result.page].append(result)
    for picture, target in each_page(files, {source for source, _ in by_page}):
        _, data = cv2.imencode(".png", _draw(picture.grey, by_page[picture.source, picture.page]))
        write_atomically(folder / f"{target}.png", data.tobytes())


def each_page(files: Sequence[Input], sources: Set[str]) -> Iterator[tuple[Picture, str]]:
    """Every page of the files that were read (``sources``), with a file name of its own."""
    taken: set[str] = set()
    for file in files:
        if isinstance(file, Failure):
            continue
        source, name = (file.data, file.name) if isinstance(file, NamedBytes) else (file, str(file))
        if name not in sources:
            continue  # it failed, and has been reported
        stem = "stdin" if name == "-" else Path(name).stem
        for picture in load_pictures(source, name=name):
            page = stem if picture.page == 1 else f"{stem}-{picture.page}"
            yield picture, _free_name(page, taken)


def _free_name(stem: str, taken: set[str]) -> str:
    name, n = stem, 1
    while name in taken:
        n += 1
        name = f"{stem}_{n}"
    taken.add(name)
    return name


def _draw(grey: npt.NDArray[np.uint8], readings: Sequence[Reading]) -> npt.NDArray[np.uint8]:
    scale = max(1, round(240 / max(grey.shape)))
    page = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    page = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    page = cv2.copyMakeBorder(page, 24, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    for reading in readings:
        colour = _ACCEPTED if reading.decision == "accepted" else _REVIEW
        x0, y0, x1, y1 = (v * scale for v in reading.box)
        cv2.rectangle(page, (x0 + 4, y0 + 24), (x1 + 4, y1 + 24), colour, 1)
        label = reading.text or reading.content.replace("_", " ")
        text = f"{label}  {100 * reading.confidence:.1f} %"
        origin = (x0 + 4, max(14, y0 + 18))
        cv2.putText(page, text, origin, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
    return np.asarray(page, np.uint8)
