"""What is made once for all tests: a small reader, trained and exported, and a PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusters import Cluster, find_binaries
from penned import drawn_recipe, drawn_registry

os.environ.setdefault("OMP_NUM_THREADS", "1")  # nothing here is large enough for two threads
os.environ["NO_COLOR"] = "1"
os.environ["COLUMNS"] = "160"  # help texts are not wrapped where a test looks


@pytest.fixture(scope="session")
def drawn_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of the tests' own, so that none reads or fills the user's."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def drawn_sources(drawn_cache: Path) -> Iterator[None]:
    """The registry with the drawn sets in it, during one test."""
    with drawn_registry(drawn_cache):
        yield


@pytest.fixture(scope="session")
def drawn_run(tmp_path_factory: pytest.TempPathFactory, drawn_cache: Path) -> Path:
    """The folder of a finished run that reads drawn digits and refuses scribbles."""
    from handsum.train.config import parse_recipe
    from handsum.train.loop import train

    folder = tmp_path_factory.mktemp("runs") / "drawn-0"
    with drawn_registry(drawn_cache):
        train(parse_recipe(drawn_recipe(), "drawn"), folder)
    return folder


@pytest.fixture(scope="session")
def shipped_drawn_bundle(
    drawn_run: Path, drawn_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """That run's bundle, not to be changed."""
    from handsum.export import export_bundle

    folder = tmp_path_factory.mktemp("bundles") / "drawn"
    with drawn_registry(drawn_cache):
        export_bundle(drawn_run, folder, version="1")
    return folder


@pytest.fixture
def drawn_bundle(shipped_drawn_bundle: Path, tmp_path: Path) -> Path:
    """A copy of that bundle, for the test to read with or to spoil."""
    return Path(shutil.copytree(shipped_drawn_bundle, tmp_path / "drawn-bundle"))


@pytest.fixture(scope="session")
def number_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that would read numbers, had it learned anything."""
    from scripted import save_number_run

    return save_number_run(tmp_path_factory.mktemp("runs") / "scripted-0")


@pytest.fixture(scope="session")
def number_bundle(number_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That run's bundle, not to be changed."""
    from handsum.export.numbers import export_numbers
    from scripted import drawn_numbers

    folder = tmp_path_factory.mktemp("bundles") / "scripted"
    export_numbers(number_run, folder, version="1", crops=[drawn_numbers(["12", "703", "4"])])
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A running server; skips where PostgreSQL or its driver is not installed."""
    pytest.importorskip("pg8000", reason="the extra postgres is not installed")
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's programs are not installed")
    server = Cluster(binaries)
    server.start()
    try:
        yield server
    finally:
        server.stop()
