"""What a PDF page says beside its picture: its size, the fields to fill in, and its words."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pypdfium2 as pdfium
import pypdfium2.raw as c

from handsum.imaging.files.pdf import PDFIUM_LOCK, open_pdf

MM_PER_POINT = 25.4 / 72
_COMB = 1 << 24  # PDF 1.7, table 228: divided into MaxLen equal cells
_STEPS = 1_000_000  # of the page: PDFium gives places in whole steps

PdfFieldKind = Literal["text", "choice", "tick"]
MmRect = tuple[float, float, float, float]


@dataclass(frozen=True)
class PdfField:
    """A field of a fillable PDF: ``box`` in mm from the page's top left, as it is shown.

    ``cells``: of a comb, else 0. ``about`` is its tooltip; ``options`` are those of a choice.
    """

    name: str
    about: str
    kind: PdfFieldKind
    box: MmRect
    cells: int = 0
    required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class PdfWords:
    """A run of printed text and its box in mm."""

    text: str
    box: MmRect


@dataclass(frozen=True)
class PdfPage:
    """What a page says; ``width`` and ``height`` in mm, as it is shown."""

    width: float
    height: float
    fields: tuple[PdfField, ...]
    words: tuple[PdfWords, ...]


def read_pdf_page(data: bytes, source: str, page: int) -> PdfPage:
    """The size, fields and words of a page, counted from 1.

    PdfEncryptedError or ImageDamagedError where PDFium cannot open the file; IndexError for a
    page that it has not.
    """
    with PDFIUM_LOCK:
        document = open_pdf(data, source)
        try:
            if document.get_formtype():
                document.init_forms()
            if not 1 <= page <= len(document):
                raise IndexError(page)
            opened = document[page - 1]
            try:
                width, height = opened.get_size()
                fields = tuple(_fields(document, opened))
                words = tuple(_words(opened))
            finally:
                opened.close()
        finally:
            document.close()
    return PdfPage(width * MM_PER_POINT, height * MM_PER_POINT, fields, words)


def _fields(document: Any, page: Any) -> Iterator[PdfField]:
    if document.formenv is None:
        return
    for index in range(c.FPDFPage_GetAnnotCount(page)):
        with _annotation(page, index) as annotation:
            if c.FPDFAnnot_GetSubtype(annotation) != c.FPDF_ANNOT_WIDGET:
                continue
            field = _field(document.formenv, page, annotation)
            if field is not None:
                yield field


@contextmanager
def _annotation(page: Any, index: int) -> Iterator[Any]:
    annotation = c.FPDFPage_GetAnnot(page, index)
    try:
        yield annotation
    finally:
        c.FPDFPage_CloseAnnot(annotation)


def _field(form: Any, page: Any, annotation: Any) -> PdfField | None:
    kinds: dict[int, PdfFieldKind] = {
        c.FPDF_FORMFIELD_TEXTFIELD: "text",
        c.FPDF_FORMFIELD_COMBOBOX: "choice",
        c.FPDF_FORMFIELD_LISTBOX: "choice",
        c.FPDF_FORMFIELD_CHECKBOX: "tick",
        c.FPDF_FORMFIELD_RADIOBUTTON: "tick",
    }
    kind = kinds.get(c.FPDFAnnot_GetFormFieldType(form, annotation))
    rectangle = c.FS_RECTF()
    if kind is None or not c.FPDFAnnot_GetRect(annotation, rectangle):
        return None
    flags = c.FPDFAnnot_GetFormFieldFlags(form, annotation)
    cells = ctypes.c_float(0)
    if kind == "text" and flags & _COMB:
        c.FPDFAnnot_GetNumberValue(annotation, b"MaxLen", cells)
    options = tuple(
        _text(c.FPDFAnnot_GetOptionLabel, form, annotation, n)
        for n in range(max(0, c.FPDFAnnot_GetOptionCount(form, annotation)))
    )
    return PdfField(
        _text(c.FPDFAnnot_GetFormFieldName, form, annotation),
        _text(c.FPDFAnnot_GetFormFieldAlternateName, form, annotation),
        kind,
        _shown(page, (rectangle.left, rectangle.top, rectangle.right, rectangle.bottom)),
        int(cells.value),
        bool(flags & c.FPDF_FORMFLAG_REQUIRED),
        options if kind == "choice" else (),
    )


def _text(call: Any, *arguments: Any) -> str:
    """A text that PDFium gives as UTF-16 into a buffer."""
    size = call(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(size)
    call(*arguments, ctypes.cast(buffer, ctypes.POINTER(c.FPDF_WCHAR)), size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def _shown(page: Any, rectangle: MmRect) -> MmRect:
    """A rectangle of the page's own space (points, upward) in mm as the page is shown."""
    width, height = (side * MM_PER_POINT for side in page.get_size())
    xs, ys = [], []
    for x, y in ((rectangle[0], rectangle[1]), (rectangle[2], rectangle[3])):
        across, down = ctypes.c_int(), ctypes.c_int()
        c.FPDF_PageToDevice(page, 0, 0, _STEPS, _STEPS, 0, x, y, across, down)
        xs.append(across.value / _STEPS * width)
        ys.append(down.value / _STEPS * height)
    return min(xs), min(ys), max(xs), max(ys)


def _words(page: Any) -> Iterator[PdfWords]:
    texts = page.get_textpage()
    try:
        for n in range(texts.count_rects()):
            left, bottom, right, top = texts.get_rect(n)
            text = " ".join(texts.get_text_bounded(left, bottom, right, top).split())
            if text:
                yield PdfWords(text, _shown(page, (left, top, right, bottom)))
    except pdfium.PdfiumError:  # a page without a text layer
        return
    finally:
        texts.close()
