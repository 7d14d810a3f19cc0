"""waivers.toml as a value. What cannot be read or makes no sense is refused, naming the entry."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from governance.errors import ConfigError, GovernError, UsageError, did_you_mean
from governance.waivers.model import Status, Waiver

FILE = "waivers.toml"
TABLE = "waiver"
LONGEST = timedelta(days=366)
"""A waiver holds for a year at most, counted from its request: the 366 days of a leap year."""
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
RULE = re.compile(r"[A-Z]{3}\d{3}")
REQUIRED = ("id", "rule", "reason", "requested_by", "requested_on", "expires")
DATES = ("requested_on", "expires", "approved_on", "closed_on")
LONGEST_TEXT = 2_000
NEVER_WAIVED = "GOV"
"""Findings about waivers and about rules that did not run: waiving these would waive the control itself."""


@dataclass(frozen=True)
class Book:
    """The waivers of one file.

    Attributes:
        name: how reports call the file, without its folders.
        sha256: of the file's bytes, 64 hex.
    """

    name: str = ""
    waivers: tuple[Waiver, ...] = ()
    sha256: str = ""

    def find(self, ident: str) -> Waiver:
        """The waiver of that id; UsageError with the nearest one otherwise."""
        found = {w.id: w for w in self.waivers}
        if ident not in found:
            hint = did_you_mean(ident, found) + "`govern waiver list` lists them"
            raise UsageError(f"there is no waiver {ident!r}", where=self.name or FILE, hint=hint)
        return found[ident]


def read_book(path: Path) -> Book:
    """The waivers of a file.

    Raises:
        ConfigError: the file cannot be read, or an entry makes no sense; the entry is named.
    """
    try:
        data = path.read_bytes()
        content = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(path), hint="correct the file") from error
    except OSError as error:
        hint = "check the path, or run with --no-waivers"
        raise ConfigError(
            f"the waivers cannot be read: {error.strerror}", where=str(path), hint=hint
        ) from error
    return Book(path.name, parse_book(content, str(path)), hashlib.sha256(data).hexdigest())


def parse_book(content: dict[str, Any], where: str) -> tuple[Waiver, ...]:
    """The waivers of a file that was read as TOML."""
    for key in content.keys() - {TABLE}:
        raise ConfigError(f"there is no key {key!r}", where=where, hint=f"waivers are tables [[{TABLE}]]")
    entries = content.get(TABLE, [])
    if not isinstance(entries, list):
        raise ConfigError("waivers are a list of tables", where=where, hint=f"write [[{TABLE}]]")
    found = tuple(parse_waiver(entry, f"{where}: waiver {n}") for n, entry in enumerate(entries, 1))
    twice = [ident for ident, count in Counter(w.id for w in found).items() if count > 1]
    if twice:
        hint = "give each its own, or leave the second one out"
        raise ConfigError(f"two waivers are called {twice[0]!r}", where=where, hint=hint)
    return found


def parse_waiver(entry: Any, where: str) -> Waiver:
    """One entry; `where` is how errors call it until its id is known."""
    if not isinstance(entry, dict):
        raise ConfigError("a waiver is a table", where=where, hint=f"write [[{TABLE}]]")
    if isinstance(entry.get("id"), str):
        where = f"{where.rpartition(': waiver ')[0]}: waiver {entry['id']!r}"
    try:
        return checked(Waiver(**_typed(entry)))
    except UsageError as error:
        raise ConfigError(error.what, where=where, hint=error.hint) from error


def _typed(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry's values in their types."""
    known = [f.name for f in fields(Waiver)]
    for key in entry:
        if key not in known:
            hint = f"{did_you_mean(key, known)}keys are: {', '.join(known)}"
            raise UsageError(f"there is no key {key!r}", hint=hint)
    for key in REQUIRED:
        if not entry.get(key):
            raise UsageError(f"it has no {key}", hint=f"needed are: {', '.join(REQUIRED)}")
    typed = {key: day(value, key) if key in DATES else _text(value, key) for key, value in entry.items()}
    return typed | {"status": _status(str(typed.get("status", Status.REQUESTED)))}


def _status(word: str) -> Status:
    words = [s.value for s in Status]
    if word not in words:
        hint = f"{did_you_mean(word, words)}it is one of: {', '.join(words)}"
        raise UsageError(f"{word!r} is no status", hint=hint)
    return Status(word)


def day(value: Any, key: str) -> date:
    """A day from a TOML date or from ISO 8601 text; UsageError where it is neither."""
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{key} is no date: {value}", hint="write a day as 2027-03-31") from error


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise UsageError(f"{key} is no text of at most {LONGEST_TEXT:,} characters", hint="put it in quotes")
    return value.strip()


def checked(waiver: Waiver) -> Waiver:
    """The waiver, where it means something; UsageError otherwise."""
    if not ID.fullmatch(waiver.id):
        raise UsageError(f"{waiver.id!r} is no id", hint="letters, digits, dots and dashes, at most 64")
    check_rule(waiver.rule)
    if bool(waiver.fingerprint) == bool(waiver.where):
        hint = "give it either a fingerprint or a where; `govern config show` has the severities of rules"
        raise UsageError("it has to say which findings it means, in one way", hint=hint)
    if waiver.fingerprint and not FINGERPRINT.fullmatch(waiver.fingerprint):
        hint = "reports in JSON have them whole; `govern waiver add` takes the beginning of one"
        raise UsageError("the fingerprint is not 64 hex digits", hint=hint)
    if waiver.where:
        _check_where(waiver.where)
    if not waiver.requested_on <= waiver.expires <= waiver.requested_on + LONGEST:
        raise UsageError(
            f"it expires on {waiver.expires}, and was requested on {waiver.requested_on}",
            hint="a waiver holds for a year at most; ask again then",
        )
    if waiver.status is Status.APPROVED and not (waiver.approved_by and waiver.approved_on):
        raise UsageError("it is approved, and does not say by whom and when",
                         hint=f"set it back to requested and use `govern waiver approve {waiver.id}`")  # fmt: skip
    return waiver


def check_rule(rule: str) -> None:
    """Nothing, where findings of that rule can be waived."""
    from governance.rules.registry import find

    if not RULE.fullmatch(rule) or find(rule).info.id != rule:
        raise UsageError(f"{rule!r} is no rule id", hint="a waiver names one rule, such as DUP003")
    if rule.startswith(NEVER_WAIVED):
        raise UsageError(
            f"findings of {rule} cannot be waived", hint="correct what it speaks of: see `govern rule GOV`"
        )


def _check_where(text: str) -> None:
    from governance.waivers.where import parse

    try:
        parse(text)
    except GovernError as error:
        raise UsageError(f"{error.what}: {text}", hint=error.hint) from error
