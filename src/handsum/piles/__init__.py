"""Piles of pages: a store of readings and corrections, its workers, review, audit and tables."""
