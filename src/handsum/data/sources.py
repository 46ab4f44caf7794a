"""Every data set by its name or its path: the one registry that commands and recipes use."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from handsum.data.dataset import Dataset
from handsum.data.fonts import load_glyphs, load_manifest
from handsum.data.idx import load_idx
from handsum.data.labelled import (
    LABELS_FILE,
    is_class_folder,
    load_class_folders,
    load_labelled,
)
from handsum.data.mnist import (
    MNIST_LICENCE,
    MNIST_SHA256,
    MNIST_SOURCE,
    load_mnist,
    mnist_dir,
)
from handsum.data.npz import as_pictures, load_npz
from handsum.data.public import ENV_DATA, PUBLIC_SETS, PublicSet, data_root, load_public
from handsum.data.rejects import (
    draw_marks,
    draw_scribbles,
    draw_textures,
    load_joined_digits,
    load_symbols_unlike_digits,
)
from handsum.data.written import NAME as WRITTEN
from handsum.data.written import PUBLIC_PARTS, load_written_digits
from handsum.errors import DataError

Use = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Source:
    """A set that handsum knows by name.

    ``use``: what it is for; only "train" may train. ``remedy`` says how to get it where
    ``is_present()`` is false; ``load()`` reads all of it.
    """

    name: str
    about: str
    use: Use
    origin: str
    licence: str
    remedy: str
    is_present: Callable[[], bool]
    load: Callable[[], Dataset]


def load_dataset(spec: str | Path) -> Dataset:
    """The data set that ``spec`` names: a key of `SOURCES`, or a path.

    A path is an npz file, an IDX file of pictures with its labels beside it, a folder with one
    such pair, a LABELLED folder (labels.csv), or a folder with a folder per class. A registered
    name wins over a path; write ./NAME for the path. DataError names what is wrong with it.
    """
    known = SOURCES.get(str(spec))
    if known is not None:
        return known.load()
    path = Path(spec)
    if path.is_dir():
        return _load_folder(path)
    if path.name == LABELS_FILE and path.is_file():
        return load_labelled(path.parent)
    if path.is_file():
        return load_npz(path) if path.suffix == ".npz" else load_idx_pair(path)
    near = difflib.get_close_matches(str(spec), SOURCES, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise DataError(
        f"There is no data set and no path {str(spec)!r}.",
        f"{hint}handsum data list shows every name.",
    )


def load_idx_pair(images_path: Path) -> Dataset:
    """Pictures from an IDX file and their labels from the file beside it.

    The labels' file has the same name with "labels" for "images" and "idx1" for "idx3", plain or
    with .gz. DataError where it is absent or the two do not fit.
    """
    images = load_idx(images_path)
    if images.ndim != 3 or images.dtype.name != "uint8":
        raise DataError(
            f"{images_path} holds {images.dtype} {images.shape}, not pictures (N, H, W) uint8.",
            "Name the file of the pictures, such as t10k-images-idx3-ubyte.",
        )
    labels_path = _labels_beside(images_path)
    labels = load_idx(labels_path)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or len(labels) != len(images):
        raise DataError(
            f"{labels_path} holds {labels.dtype} {labels.shape} for {len(images)} pictures.",
            "Take both files from the same place.",
        )
    n = len(labels)
    return Dataset(
        name=str(images_path),
        images=as_pictures(images),
        texts=tuple(str(label) for label in labels.tolist()),
        contents=("number",) * n,
        groups=(None,) * n,
        ids=tuple(f"{images_path.name}/{i:05d}" for i in range(n)),
        source=str(images_path),
    )


def _load_folder(folder: Path) -> Dataset:
    if (folder / LABELS_FILE).is_file():
        return load_labelled(folder)
    if is_class_folder(folder):
        return load_class_folders(folder)
    pictures = sorted(p for p in folder.iterdir() if "images" in p.name and "idx3" in p.name)
    if len(pictures) > 1:
        raise DataError(
            f"{folder} holds several IDX files of pictures: {', '.join(p.name for p in pictures)}.",
            "Name one of these files.",
        )
    if not pictures:
        raise DataError(
            f"{folder} is no data set.",
            f"Add {LABELS_FILE} (file,text[,writer][,content]), a folder per class (0 to 9), "
            "or a pair of IDX files.",
        )
    return load_idx_pair(pictures[0])


def _labels_beside(images_path: Path) -> Path:
    name = images_path.name.replace("images", "labels").replace("idx3", "idx1")
    stem = name.removesuffix(".gz")
    for candidate in (name, stem, f"{stem}.gz"):
        path = images_path.with_name(candidate)
        if path.is_file() and path != images_path:
            return path
    raise DataError(
        f"There are no labels for {images_path}: no {stem} beside it.",
        "Put the IDX file of the labels beside that of the pictures.",
    )


def _has_mnist() -> bool:
    return all((mnist_dir() / name).is_file() for name in MNIST_SHA256)


def _has_public(public: PublicSet) -> bool:
    root = data_root()
    return root is not None and (root / public.file).is_file()


def _has_fonts(side: Literal["train", "val"]) -> bool:
    try:
        return any(font.split == side for font in load_manifest())
    except DataError:
        return True  # a damaged manifest is there: loading says what is wrong


def _registry() -> dict[str, Source]:
    sources: list[Source] = []
    parts: tuple[tuple[Literal["train", "test"], str], ...] = (
        ("train", "60,000 digits of some 250 hands"),
        ("test", "10,000 digits of some 250 other hands"),
    )
    for part, about in parts:
        remedy = "Run: handsum data fetch mnist"
        sources.append(
            Source(
                name=f"mnist:{part}",
                about=about,
                use=part,
                origin=MNIST_SOURCE,
                licence=MNIST_LICENCE,
                remedy=remedy,
                is_present=_has_mnist,
                load=partial(load_mnist, part),
            )
        )
    for public in PUBLIC_SETS.values():
        sources.append(
            Source(
                name=public.name,
                about=public.about,
                use=public.use,
                origin=public.source,
                licence=public.licence,
                remedy=f"Get it from {public.source}, put it at ${ENV_DATA}/{public.file}",
                is_present=partial(_has_public, public),
                load=partial(load_public, public.name),
            )
        )
    kinds: tuple[Literal["digits", "letters"], ...] = ("digits", "letters")
    sides: tuple[Literal["train", "val"], ...] = ("train", "val")
    for kind in kinds:
        for side in sides:
            other = "" if side == "train" else " never trained on"
            sources.append(
                Source(
                    name=f"font_{kind}:{side}",
                    about=f"{kind} of handwriting-like fonts{other}",
                    use=side,
                    origin="npm @fontsource, or a folder of fonts",
                    licence="OFL-1.1, Apache-2.0",
                    remedy="Run: handsum data fetch fonts",
                    is_present=partial(_has_fonts, side),
                    load=partial(load_glyphs, kind, side),
                )
            )
    sources.append(
        Source(
            name=WRITTEN,
            about="digits of the training sets as numbers and combs hold them",
            use="train",
            origin="written anew from the training sets",
            licence="those of the sets",
            remedy="It needs mnist:train, font_digits:train and the public training sets",
            is_present=lambda: (
                _has_mnist()
                and _has_fonts("train")
                and all(_has_public(PUBLIC_SETS[name]) for name in PUBLIC_PARTS)
            ),
            load=partial(load_written_digits, 50_000, 0),
        )
    )
    sources += _rejects()
    return {source.name: source for source in sources}


def _rejects() -> list[Source]:
    """What is no digit, to learn to refuse."""
    return [
        Source(
            name=name,
            about=about,
            use="train",
            origin=origin,
            licence=licence,
            remedy=remedy,
            is_present=is_present,
            load=load,
        )
        for name, about, origin, licence, remedy, is_present, load in (
            ("reject:scribbles", "coils, zigzags, tangles", "drawn by handsum", "Apache-2.0",
             "", lambda: True, partial(draw_scribbles, 6000, 0)),
            ("reject:marks", "+ x * # = ticks, arrows", "drawn by handsum",
             "Apache-2.0", "", lambda: True, partial(draw_marks, 6000, 0)),
            ("reject:textures", "blots, edges, grids", "drawn by handsum", "Apache-2.0",
             "", lambda: True, partial(draw_textures, 3000, 0)),
            ("reject:joined", "two or three digits of mnist:train in a row", MNIST_SOURCE,
             MNIST_LICENCE, "Run: handsum data fetch mnist", _has_mnist,
             partial(load_joined_digits, 6000, 0)),
            ("reject:symbols", "x, y, minus and dot of bhmsds_symbols",
             PUBLIC_SETS["bhmsds_symbols"].source, PUBLIC_SETS["bhmsds_symbols"].licence,
             f"Set {ENV_DATA}; handsum data list bhmsds_symbols says more",
             partial(_has_public, PUBLIC_SETS["bhmsds_symbols"]), load_symbols_unlike_digits),
        )
    ]  # fmt: skip


SOURCES: dict[str, Source] = _registry()
"""Every set that handsum knows by name, in the order in which ``data list`` prints them."""
