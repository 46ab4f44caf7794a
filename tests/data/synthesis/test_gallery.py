from pathlib import Path

import numpy as np
from PIL import Image

from handsum.data.synthesis.defects import DEFECTS
from handsum.data.synthesis.gallery import write_gallery
from handsum.data.synthesis.hands import Hand
from handsum.data.synthesis.refuse import REFUSALS


def test_a_row_for_every_defect_and_refusal_the_same_each_time(
    tmp_path: Path, hands: tuple[Hand, ...]
) -> None:
    for name in ("a.png", "b.png"):
        write_gallery(tmp_path / name, hands, seed=1, columns=2)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    sheet = np.asarray(Image.open(tmp_path / "a.png"))
    assert len(sheet) == 84 * (len(DEFECTS) + len(REFUSALS))
