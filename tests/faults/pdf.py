"""PDF files made by hand, plain or locked by the standard handler with 40-bit RC4.

The locking is algorithms 3.1 to 3.4 of the PDF Reference 1.7, section 3.5.2 (revision 2).
"""

from __future__ import annotations

import hashlib
import struct

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_ID = b"handsum handsum!"
_PERMISSIONS = -4  # everything allowed to who knows the password

SQUARE = b"1 0 0 rg 10 10 30 20 re f"
"""A red rectangle from (10, 10) to (40, 30), in points from the lower left corner."""


def document(
    *,
    pages: int = 1,
    box: tuple[int, int, int, int] = (0, 0, 72, 36),
    content: bytes = SQUARE,
    page: bytes = b"",
    password: bytes | None = None,
    catalog: bytes = b"",
    more: tuple[bytes, ...] = (),
) -> bytes:
    """A PDF of equal pages, locked where a user ``password`` (it may be empty) is given.

    ``page`` and ``catalog`` are further entries of these two; ``more`` are further objects,
    numbered from 4 + ``pages``.
    """
    lock = None if password is None else _Lock(password)
    stream = content if lock is None else lock.encrypt(3, content)
    kids = b" ".join(b"%d 0 R" % (4 + i) for i in range(pages))
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[%d %d %d %d]/Contents 3 0 R%s>>" % (*box, page)
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids),
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        *[leaf] * pages,
        *more,
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"/Size %d/Root 1 0 R%s" % (len(bodies) + 1, lock.entry() if lock else b"")
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(bodies) + 1,
        table,
        trailer,
        len(out),
    )


class _Lock:
    def __init__(self, password: bytes) -> None:
        user = (password + _PADDING)[:32]
        self._owner = _rc4(hashlib.md5(_PADDING).digest()[:5], user)
        seed = user + self._owner + struct.pack("<i", _PERMISSIONS) + _ID
        self._key = hashlib.md5(seed).digest()[:5]

    def encrypt(self, number: int, data: bytes) -> bytes:
        """``data`` of object ``number``, generation 0, encrypted."""
        salted = self._key + struct.pack("<I", number)[:3] + b"\0\0"
        return _rc4(hashlib.md5(salted).digest()[:10], data)

    def entry(self) -> bytes:
        """What the trailer says about it."""
        check = _rc4(self._key, _PADDING)
        return b"/ID[<%s><%s>]/Encrypt<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P %d>>" % (
            *(part.hex().encode() for part in (_ID, _ID, self._owner, check)),
            _PERMISSIONS,
        )


def _rc4(key: bytes, data: bytes) -> bytes:
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)
