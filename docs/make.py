"""Write the parts of docs/*.md that follow from the code: commands, errors, recipe keys, nets.

python docs/make.py           writes them
python docs/make.py --check   exit code 1 where they are not as the code has them
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.models import ArgumentInfo

from handsum import errors
from handsum.cli import app
from handsum.forms import template_file
from handsum.models import MODELS
from handsum.train.config import Recipe
from handsum.train.numbers_config import NumbersRecipe

DOCS = Path(__file__).parent
LIMITS = {"gt": "over", "ge": "from", "lt": "under", "le": "to", "min_length": "at least"}
MARKED = re.compile(r"(<!-- made: ([a-z-]+) -->\n).*?(<!-- /made -->)", re.DOTALL)


def commands(group: typer.Typer, path: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command of ``group``, with its words and the function that it is."""
    for command in group.registered_commands:
        if command.callback is not None:
            name = command.name or command.callback.__name__.replace("_", "-")
            yield f"{path} {name}", command.callback
    for below in group.registered_groups:
        if below.typer_instance is not None:
            yield from commands(below.typer_instance, f"{path} {below.name}")


def write_commands() -> str:
    """A section a command: what it does, its arguments and options, its example."""
    return "\n".join(_command(path, function) for path, function in commands(app, "handsum"))


def write_errors() -> str:
    """A row an error: the code that JSON carries, the exit code, what it means."""
    rows = ["| code | exit code | meaning |", "|---|---|---|"]
    for cls in _subclasses(errors.HandsumError):
        meaning = (inspect.getdoc(cls) or "").splitlines()[0]
        rows.append(f"| `{cls.code}` | {cls.exit_code} | {meaning} |")
    return "\n".join(rows) + "\n"


def write_digit_recipe() -> str:
    """The keys of a recipe of digits."""
    return _recipe(Recipe)


def write_number_recipe() -> str:
    """The keys of a recipe of numbers."""
    return _recipe(NumbersRecipe)


def write_models() -> str:
    """A row a net: its options with their defaults, its first sentence."""
    rows = ["| name | options | what |", "|---|---|---|"]
    for name, build in MODELS.items():
        parameters = inspect.signature(build).parameters.values()
        options = ", ".join(
            f"`{p.name} = {_toml(p.default)}`" for p in parameters if p.name != "classes"
        )
        about = " ".join((inspect.getdoc(build) or "").split("\n\n")[0].split())
        rows.append(f"| `{name}` | {options} | {_cell(about)} |")
    return "\n".join(rows) + "\n"


def write_template_keys() -> str:
    """The keys of a form's template, a table of keys a table of the file."""
    parts: list[tuple[str, type[BaseModel]]] = [
        ("At the top", template_file.TemplateKeys),
        ("[page]", template_file.PageKeys),
        ("[[field]]", template_file.FieldKeys),
        ("[[table]]", template_file.TableKeys),
        ("[[table.column]]", template_file.ColumnKeys),
        ("[[text]]", template_file.TextKeys),
    ]
    shared = template_file.FormatKeys.model_fields
    lines: list[str] = []
    for name, part in parts:
        about = " ".join((inspect.getdoc(part) or "").replace("``", "`").split())
        column = part is template_file.ColumnKeys
        more = f" Beside these it takes {', '.join(map(_named, shared.items()))}, as a field does."
        lines += [f"### {name}\n", f"{about}{more if column else ''}\n"]
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        for key, field in part.model_fields.items():
            if _inner(field.annotation) is None and not (column and key in shared):
                lines.append(_key(field.alias or key, field))
        lines.append("")
    return "\n".join(lines)


def _named(item: tuple[str, FieldInfo]) -> str:
    return f"`{item[1].alias or item[0]}`"


MADE: dict[str, Callable[[], str]] = {
    "commands": write_commands,
    "errors": write_errors,
    "digit-recipe": write_digit_recipe,
    "number-recipe": write_number_recipe,
    "models": write_models,
    "template-keys": write_template_keys,
}


def renew(text: str) -> str:
    """The page with everything between its marks as the code has it now."""
    return MARKED.sub(lambda match: match[1] + MADE[match[2]]() + match[3], text)


