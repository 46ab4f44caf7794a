"""The IDX format of MNIST: arrays as a magic number, big-endian sizes and raw values.

Described at the foot of Yann LeCun's MNIST page: two zero bytes, a byte for the type of the
values, a byte for the number of axes, one 32-bit size an axis, then the values, last axis fastest.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from handsum.errors import DataError
from handsum.files import write_atomically

_TYPES: dict[int, str] = {
    0x08: "u1",
    0x09: "i1",
    0x0B: ">i2",
    0x0C: ">i4",
    0x0D: ">f4",
    0x0E: ">f8",
}
_CODES = {np.dtype(name).newbyteorder("="): code for code, name in _TYPES.items()}
_GZIP_MAGIC = b"\x1f\x8b"
_REMEDY = "Fetch or copy the file again."
MAX_BYTES = 4 * 2**30
"""No file is unpacked past this: a header that asks for more is taken for damage."""


def decode_idx(content: bytes, name: str = "the IDX bytes") -> npt.NDArray[Any]:
    """The array in IDX bytes, plain or gzipped, in the machine's byte order and read-only.

    DataError naming ``name`` where the bytes are no IDX, too short or too long.
    """
    packed = content[:2] == _GZIP_MAGIC
    raw = io.BytesIO(content)
    try:
        if packed:
            with gzip.GzipFile(fileobj=raw) as stream:
                return _decode_stream(stream, name)  # type: ignore[arg-type]
        return _decode_stream(raw, name)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name} is a damaged gzip file: {error}.", _REMEDY) from error


def encode_idx(array: npt.NDArray[Any]) -> bytes:
    """IDX bytes of an array of one of the six IDX types, 1 to 255 axes."""
    code = _CODES.get(array.dtype.newbyteorder("="))
    if code is None or not 1 <= array.ndim <= 255:
        raise ValueError(f"IDX cannot hold {array.ndim} axes of {array.dtype}")
    head = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    return head + np.ascontiguousarray(array, dtype=_TYPES[code]).tobytes()


def load_idx(path: Path) -> npt.NDArray[Any]:
    """The array in an IDX file, plain or gzipped whatever its name; DataError names the file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"Cannot read {path}: {error.strerror or error}.", "Check the path and its rights."
        ) from error
    return decode_idx(content, str(path))


def save_idx(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an IDX file atomically; gzipped, without a time stamp, where the name ends in .gz."""
    content = encode_idx(array)
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    write_atomically(path, content)


def _decode_stream(stream: BinaryIO, name: str) -> npt.NDArray[Any]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or magic[3] == 0:
        raise DataError(
            f"{name} is no IDX file: it starts with {magic.hex(' ') or 'nothing'}.",
            "Name an IDX file such as train-images-idx3-ubyte, plain or gzipped.",
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(f"{name} breaks off within its header.", _REMEDY)
    shape = struct.unpack(f">{magic[3]}I", sizes)
    dtype = np.dtype(_TYPES[magic[2]])
    wanted = math.prod(shape) * dtype.itemsize
    if wanted > MAX_BYTES:
        raise DataError(f"{name} claims {shape} values, {wanted:,} bytes.", _REMEDY)
    body = stream.read(wanted + 1)
    if len(body) != wanted:
        found = "more" if len(body) > wanted else f"{len(body):,}"
        raise DataError(
            f"{name} should hold {wanted:,} bytes of values {shape}, it holds {found}.", _REMEDY
        )
    array = np.frombuffer(body, dtype=dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)
