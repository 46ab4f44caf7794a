"""A pile of slips with two numbers and their sum, written with digits of real hands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from handsum.forms.page_reading import FieldReading, PageReading
from handsum.piles.options import PileOptions
from handsum.piles.store import Pile, Store
from handsum.piles.worker import Seen, Worker
from handsum.readings import Candidate, DigitReading
from piled import FLAT, SumRules, field_reading, run_sum, sums_template

Grey = npt.NDArray[np.uint8]

DOTS = 100 / 25.4  # pixels a millimetre
BOXES = {"a": (20, 40, 60, 50), "b": (20, 60, 60, 70), "total": (20, 80, 60, 90)}
HANDS = Path(__file__).parent.parent / "examples" / "handwriting"


def draw_slip(texts: dict[str, str], writer: str = "0009") -> Grey:
    """A page (1169, 827) with these texts in its three boxes."""
    page = np.full((1169, 827), 252, np.uint8)
    cv2.putText(page, "Paying-in slip", (80, 90), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 60, 2)
    for name, label in (("a", "First"), ("b", "Second"), ("total", "Sum")):
        x0, y0, x1, y1 = pixels(name)
        cv2.rectangle(page, (x0, y0), (x1, y1), 150, 1)
        cv2.putText(page, label, (x1 + 20, y1 - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 90, 1)
        for place, digit in enumerate(texts[name]):
            grey = cv2.imread(str(HANDS / f"writer-{writer}-{digit}.png"), cv2.IMREAD_GRAYSCALE)
            assert grey is not None
            cell = cv2.resize(grey, (26, 34))
            x = x0 + 8 + 30 * place
            part = page[y0 + 3 : y0 + 37, x : x + 26]
            np.minimum(part, cell, out=part)
    return page


def pixels(name: str) -> tuple[int, int, int, int]:
    """A field's box on the page."""
    x0, y0, x1, y1 = (round(DOTS * side) for side in BOXES[name])
    return x0, y0, x1, y1


def say(name: str, text: str, other: str = "", sure: float = 0.9995, weak: int = 0) -> FieldReading:
    """A field read as ``text``; doubtful where ``other`` is about as likely."""
    confidence = sure if not other else 0.71
    field = field_reading(name, text, confidence, why="risk" if other else "")
    texts = [Candidate(text, confidence), *([Candidate(other, 0.27)] if other else [])]
    digits = tuple(
        DigitReading(digit, 0.72 if place == weak and other else 0.999, (0, 0, 5, 5))
        for place, digit in enumerate(text)
    )
    reading = replace(field.reading, candidates=tuple(texts), digits=digits, box=pixels(name))
    return replace(field, reading=reading, crop_box=pixels(name))


class ReadSlips:
    """Reads slips by their names: what is on them is known."""

    def __init__(self, fields: dict[str, list[FieldReading]]) -> None:
        self.fields = fields

    def __call__(self, grey: Grey, source: str, page: int) -> Seen:
        fields = tuple(
            replace(f, reading=replace(f.reading, source=source, page=page))
            for f in self.fields[Path(source).name]
        )
        number = int(Path(source).stem.rpartition("-")[2])
        reading = PageReading(
            source=source, page=page, template="sums", template_version="1", sheet=number,
            how="marks", turned=0, error_mm=0.1, transform=FLAT, fields=fields, rules=(),
            sha256=f"{number:064}",
        )  # fmt: skip
        return Seen(run_sum(reading), grey)


Slip = tuple[dict[str, str], list[FieldReading]]


def slip(a: str, b: str, total: str, said: FieldReading) -> Slip:
    """What stands on a slip, and what a reader says of it: all of it right but for one field."""
    truth = {"a": a, "b": b, "total": total}
    fields = [said if said.name == name else say(name, text) for name, text in truth.items()]
    return truth, fields


SLIPS = (
    slip("137", "24", "161", say("a", "131", "137", weak=2)),
    slip("205", "70", "275", say("b", "70", "10")),
    slip("48", "31", "80", say("total", "80")),
    slip("19", "7", "26", say("b", "7", "1")),
    slip("62", "7", "69", say("b", "7", "1")),
    slip("33", "1", "34", say("b", "7", "1")),
)


def make_pile(folder: Path, slips: int = len(SLIPS)) -> Path:
    """A results folder with these slips read: one digit wrong, a doubt, a sum that is not, 7s."""
    scans = folder / "scans"
    scans.mkdir(parents=True)
    fields, paths = {}, []
    for number, (truth, said) in enumerate(SLIPS[:slips], start=1):
        path = scans / f"slip-{number:02}.png"
        cv2.imwrite(str(path), draw_slip(truth, "0009" if number % 2 else "0010"))
        fields[path.name] = said
        paths.append(path)
    template = sums_template(folder / "forms")
    with Pile.create(folder / "results", [template], PileOptions()) as pile:
        pile.add_files(paths)
        Worker(pile.database, lambda _: ReadSlips(fields), "tests").run(lambda: False)
    return folder / "results"


def rules_of(folder: Path) -> SumRules:
    """The rule of such a pile."""
    return SumRules(sums_template(folder.parent / "forms"))


def open_store(folder: Path) -> Store:
    """The store in a results folder."""
    return Store.open(folder)
