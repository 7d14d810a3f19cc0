"""Rows and findings by label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from governance.findings import EVIDENCE, FINDINGS, empty_evidence, empty_findings
from governance.labels.counts import MOST, label_counts, label_mapper
from governance.labels.labeller import BASES, labeller_of
from governance.report import LabelCount
from tests.builders import batch

Row = tuple[int, str | None, str, int]


class Kept:
    """Partials in memory."""

    def __init__(self, *tables: pa.Table) -> None:
        self._tables = tables

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        yield from self._tables

    def read(self, columns: list[str] | None = None) -> pa.Table:
        return pa.concat_tables(self._tables)

    @property
    def rows(self) -> int:
        return sum(table.num_rows for table in self._tables)


def kept(*rows: Row) -> Kept:
    """Labelled rows: (row, label, basis, characters)."""
    numbers, labels, basis, characters = zip(*rows, strict=True)
    table = pa.table(
        {
            "row": pa.array(numbers, pa.int64()),
            "label": pa.array(labels, pa.string()),
            "basis": pa.array([BASES.index(b) for b in basis], pa.int8()),
            "characters": pa.array(characters, pa.int64()),
        }
    )
    return Kept(table)


def found(*findings: tuple[str, str, Sequence[tuple[int, str]]]) -> tuple[pa.Table, pa.Table]:
    """FINDINGS and EVIDENCE of (fingerprint, severity, (row, role)s)."""
    heads = [
        {
            "fingerprint": f,
            "rule": "DUP001",
            "severity": s,
            "kind": "",
            "message": "",
            "rows": 1,
            "details": "{}",
        }
        for f, s, _ in findings
    ]
    lines = [{"fingerprint": f, "row": r, "role": role} for f, _, rows in findings for r, role in rows]
    return pa.Table.from_pylist(heads, FINDINGS), pa.Table.from_pylist(lines, EVIDENCE)


def test_findings_count_for_the_labels_whose_rows_they_affect():
    rows = kept((0, "a/x", "data", 10), (1, "a/x", "rules", 20), (2, "b/x", "rules", 5), (3, None, "none", 1))
    findings = found(
        ("f1", "error", [(0, "representative"), (1, "affected"), (2, "affected")]),
        ("f2", "note", [(1, "affected"), (1, "affected")]),
        ("f3", "warning", [(3, "affected")]),
    )

    expected = (
        LabelCount(
            "a/x", "taxonomy", 2, 30, {"data": 1, "rules": 1}, 1, {"error": 1, "warning": 0, "note": 1}
        ),
        LabelCount("b/x", "taxonomy", 1, 5, {"rules": 1}, 1, {"error": 1, "warning": 0, "note": 0}),
        LabelCount("", "none", 1, 1, {"none": 1}, 1, {"error": 0, "warning": 1, "note": 0}),
    )

    assert expected == label_counts(rows, *findings)


def test_without_any_label_there_is_nothing_to_count():
    rows = kept((0, None, "none", 1), (1, None, "none", 2))

    assert () == label_counts(rows, *found(("f", "error", [(0, "affected")])))
    assert () == label_counts(Kept(), empty_findings(), empty_evidence())


def test_most_rows_first_then_by_name_and_none_last():
    rows = kept(*((i, label, "rules", 1) for i, label in enumerate(["b", "c", "c", "a"])), *_none(5, start=4))

    assert ["c", "a", "b", ""] == [c.label for c in label_counts(rows, empty_findings(), empty_evidence())]


def _none(count: int, start: int) -> list[Row]:
    return [(start + i, None, "none", 1) for i in range(count)]


def test_many_labels_of_the_data_become_one_line():
    rows = kept(*((i, f"own {i:04d}", "unmapped", 2) for i in range(MOST + 50)), *_none(1, start=9999))
    findings = found(("f", "note", [(MOST + 10, "affected")]))

    counts = label_counts(rows, *findings)

    assert MOST + 2 == len(counts)
    assert ("50 other labels", "others", 50, 100) == (
        counts[MOST].label, counts[MOST].kind, counts[MOST].rows, counts[MOST].characters,
    )  # fmt: skip
    assert {"error": 0, "warning": 0, "note": 1} == counts[MOST].findings
    assert "none" == counts[-1].kind


def test_the_mapper_keeps_what_is_counted():
    labeller = labeller_of()
    assert labeller is not None
    rows = batch([("user", "什么是基金定投？"), ("assistant", "好")], [("user", "hello")])

    partial = label_mapper(labeller).map(rows, None)  # type: ignore[arg-type]

    assert partial is not None
    assert [
        {"row": 0, "label": "mutual-funds/consultation", "basis": BASES.index("rules"), "characters": 9},
        {"row": 1, "label": None, "basis": BASES.index("none"), "characters": 5},
    ] == partial.to_pylist()
