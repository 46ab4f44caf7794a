"""Nets as ONNX programs: quiet export, how far they differ from PyTorch's, int8."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from handsum.errors import TrainingError

PARITY_TOLERANCE = 1e-4

Feeds = Iterable[Mapping[str, npt.NDArray[np.float32]]]
"""Inputs of a net by their names."""


@dataclass(frozen=True)
class Parity:
    """How far the exported net is from PyTorch's: largest difference of a logit, and how many of
    ``samples`` got another answer."""

    samples: int
    max_difference: float
    changed: int

    def check(self) -> None:
        """TrainingError where an fp32 net differs by more than rounding."""
        if self.max_difference > PARITY_TOLERANCE or self.changed:
            raise TrainingError(
                f"The exported net differs from PyTorch's: {self}.",
                "Update onnxscript and torch.",
            )


def quantize(model: bytes, feeds: Feeds) -> bytes:
    """The net in int8 (weights per channel), its ranges taken from what ``feeds`` give it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fp32.onnx").write_bytes(model)
        quant_pre_process(folder / "fp32.onnx", folder / "prepared.onnx")
        quantize_static(
            folder / "prepared.onnx", folder / "int8.onnx", _Feeds(feeds),
            quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )  # fmt: skip
        return (folder / "int8.onnx").read_bytes()


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Without the exporter's notes to its own authors: its deprecations, its optional parts."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            # torch's recurrent cells keep views of their weights, which the trace writes back.
            warnings.filterwarnings("ignore", "The tensor attributes .* were assigned", UserWarning)
            warnings.filterwarnings("ignore", "The .grad attribute of a Tensor", UserWarning)
            yield
    finally:
        log.setLevel(level)


class _Feeds(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, feeds: Feeds) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Mapping[str, Any] | None:
        return next(self._feeds, None)
