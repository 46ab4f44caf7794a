"""Piles of pages: a store of readings and corrections, its workers, review, audit and tables."""

from importlib.util import find_spec

from handsum.errors import MissingExtraError

if find_spec("sqlalchemy") is None:
    raise MissingExtraError("Piles need sqlalchemy.", 'Run: pip install "handsum[forms]"')
