"""Opening a store: SQLite in a folder, or PostgreSQL by its URL, brought to the tables of today.

On SQLite: write-ahead log, so that who reads never waits for who writes; a writing transaction
takes the lock when it begins, so that two of them queue instead of failing; every commit reaches
the disk. A migration is one transaction on both, so that a process killed in it leaves no half.
On PostgreSQL: a connection that was cut is noticed before it is used, and a server that does not
answer within a minute counts as away.
"""

from __future__ import annotations

import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from handsum.errors import MissingExtraError, PileError, StorageError, StoreAwayError

T = TypeVar("T")

HEAD = "0002"
"""The last step in ``migrations/versions``."""
FILE = "pile.sqlite"
"""What the store of a results folder is called."""

_BUSY_SECONDS = 60
_PATIENCE, _AGAIN = 60.0, 0.5  # seconds
_MIGRATION_LOCK = 0x68616E64  # any number that no other program takes as its advisory lock
_WRITES = "handsum_writes"
_PASSING = ("08", "40", "53", "57", "58")
"""Classes of PostgreSQL's error codes that say nothing against what was asked: the connection,
two that wait for each other, memory or disk, an operator, the system."""


class Database:
    """A store whose tables are those of today; close it, or use it as a context manager."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine = _build_engine(url)
        self._file: tuple[int, int] | None = None  # until there is one for certain
        try:
            self._bring_up_to_date()
        except BaseException:
            self.engine.dispose()
            raise
        self._file = self._identity()

    @property
    def folder(self) -> Path | None:
        """Where an SQLite store lies; None on a server."""
        return Path(self.url.database).parent if self.is_sqlite and self.url.database else None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is one file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def address(self) -> str:
        """The URL with its password, for another process to open the same store."""
        return self.url.render_as_string(hide_password=False)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store; StorageError where that fails."""
        with self._begin(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is kept as a whole, or, after any exception, not at all.

        StorageError where the system refuses: disk full, locked for too long, no permission, or
        the file has been taken away (the system would let us write on, into what nobody finds).
        """
        if self._file is not None and self._identity() != self._file:
            raise self._storage_error("the file that was opened is not there any more")
        with self._begin(self.engine.execution_options(**{_WRITES: True})) as connection:
            yield connection

    def try_writing(self) -> None:
        """Write something that changes nothing, down to the disk; StorageError where that fails."""
        with self.write() as connection:
            if self.is_sqlite:  # a number in its header that nothing reads
                connection.exec_driver_sql(f"PRAGMA user_version = {int(time.time()) & 0x7FFFFFFF}")
            else:  # a transaction with a number of its own is written to the log
                connection.execute(text("SELECT txid_current()"))

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            code, said = _describe(error)
            away = not self.is_sqlite and (not code or code.startswith(_PASSING))
            said = said if code or self.is_sqlite else "its server does not answer"
            raise self._storage_error(said, away) from error
        except (ConnectionError, TimeoutError, struct.error) as error:  # pg8000, cut off
            raise self._storage_error("its server does not answer", away=True) from error
        except NoConnectionError as error:
            raise self._storage_error("all connections are in use", away=True) from error

    def _storage_error(self, said: str, away: bool = False) -> StorageError:
        # No host, no user: the message is also shown to people who only use the service.
        message = f"The store {self.url.database} refuses: {said.strip().rstrip('.')}."
        if away:
            return StoreAwayError(message, "Check that the server runs, and try again.")
        remedy = "Check that the server lets this user in, and that the database is there."
        if self.is_sqlite:
            remedy = "Check the disk's space, who may write there, and that it is a local disk."
        if "not a database" in said or "malformed" in said:
            remedy = "It is damaged, or no pile: name another folder, or bring back a copy of it."
        if "is locked" in said:
            remedy = "Another program writes to it: close that, or wait for it, and try again."
        return StorageError(message, remedy)

    def _identity(self) -> tuple[int, int] | None:
        """Which file an SQLite store is; None where there is none."""
        if not self.is_sqlite or not self.url.database:
            return None
        try:
            status = Path(self.url.database).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _bring_up_to_date(self) -> None:
        with self.read() as connection:
            found = self._revision(connection)
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise PileError(
                f"{self.url.render_as_string()} was written by a newer handsum "
                f"(step {found}, this one knows {HEAD}).",
                "Update handsum.",
            )
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            if self._revision(connection) != HEAD:  # else another process was faster
                migrate(connection)

    def _revision(self, connection: Connection) -> str | None:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def patiently(call: Callable[[], T], stopped: Callable[[], bool]) -> T:
    """``call``, again and again while a server does not answer, for up to a minute.

    A server that is started anew costs a pile no page. Other refusals, and all of SQLite's, are not
    waited out: a lock has been waited for already, and a full disk stays full.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return call()
        except StoreAwayError:
            if stopped() or time.monotonic() > until:
                raise
            time.sleep(_AGAIN)


def migrate(connection: Connection, revision: str = HEAD) -> None:
    """Bring the tables to a step, within the transaction that is open."""
    # Alembic takes longer to load than a store to open, and is needed once in a store's life.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def parse_url(where: str | Path) -> URL:
    """The URL of a results folder's store, or of a server's (postgresql://...).

    PileError for another kind of URL, MissingExtraError where the server's driver is absent.
    """
    written = str(where)
    if "://" not in written:
        return URL.create("sqlite", database=str(Path(written).resolve() / FILE))
    try:
        url = make_url(written)
    except ArgumentError as error:
        raise PileError(
            f"{written!r} is no address of a store.",
            "Name a folder, or postgresql://user:password@host/name.",
        ) from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        return url
    if backend != "postgresql":
        raise PileError(
            f"A store cannot be kept in {backend}.",
            "Name a folder, or postgresql://user:password@host/name.",
        )
    if find_spec("pg8000") is None:
        raise MissingExtraError("PostgreSQL needs pg8000.", 'Run: pip install "handsum[postgres]"')
    return url.set(drivername="postgresql+pg8000")


def _build_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,  # they are values, and errors may be logged
            max_overflow=35,  # with the pool's five, as many as the service has threads
            connect_args={"timeout": _BUSY_SECONDS},
        )
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _describe(error: DBAPIError) -> tuple[str, str]:
    """An error's code ("" unless PostgreSQL gave one) and message, as pg8000 hands them on."""
    said = error.orig.args[0] if error.orig is not None and error.orig.args else None
    if isinstance(said, dict):
        return str(said.get("C", "")), str(said.get("M", ""))
    return "", str(error.orig)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin on its own, and not at every write
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    """SQLite does not wait for others in this one: of two that open a new file one is refused."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
