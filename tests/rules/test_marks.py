"""Places in rows, and groups of rows, as findings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from governance.findings import EVIDENCE, FINDINGS, Severity
from governance.rules.groups import Group, counted, counting
from governance.rules.groups import reported as groups_reported
from governance.rules.marks import LISTED, MARKS, Mark, marked, marked_rows, marked_turns, reported
from governance.spill import Spill
from tests.builders import batch


def kept(folder: Path, *tables: pa.Table | None) -> Spill:
    spill = Spill(folder / "marks.arrow", 1 << 20)
    for table in tables:
        if table is not None:
            spill.add(table)
    spill.finish()
    return spill


def test_a_mark_knows_its_row_turn_and_sample(tmp_path: Path) -> None:
    rows = batch("one", [("user", "two"), ("assistant", "call 12")], first_row=5)

    table = marked(rows, [Mark(2, 5, 7, "number", 0.5)])

    assert MARKS == table.schema
    assert [(6, 1, 5, 7, "number", 0.5)] == [
        tuple(r[n] for n in ("row", "turn", "start", "end", "kind", "score")) for r in table.to_pylist()
    ]
    assert rows.sample_ids[1].as_py() == table["sample"][0].as_py()


def test_equal_contents_share_a_finding_and_each_kind_has_its_own(tmp_path: Path) -> None:
    rows = batch("x 1", "x 1", "y 2")
    table = marked(
        rows, [Mark(0, 2, 3, "a"), Mark(1, 2, 3, "a"), Mark(2, 2, 3, "a"), Mark(2, 0, 1, "b", 2.0)]
    )

    result = reported(
        "TST001", Severity.NOTE, kept(tmp_path, table), {"a": "an a", "b": "a b"}, threshold=1.0
    )

    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)
    assert {("an a (in 2 rows)", 2), ("an a", 1), ("a b", 1)} == {
        (f["message"], f["rows"]) for f in result.findings.to_pylist()
    }
    assert 4 == result.evidence.num_rows
    assert 3 == len(set(result.findings["fingerprint"].to_pylist()))


def test_places_beyond_the_limit_are_counted(tmp_path: Path) -> None:
    table = marked(batch("z" * 100), [Mark(0, i, i + 1, "a") for i in range(50)])

    result = reported("TST001", Severity.NOTE, kept(tmp_path, table), {"a": "an a"}, details={"zeta": 1})

    assert LISTED == result.evidence.num_rows
    assert {"places": 50, "zeta": 1} == json.loads(result.findings["details"][0].as_py())


def test_whole_turns_and_rows_have_no_offsets(tmp_path: Path) -> None:
    rows = batch([("user", "q"), ("assistant", "a")])
    tables = marked_turns(rows, np.array([1]), "turn", [0.1]), marked_rows(rows, np.array([0]), ["row"])

    result = reported("TST001", Severity.NOTE, kept(tmp_path, *tables), {"turn": "t", "row": "r"})

    assert [(1, None), (None, None)] == sorted(
        ((e["turn"], e["start"]) for e in result.evidence.to_pylist()), key=str
    )


def test_nothing_marked_is_nothing_found(tmp_path: Path) -> None:
    assert marked(batch("x"), []) is None
    assert 0 == reported("TST001", Severity.NOTE, kept(tmp_path), {}).findings.num_rows


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_groups_add_up_over_batches(tmp_path: Path, cut: int) -> None:
    texts, licences = ["a", "b", "c", "d"], ["mit", None, "mit", "apache"]
    mapped = counting("licence")
    tables = [
        mapped(batch(*texts[:cut], licence=licences[:cut]), None),
        mapped(batch(*texts[cut:], licence=licences[cut:], first_row=cut), None),
    ]
    groups = counted(kept(tmp_path, *tables), "licence")

    result = groups_reported(
        "TST001",
        Severity.NOTE,
        groups,
        lambda values, rows: (
            Group(values, "k", f"{rows} rows", rows) if values["licence"] != "apache" else None
        ),
    )

    assert [("mit", 2), (None, 1)] == sorted(
        ((json.loads(f["details"])["fields"]["licence"], f["rows"]) for f in result.findings.to_pylist()),
        key=lambda pair: -pair[1],
    )
    assert [0, 1, 2] == sorted(result.evidence["row"].to_pylist())
