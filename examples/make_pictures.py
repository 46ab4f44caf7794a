"""Make the example pictures from public-domain ink, and the picture that the README shows.

    HANDSUM_DATA=... python examples/make_pictures.py

All ink is of the two writers of swiss2, who trained nothing. The digits are the first of each
kind, the numbers are digits of one writer set in a row; none was chosen by how it is read.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum import load_reader
from handsum.data.dataset import Dataset
from handsum.data.public import load_public
from handsum.readings import Reading

HERE = Path(__file__).parent
DIGITS, NUMBERS = HERE / "handwriting", HERE / "numbers"
TEXTS = ("1997", "0460", "57", "80135", "2026", "61100", "374", "0008")
INK, GREEN, ORANGE = (40, 40, 40), (60, 140, 0), (0, 110, 230)

Grey = npt.NDArray[np.uint8]


def main() -> None:
    """Write examples/handwriting/*.png, examples/numbers/*.png and docs/handwriting.png."""
    DIGITS.mkdir(exist_ok=True)
    NUMBERS.mkdir(exist_ok=True)
    data = load_public("swiss2")
    writers = sorted({str(group) for group in data.groups})
    for writer in writers:
        for text in "0123456789":
            name = f"writer-{writer.split('/')[-1]}-{text}.png"
            cv2.imwrite(str(DIGITS / name), pictures_of(data, writer, text)[0])
    cv2.imwrite(str(DIGITS / "zz-empty-cell.png"), np.full((64, 64), 236, np.uint8))
    for turn, text in enumerate(TEXTS):
        writer = writers[turn % len(writers)]
        name = f"writer-{writer.split('/')[-1]}-{text}.png"
        cv2.imwrite(str(NUMBERS / name), in_a_row(data, writer, text, turn))
    draw_overview(HERE.parent / "docs" / "handwriting.png")


def pictures_of(data: Dataset, writer: str, text: str) -> list[Grey]:
    """All pictures of a digit by a writer."""
    rows = range(len(data))
    return [data.images[i] for i in rows if data.groups[i] == writer and data.texts[i] == text]


def in_a_row(data: Dataset, writer: str, text: str, turn: int) -> Grey:
    """A number of one writer's digits, each cut to its ink and set close to the next."""
    parts = []
    for place, symbol in enumerate(text):
        choices = pictures_of(data, writer, symbol)
        picture = choices[(5 + 7 * turn + place) % len(choices)]
        columns = np.flatnonzero((picture < 200).any(axis=0))
        parts.append(picture[:, max(0, columns[0] - 2) : columns[-1] + 3])
    return np.pad(np.hstack(parts), 12, constant_values=255)


def draw_overview(out: Path) -> None:
    """The pictures in rows, each with its reading and confidence below."""
    cells = []
    for kind, folder, width in (("digit", DIGITS, 112), ("number", NUMBERS, 240)):
        files = sorted(folder.glob("*.png"))
        readings = load_reader(kind).read(files)
        row = [
            draw_cell(cv2.imread(str(f)), r, width) for f, r in zip(files, readings, strict=True)
        ]
        per_row = 7 if kind == "digit" else 4
        cells += [np.hstack(row[i : i + per_row]) for i in range(0, len(row), per_row)]
    widest = max(row.shape[1] for row in cells)
    rows = [
        np.pad(r, ((0, 0), (0, widest - r.shape[1]), (0, 0)), constant_values=255) for r in cells
    ]
    cv2.imwrite(str(out), np.vstack(rows))


def draw_cell(picture: Grey, reading: Reading, width: int) -> Grey:
    """One picture, fitted into ``width`` x 112 px, above what was read in it."""
    cell = np.full((160, width + 16, 3), 255, np.uint8)
    scale = min(width / picture.shape[1], 112 / picture.shape[0])
    fitted = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    y, x = 8 + (112 - fitted.shape[0]) // 2, 8 + (width - fitted.shape[1]) // 2
    cell[y : y + fitted.shape[0], x : x + fitted.shape[1]] = fitted
    cv2.rectangle(cell, (7, 7), (width + 8, 120), (210, 210, 210), 1)
    colour = GREEN if reading.decision == "accepted" else ORANGE
    label = reading.text or reading.content
    size = 0.8 if reading.text else 0.5
    cv2.putText(cell, label, (10, 146), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 2, cv2.LINE_AA)
    shown = f"{100 * reading.confidence:.1f} %"
    place = (width - 52, 145)
    cv2.putText(cell, shown, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)
    return cell


if __name__ == "__main__":
    main()
