"""handsum reads handwritten numbers from paper, says how sure it is, and makes them add up.

>>> import handsum
>>> reader = handsum.load_reader()
>>> reader.read("digit.png")[0].text
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handsum.version import __version__

if TYPE_CHECKING:
    from handsum.reader import load_reader

__all__ = ["__version__", "load_reader"]


def __getattr__(name: str) -> Any:
    # Reading brings OpenCV and ONNX Runtime; `import handsum` alone, and --version, do not.
    if name == "load_reader":
        from handsum.reader import load_reader  # noqa: PLC0415

        return load_reader
    raise AttributeError(f"module 'handsum' has no attribute {name!r}")
