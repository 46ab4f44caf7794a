"""How a person's word on one field reaches the others of its page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from handsum.errors import PileError
from handsum.forms.page_reading import PageReading
from handsum.forms.rules_run import apply_rules
from handsum.forms.template import Template
from handsum.piles.corrections import Keyed
from handsum.piles.store import Pile


class PileRules:
    """The rules of a pile's templates, run over stored evidence; no picture is needed."""

    def __init__(self, pile: Pile) -> None:
        self._pile = pile

    @cached_property
    def _templates(self) -> dict[tuple[str, str], Template]:
        return {(t.name, t.version): t for t in self._pile.load_templates()}

    def template(self, page: PageReading) -> Template:
        """The template of a page; PileError where the pile has none such."""
        try:
            return self._templates[page.template, page.template_version]
        except KeyError:
            raise PileError(
                f"The pile has no template {page.template} {page.template_version}.",
                "Read the scans again into another folder.",
            ) from None

    def __call__(self, page: PageReading, keyed: Mapping[str, Keyed]) -> PageReading:
        """The page as first read, with these fields certain and the rules run again."""
        return apply_rules(self.template(page), page, keyed)
