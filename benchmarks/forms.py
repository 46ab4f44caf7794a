"""How piles of filled forms are read: scans and phone photos, in hands that trained nothing.

    handsum bench forms
    python benchmarks/forms.py [--pages 200] [--forms NAME...] [--looks scan photo] [--out FILE]
                               [--misses FILE] [--workers 1] [--seed 19]

Whoever changes something on account of what these pages show takes pages of another seed for it.

Pages are those of benchmarks/forms_pages.py, a diagnostic of the machinery: unseen real forms will
judge the reading. "registered": the right form and sheet, every field's corners within 1 mm of the
truth. A value is a field in which a number was written, or was read where none was; "right before
rules" is what the reader alone says, whole text. Coverage: the greatest share of values, surest
first, of which at most 0.5 % are wrong, on sheets without a planted slip. Those that go to review
whatever their confidence (a rule is broken, the field is empty though required) are never among
them; "by confidence" lets them be. Speed is from processor time, reading alone, file to results.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from forms_looks import LOOKS, Look
from forms_pages import SEED, FilledPage, fill_page, load_form
from forms_values import SAMPLERS, Entry
from record import describe_machine, parse_options, record, run, share_json

from handsum.bundle import load_bundle
from handsum.errors import UsageError
from handsum.evaluate.metrics import Share, share_of
from handsum.forms.page_reading import FieldReading, PageAside, PageReading
from handsum.forms.read import FormReader
from handsum.forms.template import Template
from handsum.imaging.load import load_pictures

PAGES = 200
TRUE_ERROR = 0.005
REGISTERED_MM = 1.0
NEVER_ACCEPTED = ("rule", "required", "struck_out", "not_a_number")
"""What sends a field to review whatever its confidence is."""
CHUNK = 5  # pages a task of a worker process


@dataclass(frozen=True)
class Value:
    """A field: what stands there and what was read, before and after the rules."""

    page: str
    name: str
    kind: str
    truth: str
    alone: str
    text: str
    confidence: float
    accepted: bool
    why: str
    repaired: bool
    planted_sheet: bool

    @property
    def counts(self) -> bool:
        """Whether it is a value: a number was written, or read."""
        return bool(self.truth or self.text)

    @property
    def right(self) -> bool:
        """Whether what is given out stands there."""
        return self.text == self.truth


@dataclass(frozen=True)
class PageRecord:
    """One page: ``error_mm`` of its registration (None: put aside, or taken for another page)."""

    page: str
    error_mm: float | None
    aside: str
    how: str
    planted: bool
    flagged: bool
    seconds: float
    values: tuple[Value, ...]


def measure_page(page: FilledPage, template: Template, reader: FormReader) -> PageRecord:
    """Read one page and compare."""
    started = time.process_time()
    picture = next(load_pictures(page.jpeg, name=page.name))
    reading = reader.read_picture(picture)
    seconds = time.process_time() - started
    planted = page.planted is not None
    if isinstance(reading, PageAside) or (reading.template, reading.sheet) != (
        page.form,
        page.sheet,
    ):
        aside = reading.reason if isinstance(reading, PageAside) else "taken for another"
        return PageRecord(page.name, None, aside, "", planted, False, seconds, ())
    values = tuple(
        compare(page, name, entry, reading.field(name)) for name, entry in page.entries.items()
    )
    flagged = any(
        rule.status != "holds" and (page.planted is None or page.planted in rule.fields)
        for rule in reading.rules
    )
    return PageRecord(
        page.name,
        registration_error(page, template, reading),
        "",
        reading.how,
        planted,
        flagged,
        seconds,
        values,
    )


def compare(page: FilledPage, name: str, entry: Entry, field: FieldReading) -> Value:
    """A field's truth beside its reading; a tick's text is "1"."""
    reading = field.reading
    alone = field.alone.text if field.alone is not None else reading.text
    return Value(
        page=page.name,
        name=name,
        kind=entry.kind,
        truth="1" if entry.kind == "tick" else entry.text,
        alone=alone,
        text=reading.text,
        confidence=reading.confidence,
        accepted=reading.decision == "accepted",
        why=field.why,
        repaired=reading.origin == "repaired",
        planted_sheet=page.planted is not None,
    )


def registration_error(page: FilledPage, template: Template, reading: PageReading) -> float:
    """Millimetres by which the worst corner of a field lies off."""
    corners = np.array(
        [[f.box[i], f.box[j]] for f in template.fields for i in (0, 2) for j in (1, 3)]
    )
    true = cv2.perspectiveTransform(corners[None], page.to_pixels)[0]
    back = reading.transform.to_mm(true)
    return float(np.linalg.norm(back - corners, axis=1).max())


def figures_of(records: Sequence[PageRecord]) -> dict[str, Any]:
    """The figures of one form and look."""
    registered = np.array([r.error_mm is not None and r.error_mm <= REGISTERED_MM for r in records])
    every = [value for r in records for value in r.values]
    values = [value for value in every if value.counts]
    empty = [value for value in every if not value.truth]
    clean = [value for value in values if not value.planted_sheet]
    repaired = [value for value in values if value.repaired]
    planted = [r for r in records if r.planted]
    honest = [r for r in records if not r.planted]
    changed = [value for value in values if value.planted_sheet]
    accepted = [value for value in clean if value.accepted]
    errors = [r.error_mm for r in records if r.error_mm is not None]
    asides = [r.aside for r in records if r.aside]
    return {
        "pages": len(records),
        "registered": share_json(registered),
        "registration_mm": {
            "median": round(float(np.median(errors)), 3) if errors else None,
            "worst": round(float(np.max(errors)), 3) if errors else None,
        },
        "put_aside": {reason: asides.count(reason) for reason in sorted(set(asides))},
        "values": len(values),
        "right_before_rules": _share([v.alone == v.truth for v in values]),
        "right_after_rules": _share([v.right for v in values]),
        "empty_read_as_empty": _share([not v.text for v in empty]),
        "coverage_at_half_percent_error": round(coverage(clean), 4),
        "coverage_by_confidence": round(coverage(clean, by_confidence=True), 4),
        "coverage_with_planted_sheets": round(coverage(values), 4),
        "accepted": _share([v.accepted for v in clean]),
        "wrong_among_accepted": _share([not v.right for v in accepted]),
        "repaired_right": _share([v.right for v in repaired]),
        "planted_flagged": _share([r.flagged for r in planted]),
        "changed_wrongly_on_planted": _share([v.repaired and not v.right for v in changed]),
        "flagged_without_planted": _share([r.flagged for r in honest]),
        "cpu_seconds_a_page": round(float(np.median([r.seconds for r in records])), 3),
        "fields_a_page": round(len(every) / max(1, sum(bool(r.values) for r in records)), 1),
    }


def coverage(values: Sequence[Value], by_confidence: bool = False) -> float:
    """The greatest share of values, surest first, of which at most `TRUE_ERROR` are wrong.

    What goes to review in any case is not offered, unless it is asked for ``by_confidence`` alone.
    """
    if not values:
        return 0.0
    offered = [v for v in values if by_confidence or v.why not in NEVER_ACCEPTED]
    offered.sort(key=lambda v: -v.confidence)
    wrong = np.cumsum([not v.right for v in offered])
    fits = np.flatnonzero(wrong <= TRUE_ERROR * np.arange(1, len(offered) + 1))
    return float(fits[-1] + 1) / len(values) if len(fits) else 0.0


def measure_all(
    forms: Sequence[str], looks: Sequence[Look], pages: int, workers: int, seed: int = SEED
) -> dict[tuple[str, Look], list[PageRecord]]:
    """Every page of every form and look, in ``workers`` processes."""
    tasks = [
        (form, look, first, min(CHUNK, pages - first), seed)
        for form in forms
        for look in looks
        for first in range(0, pages, CHUNK)
    ]
    found: dict[tuple[str, Look], list[PageRecord]] = {
        (form, look): [] for form in forms for look in looks
    }
    for (form, look, first, *_), part in zip(tasks, _run_tasks(tasks, workers), strict=True):
        found[form, look] += part
        print(f"{form} {look}: {first + len(part)} of {pages}", flush=True)
    return found


Task = tuple[str, Look, int, int, int]


def _run_tasks(tasks: Sequence[Task], workers: int) -> Iterator[list[PageRecord]]:
    if workers == 1:
        yield from map(measure_pages, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(measure_pages, tasks)


def measure_pages(task: Task) -> list[PageRecord]:
    """Some pages of one form and look."""
    form, look, first, count, seed = task
    template, reader = _reader(form)
    return [
        measure_page(fill_page(template, look, index, seed), template, reader)
        for index in range(first, first + count)
    ]


@cache
def _reader(form: str) -> tuple[Template, FormReader]:
    """A form's template and its reader, which knows the other forms too."""
    cv2.setNumThreads(1)
    templates = {name: load_form(name) for name in SAMPLERS}
    return templates[form], _reader_of_all()


