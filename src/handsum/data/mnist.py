"""MNIST: 70,000 digits of some 500 hands, 28x28, light ink on black, from the cache."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from handsum.data.cache import cache_dir
from handsum.data.dataset import Dataset
from handsum.data.idx import decode_idx
from handsum.data.npz import as_pictures
from handsum.errors import DataError

MNIST_SHA256: dict[str, str] = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""The four files as first published, unpacked: whatever the road, these sums decide."""

MNIST_SOURCE = "MNIST (Y. LeCun, C. Cortes, C. Burges; from NIST Special Databases 1 and 3)"
MNIST_LICENCE = "CC BY-SA 3.0"
_REMEDY = "Run: handsum data fetch mnist"
_PREFIX = {"train": "train", "test": "t10k"}


def mnist_dir(root: Path | None = None) -> Path:
    """The folder of the four unpacked IDX files: ``mnist`` in ``root``, by default the cache."""
    return (root or cache_dir()) / "mnist"


def check_mnist(name: str, content: bytes) -> None:
    """DataError unless ``content`` is, byte for byte, MNIST's unpacked file ``name``."""
    found = hashlib.sha256(content).hexdigest()
    if found != MNIST_SHA256[name]:
        raise DataError(
            f"{name} is not the published one: its SHA-256 is {found[:12]}..., "
            f"not {MNIST_SHA256[name][:12]}....",
            "Remove it, then run: handsum data fetch mnist",
        )


def load_mnist(split: Literal["train", "test"], root: Path | None = None) -> Dataset:
    """MNIST's official 60,000 training or 10,000 test digits, checked by SHA-256.

    ``images`` is one uint8 array (N, 28, 28), ink light; texts are "0" to "9"; writers are not
    known. ``root`` is the cache folder, by default `cache_dir()`. DataError where the files are
    absent or not the published ones.
    """
    folder = mnist_dir(root)
    arrays: list[npt.NDArray[np.uint8]] = []
    for kind in ("images-idx3", "labels-idx1"):
        path = folder / f"{_PREFIX[split]}-{kind}-ubyte"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"MNIST is not on this machine: no {path}.", _REMEDY) from error
        check_mnist(path.name, content)
        arrays.append(decode_idx(content, str(path)))
    images, labels = arrays
    n = len(labels)
    return Dataset(
        name=f"mnist:{split}",
        images=as_pictures(images),
        texts=tuple(str(label) for label in labels.tolist()),
        contents=("number",) * n,
        groups=(None,) * n,
        ids=tuple(f"mnist:{split}/{i:05d}" for i in range(n)),
        ink="light",
        licence=MNIST_LICENCE,
        source=MNIST_SOURCE,
    )
