"""What int8 costs the digit reader, on 60,000 predictions of MNIST digits that trained nothing.

    handsum bench int8      (after the five folds of recipes/digits-folds.toml, in runs/folds)

Each fold's net is exported as a bundle would be, in fp32 and in int8 with its ranges taken from the
fold's own training pictures, and both read the digits that the fold left out, doubtful ones from
further sides. int8 ships where it costs at most 0.05 % of the digits.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from record import describe_machine, parse_options, record, run

from handsum.bundle import load_bundle
from handsum.confidence.calibration import softmax
from handsum.errors import DataError
from handsum.export.digits import (
    PARITY_SAMPLES,
    export_onnx,
    fit_reject_offset,
    lower_reject,
    quantize_onnx,
    run_onnx,
)
from handsum.reader.views import BELOW, look_from_further_sides
from handsum.train.loop import load_net, predict_logits
from handsum.train.mixture import load_mixture

ALLOWED = 0.0005
MNIST = "mnist:train/"
"""How the rows begin that are compared; the rest of what a fold leaves out is no digit."""


def read_fold(folder: Path, limit: int | None) -> dict[str, npt.NDArray[np.bool_]]:
    """Which digits of MNIST that a fold left out are right, by precision (N,)."""
    net, recipe = load_net(folder)
    mixture = load_mixture(recipe.data, recipe.seed)
    assert mixture.val is not None
    apart = max(1, len(mixture.train) // PARITY_SAMPLES)
    samples = mixture.train.inks[::apart, 0][:PARITY_SAMPLES]
    logits = predict_logits(net, mixture.val.inks[:, 0], recipe.data.scale)
    lower_reject(net, fit_reject_offset(logits, mixture.val.labels))
    mine = np.array([row.startswith(MNIST) for row in mixture.val.ids])
    inks, labels = mixture.val.inks[mine, 0][:limit], mixture.val.labels[mine][:limit]
    fp32 = export_onnx(net, recipe.data.scale)
    found = {}
    for name, model in (("fp32", fp32), ("int8", quantize_onnx(fp32, samples))):
        logs = look_from_further_sides(partial(run_onnx, model), inks, BELOW)
        found[name] = softmax(logs).argmax(axis=1) == labels
    return found


def compare(fp32: npt.NDArray[np.bool_], int8: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Paired: digits that only one of both reads right, and what int8 costs, with its interval.

    The interval is that of the mean of the differences -1, 0, 1 (normal, 95 %).
    """
    difference = fp32.astype(np.float64) - int8
    spread = 1.96 * float(difference.std(ddof=1)) / np.sqrt(len(difference))
    cost = float(difference.mean())
    return {
        "n": len(fp32),
        "right": {"fp32": int(fp32.sum()), "int8": int(int8.sum())},
        "only_fp32_right": int((fp32 & ~int8).sum()),
        "only_int8_right": int((int8 & ~fp32).sum()),
        "cost": round(cost, 6),
        "low": round(cost - spread, 6),
        "high": round(cost + spread, 6),
        "ships": cost <= ALLOWED,
    }


def main() -> None:
    options = parse_options(
        __doc__, lambda parser: parser.add_argument("--runs", type=Path, default=Path("runs/folds"))
    )
    machine = describe_machine()
    folders = [path.parent for path in sorted(options.runs.glob("*/report.json"))]
    if len(folders) != 5:
        raise DataError(
            f"{options.runs} holds {len(folders)} finished runs, not five folds.",
            "Train them: recipes/digits-folds.toml says how.",
        )
    folds = [read_fold(folder, options.limit) for folder in folders]
    figures = {
        "allowed": ALLOWED,
        "all": compare(*(np.concatenate([f[name] for f in folds]) for name in ("fp32", "int8"))),
        "folds": [compare(fold["fp32"], fold["int8"]) for fold in folds],
    }
    record(
        "int8",
        "int8 against fp32, paired, on MNIST digits that each net had not seen in training",
        figures,
        options=options,
        machine=machine,
        bundles=[load_bundle("digits")],
    )


if __name__ == "__main__":
    run(main)
