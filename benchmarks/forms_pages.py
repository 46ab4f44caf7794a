"""Filled pages of the example forms with their truth, as scans and as phone photos.

    python benchmarks/forms_pages.py FOLDER [--forms NAME...] [--looks scan photo] [--pages 200]
    python benchmarks/forms_pages.py --examples     the two pages of each form in examples/forms

Writes FOLDER/FORM/LOOK/*.jpg, one pages.pdf of them if --pdf, and FOLDER/FORM/LOOK/truth.csv
(file,sheet,writer,field,text,kind,planted) and pages.csv (file,sheet,writer,planted,matrix).
The hands trained nothing: MNIST's test digits and the two writers of swiss2. Page n of a form, a
look and a seed is always the same. Every fifth sheet has a planted slip: one wrong total.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pypdfium2
from forms_looks import LOOKS, Look, Matrix, see_page
from forms_values import FORMS, SAMPLERS, Entry
from forms_writing import (
    DPI,
    Ink,
    Penman,
    sample_penman,
    write_comb,
    write_dash,
    write_number,
    write_tick,
)

from handsum.data.sources import load_dataset
from handsum.data.synthesis.hands import Hand, build_hands
from handsum.forms.fields import Field
from handsum.forms.print import draw_form
from handsum.forms.template import Template, load_template

SEED = 19
EXAMPLES: dict[str, tuple[tuple[Look, int], ...]] = {
    "polling-station": (("scan", 2), ("photo", 4)),
    "weather-log": (("scan", 3), ("photo", 4)),
    "mark-sheet": (("scan", 4), ("photo", 0)),
    "paying-in": (("scan", 3), ("photo", 4)),
}
"""Pages that lie in the checkout, of another seed: by their files' size, not by how they read."""
EXAMPLES_SEED = 23
PLANTED_EVERY = 5  # sheets: one of them has a wrong total
DASHES = 0.4  # of the writers who dash unused cells also dash empty fields


@dataclass(frozen=True)
class FilledPage:
    """A page as seen, and what stands on it.

    ``jpeg`` is the file; ``to_pixels`` (3, 3) takes millimetres of the form to its pixels;
    ``entries`` what stands in every field; ``planted`` the field with a wrong total, or None.
    """

    form: str
    look: Look
    index: int
    writer: str
    jpeg: bytes
    to_pixels: Matrix
    entries: dict[str, Entry]
    planted: str | None

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.form}-{self.look}-{self.index:04d}.jpg"

    @property
    def sheet(self) -> int:
        """The number in the page code."""
        return self.index + 1


def load_form(form: str) -> Template:
    """The template of an example."""
    return load_template(FORMS / form / "template.toml")


@cache
def unseen_hands() -> tuple[Hand, ...]:
    """MNIST's test digits (some 250 people as one hand) and the two writers of swiss2."""
    return build_hands(load_dataset("mnist:test")) + build_hands(load_dataset("swiss2"))


def fill_pages(
    template: Template, look: Look, count: int, seed: int = SEED, first: int = 0
) -> Iterator[FilledPage]:
    """Pages ``first`` to ``first + count - 1`` of a form."""
    for index in range(first, first + count):
        yield fill_page(template, look, index, seed)


def fill_page(template: Template, look: Look, index: int, seed: int = SEED) -> FilledPage:
    """One page: who writes, what, how it is seen; all from (form, look, seed, index)."""
    form = template.name
    rng = np.random.default_rng([seed, list(SAMPLERS).index(form), LOOKS.index(look), index])
    hands = unseen_hands()
    # Half the sheets are of the one hand that stands for many people.
    hand = hands[0] if index % 2 else hands[1 + int(rng.integers(len(hands) - 1))]
    by = sample_penman(hand, rng)
    filled = SAMPLERS[form](rng, index % PLANTED_EVERY == PLANTED_EVERY - 1)
    printed = render_sheet(template, index + 1)
    ink = np.zeros(printed.shape, np.uint8)
    dashes = by.unused == "dashed" and rng.random() < DASHES
    entries = {
        field.name: write_entry(ink, field, filled.entries[field.name], by, dashes, rng)
        for field in template.fields
    }
    seen = see_page(printed, ink, by, look, rng)
    return FilledPage(
        form, look, index, hand.name, seen.jpeg, seen.to_pixels, entries, filled.planted
    )


