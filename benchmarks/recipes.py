"""Train recipes over several seeds and write mean and spread of their figures.

    python benchmarks/recipes.py tiny --seeds 5

Runs that are finished (runs/NAME-SEED/report.json) are not trained again. The test split is read
once a seed, by the training itself, after its last step. Results: benchmarks/results/NAME.json.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch

from handsum.train.config import load_recipe
from handsum.train.loop import REPORT, train
from handsum.train.mixture import load_mixture
from handsum.version import __version__

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", help="name of a file in recipes/")
    parser.add_argument("changes", nargs="*", help="key=value changes to the recipe")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    args = parser.parse_intermixed_args()

    recipe = load_recipe(Path("recipes") / f"{args.recipe}.toml", args.changes)
    mixture = None
    for seed in range(args.first, args.first + args.seeds):
        folder = args.runs / f"{recipe.name}-{seed}"
        if (folder / REPORT).is_file():
            continue
        if mixture is None:
            mixture = load_mixture(recipe.data, recipe.seed)
        resume = (folder / "checkpoint.pt").is_file()
        seeded = recipe.model_copy(update={"seed": seed})
        report = train(seeded, folder, resume=resume, mixture=mixture)
        print(
            f"{folder}: test {report['test/accuracy']:.4f} in {report['train/seconds']:.0f} s",
            flush=True,
        )

    reports = [
        json.loads(path.read_text("utf-8"))
        for path in sorted(args.runs.glob(f"{recipe.name}-[0-9]*/{REPORT}"))
        # article-20-0 is a run of article-20, not of article.
        if path.parent.name.removeprefix(f"{recipe.name}-").isdigit()
    ]
    write_result(recipe.name, reports)


def write_result(name: str, reports: list[dict[str, Any]]) -> None:
    """Mean, spread and each seed's value of every figure, with the machine."""
    figures = {}
    for key in sorted({k for r in reports for k, v in r.items() if isinstance(v, float)}):
        values = [r[key] for r in reports if key in r]
        figures[key] = {
            "mean": round(float(np.mean(values)), 6),
            "sd": round(float(np.std(values, ddof=1)), 6) if len(values) > 1 else None,
            "values": values,
        }
    result = {
        "command": f"python benchmarks/recipes.py {name} --seeds {len(reports)}",
        "recipe": name,
        "seeds": [r["seed"] for r in reports],
        "parameters": reports[0]["parameters"],
        "figures": figures,
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": torch.get_num_threads(),
            "torch": torch.__version__,
            "handsum": __version__,
        },
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(f"{name}: test {figures['test/accuracy']['mean']:.4f} ± {figures['test/accuracy']['sd']}")


if __name__ == "__main__":
    main()
