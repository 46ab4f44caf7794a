"""What every result has in common: command, machine, seeds, date, bundles; written as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from handsum.bundle import Bundle
from handsum.data.dataset import Dataset
from handsum.errors import HandsumError
from handsum.evaluate.metrics import Share, share_of
from handsum.files import write_atomically
from handsum.version import __version__

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "opencv-python-headless", "onnxruntime", "torch")


@dataclass(frozen=True)
class Spread:
    """Repeated measurements: mean, standard deviation (of a sample), median, and all of them."""

    mean: float
    sd: float | None
    median: float
    values: tuple[float, ...]


def spread_of(values: Sequence[float], places: int = 4) -> dict[str, Any]:
    """Mean, spread and median of repeated measurements, rounded to ``places``."""
    array = np.asarray(values, np.float64)
    sd = round(float(array.std(ddof=1)), places) if array.size > 1 else None
    rounded = tuple(round(float(v), places) for v in array)
    spread = Spread(round(float(array.mean()), places), sd,
                    round(float(np.median(array)), places), rounded)  # fmt: skip
    return {**asdict(spread), "values": list(spread.values)}


def share_json(hits: npt.NDArray[np.bool_] | Share) -> dict[str, float | int]:
    """Count, n, value and exact 95 % interval of a share."""
    share = hits if isinstance(hits, Share) else share_of(hits)
    return {
        "count": share.count,
        "n": share.n,
        "value": round(share.value, 6),
        "low": round(share.low, 6),
        "high": round(share.high, 6),
    }


def take_part(data: Dataset, limit: int | None) -> Dataset:
    """``limit`` rows spread evenly over a set; all of it where there is no limit."""
    if limit is None or limit >= len(data):
        return data
    return data.take(np.linspace(0, len(data) - 1, limit).astype(np.intp))


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory and load as the measurement begins."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else
        os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_at_start": None if load is None else round(load, 2),
        **{name: found for name in PACKAGES if (found := _version(name))},
    }  # fmt: skip


def describe_bundle(bundle: Bundle) -> dict[str, str]:
    """Name, version and hash: which weights a figure is of."""
    return {
        "name": bundle.ref.name,
        "version": bundle.ref.version,
        "sha256": bundle.ref.sha256,
    }


def parse_options(
    doc: str | None, add: Callable[[argparse.ArgumentParser], object] | None = None
) -> argparse.Namespace:
    """The script's options: ``add`` puts in its own; all have --limit and --out."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--limit", type=int, help="only so many items; nothing is recorded then")
    parser.add_argument("--out", type=Path, help="write the JSON to this file instead")
    if add is not None:
        add(parser)
    return parser.parse_args()


def run(main: Callable[[], None]) -> None:
    """Run a script; an error of ours ends it in a message, its remedy and its exit code."""
    try:
        main()
    except HandsumError as error:
        print(f"{sys.argv[0]}: {error.message}\n  {error.remedy}", file=sys.stderr)
        sys.exit(error.exit_code)


def record(
    name: str,
    about: str,
    figures: Mapping[str, Any],
    *,
    options: argparse.Namespace,
    machine: Mapping[str, Any],
    seeds: Sequence[int] = (),
    bundles: Sequence[Bundle] = (),
    command: str | None = None,
) -> None:
    """Print the result, and write it to results/NAME.json unless it is of a part only.

    ``command`` is what makes it, where that is not ``handsum bench NAME``.
    """
    result = {
        "name": name,
        "about": about,
        "command": command or f"handsum bench {name}",
        "date": datetime.now(UTC).date().isoformat(),
        "handsum": __version__,
        "machine": dict(machine),
        "seeds": list(seeds),
        "bundles": [describe_bundle(bundle) for bundle in bundles],
        "figures": dict(figures),
    }
    text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
    print(text, end="")
    target = options.out or (RESULTS / f"{name}.json" if options.limit is None else None)
    if target is not None:
        write_atomically(target, text.encode())
        print(f"written: {target}", file=sys.stderr)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
