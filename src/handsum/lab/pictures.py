"""Pictures to learn from: what layers see, which pixels decide, how the loss falls."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handsum.export.digits import export_onnx
from handsum.lab.algorithms import OPTIMISERS
from handsum.lab.draw import draw_curves
from handsum.lab.layers import layer_rows
from handsum.lab.outcome import Outcome, Part
from handsum.lab.printed_code import printed_recipe
from handsum.lab.sheet import Row, draw_sheet
from handsum.lab.variants import Bench, Trained, load_bench, smooth, train_variant
from handsum.reader.digits import DigitReader
from handsum.reader.explain import Explanation, draw_explanation, explain_digit
from handsum.train.loop import load_net, train

Ink = npt.NDArray[np.uint8]
Rgb = npt.NDArray[np.uint8]


def run_pictures(quick: bool, on_progress: Callable[[str, int, int], None]) -> Outcome:
    """Train the article's net, take the digit reader that ships, and look into both."""
    started = time.perf_counter()
    total = 4 + len(OPTIMISERS)
    bench = load_bench(400 if quick else 10_000, 0.1, 200)
    on_progress("training the article's net", 0, total)
    article = _train_article(bench, 1 if quick else 4)
    on_progress("looking into its layers", 1, total)
    ink = _one_of_each(bench)[7]
    parts = [_layers("The article's net", "article", article, ink)]
    on_progress("looking into the reader that ships", 2, total)
    reader = DigitReader()
    parts.append(_layers("The digit reader that ships", "digits",
                         reader.bundle.model_path.read_bytes(), ink))  # fmt: skip
    on_progress("taking ink away", 3, total)
    part, figures = _occlusion(reader, _one_of_each(bench)[: 2 if quick else 10])
    parts.append(part)
    falls: list[Trained] = []
    for variant in OPTIMISERS:
        on_progress(f"the loss under {variant.name}", 4 + len(falls), total)
        chosen = replace(variant, tried=variant.tried[1:2])
        falls.append(train_variant(chosen, bench, 1 if quick else 2))
    parts.append(_losses(falls))
    on_progress("done", total, total)
    return Outcome(
        "pictures",
        "Pictures to learn from",
        "Filters and maps of the article's net and of the digit reader that ships, the pixels "
        "that decided ten readings, and the loss under each optimiser.",
        (0,), quick, time.perf_counter() - started,
        {"occlusion": figures, "loss": {t.variant.name: round(float(t.loss[-1]), 4)
                                        for t in falls}},
        parts=tuple(parts),
    )  # fmt: skip


def _train_article(bench: Bench, epochs: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        train(printed_recipe(0, epochs, log_softmax=False), Path(folder), mixture=bench.mixture)
        return export_onnx(load_net(Path(folder))[0], "signed")


def _one_of_each(bench: Bench) -> list[Ink]:
    labels = bench.test.labels
    return [bench.test.inks[int(np.flatnonzero(labels == digit)[0]), 0] for digit in range(10)]


def _layers(title: str, key: str, model: bytes, ink: Ink) -> Part:
    return Part(
        title,
        (
            "A filter lights up (orange) where the ink has its shape; blue is where it wants "
            "none. Below the filters, what each layer makes of a 7, the strongest maps of each: "
            "edges at first, then strokes and their ends, and in the last layers hardly a picture "
            "any more. The same for your own pictures: handsum read --as digit --explain DIR.",
        ),
        diagrams=((f"layers-{key}", draw_sheet(layer_rows(model, ink))),),
    )


def _occlusion(reader: DigitReader, inks: Sequence[Ink]) -> tuple[Part, list[dict[str, object]]]:
    shown = [explain_digit(reader, ink) for ink in inks]
    halves = [_halves(e) for e in shown]
    rows: tuple[Row, ...] = (
        ("what the net sees", [left for left, _ in halves]),
        ("what spoke for (orange) and against (blue) its answer", [right for _, right in halves]),
    )
    texts = ", ".join(f"{e.answer} ({e.probability:.4f})" for e in shown)
    figures: list[dict[str, object]] = [
        {"answer": e.answer, "probability": round(e.probability, 6),
         "strongest": round(float(e.evidence.max()), 3)}
        for e in shown
    ]  # fmt: skip
    part = Part(
        "Which pixels decided",
        (
            "A square of 5 x 5 pixels of the ink is taken away at every place, and the net is "
            f"asked again. Its answers: {texts}. The same for your own pictures: handsum read "
            "--as digit --explain DIR.",
        ),
        diagrams=(("occlusion", draw_sheet(rows)),),
    )
    return part, figures


def _halves(explanation: Explanation) -> tuple[Rgb, Rgb]:
    """The two pictures of `draw_explanation`, each (28, 28, 3), as RGB."""
    both = draw_explanation(explanation, zoom=1)[..., ::-1]
    return both[:, :28], both[:, -28:]


def _losses(falls: Sequence[Trained]) -> Part:
    curves = {t.variant.name: (t.seen, smooth(t.loss, max(1, len(t.loss) // 25))) for t in falls}
    return Part(
        "How the loss falls",
        ("One net with a hidden layer of 128; the rate is the middle one of those tried.",),
        diagrams=(
            ("losses", draw_curves(curves, "digits seen", "loss of a batch", "losses", log=True)),
        ),
    )
