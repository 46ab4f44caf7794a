"""From a run to a bundle: ONNX in fp32 or int8, parity measured, confidence calibrated on val."""

from __future__ import annotations

import hashlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image
from torch import Tensor, nn

from handsum.bundle import BundleInfo, Golden, save_bundle
from handsum.charset import DIGITS
from handsum.errors import TrainingError
from handsum.imaging.normalize import IMAGING_VERSION, NormalizeConfig
from handsum.train.config import Recipe
from handsum.train.loop import load_net, predict_logits, scale_images

PARITY_SAMPLES = 1000
PARITY_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Parity:
    """How far the exported net is from PyTorch's: largest difference of a logit, and how many of
    ``samples`` got another digit."""

    samples: int
    max_difference: float
    changed: int


class _Scaled(nn.Module):
    """A net that takes ink 0 to 1, whatever scale it was trained at."""

    def __init__(self, net: nn.Module, scale: str) -> None:
        super().__init__()
        self.net = net
        self.scale = scale

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.net(scale_images(images, self.scale))
        return logits


def export_onnx(net: nn.Module, scale: str) -> bytes:
    """The net as ONNX in fp32: ``images`` (N, 1, 28, 28), ink 0 to 1, to ``logits`` (N, C)."""
    wrapped = _Scaled(net, scale).eval()
    example = torch.zeros(2, 1, 28, 28)
    with _quiet_exporter():
        program = torch.onnx.export(
            wrapped, (example,), dynamo=True, input_names=["images"], output_names=["logits"],
            dynamic_shapes={"images": {0: torch.export.Dim("n")}}, opset_version=18, verbose=False,
        )  # fmt: skip
    if program is None:
        raise TrainingError("PyTorch gave no ONNX program.", "Update torch and onnxscript.")
    return bytes(program.model_proto.SerializeToString())


def quantize_onnx(model: bytes, inks: npt.NDArray[np.uint8]) -> bytes:
    """The net in int8 (weights per channel), its ranges taken from ``inks`` (N, 28, 28)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fp32.onnx").write_bytes(model)
        quant_pre_process(folder / "fp32.onnx", folder / "prepared.onnx")
        quantize_static(
            folder / "prepared.onnx", folder / "int8.onnx", _Batches(inks),
            quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )  # fmt: skip
        return (folder / "int8.onnx").read_bytes()


def run_onnx(model: bytes, inks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Logits (N, C) of an exported net for inks uint8 (N, 28, 28)."""
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    images = inks[:, None].astype(np.float32) / 255
    outs = [session.run(None, {"images": images[i : i + 512]})[0] for i in range(0, len(images), 512)]
    return np.concatenate(outs)


def check_parity(model: bytes, net: nn.Module, scale: str, inks: npt.NDArray[np.uint8]) -> Parity:
    """Compare an exported net with PyTorch's on ``inks`` (real samples, not noise)."""
    ours, theirs = run_onnx(model, inks), predict_logits(net, inks, scale)
    changed = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
    return Parity(len(inks), float(np.abs(ours - theirs).max()), changed)


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Without the exporter's notes to its own authors: its deprecations, its optional parts."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        log.setLevel(level)


class _Batches(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, inks: npt.NDArray[np.uint8]) -> None:
        self._batches = self._cut(inks)

    def get_next(self) -> Mapping[str, Any] | None:
        return next(self._batches, None)

    @staticmethod
    def _cut(inks: npt.NDArray[np.uint8]) -> Iterator[Mapping[str, Any]]:
        for start in range(0, len(inks), 128):
            yield {"images": inks[start : start + 128, None].astype(np.float32) / 255}
