"""Bring handwriting-like fonts into the cache: by npm, or from a folder of the user's own."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from handsum.data.download import Progress, no_progress
from handsum.data.font_families import (
    FAMILIES,
    FONT_LICENCES,
    NPM_SCOPE,
    NPM_VERSION,
    Family,
    FontSplit,
)
from handsum.data.fonts import (
    MANIFEST,
    HandFont,
    check_font,
    fonts_dir,
    load_manifest,
    manifest_bytes,
)
from handsum.errors import DataError, FetchError
from handsum.files import write_atomically

TIMEOUT_S = 60
_REMEDY = (
    "Install npm, or name a folder of fonts (Debian has them as fonts-* below "
    "/usr/share/fonts): handsum data fetch fonts --from DIR"
)
_SUFFIXES = frozenset({".ttf", ".otf", ".woff"})
_VAL_SHARE = 0.2
_MAX_MEMBER = 16 * 2**20


@dataclass(frozen=True)
class FontReport:
    """The fonts now in the cache, and why others were passed over."""

    folder: Path
    fonts: tuple[HandFont, ...]
    passed_over: tuple[str, ...]


def fetch_fonts(
    source: Path | None = None,
    cache: Path | None = None,
    *,
    families: Sequence[Family] = FAMILIES,
    pack: Callable[[str], bytes] | None = None,
    progress: Progress = no_progress,
) -> FontReport:
    """Add fonts to the cache with their licences, and write the manifest.

    Without ``source`` the known families come from the npm registry by ``pack`` (package name to
    the bytes of its archive; by default ``npm pack``), checked against the SHA-256 of the list;
    those already there are kept. With ``source``, every TTF, OTF and WOFF below it that has
    digits. FetchError where not one font came of it, with each reason.
    """
    folder = fonts_dir(cache)
    here = {font.name: font for font in load_manifest(cache) if _is_whole(font)}
    reasons: list[str] = []
    if source is not None:
        found = _from_folder(source, folder, reasons)
    else:
        missing = [family for family in families if family.name not in here]
        found = _from_npm(missing, folder, pack or npm_pack, reasons, progress)
    here.update({font.name: font for font in found})
    if not here or (source is not None and not found):
        said = "\n".join(f"  {reason}" for reason in reasons[:20])
        raise FetchError(f"No fonts could be had:\n{said}\n", _REMEDY)
    write_atomically(folder / MANIFEST, manifest_bytes(list(here.values())))
    return FontReport(folder, tuple(here[name] for name in sorted(here)), tuple(reasons))


def npm_pack(package: str) -> bytes:
    """The archive of an npm package ("@scope/name@version"), by the npm client."""
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError("npm is not installed.", _REMEDY)
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", "--pack-destination", folder, package]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FetchError(f"npm could not run: {error}.", _REMEDY) from error
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode != 0 or not archives:
            said = done.stderr.strip().splitlines()
            raise FetchError(f"npm pack failed: {said[-1] if said else 'no archive'}.", _REMEDY)
        return archives[0].read_bytes()


def _from_npm(
    families: Sequence[Family],
    folder: Path,
    pack: Callable[[str], bytes],
    reasons: list[str],
    progress: Progress,
) -> list[HandFont]:
    fonts: list[HandFont] = []
    for i, family in enumerate(families):
        package = f"{NPM_SCOPE}/{family.name}@{NPM_VERSION}"
        progress("fonts", i, len(families))
        try:
            fonts.append(_keep_package(family, pack(package), folder))
        except DataError as error:
            reasons.append(f"{package}: {error.message}")
            if not fonts and len(reasons) == 3:
                reasons.append("the registry was not asked again after three failures")
                break
    progress("fonts", len(families), len(families))
    return fonts


def _keep_package(family: Family, archive: bytes, folder: Path) -> HandFont:
    file = f"{family.name}-latin-400-normal.woff"
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            content = _member(members, f"package/files/{file}")
            licence_text = _member(members, "package/LICENSE")
            licence = str(json.loads(_member(members, "package/package.json"))["license"])
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError) as error:
        raise DataError(f"the archive is damaged or lacks {file}: {error}.", _REMEDY) from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != family.sha256:
        raise DataError(f"{file} is not the known one: SHA-256 {sha256[:12]}....", _REMEDY)
    if licence not in FONT_LICENCES:
        raise DataError(f"its licence is {licence!r}, not one of {FONT_LICENCES}.", _REMEDY)
    write_atomically(folder / f"{family.name}.LICENSE.txt", licence_text)
    write_atomically(folder / f"{family.name}.woff", content)
    check_font(folder / f"{family.name}.woff")
    return HandFont(
        name=family.name,
        path=folder / f"{family.name}.woff",
        split=family.split,
        version=NPM_VERSION,
        licence=licence,
        source=f"npm {NPM_SCOPE}",
        sha256=sha256,
    )


def _member(members: tarfile.TarFile, name: str) -> bytes:
    file = members.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read(_MAX_MEMBER)


def _from_folder(source: Path, folder: Path, reasons: list[str]) -> list[HandFont]:
    if not source.is_dir():
        raise FetchError(f"There is no folder {source}.", _REMEDY)
    known = {family.sha256: family for family in FAMILIES}
    fonts: list[HandFont] = []
    for path in sorted(p for p in source.rglob("*") if p.suffix.lower() in _SUFFIXES):
        try:
            check_font(path)
            content = path.read_bytes()
        except (DataError, OSError) as error:
            reasons.append(str(error))
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        family = known.get(sha256)
        name = family.name if family else path.stem
        kept = folder / f"{name}{path.suffix.lower()}"
        write_atomically(kept, content)
        fonts.append(
            HandFont(
                name=name,
                path=kept,
                split=family.split if family else _split_of(name),
                version=NPM_VERSION if family else "local",
                licence="see its own files" if family is None else "OFL-1.1 or Apache-2.0",
                source=str(source),
                sha256=sha256,
            )
        )
    if not fonts and not reasons:
        reasons.append(f"{source} has no .ttf, .otf or .woff file")
    return fonts


def _split_of(name: str) -> FontSplit:
    """The side of an unknown font, from its name's hash, so that it never changes sides."""
    u = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    return "val" if u < _VAL_SHARE else "train"


def _is_whole(font: HandFont) -> bool:
    try:
        return hashlib.sha256(font.path.read_bytes()).hexdigest() == font.sha256
    except OSError:
        return False
