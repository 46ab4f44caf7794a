"""What may stand in a cell of a table that people open with a spreadsheet program.

A text that begins with = + - @, a tab or a carriage return is a formula to such programs, and may
do harm when the file is opened (https://owasp.org/www-community/attacks/CSV_Injection). In CSV,
which has no types, an apostrophe is put before it; a plain number with its sign (``-4.5``,
``+41 44``) is none of that and stays as it is. In XLSX every text is written as a text.
"""

from __future__ import annotations

import re

from handsum.readings import Content

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,/ '][0-9]+)*")

SHOWN: dict[Content, str] = {
    "blank": "(blank)",
    "struck_out": "(struck out)",
    "not_a_number": "(not a number)",
}
"""How a field is shown, and typed, that holds no number."""


def defuse(text: str) -> str:
    """The text as it goes into a CSV cell."""
    if text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def restore(cell: str) -> str:
    """The text that `defuse` made into this cell."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_DANGEROUS) else cell


def plain(text: str) -> str:
    """A text without what UTF-8 cannot hold: odd bytes of a file's name become \\udcXX."""
    return text.encode(errors="backslashreplace").decode()


def show(content: Content, text: str) -> str:
    """What a field holds, in one cell: its text, or (blank) and the like."""
    return text if content == "number" else SHOWN[content]
