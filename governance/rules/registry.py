"""Which rules there are, and which of them a request selects.

Rules are found by their file names, so adding one touches one file and no list. Importing a rule is cheap: compiled
kernels are loaded when it runs.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import governance.rules
from governance.errors import UsageError, did_you_mean
from governance.rules.base import Option, Rule, RuleInfo, Scalar, Value

RULE_FILE = re.compile(r"[a-z]{3}\d{3}_\w+")


@cache
def all_rules() -> Mapping[str, Rule]:
    """Every rule by id, in order of id."""
    names = sorted(
        m.name for m in pkgutil.iter_modules(governance.rules.__path__) if RULE_FILE.fullmatch(m.name)
    )
    rules = [importlib.import_module(f"governance.rules.{name}").RULE for name in names]
    return {rule.info.id: rule for rule in rules}


def page(rule_id: str) -> str:
    """The rule's page, Markdown."""
    module = importlib.import_module(f"governance.rules.{_module_name(rule_id)}")
    return (module.__doc__ or "").strip()


def _module_name(rule_id: str) -> str:
    prefix = find(rule_id).info.id.lower() + "_"
    return next(m.name for m in pkgutil.iter_modules(governance.rules.__path__) if m.name.startswith(prefix))


def find(code: str) -> Rule:
    """The rule of that id or name; UsageError with the nearest one otherwise."""
    rules = all_rules()
    named = {rule.info.name: rule for rule in rules.values()}
    found = rules.get(code.upper()) or named.get(code.lower())
    if found is None:
        raise UsageError(
            f"there is no rule {code!r}",
            where="rule code",
            hint=did_you_mean(code.upper(), [*rules, *named]) + "`govern rule --all` lists them",
        )
    return found


@dataclass(frozen=True)
class Selection:
    """The rules of one audit.

    Attributes:
        rules: what shall run, by id.
        asked: ids named by the user or the policy; if one of these cannot run, the audit is incomplete.
    """

    rules: Mapping[str, Rule]
    asked: frozenset[str]


def select(
    select: Sequence[str] = (),
    extend: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    preview: bool = False,
) -> Selection:
    """The rules that codes name. A code is an id, a name, a family (`CON`) or `ALL`.

    Without `select`, every stable rule is on, and none counts as asked for by name.
    """
    chosen = set().union(*(expand(code) for code in select)) if select else _default(preview)
    extended = set().union(*(expand(code) for code in extend)) if extend else set()
    ignored = set().union(*(expand(code) for code in ignore)) if ignore else set()
    ids = (chosen | extended) - ignored
    asked = ((chosen if select else set()) | extended) - ignored
    return Selection({i: r for i, r in all_rules().items() if i in ids}, frozenset(asked))


def _default(preview: bool) -> set[str]:
    stages = {"stable", "preview"} if preview else {"stable"}
    return {rule.info.id for rule in all_rules().values() if rule.info.stage in stages}


def expand(code: str) -> set[str]:
    """The ids that one code names; UsageError with the nearest code where it names none."""
    if code.upper() == "ALL":
        return set(all_rules())
    family = {i for i in all_rules() if i.startswith(code.upper())} if len(code) >= 3 else set()
    return family or {find(code).info.id}


def option_values(
    info: RuleInfo, given: Mapping[str, Value], where: str = "rule options"
) -> Mapping[str, Value]:
    """Every option of a rule with its value; UsageError where a given one is unknown or out of range."""
    known = {option.name: option for option in info.options}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) + (
                f"options are: {', '.join(known)}" if known else "it has none"
            )
            raise UsageError(f"{info.id} has no option {name!r}", where=where, hint=hint)
    return {
        name: _checked(info.id, option, given.get(name, option.default)) for name, option in known.items()
    }


def _checked(rule: str, option: Option, value: Value) -> Value:
    """The value in the type of the option's default, inside its range."""
    fits = _as_type_of(option.default, value)
    where = f"{rule}.{option.name}"
    if fits is None:
        kind = "list of texts" if isinstance(option.default, tuple) else type(option.default).__name__
        raise UsageError(f"{value!r} is not a value of type {kind}", where=where, hint=option.help)
    for text in fits if isinstance(fits, tuple) else (fits,):
        if option.choices and text not in option.choices:
            raise UsageError(
                f"{text!r} is not one of the choices", where=where, hint=", ".join(option.choices)
            )
    low, high = option.minimum, option.maximum
    if isinstance(fits, int | float) and (
        (low is not None and fits < low) or (high is not None and fits > high)
    ):
        raise UsageError(f"{fits!r} is out of range", where=where, hint=f"from {low} to {high}")
    return fits


def _as_type_of(default: Value, value: Value) -> Value | None:
    """The value in the default's type, or None where it cannot be read as one."""
    if isinstance(default, tuple):
        return _texts(value)
    return None if isinstance(value, tuple | list) else _single(default, value)


def _single(default: Scalar, value: Scalar) -> Scalar | None:
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(str(value).lower())
    try:
        if isinstance(default, int):
            return int(str(value)) if not isinstance(value, bool) else None
        if isinstance(default, float):
            return float(value) if not isinstance(value, bool) else None
    except ValueError:
        return None
    return str(value)


def _texts(value: Value) -> tuple[str, ...] | None:
    """A list of texts as it is, one text split at its commas; None for anything else."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return (
        tuple(value) if isinstance(value, tuple | list) and all(isinstance(v, str) for v in value) else None
    )
