"""The reader of forms for a pile's workers, and what is checked of it before any of them starts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from handsum.bundle import load_bundle
from handsum.errors import PromiseError
from handsum.files import write_atomically
from handsum.forms.overlay import draw_page_overlay
from handsum.forms.page_reading import PageReading
from handsum.forms.read import FormOptions, FormReader
from handsum.forms.template import Template
from handsum.piles.options import PileOptions
from handsum.piles.pictures import Grey
from handsum.piles.store import Pile
from handsum.piles.worker import ReadPage, Seen
from handsum.promise.file import load_promise
from handsum.promise.terms import Promise
from handsum.reader.combs import CombReader
from handsum.reader.numbers import NumberReader

_PROMISES = "promises"


class OpenForms:
    """Opens the reader of a pile's templates; goes to other processes, and loads there."""

    def __call__(self, pile: Pile) -> ReadPage:
        """BundleError, TemplateError or PromiseError where it cannot be read with."""
        options = pile.info.options
        reader = FormReader(
            pile.load_templates(),
            FormOptions(options.max_risk, _lay_out_promises(options.promises, pile.folder)),
            numbers=options.numbers,
            digits=options.digits,
            threads=1,  # there is a worker a core
        )
        return _ReadForm(reader)


class _ReadForm:
    def __init__(self, reader: FormReader) -> None:
        self._reader = reader

    def __call__(self, grey: Grey, source: str, page: int) -> Seen:
        seen = self._reader.see_page(grey, source, page)
        overlay = None
        if isinstance(seen.outcome, PageReading):
            overlay = draw_page_overlay(seen.upright, seen.outcome, seen.scale)
        return Seen(seen.outcome, seen.upright, overlay)


def note_weights(options: PileOptions) -> PileOptions:
    """The options with the hashes of their bundles; BundleError where one is no bundle."""
    bundles = [load_bundle(name) for name in (options.numbers, options.digits)]
    return replace(options, weights=tuple(bundle.ref.sha256 for bundle in bundles))


def check_promises(templates: Sequence[Template], options: PileOptions, folder: Path) -> None:
    """PromiseError where a promise was made for none of the templates' fields."""
    promises = _lay_out_promises(options.promises, folder)
    if not promises:
        return
    numbers = NumberReader(options.numbers, threads=1)
    combs = CombReader(numbers, options.digits, threads=1)
    for promise in promises:
        reasons = []
        for field in (field for template in templates for field in template.fields):
            if field.kind == "tick":
                continue
            reader = combs if field.cells else numbers
            try:
                reader.options(
                    promise=promise, constraint=field.constraint, separators=field.separators
                )
                break
            except PromiseError as error:
                reasons.append(f"{field.name}: {error.message}")
        else:
            raise PromiseError(
                f"The promise is for no field of the form; {reasons[0] if reasons else 'none'}",
                "Calibrate one on labelled crops of its fields, or leave --promise out.",
            )


def _lay_out_promises(texts: Iterable[str], folder: Path) -> tuple[Promise, ...]:
    """Promises, checked as files are, which they were and become again."""
    loaded = []
    for text in texts:
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        path = folder / _PROMISES / f"{name}.json"
        if not path.exists():
            write_atomically(path, text.encode())
        loaded.append(load_promise(path))
    return tuple(loaded)
