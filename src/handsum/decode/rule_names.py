"""Tokens and names of a rule: indexes such as [*], [i] and [i-1], and the fields they mean."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from handsum.decode.rules import FieldDomain
from handsum.errors import DecodeError

_PART = r"[^\W\d]\w*(?:\[[^\]]*\])?"
_TOKEN = re.compile(
    rf"\s*(?:(?P<name>{_PART}(?:\.{_PART})*)|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<mark><=|>=|[=<>≤≥+\-−*×/(),]))"
)
_ALIKE = {"≤": "<=", "≥": ">=", "−": "-", "×": "*"}
_INDEX = re.compile(
    r"\s*(?:(?P<number>[0-9]+)|(?P<all>\*)|(?P<letter>[a-z])\s*(?P<off>[+-]\s*[0-9]+)?)\s*"
)
_LANGUAGE = "Write it like total = a + b, votes <= registered or date(born, dmy)."
INSTANCE_LIMIT = 10_000

Binding = dict[str, int]


@dataclass(frozen=True)
class Token:
    """A name, number or mark (``kind``) of a rule, and where it starts."""

    kind: str
    text: str
    at: int


class MissingNeighbourError(Exception):
    """A name with an offset, such as balance[i-1], lies outside the table."""


def rule_error(rule: str, at: int, what: str, remedy: str = _LANGUAGE) -> DecodeError:
    """What is wrong at a position of a rule, with a caret under it."""
    return DecodeError(
        f"rule {rule!r}, position {at + 1}: {what}\n  {rule}\n  {' ' * at}^\n", remedy
    )


def split_rule(text: str) -> list[Token]:
    """The tokens of a rule; DecodeError at what has no meaning."""
    tokens: list[Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise rule_error(text, at, f"{text[at]!r} has no meaning in a rule.")
        kind = str(match.lastgroup)
        found = match[kind]
        tokens.append(Token(kind, _ALIKE.get(found, found), match.start(kind)))
        at = match.end()
    for before, comma, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if comma.text == "," and before.kind == after.kind == "number" and comma.at + 1 == after.at:
            raise rule_error(
                text, comma.at, "a comma in a number.", "Write decimals with a point: 12.50."
            )
    if not tokens:
        raise rule_error(text, 0, "the rule is empty.")
    return tokens


FUNCTIONS = ("sum", "mean", "date")


class Names:
    """Which fields the names of one rule stand for."""

    def __init__(self, text: str, tokens: list[Token], fields: Mapping[str, FieldDomain]) -> None:
        self.text = text
        self.fields = fields
        self.tokens = [
            token
            for token, after in zip(tokens, [*tokens[1:], None], strict=True)
            if token.kind == "name"
            and token.text != "within"
            and not (token.text in FUNCTIONS and after is not None and after.text == "(")
        ]

    def _pieces(self, token: Token) -> list[str | re.Match[str]]:
        """A name as literal text and indexes in turn."""
        pieces: list[str | re.Match[str]] = []
        at = 0
        for bracket in re.finditer(r"\[([^\]]*)\]", token.text):
            pieces.append(token.text[at : bracket.start()] + "[")
            for n, index in enumerate(bracket[1].split(",")):
                match = _INDEX.fullmatch(index)
                if match is None:
                    raise rule_error(
                        self.text,
                        token.at + bracket.start() + 1,
                        f"index {index!r} is no number, * or letter.",
                        "Write cells as votes[3], votes[*], votes[i] or votes[i-1].",
                    )
                pieces += [","] * (n > 0) + [match]
            pieces.append("]")
            at = bracket.end()
        return [*pieces, token.text[at:]]

    def bindings(self) -> list[Binding]:
        """Every choice of numbers for the letters of the rule; one empty choice without letters."""
        found: dict[str, set[int]] = {}
        for token in self.tokens:
            pieces = self._pieces(token)
            letters = [p["letter"] for p in pieces if isinstance(p, re.Match) and p["letter"]]
            for letter in letters:
                found.setdefault(letter, set())
            if any(isinstance(p, re.Match) and p["off"] for p in pieces) or not letters:
                continue
            pattern = "".join(
                re.escape(p) if isinstance(p, str) else "([0-9]+)" if p["letter"] else "[0-9]+"
                for p in pieces
            )
            for name in self.fields:
                match = re.fullmatch(pattern, name)
                if match is not None:
                    for letter, number in zip(letters, match.groups(), strict=True):
                        found[letter].add(int(number))
            if any(not found[letter] for letter in letters):
                raise self.unknown(token, token.text)
        count = 1
        for letter, numbers in found.items():
            count *= len(numbers)
            if not numbers:
                token = next(t for t in self.tokens if f"[{letter}" in t.text or letter in t.text)
                raise rule_error(
                    self.text,
                    token.at,
                    f"nothing says which rows {letter} runs over.",
                    f"Name at least one column as x[{letter}], without + or -.",
                )
        if count > INSTANCE_LIMIT:
            raise rule_error(
                self.text, 0, f"the rule stands for {count} rules.", "Use fewer letters in it."
            )
        return [
            dict(zip(found, choice, strict=True))
            for choice in itertools.product(*(sorted(numbers) for numbers in found.values()))
        ]

    def resolve(self, token: Token, binding: Binding) -> list[str]:
        """The fields that a name stands for under a binding: one, or all that a * matches."""
        name, pattern, many, shifted = "", "", False, False
        for piece in self._pieces(token):
            if isinstance(piece, str):
                name, pattern = name + piece, pattern + re.escape(piece)
                continue
            if piece["all"]:
                many = True
                name, pattern = name + "*", pattern + "[0-9]+"
                continue
            if piece["letter"]:
                shift = int((piece["off"] or "0").replace(" ", ""))
                shifted |= shift != 0
                number = str(binding[piece["letter"]] + shift)
            else:
                number = piece["number"]
            name, pattern = name + number, pattern + re.escape(number)
        found = [name] if name in self.fields else []
        if many:
            found = [field for field in self.fields if re.fullmatch(pattern, field)]
        if not found:
            if shifted:
                raise MissingNeighbourError
            raise self.unknown(token, name)
        return found

    def unknown(self, token: Token, name: str) -> DecodeError:
        """No such field: the near one, or what fields there are."""
        known = list(self.fields)
        near = difflib.get_close_matches(name, known, 1, 0.5)
        remedy = f"Did you mean {near[0]}?" if near else f"The fields are {', '.join(known[:12])}."
        return rule_error(self.text, token.at, f"there is no field {name!r}.", remedy)

    def instance(self, binding: Binding) -> str:
        """The text of the rule with numbers in the place of letters."""
        if not binding:
            return self.text.strip()
        parts, at = [], 0
        for token in self.tokens:
            name = "".join(
                piece
                if isinstance(piece, str)
                else str(binding[piece["letter"]] + int((piece["off"] or "0").replace(" ", "")))
                if piece["letter"]
                else piece[0].strip()
                for piece in self._pieces(token)
            )
            parts += [self.text[at : token.at], name]
            at = token.at + len(token.text)
        return "".join([*parts, self.text[at:]]).strip()
