"""From a run of the number reader to a bundle: ONNX of any batch and width, parity, calibration."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch
from PIL import Image
from pydantic import ValidationError

from handsum.bundle import MODEL, BundleInfo, Golden, load_bundle, save_bundle
from handsum.charset import NUMBERS
from handsum.data.dataset import Dataset
from handsum.data.sources import SOURCES, load_dataset
from handsum.data.synthesis.camera import to_grey
from handsum.data.synthesis.compose import compose_number, sample_style
from handsum.data.synthesis.drawn import draw_hands
from handsum.data.synthesis.hands import Hand, build_hands
from handsum.data.synthesis.pool import DRAWN
from handsum.data.synthesis.scene import expose, place_number
from handsum.errors import BundleError, TrainingError, UsageError
from handsum.export.calibrate import begin_calibration, calibrate_reader
from handsum.export.crops import load_calibration_crops
from handsum.export.programs import Parity, quantize, quiet_exporter
from handsum.imaging.numbers import NUMBERS_VERSION, NumberConfig, prepare_number
from handsum.models import count_parameters
from handsum.models.numbers import CONTENTS, STRIDE, STRIP_HEIGHT, NumberNet
from handsum.reader.numbers import NumberReader
from handsum.train.numbers import load_number_net
from handsum.train.numbers_config import NumbersRecipe

PARITY_SAMPLES = 200
GOLDEN_HANDS = "swiss8"
"""Public domain, so that pictures made from it may go into the bundle."""
_GOLDEN = ("0123", "70", "4111", "905", "28836")

Strips = Sequence[npt.NDArray[np.float32]]
"""Each float32 (48, W), ink 0 to 1."""


def export_numbers(
    run: Path,
    folder: Path,
    *,
    version: str,
    int8: bool = False,
    crops: Sequence[Dataset] | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> BundleInfo:
    """Make a bundle of a number run.

    ``crops`` are labelled crops that trained nothing, to calibrate on (default: see
    `load_calibration_crops`); ``metrics`` measured figures, which go into the bundle as they
    are. TrainingError where the exported net differs from PyTorch's.
    """
    net, recipe = load_number_net(run)
    crops = load_calibration_crops(recipe) if crops is None else crops
    images = [image for data in crops for image in data.images]
    apart = max(1, len(images) // PARITY_SAMPLES)
    strips = [prepare_number(image).ink for image in images[::apart][:PARITY_SAMPLES]]
    model = export_numbers_onnx(net)
    parity = check_numbers_parity(model, net, strips)
    parity.check()
    if int8:
        model = quantize(model, ({"strips": strip[None, None]} for strip in strips))
        parity = check_numbers_parity(model, net, strips)
    info = BundleInfo(
        kind="numbers",
        name=recipe.name,
        version=version,
        charset=NUMBERS.symbols,
        classes=CONTENTS,
        input={"height": STRIP_HEIGHT, "width": None, "stride": STRIDE, "ink": "high",
               "range": [0, 1], "precision": "int8" if int8 else "fp32"},
        imaging={"version": NUMBERS_VERSION, "parameters": asdict(NumberConfig())},
        calibration=begin_calibration(),
        training={"recipe": recipe.model_dump(mode="json"), "data": describe_sources(recipe)},
        metrics={"parameters": count_parameters(net), "parity": asdict(parity), **(metrics or {})},
        model_sha256=hashlib.sha256(model).hexdigest(),
        about=recipe.about,
    )  # fmt: skip
    # Calibrated is what the very reader says that will use the bundle.
    with TemporaryDirectory() as draft:
        save_bundle(Path(draft), info, model, {})
        reader = NumberReader(Path(draft), threads=torch.get_num_threads())
        calibration, val = calibrate_reader(reader, crops)
        golden = {
            one: picture
            for one, picture in draw_golden(_golden_hands(recipe)).items()
            if reader.read(picture)[0].text == one.text
        }
    info = replace(
        info,
        calibration=calibration,
        golden=tuple(golden),
        metrics={**info.metrics, **val},
    )
    save_bundle(folder, info, model, {g.file: data for g, data in golden.items()})
    return info


def recalibrate_numbers(
    bundle: Path, folder: Path, *, version: str, crops: Sequence[Dataset] | None = None
) -> BundleInfo:
    """A bundle of numbers with the same net and a calibration fitted anew.

    ``version`` has to be another: promises are kept by version, and the confidences change.
    UsageError where it is the same; ``crops`` as for `export_numbers`.
    """
    info = load_bundle(bundle, kind="numbers", imaging_version=NUMBERS_VERSION).info
    if version == info.version:
        raise UsageError(
            f"{bundle} has the version {version} already, and promises are kept by it.",
            "Give the new calibration another version: --version.",
        )
    if crops is None:
        crops = load_calibration_crops(_recipe_of(info, bundle))
    info = replace(info, version=version, calibration=begin_calibration())
    model = (bundle / MODEL).read_bytes()
    pictures = {golden.file: (bundle / golden.file).read_bytes() for golden in info.golden}
    with TemporaryDirectory() as draft:
        save_bundle(Path(draft), info, model, pictures)
        reader = NumberReader(Path(draft), threads=torch.get_num_threads())
        calibration, val = calibrate_reader(reader, crops)
    info = replace(info, calibration=calibration, metrics={**info.metrics, **val})
    save_bundle(folder, info, model, pictures)
    return info


def _recipe_of(info: BundleInfo, bundle: Path) -> NumbersRecipe:
    try:
        return NumbersRecipe.model_validate(info.training.get("recipe"))
    except ValidationError as error:
        raise BundleError(
            f"{bundle}: its recipe is none of this version: {error.errors()[0]['msg']}.",
            "Export its run again.",
        ) from error


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


def draw_golden(hands: Sequence[Hand]) -> dict[Golden, bytes]:
    """A few plain numbers in the given hands, as PNG, with what they say."""
    golden: dict[Golden, bytes] = {}
    for index, text in enumerate(_GOLDEN):
        rng = np.random.default_rng([7, index])
        hand = hands[index % len(hands)]
        style = replace(sample_style(rng), gap=0.15, pen=0.09, zero_size=1.0, pitch=0.0, slant=0.1)
        scene = place_number(compose_number(text, hand, style, rng), style, hand, rng, tone=0.8)
        buffer = io.BytesIO()
        Image.fromarray(to_grey(expose(scene).ground)).save(buffer, "PNG")
        golden[Golden(f"golden/{text}.png", "number", text)] = buffer.getvalue()
    return golden


def _golden_hands(recipe: NumbersRecipe) -> tuple[Hand, ...]:
    """Hands in the public domain if the recipe learned from them, else drawn ones."""
    if any(source.name == GOLDEN_HANDS for source in recipe.data.sources):
        return build_hands(load_dataset(GOLDEN_HANDS))
    return draw_hands(len(_GOLDEN), seed=2, weight=1.0)


def describe_sources(recipe: NumbersRecipe) -> list[dict[str, str]]:
    """Name, origin and licence of each training source, for the bundle."""
    return [
        {"name": name, "origin": "made up by handsum", "licence": "Apache-2.0"}
        if name.startswith(DRAWN)
        else {"name": name, "origin": SOURCES[name].origin, "licence": SOURCES[name].licence}
        for name in (source.name for source in recipe.data.sources)
    ]
