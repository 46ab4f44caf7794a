"""The forms that were made in the browser: a folder each, with template, blank and its picture."""

from __future__ import annotations

import re
import shutil
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handsum.errors import NotFoundError, RequestError, StorageError, TemplateError
from handsum.files import write_atomically
from handsum.forms.template import Template, parse_template
from handsum.forms.template_file import parse_model
from handsum.service.toml_text import write_toml

TEMPLATE, PICTURE, SHEET = "template.toml", "picture.png", "blank"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_FILE = re.compile(r"[\w][\w. -]{0,100}")


@dataclass(frozen=True)
class Form:
    """A form of the cabinet; ``tree`` is its template's keys as JSON."""

    name: str
    folder: Path
    template: Template
    tree: dict[str, Any]

    @property
    def picture(self) -> Path:
        """The form as a picture, to look at while its boxes are moved."""
        return self.folder / PICTURE

    @property
    def sheet(self) -> Path | None:
        """The empty form that it was drafted from, which is what people write on."""
        kept = sorted(self.folder.glob(f"{SHEET}*"))
        return self.template.blank or (kept[0] if kept else None)


class Cabinet:
    """Forms by name in a folder, which is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """All forms."""
        return sorted(path.parent.name for path in self.folder.glob(f"*/{TEMPLATE}"))

    def load(self, name: str) -> Form:
        """A form; NotFoundError where there is none, TemplateError where it is spoiled."""
        folder = self._place(name)
        path = folder / TEMPLATE
        if not path.is_file():
            raise NotFoundError(f"There is no form {name!r}.", "Make it first.")
        # A pile keeps a copy of the template's own file, so that is its source.
        return _read(name, folder, path.read_text("utf-8"), str(path))

    def save(self, name: str, tree: dict[str, Any]) -> Form:
        """Write a form's template; TemplateError, and nothing written, where it is wrong."""
        form = self.build(name, tree)
        write_atomically(form.folder / TEMPLATE, write_toml(tree).encode())
        return form

    def build(self, name: str, tree: dict[str, Any]) -> Form:
        """The form that these keys would be, unwritten; TemplateError where they are wrong.

        It can name only files of its own folder, or a template would read others of this machine.
        """
        folder = self._place(name)
        try:
            text = write_toml(tree)
            written = tomllib.loads(text)
        except ValueError as error:
            raise TemplateError(
                f"{name}: this is no template ({error}).", "See docs/forms.md for its keys."
            ) from error
        for file in _named_files(written):  # in what is written, whatever was sent
            if not _FILE.fullmatch(file) or ".." in file:
                raise TemplateError(
                    f"{name}: {file!r} is no file of this form.", "Name files without folders."
                )
        form = _read(name, folder, text, name)
        if form.template.name != name:
            raise TemplateError(
                f"{name}: the template calls itself {form.template.name}.", "Keep the form's name."
            )
        return form

    def claim(self, name: str) -> bool:
        """Make a form's folder, as nobody else can at the same time; False if it is there."""
        folder = self._place(name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
        except FileExistsError:
            return False
        except OSError as error:
            raise StorageError(
                f"The form {name} cannot be kept: {error.strerror}.", "Look at the folder's disk."
            ) from error
        return True

    def claim_like(self, wished: str) -> str:
        """Claim a name that no form has yet, like the wished one."""
        stem = re.sub(r"[^a-z0-9]+", "-", wished.lower()).strip("-")[:32] or "form"
        name, number = stem, 1
        while not self.claim(name):
            number += 1
            name = f"{stem}-{number}"
        return name

    def move(self, name: str, wished: str) -> bool:
        """Give a form that is not finished another name; False where a form has that already."""
        if not self.claim(wished):
            return False
        before, after = self._place(name), self._place(wished)
        try:
            for path in before.iterdir():
                path.replace(after / path.name)
            before.rmdir()
        except OSError as error:
            raise StorageError(
                f"The form {name} cannot be moved: {error.strerror}.", "Look at the folder's disk."
            ) from error
        return True

    def put(self, name: str, file: str, data: bytes) -> Path:
        """Write a file into a form's folder."""
        path = self._place(name) / file
        write_atomically(path, data)
        return path

    def remove(self, name: str) -> None:
        """Take a form out; piles keep what they were read with."""
        folder = self._place(name)
        if not (folder / TEMPLATE).is_file():
            raise NotFoundError(f"There is no form {name!r}.", "See the list of forms.")
        self.clear(name)

    def clear(self, name: str) -> None:
        """Take away whatever a form's folder holds."""
        try:
            with suppress(FileNotFoundError):
                shutil.rmtree(self._place(name))
        except OSError as error:
            raise StorageError(
                f"The form {name} cannot be taken out: {error.strerror}.", "Close its files."
            ) from error

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise RequestError(
                f"{name!r} is no name for a form.", "Use small letters, digits and hyphens."
            )
        return self.folder / name


def _read(name: str, folder: Path, text: str, source: str) -> Form:
    keys = parse_model(text, source)
    template = parse_template(text, source, folder)
    tree = keys.model_dump(by_alias=True, exclude_unset=True, mode="json")
    return Form(name, folder, template, tree)


def _named_files(tree: dict[str, Any]) -> list[str]:
    """Every file that a template's keys name."""
    page = tree.get("page")
    found = [tree.get("blank"), page.get("font") if isinstance(page, dict) else None]
    parts = [one for key in ("field", "table") for one in _list(tree.get(key))]
    parts += [column for table in _list(tree.get("table")) for column in _list(table.get("column"))]
    found += [part.get("list") for part in parts]
    return [file for file in found if isinstance(file, str)]


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
