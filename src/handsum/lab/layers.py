"""What the layers of an exported net hold: filters of its first layer, maps of every layer.

It asks the exported program itself, so that it needs no PyTorch and sees what really reads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort

from handsum.lab.sheet import Row

Floats = npt.NDArray[np.float32]
_ACTS = ("Relu", "Tanh", "Sigmoid", "Gelu", "MaxPool")


@dataclass(frozen=True)
class Layer:
    """The maps (C, h, w) that a layer makes of one picture; ``name`` says which layer."""

    name: str
    maps: Floats


def layer_rows(model: bytes, ink: npt.NDArray[np.uint8], shown: int = 12) -> list[Row]:
    """Rows for a sheet: filters, and the strongest ``shown`` maps of every layer for ``ink``.

    None for a net that holds no pictures, such as one of recurrent cells.
    """
    rows: list[Row] = []
    filters = first_filters(model)
    if len(filters):
        rows.append((f"the filters of the first layer ({len(filters)})", list(filters[:shown])))
    for layer in layer_maps(model, ink):
        strongest = np.argsort(-np.abs(layer.maps).max(axis=(1, 2)), kind="stable")[:shown]
        rows.append((layer.name, [layer.maps[i] for i in sorted(strongest)]))
    return rows


def first_filters(model: bytes) -> Floats:
    """The weights (C, h, w) of the first layer over the picture, of convolutions or of neurons.

    (0, 1, 1) for a net whose first layer is of another kind.
    """
    graph = onnx.load_from_string(model).graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm") and node.input[1] in weights:
            array = np.asarray(onnx.numpy_helper.to_array(weights[node.input[1]]), np.float32)
            if node.op_type == "Conv" and array.shape[1] == 1:
                return array[:, 0]
            side = int(np.sqrt(array.shape[1]))
            if node.op_type == "Gemm" and side * side == array.shape[1] > 100:
                return array.reshape(-1, side, side)
            break
    return np.zeros((0, 1, 1), np.float32)


def layer_maps(model: bytes, ink: npt.NDArray[np.uint8]) -> list[Layer]:
    """What every activation and pooling makes of ``ink`` (28, 28), from the first layer on."""
    program = onnx.load_from_string(model)
    nodes = [node for node in program.graph.node if node.op_type in _ACTS]
    if not nodes:
        return []
    for node in nodes:
        program.graph.output.append(onnx.ValueInfoProto(name=node.output[0]))
    options = ort.SessionOptions()
    options.log_severity_level = 3
    # Fused nodes have no outputs of their own to look at.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(
        program.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    images = ink[None, None].astype(np.float32) / 255
    names = [node.output[0] for node in nodes]
    found = session.run(names, {session.get_inputs()[0].name: images})
    layers = []
    for index, (node, maps) in enumerate(zip(nodes, found, strict=True)):
        if maps.ndim == 4:
            label = "pooling" if node.op_type == "MaxPool" else node.op_type.lower()
            size = f"{maps.shape[1]} maps of {maps.shape[2]} x {maps.shape[3]}"
            layers.append(Layer(f"{index + 1}. {label}: {size}", np.asarray(maps[0], np.float32)))
    return layers
