"""What an experiment writes: JSON, diagrams that stand alone, a page that needs nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from handsum.lab.draw import draw_curves, draw_shares
from handsum.lab.outcome import Claim, Outcome, Part, write_outcome
from handsum.lab.sheet import draw_sheet

X = np.arange(5.0)
DIAGRAMS = (
    ("curves", draw_curves({"<a>": (X, X + 1)}, "x & y", "loss", "curves", log=True)),
    ("bars", draw_shares({"one": 0.5, "two": 1.0}, 20, "share", "bars")),
    ("sheet", draw_sheet([("maps <1>", [np.eye(4), -np.eye(4)]), ("none", [])])),
)
OUTCOME = Outcome(
    "demo", "A <title>", "What was done.", (0, 1), False, 3.2, {"share": 0.5},
    (Claim("says <this>", "was & is", "wrong"),),
    (Part("A part", ("text",), ("net", "share"), (("<a>", "1"),), DIAGRAMS),),
)  # fmt: skip


def test_an_outcome_is_json_diagrams_and_a_page(tmp_path: Path) -> None:
    page = write_outcome(OUTCOME, tmp_path)
    result = json.loads((tmp_path / "demo.json").read_text("utf-8"))
    assert result["figures"] == {"share": 0.5}
    assert result["claims"] == [
        {"claim": "says <this>", "measured": "was & is", "verdict": "wrong"}
    ]
    assert (result["command"], result["seeds"]) == ("handsum lab demo", [0, 1])
    text = page.read_text("utf-8")
    assert "says &lt;this&gt;" in text
    assert "<this>" not in text
    assert "<script" not in text
    assert not re.search(r'(src|href)="(?!data:|#)', text), "nothing is fetched"
    for name, _ in DIAGRAMS:
        svg = (tmp_path / f"{name}.svg").read_text("utf-8")
        ElementTree.fromstring(svg)
        assert "var(" not in svg, "a file of its own has no page to take colours from"


def test_the_same_diagram_is_the_same_text() -> None:
    again = draw_curves({"<a>": (X, X + 1)}, "x & y", "loss", "curves", log=True)
    assert again == DIAGRAMS[0][1]
