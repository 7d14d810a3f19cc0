"""What a curation decides by: which findings drop, redact or keep a row, and how much of what is taken."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.allocation_file import allocation_of
from governance.errors import ConfigError, did_you_mean
from governance.findings import Severity

DROP, REDACT, KEEP, DUPLICATE = "drop", "redact", "keep", "duplicates"
ACTIONS = (KEEP, DUPLICATE, REDACT, DROP)
SEVERITIES = tuple(s.value for s in Severity if s is not Severity.NOTE)
"""Words that stand for every rule in `drop` and `redact`: findings of this severity. Notes never drop a row."""
CLUSTERED = ("DUP001", "DUP002", "DUP003", "DUP004")
"""Rules whose findings name the row that stands for the others."""
OTHERS = "*"
"""In a file of amounts: every name that is not listed."""


@dataclass(frozen=True)
class Quota:
    """How much to take of which kind of row.

    Attributes:
        by: source | label.
        unit: tokens | rows.
        amounts: name -> share of the whole (`relative`), or tokens or rows; `*` stands for all others. A name that is
            not listed, and no `*`, is taken none of.
        rest_stays: rows of names that are not listed all stay instead.
        origin: who says so, where that is not the policy.
    """

    by: str
    unit: str
    amounts: Mapping[str, float]
    relative: bool
    rest_stays: bool = False
    origin: str = ""

    def as_mapping(self) -> dict[str, Any]:
        """The quota as plain values."""
        rest = {"rest_stays": True} if self.rest_stays else {}
        return {"by": self.by, "unit": self.unit, "amounts": dict(sorted(self.amounts.items())), **rest}


@dataclass(frozen=True)
class Policy:
    """Everything that decides what a split holds; equal policies over equal inputs give equal splits.

    Attributes:
        drop, redact, keep, duplicates: rule ids or families; `error` and `warning` in `drop` stand for all findings
            of that severity. The longest code that names a rule decides; a severity decides where no code does.
        representative: which row of a cluster stays: longest | quality | licence | source | first.
        source_order, licence_order: best first, for those two.
        keep_waived: a finding that a waiver covers leaves its rows alone.
        exclude, include: sample ids that are left out, or stay whatever the findings say.
        max_tokens: rows of more tokens are left out; 0 is no bound.
        tokens: train on about this many tokens; 0 is all.
        mixture: shares by source or label of what is trained on.
        allocation: rows or tokens of each label.
        holdout: share of rows that is held out, by group.
        group_by, time_column: columns; empty for those that were recognised.
        latest: the rows that came last are held out, instead of groups by chance.
        weights: label -> weight of its rows in the loss; `*` for all others.
        left_out, stays: sample id -> id of the approved proposal by which it is left out, or stands for its cluster; of
            several that are to stand for one, the last.
        proposals: id -> content hash of every approved proposal that was taken up.
    """

    drop: tuple[str, ...] = ("error", "SEC001", "TOK001", "TOK002")
    redact: tuple[str, ...] = ("PII",)
    keep: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = CLUSTERED
    representative: str = "longest"
    source_order: tuple[str, ...] = ()
    licence_order: tuple[str, ...] = ()
    keep_waived: bool = True
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    max_tokens: int = 0
    tokenizer: str = ""
    tokens: int = 0
    mixture: Quota | None = None
    allocation: Quota | None = None
    holdout: float = 0.0
    group_by: str = ""
    time_column: str = ""
    latest: bool = False
    seed: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    stays: Mapping[str, str] = field(default_factory=dict)
    proposals: Mapping[str, str] = field(default_factory=dict)

    def as_mapping(self) -> dict[str, Any]:
        """The policy as plain values, without paths of this machine."""
        lists = ("drop", "redact", "keep", "duplicates", "exclude", "include")
        plain = (
            "representative",
            "keep_waived",
            "max_tokens",
            "tokens",
            "holdout",
            "group_by",
            "time_column",
        )
        return {
            **{name: sorted(getattr(self, name)) for name in lists},
            **{name: getattr(self, name) for name in (*plain, "latest", "seed")},
            "source_order": list(self.source_order),
            "licence_order": list(self.licence_order),
            "mixture": self.mixture.as_mapping() if self.mixture else None,
            "allocation": self.allocation.as_mapping() if self.allocation else None,
            "weights": dict(sorted(self.weights.items())),
        }

    def action(self, rule: str, severity: str) -> tuple[str, str]:
        """(what a finding does to its rows, what of the policy says so); `keep` for a note, whatever is said."""
        if severity == Severity.NOTE.value:
            return KEEP, "note"
        said = [(len(c), a, c) for a in ACTIONS for c in getattr(self, a) if rule.startswith(c.upper())]
        if said:
            longest = max(length for length, _, _ in said)
            _, action, code = next(s for s in said if s[0] == longest)
            return action, f"{action} = {code}"
        if severity in self.drop:
            return DROP, f"{DROP} = {severity}"
        return KEEP, ""


def check_policy(policy: Policy, origin: str = "curate") -> Policy:
    """The policy, where every code names rules that can do what is asked of them.

    Raises:
        ConfigError: one does not.
    """
    from governance.errors import UsageError
    from governance.rules.registry import expand

    for action in ACTIONS:
        for code in getattr(policy, action):
            if action == DROP and code in SEVERITIES:
                continue
            try:
                rules = expand(code)
            except UsageError as error:
                words = f"; severities are: {', '.join(SEVERITIES)}" if action == DROP else ""
                raise ConfigError(error.what, where=f"{origin}.{action}", hint=error.hint + words) from error
            _check_able(action, code, rules, origin)
    return policy


def _check_able(action: str, code: str, rules: set[str], origin: str) -> None:
    able = {REDACT: {r for r in rules if r.startswith("PII")}, DUPLICATE: rules & set(CLUSTERED)}
    if rules <= able.get(action, rules):
        return
    what = "put into placeholders" if action == REDACT else "reduced to a representative"
    hint = "PII rules can be" if action == REDACT else f"{', '.join(CLUSTERED)} can be"
    raise ConfigError(f"findings of {code} cannot be {what}", where=f"{origin}.{action}", hint=hint)


def load_quota(path: str | Path, by: str, unit: str, *, relative: bool) -> Quota:
    """The quota of a TOML or JSON file: name -> number, or the tables `shares` or `amounts` beside `by` and `unit`.

    Amounts may also be a proposal of `govern allocate`, of which labels that it does not name all stay.

    Raises:
        ConfigError: the file cannot be used.
    """
    where, table = str(path), _loaded(Path(path))
    if not relative and isinstance(table.get("label"), list):
        proposed = allocation_of(table, where)
        rows = {label: float(n) for label, n in proposed.rows.items()}
        return Quota("label", proposed.unit, rows, relative=False, rest_stays=True)
    key = "shares" if relative else "amounts"
    known = {"by", "unit", key}
    amounts = table.get(key)
    if amounts is None:
        amounts, table = table, {}
    unknown = sorted(set(table) - known)
    if unknown:
        hint = did_you_mean(unknown[0], known) + f"keys are: {', '.join(sorted(known))}"
        raise ConfigError(f"there is no key {unknown[0]!r}", where=where, hint=hint)
    by, unit = (
        _one_of(table, "by", by, ("source", "label"), where),
        _one_of(table, "unit", unit, ("tokens", "rows"), where),
    )
    if not isinstance(amounts, dict) or not amounts:
        raise ConfigError(
            "nothing is listed", where=where, hint=f'write lines such as "name" = 0.5 under [{key}]'
        )
    for name, number in amounts.items():
        fits = isinstance(number, int | float) and not isinstance(number, bool)
        if not fits or not 0 <= number < float("inf"):
            raise ConfigError(f"{number!r} does not fit {name!r}", where=where, hint="a number from 0")
    if not sum(amounts.values()):
        raise ConfigError(
            "all numbers are 0, so nothing would be taken", where=where, hint="raise one of them"
        )
    return Quota(by, unit, {str(n): float(v) for n, v in amounts.items()}, relative)


def _one_of(table: Mapping[str, Any], key: str, default: str, allowed: Sequence[str], where: str) -> str:
    value = table.get(key, default)
    if value not in allowed:
        raise ConfigError(
            f"{value!r} does not fit {key!r}", where=where, hint=f"one of: {', '.join(allowed)}"
        )
    return str(value)


def _loaded(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        table = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"the file cannot be read: {error.strerror}", where=str(path), hint="check the path"
        ) from error
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise ConfigError(f"not valid {kind}: {error}", where=str(path), hint="correct the file") from error
    if not isinstance(table, dict):
        raise ConfigError("the file holds no table of names", where=str(path), hint='{"name": number}')
    return table


def digest_of(values: Iterable[str]) -> str:
    """64 hex SHA-256 over lines."""
    return hashlib.sha256("\n".join(values).encode()).hexdigest()
