"""The store that a command names: a results folder, an empty one, or a database's URL."""

from __future__ import annotations

from pathlib import Path

from handsum.errors import PileNotFoundError
from handsum.piles.database import FILE
from handsum.piles.store import Store


def open_named(where: str) -> Store:
    """The store; made in a folder that is empty. PileNotFoundError for any other folder."""
    if "://" not in where:
        folder = Path(where)
        fresh = folder.is_dir() and not any(folder.iterdir())
        if not fresh and not (folder / FILE).is_file():  # else any folder would become a store
            raise PileNotFoundError(
                f"{folder} holds no {FILE}.",
                "Name a folder of results, or an empty folder (mkdir) to begin with.",
            )
    return Store.open(where)
