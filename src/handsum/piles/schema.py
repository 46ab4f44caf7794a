"""The tables of a pile's store, the same on SQLite and PostgreSQL.

Times are seconds since 1970 (UTC). A page is the bytes of its file (SHA-256) and its number in it,
so that the same page is one row however often and under whatever name it comes. What a reader said
(``fields.original``) never changes; corrections are only ever added, and what a field holds now
(the other columns of ``fields``) follows from both. Who may use the service stands beside the
piles, so that all servers of a store know the same people; secrets are there as hashes only.
``migrations`` brings a database to these tables; tests hold the two against each other.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _of(table: str) -> Column[int]:
    """A reference to a row of another table, named as one of it: pages -> page_id."""
    return Column(f"{table[:-1]}_id", Integer, ForeignKey(f"{table}.id"), nullable=False)


PILES = Table(
    "piles",
    METADATA,
    _id(),
    Column("name", String(200), nullable=False, unique=True),
    Column("folder", Text, nullable=False),  # "" is the folder that holds the database
    Column("options", JSON, nullable=False),
    Column("state", String(16), nullable=False),  # open, cancelled
    Column("created", Float, nullable=False),
)

TEMPLATES = Table(
    "templates",
    METADATA,
    _id(),
    _of("piles"),
    Column("name", String(200), nullable=False),
    Column("version", String(100), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file", Text, nullable=False),  # which of its files is the template itself
    Column("fields", JSON, nullable=False),  # [name, label] in their order
    UniqueConstraint("pile_id", "sha256"),
    UniqueConstraint("pile_id", "name", "version"),
)

TEMPLATE_FILES = Table(
    "template_files",
    METADATA,
    _id(),
    _of("templates"),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("template_id", "name"),
)

SOURCES = Table(
    "sources",
    METADATA,
    _id(),
    _of("piles"),
    Column("path", Text, nullable=False),  # absolute
    Column("name", Text, nullable=False),  # as it was given
    Column("sha256", String(64), nullable=False),  # "" where it cannot be read
    Column("pages", Integer, nullable=False),
    Column("same_as", Integer, ForeignKey("sources.id")),  # same bytes under another name
    Column("code", String(64)),
    Column("message", Text),
    Column("remedy", Text),
    Column("added", Float, nullable=False),
    UniqueConstraint("pile_id", "path", "sha256"),
)

PAGES = Table(
    "pages",
    METADATA,
    _id(),
    _of("piles"),
    _of("sources"),
    Column("sha256", String(64), nullable=False),  # of the file
    Column("page", Integer, nullable=False),  # from 1
    Column("state", String(16), nullable=False),  # queued, leased, done, aside, failed
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", String(200)),
    Column("lease_until", Float),
    Column("template_id", Integer, ForeignKey("templates.id")),
    Column("sheet", Integer),
    Column("picture_sha256", String(64)),
    Column("header", JSON(none_as_null=True)),  # PageReading as read, without its fields
    Column("code", String(64)),  # why it is aside or failed
    Column("message", Text),
    Column("remedy", Text),
    Column("revision", Integer, nullable=False),  # counts what changed in it
    Column("drawn", Integer, nullable=False),  # the revision that its overlay shows
    Column("seconds", Float),
    Column("finished", Float),
    UniqueConstraint("pile_id", "sha256", "page"),
    Index(None, "pile_id", "state", "attempts", "id"),
    Index(None, "template_id", "sheet"),
)

FIELDS = Table(
    "fields",
    METADATA,
    _id(),
    _of("pages"),
    Column("name", String(200), nullable=False),
    Column("position", Integer, nullable=False),
    Column("content", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("value", Text),
    Column("confidence", Float, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("basis", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("why", String(32), nullable=False),
    Column("look_at", Boolean, nullable=False),
    Column("original", JSON, nullable=False),  # FieldReading as read
    Column("current", JSON(none_as_null=True)),  # FieldReading as it is now, where that differs
    UniqueConstraint("page_id", "name"),
    Index(None, "decision", "text"),
)

FINDINGS = Table(
    "findings",
    METADATA,
    _id(),
    _of("pages"),
    Column("position", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("finding", JSON, nullable=False),  # RuleFinding
    UniqueConstraint("page_id", "position"),
)

CORRECTIONS = Table(
    "corrections",
    METADATA,
    _id(),
    _of("pages"),
    _of("fields"),
    Column("batch", String(32), nullable=False),  # what was said in one go is undone in one go
    Column("who", String(200), nullable=False),
    Column("at", Float, nullable=False),
    Column("how", String(16), nullable=False),  # review, group, table, audit, undo, rules
    Column("from_content", String(16), nullable=False),
    Column("from_text", Text, nullable=False),
    Column("to_content", String(16), nullable=False),
    Column("to_text", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("undoes", Integer, ForeignKey("corrections.id"), unique=True),
    Index(None, "page_id", "id"),
    Index(None, "who", "id"),
)

ITEMS = Table(
    "items",
    METADATA,
    _id(),
    _of("piles"),
    _of("pages"),
    _of("fields"),
    Column("audit", Integer, nullable=False),  # 0: a doubtful value; else audits.id
    Column("priority", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # open, done, closed (no doubt is left)
    Column("parted", Boolean, nullable=False),  # somebody took it out of its group
    Column("lease_owner", String(200)),
    Column("lease_until", Float),
    Column("done_by", String(200)),
    Column("done_at", Float),
    Column("drawn_text", Text),  # audit: what was accepted when the sample was drawn
    Column("drawn_content", String(16)),
    Column("right", Boolean),  # audit: whether that was right
    UniqueConstraint("field_id", "audit"),
    Index(None, "pile_id", "audit", "state", "page_id", "priority", "field_id"),
)

AUDITS = Table(
    "audits",
    METADATA,
    _id(),
    _of("piles"),
    Column("who", String(200), nullable=False),
    Column("at", Float, nullable=False),
    Column("pile_size", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("delta", Float, nullable=False),
    Column("looks", Integer, nullable=False),
)

USERS = Table(
    "users",
    METADATA,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),  # reader, reviewer, admin
    Column("password", String(200), nullable=False),  # its argon2id hash
)

TOKENS = Table(
    "tokens",
    METADATA,
    _id(),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
)

LOGIN_ATTEMPTS = Table(
    "login_attempts",
    METADATA,
    Column("sha256", String(64), primary_key=True),  # of the name or the address
    Column("wrong", Integer, nullable=False),  # passwords in a row
    Column("last", Float, nullable=False),
    Index(None, "last"),
)
