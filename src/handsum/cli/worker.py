"""``handsum worker``: a process that reads the queued pages of a store's piles."""

from __future__ import annotations

from typing import Annotated

import typer

from handsum.cli.extras import check_extra


def worker(
    store: Annotated[
        str, typer.Argument(help="A folder of results, or the URL of a database with piles.")
    ],
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="End when no page is left, instead of waiting.")
    ] = False,
) -> None:
    """Read pages that are queued in a store, until it is interrupted.

    Any number of workers may run, on any machine that reaches the store and its files. On Ctrl-C
    or SIGTERM the page in hand is finished first; a page of a worker that was killed goes to
    another.

    Example: handsum worker results/
    """
    check_extra("serve", "sqlalchemy", "alembic")
    from handsum.service.pile_worker import stop_on_signals, work

    count = work(store, stop_on_signals(), forever=not until_empty)
    typer.echo(f"handsum: {count} pages read.", err=True)
