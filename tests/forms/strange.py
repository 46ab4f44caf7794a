"""A form that handsum did not print, drawn as pictures: what drafts have to cope with."""

from __future__ import annotations

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
