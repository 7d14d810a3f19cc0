"""From `NAME=PATH` to a suite: which adapter reads the path, and what it found there."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from governance.benchmarks import financeiq, fineva, fineval, finova, generic, gpqa, gsm8k, math500
from governance.benchmarks.suite import Suite, build_suite
from governance.errors import InputError

ADAPTERS: tuple[ModuleType, ...] = (fineval, financeiq, fineva, finova, math500, gpqa, gsm8k, generic)
"""In the order they are asked; the generic one takes what is left."""


def detect(path: Path) -> ModuleType | None:
    """The adapter that reads this path, or None."""
    return next((adapter for adapter in ADAPTERS if adapter.detect(path)), None)


def load_suite(spec: str) -> Suite:
    """The suite at `NAME=PATH`, or at a path, then named after its benchmark, file or folder.

    Raises:
        InputError: nothing is there, or nothing of it can be read as evaluation items.
    """
    name, uri = split_spec(spec)
    path = Path(uri).expanduser()
    if not path.exists():
        raise InputError(
            "there is no such evaluation set",
            where=uri,
            hint="give a file, a folder, NAME=PATH, or a suite of the lake (`govern benchmarks list`)",
        )
    adapter = detect(path)
    if adapter is None:
        raise InputError(
            "no adapter reads this as an evaluation set",
            where=uri,
            hint="use CSV, JSON, JSON lines or Parquet with a question, prompt or problem column",
        )
    reading = adapter.read(path)
    if not reading.items:
        raise InputError(
            "this holds no evaluation items",
            where=uri,
            hint="; ".join(list(reading.notes)[:3]) or "the files are empty",
        )
    return build_suite(name or _default_name(adapter, path), uri, reading)


def split_spec(spec: str) -> tuple[str, str]:
    """(name or '', path) of `NAME=PATH`; an existing path that holds `=` is a path."""
    name, equals, rest = spec.partition("=")
    if not equals or "/" in name or Path(spec).exists():
        return "", spec
    return name.strip(), rest


def _default_name(adapter: ModuleType, path: Path) -> str:
    """The benchmark's name, or for the generic adapter the file's or folder's."""
    return path.resolve().stem if adapter is generic else str(adapter.NAME)
