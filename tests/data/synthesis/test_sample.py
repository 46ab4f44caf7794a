from dataclasses import replace

import numpy as np
import pytest

from handsum.charset import NUMBERS
from handsum.data.synthesis.defects import DEFECTS
from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.sample import SynthesisConfig, build_sample
from handsum.errors import RecipeError

EVERYTHING = SynthesisConfig(defects=dict.fromkeys(DEFECTS, (0.3, 1.0)))


def test_the_same_seed_and_index_give_the_same_picture_whatever_came_before(
    hands: tuple[Hand, ...],
) -> None:
    straight = [build_sample(EVERYTHING, hands, (), 3, i) for i in range(12)]
    alone = build_sample(EVERYTHING, hands, (), 3, 11)
    assert np.array_equal(alone.grey, straight[11].grey)
    assert (alone.text, alone.content) == (straight[11].text, straight[11].content)
    other = build_sample(EVERYTHING, hands, (), 4, 11)
    assert alone.grey.shape != other.grey.shape or not np.array_equal(alone.grey, other.grey)


def test_labels_are_in_the_charset_and_have_a_box_each(hands: tuple[Hand, ...]) -> None:
    contents = set()
    for i in range(150):
        sample = build_sample(EVERYTHING, hands, (), 1, i)
        assert sample.grey.dtype == np.uint8
        assert (sample.text != "") == (sample.content == "number")
        assert not sample.text.endswith(("-", ".", ",")), "a closing mark is no part of the label"
        NUMBERS.encode(sample.text)
        assert len(sample.boxes) == len(sample.text)
        contents.add(sample.content)
    assert contents == {"number", "blank", "struck_out", "not_a_number"}


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_every_defect_changes_the_picture_and_spares_the_label(
    name: str, hands: tuple[Hand, ...]
) -> None:
    plain = SynthesisConfig(refuse=0.0, comb=1.0 if name == "comb_borders" else 0.0)
    spoilt = replace(plain, defects={name: (1.0, 1.0)})
    changed = 0
    for i in range(4):
        before, after = (build_sample(c, hands, (), 2, i) for c in (plain, spoilt))
        assert after.text == before.text
        assert after.defects == (name,)
        same = before.grey.shape == after.grey.shape and np.array_equal(before.grey, after.grey)
        changed += not same
    assert changed >= 2, f"{name} leaves {4 - changed} of 4 pictures as they were"


@pytest.mark.parametrize("name", ["turn", "perspective", "low_resolution", "dark_margin"])
def test_boxes_follow_the_ink_through_geometry(name: str, hands: tuple[Hand, ...]) -> None:
    config = SynthesisConfig(separators=0.0, refuse=0.0, comb=0.0, defects={name: (1.0, 1.0)})
    for i in range(8):
        sample = build_sample(config, hands, (), 6, i)
        ink = sample.grey.astype(float)
        for x0, y0, x1, y1 in np.rint(sample.boxes).astype(int):
            part = ink[max(0, y0) : y1, max(0, x0) : x1]
            assert part.min() < 0.9 * np.percentile(ink, 90), "a box without ink in it"


def test_unknown_defect_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"'underlines'.*underline"):
        SynthesisConfig(defects={"underlines": (1.0, 1.0)})
