"""``handsum user``: who may use the service from other machines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from handsum.cli.extras import check_extra

if TYPE_CHECKING:
    from handsum.service.users import Users

user_app = typer.Typer(
    help="Who may use the service of a store: users with passwords, programs with tokens.",
    no_args_is_help=True,
)


class RoleName(StrEnum):
    """What somebody may do, each all that those before it may."""

    READER = "reader"
    REVIEWER = "reviewer"
    ADMIN = "admin"


StoreName = Annotated[
    str,
    typer.Argument(
        metavar="STORE", help="What handsum serve opens: a folder, or a database's URL."
    ),
]
Name = Annotated[str, typer.Argument(help="Letters, digits and . _ @ -")]
AsRole = Annotated[
    RoleName, typer.Option("--role", help="Read pictures; also review; also change everything.")
]


@user_app.command()
def add(store: StoreName, name: Name, role: AsRole = RoleName.REVIEWER) -> None:
    """Add a user, or give one another role and password; the password is asked for.

    Without a terminal it is the first line of standard input. Another password ends the sessions
    that were opened with the old one.

    Example: handsum user add results/ ada --role reviewer
    """
    with _users(store) as users:
        if sys.stdin.isatty():
            password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        else:
            password = sys.stdin.readline().rstrip("\r\n")
        users.put_user(name, role.value, password)
    typer.echo(f"{name} has the role {role.value} now.", err=True)


@user_app.command()
def token(store: StoreName, name: Name, role: AsRole = RoleName.READER) -> None:
    """Make a token for a program and print it, this once; one of the same name ends.

    Example: handsum user token results/ scanner --role reader
    """
    with _users(store) as users:
        typer.echo(users.put_token(name, role.value))
    typer.echo("It is sent as: Authorization: Bearer TOKEN", err=True)


@user_app.command("list")
def list_users(store: StoreName) -> None:
    """List users and tokens with their roles.

    Example: handsum user list results/
    """
    with _users(store) as users:
        for user in users.users():
            typer.echo(f"{user.name}\t{user.role}\tuser")
        for key in users.tokens():
            typer.echo(f"{key.name}\t{key.role}\ttoken")


@user_app.command()
def remove(store: StoreName, name: Name) -> None:
    """Take a user or a token out; whoever it is is out at once.

    Example: handsum user remove results/ ada
    """
    with _users(store) as users:
        users.remove(name)


@contextmanager
def _users(store: str) -> Iterator[Users]:
    check_extra("serve", "argon2", "starlette", "sqlalchemy", "alembic")
    from handsum.service.stores import open_named
    from handsum.service.users import Users

    with open_named(store) as opened:
        yield Users(opened.database)
