"""Labelled folders: tables as people save them, and rows that are wrong by their line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handsum.data.labelled import load_class_folders, load_labelled
from handsum.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, name in enumerate(("a.png", "b.jpg", "sub/c.png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (5 + i, 4), 200).save(tmp_path / name)
    return tmp_path


def write(folder: Path, table: str, encoding: str = "utf-8") -> Path:
    (folder / "labels.csv").write_text(table, encoding=encoding)
    return folder


def test_rows_in_order(folder: Path) -> None:
    table = "file,text,writer,content\nsub/c.png,007,ann,\na.png,,bob,blank\nb.jpg,1.5,,number\n"
    data = load_labelled(write(folder, table))
    assert data.texts == ("007", "", "1.5")
    assert data.contents == ("number", "blank", "number")
    assert data.groups == ("ann", "bob", None)
    assert data.ids == ("sub/c.png", "a.png", "b.jpg")
    assert [image.shape for image in data.images] == [(4, 7), (4, 5), (4, 6)]


@pytest.mark.parametrize(
    ("table", "encoding"),
    [
        ("file;text\na.png;1,5\n", "utf-8"),
        ("file\ttext\r\na.png\t1,5\r\n", "utf-8-sig"),
        ('File , TEXT\na.png,"1,5"\n', "utf-8"),
    ],
)
def test_tables_as_spreadsheets_save_them(folder: Path, table: str, encoding: str) -> None:
    assert load_labelled(write(folder, table, encoding)).texts == ("1,5",)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "no column 'file'"),
        ("file,label\na.png,1\n", "no column 'text', only file, label"),
        ("file,text\n", "lists no pictures"),
        ("file,text\na.png,1\nb.jpg\n", "line 3 does not have 2 columns"),
        ("file,text\na.png,1,2\n", "line 2 does not have 2 columns"),
        ("file,text\na.png,1\nb.jpg,2\nno.png,3\n", r"line 4: no\.png"),
        ("file,text\na.png,\n", r"line 2: a\.png has no text"),
        ("file,text\n,1\n", "line 2: the file is not named"),
        ("file,text,content\na.png,1,blnk\n", "line 2: unknown content 'blnk'"),
        ("file,text\nlabels.csv,1\n", "line 2: labels.csv"),
        ("file,text\n../a.png,1\n", "leads out of the folder"),
        ('file,text\na.png,"1\n', "no CSV"),
    ],
)
def test_wrong_tables(folder: Path, table: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        load_labelled(write(folder, table))
    assert "labels.csv" in caught.value.message


def test_many_bad_rows_are_counted(folder: Path) -> None:
    table = "file,text\n" + "".join(f"no{i}.png,1\n" for i in range(9))
    with pytest.raises(DataError, match=r"9 bad rows[\s\S]*and 4 more"):
        load_labelled(write(folder, table))


def test_no_text_file(folder: Path) -> None:
    (folder / "labels.csv").write_bytes("file,text\na.png,1€\n".encode("utf-16"))
    with pytest.raises(DataError, match="cannot be read"):
        load_labelled(folder)


def test_several_pages_are_refused(folder: Path) -> None:
    page = Image.new("L", (4, 4), 255)
    page.save(folder / "two.tif", save_all=True, append_images=[page])
    with pytest.raises(DataError, match=r"line 2: two\.tif has several pages"):
        load_labelled(write(folder, "file,text\ntwo.tif,1\n"))


def test_class_folders(tmp_path: Path) -> None:
    for name, grey in (("3/b.png", 0), ("3/a.png", 90), ("0/x.png", 30), ("blank/y.png", 255)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (3, 3), grey).save(tmp_path / name)
    (tmp_path / "3" / "Thumbs.db").touch()
    data = load_class_folders(tmp_path)
    assert data.ids == ("0/x.png", "3/a.png", "3/b.png", "blank/y.png")
    assert data.texts == ("0", "3", "3", "")
    assert data.contents == ("number", "number", "number", "blank")
    np.testing.assert_array_equal([image[0, 0] for image in data.images], [30, 90, 0, 255])
    (tmp_path / "ten").mkdir()
    with pytest.raises(DataError, match="'ten'"):
        load_class_folders(tmp_path)


def test_class_folder_with_a_bad_picture(tmp_path: Path) -> None:
    (tmp_path / "3").mkdir()
    with pytest.raises(DataError, match="no pictures"):
        load_class_folders(tmp_path)
    (tmp_path / "3" / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"3/a\.png"):
        load_class_folders(tmp_path)
