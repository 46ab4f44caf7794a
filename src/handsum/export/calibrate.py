"""Fitting what a reader of whole numbers says to how often it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from handsum.bundle import load_bundle
from handsum.confidence.calibration import Calibration, IdentityMap, sigmoid
from handsum.confidence.fitting import CalibrationData, choose_calibration, fit_logistic
from handsum.data.dataset import Dataset
from handsum.evaluate.metrics import expected_calibration_error, group_codes
from handsum.imaging.load import Picture
from handsum.reader.evidence import FITTED, take_features
from handsum.reader.number_parts import LOOKS
from handsum.reader.numberness import SIGNS
from handsum.reader.numbers import NumberOutput, NumberReader, PreparedCrop
from handsum.reader.second_look import LookConfig

KEPT = 0.995
"""Share of real numbers that the threshold for refusing leaves in."""
_FEWEST = 100  # readings, below which a map is not fitted
_WITHIN = (0.05, 0.5)  # where the threshold lies at any rate


def begin_calibration() -> dict[str, Any]:
    """The ``calibration`` of a bundle that is yet to be calibrated.

    It has unsure numbers looked at again by the bundles of digits that ship.
    """
    digits = [load_bundle(name, kind="digits").ref.sha256 for name in LOOKS]
    return {
        "text": IdentityMap().to_json(),
        "refusal": IdentityMap().to_json(),
        "number": IdentityMap().to_json(),
        "number_threshold": 0.5,
        "second_look": {"digits": digits, **asdict(LookConfig())},
    }


def calibrate_reader(
    reader: NumberReader, crops: Sequence[Dataset]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A bundle's ``calibration``, and ``metrics`` of its fit, both as JSON holds them.

    ``reader`` has a bundle with the calibration of `begin_calibration`. The map of texts is fitted
    to the crops that it takes for numbers, that of refusals to the others, each the simplest of
    those that predict best in cross-validation over hands.
    """
    prepared = [reader.prepare(Picture(image, "")) for data in crops for image in data.images]
    texts = [text for data in crops for text in data.texts]
    contents = [content for data in crops for content in data.contents]
    groups = [group and f"{data.name}/{group}" for data in crops for group in data.groups]
    mixed = np.array([len(set(data.contents)) > 1 for data in crops for _ in data.images], bool)
    number, threshold = _fit_numberness(reader, prepared, contents, mixed)
    outputs = reader.outputs(prepared, number=number, threshold=threshold)
    right = np.array(
        [
            output.content == content and _text(output) == text
            for output, text, content in zip(outputs, texts, contents, strict=True)
        ]
    )
    codes = group_codes(groups)
    sets = np.repeat(np.arange(len(crops)), [len(data) for data in crops])
    metrics: dict[str, Any] = {}
    maps = {}
    for name, wanted in (("text", True), ("refusal", False)):
        rows = np.flatnonzero([(output.evidence is not None) == wanted for output in outputs])
        found = [outputs[row] for row in rows]
        # Refusals are few, so that hardly anything would beat the net's own word by an error.
        patience = 1.0 if wanted else 0.0
        maps[name], metrics[f"val/{name}"] = _fit(
            found, right[rows], codes[rows], sets[rows], patience
        )
    sizes = ", ".join(f"{len(data):,} {data.name}" for data in crops)
    start = 0
    for data in crops:
        metrics[f"val/exact_match {data.name}"] = float(right[start : start + len(data)].mean())
        start += len(data)
    calibration = {
        **maps,
        "number": number.to_json(),
        "number_threshold": threshold,
        "second_look": reader.bundle.info.calibration.get("second_look"),
        "score": "P(number) times the posterior of the text; of refusals P(content)",
        "fitted_on": f"{sizes} crops that trained nothing",
    }
    return calibration, metrics


def _fit(
    outputs: Sequence[NumberOutput],
    right: npt.NDArray[np.bool_],
    codes: npt.NDArray[np.intp],
    sets: npt.NDArray[np.intp],
    patience: float,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A map as JSON, and how well it fits readings that it was not fitted to.

    Each of the ``sets`` counts about alike: real crops would hardly be heard among the synthetic.
    """
    if len(outputs) < _FEWEST or len(np.unique(codes)) < 5:
        return IdentityMap().to_json(), {"n": len(outputs)}
    evidence = [output.evidence for output in outputs]
    known = [take_features(one, FITTED) for one in evidence if one is not None]
    data = CalibrationData(
        score=np.array([min(output.score, 1.0) for output in outputs]),
        correct=right,
        features=np.stack(known) if len(known) == len(outputs) else None,
        names=FITTED if len(known) == len(outputs) else (),
    )
    compact = np.unique(codes, return_inverse=True)[1].astype(np.intp)
    sizes = np.bincount(sets)
    times = np.round(sizes.max() / np.maximum(sizes, 1)).astype(np.intp)
    rows = np.repeat(np.arange(len(outputs)), times[sets])
    choice = choose_calibration(data.take(rows), compact[rows], patience=patience)
    once = np.append(True, np.diff(rows) > 0)
    return choice.calibration.to_json(), {
        "n": len(outputs),
        "right": float(right.mean()),
        "nll": choice.nll,
        "ece": expected_calibration_error(choice.held_out[once], right),
    }


def _text(output: NumberOutput) -> str:
    return output.decoded.candidates[0].text if output.decoded else ""


def _fit_numberness(
    reader: NumberReader,
    prepared: Sequence[PreparedCrop],
    contents: Sequence[str],
    mixed: npt.NDArray[np.bool_],
) -> tuple[Calibration, float]:
    """The map to P(number), and the least of it that `KEPT` of the real numbers reach.

    The net's own word where there are too few of either to fit a map. It is fitted to the crops of
    ``mixed`` sets: where all are numbers, whatever marks the set would be a sign of numbers.
    """
    signs = reader.number_signs(prepared)
    is_number = np.array([content == "number" for content in contents])
    few = min(int((is_number & mixed).sum()), int((~is_number).sum())) < _FEWEST
    number = IdentityMap() if few else fit_logistic(signs[mixed], is_number[mixed], SIGNS)
    if not is_number.any():
        return number, _WITHIN[1]
    shares = sigmoid(signs[:, 0]) if few else number.apply(signs)
    return number, float(np.clip(np.quantile(shares[is_number], 1.0 - KEPT), *_WITHIN))
