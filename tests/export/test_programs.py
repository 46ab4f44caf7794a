"""Nets in int8: their first layer stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
import torch

from handsum.export.digits import export_onnx, quantize_onnx, run_onnx
from handsum.models import build_model

INKS = np.random.default_rng(0).integers(0, 256, (200, 28, 28)).astype(np.uint8)


def quantized(options: dict[str, Any]) -> tuple[bytes, bytes]:
    torch.manual_seed(0)
    net = build_model("convnet", 10, {"stem": 8, "widths": [8, 16], **options}).eval()
    model = export_onnx(net, "unit")
    return model, quantize_onnx(model, INKS)


@pytest.mark.parametrize(
    "options",
    [
        {"stem_pool": True, "stem_stride": 1, "residual": True},
        {"stem_pool": True, "stem_stride": 1, "unpadded": [0, 1, 3]},
        {"residual": True},
    ],
)
def test_int8_gives_nearly_the_same(options: dict[str, Any]) -> None:
    model, small = quantized(options)
    exact, found = run_onnx(model, INKS), run_onnx(small, INKS)
    assert float(np.abs(found - exact).max()) < 0.1 * float(np.ptp(exact))


def test_a_pooled_stem_stays_in_fp32_and_pools_before_its_relu() -> None:
    _, small = quantized({"stem_pool": True, "stem_stride": 1})
    graph = onnx.load_from_string(small).graph
    steps = [graph.input[0].name]
    kinds = []
    while len(kinds) < 4:
        (node,) = [node for node in graph.node if steps[-1] in node.input]
        kinds.append(node.op_type)
        steps.append(node.output[0])
    assert kinds == ["Conv", "MaxPool", "Relu", "QuantizeLinear"]


def test_weights_take_seven_bits() -> None:
    _, small = quantized({"stem_pool": True, "stem_stride": 1})
    weights = [
        onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load_from_string(small).graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims) == 4
    ]
    assert weights
    assert all(60 <= int(np.abs(w.astype(int)).max()) <= 64 for w in weights)
