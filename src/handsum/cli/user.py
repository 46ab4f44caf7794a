"""``handsum user``: who may use the service from other machines."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handsum.cli.extras import check_extra

if TYPE_CHECKING:
    from handsum.service.users import UserFile

user_app = typer.Typer(
    help="Who may use the service: users with passwords, programs with tokens.",
    no_args_is_help=True,
)


class RoleName(StrEnum):
    """What somebody may do, each all that those before it may."""

    READER = "reader"
    REVIEWER = "reviewer"
    ADMIN = "admin"


Name = Annotated[str, typer.Argument(help="Letters, digits and . _ @ -")]
Users = Annotated[
    Path | None, typer.Option("--users", help="The file of users (default: with your settings).")
]
AsRole = Annotated[
    RoleName, typer.Option("--role", help="Read pictures; also review; also change everything.")
]


@user_app.command()
def add(name: Name, role: AsRole = RoleName.REVIEWER, users: Users = None) -> None:
    """Add a user, or give one another role and password; the password is asked for.

    Without a terminal it is the first line of standard input.

    Example: handsum user add ada --role reviewer
    """
    file = _open(users)
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    file.put_user(name, role.value, password)
    typer.echo(f"{name} is a {role.value} now ({file.path}).", err=True)


@user_app.command()
def token(name: Name, role: AsRole = RoleName.READER, users: Users = None) -> None:
    """Make a token for a program and print it, this once; one of the same name ends.

    Example: handsum user token scanner --role reader
    """
    file = _open(users)
    typer.echo(file.put_token(name, role.value))
    typer.echo(f"It is sent as: Authorization: Bearer TOKEN ({file.path}).", err=True)


@user_app.command("list")
def list_users(users: Users = None) -> None:
    """List users and tokens with their roles.

    Example: handsum user list
    """
    directory = _open(users).load()
    for user in sorted(directory.users.values(), key=lambda one: one.name):
        typer.echo(f"{user.name}\t{user.role}\tuser")
    for key in sorted(directory.tokens.values(), key=lambda one: one.name):
        typer.echo(f"{key.name}\t{key.role}\ttoken")


@user_app.command()
def remove(name: Name, users: Users = None) -> None:
    """Take a user or a token out; whoever it is is out at once.

    Example: handsum user remove ada
    """
    _open(users).remove(name)


def _open(path: Path | None) -> UserFile:
    check_extra("serve", "argon2", "starlette")
    from handsum.service.users import UserFile, default_path

    return UserFile(path or default_path())
