"""Every kind of source, every fault, every cut: a picture as it was, or a named error."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from faults import Fault, animation, drawing, encoded, faults, pdf, png
from handsum.errors import (
    FileMissingError,
    FileUnreadableError,
    HandsumError,
    ImageFormatError,
    ImageTooLargeError,
    ImageTruncatedError,
    InputError,
    UsageError,
)
from handsum.imaging.load import Limits, Picture, load_pictures

GREY = np.asarray(drawing())
INK = np.asarray(drawing().point(lambda v: 255 if v > 128 else 0))
PHOTO = drawing().convert("RGB")

FILES: dict[str, bytes] = {
    "png": encoded(drawing(), "PNG"),
    "png-palette": encoded(drawing().convert("P"), "PNG"),
    "png-rgb": encoded(PHOTO, "PNG"),
    "gif": encoded(drawing(), "GIF"),
    "bmp": encoded(drawing(), "BMP"),
    "bmp-rgb": encoded(PHOTO, "BMP"),
    "webp": encoded(PHOTO, "WEBP", lossless=True),
    "tiff": encoded(drawing(), "TIFF"),
    "tiff-big": encoded(drawing(), "TIFF", big_tiff=True),
    "tiff-lzw": encoded(PHOTO, "TIFF", compression="tiff_lzw"),
    "tiff-deflate": encoded(PHOTO, "TIFF", compression="tiff_adobe_deflate"),
    "tiff-packbits": encoded(drawing(), "TIFF", compression="packbits"),
}
BILEVEL: dict[str, bytes] = {
    "png": encoded(Image.fromarray(INK).convert("1"), "PNG"),
    "bmp": encoded(Image.fromarray(INK).convert("1"), "BMP"),
    "tiff-g3": encoded(Image.fromarray(INK).convert("1"), "TIFF", compression="group3"),
    "tiff-g4": encoded(Image.fromarray(INK).convert("1"), "TIFF", compression="group4"),
}
LOSSY: dict[str, bytes] = {
    "jpeg": encoded(PHOTO, "JPEG", quality=95),
    "jpeg-grey": encoded(drawing(), "JPEG", quality=95),
    "jpeg-progressive": encoded(PHOTO, "JPEG", quality=95, progressive=True),
    "webp-lossy": encoded(PHOTO, "WEBP", quality=95),
    "webp-alpha": encoded(drawing().convert("RGBA"), "WEBP", quality=95),
    "tiff-jpeg": encoded(drawing(), "TIFF", compression="jpeg", quality=95),
}


def one(source: object, **options: object) -> Picture:
    (picture,) = load_pictures(source, **options)  # type: ignore[arg-type]
    return picture


@pytest.mark.parametrize("kind", FILES)
def test_lossless_files_come_back_as_they_were(kind: str) -> None:
    np.testing.assert_array_equal(one(FILES[kind]).grey, GREY)


@pytest.mark.parametrize("kind", BILEVEL)
def test_one_bit_files_are_black_and_white(kind: str) -> None:
    np.testing.assert_array_equal(one(BILEVEL[kind]).grey, INK)


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_files_come_back_nearly(kind: str) -> None:
    error = np.abs(one(LOSSY[kind]).grey.astype(int) - GREY)
    assert error.mean() < 1.5
    assert error.max() < 20


def test_a_path_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "scan.txt"
    path.write_bytes(FILES["tiff"])
    for source in (path, str(path)):
        picture = one(source)
        np.testing.assert_array_equal(picture.grey, GREY)
        assert (picture.source, picture.page) == (str(path), 1)
    assert one(path, name="scan 7").source == "scan 7"


def test_pictures_cannot_be_written_into() -> None:
    ours = GREY.copy()
    for source in (FILES["png"], ours, drawing()):
        assert not one(source).grey.flags.writeable
    assert ours.flags.writeable  # but the caller's own array stays the caller's


def test_a_pillow_image_gives_its_frame_upright_and_its_name(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.jpg"
    drawing().save(path, exif=exif)
    with Image.open(path) as image:
        picture = one(image)
    assert picture.grey.shape == (60, 40)
    assert picture.source == str(path)
    assert one(drawing()).source == "<image>"


def test_a_lazily_opened_cut_image_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(FILES["png"][:-60])
    with Image.open(path) as image, pytest.raises(ImageTruncatedError):
        one(image)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_exif_orientation_stands_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 98}}.get(kind, {})
    image = drawing()
    image.getexif()[0x0112] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(image)).astype(int)
    got = one(encoded(drawing(), kind, exif=exif, **options)).grey
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= (8 if kind == "JPEG" else 0)


def test_damaged_exif_does_not_stop_a_good_picture() -> None:
    for exif in (b"Exif\0\0", b"Exif\0\0MM\0*\0\0\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\x07\0"):
        data = encoded(drawing(), "JPEG", exif=exif)
        assert one(data).grey.shape == GREY.shape


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.file)
def test_a_fault_ends_in_its_error(
    fault: Fault, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / fault.file
    path.write_bytes(fault.data)
    with pytest.raises(InputError) as caught:
        list(load_pictures(path))
    assert type(caught.value) is fault.error
    assert fault.file in caught.value.message
    assert caught.value.remedy
    assert capfd.readouterr().err == ""  # decoders in C must not talk past us


def test_refusals_say_what_the_file_is() -> None:
    said = {fault.file: fault.data for fault in faults()}
    for file, word in (
        ("text.png", "plain text"),
        ("page.png", "HTML"),
        ("drawing.svg.png", "SVG"),
        ("table.xlsx", "ZIP"),
        ("photo.heic", "HEIC"),
        ("moving.gif", "animation of 3 frames"),
    ):
        with pytest.raises(ImageFormatError, match=word):
            one(said[file])


def test_missing_folder_and_unreadable_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"none\.png"):
        one(tmp_path / "none.png")
    with pytest.raises(FileMissingError):
        one("a\0b.png")
    with pytest.raises(FileUnreadableError, match="folder"):
        one(tmp_path)


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", lambda: 1)() == 0,
    reason="file modes bind neither Windows nor root",
)
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(FILES["png"])
    path.chmod(0)
    with pytest.raises(FileUnreadableError, match="ermission"):
        one(path)


def test_other_sources_and_limits_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match="list"):
        one([1, 2])
    with pytest.raises(UsageError, match="max_side"):
        Limits(max_side=0)


def test_limits_hold_for_every_kind_of_source(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(FILES["png"])
    with pytest.raises(ImageTooLargeError, match="bytes"):
        one(path, limits=Limits(max_bytes=len(FILES["png"]) - 1))
    assert one(path, limits=Limits(max_bytes=len(FILES["png"])))
    just, short = Limits(max_pixels=2400, max_side=60), Limits(max_pixels=2399)
    for source in (*FILES.values(), *LOSSY.values(), GREY, drawing()):
        assert one(source, limits=just).grey.shape == GREY.shape
        for limits in (short, Limits(max_side=59)):
            with pytest.raises(ImageTooLargeError, match="60 x 40"):
                one(source, limits=limits)


def test_a_single_frame_of_a_moving_kind_is_a_picture() -> None:
    for kind in ("GIF", "PNG", "WEBP"):
        assert one(animation(kind, frames=1)).grey.shape == GREY.shape


def _cuts(data: bytes) -> Iterator[int]:
    yield from range(min(len(data), 40))
    yield from range(40, len(data), max(1, len(data) // 150))
    yield from range(max(0, len(data) - 40), len(data))


@pytest.mark.parametrize(
    "kind", [*FILES, *(f"{k} 1" for k in BILEVEL), *LOSSY, "tiff-pages", "pdf"]
)
def test_a_cut_file_never_passes_for_a_whole_one(kind: str) -> None:
    known = FILES | LOSSY | {f"{k} 1": v for k, v in BILEVEL.items()}
    known["tiff-pages"] = encoded(
        drawing(), "TIFF", save_all=True, append_images=[drawing().rotate(180)] * 2
    )
    known["pdf"] = pdf.document(pages=2)
    data = known[kind]
    whole = [picture.grey for picture in load_pictures(data)]
    for cut in _cuts(data):
        try:
            pages = [picture.grey for picture in load_pictures(data[:cut])]
        except InputError:
            continue
        # The last bytes of a file may say nothing: padding, a line's end.
        assert len(data) - cut <= 8
        assert len(pages) == len(whole)
        assert all(np.array_equal(a, b) for a, b in zip(pages, whole, strict=True))


BEGINNINGS = [b"", b"%PDF-1.4\n", b"GIF89a", b"\xff\xd8\xff", b"II*\0\x08\0\0\0", b"MM\0*",
              b"BM", b"RIFF\x40\0\0\0WEBPVP8 ", png.SIGNATURE,
              png.SIGNATURE + png.header(5, 5)]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300))
def test_random_bytes_are_an_input_error(beginning: bytes, rest: bytes) -> None:
    with pytest.raises(InputError):
        list(load_pictures(beginning + rest, limits=Limits(max_pixels=10**6)))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([*FILES.values(), *BILEVEL.values(), *LOSSY.values(), pdf.document()]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1),
)
def test_flipped_bytes_give_a_picture_or_a_named_error(
    data: bytes, flips: list[tuple[float, int]]
) -> None:
    broken = bytearray(data)
    for share, mask in flips:
        broken[int(share * len(data))] ^= mask
    try:
        for picture in load_pictures(bytes(broken), limits=Limits(max_pixels=10**6)):
            assert picture.grey.dtype == np.uint8
    except HandsumError:
        pass


def test_threads_may_read_at_the_same_time() -> None:
    sources = [FILES["png"], LOSSY["jpeg"], FILES["tiff-lzw"], pdf.document(pages=5)] * 3
    wanted = [[p.grey for p in load_pictures(source)] for source in sources]
    got: dict[int, list[np.ndarray]] = {}

    def work(index: int) -> None:
        got[index] = [p.grey for p in load_pictures(sources[index])]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(sources))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, pages in enumerate(wanted):
        assert all(np.array_equal(a, b) for a, b in zip(got[index], pages, strict=True))


def test_a_cut_png_names_its_chunk_in_words() -> None:
    data = png.picture([bytes(range(40))] * 30)
    with pytest.raises(ImageTruncatedError, match="bytes of chunk IDAT are missing"):
        list(load_pictures(data[: data.index(b"IDAT") + 9]))
