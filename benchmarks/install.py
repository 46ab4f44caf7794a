"""What an installation takes on disk, what the wheel weighs, and how long `make demo` takes.

    handsum bench install

All from a fresh clone of what is committed here, in a temporary folder, with an empty package
cache, as on a bare machine: the time of `make demo` therefore holds the download of the packages,
and depends on the network. Sizes: the core without extras, in an environment of its own; pip,
setuptools and the environment's own launcher are set aside. "disk" counts whole blocks, "bytes"
the files' lengths; packages are listed from the largest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from record import describe_machine, parse_options, record, run

from handsum.bundle import list_bundles, load_bundle
from handsum.errors import UsageError

ROOT = Path(__file__).parent.parent
ASIDE = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
MIB = 1024 * 1024
BLOCK = 512  # st_blocks counts these, whatever the file system's own blocks are


def make_clone(folder: Path) -> str:
    """Clone what is committed into ``folder``; its commit."""
    _call(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)])
    return _call(["git", "-C", str(folder), "rev-parse", "HEAD"]).strip()


def measure_sizes(folder: Path) -> dict[str, Any]:
    """Sizes of site-packages, by package: {"disk_mib", "bytes_mib", "largest"}."""
    disk: dict[str, int] = {}
    length = 0
    for entry in folder.iterdir():
        if entry.name.startswith(ASIDE):
            continue
        files = [entry] if entry.is_file() else [p for p in entry.rglob("*") if p.is_file()]
        disk[entry.name] = sum(_blocks(file) for file in files)
        length += sum(file.stat().st_size for file in files)
    largest = sorted(disk.items(), key=lambda item: -item[1])[:10]
    return {
        "disk_mib": round(sum(disk.values()) / MIB, 1),
        "bytes_mib": round(length / MIB, 1),
        "largest_mib": {name: round(size / MIB, 1) for name, size in largest},
    }


def _blocks(file: Path) -> int:
    status = file.stat()
    return getattr(status, "st_blocks", -(-status.st_size // BLOCK)) * BLOCK


def measure_install(clone: Path, folder: Path) -> dict[str, Any]:
    """Build the wheel, install it with the pinned core into a fresh environment, and weigh both."""
    _call([sys.executable, "-m", "venv", str(folder / "venv")])
    python = str(folder / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    _call([*pip, "wheel", "--no-deps", "-w", str(folder / "wheel"), str(clone)])
    (wheel,) = (folder / "wheel").glob("*.whl")
    _call([*pip, "install", "-c", str(clone / "constraints.txt"), str(wheel)])
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    return {
        "wheel_mib": round(wheel.stat().st_size / MIB, 3),
        "core": measure_sizes(packages),
    }


def measure_demo(clone: Path) -> dict[str, Any]:
    """Seconds of `make demo` in the clone, the first time and once more."""
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        printed = _call(["make", "-C", str(clone), "demo"])
        seconds.append(round(time.perf_counter() - started, 2))
    lines = [line for line in printed.splitlines() if line.strip()]
    return {"seconds": seconds[0], "seconds_once_installed": seconds[1], "lines": len(lines)}


def _call(command: Sequence[str]) -> str:
    """A command's output, run without our environment and package cache; UsageError if it fails."""
    passed = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}
    kept = {name: value for name, value in os.environ.items()
            if name in passed or name.startswith("PIP_") or name.endswith("_proxy")}  # fmt: skip
    done = subprocess.run(
        command,
        env={**kept, "PIP_NO_CACHE_DIR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UsageError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}",
            "Mend what it names, and run again.",
        )
    return done.stdout


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-demo", action="store_true", help="leave `make demo` out")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    with tempfile.TemporaryDirectory() as name:
        commit = make_clone(Path(name) / "clone")
        figures = {"commit": commit, **measure_install(Path(name) / "clone", Path(name))}
        if not options.no_demo:
            figures["demo"] = measure_demo(Path(name) / "clone")
    if options.no_demo:
        options.limit = 0  # a part alone does not replace the whole
    record(
        "install",
        "Size of the installed core and of the wheel; wall time of make demo on a bare machine.",
        figures,
        options=options,
        machine=machine,
        bundles=[load_bundle(folder.name) for folder in list_bundles()],
    )


if __name__ == "__main__":
    run(main)
