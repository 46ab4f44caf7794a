"""How many keys a doubtful value costs, pressed and counted in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from handsum.forms.page_reading import FieldReading
from handsum.piles.corrections import history
from handsum.piles.options import PileOptions
from handsum.piles.store import Pile
from handsum.piles.worker import Worker
from handsum.readings import Candidate
from serving import Running, serving

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
from piled import TEMPLATE, SumRules, sums_template
from slips import ReadSlips, draw_slip, open_store, say

if TYPE_CHECKING:
    from playwright.sync_api import Page

FORM = TEMPLATE.replace("9{1,3}", "9{1,6}").replace("9{1,4}", "9{1,6}")
TRUTH = "1372"
GUESS_KEYS = "qwer"


def doubt(read: str, guesses: tuple[str, ...], sure: tuple[float, ...]) -> FieldReading:
    """Field a read as ``read``, with further guesses, each digit as sure as told."""
    field = say("a", read, read)  # doubtful
    texts = (Candidate(read, 0.5), *(Candidate(guess, 0.1) for guess in guesses))
    digits = tuple(
        replace(digit, confidence=share)
        for digit, share in zip(field.reading.digits, sure, strict=True)
    )
    reading = replace(field.reading, candidates=texts, digits=digits)
    return replace(field, reading=reading)


RISING, FALLING = (0.6, 0.7, 0.8, 0.9), (0.9, 0.8, 0.7, 0.6)
CASES = {
    # name: what was read, further guesses, how sure of each digit, how many keys it may cost
    "right": (TRUTH, ("1872",), RISING, 1),
    "wrong where it was least sure": ("7372", (), RISING, 2),
    "wrong at the end, least sure there": ("1371", ("1377",), FALLING, 2),
    "the second guess": ("1322", (TRUTH, "1822"), RISING, 2),
    "the third guess": ("1322", ("1822", TRUTH), RISING, 2),
    "the fifth guess": ("1322", ("1822", "1422", "1522", TRUTH), RISING, 2),
    "wrong where it was second least sure": ("1872", (), RISING, 3),
    "wrong in the third place": ("1312", (), RISING, 4),
    "wrong where it was surest": ("1371", (), RISING, 3),
    "wrong at the front where it was surest": ("7372", (), FALLING, 3),
    "a digit too many": ("13722", (), (0.99, 0.99, 0.99, 0.9, 0.6), 2),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pile with a slip a case."""
    made = tmp_path_factory.mktemp("keys")
    template = sums_template(made / "forms", FORM)
    fields, paths = {}, []
    for number, (read, guesses, sure, _) in enumerate(CASES.values(), start=1):
        path = made / f"slip-{number:02}.png"
        # Each with another number: a scan with the bytes of another is read once.
        cv2.imwrite(str(path), draw_slip({"a": TRUTH, "b": str(number + 9), "total": "1396"}))
        total = say("total", "1396")  # said by a person, so that the rule has no doubts of it
        total = replace(total, reading=replace(total.reading, basis="person"))
        fields[path.name] = [doubt(read, guesses, sure), say("b", "24"), total]
        paths.append(path)
    with Pile.create(made / "results", [template], PileOptions()) as pile:
        pile.add_files(paths)
        Worker(pile.database, lambda _: ReadSlips(fields), "tests").run(lambda: False)
    return made / "results"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    """A server of that pile."""
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    settings = ServiceSettings(pile=str(folder), children=0)
    rules = SumRules(sums_template(folder.parent / "forms", FORM))
    shelf = Shelf(open_store(folder), rules)
    with serving(settings, warm=False, shelf=shelf) as running:
        yield running


def keys_for(read: str, guesses: tuple[str, ...], sure: tuple[float, ...]) -> list[str]:
    """What somebody presses who sees ``TRUTH`` on the paper."""
    if read == TRUTH:
        return ["Enter"]
    if TRUTH in guesses:
        return [GUESS_KEYS[guesses.index(TRUTH)], "Enter"]
    weak = sorted(range(len(read)), key=sure.__getitem__)
    if len(read) > len(TRUTH):
        return ["Delete", "Enter"]
    wrong = next(at for at, (a, b) in enumerate(zip(read, TRUTH, strict=True)) if a != b)
    ways = [
        [" "] * weak.index(wrong),
        ["ArrowRight" if wrong > weak[0] else "ArrowLeft"] * abs(wrong - weak[0]),
        ["Home"] + ["ArrowRight"] * wrong,
        ["End"] + ["ArrowLeft"] * (len(read) - 1 - wrong),
    ]
    return [*min(ways, key=len), TRUTH[wrong], "Enter"]


def test_a_value_costs_the_keys_that_it_may(page: Page, folder: Path) -> None:
    page.goto("/review")
    page.wait_for_selector("#desk:visible")
    spent: dict[str, int] = {}
    names = list(CASES)
    while page.locator("#desk:visible").count():
        assert page.locator("#label").inner_text() == "First"
        number = int(page.locator("#place").inner_text()[len("slip-") :][:2])
        name = names[number - 1]
        read, guesses, sure, most = CASES[name]
        keys = keys_for(read, guesses, sure)
        assert len(keys) <= most, name
        for key in keys:
            page.keyboard.press(key)
        page.locator('#panel-one[aria-busy="false"]').wait_for()
        assert page.locator("#trouble:visible").all_inner_texts() == []
        spent[name] = len(keys)
    assert set(spent) == set(names)
    with Pile.open(folder) as pile:
        rows = history(pile.database, pile.info.id)
    assert [row.to_text for row in rows if row.how == "review"] == [TRUTH] * len(names)
    wrong = [spent[name] for name in names if name != "right"]
    assert spent["right"] == 1
    assert max(wrong) <= 4
