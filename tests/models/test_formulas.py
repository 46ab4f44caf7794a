"""Activations, layers, attention and recurrent cells against their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from handsum.lab.sums import GatedCell, Recurrent, ReluCell
from handsum.models import build_model
from handsum.models.activations import ACTIVATIONS, build_activation
from handsum.models.attention import Block, PatchTransformer, SelfAttention, sine_positions

FORMULAS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "sigmoid": (
        lambda z: 1 / (1 + (-z).exp()),
        lambda z: z.sigmoid() * (1 - z.sigmoid()),
    ),
    "relu": (lambda z: z.clamp(min=0), lambda z: (z > 0).double()),
    "tanh": (
        lambda z: (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
        lambda z: 1 - z.tanh() ** 2,
    ),
    "gelu": (
        lambda z: z * normal_cdf(z),
        lambda z: normal_cdf(z) + z * (-z * z / 2).exp() / math.sqrt(2 * math.pi),
    ),
}
Z = torch.linspace(-4, 4, 81, dtype=torch.float64) + 0.013  # ReLU has no slope at zero


def normal_cdf(z: Tensor) -> Tensor:
    return (1 + torch.erf(z / math.sqrt(2))) / 2


def test_every_activation_has_its_formula_here() -> None:
    assert FORMULAS.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_and_its_slope_are_the_formulas(name: str) -> None:
    value, slope = FORMULAS[name]
    act = build_activation(name)
    z = Z.clone().requires_grad_()
    act(z).sum().backward()
    assert z.grad is not None
    assert torch.allclose(act(Z), value(Z))
    assert torch.allclose(z.grad, slope(Z))
    h = 1e-6
    assert torch.allclose((act(Z + h) - act(Z - h)) / (2 * h), z.grad, atol=1e-7)


def test_a_feed_forward_net_is_z_then_a_layer_by_layer() -> None:
    net = build_model("mlp", 10, {"hidden": [7, 5], "activation": "tanh"}).double()
    pictures = torch.rand(4, 1, 28, 28, dtype=torch.float64)
    a = pictures.flatten(1)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    for layer in layers[:-1]:
        a = torch.tanh(a @ layer.weight.T + layer.bias)
    assert torch.allclose(net(pictures), a @ layers[-1].weight.T + layers[-1].bias)


def convolve(x: Tensor, layer: nn.Conv2d) -> Tensor:
    """z[n, o, i, j] = b[o] + sum over c, u, v of w[o, c, u, v] x[n, c, i + u, j + v]."""
    assert layer.bias is not None
    k = layer.kernel_size[0]
    height, width = x.shape[2] - k + 1, x.shape[3] - k + 1
    z = layer.bias[None, :, None, None].expand(len(x), -1, height, width)
    for u in range(k):
        for v in range(k):
            seen = x[:, :, u : u + height, v : v + width]
            z = z + (layer.weight[:, :, u, v][None, :, :, None, None] * seen[:, None]).sum(dim=2)
    return z


def pool(x: Tensor) -> Tensor:
    """The largest of every 2 x 2."""
    corners = [x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return torch.stack(corners).amax(dim=0)


def test_the_articles_net_is_its_layers_written_out() -> None:
    torch.manual_seed(0)
    net = build_model("article", 10, {}).double().eval()
    first, second = (m for m in net.modules() if isinstance(m, nn.Conv2d))
    wide, last = (m for m in net.modules() if isinstance(m, nn.Linear))

    def formula(x: Tensor) -> Tensor:
        a = pool(convolve(x, first)).clamp(min=0)
        a = pool(convolve(a, second)).clamp(min=0).flatten(1)
        assert a.shape[1] == 320
        a = (a @ wide.weight.T + wide.bias).clamp(min=0)
        return a @ last.weight.T + last.bias

    pictures = torch.rand(2, 1, 28, 28, dtype=torch.float64)
    assert torch.allclose(net(pictures), formula(pictures))
    slopes = []
    for function in (net, formula):
        net.zero_grad()
        function(pictures).pow(2).sum().backward()
        slopes.append([p.grad.clone() for p in net.parameters() if p.grad is not None])
    assert all(torch.allclose(a, b) for a, b in zip(*slopes, strict=True))


def test_a_convolutions_slope_is_the_finite_difference() -> None:
    torch.manual_seed(0)
    net = build_model("convnet", 3, {"stem": 2, "widths": [2], "depths": [1], "side": 9,
                                     "activation": "tanh"}).double().eval()  # fmt: skip
    x = torch.rand(2, 1, 9, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(net, (x,))


def test_a_transformers_layer_is_its_formula() -> None:
    """t + attention(norm t), then t + mlp(norm t); the mean of the tokens gives the logits."""
    torch.manual_seed(0)
    net = build_model("attention", 10, {"width": 8, "heads": 2, "depth": 1}).double().eval()
    assert isinstance(net, PatchTransformer)
    with torch.no_grad():  # scales and shifts that are not 1 and 0
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    (block,) = net.blocks
    assert isinstance(block, Block)

    def norm(t: Tensor, layer: nn.Module) -> Tensor:
        assert isinstance(layer, nn.LayerNorm)
        away = t - t.mean(dim=-1, keepdim=True)
        out: Tensor = away / (away.pow(2).mean(dim=-1, keepdim=True) + layer.eps).sqrt()
        return out * layer.weight + layer.bias

    pictures = torch.rand(2, 1, 28, 28, dtype=torch.float64)
    # Each patch of 7 x 7 pixels is a token: a linear map of its pixels, and its place.
    patches = pictures.unfold(2, 7, 7).unfold(3, 7, 7).reshape(2, 16, 49)
    embed = net.embed
    t = patches @ embed.weight.reshape(8, 49).T + embed.bias + net.positions
    t = t + block.attend[1](norm(t, block.attend[0]))
    first, act, second = block.think[1], block.think[2], block.think[3]
    t = t + second(act(first(norm(t, block.think[0]))))
    logits = net.output[1](norm(t.mean(dim=1), net.output[0]))
    assert torch.allclose(net(pictures), logits)


@pytest.mark.parametrize("heads", [1, 3])
def test_attention_and_its_slope_are_softmax_qk_by_root_d_times_v(heads: int) -> None:
    torch.manual_seed(0)
    layer = SelfAttention(6, heads).double()
    tokens = torch.randn(2, 5, 6, dtype=torch.float64)

    def formula(x: Tensor) -> Tensor:
        together = layer.queries_keys_values(x)
        q, k, v = together[..., :6], together[..., 6:12], together[..., 12:]
        d = 6 // heads
        seen = []
        for head in range(heads):
            part = slice(head * d, (head + 1) * d)
            scores = q[..., part] @ k[..., part].transpose(1, 2) / math.sqrt(d)
            weights = scores.exp() / scores.exp().sum(dim=2, keepdim=True)
            seen.append(weights @ v[..., part])
        out: Tensor = layer.join(torch.cat(seen, dim=2))
        return out

    slopes = []
    for function in (layer, formula):
        x = tokens.clone().requires_grad_()
        function(x).pow(2).sum().backward()
        slopes.append(x.grad)
    assert torch.allclose(layer(tokens), formula(tokens))
    assert slopes[0] is not None
    assert slopes[1] is not None
    assert torch.allclose(slopes[0], slopes[1])
    assert torch.autograd.gradcheck(layer, (tokens.requires_grad_(),))


def test_attention_does_not_know_places_and_positions_tell_it() -> None:
    torch.manual_seed(0)
    layer = SelfAttention(8, 2)
    tokens, order = torch.randn(1, 6, 8), torch.tensor([3, 1, 5, 0, 2, 4])
    assert torch.allclose(layer(tokens)[:, order], layer(tokens[:, order]), atol=1e-6)
    pictures = torch.rand(2, 1, 28, 28)
    turned = pictures.clone()
    turned[..., :14, :], turned[..., 14:, :] = pictures[..., 14:, :], pictures[..., :14, :]
    for positions, blind in (("none", True), ("sine", False), ("learned", False)):
        net = build_model("attention", 10, {"width": 16, "positions": positions}).eval()
        assert torch.allclose(net(pictures), net(turned), atol=1e-4) == blind


def test_sine_positions_are_those_of_the_paper() -> None:
    table = sine_positions(9, 6)
    for place in range(9):
        for i in range(3):
            angle = place / 10_000 ** (2 * i / 6)
            assert float(table[place, 2 * i]) == pytest.approx(math.sin(angle), abs=1e-5)
            assert float(table[place, 2 * i + 1]) == pytest.approx(math.cos(angle), abs=1e-5)


def step_rnn(x: Tensor, h: Tensor, c: Tensor, p: list[Tensor]) -> tuple[Tensor, Tensor]:
    w, u, b, e = p
    return torch.tanh(x @ w.T + b + h @ u.T + e), c


def step_gru(x: Tensor, h: Tensor, c: Tensor, p: list[Tensor]) -> tuple[Tensor, Tensor]:
    w, u, b, e = p
    (xr, xz, xn), (hr, hz, hn) = (x @ w.T + b).chunk(3, 1), (h @ u.T + e).chunk(3, 1)
    r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
    return (1 - z) * torch.tanh(xn + r * hn) + z * h, c


def step_lstm(x: Tensor, h: Tensor, c: Tensor, p: list[Tensor]) -> tuple[Tensor, Tensor]:
    w, u, b, e = p
    i, f, g, o = (x @ w.T + b + h @ u.T + e).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


STEPS = {"rnn": step_rnn, "gru": step_gru, "lstm": step_lstm}


@pytest.mark.parametrize("cell", STEPS)
def test_a_recurrent_net_steps_by_its_equations(cell: str) -> None:
    torch.manual_seed(0)
    net = build_model("rnn", 10, {"cell": cell, "hidden": 6}).double()
    pictures = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    weights = [p for name, p in net.named_parameters() if name.startswith("memory")]
    h = c = torch.zeros(3, 6, dtype=torch.float64)
    for row in range(28):
        h, c = STEPS[cell](pictures[:, 0, row], h, c, weights)
    out = net.get_submodule("output")
    assert isinstance(out, nn.Linear)
    assert torch.allclose(net(pictures), h @ out.weight.T + out.bias)


def test_a_residual_net_adds_its_input() -> None:
    torch.manual_seed(0)
    plain = {"stem": 8, "widths": [8], "depths": [1]}
    net = build_model("convnet", 10, {**plain, "residual": True}).eval()
    stem, block = list(net.children())[:2]
    x = stem(torch.rand(2, 1, 28, 28))
    inner = next(block.children())
    assert torch.allclose(block(x), x + inner(x))
    with torch.no_grad():  # silence the block: only the skip is left
        for parameter in block.parameters():
            parameter.zero_()
    assert torch.equal(block(x), x)


def test_a_recurrent_neuron_can_add_digits_of_any_number() -> None:
    net = Recurrent("relu", 1, bias=False)
    assert isinstance(net.cell, ReluCell)
    with torch.no_grad():
        net.cell.hear.weight.copy_(torch.arange(10.0)[None])
        net.cell.keep.weight.fill_(1.0)
        net.output.weight.fill_(1.0)
    digits = torch.tensor([[1, 2, 3, 0, 9, 9, 9, 7], [9] * 8])
    assert net(digits).tolist() == [40.0, 72.0]


@pytest.mark.parametrize("cell", ["relu", "gru"])
def test_cells_for_many_seeds_step_as_torchs(cell: str) -> None:
    torch.manual_seed(0)
    ours = GatedCell(5, bias=True) if cell == "gru" else ReluCell(5, bias=True)
    theirs = nn.GRUCell(10, 5) if cell == "gru" else nn.RNNCell(10, 5, nonlinearity="relu")
    bias = ours.keep.bias if isinstance(ours, GatedCell) else torch.zeros(5)
    theirs.load_state_dict(
        {
            "weight_ih": ours.hear.weight,
            "weight_hh": ours.keep.weight,
            "bias_ih": ours.hear.bias,
            "bias_hh": bias,
        }
    )
    heard, state = torch.randn(4, 10), torch.randn(4, 5)
    assert torch.allclose(ours(heard, state), theirs(heard, state), atol=1e-6)
