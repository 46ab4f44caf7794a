"""Truth of the generated forms: it obeys the template, and a planted slip breaks one rule."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from handsum.charset import NUMBERS
from handsum.decode.constraint import compile_constraint
from handsum.decode.rules import DateRule, LinearRule, read_date
from handsum.decode.values import canonical_value
from handsum.forms.template import Template, load_template

ROOT = Path(__file__).parents[2]
FORMS = ("polling-station", "weather-log", "mark-sheet", "paying-in")


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield
    for name in [n for n in sys.modules if n.startswith("forms_")]:
        del sys.modules[name]


@pytest.fixture(scope="module", params=FORMS)
def template(request: pytest.FixtureRequest) -> Template:
    return load_template(ROOT / "examples" / "forms" / request.param / "template.toml")


def broken(template: Template, texts: dict[str, str]) -> list[str]:
    """Rules that the texts do not satisfy; those of rows that are empty do not count."""
    numbers: dict[str, Fraction] = {}
    for field in template.fields:
        value = canonical_value(texts[field.name], field.separators)
        if value is not None:
            numbers[field.name] = Fraction(value)
        elif field.blank_is_zero:
            numbers[field.name] = Fraction(0)
    found = []
    for rule in template.rules.rules:
        if isinstance(rule, DateRule):
            if read_date(texts[rule.field], rule) is None:
                found.append(rule.text)
        elif isinstance(rule, LinearRule) and all(name in numbers for name in rule.fields):
            found += [] if rule.holds(numbers) else [rule.text]
    return found


def test_sheets_obey_the_rules_and_slips_break_them(template: Template) -> None:
    from forms_values import SAMPLERS

    for seed in range(60):
        filled = SAMPLERS[template.name](np.random.default_rng(seed), False)
        texts = {name: entry.text for name, entry in filled.entries.items()}
        assert list(texts) and set(texts) == set(template.by_name)
        assert broken(template, texts) == []
        assert filled.planted is None
        planted = SAMPLERS[template.name](np.random.default_rng(seed), True)
        assert planted.planted in template.by_name
        assert broken(template, {n: e.text for n, e in planted.entries.items()})


def test_every_number_fits_the_format_of_its_field(template: Template) -> None:
    from forms_values import SAMPLERS

    formats = {
        field.name: compile_constraint(field.constraint, NUMBERS)
        for field in template.fields
        if field.constraint is not None
    }
    for seed in range(30):
        filled = SAMPLERS[template.name](np.random.default_rng(seed), seed % 2 == 1)
        for name, entry in filled.entries.items():
            if entry.kind == "number":
                known = formats[name]
                assert known is None or known.accepts(entry.text), (name, entry.text)


def test_ink_lies_where_the_true_transform_says() -> None:
    """A page of a drawn hand, scanned and photographed: ink in every field with a number."""
    import forms_pages
    from forms_looks import LOOKS, see_page
    from forms_values import SAMPLERS
    from forms_writing import DPI, sample_penman

    from handsum.data.synthesis.drawn import draw_hands

    template = load_template(ROOT / "examples" / "forms" / "paying-in" / "template.toml")
    for look in LOOKS:
        rng = np.random.default_rng([3, LOOKS.index(look)])
        by = sample_penman(draw_hands(1, 1, 1.0)[0], rng)
        shape = (round(template.height * DPI / 25.4), round(template.width * DPI / 25.4))
        ink = np.zeros(shape, np.uint8)
        filled = SAMPLERS[template.name](rng, False)
        for field in template.fields:
            forms_pages.write_entry(ink, field, filled.entries[field.name], by, False, rng)
        seen = see_page(np.full(shape, 255, np.uint8), ink, by, look, rng)
        grey = cv2.imdecode(np.frombuffer(seen.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        for field in template.fields:
            x0, y0, x1, y1 = field.box
            corners = np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]])
            at = cv2.perspectiveTransform(corners, seen.to_pixels)[0]
            mask = cv2.fillConvexPoly(np.zeros_like(grey), np.rint(at).astype(np.int32), 1)
            inside = grey[mask > 0].astype(float)
            contrast = np.median(inside) - np.percentile(inside, 1)
            if filled.entries[field.name].kind == "number":
                assert contrast > 30, (field.name, look)


def test_a_page_is_the_same_again(template: Template) -> None:
    from forms_values import SAMPLERS

    first, second = (SAMPLERS[template.name](np.random.default_rng(7), True) for _ in range(2))
    assert first == second