def write_entry(
    ink: Ink, field: Field, entry: Entry, by: Penman, dashes: bool, rng: np.random.Generator
) -> Entry:
    """Put an entry onto the page; what then stands there (zeros before it, a dash) comes back."""
    if entry.kind == "tick":
        write_tick(ink, field.box, by, rng)
    elif entry.kind == "blank":
        if not dashes or field.kind == "tick" or field.cells:
            return entry
        write_dash(ink, field.box, by, rng)
        return Entry("", "dashed")
    elif field.cells:
        text = entry.text.zfill(field.cells) if by.unused == "zeros" else entry.text
        write_comb(ink, text, field.box, field.cells, by, rng)
        return Entry(text)
    else:
        write_number(ink, entry.text, field.box, by, rng)
    return entry


def render_sheet(template: Template, sheet: int) -> npt.NDArray[np.uint8]:
    """The printed form with that sheet number at `DPI`, uint8 (H, W), paper 255."""
    document = pypdfium2.PdfDocument(draw_form(template, first=sheet))
    bitmap = document[0].render(scale=DPI / 72, grayscale=True)
    page = np.array(bitmap.to_numpy(), np.uint8).squeeze()
    document.close()
    return page


def write_pages(folder: Path, pages: Iterator[FilledPage]) -> int:
    """Pictures with truth.csv and pages.csv in a folder; gives the number of pages."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        (folder / "truth.csv").open("w", newline="", encoding="utf-8") as truth_file,
        (folder / "pages.csv").open("w", newline="", encoding="utf-8") as pages_file,
    ):
        truth = csv.writer(truth_file, lineterminator="\n")
        listed = csv.writer(pages_file, lineterminator="\n")
        truth.writerow(("file", "sheet", "writer", "field", "text", "kind", "planted"))
        listed.writerow(("file", "sheet", "writer", "planted", "to_pixels"))
        for page in pages:
            (folder / page.name).write_bytes(page.jpeg)
            matrix = " ".join(f"{v:.9g}" for v in page.to_pixels.ravel())
            listed.writerow((page.name, page.sheet, page.writer, page.planted or "", matrix))
            for name, entry in page.entries.items():
                planted = int(name == page.planted)
                row = (page.name, page.sheet, page.writer, name, entry.text, entry.kind, planted)
                truth.writerow(row)
            count += 1
    return count


def write_pdf(folder: Path) -> Path:
    """All pictures of a folder as one PDF, a page a picture."""
    document = pypdfium2.PdfDocument.new()
    for path in sorted(folder.glob("*.jpg")):
        image = pypdfium2.PdfImage.new(document)
        image.load_jpeg(str(path))
        width, height = image.get_px_size()
        page = document.new_page(width * 72 / 200, height * 72 / 200)
        image.set_matrix(pypdfium2.PdfMatrix().scale(width * 72 / 200, height * 72 / 200))
        page.insert_obj(image)
        page.gen_content()
    out = folder / "pages.pdf"
    document.save(str(out))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--examples", action="store_true", help="write those of examples/forms")
    parser.add_argument("--forms", nargs="*", default=list(SAMPLERS), choices=list(SAMPLERS))
    parser.add_argument("--looks", nargs="*", default=list(LOOKS), choices=LOOKS)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--pdf", action="store_true", help="one PDF of all pages beside them")
    options = parser.parse_args()
    if (options.folder is None) != options.examples:
        parser.error("name a folder, or ask for --examples")
    for form in options.forms:
        template = load_form(form)
        if options.examples:
            chosen = EXAMPLES[form]
            pages = iter(
                [fill_page(template, look, index, EXAMPLES_SEED) for look, index in chosen]
            )
            print(f"{FORMS / form / 'pages'}: {write_pages(FORMS / form / 'pages', pages)} pages")
            continue
        for look in options.looks:
            folder = options.folder / form / look
            pages = fill_pages(template, look, options.pages, options.seed, options.first)
            print(f"{folder}: {write_pages(folder, pages)} pages")
            if options.pdf:
                print(write_pdf(folder))


if __name__ == "__main__":
    main()
