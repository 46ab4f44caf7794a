"""Strips of any width through a net, in batches that change nothing about any of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.confidence.calibration import log_softmax, softmax
from handsum.reader.session import Session

STEP = 32
"""A strip is widened with paper to the next multiple, alone or in a batch, so that what is read
in it never depends on what is read beside it."""
_BATCH_COLUMNS = 4096  # pixels in all strips of a batch: fits the caches of a small computer

Strip = npt.NDArray[np.float32]


@dataclass(frozen=True)
class NetOutput:
    """``log_probs`` (T, C) of the strip's own columns, the paper behind it left out.

    ``contents`` (4,) are the probabilities of what the strip holds.
    """

    log_probs: npt.NDArray[np.float64]
    contents: npt.NDArray[np.float64]


def run_strips(session: Session, strips: Sequence[Strip], stride: int) -> list[NetOutput]:
    """What the net says of ``strips``, each float32 (H, W), ink 0 to 1.

    ``stride`` pixels of a strip are one output column.
    """
    buckets: dict[int, list[int]] = defaultdict(list)
    for row, strip in enumerate(strips):
        buckets[-(-strip.shape[1] // STEP) * STEP].append(row)
    outputs: dict[int, NetOutput] = {}
    for width, rows in buckets.items():
        size = max(1, _BATCH_COLUMNS // width)
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            images = np.zeros((len(batch), 1, strips[batch[0]].shape[0], width), np.float32)
            for image, row in zip(images, batch, strict=True):
                image[0, :, : strips[row].shape[1]] = strips[row]
            logits, contents = session.run(images)
            for row, symbols, content in zip(batch, logits, contents, strict=True):
                columns = symbols[: max(1, strips[row].shape[1] // stride)]
                outputs[row] = NetOutput(log_softmax(columns), softmax(content))
    return [outputs[row] for row in range(len(strips))]


def widen_strip(strip: Strip, factor: float, stride: int) -> Strip:
    """The strip (H, W) stretched to about ``factor`` times its width, a multiple of ``stride``."""
    height, width = strip.shape
    wide = max(1, round(width * factor / stride)) * stride
    return np.asarray(cv2.resize(strip, (wide, height), interpolation=cv2.INTER_LINEAR), np.float32)
