"""``handsum doctor``: what is installed here, and whether it reads as it should."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import typer

CORE = (
    "numpy", "pillow", "opencv-python-headless", "onnxruntime", "pypdfium2", "typer", "rich",
    "pydantic",
)  # fmt: skip
EXTRAS = {"train": ("torch", "onnx", "onnxscript", "matplotlib", "scipy")}


def doctor() -> None:
    """Show versions, bundles, extras and cores, and read every bundle's golden pictures.

    Exit code 0 if all is well, 3 if a bundle is damaged or reads its golden pictures otherwise
    than it should.

    Example: handsum doctor
    """
    from handsum.bundle import list_bundles
    from handsum.errors import BundleError, HandsumError
    from handsum.version import __version__

    typer.echo(f"handsum {__version__}, Python {platform.python_version()}, {platform.platform()}")
    typer.echo(f"cores: {os.cpu_count()}")
    typer.echo("packages: " + ", ".join(f"{name} {_version(name)}" for name in CORE))
    for extra, modules in EXTRAS.items():
        absent = [m for m in modules if find_spec(m) is None]
        state = f"lacks {', '.join(absent)}" if absent else "present"
        typer.echo(f"extra {extra}: {state}")
    bundles = list_bundles()
    well = bool(bundles)
    if not bundles:
        typer.echo("bundle: none is installed")
    for folder in bundles:
        try:
            state, good = _check_golden(folder.name)
        except HandsumError as error:
            state, good = f"{folder.name}: {error}", False
        typer.echo(f"bundle {state}")
        well = well and good
    if not well:
        sys.exit(BundleError.exit_code)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _check_golden(name: str) -> tuple[str, bool]:
    """A line on one bundle, and whether it reads all its golden pictures as it should."""
    from handsum.cli.readers import open_reader

    reader = open_reader(None, name)
    bundle = reader.bundle
    head = f"{name} {bundle.info.version}, {bundle.info.kind}, sha256 {bundle.ref.sha256[:12]}"
    golden = bundle.info.golden
    right = 0
    for one in golden:
        reading = reader.read(bundle.folder / one.file)[0]
        right += (reading.content, reading.text) == (one.content, one.text)
    good = right == len(golden)
    verdict = "ok" if good else "WRONG"
    return f"{head}: self-test {right} of {len(golden)} golden pictures, {verdict}", good
