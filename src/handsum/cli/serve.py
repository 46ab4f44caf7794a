"""``handsum serve``: the pages and the API on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handsum.cli.extras import check_extra

PORT = 8421


def serve(
    pile: Annotated[
        str | None, typer.Argument(help="A folder of results to review, or its database's URL.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where to listen; 0 takes a free port.")
    ] = PORT,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; others need a login.")
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="A further host name to answer to, behind a proxy."),
    ] = None,
    login: Annotated[
        bool, typer.Option("--login", help="Ask for a login on this machine too.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where forms and scans lie, if the store is a database."),
    ] = None,
    promises: Annotated[
        Path | None,
        typer.Option("--promises", help="A folder of promises (handsum calibrate) to accept by."),
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option(
            "--reports", help="A folder of what handsum evaluate --format json wrote, to show."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Processes that read (default: one a core, 4)."),
    ] = None,
    open_page: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="Open the page (by default on a terminal)."),
    ] = None,
) -> None:
    """Open pages in the browser to draw, read pictures and review piles, and an API for programs.

    Only this machine reaches them, and nothing leaves it. With another --host, the store that is
    served has to hold users or tokens first (handsum user add), and everybody logs in. Ctrl-C ends
    the service; what is being read is finished first.

    Example: handsum serve results/
    """
    import sys
    import webbrowser
    from contextlib import suppress
    from dataclasses import replace

    check_extra("serve", "fastapi", "uvicorn", "jinja2", "python_multipart", "argon2", "sqlalchemy")
    from handsum.errors import UsageError
    from handsum.service.server import bind, serve
    from handsum.service.settings import ServiceSettings

    for option, kept in (("--promises", promises), ("--reports", reports)):
        if kept is not None and not kept.is_dir():
            raise UsageError(f"{option} {kept} is no folder.", "Name a folder that is there.")
    settings = ServiceSettings(
        pile=pile,
        host=host,
        names=tuple(name or ()),
        login=login,
        folder=folder,
        promises=promises,
        reports=reports,
    )
    if workers is not None:
        settings = replace(settings, children=workers)
    wanted = sys.stderr.isatty() if open_page is None else open_page

    def started(address: str) -> None:
        typer.echo(f"handsum: {address} - Ctrl-C ends it.", err=True)
        if wanted:
            webbrowser.open(address)

    # Ctrl-C is how it is ended.
    with suppress(KeyboardInterrupt), bind(host, port) as listening:
        serve(settings, listening, started)
