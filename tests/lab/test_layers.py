"""Filters and maps of an exported net are those of the net."""

from __future__ import annotations

import numpy as np
import torch

from handsum.export.digits import export_onnx
from handsum.lab.layers import first_filters, layer_maps, layer_rows
from handsum.models import build_model
from penned import draw_ink


def test_filters_and_maps_are_the_nets_own() -> None:
    torch.manual_seed(0)
    net = build_model("article", 10, {}).eval()
    model = export_onnx(net, "unit")
    conv = next(net.children())
    assert isinstance(conv, torch.nn.Conv2d)
    np.testing.assert_allclose(first_filters(model), conv.weight.detach().numpy()[:, 0], atol=1e-6)
    ink = draw_ink("7", 28)
    layers = layer_maps(model, ink)
    assert [layer.maps.shape for layer in layers] == [
        (10, 12, 12), (10, 12, 12), (20, 4, 4), (20, 4, 4)
    ]  # fmt: skip
    with torch.no_grad():
        seen = torch.from_numpy(ink)[None, None].float() / 255
        for layer in list(net.children())[:3]:
            seen = layer(seen)
    np.testing.assert_allclose(layers[1].maps, seen[0].numpy(), atol=1e-5)


def test_a_row_shows_the_strongest_maps_of_a_layer() -> None:
    torch.manual_seed(0)
    net = build_model("article", 10, {}).eval()
    program, ink = export_onnx(net, "unit"), draw_ink("7", 28)
    (_, filters), *rows = layer_rows(program, ink, shown=3)
    np.testing.assert_array_equal(filters, first_filters(program)[:3])
    layers = layer_maps(program, ink)
    assert [text for text, _ in rows] == [layer.name for layer in layers]
    for (_, shown), layer in zip(rows, layers, strict=True):
        peaks = sorted(np.abs(layer.maps).max(axis=(1, 2)))
        assert sorted(float(np.abs(picture).max()) for picture in shown) == peaks[-3:]


def test_the_filters_of_a_feed_forward_net_are_its_neurons_pixels() -> None:
    net = build_model("mlp", 10, {"hidden": [6]}).eval()
    layer = next(m for m in net.modules() if isinstance(m, torch.nn.Linear))
    found = first_filters(export_onnx(net, "unit"))
    np.testing.assert_allclose(found, layer.weight.detach().numpy().reshape(6, 28, 28), atol=1e-6)


def test_a_net_without_pictures_has_no_rows() -> None:
    net = build_model("rnn", 10, {"cell": "lstm", "hidden": 6}).eval()
    assert layer_rows(export_onnx(net, "unit"), draw_ink("7", 28)) == []
