"""Digits a second: through the net alone, from picture files to readings, and one whole process.

    handsum bench speed

net      batches of 256 normalised digits through ONNX Runtime on two threads, for the nets of
         recipes tiny and digits (as trained where a bundle or run is here, else with random
         weights: time does not depend on them), and the article's net in PyTorch eager (two
         threads, evaluation and inference mode). All three by turns in the same process, after
         a warm-up; medians over the rounds.
files    10,000 PNG files of 112 px, one MNIST test digit each, black on white, to readings by
         `read_files`: what `handsum read FOLDER` does, without the start of the process.
command  `handsum read one.png`, whole process, median of 10 after a first one that warms the disk;
         the same with `--as digit`, and `handsum --version` for what Python alone takes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch
from drawings import draw_black_on_white
from PIL import Image
from record import describe_machine, parse_options, record, run, spread_of, take_part

from handsum.data.digits import prepare_digits
from handsum.data.sources import load_dataset
from handsum.export.digits import export_onnx
from handsum.models import build_model, count_parameters
from handsum.reader import DigitReader
from handsum.reader.stream import read_files
from handsum.train.config import load_recipe

ROOT = Path(__file__).parent.parent
PARTS = ("net", "files", "command")
THREADS = 2
BATCH = 256
BATCHES = 8  # a measurement; long enough for the clock, short enough to take turns
PAUSE = 0.05  # seconds in which the other runtime's threads stop spinning
FILES, SIDE = 10_000, 112


def build_runners(reader: DigitReader) -> dict[str, tuple[Callable[[], object], int]]:
    """What is timed, by name: a call that takes one batch through, and its parameters."""
    digits = prepare_digits(take_part(load_dataset("mnist:test"), BATCH))
    images = np.asarray(digits.inks[:, :1] / 255, np.float32)
    article = build_model("article", 10, {}).eval()
    signed = torch.from_numpy((images - 0.5) / 0.5)
    tiny = load_recipe(ROOT / "recipes" / "tiny.toml")
    net = build_model(tiny.model.name, 10, tiny.model.options)

    def run_article() -> None:
        with torch.inference_mode():
            article(signed)

    return {
        "tiny": (_in_onnxruntime(export_onnx(net, "unit"), images), count_parameters(net)),
        "digits": (
            _in_onnxruntime(reader.bundle.model_path.read_bytes(), images),
            int(reader.bundle.info.metrics["parameters"]),
        ),
        "article": (run_article, count_parameters(article)),
    }


def _in_onnxruntime(model: bytes, images: npt.NDArray[np.float32]) -> Callable[[], object]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: images})


def measure_net(reader: DigitReader, rounds: int) -> dict[str, Any]:
    """Digits a second of every net, taking turns; ratios to the article's, round by round."""
    torch.set_num_threads(THREADS)
    runners = build_runners(reader)
    rates: dict[str, list[float]] = {name: [] for name in runners}
    for index in range(rounds + 1):
        for name, (run_batch, _) in runners.items():
            time.sleep(PAUSE)
            run_batch()
            started = time.perf_counter()
            for _ in range(BATCHES):
                run_batch()
            if index > 0:  # the first round warms up
                rates[name].append(BATCH * BATCHES / (time.perf_counter() - started))
    article = np.array(rates["article"])
    return {
        "batch": BATCH,
        "threads": THREADS,
        "rounds": rounds,
        "parameters": {name: parameters for name, (_, parameters) in runners.items()},
        "digits_a_second": {name: spread_of(values, 0) for name, values in rates.items()},
        "times_the_articles": {
            name: spread_of(list(np.array(values) / article), 3)
            for name, values in rates.items()
            if name != "article"
        },
    }


def measure_files(reader: DigitReader, count: int, rounds: int) -> dict[str, Any]:
    """Digits a second from PNG files in a temporary folder."""
    data = take_part(load_dataset("mnist:test"), count)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        files = []
        for index, ink in enumerate(data.images):
            files.append(Path(name) / f"{index:05d}.png")
            Image.fromarray(draw_black_on_white(ink, SIDE, rng)).save(files[-1])
        list(read_files(reader, files[:512]))
        rates = []
        for _ in range(rounds):
            started = time.perf_counter()
            readings = list(read_files(reader, files))
            rates.append(len(readings) / (time.perf_counter() - started))
    return {"files": len(files), "side_px": SIDE, "digits_a_second": spread_of(rates, 0)}


def measure_command(times: int) -> dict[str, Any]:
    """Seconds of whole processes: one picture as a number and as a digit, and the version alone."""
    program = str(Path(sys.executable).with_name("handsum"))
    with tempfile.TemporaryDirectory() as name:
        picture = Path(name) / "one.png"
        ink = load_dataset("mnist:test").images[0]
        drawn = draw_black_on_white(ink, SIDE, np.random.default_rng(0))
        Image.fromarray(drawn).save(picture)
        commands = {
            "read": [program, "read", str(picture)],
            "read_as_digit": [program, "read", "--as", "digit", str(picture)],
            "version": [program, "--version"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for index in range(times + 1):
            for which, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                if index > 0:
                    seconds[which].append(time.perf_counter() - started)
    return {"seconds": {which: spread_of(values, 3) for which, values in seconds.items()}}


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=21, help="of the nets, by turns")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    reader = DigitReader()
    figures: dict[str, Any] = {}
    if "net" in options.parts:
        figures["net"] = measure_net(reader, options.rounds)
    if "files" in options.parts:
        figures["files"] = measure_files(reader, options.limit or FILES, 5)
    if "command" in options.parts:
        figures["command"] = measure_command(10)
    if set(options.parts) != set(PARTS):
        options.limit = options.limit or 0  # a part alone does not replace the whole
    record(
        "speed",
        "Digits a second through the nets, from files to readings, and one whole process.",
        figures,
        options=options,
        machine=machine,
        bundles=[reader.bundle],
    )


if __name__ == "__main__":
    run(main)
