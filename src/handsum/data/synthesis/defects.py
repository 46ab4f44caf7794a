"""Every defect by name, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from handsum.data.synthesis import beside, camera, printed
from handsum.data.synthesis.scene import Scene

Defect = Callable[[Scene, np.random.Generator, float], Scene]
"""(scene, rng, strength) -> scene; strength 0 is hardly visible, 1 the worst of real forms."""

WRITTEN: dict[str, Defect] = {
    "closing_mark": beside.closing_mark,
    "opening_mark": beside.opening_mark,
    "underline": beside.underline,
    "enclosure": beside.enclosure,
    "correction": beside.correction,
    "tall_cell": beside.tall_cell,
    "wide_cell": beside.wide_cell,
    "small_remark": beside.small_remark,
    "comb_borders": printed.comb_borders,
    "column_neighbours": beside.column_neighbours,
    "row_neighbours": beside.row_neighbours,
    "table_borders": printed.table_borders,
    "printed_text": printed.printed_text,
    "specks": beside.specks,
    "ruled_lines": printed.ruled_lines,
    "grid_paper": printed.grid_paper,
    "dotted_lines": printed.dotted_lines,
    "stamp": printed.stamp,
    "security_pattern": printed.security_pattern,
    "pressure": camera.pressure,
    "pencil": camera.pencil,
    "dry_pen": camera.dry_pen,
    "bleed_through": camera.bleed_through,
}
"""Before the ink is laid onto the paper."""

SEEN: dict[str, Defect] = {
    "paper_texture": camera.paper_texture,
    "shading": camera.shading,
    "dark_margin": camera.dark_margin,
    "turn": camera.turn,
    "perspective": camera.perspective,
    "tight_cut": camera.tight_cut,
    "low_resolution": camera.low_resolution,
    "enlarged": camera.enlarged,
    "blur": camera.blur,
    "motion_blur": camera.motion_blur,
    "contrast": camera.contrast,
    "noise": camera.noise,
    "binarise": camera.binarise,
    "inverted": camera.inverted,
    "jpeg": camera.jpeg,
}
"""After it."""

DEFECTS: dict[str, Defect] = {**WRITTEN, **SEEN}
