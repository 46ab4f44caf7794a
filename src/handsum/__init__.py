"""handsum reads handwritten numbers from paper, says how sure it is, and makes them add up."""

from handsum.version import __version__

__all__ = ["__version__"]
