"""``handsum serve``: the pages and the API on this machine."""

from __future__ import annotations

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
        str, typer.Option("--host", help="The address to listen on; only this machine by default.")
    ] = "127.0.0.1",
    open_page: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="Open the page (by default on a terminal)."),
    ] = None,
) -> None:
    """Open pages in the browser to draw, read pictures and review piles, and an API for programs.

    Only this machine reaches them, and nothing leaves it. Ctrl-C ends the service; what is being
    read is finished first.

    Example: handsum serve results/
    """
    import sys
    import webbrowser

    check_extra("serve", "fastapi", "uvicorn", "jinja2", "multipart", "argon2", "sqlalchemy")
    from handsum.service.server import bind, serve
    from handsum.service.settings import ServiceSettings

    settings = ServiceSettings(pile=pile, host=host)
    wanted = sys.stderr.isatty() if open_page is None else open_page

    def started(address: str) -> None:
        typer.echo(f"handsum: {address} - Ctrl-C ends it.", err=True)
        if wanted:
            webbrowser.open(address)

    serve(settings, bind(host, port), started)