def _command(path: str, function: Callable[..., Any]) -> str:
    about, _, example = (inspect.getdoc(function) or "").partition("Example:")
    rows = []
    for name, hint in get_type_hints(function, include_extras=True).items():
        if name != "return":
            default = inspect.signature(function).parameters[name].default
            rows.append(_option(name, hint, default))
    table = ["| option | default | meaning |", "|---|---|---|", *rows, ""] if rows else []
    return "\n".join([f"## {path}\n", about.strip() + "\n", *table, f"    {example.strip()}\n"])


def _option(name: str, hint: Any, default: Any) -> str:
    kind, info = hint.__origin__, hint.__metadata__[0]
    if isinstance(info, ArgumentInfo):
        names = f"`{(info.metavar or name.upper()).strip('[].')}`"
    else:
        # Inside Annotated the first name stands where otherwise the default would.
        named = [n for n in (info.default, *(info.param_decls or ())) if isinstance(n, str)]
        parts = [part for n in named for part in n.split("/")]  # --open/--no-open is two
        names = ", ".join(f"`{n}`" for n in parts or [f"--{name.replace('_', '-')}"])
    choices = [kind, *get_args(kind)]
    for choice in choices:
        if isinstance(choice, type) and issubclass(choice, Enum):
            names += " " + "\\|".join(str(member.value) for member in choice)
    given = getattr(default, "value", default)
    shown = "required" if given is inspect.Parameter.empty else f"`{given}`"
    if given is None or given is False:
        shown = ""
    return f"| {names} | {shown} | {_cell(info.help or '')} |"


def _subclasses(cls: type[errors.HandsumError]) -> Iterator[type[errors.HandsumError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _subclasses(child)


def _recipe(model: type[BaseModel]) -> str:
    """The table of the keys at the top, then one a table of the recipe."""
    tables: list[tuple[str, type[BaseModel]]] = [("", model)]
    lines: list[str] = []
    while tables:
        name, part = tables.pop(0)
        about = " ".join((inspect.getdoc(part) or "").replace("``", "`").split())
        lines += [f"### {f'[{name}]' if name else 'At the top'}\n", about + "\n"]
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        for key, field in part.model_fields.items():
            inner = _inner(field.annotation)
            if inner is not None and not _is_tuple(field.annotation):
                tables.append((f"{name}.{key}".lstrip("."), inner))
                continue
            if inner is not None:
                tables.append((f"{name}.{key}".lstrip("."), inner))
            lines.append(_key(key, field))
        lines.append("")
    return "\n".join(lines)


def _key(key: str, field: FieldInfo) -> str:
    if field.is_required():
        default = "required"
    else:
        default = f"`{_toml(field.get_default(call_default_factory=True))}`"
    meaning = _cell(field.description or "")
    return f"| `{key}` | {_cell(_kind(field))} | {_cell(default)} | {meaning} |"


def _kind(field: FieldInfo) -> str:
    names = _type(field.annotation)
    limits = [
        f"{word} {getattr(limit, attribute)}"
        for limit in field.metadata
        for attribute, word in LIMITS.items()
        if getattr(limit, attribute, None) is not None
    ]
    return " ".join([names, *limits])


def _type(annotation: Any) -> str:
    plain = {bool: "true or false", int: "whole number", float: "number", str: "text"}
    if annotation in plain:
        return plain[annotation]
    args = [arg for arg in get_args(annotation) if arg is not type(None)]
    origin = get_origin(annotation)
    if origin is Annotated:
        args = args[:1]
    elif origin is Literal:
        return ", ".join(map(str, args))
    elif origin is list or (origin is tuple and Ellipsis in args):
        return "list of tables" if _inner(annotation) else f"list of {_type(args[0])}s"
    elif origin is tuple:
        return f"[{', '.join(map(_type, args))}]"
    elif origin is dict:
        return f"table of {_type(args[1])}"
    return " or ".join(map(_type, args)) or "value"


def _is_tuple(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


def _inner(annotation: Any) -> type[BaseModel] | None:
    for arg in (annotation, *get_args(annotation)):
        if isinstance(arg, type) and issubclass(arg, BaseModel):
            return arg
    return None


def _toml(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def _cell(text: str) -> str:
    return " ".join(text.replace("``", "`").split()).replace("|", "\\|")


def run(check: bool) -> int:
    """Write the pages, or only say which are not as they should be; 1 if any is not."""
    stale = []
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text("utf-8")
        after = renew(before)
        if after != before:
            stale.append(page.name)
            if not check:
                page.write_text(after, "utf-8")
    for name in stale:
        print(f"{name}: {'is not as the code has it' if check else 'written'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(run("--check" in sys.argv[1:]))
