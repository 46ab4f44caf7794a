"""Rules as a template writes them: ``valid + rejected = cast <= registered``.

    total = a + b + c                       sums and differences; - and ( ) as usual
    total = votes[*]                        all cells of a column, also sum(votes[*])
    rows[i].sum = rows[i].a + rows[i].b     one rule for every row i; [i,*], [*,j] in a grid
    balance[i] = balance[i-1] + amount[i]   a running total
    pay = 12.50 * hours within 0.005        a printed factor, a result that was rounded
    votes <= registered                     also <, >, >=, and chains
    date(born, dmy)                         or mdy, ymd; date(born, dmy, 1900) for two-digit years

``mean(x[*])`` is the sum over the number of cells, those left blank among them. At least one side
of every product is a number: everything stays linear, hence exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from handsum.decode.rule_checks import check_rules
from handsum.decode.rule_names import (
    Binding,
    MissingNeighbourError,
    Names,
    Token,
    rule_error,
    split_rule,
)
from handsum.decode.rules import (
    DateOrder,
    DateRule,
    FieldDomain,
    LinearRule,
    Relation,
    Rule,
    RuleSet,
    Term,
)

_ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")

_Form = tuple[dict[str, Fraction], Fraction]


def parse_rules(texts: Iterable[str], fields: Mapping[str, FieldDomain]) -> RuleSet:
    """The rules that ``texts`` state about ``fields`` (name -> what its format can hold).

    DecodeError with the position, a caret under it and a remedy if a text is no rule or names an
    unknown field, and naming the rules if they contradict each other or the formats (see
    handsum.decode.rule_checks for what can be found).
    """
    rules: list[Rule] = []
    for text in texts:
        rules += _parse_rule(text, fields)
    check_rules(rules, fields)
    return RuleSet(tuple(rules))


def _parse_rule(text: str, fields: Mapping[str, FieldDomain]) -> list[Rule]:
    if "\n" in text:
        raise rule_error(text.replace("\n", " "), text.index("\n"), "a rule is one line.")
    tokens = split_rule(text)
    names = Names(text, tokens, fields)
    rules: list[Rule] = []
    skipped = 0
    for binding in names.bindings():
        try:
            rules += _Parser(text, tokens, names, binding).rule()
        except MissingNeighbourError:
            skipped += 1
    if not rules:
        at = next(token.at for token in tokens if token.kind == "name")
        what = "no row has all the fields that the rule names." if skipped else "nothing is named."
        raise rule_error(text, at, what, "Check the indexes and the names of the table's columns.")
    return rules


class _Parser:
    """Recursive descent over the tokens of one rule under one binding of its letters."""

    def __init__(self, text: str, tokens: list[Token], names: Names, binding: Binding) -> None:
        self.text, self.names, self.binding = text, names, binding
        self.tokens = [*tokens, Token("end", "", len(text.rstrip()))]
        self.n = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.n]

    def take(self, *texts: str) -> Token | None:
        if self.here.kind == "end" or self.here.text not in texts:
            return None
        self.n += 1
        return self.tokens[self.n - 1]

    def expect(self, text: str) -> None:
        if self.take(text) is None:
            found = repr(self.here.text) if self.here.text else "the end"
            raise rule_error(self.text, self.here.at, f"{text!r} is expected, not {found}.")

    def rule(self) -> list[Rule]:
        if self.here.text == "date" and self.tokens[self.n + 1].text == "(":
            return [self.date()]
        sides, relations = [self.expression()], []
        while relation := self.take("=", "<=", ">=", "<", ">"):
            relations.append(relation)
            sides.append(self.expression())
        if not relations:
            raise rule_error(self.text, self.here.at, "a relation (=, <=, <, >=, >) is missing.")
        within = Fraction(0)
        if self.take("within"):
            if self.here.kind != "number":
                raise rule_error(self.text, self.here.at, "within needs a number.")
            within = Fraction(self.here.text)
            self.n += 1
        self.finish()
        shown, *tail = re.split(r"\bwithin\b", self.names.instance(self.binding))
        ending = f" within{tail[0]}" if tail else ""
        parts = [part.strip() for part in re.split("<=|>=|[=<>≤≥]", shown)]
        return [
            self.linear(f"{a} {relation.text} {b}{ending}", left, relation, right, within)
            for a, b, left, relation, right in zip(
                parts, parts[1:], sides, relations, sides[1:], strict=False
            )
        ]

    def finish(self) -> None:
        if self.here.kind != "end":
            raise rule_error(self.text, self.here.at, f"{self.here.text!r} is too much here.")

    def date(self) -> DateRule:
        self.n += 2
        names = self.field()
        if len(names) != 1:
            raise rule_error(self.text, self.here.at, "a date is one field, not a whole column.")
        if self.take(",") is None or self.here.text not in _ORDERS:
            raise rule_error(
                self.text,
                self.here.at,
                "the order of day, month and year is not declared.",
                "Write date(field, dmy), mdy or ymd: 03/04/2026 means two days otherwise.",
            )
        order = next(order for order in _ORDERS if order == self.here.text)
        self.n += 1
        century = None
        if self.take(","):
            if not re.fullmatch("[0-9]{2}00", self.here.text):
                raise rule_error(self.text, self.here.at, "a century is written 1900 or 2000.")
            century = int(self.here.text)
            self.n += 1
        self.expect(")")
        self.finish()
        return DateRule(self.names.instance(self.binding), names[0], order, century)

    def linear(
        self, shown: str, left: _Form, relation: Token, right: _Form, within: Fraction
    ) -> LinearRule:
        turned = relation.text in (">", ">=")
        if relation.text == "=":  # what the writer worked out comes first: a side of one field
            turned = len(left[0]) != 1 and len(right[0]) == 1
        if turned:
            left, right = right, left
        factors = dict(left[0])
        for name, factor in right[0].items():
            factors[name] = factors.get(name, Fraction(0)) - factor
        factors = {name: factor for name, factor in factors.items() if factor}
        constant = left[1] - right[1]
        if not factors:
            raise rule_error(
                self.text,
                relation.at,
                "nothing is left of the rule once both sides are taken together.",
                "Leave the rule out, or name the field that was meant.",
            )
        kinds: dict[str, Relation] = {"=": "=", "<": "<", ">": "<"}
        kind = kinds.get(relation.text, "<=")
        if kind == "=":
            unit = next(iter(factors.values()))
            factors = {name: factor / unit for name, factor in factors.items()}
            constant /= unit
        terms = tuple(Term(name, factor) for name, factor in factors.items())
        return LinearRule(shown, terms, constant, kind, within)

    def expression(self) -> _Form:
        form = self.product()
        while sign := self.take("+", "-"):
            form = _added(form, self.product(), 1 if sign.text == "+" else -1)
        return form

    def product(self) -> _Form:
        form = self.factor()
        while sign := self.take("*", "/"):
            other = self.factor()
            if sign.text == "/" and (other[0] or other[1] == 0):
                raise rule_error(
                    self.text,
                    sign.at,
                    "only a number other than 0 can divide.",
                    "Write the rule as a product: total = mean * 12.",
                )
            if form[0] and other[0]:
                raise rule_error(
                    self.text,
                    sign.at,
                    "a product of two fields.",
                    "One side of * must be a printed number: pay = 12.50 * hours.",
                )
            if sign.text == "/":
                form = _scaled(form, 1 / other[1])
            else:
                form = _scaled(form, other[1]) if form[0] else _scaled(other, form[1])
        return form

    def factor(self) -> _Form:
        if self.take("-"):
            return _scaled(self.factor(), Fraction(-1))
        if self.take("("):
            form = self.expression()
            self.expect(")")
            return form
        token = self.here
        if token.kind == "number":
            self.n += 1
            return {}, Fraction(token.text)
        if token.text in ("sum", "mean") and self.tokens[self.n + 1].text == "(":
            self.n += 2
            names = self.field()
            self.expect(")")
            weight = Fraction(1, len(names)) if token.text == "mean" else Fraction(1)
            return dict.fromkeys(names, weight), Fraction(0)
        return dict.fromkeys(self.field(), Fraction(1)), Fraction(0)

    def field(self) -> list[str]:
        token = self.here
        if token.kind != "name" or token.text == "within":
            found = repr(token.text) if token.text else "the end"
            raise rule_error(self.text, token.at, f"a field or a number is expected, not {found}.")
        self.n += 1
        return self.names.resolve(token, self.binding)


def _added(a: _Form, b: _Form, sign: int) -> _Form:
    factors = dict(a[0])
    for name, factor in b[0].items():
        factors[name] = factors.get(name, Fraction(0)) + sign * factor
    return factors, a[1] + sign * b[1]


def _scaled(form: _Form, by: Fraction) -> _Form:
    return {name: factor * by for name, factor in form[0].items()}, form[1] * by
