"""The example forms: their templates load, their printed forms are theirs, their pages are read."""

from __future__ import annotations

import csv
from pathlib import Path

import pypdfium2
import pytest

from handsum.forms.page_reading import PageReading
from handsum.forms.read import FormReader
from handsum.forms.template import load_template
from handsum.imaging.load import load_pictures

FOLDER = Path(__file__).parents[2] / "examples" / "forms"
FORMS = ("mark-sheet", "paying-in", "polling-station", "weather-log")


@pytest.fixture(scope="module")
def reader() -> FormReader:
    return FormReader([load_template(FOLDER / form / "template.toml") for form in FORMS])


def truth_of(form: str) -> dict[str, dict[str, str]]:
    """What stands on each page, by file and field."""
    found: dict[str, dict[str, str]] = {}
    with (FOLDER / form / "pages" / "truth.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            text = "1" if row["kind"] == "tick" else row["text"]
            found.setdefault(row["file"], {})[row["field"]] = text
    return found


@pytest.mark.parametrize("form", FORMS)
def test_the_pages_of_an_example_are_read(form: str, reader: FormReader) -> None:
    wrong_but_accepted = 0
    right = written = 0
    for name, truth in truth_of(form).items():
        (picture,) = load_pictures(FOLDER / form / "pages" / name)
        page = reader.read_picture(picture)
        assert isinstance(page, PageReading), page.message
        assert (page.template, page.how) == (form, "code")
        assert page.error_mm < 0.5
        assert {field.name for field in page.fields} == set(truth)
        for field in page.fields:
            text, reading = truth[field.name], field.reading
            written += bool(text)
            right += bool(text) and reading.text == text
            wrong_but_accepted += reading.text != text and reading.decision == "accepted"
    assert right >= 0.85 * written
    assert wrong_but_accepted <= 1


@pytest.mark.parametrize("form", FORMS)
def test_the_printed_form_lies_beside_its_template(form: str, reader: FormReader) -> None:
    document = pypdfium2.PdfDocument((FOLDER / form / "form.pdf").read_bytes())
    bitmap = document[0].render(scale=150 / 72, grayscale=True).to_numpy().squeeze()
    document.close()
    page = reader.read_page(bitmap)
    assert isinstance(page, PageReading), page.message
    assert (page.template, page.sheet) == (form, 1)
    # The form as printed today: every line where the template has it, and nothing written.
    assert page.error_mm < 0.1
    assert {field.reading.content for field in page.fields} == {"blank"}
