"""Downloads against a mirror on the loopback address."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.mirror import Mirror, serve_mirror
from handsum.data.download import download
from handsum.errors import FetchError, StorageError

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serve_mirror() as mirror:
        mirror.files["/f"] = CONTENT
        yield mirror


def test_whole_file_with_progress(mirror: Mirror, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    download(f"{mirror.url}f", tmp_path / "f.part", 10**6, lambda *told: seen.append(told))
    assert (tmp_path / "f.part").read_bytes() == CONTENT
    assert seen[-1] == ("f", len(CONTENT), len(CONTENT))


def test_goes_on_where_it_broke_off(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks = [100_000, 50_000]
    download(f"{mirror.url}f", tmp_path / "f.part", 10**6)
    assert (tmp_path / "f.part").read_bytes() == CONTENT
    assert [wanted for _, wanted in mirror.asked] == [None, "bytes=100000-", "bytes=150000-"]


def test_starts_again_where_the_server_knows_no_ranges(mirror: Mirror, tmp_path: Path) -> None:
    mirror.ranges = False
    (tmp_path / "f.part").write_bytes(b"old" * 10)
    download(f"{mirror.url}f", tmp_path / "f.part", 10**6)
    assert (tmp_path / "f.part").read_bytes() == CONTENT


def test_a_whole_part_needs_no_more(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT)
    download(f"{mirror.url}f", tmp_path / "f.part", 10**6)
    assert (tmp_path / "f.part").read_bytes() == CONTENT


def test_gives_up_where_nothing_more_comes_but_keeps_the_part(
    mirror: Mirror, tmp_path: Path
) -> None:
    mirror.breaks = [1000, 0, 0, 0]
    with pytest.raises(FetchError, match="1,000 bytes"):
        download(f"{mirror.url}f", tmp_path / "f.part", 10**6)
    assert (tmp_path / "f.part").read_bytes() == CONTENT[:1000]
    assert len(mirror.asked) == 2


def test_refusals(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="404"):
        download(f"{mirror.url}absent", tmp_path / "f.part", 10**6)
    with pytest.raises(FetchError, match="more than 1,000 bytes"):
        download(f"{mirror.url}f", tmp_path / "f.part", 1000)
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        download(f"{mirror.url}f", tmp_path / "file" / "f.part", 10**6)


def test_nobody_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(FetchError, match="timed out"):
            download(f"http://127.0.0.1:{port}/f", tmp_path / "f.part", 10, timeout_s=0.2)
        assert time.monotonic() - started < 3
    with pytest.raises(FetchError, match="refused"):
        download(f"http://127.0.0.1:{port}/f", tmp_path / "f.part", 10)
