"""How well handwritten numbers are found on pages without a template.

    python benchmarks/pages.py [--limit PAGES] [--out FILE] [--save FOLDER]

Pages are composed from fixed seeds: columns of figures on plain or ruled paper, and printed tables
with handwritten cells, headings, words, row numbers and printed amounts. The digits are of the
two writers of swiss2, who trained nothing; the print is DejaVu and STIX in several sizes. Turned
a little, shaded, blurred and noisy as a scan or a photo is. A number is found if a reading covers
most of it and little else, and right if its text is the same too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from record import describe_machine, parse_options, record, run

from handsum.data.sources import load_dataset
from handsum.data.synthesis.compose import compose_number, sample_style
from handsum.data.synthesis.hands import Hand, build_hands
from handsum.imaging.load import Picture
from handsum.reader.pages import PageReader

SEED, PAGES = 17, 40  # pages of each kind
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
PRINT = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "DejaVuSans-Bold")
WORDS = ("Date", "Total", "Amount", "Name", "Room", "Station", "Remarks", "Candidate",
         "Carried over", "Litres", "North gate", "Sheet", "Signature", "Temperature")  # fmt: skip

Grey = npt.NDArray[np.uint8]
Rect = tuple[float, float, float, float]


@dataclass
class Sheet:
    """A page in the making: ink 0 white to 255, and what stands where."""

    ink: npt.NDArray[np.float32]
    numbers: list[tuple[Rect, str]]
    printed: list[Rect]


def write(sheet: Sheet, text: str, hand: Hand, at: tuple[float, float], height: float,
          rng: np.random.Generator, room: float) -> None:  # fmt: skip
    """A number in one hand, its left foot at ``at``, at most ``room`` pixels wide."""
    style = sample_style(rng)
    # Digits further apart than this could as well be two numbers.
    style = replace(style, zero_size=1.0, pitch=0.0, gap=min(style.gap, 0.3))
    written = compose_number(text, hand, style, rng)
    ys, xs = np.flatnonzero(written.ink.any(axis=1)), np.flatnonzero(written.ink.any(axis=0))
    ink = written.ink[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    factor = height / written.height
    ink = np.asarray(cv2.resize(ink, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
    if ink.shape[1] > room:  # people make it fit
        write(sheet, text[: max(1, len(text) // 2)], hand, at, 0.9 * height, rng, room)
        return
    x, y = int(at[0]), int(at[1] - ink.shape[0])
    part = sheet.ink[y : y + ink.shape[0], x : x + ink.shape[1]]
    if part.shape == ink.shape:
        np.maximum(part, ink * float(rng.uniform(0.6, 0.9)), out=part)
        sheet.numbers.append(((x, y, x + ink.shape[1], y + ink.shape[0]), text))


def print_text(sheet: Sheet, text: str, at: tuple[float, float], size: int,
               rng: np.random.Generator) -> None:  # fmt: skip
    """A printed word or number, its left foot at ``at``."""
    font = ImageFont.truetype(str(FONTS / f"{rng.choice(PRINT)}.ttf"), size)
    x0, y0, x1, y1 = font.getbbox(text)
    picture = Image.new("L", (int(x1) + 2, int(y1) + 2))
    ImageDraw.Draw(picture).text((0, 0), text, font=font, fill=235)
    ink = np.asarray(picture, np.float32)[int(y0) :, int(x0) :]
    x, y = int(at[0]), int(at[1] - ink.shape[0])
    part = sheet.ink[y : y + ink.shape[0], x : x + ink.shape[1]]
    if part.shape == ink.shape:
        np.maximum(part, ink, out=part)
        sheet.printed.append((x, y, x + ink.shape[1], y + ink.shape[0]))


def sample_number(rng: np.random.Generator) -> str:
    """One to six digits, some with decimals."""
    whole = "".join(str(d) for d in rng.integers(0, 10, size=int(rng.integers(1, 6))))
    return f"{whole}.{rng.integers(0, 100):02d}" if rng.random() < 0.2 else whole


def column_sheet(hand: Hand, rng: np.random.Generator) -> Sheet:
    """One to three columns of figures on plain or ruled paper."""
    sheet = Sheet(np.zeros((2200, 1600), np.float32), [], [])
    pitch = float(rng.uniform(80, 130))
    ruled = rng.random() < 0.5
    columns = int(rng.integers(1, 4))
    for row in range(int(rng.integers(8, 17))):
        foot = 200 + row * pitch
        if ruled:
            cv2.line(sheet.ink, (60, int(foot + 6)), (1540, int(foot + 6)), 90, 2)
        for column in range(columns):
            left = 150 + column * 480 + rng.uniform(-12, 12)
            write(sheet, sample_number(rng), hand, (left, foot + rng.uniform(-5, 5)),
                  float(rng.uniform(0.42, 0.6)) * pitch, rng, 420)  # fmt: skip
    return sheet


def table_sheet(hand: Hand, rng: np.random.Generator) -> Sheet:
    """A printed table: headings, words and numbers in print, cells by hand."""
    sheet = Sheet(np.zeros((2200, 1600), np.float32), [], [])
    pitch, size = float(rng.uniform(85, 120)), int(rng.integers(24, 40))
    print_text(sheet, f"{rng.choice(WORDS)} {rng.choice(WORDS)} {rng.integers(1990, 2027)}",
               (120, 140), size + 12, rng)  # fmt: skip
    rows, top = int(rng.integers(8, 15)), 240.0
    edges = [100, 200, 620, 960, 1300, 1540]
    for row in range(rows + 1):
        y = int(top + row * pitch)
        cv2.line(sheet.ink, (edges[0], y), (edges[-1], y), 200, 2)
    for x in edges:
        cv2.line(sheet.ink, (x, int(top)), (x, int(top + rows * pitch)), 200, 2)
    for row in range(rows):
        foot = top + (row + 1) * pitch - 0.25 * pitch
        print_text(sheet, str(row + 1), (edges[0] + 20, foot), size, rng)
        print_text(sheet, str(rng.choice(WORDS)), (edges[1] + 15, foot), size, rng)
        if rng.random() < 0.4:
            print_text(sheet, sample_number(rng), (edges[2] + 15, foot), size, rng)
        for left in edges[3:5]:
            if rng.random() < 0.85:
                start = left + float(rng.uniform(15, 60))
                write(sheet, sample_number(rng)[:6].rstrip("."), hand, (start, foot + 6),
                      float(rng.uniform(0.4, 0.52)) * pitch, rng, left + 232 - start)  # fmt: skip
    return sheet


def photograph(sheet: Sheet, rng: np.random.Generator) -> Grey:
    """The sheet as a camera or scanner sees it; boxes follow the turn."""
    h, w = sheet.ink.shape
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.normal(0, 0.5)), 1.0)
    ink = cv2.warpAffine(sheet.ink, turn, (w, h))

    def moved(box: Rect) -> Rect:
        corners = np.array([[box[i], box[j], 1.0] for i in (0, 2) for j in (1, 3)]) @ turn.T
        return (*corners.min(axis=0), *corners.max(axis=0))

    sheet.numbers = [(moved(box), text) for box, text in sheet.numbers]
    sheet.printed = [moved(box) for box in sheet.printed]
    slope = np.linspace(0, float(rng.uniform(-50, 50)), w)[None] + np.linspace(0, 30, h)[:, None]
    paper = float(rng.uniform(200, 245)) + slope - slope.mean()
    page = paper * (1 - 0.85 * ink / 255)
    page = cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.4, 1.2)))
    return np.asarray(np.clip(page + rng.normal(0, 3, page.shape), 0, 255), np.uint8)


def covers(found: Rect, true: Rect) -> bool:
    """Whether a box covers most of another and little else."""
    w = min(found[2], true[2]) - max(found[0], true[0])
    h = min(found[3], true[3]) - max(found[1], true[1])
    if w <= 0 or h <= 0:
        return False
    sizes = [(b[2] - b[0]) * (b[3] - b[1]) for b in (found, true)]
    return w * h > 0.5 * (sum(sizes) - w * h)


def touches(found: Rect, other: Rect) -> bool:
    """Whether the middle of a box lies in another."""
    x, y = (found[0] + found[2]) / 2, (found[1] + found[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]


def measure(reader: PageReader, pages: int, save: Path | None) -> dict[str, Any]:
    """Figures by kind of page."""
    hands = build_hands(load_dataset("swiss2"))
    figures: dict[str, Any] = {}
    for kind, build in (("columns", column_sheet), ("tables", table_sheet)):
        count = dict.fromkeys(
            ("numbers", "found", "right", "printed", "printed_reported", "other"), 0
        )
        seconds = []
        for index in range(pages):
            rng = np.random.default_rng([SEED, kind == "tables", index])
            sheet = build(hands[index % len(hands)], rng)
            grey = photograph(sheet, rng)
            started = time.perf_counter()
            readings = reader.read_prepared([reader.prepare(Picture(grey, "page"))])
            seconds.append(time.perf_counter() - started)
            count["numbers"] += len(sheet.numbers)
            count["printed"] += len(sheet.printed)
            for box, text in sheet.numbers:
                texts = [r.text for r in readings if covers(r.box, box)]
                count["found"] += bool(texts)
                count["right"] += text in texts
            for reading in readings:
                if any(covers(reading.box, box) for box, _ in sheet.numbers):
                    continue
                printed = any(touches(reading.box, box) for box in sheet.printed)
                count["printed_reported" if printed else "other"] += 1
            if save is not None:
                save.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(save / f"{kind}-{index:02d}.png"), grey)
        figures[kind] = {
            "pages": pages,
            **count,
            "seconds_a_page": round(float(np.median(seconds)), 3),
        }
    return figures


def main() -> None:
    options = parse_options(
        __doc__, lambda p: p.add_argument("--save", type=Path, help="write the pages here too")
    )
    machine = describe_machine()
    reader = PageReader(threads=1)
    record(
        "pages",
        "handwritten numbers of two unseen writers found and read on composed pages: found, right, "
        "and print or other marks reported as numbers",
        measure(reader, options.limit or PAGES, options.save),
        options=options,
        machine=machine,
        seeds=(SEED,),
        bundles=(reader.bundle,),
    )


if __name__ == "__main__":
    run(main)
