"""The report stands alone, shows the metrics' own figures, and believes no name."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib", reason="reports need the train extra")

from evaluate.predicted import predict, predict_by_chance
from handsum.evaluate.cases import CasePictures, find_worst
from handsum.evaluate.figures import measure_digits
from handsum.evaluate.predictions import DigitPredictions
from handsum.evaluate.report import DOUBTFUL, OTHERS, WORST, render_report
from handsum.evaluate.wording import interval, percent

HOSTILE = "<script>alert(1)</script>\"'&<img src=http://evil.example/x>"
LOADING = ("src", "srcset", "href", "xlink:href", "data", "poster", "action", "background")
VOID = {"meta", "img", "wbr", "br"}


class Page(HTMLParser):
    """Tags, texts by tag, and whether every tag was closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def values(self, tag: str, key: str) -> list[str]:
        return [attrs[key] or "" for name, attrs in self.tags if name == tag and key in attrs]


def render(predictions: DigitPredictions, **more: object) -> str:
    options = {"title": "made 1"} | more
    return render_report(predictions, measure_digits(predictions), **options)  # type: ignore[arg-type]


def check_alone(text: str) -> Page:
    """Nothing is loaded from anywhere, no script runs, every tag is closed, ids are unique."""
    page = Page(text)
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for tag, attrs in page.tags:
        for key, value in attrs.items():
            assert not key.startswith("on")
            if tag == "img" and key == "src":
                assert (value or "").startswith("data:image/png;base64,")
            elif key in LOADING:
                assert (value or "").startswith("#"), (tag, key, value)
            for target in re.findall(r"url\(([^)]*)\)", value or ""):
                assert target.startswith("#")
    style = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert "url(" not in style and "@import" not in style
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = re.findall(r'(?:href="|url\()#([^")]+)', text)
    assert set(targets) <= set(ids)
    return page


def test_it_stands_alone_and_shows_the_metrics_figures() -> None:
    predictions = predict_by_chance(600, seed=1)
    figures = measure_digits(predictions)
    page = check_alone(render(predictions))
    worst = figures.worst_writer
    assert worst is not None
    shown = [figures.digits, figures.refused, figures.refused_others, worst[1], figures.accepted]
    for share in shown:
        assert share is not None
        assert percent(share.value) in page.text
    for share in (*figures.writers.values(), *figures.classes.values()):
        assert f"{share.n:,}{share.n - share.count:,}{percent(share.value)}{interval(share)}" in (
            page.text
        )
    assert percent(figures.calibration.ece) in page.text
    # The worst writer leads the summary, and its table.
    assert page.text.index(worst[0]) < page.text.index("All digits read right")
    order = [page.text.rindex(f"{name}{share.n:,}") for name, share in figures.writers.items()]
    assert order == sorted(order)


def test_hostile_names_are_shown_and_not_obeyed() -> None:
    groups = [HOSTILE, "b", "b"]
    predictions = predict(["1", "2", "3"], ["7", "2", "3"], [0.9, 0.9, 0.9], groups=groups)
    predictions = DigitPredictions(
        predictions.probs, predictions.labels, (HOSTILE, "x", "y"), tuple(groups),
        predictions.classes,
    )  # fmt: skip
    text = render(predictions, title=HOSTILE, facts=[(HOSTILE, HOSTILE)], notes=[HOSTILE])
    page = check_alone(text)
    assert "<script" not in text
    # Title, heading, note, summary, table, case (writer and id), facts (name and text).
    assert "".join(page.words).count(HOSTILE) == 9


def test_cases_show_the_pictures_themselves_the_surest_error_first() -> None:
    predictions = predict_by_chance(700, seed=2)
    rng = np.random.default_rng(0)
    greys = rng.integers(0, 256, (len(predictions), 40, 30), np.uint8)
    inks = rng.integers(0, 256, (len(predictions), 28, 28), np.uint8)
    pictures = [CasePictures(grey, ink) for grey, ink in zip(greys, inks, strict=True)]
    page = check_alone(render(predictions, pictures=pictures))
    sources = page.values("img", "src")
    is_digit = predictions.labels < 10
    others = int((~predictions.correct & ~is_digit).sum())
    assert 0 < others < OTHERS
    assert len(sources) == 2 * (WORST + others + DOUBTFUL)
    assert (~predictions.correct & is_digit).sum() > WORST

    def decode(source: str) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))))

    first = int(find_worst(predictions, is_digit, 1)[0])
    wrong = predictions.confidence[~predictions.correct & is_digit]
    assert predictions.confidence[first] == wrong.max()
    assert np.array_equal(decode(sources[0]), greys[first])
    assert np.array_equal(decode(sources[1]), 255 - inks[first])  # ink is shown dark


def test_large_pictures_are_reduced() -> None:
    grey = np.zeros((3000, 2000), np.uint8)
    text = render(predict(["1"], ["7"], [0.9]), pictures=[CasePictures(grey)])
    assert len(text) < 60_000


@pytest.mark.parametrize(
    "predictions",
    [
        predict(["4"], ["4"], [1.0], classes=("4",)),
        predict(["4", "4"], ["4", "4"], [0.9, 0.95]),
        predict(["4"], ["5"], [0.3]),
        predict(["not_a_number"] * 3, ["not_a_number", "1", "1"], [0.9, 0.5, 1.0]),
        predict([*"0123456789"], [*"0123456789"], [1.0] * 10, classes=tuple("0123456789")),
        predict(["1"] * 50, ["7"] * 50, [0.999999] * 50, groups=["a"] * 50),
    ],
    ids=["one class", "no error", "one picture", "no digit", "all sure", "all wrong"],
)
def test_the_edges_give_a_page_too(predictions: DigitPredictions) -> None:
    page = check_alone(render(predictions))
    is_digit = np.array(predictions.classes)[predictions.labels] != "not_a_number"
    assert ("No digit was read wrong" in page.text) == bool(predictions.correct[is_digit].all())
    assert sum(tag == "svg" for tag, _ in page.tags) == 2
    if set(predictions.groups) == {None}:
        assert "name no writers" in page.text
    assert "nan" not in page.text.lower().replace("not_a_number", "")


def test_the_same_predictions_give_the_same_page() -> None:
    assert render(predict_by_chance(50, 3)) == render(predict_by_chance(50, 3))
