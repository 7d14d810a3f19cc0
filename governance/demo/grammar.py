"""Texts composed from lists of alternatives.

A template names other lists in braces: `{opening}` stands for one of the texts under `opening`, which may
name further lists; `{^opening}` makes its first letter a capital. A name may also hold one text, a figure.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

Words = Mapping[str, Any]

_NAME = re.compile(r"\{(\^?)([a-z_]+)\}")
_SPACES = re.compile(r"[ ]{2,}")
_LINE_ENDS = re.compile(r" *\n[ ]*")


def generator(seed: int, purpose: str) -> random.Random:
    """A random generator of its own for each purpose, so that a change to one part leaves the others alone.

    Python's generator gives the same numbers on every machine and version; NumPy's does not promise that.
    """
    return random.Random(f"{seed}/{purpose}")  # noqa: S311  nothing here is secret


@cache
def words(name: str) -> dict[str, Any]:
    """The tables of governance/demo/words/NAME.toml."""
    text = resources.files("governance.demo").joinpath("words", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def expand(template: str, known: Words, rng: random.Random) -> str:
    """The template with every name replaced, spaces tidied.

    Raises:
        KeyError: a name that `known` does not have; the word files are part of the program, so this is a bug.
    """
    text = _fill(template, known, rng)
    return _LINE_ENDS.sub("\n", _SPACES.sub(" ", text)).strip()


def choose(alternatives: Sequence[str], known: Words, rng: random.Random) -> str:
    """One of the alternatives, expanded."""
    return expand(rng.choice(alternatives), known, rng)


def _fill(template: str, known: Words, rng: random.Random) -> str:
    def replacement(match: re.Match[str]) -> str:
        value = known[match[2]]
        text = value if isinstance(value, str) else rng.choice(value)
        filled = _fill(text, known, rng)
        return filled[:1].upper() + filled[1:] if match[1] else filled

    return _NAME.sub(replacement, template)
