"""One HTML page that carries everything in itself: style, diagrams, pictures; no script.

Every text is escaped where it enters, so that a writer's name or a file's can say what it likes.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import numpy.typing as npt
from PIL import Image

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_LARGEST_SIDE = 160  # pixels of a picture in the page; it is shown smaller

_STYLE = """
:root { color-scheme: light dark;
  --page: #fbfaf8; --card: #ffffff; --text: #1d2129; --muted: #5d6573; --line: #e3e1dc;
  --accent: #1f5fbf; --soft: #1f5fbf26; --bad: #b3261e; --bad-soft: #b3261e; --note: #fdf3d8; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14161a; --card: #1d2026; --text: #e7e9ed; --muted: #a2aab8; --line: #343943;
  --accent: #7fb0ff; --soft: #7fb0ff2b; --bad: #ff9188; --bad-soft: #ff6b60; --note: #3a311a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 44rem; }
.muted, .under { color: var(--muted); }
.under { font-size: .85rem; }
.note { background: var(--note); border-radius: .5rem; padding: .6rem .8rem; margin: .75rem 0;
  max-width: none; }
.tiles { display: grid; gap: .75rem; margin: 1.25rem 0 .5rem;
  grid-template-columns: repeat(3, minmax(0, 1fr)); }
.tiles.four { grid-template-columns: repeat(4, minmax(0, 1fr)); }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .8rem 1rem; }
.tile.first { border-color: var(--accent); border-width: 2px; }
.tile b { display: block; font-size: 1.7rem; line-height: 1.3; font-weight: 600; }
.tile span { display: block; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: .5rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--muted); font-size: .85rem;
  vertical-align: bottom; }
th, td { padding: .28rem .9rem .28rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
td.name { white-space: normal; overflow-wrap: anywhere; max-width: 18rem; }
td.number, th.number { text-align: right; }
.range { position: relative; width: 11rem; height: .9rem; }
.range i { position: absolute; top: 7px; height: 2px; background: var(--accent);
  opacity: .6; min-width: 1px; }
.range b { position: absolute; top: 4px; width: 8px; height: 8px; margin-left: -4px;
  background: var(--accent); border-radius: 50%; }
.confusion td, .confusion th { text-align: center; padding: 0; width: 2.6rem; min-width: 1.9rem;
  height: 2.1rem; border: 1px solid var(--page); font-size: .8rem; vertical-align: middle; }
.confusion td.right { color: var(--muted); background: var(--line); }
.confusion td.zero { color: transparent; }
.confusion td.zero, .confusion td.wrong { background: var(--card); }
.confusion th.corner { width: 4rem; }
.pair { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); }
.pair > div { min-width: 0; }
svg { width: 100%; height: auto; max-width: 32rem; display: block; }
.cases { display: grid; gap: .75rem; margin: .75rem 0 0;
  grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); }
figure { margin: 0; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; padding: .6rem; min-width: 0; }
figure div { display: flex; gap: .4rem; align-items: center; }
figure img { width: 0; flex: 1 1 0; min-width: 0; height: 4.6rem; object-fit: contain;
  background: #80808022; border-radius: .25rem; image-rendering: pixelated; }
figcaption { margin-top: .4rem; line-height: 1.35; }
figcaption span { display: block; overflow-wrap: anywhere; }
.read { font-weight: 600; }
.bad { color: var(--bad); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line);
  font-size: .9rem; color: var(--muted); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { .tiles, .tiles.four, .cases {
    grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tile { padding: .6rem .7rem; } .tile b { font-size: 1.4rem; }
  table { font-size: .85rem; } th, td { padding-right: .6rem; } .drawn { display: none; }
  .confusion td, .confusion th { width: 1.8rem; min-width: 1.65rem; font-size: .68rem; }
  .confusion th.corner { width: 2rem; } }
"""


def page(title: str, body: Iterable[str]) -> str:
    """A whole document of sections that are HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def section(title: str, *parts: str) -> str:
    """A heading and what stands under it (HTML)."""
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def paragraph(text: str, kind: str = "") -> str:
    """A text as a paragraph; ``kind`` is a class of the style ("muted", "note")."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def tile(label: str, value: str, under: str, *, first: bool = False) -> str:
    """A figure that matters: what it is, its value, and what belongs to it."""
    return (
        f'<div class="tile{" first" if first else ""}"><span class="muted">{escape(label)}</span>'
        f'<b>{escape(value)}</b><span class="under">{escape(under)}</span></div>'
    )


def tiles(items: Sequence[str]) -> str:
    """Tiles beside each other."""
    return f'<div class="tiles{" four" if len(items) == 4 else ""}">{"".join(items)}</div>'


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], drawn: Sequence[int] = ()) -> str:
    """Rows of texts, the first column a name, the others numbers; ``drawn`` columns are HTML.

    A narrow screen leaves the drawn ones out.
    """
    kinds = ["name", *("drawn" if i in drawn else "number" for i in range(1, len(columns)))]
    # A name may break anywhere, but not into single letters.
    width = min(12, max((len(row[0]) for row in rows), default=0))
    styles = [f' style="min-width:{width}ch"', *("" for _ in columns[1:])]
    head = "".join(
        f'<th class="{kind}"{style}>{escape(name)}</th>'
        for kind, style, name in zip(kinds, styles, columns, strict=True)
    )
    lines = [
        "".join(
            f'<td class="{kind}">{cell if kind == "drawn" else breakable(cell)}</td>'
            for kind, cell in zip(kinds, row, strict=True)
        )
        for row in rows
    ]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n'
        "</tbody></table></div>"
    )


def breakable(text: str) -> str:
    """A name as HTML that may go on in another line after a slash."""
    return escape(text).replace("/", "/<wbr>")


def range_bar(low: float, value: float, high: float, floor: float) -> str:
    """An interval with its value as a bar and a dot, on an axis from ``floor`` to 1."""
    left, dot, right = (100 * (max(x, floor) - floor) / (1.0 - floor) for x in (low, value, high))
    return (
        f'<div class="range"><i style="left:{left:.1f}%;width:{right - left:.1f}%"></i>'
        f'<b style="left:{dot:.1f}%"></b></div>'
    )


def fact_list(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what they stand for, as a list."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in pairs)
    return f"<dl>{rows}</dl>"


def image(grey: npt.NDArray[np.uint8], alt: str) -> str:
    """A grey picture (H, W) in the page itself, as PNG, large ones reduced."""
    picture = Image.fromarray(np.ascontiguousarray(grey))
    picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{text}">'
