"""Writing whole files, and every way in which that can fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handsum.errors import StorageError
from handsum.files import write_atomically


def refuse_to_sync(_: int) -> None:
    raise OSError(28, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_is_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b" / "c.txt", b"1")
    write_atomically(tmp_path / "a" / "b" / "c.txt", b"22")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"22"
    assert names(tmp_path / "a" / "b") == ["c.txt"]


def test_a_full_disk_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomically(tmp_path / "a", b"former")
    monkeypatch.setattr(os, "fsync", refuse_to_sync)
    with pytest.raises(StorageError, match=r"Cannot write .*a: No space left on device\. Free"):
        write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"former"
    assert names(tmp_path) == ["a"]


def test_ctrl_c_leaves_the_former_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    write_atomically(tmp_path / "a", b"former")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", b"new")
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["file/below", "folder", "n" * 300])
def test_an_impossible_path_is_a_storage_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="Cannot write"):
        write_atomically(tmp_path / name, b"x")
    assert names(tmp_path) == ["file", "folder"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"former")
    (tmp_path / "link").symlink_to("target")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    end = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(tmp_path / "pipe", b"reading")
        assert os.read(end, 100) == b"reading"
    finally:
        os.close(end)
    assert (tmp_path / "pipe").is_fifo()
