"""What the pass keeps of rows for waivers, and nothing where none asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.waivers.rows import RowFacts
from governance.waivers.suppress import IGNORES, suppress
from tests.builders import batch
from tests.waivers.builders import F, fp, tables, waiver


@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_facts_of_the_rows_that_evidence_speaks_of(tmp_path: Path, memory: int):
    facts = RowFacts(tmp_path, memory, wanted=True)
    for first in (0, 2):
        facts.add(batch("a", "b", first_row=first, source=[f"s{first}", None], label=["x", "y"]))

    found = facts.about(tables(F("a", (2,)), F("b", (3,)))[1], ()).facts

    assert [(2, "s2", "x"), (3, None, "y")] == found.select("row", "source", "label").sort("row").rows()


def test_nothing_is_kept_where_no_waiver_asks(tmp_path: Path):
    facts = RowFacts(tmp_path, 0, wanted=False)
    facts.add(batch("a", source=["s"]))

    found = facts.about(tables(F("a"))[1], ())

    assert (0, 0) == (found.facts.height, found.ignores.height)


@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_what_rows_say_of_themselves_is_kept(tmp_path: Path, memory: int):
    facts = RowFacts(tmp_path, memory, wanted=False)
    facts.add(batch("a", "b", "c", ignored=["DUP003", None, None]))
    findings, evidence = tables(F("a", (0,)), F("b", (1,)), F("c", (2,)))

    found = suppress([waiver(fingerprint=fp("c"))], findings, evidence, facts.about(evidence, ()))

    assert [("in-source", ""), ("external", "W-0001")] == [
        (r["kind"], r["waiver"])
        for name in "ac"
        for r in found.table.to_pylist()
        if r["fingerprint"] == fp(name)
    ]
    assert 2 == found.table.num_rows


@pytest.mark.parametrize(
    ("said", "expected"),
    [("DUP003", ["DUP003"]), ("DUP003\nPII", ["DUP003", "PII"]), ('["DUP", "lic001"]', ["DUP", "lic001"])],
)
def test_codes_stand_one_a_line_or_with_commas(tmp_path: Path, said: str, expected: list[str]):
    facts = RowFacts(tmp_path, 1 << 20, wanted=False)
    facts.add(batch("a", "b", ignored=[None, said]))

    found = facts.about(tables(F("a", (0,)), F("b", (1,)))[1], ())

    assert [{"row": 1, IGNORES: expected}] == found.ignores.to_dicts()
