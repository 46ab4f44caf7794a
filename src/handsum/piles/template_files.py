"""A pile keeps its templates, lists and blanks with it, so that it can be moved and read later."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, insert, select

from handsum.errors import FileUnreadableError, PileError
from handsum.files import write_atomically
from handsum.forms.template import Template, load_template
from handsum.piles.database import Database
from handsum.piles.schema import TEMPLATE_FILES, TEMPLATES

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


def add_template(connection: Connection, pile: int, template: Template, files: KeptFiles) -> None:
    """Put a template and its files into a pile (its id)."""
    written = {
        "pile_id": pile,
        "name": template.name,
        "version": template.version,
        "sha256": template.sha256,
        "file": files.main,
        "fields": [[field.name, field.label] for field in template.fields],
    }
    key = connection.execute(insert(TEMPLATES).values(written)).inserted_primary_key
    assert key is not None
    connection.execute(
        insert(TEMPLATE_FILES),
        [{"template_id": key[0], "name": n, "content": c} for n, c in files.contents.items()],
    )


def load_kept(database: Database, template: int) -> KeptFiles:
    """A template's files (its id) from the store."""
    files = select(TEMPLATE_FILES.c.name, TEMPLATE_FILES.c.content)
    with database.read() as connection:
        main = connection.execute(
            select(TEMPLATES.c.file).where(TEMPLATES.c.id == template)
        ).scalar_one()
        rows = connection.execute(files.where(TEMPLATE_FILES.c.template_id == template)).all()
    return KeptFiles(main, {name: bytes(content) for name, content in rows})


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadableError(
            f"{path} cannot be read: {error.strerror or error}.", "Check who may read it."
        ) from error
