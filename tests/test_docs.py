"""The docs say what the code does: options, errors, recipe keys, and links that lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel

from handsum import errors
from handsum.bundle import BundleInfo
from handsum.forms import template_file
from handsum.forms.template import parse_template
from handsum.readings import BundleRef, Reading
from handsum.train.config import Recipe
from handsum.train.numbers_config import NumbersRecipe

ROOT = Path(__file__).parent.parent
COMING = {"calibrate", "verify-promise"}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "forms.md", "recipes.md"])
def test_what_is_made_from_the_code_is_as_the_code_has_it(make: ModuleType, name: str) -> None:
    page = (ROOT / "docs" / name).read_text("utf-8")
    assert make.renew(page) == page, "run: make docs"


def test_every_part_that_is_made_stands_in_a_page(make: ModuleType) -> None:
    pages = "".join(page.read_text("utf-8") for page in PAGES)
    for name in make.MADE:
        assert f"<!-- made: {name} -->" in pages


def test_every_command_option_and_error_is_there(make: ModuleType) -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    for path, function in make.commands(make.app, "handsum"):
        assert f"## {path}\n" in page
        for option in re.findall(r"--[a-z0-9-]{2,}", str(function.__annotations__)):
            assert f"`{option}`" in page
    for error in every_error(errors.HandsumError):
        assert f"| `{error.code}` | {error.exit_code} |" in page


def every_error(cls: type[errors.HandsumError]) -> Iterator[type[errors.HandsumError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from every_error(child)


def keys_of(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, str | None]]:
    for key, field in model.model_fields.items():
        yield f"{above}{key}", field.description
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from keys_of(part, f"{above}{key}.")


@pytest.mark.parametrize("model", [Recipe, NumbersRecipe])
def test_every_key_of_a_recipe_says_what_it_is(model: type[BaseModel]) -> None:
    page = (ROOT / "docs" / "recipes.md").read_text("utf-8")
    keys = dict(keys_of(model))
    assert len(keys) > 20
    for key, about in keys.items():
        assert about, f"{key} has no docstring below it"
        assert f"| `{key.rpartition('.')[2]}` |" in page or f"[{key}]" in page


def test_every_key_of_a_template_says_what_it_is() -> None:
    page = (ROOT / "docs" / "forms.md").read_text("utf-8")
    parts = ("TemplateKeys", "PageKeys", "FieldKeys", "TableKeys", "ColumnKeys", "TextKeys")
    for part in parts:
        for key, field in getattr(template_file, part).model_fields.items():
            assert field.description, f"{part}.{key} has no docstring below it"
            if key not in ("page", "field", "table", "text", "column"):
                assert f"| `{field.alias or key}` |" in page


def test_the_template_in_the_docs_is_one() -> None:
    page = (ROOT / "docs" / "forms.md").read_text("utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(parse_template(text, "forms.md", ROOT).fields) == 11


def test_every_key_of_a_bundle_and_a_reading_is_there() -> None:
    for page, keys in (
        ("bundle-format.md", BundleInfo.__dataclass_fields__),
        ("cli.md", Reading("", 1, (0, 0, 0, 0), "blank", "", None, 1, "review", "estimate", 0,
                           BundleRef("", "", "")).to_json()),
    ):  # fmt: skip
        text = (ROOT / "docs" / page).read_text("utf-8")
        for key in keys:
            assert f"`{key}`" in text, f"{page} lacks {key}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_docs_exist(make: ModuleType, page: Path) -> None:
    known = {path.split()[1] for path, _ in make.commands(make.app, "handsum")}
    for command in re.findall(r"(?:^ {4}|`)handsum ([a-z][a-z-]+)", page.read_text("utf-8"), re.M):
        if command in COMING and command not in known:
            pytest.skip(f"handsum {command} is not here yet")
        assert command in known, f"{page.name} names handsum {command}"
