"""A pile and its store: files come in, pages and readings go out.

    with Pile.create(Path("results"), [template], PileOptions()) as pile:
        pile.add_files([Path("scan.pdf")])

The store (SQLite in the results folder, or PostgreSQL) may hold several piles; a results folder
holds one. Pictures lie in the pile's folder: ``pages`` the upright pages, from which crops are cut
when somebody wants one, since most crops are never looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from handsum.errors import (
    PileConflictError,
    PileError,
    PileNotFoundError,
)
from handsum.forms.page_reading import PageReading
from handsum.forms.template import Template
from handsum.piles.database import FILE, Database, parse_url
from handsum.piles.intake import Added, Given, add_files
from handsum.piles.options import PileOptions
from handsum.piles.rows import (
    STATES,
    PageRow,
    PileInfo,
    Progress,
    SourceRow,
    State,
    TemplateRow,
    page_row,
    read_reading,
    source_row,
)
from handsum.piles.schema import (
    FIELDS,
    ITEMS,
    PAGES,
    PILES,
    SOURCES,
    TEMPLATES,
)
from handsum.piles.template_files import add_template, collect_files, lay_out, load_kept
from handsum.readings import Failure

UPRIGHT = "pages"


class Store:
    """All piles of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, where: str | Path) -> Store:
        """The store in a folder or at a URL, made if there is none yet."""
        url = parse_url(where)
        if url.get_backend_name() == "sqlite" and url.database:
            folder = Path(url.database).parent
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise PileError(
                    f"Cannot make the folder {folder}: {error.strerror}.", "Name another folder."
                ) from error
        return cls(Database(url))

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def piles(self) -> tuple[PileInfo, ...]:
        """Every pile, the oldest first."""
        with self.database.read() as connection:
            rows = connection.execute(select(PILES).order_by(PILES.c.id)).all()
        return tuple(self._info(row._mapping) for row in rows)

    def pile(self, name: str | None = None) -> Pile:
        """The pile of that name, or the only one; PileNotFoundError where there is none."""
        found = [pile for pile in self.piles() if name in (None, pile.name)]
        if len(found) != 1:
            names = ", ".join(pile.name for pile in self.piles()) or "none"
            wanted = "one pile" if name is None else f"a pile {name!r}"
            raise PileNotFoundError(f"The store does not hold {wanted}.", f"Its piles: {names}.")
        return Pile(self.database, found[0])

    def add_pile(
        self,
        name: str,
        templates: Sequence[Template],
        options: PileOptions,
        folder: Path | None = None,
    ) -> Pile:
        """A new pile; its pictures go to ``folder``, which on a server has to be named.

        PileConflictError where the name is taken, PileError for two templates of one name and
        version.
        """
        if folder is None and self.database.folder is None:
            raise PileError("On a server a pile's folder has to be named.", "Name one.")
        kept = [(template, collect_files(template)) for template in templates]
        try:
            with self.database.write() as connection:
                written = {
                    "name": name,
                    "folder": "" if folder is None else str(folder.resolve()),
                    "options": options.to_json(),
                    "state": "open",
                    "created": time.time(),
                }
                pile = connection.execute(insert(PILES).values(written)).inserted_primary_key
                assert pile is not None
                for template, files in kept:
                    add_template(connection, pile[0], template, files)
        except IntegrityError as error:
            raise PileConflictError(
                f"There is a pile {name!r} already, or a template was given twice.",
                "Give another name, and every template once.",
            ) from error
        return self.pile(name)

    def _info(self, row: Any) -> PileInfo:
        home = self.database.folder or Path()
        return PileInfo(
            row["id"],
            row["name"],
            home / row["folder"] if row["folder"] else home,
            PileOptions.from_json(row["options"]),
            row["state"],
            row["created"],
        )


