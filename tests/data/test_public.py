"""Public sets: from files made here, missing ones listed together, and the real folder if set."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handsum.data.public import PUBLIC_SETS, check_public, data_root, load_public
from handsum.errors import DataError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "train").mkdir()
    (tmp_path / "val").mkdir()
    images = np.zeros((2, 6, 5), np.uint8)
    np.savez(tmp_path / "train/swiss8.npz", images=images, labels=[3, 4], writer=["0001", "0002"])
    np.savez(tmp_path / "train/bhmsds_symbols.npz", images=images, labels=["dot", "x"])
    np.savez(tmp_path / "train/hwd1000.npz", images=images, labels=[0, 1])
    strokes = np.random.default_rng(0).integers(0, 101, (4, 8, 2)).astype(np.uint8)
    strokes[1, -1] = strokes[1, 0]  # a 0 that closes
    np.savez(
        tmp_path / "train/pendigits.npz", points=strokes, labels=np.array([5, 0, 7, 2], np.uint8)
    )
    with zipfile.ZipFile(tmp_path / "val/register_numbers.zip", "w") as archive:
        rows = ["file,label,book,split"]
        for i, (label, book, split) in enumerate(
            [("03", "a", "dev"), ("7", "b", "report"), ("12", "a", "dev")]
        ):
            file = io.BytesIO()
            Image.new("L", (4 + i, 9), 40 * i).save(file, "PNG")
            archive.writestr(f"img/n{i}.png", file.getvalue())
            rows.append(f"img/n{i}.png,{label},{book},{split}")
        archive.writestr("labels.csv", "\n".join(rows))
    return tmp_path


def test_writers_are_groups_that_name_their_origin(root: Path) -> None:
    data = load_public("swiss8", root)
    assert data.texts == ("3", "4")
    assert data.groups == ("kensanata/numbers/0001", "kensanata/numbers/0002")
    assert (data.ink, data.licence) == ("dark", "public domain")
    assert len(set(load_public("hwd1000", root).groups)) == 1


def test_symbols_are_no_numbers_but_keep_their_names(root: Path) -> None:
    data = load_public("bhmsds_symbols", root)
    assert set(data.contents) == {"not_a_number"}
    assert set(data.texts) == {""}
    assert [key.split("/")[1] for key in data.ids] == ["dot", "x"]


def test_strokes_are_drawn_without_fives_and_sevens(root: Path) -> None:
    data = load_public("pendigits", root)
    assert data.texts == ("0", "2")
    assert data.ids == ("pendigits/0/00001", "pendigits/2/00003")
    assert data.images[0].shape == (64, 64)


def test_parts_of_a_zip_never_mix(root: Path) -> None:
    dev = load_public("register_numbers:dev", root)
    report = load_public("register_numbers:report", root)
    assert (dev.texts, report.texts) == (("03", "12"), ("7",))
    assert not set(dev.groups) & set(report.groups)
    assert [image.shape for image in dev.images] == [(9, 4), (9, 6)]


def test_all_that_is_missing_is_said_at_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError) as caught:
        check_public(["swiss8", "semeion", "optdigits"], root)
    message = caught.value.message
    assert "swiss8" not in message
    for name in ("semeion", "optdigits"):
        assert PUBLIC_SETS[name].file in message
        assert PUBLIC_SETS[name].source in message
    monkeypatch.delenv("HANDSUM_DATA", raising=False)
    with pytest.raises(DataError, match="HANDSUM_DATA is not set"):
        load_public("swiss8")


def test_damage_and_unknown_names(root: Path) -> None:
    (root / "val/register_numbers.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match="register_numbers"):
        load_public("register_numbers:dev", root)
    with pytest.raises(DataError, match="swiss9"):
        load_public("swiss9", root)


def test_nothing_in_val_is_for_training() -> None:
    for public in PUBLIC_SETS.values():
        assert public.use == public.file.split("/")[0]


@pytest.mark.parametrize(
    ("name", "count"),
    [("swiss8", 4477), ("swiss2", 1200), ("register_numbers:dev", 1585), ("score_cards", 46)],
)
def test_the_real_sets(name: str, count: int) -> None:
    if data_root() is None:
        pytest.skip("HANDSUM_DATA is not set")
    assert len(load_public(name)) == count
