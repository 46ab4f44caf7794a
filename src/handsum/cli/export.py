"""``handsum export``: a run into a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[
        Path,
        typer.Argument(
            help="A run's folder, as handsum train made it; or a bundle of numbers, to calibrate "
            "it anew under another --version."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The bundle's folder.")],
    version: Annotated[str, typer.Option("--version", help="The bundle's version.")] = "1",
    int8: Annotated[bool, typer.Option("--int8", help="Weights and activations in int8.")] = False,
) -> None:
    """Make a bundle of a run: ONNX, parity with PyTorch, calibration, golden pictures.

    Example: handsum export runs/digits-0 -o my-digits
    """
    from handsum.cli.extras import check_extra

    check_extra("train", "torch", "onnx", "onnxscript")
    from handsum.export import export_bundle

    info = export_bundle(run, out, version=version, int8=int8)
    parity = info.metrics["parity"]
    answers = "digits" if info.kind == "digits" else "readings"
    typer.echo(
        f"{out}: {info.kind} {info.name} {info.version}, sha256 {info.model_sha256[:12]}\n"
        f"parity on {parity['samples']} samples: logits within {parity['max_difference']:.2g}, "
        f"{parity['changed']} {answers} changed"
    )
    if info.kind == "digits":
        typer.echo(f"temperature {info.calibration['temperature']:.3f}")
    else:
        text = info.metrics["val/text"]
        typer.echo(
            f"calibration: {info.calibration['text']['kind']}, on {text['n']:,} numbers"
            f" ({info.calibration['fitted_on']}), ECE {100 * text['ece']:.1f} % on hands left out"
        )
