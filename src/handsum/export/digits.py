"""From a run of single digits to a bundle: parity, calibration on val, golden pictures."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch
from PIL import Image
from torch import Tensor, nn

from handsum.bundle import BundleInfo, Golden, save_bundle
from handsum.charset import DIGITS
from handsum.confidence.fitting import fit_temperature
from handsum.data.digits import NOT_A_DIGIT
from handsum.data.rejects import draw_blank_papers
from handsum.data.sources import SOURCES
from handsum.errors import TrainingError
from handsum.export.programs import Parity, quantize, quiet_exporter
from handsum.imaging.normalize import IMAGING_VERSION, NormalizeConfig, normalize
from handsum.reader.views import BELOW, look_from_further_sides
from handsum.train.config import Recipe
from handsum.train.loop import REPORT, load_net, predict_logits, scale_images
from handsum.train.mixture import load_mixture

PARITY_SAMPLES = 1000
KEPT_DIGITS = 0.99975
"""Share of val's digits that would be read right and must not be refused.

Unseen hands are refused two to three times as often."""


def export_digits(run: Path, folder: Path, *, version: str, int8: bool = False) -> BundleInfo:
    """Make a bundle of a digit run: the net, its calibration on val, parity, golden pictures.

    Needs the run's data again, for the 1,000 real samples of parity and for the golden pictures.
    TrainingError where the run has no val part to calibrate on or the exported net differs.
    """
    net, recipe = load_net(run)
    report = _load_report(run)
    mixture = load_mixture(recipe.data, recipe.seed)
    if mixture.val is None:
        raise TrainingError(
            f"{run} kept nothing to calibrate on.", "Train with data.val_share above 0."
        )
    apart = max(1, len(mixture.train) // PARITY_SAMPLES)
    samples = mixture.train.inks[::apart, 0][:PARITY_SAMPLES]
    offset = 0.0
    if recipe.data.reject:
        val_logits = predict_logits(net, mixture.val.inks[:, 0], recipe.data.scale)
        offset = fit_reject_offset(val_logits, mixture.val.labels)
        lower_reject(net, offset)
    model = export_onnx(net, recipe.data.scale)
    parity = check_parity(model, net, recipe.data.scale, samples)
    parity.check()
    if int8:
        model = quantize_onnx(model, samples)
        parity = check_parity(model, net, recipe.data.scale, samples)
    logits = look_from_further_sides(partial(run_onnx, model), mixture.val.inks[:, 0])
    # A quarter of val is rubbish, which no form holds: its doubts would make digits look unsure.
    digits = mixture.val.labels < NOT_A_DIGIT
    golden = _golden_pictures(recipe, model)
    info = BundleInfo(
        kind="digits",
        name=recipe.name,
        version=version,
        charset=DIGITS.symbols,
        classes=("not_a_number",) if logits.shape[1] > len(DIGITS.symbols) else (),
        input={"height": 28, "width": 28, "ink": "high", "range": [0, 1], "precision":
               "int8" if int8 else "fp32"},
        imaging={"version": IMAGING_VERSION, "parameters": asdict(NormalizeConfig())},
        calibration={
            **fit_temperature(logits[digits], mixture.val.labels[digits]).to_json(),
            "reject_offset": offset,
            "views_below": BELOW,
            "blank_confidence": measure_blank_confidence(mixture.val.inks[:, 0]),
            "fitted_on": f"val part of the recipe's data, {int(digits.sum())} digits",
        },
        training={"recipe": recipe.model_dump(mode="json"), "data": list(mixture.sources)},
        metrics={
            **{key: value for key, value in report.items() if isinstance(value, int | float)},
            "parity": asdict(parity),
        },
        model_sha256=hashlib.sha256(model).hexdigest(),
        golden=tuple(golden),
        about=recipe.about,
    )  # fmt: skip
    save_bundle(folder, info, model, {g.file: data for g, data in golden.items()})
    return info


def _load_report(run: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((run / REPORT).read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{run / REPORT} cannot be read: {error}.",
            "Finish the run with handsum train --resume.",
        ) from error


def fit_reject_offset(
    logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], keep: float = KEPT_DIGITS
) -> float:
    """What to take from the logit of "not a digit" so that a share ``keep`` of digits is kept.

    An epoch of training holds far more rubbish than a form does, so the net refuses too readily.
    ``logits`` (N, 11) and ``labels`` (N,) are val's; only digits count that the net would read
    right, since one that it misreads is better refused. Never below 0.
    """
    digits = logits[:, :NOT_A_DIGIT]
    right = digits.argmax(axis=1) == labels
    surplus = np.sort(logits[right, NOT_A_DIGIT] - digits[right].max(axis=1))[::-1]
    lost = int(len(surplus) * (1.0 - keep) + 1e-9)
    if not len(surplus):
        return 0.0
    # Half way between the last that is lost and the first that is kept: so far out there are few.
    last = float(surplus[lost - 1]) if lost else float(surplus[lost])
    return max(0.0, 0.5 * (last + float(surplus[lost])) + 1e-4)


def lower_reject(net: nn.Module, offset: float) -> None:
    """Take ``offset`` from the last layer's bias for "not a digit", in place."""
    last = [module for module in net.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        last.bias[NOT_A_DIGIT] -= offset


def measure_blank_confidence(inks: npt.NDArray[np.uint8]) -> float:
    """How often a picture that the imaging calls blank is blank, where half of all pictures are.

    ``inks`` are normalised real digits; one that came out empty is a digit lost. Blank paper is
    drawn. One half is added to each count, so that a finite sample claims no certainty.
    """
    papers = draw_blank_papers(2000, seed=0)
    found = sum(normalize(paper, "auto").blank for paper in papers) / len(papers)
    lost = (float((~inks.any(axis=(1, 2))).sum()) + 0.5) / (len(inks) + 1)
    return found / (found + lost)


def _golden_pictures(recipe: Recipe, model: bytes) -> dict[Golden, bytes]:
    """Every other digit from the recipe's first public-domain set, as PNG.

    The first pictures that the net reads rightly: they are to show a broken installation, not a
    weak net.
    """
    for source in recipe.data.train:
        known = SOURCES.get(source.name)
        if known is not None and known.licence == "public domain":
            data = known.load()
            break
    else:
        return {}
    golden: dict[Golden, bytes] = {}
    for text in "02468":
        images = [image for image, t in zip(data.images, data.texts, strict=True) if t == text]
        inks = [normalize(image).ink for image in images[:50]]
        right = run_onnx(model, np.stack(inks)).argmax(axis=1) == int(text) if inks else inks
        if not np.any(right):
            continue
        buffer = io.BytesIO()
        Image.fromarray(images[int(np.argmax(right))]).save(buffer, "PNG")
        golden[Golden(f"golden/{text}.png", "number", text)] = buffer.getvalue()
    return golden


class _Scaled(nn.Module):
    """A net that takes ink 0 to 1, whatever scale it was trained at."""

    def __init__(self, net: nn.Module, scale: str) -> None:
        super().__init__()
        self.net = net
        self.scale = scale

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.net(scale_images(images, self.scale))
        return logits


def export_onnx(net: nn.Module, scale: str) -> bytes:
    """The net as ONNX in fp32: ``images`` (N, 1, 28, 28), ink 0 to 1, to ``logits`` (N, C)."""
    wrapped = _Scaled(net, scale).eval()
    example = torch.zeros(2, 1, 28, 28)
    with quiet_exporter():
        program = torch.onnx.export(
            wrapped, (example,), dynamo=True, input_names=["images"], output_names=["logits"],
            dynamic_shapes={"images": {0: torch.export.Dim("n")}}, opset_version=18, verbose=False,
        )  # fmt: skip
    if program is None:
        raise TrainingError("PyTorch gave no ONNX program.", "Update torch and onnxscript.")
    return bytes(program.model_proto.SerializeToString())


def quantize_onnx(model: bytes, inks: npt.NDArray[np.uint8]) -> bytes:
    """The net in int8, its ranges taken from ``inks`` (N, 28, 28)."""
    images = inks[:, None].astype(np.float32) / np.float32(255)
    return quantize(model, ({"images": images[i : i + 128]} for i in range(0, len(images), 128)))


def run_onnx(model: bytes, inks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Logits (N, C) of an exported net for inks uint8 (N, 28, 28)."""
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    images = inks[:, None].astype(np.float32) / 255
    batches = (images[i : i + 512] for i in range(0, len(images), 512))
    logits = np.concatenate([session.run(None, {"images": batch})[0] for batch in batches])
    return np.asarray(logits, np.float64)


def check_parity(model: bytes, net: nn.Module, scale: str, inks: npt.NDArray[np.uint8]) -> Parity:
    """Compare an exported net with PyTorch's on ``inks`` (real samples, not noise)."""
    ours, theirs = run_onnx(model, inks), predict_logits(net, inks, scale)
    changed = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
    return Parity(len(inks), float(np.abs(ours - theirs).max()), changed)
