"""The promises that a server has: files of a folder, each with what it says or what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handsum.errors import HandsumError, PromiseError

if TYPE_CHECKING:  # the first page does not wait for NumPy
    from handsum.promise.terms import Promise

SUFFIXES = frozenset({".promise", ".json"})
_MOST_BYTES = 4 << 20  # of one promise, which has some 20 rows


@dataclass(frozen=True)
class Promises:
    """Promises by their files' names without the suffix; none where there is no folder.

    The folder is looked at whenever it is asked for: a promise that ``handsum verify-promise``
    has marked as broken decides nothing from then on.
    """

    folder: Path | None = None

    def names(self) -> list[str]:
        """All files that may be promises."""
        return sorted(self._files())

    def find(self, name: str) -> tuple[str, bytes]:
        """A promise's file, its own name and its bytes; PromiseError where there is none."""
        files = self._files()
        if name not in files:
            raise PromiseError(
                f"There is no promise {name!r} here.",
                "See the list of promises, or send the promise's file as the part promise.",
            )
        try:
            with files[name].open("rb") as file:
                return files[name].name, file.read(_MOST_BYTES)
        except OSError as error:
            raise PromiseError(
                f"{files[name].name} cannot be read: {error.strerror}.", "Look at its rights."
            ) from error

    def trees(self, shas: dict[str, str]) -> list[dict[str, Any]]:
        """Every promise as JSON; ``shas`` are the bundles' hashes by name, to tell what fits."""
        from handsum.promise.file import parse_promise  # noqa: PLC0415

        found: list[dict[str, Any]] = []
        for name in self.names():
            try:
                file, data = self.find(name)
                promise = parse_promise(data, file)
            except HandsumError as error:
                told = {"code": error.code, "message": error.message, "remedy": error.remedy}
                found.append({"name": name, "error": told})
                continue
            found.append(_tree(name, promise, shas))
        return found

    def _files(self) -> dict[str, Path]:
        if self.folder is None or not self.folder.is_dir():
            return {}
        paths = sorted(path for path in self.folder.iterdir() if path.suffix in SUFFIXES)
        return {path.stem: path for path in paths if path.is_file()}


def _tree(name: str, promise: Promise, shas: dict[str, str]) -> dict[str, Any]:
    key = promise.key
    return {
        "name": name,
        "sentence": promise.sentence(),
        "warnings": list(promise.warnings()),
        "status": promise.status,
        "status_when": promise.status_when,
        "status_why": promise.status_why,
        "fits": shas.get(key.bundle.name) == key.bundle.sha256,
        "bundle": {
            "name": key.bundle.name, "version": key.bundle.version, "sha256": key.bundle.sha256,
        },
        "task": key.task,
        "format": key.format,
        "list": bool(key.list_sha256),
        "rules": bool(key.rules_sha256),
        "max_risk": promise.max_risk,
        "delta": promise.delta,
        "threshold": promise.threshold,
        "n": promise.n,
        "groups": promise.groups,
        "accepted": promise.n_accepted,
        "wrong": promise.n_wrong,
        "method": promise.method,
        "group_noun": promise.data.group_noun,
        "data": promise.data.name,
        "created": promise.created,
    }  # fmt: skip
