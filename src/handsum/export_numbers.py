"""From a run of the number reader to a bundle: ONNX of any batch and width, parity, calibration."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch
from PIL import Image

from handsum.bundle import BundleInfo, Golden, save_bundle
from handsum.charset import NUMBERS
from handsum.confidence.calibration import BetaMap, softmax
from handsum.confidence.fitting import fit_beta
from handsum.data.dataset import Dataset
from handsum.data.sources import SOURCES, load_dataset
from handsum.data.synthesis.camera import to_grey
from handsum.data.synthesis.compose import compose_number, sample_style
from handsum.data.synthesis.hands import build_hands
from handsum.data.synthesis.pool import DRAWN
from handsum.data.synthesis.scene import expose, place_number
from handsum.decode.texts import decode_text
from handsum.errors import TrainingError
from handsum.export import PARITY_TOLERANCE, Parity, quiet_exporter
from handsum.imaging.numbers import NUMBERS_VERSION, NumberConfig, prepare_number
from handsum.models import count_parameters
from handsum.models.numbers import CONTENTS, STRIDE, STRIP_HEIGHT, NumberNet
from handsum.train.numbers import load_number_net

PARITY_SAMPLES = 200
GOLDEN_HAND = "swiss8"
"""Public domain, so that pictures made from it may go into the bundle."""
_GOLDEN = ("0123", "70", "4111", "905", "28836")

Strips = Sequence[npt.NDArray[np.float32]]
"""Each float32 (48, W), ink 0 to 1."""


def export_numbers_bundle(
    run: Path, folder: Path, *, version: str, calibrate_on: Dataset, metrics: dict[str, Any]
) -> BundleInfo:
    """Make a bundle of a number run.

    ``calibrate_on`` are labelled crops that trained nothing; ``metrics`` the measured figures,
    which go into the bundle as they are. TrainingError where the exported net differs.
    """
    net, recipe = load_number_net(run)
    model = export_numbers_onnx(net)
    strips = [prepare_number(crop).ink for crop in calibrate_on.images]
    parity = check_numbers_parity(model, net, strips[:PARITY_SAMPLES])
    if parity.max_difference > PARITY_TOLERANCE or parity.changed:
        raise TrainingError(
            f"The exported net differs from PyTorch's: {parity}.", "Update onnxscript and torch."
        )
    golden = draw_golden(load_dataset(GOLDEN_HAND))
    info = BundleInfo(
        kind="numbers",
        name=recipe.name,
        version=version,
        charset=NUMBERS.symbols,
        classes=CONTENTS,
        input={"height": STRIP_HEIGHT, "width": None, "stride": STRIDE, "ink": "high",
               "range": [0, 1], "precision": "fp32"},
        imaging={"version": NUMBERS_VERSION, "parameters": asdict(NumberConfig())},
        calibration={
            **calibrate_numbers(model, strips, calibrate_on.texts).to_json(),
            "score": "P(content is number) times the posterior of the text",
            "fitted_on": f"{calibrate_on.name}, {len(calibrate_on)} crops",
        },
        training={"recipe": recipe.model_dump(mode="json"),
                  "data": describe_sources([s.name for s in recipe.data.sources])},
        metrics={"parameters": count_parameters(net), "parity": asdict(parity), **metrics},
        model_sha256=hashlib.sha256(model).hexdigest(),
        golden=tuple(golden),
        about=recipe.about,
    )  # fmt: skip
    save_bundle(folder, info, model, {g.file: data for g, data in golden.items()})
    return info


def export_numbers_onnx(net: NumberNet) -> bytes:
    """The net as ONNX in fp32: ``strips`` (N, 1, 48, W) to ``logits`` and ``content``.

    Any N, any W that is a multiple of 4 from 8 on; outputs as `NumberNet` gives them.
    """
    columns = torch.export.Dim("columns", min=2, max=4096)
    with quiet_exporter():
        program = torch.onnx.export(
            net.eval(), (torch.rand(2, 1, STRIP_HEIGHT, 192),), dynamo=True,
            input_names=["strips"], output_names=["logits", "content"],
            dynamic_shapes={"strips": {0: torch.export.Dim("n"), 3: STRIDE * columns}},
            opset_version=18, verbose=False,
        )  # fmt: skip
    if program is None:
        raise TrainingError("PyTorch gave no ONNX program.", "Update torch and onnxscript.")
    return bytes(program.model_proto.SerializeToString())


def check_numbers_parity(model: bytes, net: NumberNet, strips: Strips) -> Parity:
    """Compare an exported net with PyTorch's on strips of real crops, one by one."""
    largest, changed = 0.0, 0
    for strip, (logits, content) in zip(strips, run_numbers_onnx(model, strips), strict=True):
        with torch.no_grad():
            ours = [t[0].numpy() for t in net(torch.from_numpy(strip)[None, None])]
        largest = max(largest, float(np.abs(logits - ours[0]).max()),
                      float(np.abs(content - ours[1]).max()))  # fmt: skip
        same = np.array_equal(logits.argmax(axis=1), ours[0].argmax(axis=1))
        changed += not (same and content.argmax() == ours[1].argmax())
    return Parity(len(strips), largest, changed)


def run_numbers_onnx(
    model: bytes, strips: Strips
) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Logits (T, C) and content logits (4,) of each strip."""
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    for strip in strips:
        logits, content = session.run(None, {"strips": strip[None, None]})
        yield logits[0], content[0]


def calibrate_numbers(model: bytes, strips: Strips, texts: Sequence[str]) -> BetaMap:
    """The map from score to the chance that the whole reading is right, on crops of numbers."""
    scores, right = [], []
    for (logits, content), text in zip(run_numbers_onnx(model, strips), texts, strict=True):
        best = decode_text(np.log(softmax(logits)), NUMBERS, k=1).candidates[0]
        scores.append(float(softmax(content[None])[0, 0]) * best.posterior)
        right.append(best.text == text)
    return fit_beta(scores, right)


def draw_golden(data: Dataset) -> dict[Golden, bytes]:
    """A few plain numbers in public-domain hands, as PNG, with what they say."""
    golden: dict[Golden, bytes] = {}
    hands = build_hands(data)
    for index, text in enumerate(_GOLDEN):
        rng = np.random.default_rng([7, index])
        hand = hands[index % len(hands)]
        style = replace(sample_style(rng), gap=0.15, pen=0.09, zero_size=1.0, pitch=0.0, slant=0.1)
        scene = place_number(compose_number(text, hand, style, rng), style, hand, rng)
        buffer = io.BytesIO()
        Image.fromarray(to_grey(expose(scene).ground)).save(buffer, "PNG")
        golden[Golden(f"golden/{text}.png", "number", text)] = buffer.getvalue()
    return golden


def describe_sources(names: Sequence[str]) -> list[dict[str, str]]:
    """Name, origin and licence of each training source, for the bundle."""
    return [
        {"name": name, "origin": "made up by handsum", "licence": "Apache-2.0"}
        if name.startswith(DRAWN)
        else {"name": name, "origin": SOURCES[name].origin, "licence": SOURCES[name].licence}
        for name in names
    ]
