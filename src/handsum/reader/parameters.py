"""The preparation that a bundle's net learned with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from handsum.bundle import Bundle
from handsum.errors import BundleError

C = TypeVar("C")


def imaging_config(bundle: Bundle, build: Callable[..., C]) -> C:
    """The bundle's imaging parameters as a ``build(**parameters)``.

    BundleError where they are no numbers, or not those that ``build`` takes.
    """
    parameters = bundle.info.imaging.get("parameters")
    if isinstance(parameters, Mapping) and all(
        isinstance(value, int | float) for value in parameters.values()
    ):
        try:
            return build(**parameters)
        except TypeError:
            pass  # a parameter of another name
    raise BundleError(
        f"{bundle.folder} learned with an imaging of other parameters: {parameters!r}.",
        "Use the handsum version that the bundle was made with, or a newer bundle.",
    )
