"""How much one input may ask of the machine, checked before a pixel of it is decoded."""

from __future__ import annotations

from dataclasses import dataclass, fields

from handsum.errors import ImageTooLargeError, UsageError


@dataclass(frozen=True)
class Limits:
    """Upper bounds for one input; all are counts of at least 1.

    ``max_pixels`` and ``max_side`` bound a page, ``max_pages`` and ``max_bytes`` a file (data
    that is in memory already is not measured in bytes). PDF pages are drawn at ``pdf_dpi``; a
    page that would pass the limits is drawn smaller, down to one pixel a point (72 dpi), under
    which a scan set at a pixel a point would lose ink.
    """

    max_pixels: int = 89_000_000
    """An A3 sheet at 600 dpi has 70 million. Pillow's TIFF reader warns above 89,478,485."""
    max_side: int = 30_000
    max_pages: int = 1_000
    max_bytes: int = 1 << 30
    pdf_dpi: int = 200

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value < 1:
                raise UsageError(f"Limits.{field.name} is {value}.", "Give a number of at least 1.")

    def allow(self, width: int, height: int) -> bool:
        """Whether a page of that size, in pixels, is within the limits."""
        return max(width, height) <= self.max_side and width * height <= self.max_pixels

    def check_size(self, width: int, height: int, source: str) -> None:
        """Raise ImageTooLargeError for a page of more pixels than the limits allow."""
        if not self.allow(width, height):
            raise ImageTooLargeError(
                f"{source}: {width:,} x {height:,} pixels, more than the limits of "
                f"{self.max_pixels:,} pixels and {self.max_side:,} a side.",
                "Scan at a lower resolution (300 dpi is plenty), or cut the picture up.",
            )

    def check_pages(self, pages: int, source: str) -> None:
        """Raise ImageTooLargeError for a file of more pages than the limits allow."""
        if pages > self.max_pages:
            raise ImageTooLargeError(
                f"{source}: {pages:,} pages, more than the limit of {self.max_pages:,}.",
                "Split it into several files.",
            )
