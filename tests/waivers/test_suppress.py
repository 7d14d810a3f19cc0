"""Which findings waivers, and the data themselves, keep from the gate."""

from __future__ import annotations

from typing import Any

import pytest

from governance.findings import SUPPRESSIONS
from governance.waivers.suppress import Rows, Suppressed, asks_about_rows, suppress
from tests.waivers.builders import F, fp, rows, tables, waiver

NAMES = {fp(name): name for name in "abcdefgh"}


def covered(found: Suppressed) -> list[tuple[str, str]]:
    """(short name, waiver or `in-source`) of each finding that is kept from the gate."""
    return sorted((NAMES[r["fingerprint"]], r["waiver"] or r["kind"]) for r in found.table.to_pylist())


def test_a_fingerprint_means_one_finding_of_its_rule():
    findings, evidence = tables(F("a"), F("b"))
    wrong_rule = waiver("W-2", rule="DUP001", fingerprint=fp("b"))

    found = suppress([waiver(fingerprint=fp("a")), wrong_rule], findings, evidence, Rows())

    assert [("a", "W-0001")] == covered(found)
    assert {"W-0001": 1, "W-2": 0} == found.matched
    assert SUPPRESSIONS == found.table.schema


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('kind = "near"', ["a", "b", "d"]),
        ("score >= 0.9", ["a", "b", "d"]),
        ('source = "wiki"', ["a"]),
        ('source in ("wiki", "laws")', ["a", "b"]),
        ('not source = "wiki"', []),
        ("source is missing", ["c"]),
        ('source != "laws"', ["a"]),
        ('dataset = "other"', ["c"]),
        ('dataset = "train" and source = "wiki"', ["a"]),
        ('kind = "near" and source = "wiki"', ["a"]),
        ('source = "wiki" or kind = "template"', ["a", "c"]),
        ('licence = "MIT"', ["a"]),
    ],
)
def test_a_condition_has_to_hold_for_every_row_a_finding_counts_against(where: str, expected: list[str]):
    findings, evidence = tables(
        F("a", (0,), kept=(1,)),
        F("b", (0, 1)),
        F("c", (2,), kind="template", score=None),
        F("d", ()),
        F("e", (0,), rule="DUP001"),
    )
    facts = rows("wiki", "laws", None, licence=["MIT", None, None])

    found = suppress([waiver(where=where)], findings, evidence, facts)

    assert [(name, "W-0001") for name in expected] == covered(found)


def test_the_first_waiver_of_the_file_is_named_and_all_count_as_used():
    findings, evidence = tables(F("a"))
    both = [waiver("W-2", where='kind = "near"'), waiver("W-1")]

    found = suppress(both, findings, evidence, Rows())

    assert [("a", "W-2")] == covered(found)
    assert {"W-2": 1, "W-1": 1} == found.matched


def test_without_waivers_nothing_is_kept_from_the_gate():
    assert [] == covered(suppress([], *tables(F("a")), Rows()))


def test_waivers_of_an_audit_without_findings_cover_nothing():
    found = suppress([waiver(), waiver("W-2", where='source = "x"')], *tables(), rows("x"))

    assert ([], {"W-0001": 0, "W-2": 0}) == (covered(found), found.matched)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({0: ["DUP003"]}, ["a"]),
        ({0: ["DUP"]}, ["a", "c"]),
        ({0: ["ALL"]}, ["a", "c"]),
        ({0: ["DUP003"], 1: ["DUP003"]}, ["a", "b"]),
        ({0: ["CON"], 1: ["dup003"]}, []),
        ({}, []),
    ],
)
def test_rows_may_say_themselves_which_rules_they_waive(said: dict[int, list[str]], expected: list[str]):
    findings, evidence = tables(
        F("a", (0,)), F("b", (0, 1)), F("c", (0,), rule="DUP001"), F("d", (0,), rule="GOV004"), F("e", ())
    )

    found = suppress([], findings, evidence, rows("x", "y", ignores=said))

    assert [(name, "in-source") for name in expected] == covered(found)


def test_a_waiver_comes_before_what_rows_say():
    found = suppress([waiver()], *tables(F("a")), rows("x", ignores={0: ["ALL"]}))

    assert [("a", "W-0001")] == covered(found)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"where": 'source = "x"'}, True),
        ({"where": 'kind = "x"'}, False),
        ({"where": 'dataset = "x"'}, False),
        ({"fingerprint": fp("a")}, False),
    ],
)
def test_facts_are_kept_only_where_a_waiver_asks(changes: dict[str, Any], expected: bool):
    assert expected is asks_about_rows([waiver(**changes)])
