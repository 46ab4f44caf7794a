"""The font of a printed form: the standard ones where they show every text, else a given file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from handsum.errors import PrintFormError

_STANDARD = ("Helvetica", "Helvetica-Bold")


@dataclass(frozen=True)
class FormFonts:
    """Names by which ReportLab knows the plain and the bold font."""

    plain: str
    bold: str

    def name(self, *, bold: bool = False) -> str:
        """The one of the two that is asked for."""
        return self.bold if bold else self.plain

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """Width of a text in points."""
        return float(pdfmetrics.stringWidth(text, self.name(bold=bold), size))


def choose_fonts(source: str, texts: Sequence[str], font: Path | None) -> FormFonts:
    """Fonts that show all texts; PrintFormError naming the first letter that cannot be shown.

    Letters that are joined or run from the right cannot be: nothing here shapes them.
    """
    for text in texts:
        for letter in text:
            _refuse_unshaped(source, text, letter)
    if font is None:
        _refuse_missing(source, texts, _in_standard, "The standard PDF fonts lack it")
        return FormFonts(*_STANDARD)
    name = f"handsum-{font.resolve()}"
    try:
        face = TTFont(name, str(font))
    except (TTFError, OSError, ValueError, IndexError, KeyError) as error:
        raise PrintFormError(
            f"{source}: page, font: {font} is no TrueType font ({error}).",
            "Name a .ttf file; fonts with PostScript outlines (.otf) cannot be taken.",
        ) from error
    known = face.face.charToGlyph
    _refuse_missing(source, texts, lambda letter: ord(letter) in known, f"{font.name} lacks it")
    pdfmetrics.registerFont(face)
    return FormFonts(name, name)


def _in_standard(letter: str) -> bool:
    try:  # the encoding of the standard fonts (PDF 1.7, annex D.2)
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _refuse_unshaped(source: str, text: str, letter: str) -> None:
    if unicodedata.category(letter).startswith("C"):
        raise PrintFormError(
            f"{source}: the text {text!r} has a {letter!r}.",
            "Write one [[text]] a line, without tabs or other control characters.",
        )
    if unicodedata.bidirectional(letter) in ("R", "AL") or unicodedata.category(letter) == "Mc":
        raise PrintFormError(
            f"{source}: {text!r} is in a script that has to be shaped ({letter!r}).",
            "Make the form in a word processor, save it as PDF and let form draft find its boxes.",
        )


def _refuse_missing(
    source: str, texts: Sequence[str], shows: Callable[[str], bool], who: str
) -> None:
    for text in texts:
        for letter in text:
            if not shows(letter):
                raise PrintFormError(
                    f"{source}: no font shows {letter!r} (U+{ord(letter):04X}) in {text!r}.",
                    f'{who}; name a TrueType file that has it: font = "..." under [page].',
                )
