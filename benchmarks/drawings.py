"""MNIST digits drawn anew, for measuring: other sizes, papers, places and cameras.

Independent of `handsum.data.rerender`, which trains: other code (Pillow resamples, strokes get
sharp edges again), other ranges, other kinds of light and noise. Sizes are of the whole 28 x 28
frame, of which a digit fills 20 x 20: a frame of 20 px has a digit of 14 px.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

SMALLEST, LARGEST = 20, 400


def draw_frame(ink: Grey, side: int) -> Floats:
    """A 28 x 28 ink-high picture as a drawing of ``side`` pixels: (side, side), ink 0 to 1.

    Enlarged strokes are made crisp again: a drawing has edges of a pixel or two at any size.
    """
    how = Image.Resampling.BICUBIC if side >= 28 else Image.Resampling.BOX
    large = np.asarray(Image.fromarray(ink).resize((side, side), how), np.float64) / 255
    gain = max(1.0, 0.5 * side / 28)
    return np.asarray(np.clip((large - 0.5) * gain + 0.5, 0.0, 1.0))


def draw_black_on_white(ink: Grey, side: int, rng: np.random.Generator) -> Grey:
    """The frame itself, black on white."""
    del rng
    return _round(255 * (1 - draw_frame(ink, side)))


def draw_off_centre(ink: Grey, side: int, rng: np.random.Generator) -> Grey:
    """Black on white, anywhere in a picture of up to twice the frame's size, any proportions."""
    return _round(255 * (1 - _place(draw_frame(ink, side), rng, 2.0)))


def draw_on_grey(ink: Grey, side: int, rng: np.random.Generator) -> Grey:
    """Some grey ink on some grey paper, at least 60 grey levels apart."""
    drawn = _place(draw_frame(ink, side), rng, 1.3)
    paper, tone = _tones(rng)
    return _round(paper + (tone - paper) * drawn)


def draw_on_shade(ink: Grey, side: int, rng: np.random.Generator) -> Grey:
    """As on grey paper, in light that falls off to one side or into a corner, by up to a half."""
    drawn = _place(draw_frame(ink, side), rng, 1.3)
    paper, tone = _tones(rng)
    return _round((paper + (tone - paper) * drawn) * _light(drawn.shape, rng))


def draw_photo(ink: Grey, side: int, rng: np.random.Generator) -> Grey:
    """In uneven light, out of focus by up to a fiftieth of the frame, with noise and JPEG."""
    drawn = _place(draw_frame(ink, side), rng, 1.3)
    drawn = _blur(drawn, rng.uniform(0.0, 0.02) * side)
    paper, tone = _tones(rng)
    seen = (paper + (tone - paper) * drawn) * _light(drawn.shape, rng)
    grain = rng.normal(0.0, rng.uniform(2.0, 10.0), seen.shape)
    # A sensor's noise, some of it smeared over neighbours by the camera's own smoothing.
    seen = seen + (grain + np.roll(grain, 1, axis=1)) / 1.5
    buffer = io.BytesIO()
    quality = int(rng.integers(40, 91))
    Image.fromarray(_round(seen)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer), np.uint8)


def draw_light_on_dark(ink: Grey, side: int, rng: np.random.Generator) -> Grey:
    """Chalk on a board: as on grey paper, the other way round."""
    return np.asarray(255 - draw_on_grey(ink, side, rng), np.uint8)


KINDS: dict[str, Callable[[Grey, int, np.random.Generator], Grey]] = {
    "black_on_white": draw_black_on_white,
    "off_centre": draw_off_centre,
    "grey_paper": draw_on_grey,
    "shaded_paper": draw_on_shade,
    "photo": draw_photo,
    "light_on_dark": draw_light_on_dark,
}


def choose_side(rng: np.random.Generator) -> int:
    """A size from `SMALLEST` to `LARGEST`, as likely to double as to halve."""
    return round(float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))))


def _place(drawn: Floats, rng: np.random.Generator, most: float) -> Floats:
    """The drawing somewhere on a larger empty page, each side 1 to ``most`` times as long."""
    side = len(drawn)
    height, width = (round(side * rng.uniform(1.0, most)) for _ in range(2))
    y, x = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    page = np.zeros((height, width))
    page[y : y + side, x : x + side] = drawn
    return page


def _tones(rng: np.random.Generator) -> tuple[float, float]:
    paper = rng.uniform(120.0, 255.0)
    return float(paper), float(rng.uniform(0.0, paper - 60.0))


def _light(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Light (H, W), 1 where it is brightest: a plane or the falling-off from a lamp's place."""
    ys, xs = np.linspace(0, 1, shape[0])[:, None], np.linspace(0, 1, shape[1])[None, :]
    dimmest = rng.uniform(0.5, 0.9)
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        fall = np.cos(angle) * ys + np.sin(angle) * xs
    else:
        fall = np.hypot(ys - rng.uniform(0, 1), xs - rng.uniform(0, 1))
    fall = (fall - fall.min()) / max(float(np.ptp(fall)), 1e-9)
    return np.asarray(1 - (1 - dimmest) * fall)


def _blur(drawn: Floats, radius: float) -> Floats:
    """Out of focus: the mean over a disc's worth of box filters, ``radius`` in pixels."""
    steps = round(radius)
    for axis in (0, 1, 0, 1):
        if steps:
            drawn = np.mean(
                [np.roll(drawn, step, axis) for step in range(-(steps // 2), (steps + 1) // 2 + 1)],
                axis=0,
            )
    return drawn


def _round(picture: Floats) -> Grey:
    return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)
