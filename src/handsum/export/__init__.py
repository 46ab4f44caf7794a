"""From a run to a bundle: ONNX in fp32 or int8, parity measured, confidence calibrated on val."""

from __future__ import annotations

import json
from pathlib import Path

from handsum.bundle import MANIFEST, BundleInfo
from handsum.errors import TrainingError
from handsum.export.digits import export_digits
from handsum.export.numbers import export_numbers, recalibrate_numbers

__all__ = ["export_bundle", "export_digits", "export_numbers", "recalibrate_numbers"]


def export_bundle(run: Path, folder: Path, *, version: str, int8: bool = False) -> BundleInfo:
    """Make a bundle of a run of digits or numbers, whichever its recipe says.

    A bundle of numbers is taken for a run, too: its net stays, its calibration is fitted anew.
    TrainingError where the folder is no run, or what `export_digits` and `export_numbers` raise.
    """
    if (run / MANIFEST).is_file():
        return recalibrate_numbers(run, folder, version=version)
    path = run / "recipe.json"
    try:
        kind = json.loads(path.read_text("utf-8")).get("kind")
    except (OSError, ValueError, AttributeError) as error:
        raise TrainingError(
            f"{run} is no run: {path} cannot be read.", "Name a folder that handsum train made."
        ) from error
    export = export_numbers if kind == "numbers" else export_digits
    return export(run, folder, version=version, int8=int8)
