"""A pile's pictures: upright pages and overlays as JPEG, crops cut when they are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.errors import FileMissingError
from handsum.files import write_atomically
from handsum.readings import Box

Grey = npt.NDArray[np.uint8]

UPRIGHT, OVERLAYS, ASIDE = "pages", "overlays", "aside"
_QUALITY = 90  # of an A4 sheet at 200 dpi this is half a megabyte, and digits show no trace of it
_MARGIN = 6  # pixels around a crop, so that strokes over the box are seen


def page_stem(page: int, source: str, number: int) -> str:
    """A file name that sorts by the page's id and still says which scan it was."""
    stem = re.sub(r"[^\w.-]+", "_", Path(source).stem).strip("._-")[:60] or "page"
    return f"{page:06}-{stem}-p{number}"


def save_picture(path: Path, picture: Grey) -> None:
    """Write a grey (H, W) or BGR (H, W, 3) picture as JPEG, whole or not at all."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    write_atomically(path, data.tobytes())


def load_upright(path: Path) -> Grey:
    """An upright page (H, W); FileMissingError where it has gone."""
    grey = None
    if path.is_file():
        grey = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FileMissingError(
            f"{path} is no picture, or not there any more.",
            "Bring it back, or read the scans again into another folder.",
        )
    return np.asarray(grey, np.uint8)


def crop_png(upright: Grey, box: Box, margin: int = _MARGIN) -> bytes:
    """A field's crop as PNG, with a little of what is around it."""
    x0, y0, x1, y1 = box
    height, width = upright.shape
    top, left = max(0, y0 - margin), max(0, x0 - margin)
    part = upright[top : min(height, y1 + margin), left : min(width, x1 + margin)]
    if part.size == 0:  # a field that the picture does not show
        part = np.full((8, 8), 255, np.uint8)
    _, data = cv2.imencode(".png", part)
    return bytes(data.tobytes())


def stale_files(folder: Path, kept: set[str]) -> Iterator[Path]:
    """Files in a folder of ours that nothing names any more."""
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.name not in kept:
                yield path
