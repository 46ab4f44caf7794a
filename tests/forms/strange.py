"""A form that handsum did not print, drawn as pictures: what drafts have to cope with."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
MmBox = tuple[float, float, float, float]


@dataclass
class Sheet:
    """An A4 sheet at ``dpi``; lengths in mm. ``truth`` collects (kind, cells, box)."""

    dpi: int = 200
    ink: int = 0
    width: float = 210.0
    height: float = 297.0
    over: int = 3
    truth: list[tuple[str, int, MmBox]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scale = self.dpi * self.over / 25.4
        shape = (round(self.height * self.scale), round(self.width * self.scale))
        self.big = np.full(shape, 255, np.uint8)

    def line(
        self, x0: float, y0: float, x1: float, y1: float, wide: float = 0.25, dash: float = 0.0
    ) -> None:
        """A line; dashes ``dash`` long and as far apart."""
        length = math.hypot(x1 - x0, y1 - y0)
        spans = [(0.0, 1.0)]
        if dash:
            count = max(1, int(length / (2 * dash)))
            spans = [(2 * n * dash / length, (2 * n + 1) * dash / length) for n in range(count)]
        for a, b in spans:
            p = (x0 + (x1 - x0) * a, y0 + (y1 - y0) * a)
            q = (x0 + (x1 - x0) * b, y0 + (y1 - y0) * b)
            self._bar(p, q, wide)

    def _bar(self, p: tuple[float, float], q: tuple[float, float], wide: float) -> None:
        dx, dy = q[0] - p[0], q[1] - p[1]
        length = math.hypot(dx, dy) or 1.0
        nx, ny = -dy / length * wide / 2, dx / length * wide / 2
        corners = [
            (p[0] + nx, p[1] + ny),
            (q[0] + nx, q[1] + ny),
            (q[0] - nx, q[1] - ny),
            (p[0] - nx, p[1] - ny),
        ]
        points = np.array([[(x * self.scale * 16, y * self.scale * 16) for x, y in corners]])
        cv2.fillPoly(self.big, np.rint(points).astype(np.int32), self.ink, cv2.LINE_AA, 4)

    def frame(self, box: MmBox, wide: float = 0.25, dash: float = 0.0) -> None:
        """The four sides of a box."""
        x0, y0, x1, y1 = box
        for a in ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)):
            self.line(*a, wide, dash)

    def comb(self, box: MmBox, cells: int, wide: float = 0.25, high: float = 1.0) -> None:
        """A frame with dividers over the lower ``high`` share of it."""
        x0, y0, x1, y1 = box
        self.frame(box, wide)
        for n in range(1, cells):
            x = x0 + (x1 - x0) * n / cells
            self.line(x, y1 - high * (y1 - y0), x, y1, wide)
        self.truth.append(("comb", cells, box))

    def open_comb(self, box: MmBox, cells: int, tooth: float, wide: float = 0.25) -> None:
        """A line with teeth."""
        x0, _, x1, y1 = box
        self.line(x0, y1, x1, y1, wide)
        for n in range(cells + 1):
            x = x0 + (x1 - x0) * n / cells
            self.line(x, y1 - tooth, x, y1, wide)
        self.truth.append(("comb", cells, box))

    def box(self, box: MmBox, wide: float = 0.25) -> None:
        """A frame to write in."""
        self.frame(box, wide)
        self.truth.append(("box", 0, box))

    def shade(self, box: MmBox, grey: int) -> None:
        """A filled rectangle."""
        x0, y0, x1, y1 = (round(side * self.scale) for side in box)
        self.big[y0:y1, x0:x1] = grey

    def text(self, text: str, x: float, y: float, size: float = 3.0) -> None:
        """Words whose letters are ``size`` mm high, from x, on the baseline y."""
        scale = size * self.scale / 21.0  # Hershey's capitals are 21 high
        at = (round(x * self.scale), round(y * self.scale))
        thick = max(1, round(0.35 * self.scale * size / 3))
        font = cv2.FONT_HERSHEY_DUPLEX
        cv2.putText(self.big, text, at, font, scale, 40, thick, cv2.LINE_AA)

    def scan(self, tilt: float = 0.0, noise: float = 0.0, seed: int = 0, quality: int = 0) -> Grey:
        """The sheet as a scanner gives it: turned by ``tilt`` degrees, with grain, as JPEG."""
        small = cv2.resize(
            self.big, None, fx=1 / self.over, fy=1 / self.over, interpolation=cv2.INTER_AREA
        )
        h, w = small.shape
        if tilt:
            turn = cv2.getRotationMatrix2D((w / 2, h / 2), -tilt, 1.0)
            small = cv2.warpAffine(small, turn, (w, h), flags=cv2.INTER_LINEAR, borderValue=(255,))
        picture = small.astype(np.float64)
        if noise:
            grain = np.random.default_rng(seed).normal(0, noise, picture.shape)
            picture = picture * 0.94 + grain
        grey = np.clip(picture, 0, 255).astype(np.uint8)
        if quality:
            grey = np.asarray(
                cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0),
                np.uint8,
            )
        return grey


def strange_form(ink: int, dpi: int = 200) -> Sheet:
    """Most ways in which forms leave room for numbers, and some lines that are no field."""
    sheet = Sheet(ink=ink, dpi=dpi)
    sheet.text("Meldung der Ergebnisse 2026", 20, 25, 5)
    sheet.text("Please print clearly. All numbers in figures, no letters.", 20, 33, 2.3)
    sheet.frame((15, 40, 195, 150), 0.5)  # around a section, no field
    sheet.text("Number", 20, 52)
    sheet.comb((60, 46, 108, 54), 8)
    sheet.comb((60, 60, 108, 68), 8, high=0.35)
    sheet.open_comb((60, 72, 108, 80), 8, 2.0)
    for n in range(6):  # a line for each digit
        sheet.line(140.7 + n * 7, 80, 146.3 + n * 7, 80)
    sheet.truth.append(("comb", 6, (140, 72, 182, 80)))
    sheet.line(60, 95, 120, 95)
    sheet.truth.append(("line", 0, (60, 87, 120, 95)))
    sheet.line(60, 109, 120, 109, 0.3, dash=0.5)
    sheet.truth.append(("line", 0, (60, 101, 120, 109)))
    sheet.frame((145, 86, 185, 95))
    sheet.truth.append(("box", 0, (145, 86, 185, 95)))
    sheet.frame((145, 100, 185, 109), dash=0.4)
    sheet.truth.append(("box", 0, (145, 100, 185, 109)))
    sheet.frame((22, 118, 27, 123))
    sheet.text("agree", 30, 122.5, 2.5)
    sheet.truth.append(("tick", 0, (22, 118, 27, 123)))
    sheet.frame((60, 115, 120, 128))
    sheet.text("Caption in the box", 61.5, 118, 1.8)
    sheet.truth.append(("box", 0, (60, 115, 120, 128)))
    for n in range(5):
        sheet.frame((145 + n * 7, 118, 150.5 + n * 7, 125))
    sheet.truth.append(("comb", 5, (144.25, 118, 179.25, 125)))
    sheet.text("Underlined heading here", 20, 141, 3)
    sheet.line(20, 142, 75, 142)
    columns = [20, 50, 75, 100, 125, 190]
    for n in range(8):
        sheet.line(20, 160 + 8 * n, 190, 160 + 8 * n)
    for x in columns:
        sheet.line(x, 160, x, 216)
    for x, head in zip(columns, ["Day", "Min", "Max", "Rain", "Remarks"], strict=False):
        sheet.text(head, x + 2, 165.5, 2.5)
    for n in range(6):
        sheet.text(str(n + 1), 22, 174 + 8 * n, 2.5)
        for a, b in itertools.pairwise(columns[1:]):
            sheet.truth.append(("box", 0, (a, 168 + 8 * n, b, 176 + 8 * n)))
    for n in range(4):
        sheet.line(20, 235 + 9 * n, 90, 235 + 9 * n)
        sheet.truth.append(("line", 0, (20, 226 + 9 * n, 90, 235 + 9 * n)))
    for x in (120, 140, 165):
        sheet.line(x, 225, x, 270)
    sheet.truth += [("column", 0, (120, 225, 140, 270)), ("column", 0, (140, 225, 165, 270))]
    return sheet


def dense_form() -> Sheet:
    """A form of an office: captions inside boxes, shaded panels, headings, a double frame."""
    sheet = Sheet(ink=40)
    sheet.shade((15, 20, 195, 28), 0)
    for n in range(5):
        sheet.line(15, 30 + 10 * n, 195, 30 + 10 * n, 0.2)
    edges = (15, 75, 120, 195)
    for x in edges:
        sheet.line(x, 30, x, 70, 0.2)
    for n in range(4):
        words = ("1 Name of the taxpayer", "2 Number", "3 Amount due in francs")
        for (a, b), caption in zip(itertools.pairwise(edges), words, strict=True):
            sheet.text(caption, a + 1, 32.6 + 10 * n, 1.5)
            sheet.truth.append(("box", 0, (a, 30 + 10 * n, b, 40 + 10 * n)))
    sheet.frame((15, 80, 80, 92), 0.2)
    sheet.box((16, 81, 79, 91))
    sheet.frame((120, 80, 195, 90))
    sheet.text("CHF", 122, 87, 3)
    sheet.truth.append(("box", 0, (131, 80, 195, 90)))
    sheet.shade((15, 120, 195, 128), 205)
    for n in range(6):
        sheet.line(15, 120 + 8 * n, 195, 120 + 8 * n, 0.2)
    edges = (15, 60, 105, 150, 195)
    for x in edges:
        sheet.line(x, 120, x, 160, 0.2)
    for x, head in zip(edges, ("Item", "Debit", "Credit", "Balance"), strict=False):
        sheet.text(head, x + 2, 125.5, 2.5)
    for n in range(4):
        sheet.text(f"Row {n} with words", 17, 133.5 + 8 * n, 2.3)
        for a, b in itertools.pairwise(edges[1:]):
            sheet.truth.append(("box", 0, (a, 128 + 8 * n, b, 136 + 8 * n)))
    _panels(sheet)
    for n in range(2):  # dots to write on, and boxes to tick
        y = 252.0 + n * 17
        sheet.text(f"Question {n}", 20, y, 2.5)
        sheet.line(60, y, 120, y, 0.35, dash=0.4)
        sheet.truth.append(("line", 0, (60, y - 8, 120, y)))
        for x, word in ((140.0, "yes"), (160.0, "no")):
            sheet.frame((x, y - 4, x + 4, y), 0.2)
            sheet.text(word, x + 6, y, 2.5)
            sheet.truth.append(("tick", 0, (x, y - 4, x + 4, y)))
    return sheet


def _panels(sheet: Sheet) -> None:
    for top, lined in ((170, True), (205, False)):  # white boxes on a panel, with lines and without
        sheet.shade((15, top, 195, top + 30), 210)
        for n in range(3):
            box = (25.0 + n * 55, top + 8.0, 65.0 + n * 55, top + 17.0)
            sheet.shade(box, 255)
            if lined:
                sheet.frame(box)
            sheet.truth.append(("box", 0, box))
