"""Licence fields as people write them, read as SPDX expressions (SPDX 2.3, annex D)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

UNSTATED = frozenset(
    ["", "-", "?", "n/a", "na", "nan", "none", "null", "no", "noassertion", "not specified", "other", "tbd",
     "undefined", "unknown", "unlicensed", "unspecified", "未知", "无", "不详", "其他"]
)  # fmt: skip
"""What stands in a licence field where nobody knows; `other` and `unknown` are values of the dataset hub."""

_SPELLINGS = {
    "apache": "Apache-2.0", "apache 2": "Apache-2.0", "apache 2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0", "apache2": "Apache-2.0", "asl 2.0": "Apache-2.0",
    "mit license": "MIT", "the mit license": "MIT", "mit licence": "MIT",
    "bsd": "BSD-3-Clause", "bsd-3": "BSD-3-Clause", "new bsd": "BSD-3-Clause", "bsd-2": "BSD-2-Clause",
    "gpl": "GPL-3.0-or-later", "gplv2": "GPL-2.0-only", "gplv3": "GPL-3.0-only", "gpl-2": "GPL-2.0-only",
    "gpl-3": "GPL-3.0-only", "agplv3": "AGPL-3.0-only", "lgplv3": "LGPL-3.0-only",
    "cc0": "CC0-1.0", "public domain": "CC0-1.0", "pddl": "PDDL-1.0",
    "odc-by": "ODC-By-1.0", "odbl": "ODbL-1.0", "cdla-permissive-2.0": "CDLA-Permissive-2.0",
}  # fmt: skip
"""Everyday spellings, in lower case; the canonical ids are recognised in any case anyway."""

_CREATIVE_COMMONS = re.compile(
    r"""(?:creative\ commons\s*)? (?:cc)? [\s_-]* (?P<parts>by(?:[\s_-]*(?:nc|nd|sa))*) [\s_-]*
        v?(?P<version>\d(?:\.\d)?)? (?:[\s_-]*(?:international|intl\.?|unported))?""",
    re.IGNORECASE | re.VERBOSE,
)
_MODEL_LICENCES = re.compile(
    r"(?:creativeml-|bigscience-|bigcode-)?openrail(?:\+\+|-m)?|llama[23](?:\.\d)?|gemma|qwen(?:-research)?|deepseek|fair-noncommercial-research-license",
    re.IGNORECASE,
)
"""Names the dataset hub uses for licences that have no SPDX id; they become LicenseRef-NAME."""


@dataclass(frozen=True)
class Licence:
    """A licence field after reading.

    Attributes:
        text: the field as given.
        expression: the SPDX expression, None where the field states none.
        stated: false where the field says that nobody knows.
    """

    text: str
    expression: str | None
    stated: bool


@cache
def read(text: str) -> Licence:
    """The licence that a field states."""
    word = " ".join(text.split()).strip().strip("'\"[]").strip()
    if word.lower().removeprefix("license:").strip() in UNSTATED:
        return Licence(text, None, stated=False)
    return Licence(text, _expression(word), stated=True)


def _expression(word: str) -> str | None:
    parsed = _parsed(_spelt(word))
    return None if parsed is None else str(parsed)


def _spelt(word: str) -> str:
    known = _SPELLINGS.get(word.lower())
    if known is not None:
        return known
    common = _CREATIVE_COMMONS.fullmatch(word)
    if common is not None:
        parts = "-".join(re.findall("by|nc|nd|sa", common["parts"].lower())).upper()
        version = common["version"] or "4.0"
        return f"CC-{parts}-{version if '.' in version else version + '.0'}"
    if _MODEL_LICENCES.fullmatch(word):
        return f"LicenseRef-{word}"
    return word


def _parsed(expression: str) -> Any:
    """The parsed expression; None where it is none, or names a licence nobody registered."""
    from boolean import ParseError
    from license_expression import ExpressionError, LicenseSymbol

    licensing = _licensing()
    try:
        parsed = licensing.parse(expression, validate=False, simple=True)
    except (ExpressionError, ParseError, AttributeError, TypeError):
        return None
    if parsed is None:
        return None
    unknown = [s for s in licensing.unknown_license_symbols(parsed) if isinstance(s, LicenseSymbol)]
    if any(not re.fullmatch(r"(?:DocumentRef-[\w.-]+:)?LicenseRef-[\w.+-]+", s.key) for s in unknown):
        return None
    return parsed


@cache
def _licensing() -> Any:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def satisfied(expression: str, allowed: Callable[[str], bool]) -> bool:
    """Whether a licensee can meet an expression with licences that are allowed: any side of OR, both of AND."""
    return _holds(_parsed(expression), allowed)


def _holds(node: Any, allowed: Callable[[str], bool]) -> bool:
    from license_expression import AND, OR, LicenseWithExceptionSymbol

    if isinstance(node, OR):
        return any(_holds(arg, allowed) for arg in node.args)
    if isinstance(node, AND):
        return all(_holds(arg, allowed) for arg in node.args)
    if isinstance(node, LicenseWithExceptionSymbol):
        return allowed(node.license_symbol.key)
    return allowed(node.key)
