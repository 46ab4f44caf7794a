"""Texts into the room that they have: broken into lines, made smaller, or refused."""

from __future__ import annotations

from dataclasses import dataclass

from handsum.errors import PrintFormError
from handsum.forms.fields import MmBox
from handsum.forms.fonts import FormFonts

POINTS_PER_MM = 72 / 25.4
LEADING = 1.15  # baseline to baseline, in sizes
SMALLEST = 5.0  # points
_STEP = 0.5
ASCENT, DESCENT = 0.74, 0.21  # of the size; Helvetica's


@dataclass(frozen=True)
class Setting:
    """Lines of a text at a size in points, and how high they are together in mm."""

    lines: tuple[str, ...]
    size: float

    @property
    def height(self) -> float:
        """From the top of the first line's letters to the foot of the last one's."""
        points = self.size * (LEADING * (len(self.lines) - 1) + ASCENT + DESCENT)
        return points / POINTS_PER_MM

    def baselines(self, top: float) -> list[float]:
        """Where the lines stand in mm if the first one's letters begin at ``top``."""
        first = top + self.size * ASCENT / POINTS_PER_MM
        return [first + n * self.size * LEADING / POINTS_PER_MM for n in range(len(self.lines))]


def set_text(
    text: str, room: tuple[float, float], fonts: FormFonts, size: float, *, bold: bool = False
) -> Setting | None:
    """The text at the largest size up to ``size`` at which it fits ``room`` (width, height in mm).

    None where it does not fit at SMALLEST.
    """
    width, height = room
    while size >= SMALLEST:
        lines = _broken(text, width * POINTS_PER_MM, fonts, size, bold)
        if lines is not None:
            found = Setting(lines, size)
            if found.height <= height:
                return found
        size -= _STEP
    return None


def _broken(
    text: str, width: float, fonts: FormFonts, size: float, bold: bool
) -> tuple[str, ...] | None:
    """Lines no wider than ``width`` points, broken at spaces; None where a word is wider."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and fonts.width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        elif fonts.width(word, size, bold=bold) <= width:
            lines.append(word)
        else:
            return None
    return tuple(lines)


def no_room(
    source: str, where: str, text: str, room: MmBox | tuple[float, float]
) -> PrintFormError:
    """What is told of a text that has no room."""
    width, height = room if len(room) == 2 else (room[2] - room[0], room[3] - room[1])
    return PrintFormError(
        f"{source}: {where}: no room for {text!r} ({max(width, 0):.0f} x {max(height, 0):.0f} mm).",
        "Shorten it, give it more room, or move it (label_at, [[text]]).",
    )
