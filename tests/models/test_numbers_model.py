import torch

from handsum.models import count_parameters
from handsum.models.numbers import CONTENTS, STRIDE, build_numbers


def test_a_column_of_logits_every_fourth_pixel_and_one_content() -> None:
    net = build_numbers(15).eval()
    for width in (32, 100, 480):
        symbols, content = net(torch.rand(2, 1, 48, width))
        assert symbols.shape == (2, width // STRIDE, 15)
        assert content.shape == (2, len(CONTENTS))


def test_padding_with_paper_does_not_change_what_is_read() -> None:
    torch.manual_seed(0)
    net = build_numbers(15).eval()
    strip = torch.zeros(1, 1, 48, 160)
    strip[..., 20:100] = torch.rand(1, 1, 48, 80)
    padded = torch.nn.functional.pad(strip, (0, 120))
    with torch.no_grad():
        alone, _ = net(strip)
        beside, _ = net(padded)
    assert torch.allclose(alone[:, :25], beside[:, :25], atol=1e-5)


def test_it_is_small() -> None:
    assert count_parameters(build_numbers(15)) <= 1_500_000
