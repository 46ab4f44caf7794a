"""Make the example pictures from public-domain ink, and the picture that the README shows.

    HANDSUM_DATA=... python examples/make_pictures.py

The digits are the first of each kind by the two writers of swiss2, who trained nothing; they were
not chosen by how they are read. The numbers are digits of one of these writers set in a row.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum import load_reader
from handsum.data.public import load_public
from handsum.readings import Reading

HERE = Path(__file__).parent
FOLDER = HERE / "handwriting"
PAPER, INK, GREEN, ORANGE = (255, 255, 255), (40, 40, 40), (60, 140, 0), (0, 110, 230)


def main() -> None:
    """Write examples/handwriting/*.png and docs/handwriting.png."""
    FOLDER.mkdir(exist_ok=True)
    data = load_public("swiss2")
    for writer in sorted({str(group) for group in data.groups}):
        for text in "0123456789":
            rows = [i for i, g in enumerate(data.groups) if g == writer and data.texts[i] == text]
            name = f"writer-{writer.split('/')[-1]}-{text}.png"
            cv2.imwrite(str(FOLDER / name), data.images[rows[0]])
    cv2.imwrite(str(FOLDER / "zz-empty-cell.png"), np.full((64, 64), 236, np.uint8))
    draw_overview(sorted(FOLDER.glob("*.png")), HERE.parent / "docs" / "handwriting.png")


def draw_overview(files: list[Path], out: Path) -> None:
    """The pictures in rows, each with its reading and confidence below."""
    readings = load_reader("digit").read(files)
    cells = [draw_cell(cv2.imread(str(f)), r) for f, r in zip(files, readings, strict=True)]
    columns = 7
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    rows = [np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)]
    cv2.imwrite(str(out), np.vstack(rows))


def draw_cell(picture: npt.NDArray[np.uint8], reading: Reading) -> npt.NDArray[np.uint8]:
    """One picture, 112 px, above what was read in it."""
    cell = np.full((168, 128, 3), 255, np.uint8)
    cell[8:120, 8:120] = cv2.resize(picture, (112, 112), interpolation=cv2.INTER_CUBIC)
    cv2.rectangle(cell, (7, 7), (120, 120), (210, 210, 210), 1)
    colour = GREEN if reading.decision == "accepted" else ORANGE
    label = reading.text or reading.content
    font = cv2.FONT_HERSHEY_SIMPLEX
    size = 0.9 if reading.text else 0.5
    cv2.putText(cell, label, (10, 148), font, size, colour, 2, cv2.LINE_AA)
    shown = f"{100 * reading.confidence:.1f} %"
    cv2.putText(cell, shown, (60, 146), font, 0.42, INK, 1, cv2.LINE_AA)
    return cell


if __name__ == "__main__":
    main()
