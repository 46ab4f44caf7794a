"""What the layers of an exported net hold: filters of its first layer, maps of every layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort

Floats = npt.NDArray[np.float32]
_ACTS = ("Relu", "Tanh", "Sigmoid", "Gelu", "MaxPool")


@dataclass(frozen=True)
class Layer:
    """The maps (C, h, w) that a layer makes of one picture; ``name`` says which layer."""

    name: str
    maps: Floats


def first_filters(model: bytes) -> Floats:
    """The weights (C, kh, kw) of the first convolution over the picture."""
    graph = onnx.load_from_string(model).graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv":
            return np.asarray(onnx.numpy_helper.to_array(weights[node.input[1]])[:, 0], np.float32)
    return np.zeros((0, 1, 1), np.float32)


def layer_maps(model: bytes, ink: npt.NDArray[np.uint8]) -> list[Layer]:
    """What every activation and pooling makes of ``ink`` (28, 28), from the first layer on."""
    program = onnx.load_from_string(model)
    nodes = [node for node in program.graph.node if node.op_type in _ACTS]
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
