"""The other programs, installed where they are absent: RapidOCR by pip, Tesseract by apt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from handsum.errors import UsageError

REQUIREMENTS = Path(__file__).parent / "requirements.txt"


def prepare_rapidocr(folder: Path) -> Path:
    """The Python of an environment in ``folder`` that has what requirements.txt names."""
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = folder / "installed.txt"
    wanted = REQUIREMENTS.read_text("utf-8")
    if not (python.is_file() and done.is_file() and done.read_text("utf-8") == wanted):
        _call([sys.executable, "-m", "venv", str(folder / "venv")])
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _call([*pip, "-r", str(REQUIREMENTS)])
        done.write_text(wanted, "utf-8")
    return python


def prepare_tesseract() -> str:
    """The path of Tesseract, installed by apt where that can be done."""
    if shutil.which("tesseract") is None and shutil.which("apt-get") and os.geteuid() == 0:
        _call(["apt-get", "install", "--yes", "--quiet", "tesseract-ocr"])
    found = shutil.which("tesseract")
    if found is None:
        raise UsageError(
            "There is no tesseract here.",
            "Install Tesseract 5 (Debian: apt install tesseract-ocr).",
        )
    return found


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}",
            "Mend what it names, and run again.",
        )
