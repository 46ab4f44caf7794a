"""Lines of a page are found where they were drawn, and words are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from forms.strange import Sheet
from handsum.forms.draft_rules import PageRules, find_page_rules
from handsum.forms.paper import ink_of


def rules_of(sheet: Sheet, noise: float = 0.0) -> PageRules:
    grey = cv2.resize(sheet.scan(noise=noise), (1680, 2376), interpolation=cv2.INTER_AREA)
    return find_page_rules(ink_of(np.asarray(grey, np.uint8)))


@pytest.mark.parametrize("ink", [0, 120, 200])
def test_place_length_and_weight(ink: int) -> None:
    sheet = Sheet(ink=ink)
    sheet.line(30, 60, 150, 60, 0.2)
    sheet.line(30, 80, 150, 80, 0.6)
    sheet.line(100, 120, 100, 200, 0.3)
    found = rules_of(sheet, noise=3.0)
    thin, thick = sorted(found.horizontal, key=lambda rule: rule.at)
    (upright,) = found.vertical
    assert (thin.start, thin.end, thin.at) == pytest.approx((30, 150, 60), abs=0.2)
    assert thick.at == pytest.approx(80, abs=0.1)
    assert thick.weight / thin.weight == pytest.approx(3.0, rel=0.25)
    assert (upright.start, upright.end, upright.at) == pytest.approx((120, 200, 100), abs=0.2)


def test_a_line_that_slopes_is_followed() -> None:
    sheet = Sheet()
    sheet.line(20, 100, 180, 103)
    (rule,) = rules_of(sheet).horizontal
    assert rule.across(20) == pytest.approx(100, abs=0.15)
    assert rule.across(180) == pytest.approx(103, abs=0.15)


@pytest.mark.parametrize(("wide", "dash"), [(0.3, 0.3), (0.35, 0.5), (0.3, 1.0), (0.25, 2.0)])
def test_dots_and_dashes_make_one_line(wide: float, dash: float) -> None:
    sheet = Sheet(ink=40)
    sheet.line(40, 90, 140, 90, wide, dash)
    (rule,) = rules_of(sheet, noise=3.0).horizontal
    assert rule.start == pytest.approx(40, abs=0.5)
    assert rule.end == pytest.approx(140, abs=2 * dash + 0.5)


def test_words_make_no_long_lines() -> None:
    sheet = Sheet()
    for n, size in enumerate((1.5, 2.0, 2.5, 3.0, 4.0, 6.0)):
        sheet.text("The quick brown fox jumps over ELEMENTS", 15, 40 + 12 * n, size)
    found = rules_of(sheet)
    assert max((rule.length for rule in found.horizontal), default=0.0) < 8.0
    assert max((rule.length for rule in found.vertical), default=0.0) < 8.0
