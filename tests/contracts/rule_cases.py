"""Where the cases of a rule stand, and a rule that was silenced or made to speak always.

A rule `governance/rules/abc123_its_name.py` has its cases in `tests/rules/test_abc123_its_name.py`, in two tables:
FIRES holds input that it must report, NEAR_MISSES input that looks much like it and must pass. A table is a list of
cases or maps names to them. One parametrised test runs over each whole table, through the rule's own map and reduce.

As a pytest plugin (`-p tests.contracts.rule_cases`) it puts another reduction in place of the rule's own: one that
finds nothing for the cases of FIRES, one that always finds something for those of NEAR_MISSES. A case that passes all
the same proves nothing about the rule.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

import governance.rules
from governance.findings import EVIDENCE, FINDINGS, empty_evidence, empty_findings
from governance.rules.base import Partials, Rule, RuleResult, Setup, always
from governance.rules.registry import RULE_FILE, all_rules

TABLES = ("FIRES", "NEAR_MISSES")
Reduction = Callable[[Mapping[str, Partials], Setup], RuleResult]


def names() -> dict[str, str]:
    """The name of each rule's file by the rule's id."""
    files = sorted(Path(governance.rules.__path__[0]).glob("*.py"))
    found = {f.stem[:6].upper(): f.stem for f in files if RULE_FILE.fullmatch(f.stem)}
    return {rule: found[rule] for rule in all_rules()}


def cases_of(rule: str) -> ModuleType:
    """The test file of a rule."""
    return importlib.import_module(f"tests.rules.test_{names()[rule]}")


def cases(module: ModuleType, table: str) -> list[Any]:
    """The cases of a table, in order; none where there is no such table."""
    found = getattr(module, table, ())
    return list(found.values() if isinstance(found, Mapping) else found)


def runners(module: ModuleType, table: str) -> list[str]:
    """The tests of a module that run once for each case of a table."""
    wanted = cases(module, table)
    return [
        name
        for name, function in vars(module).items()
        if name.startswith("test_")
        for mark in getattr(function, "pytestmark", ())
        if mark.name == "parametrize" and wanted and list(mark.args[1]) == wanted
    ]


def silent(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """Finds nothing, whatever it is given."""
    return RuleResult(empty_findings(), empty_evidence())


def noisy(rule: str) -> Reduction:
    """Finds something in the first row, whatever it is given."""
    said = {"fingerprint": "0" * 64, "rule": rule, "severity": "note", "kind": "noise", "message": "noise"}
    finding = {**said, "rows": 1, "details": "{}"}
    place = {"fingerprint": "0" * 64, "row": 0, "role": "affected", "peer": "item:noise/0"}
    result = RuleResult(pa.Table.from_pylist([finding], FINDINGS), pa.Table.from_pylist([place], EVIDENCE))
    return lambda partials, setup: result


@contextmanager
def replaced(rule: Rule, other: Reduction) -> Iterator[None]:
    """The rule with another reduction and nothing to map; it is one value that everything which runs it shares."""
    changes = {"mappers": (), "reduce": other, "available": always}
    before = {name: getattr(rule, name) for name in changes}
    for name, value in changes.items():
        object.__setattr__(rule, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            object.__setattr__(rule, name, value)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Iterator[None]:
    """Runs a case with its rule silenced, or made to speak always."""
    rule = all_rules()[item.path.stem.removeprefix("test_")[:6].upper()]
    other = silent if item.originalname in runners(item.module, "FIRES") else noisy(rule.info.id)
    with replaced(rule, other):
        return (yield)
