"""Normalised digits ready for a net, from any data set of single digits."""

from __future__ import annotations

import hashlib
import inspect
import io
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.data import rerender as rerender_module
from handsum.data.cache import cache_dir
from handsum.data.dataset import Dataset
from handsum.data.rerender import rerender
from handsum.errors import DataError
from handsum.files import write_atomically
from handsum.imaging import normalize as normalize_module
from handsum.imaging import paper as paper_module
from handsum.imaging.normalize import normalize
from handsum.imaging.paper import Ink

NOT_A_DIGIT = 10
"""The label, and the net's eleventh output, of what is no digit."""


@dataclass(frozen=True)
class DigitArrays:
    """``inks`` uint8 (N, V, 28, 28): V renderings of each picture, the plain one first.

    ``labels`` int64 (N,), 0 to 9 or NOT_A_DIGIT; ``repeats`` float64 (N,), how often an epoch
    shows the picture; ``groups`` and ``ids`` as in the data set, ``sources`` its name.
    """

    inks: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    repeats: npt.NDArray[np.float64]
    groups: tuple[str | None, ...]
    ids: tuple[str, ...]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


def prepare_digits(
    data: Dataset,
    *,
    renderings: int = 0,
    seed: int = 0,
    repeat: float = 1.0,
    squeezed: bool = False,
    normalized: bool = True,
) -> DigitArrays:
    """Normalise a data set of single digits, with ``renderings`` further copies on other paper.

    ``seed`` decides how these come out, ``repeat`` fills the arrays' ``repeats``. ``squeezed``:
    the pictures were stretched to squares, so upright ones are made narrow again.
    ``normalized=False`` takes 28 x 28 pictures as they are, ink-high. DataError where a text is
    no single digit.
    """
    rows = zip(data.texts, data.contents, data.ids, strict=True)
    labels = np.array([_label(*row, data.name) for row in rows], np.int64)
    images = data.images
    if squeezed:
        rng = np.random.default_rng([seed, 7])
        images = [_narrow(im, rng) if k == 1 else im for im, k in zip(images, labels, strict=True)]
    if normalized:
        inks = _cached(images, data, renderings, seed, squeezed)
    else:
        inks = _as_they_are(images, data)
    return DigitArrays(
        inks,
        labels,
        np.full(len(labels), repeat),
        data.groups,
        data.ids,
        (data.name,) * len(labels),
    )


def join_arrays(parts: Sequence[DigitArrays]) -> DigitArrays:
    """All parts in one; they must have the same number of renderings."""
    return DigitArrays(
        np.concatenate([p.inks for p in parts]),
        np.concatenate([p.labels for p in parts]),
        np.concatenate([p.repeats for p in parts]),
        tuple(g for p in parts for g in p.groups),
        tuple(i for p in parts for i in p.ids),
        tuple(s for p in parts for s in p.sources),
    )


def _label(text: str, content: str, row_id: str, name: str) -> int:
    if content != "number":
        return NOT_A_DIGIT
    if len(text) != 1 or not "0" <= text <= "9":
        raise DataError(
            f"{name}: {row_id} says {text!r}, which is no single digit.",
            "Use sets of single digits here, or train a reader of numbers.",
        )
    return int(text)


def _narrow(image: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    height, width = image.shape
    wide = max(3, round(width * rng.uniform(0.3, 0.8)))
    return np.asarray(cv2.resize(image, (wide, height), interpolation=cv2.INTER_AREA), np.uint8)


def _as_they_are(images: Sequence[npt.NDArray[np.uint8]], data: Dataset) -> npt.NDArray[np.uint8]:
    for image, row in zip(images, data.ids, strict=True):
        if image.shape != (28, 28):
            raise DataError(
                f"{data.name}: {row} has {image.shape} pixels.",
                "Set data.normalize = true for pictures of other sizes than 28 x 28.",
            )
    stacked = np.stack(list(images)) if len(images) else np.zeros((0, 28, 28), np.uint8)
    return (stacked if data.ink == "light" else 255 - stacked)[:, None]


def _cached(
    images: Sequence[npt.NDArray[np.uint8]],
    data: Dataset,
    renderings: int,
    seed: int,
    squeezed: bool,
) -> npt.NDArray[np.uint8]:
    """The renderings from the cache, or made and put there.

    The key is all that they depend on: the pictures, the seed and the code that makes them.
    """
    digest = hashlib.sha256(f"{data.name} {renderings} {seed} {squeezed} {data.ink}".encode())
    for module in (paper_module, normalize_module, rerender_module):
        digest.update(inspect.getsource(module).encode())
    for image in images:
        digest.update(image.tobytes())
    # A set that was named by a path has slashes in its name.
    name = re.sub(r"[^\w.-]+", "-", data.name)[-60:]
    path = cache_dir() / "prepared" / f"{name}-{digest.hexdigest()[:16]}.npy"
    if path.is_file():
        with suppress(OSError, ValueError, EOFError):  # damaged: made again
            return np.asarray(np.load(path, allow_pickle=False), np.uint8)
    cv2.setNumThreads(1)  # the pictures are small: threads of our own do better
    with ThreadPoolExecutor() as pool:
        made = pool.map(
            lambda task: _render(task[1], data.ink, renderings, [seed, task[0]]),
            enumerate(images),
        )
        inks = (
            np.stack(list(made)) if len(images) else np.zeros((0, 1 + renderings, 28, 28), np.uint8)
        )
    buffer = io.BytesIO()
    np.save(buffer, inks)
    write_atomically(path, buffer.getvalue())
    return inks


def _render(
    image: npt.NDArray[np.uint8], ink: Ink, renderings: int, seed: list[int]
) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    plain = normalize(image, ink).ink
    light = image if ink == "light" else np.asarray(255 - image, np.uint8)
    variants = [normalize(rerender(light, rng), "dark").ink for _ in range(renderings)]
    # A rendering that the paper swallowed teaches nothing: the plain one stands in.
    return np.stack([plain, *(v if v.any() else plain for v in variants)])
