"""``handsum data sheet``: what is printed, and how a scan that is no sheet is told."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest

from .conftest import Handsum

pytest.importorskip("reportlab")


def test_a_sheet_a_writer(handsum: Handsum, tmp_path: Path) -> None:
    out = tmp_path / "sheets.pdf"
    ended = handsum("data", "sheet", "print", "-o", out, "--writers", 3, "--first", 9)
    assert ended.code == 0
    assert "3 sheets, 110 boxes a writer, writers 9 to 11" in ended.out
    assert len(pypdfium2.PdfDocument(out.read_bytes())) == 3


def test_numbers_of_ones_own_and_of_a_length(handsum: Handsum, tmp_path: Path) -> None:
    numbers, out = tmp_path / "numbers.txt", tmp_path / "sheets.pdf"
    numbers.write_text("\n".join(f"{n},50" for n in range(40)), "utf-8")
    ended = handsum("data", "sheet", "print", "-o", out, "--numbers", numbers, "--writers", 2)
    assert "4 sheets, 40 boxes a writer" in ended.out
    ended = handsum("data", "sheet", "print", "-o", out, "--kind", "numbers", "--length", "3-x")
    assert ended.code == 2
    assert "2-6" in ended.err
    assert handsum("data", "sheet", "print", "-o", out, "--length", "4").code == 2


def test_a_page_that_is_no_sheet_is_named(handsum: Handsum, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "page.png"), np.full((400, 300), 250, np.uint8))
    ended = handsum("data", "sheet", "cut", tmp_path / "page.png", "-o", tmp_path / "out")
    assert ended.code == 5
    assert "no page code" in ended.err
