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
import onnx
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
    """The net in int8 (weights per channel), its ranges taken from what ``feeds`` give it.

    Its first layer stays in fp32: with one channel to add up, int8 takes eight times as long there.
    Weights take 7 of the 8 bits, since processors without VNNI add two products in 16.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fp32.onnx").write_bytes(model)
        quant_pre_process(folder / "fp32.onnx", folder / "prepared.onnx")
        program = onnx.load(folder / "prepared.onnx")
        first = _pool_first(program.graph)
        onnx.save(program, folder / "prepared.onnx")
        quantize_static(
            folder / "prepared.onnx", folder / "int8.onnx", _Feeds(feeds),
            quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, nodes_to_exclude=first,
        )  # fmt: skip
        return (folder / "int8.onnx").read_bytes()


def _pool_first(graph: onnx.GraphProto) -> list[str]:
    """Nodes of a first layer, convolution, ReLU, max-pool, put in the order 1, 3, 2; else none.

    The order makes no difference to what comes out. But ONNX Runtime moves the conversion to int8
    back over a pool that follows a ReLU, and pools int8 thirty times as slowly as fp32.
    """
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    chain = [node for node in graph.node if node.op_type == "Conv"][:1]
    while chain and len(chain) < 3 and len(after := users.get(chain[-1].output[0], [])) == 1:
        chain += after
    if [node.op_type for node in chain] != ["Conv", "Relu", "MaxPool"]:
        return []
    conv, relu, pool = chain
    between, last = relu.output[0], pool.output[0]
    pool.input[0], pool.output[0] = conv.output[0], between
    relu.input[0], relu.output[0] = between, last
    pooled = onnx.NodeProto()
    pooled.CopyFrom(pool)
    pool.CopyFrom(relu)
    relu.CopyFrom(pooled)
    for value in [value for value in graph.value_info if value.name == between]:
        graph.value_info.remove(value)  # its size is another now
    return [conv.name, relu.name, pool.name]


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
