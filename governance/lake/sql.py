"""Quoting for the few places where DuckDB takes no bound parameter (ATTACH, CALL, CREATE)."""

from __future__ import annotations

from collections.abc import Iterable


def literal(text: str) -> str:
    """A SQL string literal of the text."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literals(texts: Iterable[str]) -> str:
    """A SQL list of string literals."""
    return "[" + ", ".join(literal(t) for t in texts) + "]"