class Pile:
    """One pile of a store. Every call is a transaction of its own; safe from several threads."""

    def __init__(self, database: Database, info: PileInfo) -> None:
        self.database = database
        self.info = info

    @classmethod
    def open(cls, where: str | Path, name: str | None = None) -> Pile:
        """The pile in a results folder, or that of a name at a URL; PileNotFoundError if none."""
        url = parse_url(where)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise PileNotFoundError(
                f"{where} holds no {FILE}.", "Make one with handsum form read ... -o FOLDER."
            )
        store = Store.open(where)
        try:
            return store.pile(name)
        except BaseException:
            store.close()
            raise

    @classmethod
    def create(cls, folder: Path, templates: Sequence[Template], options: PileOptions) -> Pile:
        """The pile in a results folder: made, or the one that is there if it is read the same way.

        PileError where another template or other options were used.
        """
        store = Store.open(folder)
        try:
            if not store.piles():
                try:
                    return store.add_pile(folder.resolve().name or "pile", templates, options)
                except PileConflictError:  # another command was faster
                    pass
            pile = store.pile()
            pile.check_same(templates, options)
        except BaseException:
            store.close()
            raise
        return pile

    def __enter__(self) -> Pile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    @property
    def folder(self) -> Path:
        """Where its pictures and tables lie."""
        return self.info.folder

    def upright_path(self, page: int) -> Path:
        """Where the upright picture of a page (its id) lies, if it was matched."""
        return self.folder / UPRIGHT / f"{page:06}.jpg"

    def check_same(self, templates: Sequence[Template], options: PileOptions) -> None:
        """PileError unless the pile is read with just these templates and options."""
        mine = {row.sha256: f"{row.name} {row.version}" for row in self.templates}
        given = {t.sha256: f"{t.name} {t.version}" for t in templates}
        changed = options.differences(self.info.options)
        remedy = "Name another results folder, or give the same template and options as before."
        if mine.keys() != given.keys():
            raise PileError(
                f"{self.folder} holds pages read with {_list(mine)}, not with {_list(given)}"
                f"{' as written now' if set(mine.values()) == set(given.values()) else ''}.",
                remedy,
            )
        if changed:
            raise PileError(
                f"{self.folder} holds pages read with another {' and '.join(changed)}.", remedy
            )

    @cached_property
    def templates(self) -> tuple[TemplateRow, ...]:
        """Its templates."""
        asked = select(TEMPLATES).where(TEMPLATES.c.pile_id == self.info.id)
        with self.database.read() as connection:
            rows = connection.execute(asked.order_by(TEMPLATES.c.id)).all()
        return tuple(
            TemplateRow(
                row.id, row.name, row.version, row.sha256, tuple((n, s) for n, s in row.fields)
            )
            for row in rows
        )

    def load_templates(self) -> tuple[Template, ...]:
        """The templates themselves, from files laid out in the pile's folder."""
        return tuple(
            lay_out(load_kept(self.database, row.id), row.sha256, self.folder)
            for row in self.templates
        )

    def add_files(self, files: Iterable[Path | Given | Failure]) -> Added:
        """Queue the pages of files; bytes that are here already are not queued again.

        A file that cannot be read is noted with its reason, and tried again when it is given
        again, as are pages that had failed.
        """
        return add_files(self.database, self.info.id, files)

    def progress(self) -> Progress:
        """How far the pile is."""
        mine = PAGES.c.pile_id == self.info.id
        with self.database.read() as connection:
            states = _counts(
                connection, select(PAGES.c.state, func.count()).where(mine).group_by(PAGES.c.state)
            )
            unreadable = connection.execute(
                select(func.count()).where(
                    SOURCES.c.pile_id == self.info.id, SOURCES.c.code.is_not(None)
                )
            ).scalar_one()
            doubts = connection.execute(
                select(func.count()).where(
                    ITEMS.c.pile_id == self.info.id,
                    ITEMS.c.audit == 0,
                    ITEMS.c.state == "open",
                )
            ).scalar_one()
            decisions = _counts(
                connection,
                select(FIELDS.c.decision, func.count())
                .join(PAGES, PAGES.c.id == FIELDS.c.page_id)
                .where(mine)
                .group_by(FIELDS.c.decision),
            )
        return Progress(
            **{state: states.get(state, 0) for state in ("queued", "leased", "done")},
            aside=states.get("aside", 0),
            failed=states.get("failed", 0),
            unreadable=unreadable,
            doubts=doubts,
            accepted=decisions.get("accepted", 0),
            values=sum(decisions.values()),
        )

    def states(self) -> dict[State, int]:
        """Pages by state; quicker than `progress`."""
        asked = select(PAGES.c.state, func.count()).where(PAGES.c.pile_id == self.info.id)
        with self.database.read() as connection:
            found = _counts(connection, asked.group_by(PAGES.c.state))
        return {state: found.get(state, 0) for state in STATES}

    def sources(self) -> tuple[SourceRow, ...]:
        """Its files, in the order in which they were given."""
        asked = select(SOURCES).where(SOURCES.c.pile_id == self.info.id).order_by(SOURCES.c.id)
        with self.database.read() as connection:
            rows = connection.execute(asked).all()
        names = {row.id: row.name for row in rows}
        return tuple(source_row(row, names.get(row.same_as)) for row in rows)

    def pages(
        self, *states: State, after: int = 0, limit: int | None = None
    ) -> tuple[PageRow, ...]:
        """Pages in those states (all, if none is named), by rising id from ``after`` on."""
        asked = self._pages().where(PAGES.c.id > after).order_by(PAGES.c.id).limit(limit)
        if states:
            asked = asked.where(PAGES.c.state.in_(states))
        with self.database.read() as connection:
            return tuple(page_row(row) for row in connection.execute(asked))

    def page(self, page: int) -> PageRow:
        """A page by its id; PileNotFoundError where there is none."""
        with self.database.read() as connection:
            row = connection.execute(self._pages().where(PAGES.c.id == page)).one_or_none()
        if row is None:
            raise PileNotFoundError(f"The pile has no page {page}.", "Look at its list of pages.")
        return page_row(row)

    def reading(self, page: int) -> PageReading:
        """What a page says now, corrections and all; PileNotFoundError unless it was read."""
        with self.database.read() as connection:
            return read_reading(connection, self.info.id, page)

    def readings(self) -> Iterator[tuple[PageRow, PageReading]]:
        """Every page that was read, by rising id, with what it says now."""
        for page in self.pages("done"):
            yield page, self.reading(page.id)

    def same_sheets(self) -> tuple[tuple[PageRow, ...], ...]:
        """Pages that carry the same sheet number of the same template, each group of them.

        A form that was copied by a copier has one number on all its copies: then this says no
        more than that.
        """
        mine = PAGES.c.pile_id == self.info.id, PAGES.c.sheet.is_not(None)
        twice = (
            select(PAGES.c.template_id, PAGES.c.sheet)
            .where(*mine, PAGES.c.state == "done")
            .group_by(PAGES.c.template_id, PAGES.c.sheet)
            .having(func.count() > 1)
            .subquery()
        )
        asked = (
            self._pages()
            .join(
                twice,
                (twice.c.template_id == PAGES.c.template_id) & (twice.c.sheet == PAGES.c.sheet),
            )
            .where(PAGES.c.state == "done")
            .order_by(PAGES.c.template_id, PAGES.c.sheet, PAGES.c.id)
        )
        groups: dict[tuple[str, str, int | None], list[PageRow]] = {}
        with self.database.read() as connection:
            for row in map(page_row, connection.execute(asked)):
                groups.setdefault((row.template, row.version, row.sheet), []).append(row)
        return tuple(tuple(group) for group in groups.values())

    def _pages(self) -> Select[Any]:
        return (
            select(
                PAGES,
                SOURCES.c.name.label("source"),
                TEMPLATES.c.name.label("template"),
                TEMPLATES.c.version.label("version"),
            )
            .join(SOURCES, SOURCES.c.id == PAGES.c.source_id)
            .outerjoin(TEMPLATES, TEMPLATES.c.id == PAGES.c.template_id)
            .where(PAGES.c.pile_id == self.info.id)
        )


def _counts(connection: Connection, asked: Select[Any]) -> dict[str, int]:
    return {name: n for name, n in connection.execute(asked)}  # noqa: C416 (rows are no pairs)


def _list(names: dict[str, str]) -> str:
    return ", ".join(sorted(names.values())) or "no template"
