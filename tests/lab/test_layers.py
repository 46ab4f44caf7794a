"""Filters and maps of an exported net are those of the net."""

from __future__ import annotations

import numpy as np
import torch

from handsum.export.digits import export_onnx
from handsum.lab.layers import first_filters, layer_maps
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
