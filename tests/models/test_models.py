"""The registry of nets: sizes, options, learning, and the same answers in ONNX."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from handsum.data.augment import Augmentation, augment
from handsum.errors import RecipeError
from handsum.export.digits import check_parity, export_onnx
from handsum.export.programs import PARITY_TOLERANCE
from handsum.models import MODELS, build_model, count_parameters
from penned import draw_ink

OPTIONS: dict[str, list[dict[str, object]]] = {
    "linear": [{}],
    "mlp": [{}, {"hidden": [40, 30], "activation": "tanh", "dropout": 0.1}],
    "article": [{}, {"log_softmax": True}],
    "convnet": [
        {"stem": 8, "widths": [12, 16]},
        {"stem": 8, "widths": [8, 8], "residual": True, "head": "flat", "dropout": 0.1},
        {"stem": 8, "widths": [8, 16], "unpadded": [0, 1, 3], "residual": True},
    ],
    "rnn": [{"cell": cell, "hidden": 24} for cell in ("rnn", "gru", "lstm")]
    + [{"cell": "gru", "hidden": 16, "layers": 2, "dropout": 0.1}],
    "attention": [
        {"width": 32},
        {"width": 16, "heads": 1, "depth": 1, "positions": "sine", "dropout": 0.1},
        {"patch": 14, "width": 32, "heads": 2, "positions": "none", "activation": "relu"},
    ],
}
CASES = [(name, options) for name in MODELS for options in OPTIONS.get(name, [{}])]


def test_the_articles_net_has_its_parameters() -> None:
    assert count_parameters(build_model("article", 10, {})) == 21_840
    assert count_parameters(build_model("article", 11, {})) == 21_840 + 51


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("linear", {}, 784 * 10 + 10),
        ("mlp", {"hidden": [128]}, 784 * 128 + 128 + 128 * 10 + 10),
        ("mlp", {"hidden": []}, 784 * 10 + 10),
        # 5x5 stem, 3x3 to 24, two 3x3 to 32, each with scale and shift, and 32 to 10
        (
            "convnet",
            {"stem": 16, "widths": [24, 32], "depths": [1, 2]},
            25 * 16 + 2 * 16 + 9 * 16 * 24 + 2 * 24 + 9 * (24 * 32 + 32 * 32) + 4 * 32 + 330,
        ),
        # one, three and four maps of row, state and two biases (torch's cells have two), and 24-10
        ("rnn", {"cell": "rnn", "hidden": 24}, 24 * (28 + 24 + 2) + 250),
        ("rnn", {"cell": "gru", "hidden": 24}, 3 * 24 * (28 + 24 + 2) + 250),
        ("rnn", {"cell": "lstm", "hidden": 24}, 4 * 24 * (28 + 24 + 2) + 250),
        # patches, places, then a layer: two norms, four square maps, two of a hidden layer
        (
            "attention",
            {"width": 8, "heads": 2, "depth": 1},
            50 * 8 + 16 * 8 + 2 * 16 + 4 * 72 + (8 * 16 + 16 + 16 * 8 + 8) + 16 + 90,
        ),
    ],
)
def test_parameters_are_those_of_the_formula(
    name: str, options: dict[str, object], parameters: int
) -> None:
    assert count_parameters(build_model(name, 10, options)) == parameters


@pytest.mark.parametrize(("side", "stride"), [(28, 1), (27, 2), (20, 3), (26, 3)])
def test_a_flat_head_fits_every_size(side: int, stride: int) -> None:
    net = build_model("convnet", 10, {"head": "flat", "side": side, "stem_stride": stride})
    assert net.eval()(torch.zeros(2, 1, side, side)).shape == (2, 10)


@pytest.mark.parametrize("unpadded", [[0], [1, 3], [0, 1, 2]])
def test_a_flat_head_fits_what_the_unpadded_leave(unpadded: list[int]) -> None:
    net = build_model(
        "convnet", 10, {"head": "flat", "stem_stride": 1, "stem_pool": True, "unpadded": unpadded}
    )
    assert net.eval()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize("unpadded", [[0, 1, 2, 3], [4], [-1]])
def test_convolutions_that_cannot_be_unpadded_are_named(unpadded: list[int]) -> None:
    with pytest.raises(RecipeError, match="unpadded"):
        build_model("convnet", 10, {"side": 20, "unpadded": unpadded})


@pytest.mark.parametrize(("name", "options"), CASES)
def test_every_net_overfits_32_pictures(name: str, options: dict[str, object]) -> None:
    torch.manual_seed(0)
    inks = [draw_ink(str(i % 10), 28, 0.08 + 0.004 * i, i - 16.0) for i in range(32)]
    images = torch.from_numpy(np.stack(inks))[:, None].float() / 255
    labels = torch.randperm(32) % 11  # by heart, and not by the shape
    net = build_model(name, 11, options)
    for module in net.modules():  # dropout keeps a net from learning by heart
        if "Dropout" in type(module).__name__:
            module.p = 0.0
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(400):
        loss = functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.05:
            break
    assert (net(images).argmax(dim=1) == labels).all()


@pytest.mark.parametrize(("name", "options"), CASES)
def test_onnx_equals_torch(name: str, options: dict[str, object]) -> None:
    scale = "signed" if name == "article" else "unit"
    torch.manual_seed(1)
    net = build_model(name, 11, options)
    with torch.no_grad():  # running means and scales that are not 0 and 1
        for _ in range(3):
            net.train()(torch.rand(64, 1, 28, 28))
    inks = np.random.default_rng(0).integers(0, 256, (100, 28, 28)).astype(np.uint8)
    parity = check_parity(export_onnx(net, scale), net.eval(), scale, inks)
    assert parity.samples == 100
    assert parity.max_difference < PARITY_TOLERANCE
    assert parity.changed == 0


def test_log_softmax_makes_no_difference_to_the_loss() -> None:
    torch.manual_seed(0)
    plain = build_model("article", 10, {}).eval()
    twice = build_model("article", 10, {"log_softmax": True}).eval()
    twice.load_state_dict(plain.state_dict())
    images, labels = torch.rand(20, 1, 28, 28), torch.arange(20) % 10
    assert torch.allclose(
        functional.cross_entropy(plain(images), labels),
        functional.cross_entropy(twice(images), labels),
    )


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("convent", {}, "Did you mean 'convnet'"),
        ("rocket", {}, "Choose from: linear, mlp"),
        ("convnet", {"width": [3]}, "no option 'width'.*Did you mean 'widths'"),
        ("linear", {"hidden": [3]}, "It takes: side"),
        ("linear", {"classes": 3}, "no option 'classes'"),
        ("mlp", {"activation": "rellu"}, "unknown activation 'rellu'"),
        ("convnet", {"widths": [3], "depths": [1, 2]}, "equally long"),
        ("convnet", {"head": "tail"}, "choose mean or flat"),
        ("convnet", {"widths": 3}, "cannot be built"),
        ("rnn", {"cell": "gruu"}, "unknown cell 'gruu'"),
        ("rnn", {"layers": 0}, "1 or more"),
        ("attention", {"patch": 5}, "do not fill 28"),
        ("attention", {"heads": 3}, "multiple of the 3 heads"),
        ("attention", {"positions": "sin"}, "choose from learned, sine, none"),
        ("attention", {"depth": 0}, "1 or more"),
        ("mlp", {"dropout": 7}, "cannot be built"),
    ],
)
def test_a_wrong_name_or_option_is_told(
    name: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        build_model(name, 10, options)


def test_augmented_pictures_go_through_every_net() -> None:
    chance = torch.Generator().manual_seed(0)
    images = augment(torch.rand(4, 1, 28, 28), Augmentation(rotate=10, elastic=1), chance)
    for name in MODELS:
        assert build_model(name, 10, {}).eval()(images).shape == (4, 10)
