"""An evaluation of single digits as one HTML file, for whoever has to answer for the readings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from handsum.evaluate.cases import CasePictures, find_doubtful, find_worst, mark_digits
from handsum.evaluate.digits import REFUSED
from handsum.evaluate.figures import DigitFigures
from handsum.evaluate.metrics import Share
from handsum.evaluate.page import (
    breakable,
    fact_list,
    image,
    page,
    paragraph,
    range_bar,
    section,
    table,
    tile,
    tiles,
)
from handsum.evaluate.plots import plot_reliability, plot_risk_coverage
from handsum.evaluate.predictions import DigitPredictions
from handsum.evaluate.wording import interval, percent, wrong_of

WORST, OTHERS, DOUBTFUL = 60, 24, 24
"""How many digits read wrong, others read as digits, and right ones least sure are shown."""
FEW = 20


def render_report(
    predictions: DigitPredictions,
    figures: DigitFigures,
    *,
    title: str,
    facts: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
    pictures: Sequence[CasePictures] | None = None,
) -> str:
    """The page as text; ``pictures`` (N,) go with the predictions.

    ``facts`` say what was measured on what, ``notes`` what a reader must know before the
    figures. All texts may hold anything: they are escaped.
    """
    is_digit = mark_digits(predictions)[predictions.labels]
    parts = [
        f"<header><h1>{escape(title)}</h1>"
        + paragraph(f"{figures.n:,} pictures", "muted")
        + "</header>",
        *(paragraph(note, "note") for note in notes),
        _summary(figures),
        _sets(figures),
        _writers(figures),
        _classes(figures),
        _confusion(figures),
        _confidence(figures),
        _cases(
            "Digits read wrong, the surest first",
            predictions,
            find_worst(predictions, is_digit, WORST),
            pictures,
            "No digit was read wrong.",
        ),
        ""
        if is_digit.all()
        else _cases(
            "Read as a digit and none, the surest first",
            predictions,
            find_worst(predictions, ~is_digit, OTHERS),
            pictures,
            "Everything that is no digit was refused.",
        ),
        _cases(
            "Digits read right, the least sure first",
            predictions,
            find_doubtful(predictions, is_digit, DOUBTFUL),
            pictures,
            "No digit was read right.",
        ),
        f"<footer>{fact_list(facts)}</footer>" if facts else "",
    ]
    return page(title, parts)


def _summary(figures: DigitFigures) -> str:
    worst = figures.worst_writer
    items = []
    if worst is None:
        items.append(tile("Worst writer", "not known", "These data name no writers.", first=True))
    else:
        items.append(
            tile(
                "Worst writer",
                percent(worst[1].value),
                f"{worst[0]}: {wrong_of(worst[1]):,} of {worst[1].n:,} digits wrong, "
                f"{interval(worst[1])} right",
                first=True,
            )
        )
    digits, refused, others = figures.digits, figures.refused, figures.refused_others
    if digits.n:
        items.append(
            tile(
                "All digits read right",
                percent(digits.value),
                f"{wrong_of(digits):,} of {digits.n:,} wrong, {interval(digits)} right",
            )
        )
    if digits.n and REFUSED in figures.class_names:
        items.append(
            tile(
                "Digits refused",
                percent(refused.value),
                f"{refused.count:,} of {refused.n:,} taken for no digit; they count as wrong",
            )
        )
    if others is not None:
        items.append(
            tile(
                "What is no digit, refused",
                percent(others.value),
                f"{others.count:,} of {others.n:,}, {interval(others)}",
            )
        )
    wrong = figures.accepted_wrong
    items.append(
        tile(
            f"Accepted at {100 * figures.max_risk:g} % risk",
            percent(figures.accepted.value),
            f"of all pictures, by estimate; {wrong.count:,} of these {wrong.n:,} wrong"
            + (f", {interval(wrong)}" if wrong.n else ""),
        )
    )
    items.append(
        tile(
            "Calibration error (ECE)",
            percent(figures.calibration.ece),
            "mean gap of stated and found, all pictures",
        )
    )
    words = "All intervals hold with 95 % (Clopper-Pearson) for pictures independent of each other."
    if worst is not None:
        words += " Pictures of one hand are not quite: read the table by writer beside them."
    return tiles(items) + paragraph(words, "under")


def _sets(figures: DigitFigures) -> str:
    if len(figures.sets) < 2:
        return ""
    return section("By data set, the worst first", _share_table("set", figures.sets))


def _writers(figures: DigitFigures) -> str:
    if not figures.writers:
        words = "These data name no writers, so nobody can say for whom the reader is worst."
        return section("By writer", paragraph(words))
    unknown = figures.writer_unknown
    rest = [paragraph(f"{unknown:,} digits name no writer.", "muted")] if unknown else []
    return section(
        "By writer, the worst first",
        paragraph(
            "A reader that is good on average and bad for some hands is unfair to them.", "muted"
        ),
        _share_table("writer", figures.writers),
        *rest,
    )


def _classes(figures: DigitFigures) -> str:
    if not figures.classes:
        return ""
    return section("By digit", _share_table("digit", figures.classes))


def _share_table(name: str, shares: Mapping[str, Share]) -> str:
    lowest = min(share.low for share in shares.values())
    # Whole steps, so that the axis of two reports is often the same.
    floor = next(x for x in (0.99, 0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.0) if x <= lowest)
    rows = [
        (
            key,
            f"{share.n:,}",
            f"{wrong_of(share):,}",
            percent(share.value),
            range_bar(share.low, share.value, share.high, floor),
            interval(share),
        )
        for key, share in shares.items()
    ]
    axis = f"{100 * floor:g} to 100 %"
    return table((name, "digits", "wrong", "right", axis, "interval"), rows, drawn=(4,))


def _confusion(figures: DigitFigures) -> str:
    names = [_plain(name) for name in figures.class_names]
    counts = figures.confusion
    off = counts - np.diag(np.diag(counts))
    most = max(1, int(off.max()))
    lines = []
    for i, name in enumerate(names):
        if not counts[i].any():
            continue
        cells = []
        for j, count in enumerate(counts[i].tolist()):
            kind = "right" if i == j else "wrong" if count else "zero"
            strength = 25 + 65 * math.log1p(count) / math.log1p(most)
            style = (
                f' style="background:color-mix(in srgb, var(--bad-soft) {strength:.0f}%, '
                'var(--card))"' if kind == "wrong" else ""
            )  # fmt: skip
            cells.append(f'<td class="{kind}"{style}>{count}</td>')
        lines.append(f"<tr><th>{escape(name)}</th>{''.join(cells)}</tr>")
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    grid = (
        '<div class="wide"><table class="confusion"><thead><tr><th class="corner"></th>'
        f"{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
    words = "A row is what stands there, a column what was read."
    if REFUSED in figures.class_names:
        words += " None: no digit."
    if figures.confused:
        words += f" Most often: {', '.join(map(_plain, figures.confused[:5]))}."
    return section("What is taken for what", paragraph(words, "muted"), grid)


def _confidence(figures: DigitFigures) -> str:
    bands = figures.bands
    # A handful of pictures excludes nothing: their bars would only hide the others.
    drawn = [band for band in bands if band.found.n >= FEW] or bands
    reliability = plot_reliability(
        np.array([band.stated for band in drawn]),
        np.array([band.found.value for band in drawn]),
        np.array([band.found.low for band in drawn]),
        np.array([band.found.high for band in drawn]),
    )
    curve = figures.calibration.curve
    chosen = (
        (figures.accepted.value, figures.accepted_wrong.value) if figures.accepted.count else None
    )
    coverage = plot_risk_coverage(curve.coverage, curve.risk, chosen, figures.max_risk)
    rows = [
        (
            f"{100 * band.low:g} to {100 * band.high:g} %",
            f"{band.found.n:,}",
            percent(band.stated),
            percent(band.found.value),
            interval(band.found),
        )
        for band in bands
    ]
    asked = f"{100 * figures.max_risk:g} %"
    best = f"{percent(figures.coverage)} could be accepted with {asked} of these wrong"
    return section(
        "What its confidence is worth",
        '<div class="pair"><div>',
        reliability,
        paragraph(
            "A mark on the dashed line: wrong as often as it said. Above the line: wrong more "
            "often. A bar to the bottom: no error seen, its upper end is what can be excluded. "
            f"Fewer than {FEW} pictures stand only in the table.",
            "under",
        ),
        "</div><div>",
        coverage,
        paragraph(
            "How many of the accepted are wrong, accepting from the surest down. The dot: "
            f"accepting at an estimated risk of at most {asked} each. By hindsight {best}.",
            "under",
        ),
        "</div></div>",
        table(("stated risk", "pictures", "mean", "wrong", "interval"), rows),
    )


def _cases(
    title: str,
    predictions: DigitPredictions,
    rows: npt.NDArray[np.intp],
    pictures: Sequence[CasePictures] | None,
    none: str,
) -> str:
    if not len(rows):
        return section(title, paragraph(none))
    cases = "\n".join(_case(predictions, int(row), pictures) for row in rows)
    if pictures is None:
        words = "The pictures were not at hand: name the data as well."
    elif any(pictures[int(row)].ink is not None for row in rows):
        words = "Left the picture, right the ink that the net saw."
    else:
        words = ""
    return section(
        title, paragraph(words, "muted") if words else "", f'<div class="cases">{cases}</div>'
    )


def _case(predictions: DigitPredictions, row: int, pictures: Sequence[CasePictures] | None) -> str:
    truth = _plain(predictions.classes[predictions.labels[row]])
    read = _plain(predictions.classes[predictions.preds[row]])
    shown = pictures[row] if pictures is not None else CasePictures()
    images = ""
    if shown.grey is not None:
        images += image(shown.grey, f"picture of {truth}")
    if shown.ink is not None:
        images += image(np.asarray(255 - shown.ink, np.uint8), "its ink as the net saw it")
    bad = "" if predictions.correct[row] else " bad"
    group = predictions.groups[row]
    return (
        "<figure>"
        + (f"<div>{images}</div>" if images else "")
        + f'<figcaption><span class="read{bad}">read {escape(read)}, is {escape(truth)}</span>'
        + f"<span>{percent(float(predictions.confidence[row]))} sure</span>"
        + (f'<span class="under">writer {breakable(group)}</span>' if group is not None else "")
        + f'<span class="under">{breakable(predictions.ids[row])}</span></figcaption></figure>'
    )


def _plain(text: str) -> str:
    return text.replace(REFUSED, "none").replace("->", "→")