@cache
def _reader_of_all() -> FormReader:
    return FormReader([load_form(name) for name in SAMPLERS], threads=1)


def summarize(found: dict[tuple[str, Look], list[PageRecord]], looks: Sequence[Look]) -> Any:
    """Figures by look, of all forms together and of each."""
    return {
        look: {
            "all": figures_of([r for (_, at), part in found.items() if at == look for r in part]),
            "forms": {form: figures_of(part) for (form, at), part in found.items() if at == look},
        }
        for look in looks
    }


def write_misses(path: Path, found: dict[tuple[str, Look], list[PageRecord]]) -> None:
    """Pages put aside, and values that are wrong before or after the rules, as a table."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(
            ("page", "field", "kind", "truth", "alone", "text", "confidence", "why", "repaired")
        )
        for part in found.values():
            for r in part:
                if r.aside or (r.error_mm or 0.0) > REGISTERED_MM:
                    table.writerow((r.page, r.aside or f"{r.error_mm:.2f} mm"))
                for v in r.values:
                    if not v.right or v.alone != v.truth:
                        row = (v.page, v.name, v.kind, v.truth, v.alone, v.text)
                        table.writerow((*row, f"{v.confidence:.4f}", v.why, int(v.repaired)))


def _share(hits: Sequence[bool]) -> dict[str, float | int] | None:
    return share_json(_exact(hits)) if hits else None


def _exact(hits: Sequence[bool]) -> Share:
    return share_of(np.array(hits, bool))


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", type=int, default=PAGES, help="of each form and look")
    parser.add_argument("--forms", nargs="*", default=list(SAMPLERS), choices=list(SAMPLERS))
    parser.add_argument("--looks", nargs="*", default=list(LOOKS), choices=LOOKS)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, default=SEED, help="of the pages")
    parser.add_argument("--misses", type=Path, help="write what went wrong to this CSV file")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    pages = options.limit or options.pages
    if pages < 1:
        raise UsageError(f"{pages} pages.", "Measure one at least.")
    if (options.forms, options.looks, options.seed) != (list(SAMPLERS), list(LOOKS), SEED):
        options.limit = pages  # a part, or for development: printed, not recorded
    machine = describe_machine()
    found = measure_all(options.forms, options.looks, pages, options.workers, options.seed)
    if options.misses is not None:
        write_misses(options.misses, found)
    record(
        "forms",
        "four example forms filled in by hands that trained nothing, as scans and as photos: pages "
        "registered, values read before and after the rules, repairs, planted wrong totals",
        {"planted_every": 5, "true_error": TRUE_ERROR, **summarize(found, options.looks)},
        options=options,
        machine=machine,
        command=None if pages == PAGES else f"python benchmarks/forms.py --pages {pages}",
        seeds=(options.seed,),
        bundles=[load_bundle("numbers"), load_bundle("digits")],
    )


if __name__ == "__main__":
    run(main)
