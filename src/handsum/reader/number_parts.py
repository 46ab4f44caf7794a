"""What the bundle of a reader of whole numbers says beside its net, or why that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from handsum.bundle import CELLS, Bundle
from handsum.charset import Charset
from handsum.confidence.calibration import Calibration, calibration_from_json
from handsum.errors import BundleError
from handsum.reader.digits import DigitReader
from handsum.reader.evidence import check_calibration
from handsum.reader.numberness import check_numberness
from handsum.reader.second_look import LookConfig, SecondLook

LOOKS = ("digits", CELLS)
"""The bundles that look again at unsure numbers: at digits that stand alone, and at the others."""


def read_stride(bundle: Bundle) -> int:
    """Pixels of a strip that one output column of the net stands for."""
    value = bundle.info.input.get("stride")
    if not isinstance(value, int) or value < 1:
        raise BundleError(
            f"{bundle.folder}: input.stride is {value!r}, no whole number from 1 on.",
            "Copy the bundle again from where it came.",
        )
    return value


def read_calibrations(bundle: Bundle) -> tuple[Calibration, Calibration, Calibration, float]:
    """The maps of texts, of refusals and of P(number), and its least that is read as one."""
    tree = bundle.info.calibration
    text, refusal, number = (
        calibration_from_json(tree.get(name) or {}) for name in ("text", "refusal", "number")
    )
    threshold = tree.get("number_threshold")
    if not isinstance(threshold, int | float) or not 0.0 <= threshold <= 1.0:
        raise BundleError(
            f"{bundle.folder}: calibration.number_threshold is {threshold!r}, no share.",
            "Copy the bundle again from where it came.",
        )
    check_calibration(text)
    check_numberness(number)
    return text, refusal, number, float(threshold)


def read_second_look(
    bundle: Bundle, charset: Charset, stride: int, threads: int
) -> SecondLook | None:
    """How the bundle has unsure numbers looked at again; None where it does without.

    Its calibration was fitted with certain weights and digits, so others are refused.
    """
    tree = bundle.info.calibration.get("second_look")
    if tree is None:
        return None
    try:
        known = tuple(str(sha256) for sha256 in tree["digits"])
        values = {name: float(x) for name, x in tree.items() if name != "digits"}
        if strange := values.keys() ^ {field.name for field in fields(LookConfig)}:
            raise ValueError(f"lacks or has beyond what is known {', '.join(sorted(strange))}")
        config = LookConfig(**values)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BundleError(
            f"{bundle.folder}: calibration.second_look cannot be used: {error}.",
            "Copy the bundle again from where it came.",
        ) from error
    digits = [DigitReader(name, threads) for name in LOOKS]
    installed = tuple(reader.bundle.ref.sha256 for reader in digits)
    if installed != known:
        raise BundleError(
            f"{bundle.folder} looks again at digits with the readers {_short(known)}; installed "
            f"are {_short(installed)}.",
            "Calibrate it anew: handsum export BUNDLE -o FOLDER --version NEXT.",
        )
    whole, cut = digits
    return SecondLook(whole, cut, charset, stride, config)


def _short(hashes: Sequence[str]) -> str:
    return ", ".join(sha256[:12] for sha256 in hashes)
