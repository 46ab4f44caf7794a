"""``handsum form draft``: a template to go on with, from a blank form."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer


def draft(
    blank: Annotated[
        Path, typer.Argument(metavar="BLANK", help="The empty form: a picture or a PDF.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the template to this file.")],
    overlay: Annotated[
        Path | None,
        typer.Option(
            "--overlay",
            help="Write the numbered picture here; by default beside the template.",
        ),
    ] = None,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page of it.")] = 1,
    size: Annotated[
        str | None,
        typer.Option("--size", help="The sheet of a picture: A4, Letter, or 210x297 in mm."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="The form's name; by default from the file's.")
    ] = None,
) -> None:
    """Draft a template: find the boxes, combs, tables and lines of a blank form.

    A fillable PDF gives its own fields. The overlay picture shows which field got which name; look
    at it, then edit the template. A form that lay crooked is written straight beside the template.

    Example: handsum form draft form.pdf -o template.toml
    """
    import cv2

    from handsum.errors import UsageError
    from handsum.files import write_atomically
    from handsum.forms.draft import draft_template, straight_name

    if out.exists():
        raise UsageError(
            f"{out} exists, and a draft would undo what was written in it.",
            "Name another file, or delete that one.",
        )
    if name is not None and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise UsageError(f"--name {name!r}.", "Use small letters, digits and hyphens, up to 40.")
    found = draft_template(blank, page=page, size=_size(size), name=name, folder=out.parent)
    if overlay is None:
        overlay = out.with_name(f"{out.stem}-overlay.png")
    if found.blank is not None:
        straight = out.parent / straight_name(blank, page)
        write_atomically(straight, cv2.imencode(".png", found.blank)[1].tobytes())
        typer.echo(f"{straight}: the form, straightened; the template matches pages by it.")
    write_atomically(overlay, cv2.imencode(".png", found.overlay)[1].tobytes())
    write_atomically(out, found.toml.encode())
    typer.echo(f"{out}: {found.summary()}. {overlay} shows them.")
    for note in found.notes:
        typer.echo(f"handsum: {note}", err=True)


def _size(text: str | None) -> tuple[float, float] | None:
    """Width and height in mm of a sheet by name or in numbers."""
    from handsum.errors import UsageError
    from handsum.forms.sizes import SIZES

    if text is None:
        return None
    for known, sides in SIZES.items():
        if text.lower() == known.lower():
            return sides
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)x([0-9]+(?:\.[0-9]+)?)", text)
    if match is None or not 30 <= float(match[1]) <= 1000 or not 30 <= float(match[2]) <= 1000:
        raise UsageError(
            f"--size {text!r} is no sheet.", f"Use {', '.join(SIZES)}, or 210x297 in millimetres."
        )
    return float(match[1]), float(match[2])
