"""The key against reports made by hand."""

from __future__ import annotations

import pyarrow as pa

from governance.demo.key import FaultKey, HardNegative, Planted, as_json, check_key, read_key
from governance.findings import EVIDENCE, FINDINGS
from governance.report import AuditReport, Gate, RunRecord, Verdict

Line = tuple[int, str, str | None]
"""row, role, peer"""

RUN = RunRecord("r", "", "", 0.0, 0.0, "", "", "", "")


def report(*findings: tuple[str, list[Line]], kind: str = "") -> AuditReport:
    """A report of findings: each a rule and its lines of evidence."""
    found = [
        {"fingerprint": f"f{i}", "rule": rule, "severity": "error", "kind": kind, "message": "", "rows": 1}
        | {"details": "{}"}
        for i, (rule, _) in enumerate(findings)
    ]
    evidence = [
        {"fingerprint": f"f{i}", "row": row, "role": role, "peer": peer}
        for i, (_, lines) in enumerate(findings)
        for row, role, peer in lines
    ]
    tables = (pa.Table.from_pylist(found, schema=FINDINGS), pa.Table.from_pylist(evidence, schema=EVIDENCE))
    return AuditReport(RUN, Verdict.FAIL, Gate("error"), (), (), (), *tables)


def key(*faults: Planted, negatives: tuple[HardNegative, ...] = ()) -> FaultKey:
    return FaultKey(7, 100, faults, negatives)


COPY = Planted("exact-duplicate", "DUP001", (4,), "row:2")
LEAK = Planted("item-verbatim", "CON001", (9,), "item:s/1")


def test_a_duplicate_is_found_when_one_finding_names_both_rows() -> None:
    score = check_key(key(COPY), report(("DUP001", [(2, "representative", None), (4, "affected", "row:2")])))

    assert score.perfect
    assert (score.lines[0].planted, score.lines[0].found) == (1, 1)


def test_either_of_two_equal_rows_may_represent_the_other() -> None:
    score = check_key(key(COPY), report(("DUP001", [(4, "representative", None), (2, "affected", "row:4")])))

    assert score.perfect


def test_a_duplicate_paired_with_another_row_is_missed_and_unexpected() -> None:
    score = check_key(key(COPY), report(("DUP001", [(5, "representative", None), (6, "affected", "row:5")])))

    assert score.lines[0].missed == (COPY,)
    assert score.lines[0].unexpected == (6,)
    assert not score.perfect


def test_a_family_reported_as_near_duplicates_is_missed() -> None:
    family = Planted("number-template", "DUP003", (4,), "row:2", finding="template")
    finding = ("DUP003", [(2, "representative", None), (4, "affected", "row:2")])

    assert not check_key(key(family), report(finding, kind="near")).perfect
    assert check_key(key(family), report(finding, kind="template")).perfect


def test_a_leak_counts_only_with_the_right_item() -> None:
    right = check_key(key(LEAK), report(("CON001", [(9, "affected", "item:s/1")])))
    wrong = check_key(key(LEAK), report(("CON001", [(9, "affected", "item:s/2")])))

    assert right.perfect
    assert wrong.lines[0].missed == (LEAK,)


def test_a_rule_the_fault_allows_as_well_is_not_unexpected() -> None:
    answered = Planted("item-with-answer", "CON003", (9,), "item:s/1", also=("CON001",))
    lines: list[Line] = [(9, "affected", "item:s/1")]

    assert check_key(key(answered), report(("CON001", lines), ("CON003", lines))).perfect


def test_findings_of_a_rule_that_planted_nothing_have_a_line_of_their_own() -> None:
    score = check_key(key(COPY), report(("QLT001", [(30, "affected", None), (12, "affected", None)])))

    assert [(line.rule, line.unexpected) for line in score.lines] == [("DUP001", ()), ("QLT001", (12, 30))]


def test_lines_are_added_up_by_family() -> None:
    report_ = report(
        ("DUP001", [(2, "representative", None), (4, "affected", "row:2")]),
        ("CON002", [(7, "affected", "item:s/1")]),
    )
    families = check_key(key(COPY, LEAK), report_).families

    assert [("DUP", ("DUP001",), 1, 1, 0), ("CON", ("CON001", "CON002"), 1, 0, 1)] == [
        (f.family, f.rules, f.planted, f.found, f.unexpected) for f in families
    ]


def test_a_copy_is_found_where_the_original_is_only_named_as_its_peer() -> None:
    score = check_key(key(COPY), report(("DUP001", [(4, "affected", "row:2")])))

    assert score.perfect


def test_hard_negatives_list_the_rows_that_were_spoken_of() -> None:
    negatives = (HardNegative("stem", (20, 21)),)
    score = check_key(key(negatives=negatives), report(("CON001", [(21, "affected", "item:s/1")])))

    assert score.hard_negatives == (("stem", 2, (21,)),)


def test_a_clean_report_misses_everything() -> None:
    score = check_key(key(COPY, LEAK), report())

    assert [line.found for line in score.lines] == [0, 0]
    assert not score.perfect


def test_a_key_is_read_back_as_it_was_written() -> None:
    written = key(COPY, LEAK, negatives=(HardNegative("stem", (20, 21)),))

    assert read_key(as_json(written)) == written
