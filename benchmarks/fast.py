"""Wall time to 99 % of MNIST with recipe fast, against the founding article's loop to 98 %.

    handsum bench fast

Both in this run on all cores, by turns, with the data in memory as tensors. Counted for both: the
training, from the first step to the last. Not counted: reading the data, and looking at the test
digits, which the article's loop does after every epoch to know when it has passed 98 % (in
evaluation mode; as printed it would never get there). Recipe fast is stopped by its schedule and
sees the test digits once, at its end.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from record import describe_machine, parse_options, record, run, spread_of
from torch import Tensor, nn

from handsum.data.sources import load_dataset
from handsum.models import build_model
from handsum.train.config import Recipe, load_recipe
from handsum.train.loop import Progress, train
from handsum.train.mixture import Mixture, load_mixture

RECIPE = Path(__file__).parent.parent / "recipes" / "fast.toml"
SEEDS, ARTICLE_SEEDS = 20, 4
WANTED, ARTICLE_WANTED = 0.99, 0.98
MOST_EPOCHS = 40


@dataclass(frozen=True)
class Timed:
    """One training: its wall time, its accuracy on the test digits, its epochs."""

    seconds: float
    accuracy: float
    epochs: int


def load_tensors(part: str) -> tuple[Tensor, Tensor]:
    """MNIST as the article's net takes it: (N, 1, 28, 28) from -1 to 1, and labels (N,)."""
    data = load_dataset(f"mnist:{part}")
    images = torch.from_numpy(np.stack(list(data.images))[:, None]).float() / 255
    return (images - 0.5) / 0.5, torch.tensor([int(text) for text in data.texts])


def train_article(
    seed: int, learn: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], most: int
) -> Timed:
    """The article's loop: SGD 0.01, momentum 0.5, batches of 100, until 98 % of the test digits."""
    torch.manual_seed(seed)
    images, labels = learn
    net = build_model("article", 10, {})
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.5)
    compute_loss = nn.CrossEntropyLoss()
    seconds, accuracy, epoch = 0.0, 0.0, 0
    while accuracy < ARTICLE_WANTED and epoch < most:
        started = time.perf_counter()
        net.train()
        for rows in torch.split(torch.randperm(len(images)), 100):
            optimizer.zero_grad()
            loss = compute_loss(net(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
        seconds += time.perf_counter() - started
        epoch += 1
        accuracy = measure_accuracy(net, test)
    return Timed(seconds, accuracy, epoch)


def measure_accuracy(net: nn.Module, data: tuple[Tensor, Tensor]) -> float:
    """The share of pictures (N, 1, 28, 28) whose largest output is their label."""
    net.eval()
    with torch.no_grad():
        outputs = torch.cat([net(batch) for batch in torch.split(data[0], 1000)])
    return float((outputs.argmax(dim=1) == data[1]).float().mean())


def train_fast(recipe: Recipe, mixture: Mixture, seed: int) -> Timed:
    """The recipe with another seed, from its first step to the end of its last epoch."""
    times: list[float] = []

    def note(_: Progress) -> None:
        times.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as name:
        started = time.perf_counter()
        seeded = recipe.model_copy(update={"seed": seed})
        report = train(seeded, Path(name), mixture=mixture, on_progress=note)
    # The last step's end; building the net and dealing the first epoch are counted too.
    return Timed(times[-1] - started, report["test/accuracy"], recipe.epochs)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--article-seeds", type=int, default=ARTICLE_SEEDS)
    parser.add_argument("--epochs", type=int, default=MOST_EPOCHS, help="at most, the article's")


def main() -> None:
    options = parse_options(__doc__, _add_options)
    machine = describe_machine()
    changes = [] if options.limit is None else [f"data.limit={options.limit}"]
    recipe = load_recipe(RECIPE, changes)
    mixture = load_mixture(recipe.data, recipe.seed)
    learn, test = load_tensors("train"), load_tensors("test")
    learn = (learn[0][: options.limit], learn[1][: options.limit])
    ours: list[Timed] = []
    article: list[Timed] = []
    every = max(1, options.seeds // options.article_seeds)
    for seed in range(options.seeds):
        if seed % every == 0 and len(article) < options.article_seeds:
            article.append(train_article(len(article), learn, test, options.epochs))
            print(f"article {len(article) - 1}: {article[-1]}", flush=True)
        ours.append(train_fast(recipe, mixture, seed))
        print(f"fast {seed}: {ours[-1]}", flush=True)
    seconds = spread_of([t.seconds for t in ours])
    slow = spread_of([t.seconds for t in article])
    figures = {
        "fast": {
            "seconds": seconds,
            "test_accuracy": spread_of([t.accuracy for t in ours], 6),
            "wanted": WANTED,
            "epochs": recipe.epochs,
        },
        "article": {
            "seconds": slow,
            "test_accuracy": spread_of([t.accuracy for t in article], 6),
            "wanted": ARTICLE_WANTED,
            "epochs": [t.epochs for t in article],
        },
        "share_of_the_articles_time": round(seconds["mean"] / slow["mean"], 4),
        "times_faster": round(slow["mean"] / seconds["mean"], 2),
        "threads": torch.get_num_threads(),
    }
    record(
        "fast",
        "Recipe fast to 99 % of MNIST's test digits against the article's loop to 98 %.",
        figures,
        options=options,
        machine=machine,
        seeds=list(range(options.seeds)),
    )


if __name__ == "__main__":
    run(main)
