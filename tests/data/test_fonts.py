"""Fonts: fetched from stand-in packages, drawn to size, listed in a manifest."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from handsum.data import fetch_fonts as fetch_module
from handsum.data.fetch_fonts import fetch_fonts, npm_pack
from handsum.data.font_families import FAMILIES, Family
from handsum.data.fonts import (
    check_font,
    fonts_dir,
    load_fonts,
    load_glyphs,
    load_manifest,
    render_glyphs,
    render_on_line,
)
from handsum.errors import DataError, FetchError

opened = ImageFont.load_default(20)
assert isinstance(opened, ImageFont.FreeTypeFont)
FONT: bytes = opened.font_bytes
SHA256 = hashlib.sha256(FONT).hexdigest()
TWO = (Family("one-hand", "train", SHA256), Family("other-hand", "val", SHA256))


def package(name: str, font: bytes = FONT, licence: str = "OFL-1.1") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member, content in (
            ("package/LICENSE", b"do as you like"),
            ("package/package.json", json.dumps({"license": licence}).encode()),
            (f"package/files/{name}-latin-400-normal.woff", font),
        ):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def pack(asked: str) -> bytes:
    return package(asked.split("/")[1].split("@", maxsplit=1)[0])


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    fetch_fonts(cache=tmp_path, families=TWO, pack=pack)
    return tmp_path


def test_families_are_pinned_and_parted() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert len({family.sha256 for family in FAMILIES}) == len(FAMILIES)
    assert all(len(bytes.fromhex(family.sha256)) == 32 for family in FAMILIES)
    assert sum(family.split == "val" for family in FAMILIES) == 10


def test_packages_become_fonts_with_licences(cache: Path) -> None:
    assert [font.name for font in load_fonts("train", cache)] == ["one-hand"]
    (font,) = load_fonts("val", cache)
    assert (font.name, font.licence, font.sha256) == ("other-hand", "OFL-1.1", SHA256)
    assert font.path.read_bytes() == FONT
    assert (fonts_dir(cache) / "other-hand.LICENSE.txt").read_bytes() == b"do as you like"


def test_what_is_here_is_not_fetched_again(cache: Path) -> None:
    def never(asked: str) -> bytes:
        raise AssertionError(asked)

    assert len(fetch_fonts(cache=cache, families=TWO, pack=never).fonts) == 2
    (fonts_dir(cache) / "one-hand.woff").write_bytes(b"damaged")
    asked: list[str] = []
    report = fetch_fonts(cache=cache, families=TWO, pack=lambda a: asked.append(a) or pack(a))
    assert [name.split("/")[1].split("@")[0] for name in asked] == ["one-hand"]
    assert report.passed_over == ()


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (package("one-hand", b"other bytes"), "not the known one"),
        (package("one-hand", licence="UNLICENSED"), "'UNLICENSED'"),
        (package("third-hand"), "lacks one-hand"),
        (b"no archive", "damaged"),
    ],
)
def test_bad_packages_are_passed_over(tmp_path: Path, archive: bytes, said: str) -> None:
    answers = {"one-hand": archive, "other-hand": package("other-hand")}
    report = fetch_fonts(
        cache=tmp_path, families=TWO, pack=lambda a: answers[a.split("/")[1].split("@")[0]]
    )
    assert [font.name for font in report.fonts] == ["other-hand"]
    assert said in report.passed_over[0]


def test_without_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_module.shutil, "which", lambda name: None)
    with pytest.raises(FetchError, match="npm is not installed"):
        npm_pack("anything")
    with pytest.raises(FetchError, match="npm is not installed") as caught:
        fetch_fonts(cache=tmp_path)
    assert "--from DIR" in caught.value.remedy
    assert len(caught.value.message.splitlines()) < 8


def test_a_folder_of_fonts(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "deep"
    folder.mkdir(parents=True)
    (folder / "Hand.ttf").write_bytes(FONT)
    (folder / "broken.otf").write_bytes(b"no font")
    (folder / "notes.txt").write_bytes(b"")
    report = fetch_fonts(tmp_path / "mine", tmp_path)
    assert [font.name for font in report.fonts] == ["Hand"]
    assert "broken.otf" in report.passed_over[0]
    with pytest.raises(FetchError, match="no folder"):
        fetch_fonts(tmp_path / "nowhere", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FetchError, match=r"no \.ttf"):
        fetch_fonts(tmp_path / "empty", tmp_path)


def test_the_tallest_digit_has_the_asked_height(cache: Path) -> None:
    (font,) = load_fonts("train", cache)
    for size in (20, 64):
        heights = [render_glyphs(font, digit, size).shape[0] for digit in "0123456789"]
        assert abs(max(heights) - size) <= 1
    two = render_glyphs(font, "42", 40)
    assert two.dtype == np.uint8
    assert (two[0] < 255).any() and (two[-1] < 255).any()
    assert (two[:, 0] < 255).any() and (two[:, -1] < 255).any()
    assert render_glyphs(font, " ", 40).tolist() == [[255]]


def test_the_baseline(cache: Path) -> None:
    (font,) = load_fonts("train", cache)
    one, line_of_one = render_on_line(font, "1", 60)
    assert abs(line_of_one - one.shape[0]) <= 1
    comma, line_of_comma = render_on_line(font, ",", 60)
    assert line_of_comma < comma.shape[0] - 1
    dash, line_of_dash = render_on_line(font, "-", 60)
    assert line_of_dash > dash.shape[0] + 5


def test_glyphs_as_a_data_set(cache: Path) -> None:
    digits = load_glyphs("digits", "train", cache)
    assert "".join(digits.texts) == "0123456789"
    assert set(digits.groups) == {"font/one-hand"}
    letters = load_glyphs("letters", "val", cache)
    assert set(letters.contents) == {"not_a_number"}
    assert not {key.split("/")[-1] for key in letters.ids} & set("0123456789OolISsZzBbGgq")


def test_nothing_here_or_damaged(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("empty")
    assert load_manifest(empty) == []
    with pytest.raises(DataError) as caught:
        load_fonts("train", empty)
    assert "data fetch fonts" in caught.value.remedy
    (fonts_dir(cache) / "one-hand.woff").unlink()
    with pytest.raises(DataError, match="one-hand"):
        load_fonts("train", cache)
    (fonts_dir(cache) / "manifest.json").write_text('{"schema": 9, "fonts": []}')
    with pytest.raises(DataError, match="schema 9"):
        load_fonts("train", cache)
    (fonts_dir(cache) / "manifest.json").write_text('{"schema": 1, "fonts": [{}]}')
    with pytest.raises(DataError, match="manifest"):
        load_fonts("train", cache)


def test_a_font_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "a.ttf").write_bytes(b"")
    with pytest.raises(DataError, match=r"a\.ttf"):
        check_font(tmp_path / "a.ttf")
