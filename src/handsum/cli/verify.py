"""``handsum verify-promise``: does a promise hold on values that were labelled since?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handsum.cli import asked

if TYPE_CHECKING:
    from handsum.decode.constraint import Constraint
    from handsum.promise.terms import PromiseKey
    from handsum.readings import BundleRef


def verify_promise(
    promise: Annotated[Path, typer.Argument(metavar="PROMISE", help="The promise's file.")],
    labelled: Annotated[
        Path,
        typer.Argument(
            metavar="LABELLED", help="A folder with labels.csv that was labelled since."
        ),
    ],
    bundle: Annotated[
        str | None, typer.Option("--bundle", help="Its bundle's folder, if it did not ship.")
    ] = None,
    entries: asked.ListFile = None,
) -> None:
    """Hold a promise against new labelled values: it holds, is broken, or they cannot tell.

    Format and separators are those that the promise names; a list has to be named again. A
    broken promise is marked in its file, and nothing is accepted by it any more. Exit code 0: it
    holds or they cannot tell; 8: it is broken.

    Example: handsum verify-promise cheques.promise labelled-in-may/
    """
    from handsum.cli.labels import read_labelled
    from handsum.cli.readers import open_reader
    from handsum.errors import PromiseError
    from handsum.promise.file import load_promise, save_promise
    from handsum.promise.terms import check_promise
    from handsum.promise.verify import verify_promise as hold_against
    from handsum.reader.asked import ask

    given = load_promise(promise)
    constraint = _constraint(given.key, entries)
    reader = open_reader(None, bundle or _find(given.key.bundle))
    separators = None if constraint is None else constraint.separators
    options = ask(reader, max_risk=0.0, constraint=constraint, separators=separators)
    check_promise(given, reader.promise_key(options))
    found = read_labelled(reader, labelled, options)
    result = hold_against(
        given, found.confidence, found.correct, found.groups, description=found.description
    )
    typer.echo(result.sentence())
    if result.outcome == "broken":
        save_promise(promise, result.promise)
        raise PromiseError(
            f"{promise} is broken; it is marked so, and nothing is accepted by it any more.",
            "Calibrate again on labelled values of today's paper.",
        )


def _constraint(key: PromiseKey, entries: Path | None) -> Constraint | None:
    """What the promise was made for, its list from a file."""
    from dataclasses import replace

    from handsum.decode.constraint import Constraint
    from handsum.decode.lists import load_entries
    from handsum.errors import UsageError
    from handsum.reader.keys import parse_format

    if key.list_sha256 and entries is None:
        raise UsageError("The promise was made for a list.", "Name the same list with --list.")
    found = parse_format(key.format)
    if entries is not None:
        found = replace(found, entries=load_entries(entries))
    return None if found == Constraint() else found


def _find(ref: BundleRef) -> str:
    """The shipped bundle that a promise was made with."""
    from handsum.bundle import list_bundles, load_bundle
    from handsum.errors import PromiseError

    for folder in list_bundles():
        if load_bundle(folder).ref == ref:
            return folder.name
    raise PromiseError(
        f"The promise was made with the bundle {ref.name} {ref.version} "
        f"({ref.sha256[:12]}...), which did not ship with this handsum.",
        "Name its folder with --bundle, or calibrate again.",
    )
