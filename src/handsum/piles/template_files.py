"""A pile keeps its templates, lists and blanks with it, so that it can be moved and read later."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from handsum.errors import FileUnreadableError, PileError
from handsum.files import write_atomically
from handsum.forms.template import Template, load_template

_FOLDER = "templates"


@dataclass(frozen=True)
class KeptFiles:
    """A template's own file and what it names, by their paths as seen from the template's folder.

    ``main`` is the template itself. Names have forward slashes and may climb (``../list.txt``).
    """

    main: str
    contents: dict[str, bytes]


def collect_files(template: Template) -> KeptFiles:
    """What `lay_out` needs to load the template again elsewhere; FileUnreadableError if gone."""
    own = Path(template.source)
    folder = Path(os.path.abspath(own.parent))  # noqa: PTH100 (resolve would follow links)
    named = [field.list_path for field in template.fields] + [template.blank, template.font]
    contents = {own.name: _read(own)}
    for path in dict.fromkeys(path for path in named if path is not None):
        try:
            name = Path(os.path.relpath(path, folder)).as_posix()
        except ValueError:  # another drive: the template names it in full, and finds it there
            continue
        contents[name] = _read(path)
    return KeptFiles(own.name, contents)


def lay_out(files: KeptFiles, sha256: str, folder: Path) -> Template:
    """The kept template, loaded from files under ``folder``/templates that are written if absent.

    PileError where they no longer give the template that the pile was read with.
    """
    climbs = max(PurePosixPath(name).parts.count("..") for name in files.contents)
    at = folder / _FOLDER / sha256[:12] / Path(*["form"] * climbs)
    for name, content in files.contents.items():
        path = Path(os.path.normpath(at / name))
        if not path.exists() or path.read_bytes() != content:
            write_atomically(path, content)
    template = load_template(at / files.main)
    if template.sha256 != sha256:
        raise PileError(
            f"{at / files.main} is not the template that this pile was read with any more.",
            "This handsum reads it otherwise: read the scans again into another folder.",
        )
    return template


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadableError(
            f"{path} cannot be read: {error.strerror or error}.", "Check who may read it."
        ) from error
