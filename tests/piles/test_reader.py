"""The real reader of forms behind a pile's workers."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import pytest

pytest.importorskip("reportlab", reason="the extra forms is not installed")

from handsum.errors import PileError, PromiseError
from handsum.forms.print import print_form
from handsum.piles.corrections import Keyed
from handsum.piles.options import PileOptions
from handsum.piles.reader import OpenForms, check_promises, note_weights
from handsum.piles.review import Review
from handsum.piles.store import Pile
from handsum.piles.worker import Worker
from handsum.promise.calibrate import calibrate_promise
from handsum.promise.file import save_promise
from handsum.promise.terms import DataDescription
from handsum.reader.numbers import NumberReader
from piled import TEMPLATE, sums_template


def promise_text(folder: Path, pattern: str) -> str:
    """A promise for fields of this pattern, as its file has it."""
    from handsum.decode.constraint import Constraint

    reader = NumberReader(threads=1)
    key = reader.promise_key(reader.options(constraint=Constraint(pattern=pattern)))
    about = DataDescription("a test", "0" * 64)
    promise = calibrate_promise(
        [0.9] * 200, [True] * 200, None, max_risk=0.05, delta=0.05, key=key, description=about
    )
    save_promise(folder / "promise.json", promise)
    return (folder / "promise.json").read_text("utf-8")


def test_a_printed_form_goes_through_a_pile_and_back(tmp_path: Path) -> None:
    template = sums_template(tmp_path, TEMPLATE.replace('label = "Sum"', "required = true"))
    print_form(template, tmp_path / "form.pdf", 2)
    options = note_weights(PileOptions())
    assert len(set(options.weights)) == 2
    with Pile.create(tmp_path / "results", [template], options) as pile:
        pile.add_files([tmp_path / "form.pdf"])
        opened = pickle.loads(pickle.dumps(OpenForms()))
        Worker(pile.database, opened, "w", pile.info.id).run(lambda: False)
        first, second = pile.pages("done")
        assert (first.sheet, second.sheet) == (1, 2)
        assert cv2.imread(str(pile.upright_path(first.id))) is not None
        assert len(list((pile.folder / "overlays").iterdir())) == 2
        review = Review(pile)
        item = review.next_item("ada")
        assert item is not None
        assert (item.field.name, item.field.why) == ("total", "required")
        review.answer(item.id, "ada", Keyed("number", "12"))
        reading = pile.reading(first.id)
        assert reading.field("total").reading.value == "12"
        assert reading.field("a").reading.content == "blank"
        assert reading.rules[0].status == "unknown"
        assert review.undo("ada") == (item.id,)
        assert pile.reading(first.id).rules == ()


def test_a_pile_is_not_read_on_with_other_weights(tmp_path: Path) -> None:
    template = sums_template(tmp_path)
    Pile.create(tmp_path / "results", [template], note_weights(PileOptions())).close()
    with pytest.raises(PileError, match="another weights"):
        Pile.create(tmp_path / "results", [template], PileOptions(weights=("0", "1")))


def test_a_promise_has_to_be_for_a_field_of_the_form(tmp_path: Path) -> None:
    template = sums_template(tmp_path)
    fits = PileOptions(promises=(promise_text(tmp_path, "9{1,4}"),))
    check_promises([template], fits, tmp_path / "results")
    check_promises([template], PileOptions(), tmp_path / "results")
    other = PileOptions(promises=(promise_text(tmp_path, "99/99"),))
    with pytest.raises(PromiseError, match="for no field of the form"):
        check_promises([template], other, tmp_path / "results")
