"""Users and tokens in one JSON file: passwords as argon2id hashes, tokens as SHA-256.

    {"schema": 1,
     "users": {"ada": {"role": "reviewer", "password": "$argon2id$..."}},
     "tokens": {"9f86...": {"name": "scanner", "role": "reader"}}}

The file is read anew whenever it has changed, so that a user who is taken out is out at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from handsum.errors import ServiceError, UsageError
from handsum.files import write_atomically
from handsum.service.visitors import Role

SCHEMA = 1
TOKEN_PREFIX = "hs_"
SHORTEST_PASSWORD = 10
_NAME = re.compile(r"[\w.@-]{1,64}")


@dataclass(frozen=True)
class User:
    """A person; ``password`` is its argon2id hash."""

    name: str
    role: Role
    password: str


@dataclass(frozen=True)
class Token:
    """A program's key; ``sha256`` is that of the token, which is kept nowhere."""

    name: str
    role: Role
    sha256: str


@dataclass(frozen=True)
class Directory:
    """All users and tokens, by name and by hash."""

    users: Mapping[str, User] = field(default_factory=dict)
    tokens: Mapping[str, Token] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nobody could get in."""
        return not self.users and not self.tokens


class UserFile:
    """The file of users and tokens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._hasher = PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex(16))
        self._read: tuple[tuple[int, int] | None, Directory] = (None, Directory())

    def load(self) -> Directory:
        """Who is there now; ServiceError where the file is not what it should be."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return Directory()
        stamp = (status.st_mtime_ns, status.st_size)
        if self._read[0] != stamp:
            self._read = (stamp, _parse(self.path))
        return self._read[1]

    def check_password(self, name: str, password: str) -> User | None:
        """The user, if the password is theirs; takes as long for a name that nobody has."""
        user = self.load().users.get(name)
        try:
            self._hasher.verify(self._decoy if user is None else user.password, password)
        except (VerificationError, InvalidHashError):
            return None
        return user

    def find_token(self, token: str) -> Token | None:
        """Whose token it is."""
        return self.load().tokens.get(hash_token(token))

    def put_user(self, name: str, role: Role, password: str) -> None:
        """Add a user, or give one another role and password; UsageError for a weak one."""
        _check_name(name)
        if len(password) < SHORTEST_PASSWORD:
            raise UsageError(
                f"The password has {len(password)} characters.",
                f"Choose one of at least {SHORTEST_PASSWORD}.",
            )
        known = self.load()
        users = {**known.users, name: User(name, role, self._hasher.hash(password))}
        self._save(Directory(users, known.tokens))

    def put_token(self, name: str, role: Role) -> str:
        """A new token of a program, to be shown once; one of the same name ends."""
        _check_name(name)
        known = self.load()
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        kept = {key: one for key, one in known.tokens.items() if one.name != name}
        made = Token(name, role, hash_token(token))
        self._save(Directory(known.users, {**kept, made.sha256: made}))
        return token

    def remove(self, name: str) -> None:
        """Take a user or a program's token out; UsageError where there is none of that name."""
        known = self.load()
        users = {key: one for key, one in known.users.items() if key != name}
        tokens = {key: one for key, one in known.tokens.items() if one.name != name}
        if len(users) == len(known.users) and len(tokens) == len(known.tokens):
            raise UsageError(f"There is no user or token {name!r}.", "See: handsum user list")
        self._save(Directory(users, tokens))

    def _save(self, directory: Directory) -> None:
        tree = {
            "schema": SCHEMA,
            "users": {
                one.name: {"role": one.role, "password": one.password}
                for one in directory.users.values()
            },
            "tokens": {
                one.sha256: {"name": one.name, "role": one.role}
                for one in directory.tokens.values()
            },
        }
        before = os.umask(0o077)  # hashes are nobody else's
        try:
            write_atomically(self.path, (json.dumps(tree, indent=2) + "\n").encode())
        finally:
            os.umask(before)


def default_path() -> Path:
    """Where users are kept if nobody says where: with the user's settings."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    return (Path(home) if home else Path.home() / ".config") / "handsum" / "users.json"


def hash_token(token: str) -> str:
    """A token's SHA-256: it has 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a user.", "Use up to 64 letters, digits and . _ @ -"
        )


def _parse(path: Path) -> Directory:
    try:
        tree: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if tree["schema"] != SCHEMA:
            raise ValueError(f"schema {tree['schema']!r}")
        users = {
            name: User(name, _role(one["role"]), str(one["password"]))
            for name, one in tree["users"].items()
        }
        tokens = {
            key: Token(str(one["name"]), _role(one["role"]), key)
            for key, one in tree["tokens"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ServiceError(
            f"{path} is no file of users: {type(error).__name__}.",
            "Bring back a copy, or delete it and add the users again.",
        ) from error
    return Directory(users, tokens)


def _role(name: str) -> Role:
    for role in get_args(Role):
        if role == name:
            found: Role = role
            return found
    raise ValueError("role")
