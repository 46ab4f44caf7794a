"""The symbols of a strip, one by one, cut along their strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from handsum.decode.align import SymbolSpan
from handsum.imaging.grey import grey_from_ink
from handsum.reader.places import part_symbols

_STROKE = 0.3  # ink from which a pixel of the strip is stroke
_OWN = 0.75  # share of a stroke in one symbol's columns, from which it is that symbol's as a whole
_BEYOND = 0.05  # share of a whole symbol's ink that may lie in its neighbours' columns
_PAD = 6  # columns of paper around a symbol that is cut out


@dataclass(frozen=True)
class SymbolCut:
    """``grey`` (H, w), dark on white; ``whole``: no stroke of it had to be cut from another's."""

    grey: npt.NDArray[np.uint8]
    whole: bool


def cut_symbols(
    ink: npt.NDArray[np.float32], spans: Sequence[SymbolSpan], stride: int, wanted: Sequence[int]
) -> list[SymbolCut]:
    """Each wanted symbol of a strip (H, W) of ink.

    A stroke that lies mostly in one symbol's columns is that symbol's as a whole; others are cut
    where their neighbours are parted. A symbol whose strokes reach far over its neighbours does
    not count as whole either: it may have taken one of theirs.
    """
    if not wanted:
        return []
    cuts = np.array(part_symbols(ink, spans, stride))
    mask = (ink > _STROKE).astype(np.uint8)
    count, found_labels = cv2.connectedComponents(mask, connectivity=8)
    labels = np.asarray(found_labels, np.intp)
    place = np.searchsorted(cuts, np.arange(ink.shape[1]), side="right")  # 0 before the first
    flat = labels * (len(cuts) + 1) + place  # np.add.at would take many times as long
    shares = np.bincount(flat.ravel(), minlength=count * (len(cuts) + 1)).reshape(count, -1)
    inside = shares[:, 1 : len(cuts)]
    owner = np.where(
        inside.max(axis=1) >= _OWN * np.maximum(inside.sum(axis=1), 1), inside.argmax(axis=1), -1
    )
    owner[0] = -1
    found = []
    for i in wanted:
        mine = owner == i
        own, beyond = int(shares[mine].sum()), int(shares[mine].sum() - inside[mine, i].sum())
        split = int(inside[1:, i][owner[1:] == -1].sum())
        shared = (owner[labels] == -1) & (place == i + 1)[None]
        keep = cv2.dilate(
            (mine[labels] | (shared & (mask > 0))).astype(np.uint8), np.ones((3, 3), np.uint8)
        )
        alone = ink * keep
        filled = np.flatnonzero((alone > _STROKE).any(axis=0))
        left, right = (filled[0], filled[-1] + 1) if len(filled) else (cuts[i], cuts[i + 1])
        part = alone[:, max(0, left - _PAD) : right + _PAD]
        found.append(SymbolCut(grey_from_ink(part), split == 0 and beyond <= _BEYOND * own))
    return found
