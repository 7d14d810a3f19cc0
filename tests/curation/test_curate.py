"""A curation from files to a split in the lake."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.audit import AuditRequest, audit
from governance.curation.curate import curate
from governance.curation.open import open_split
from governance.curation.policy import Policy
from governance.curation.request import CurateRequest
from governance.curation.why import why
from governance.errors import LakeDamaged, NotFound, UsageError
from governance.ingest import IngestRequest, ingest
from governance.lake import Lake, open_lake
from governance.lake.audits import list_audits
from governance.lake.datasets import list_datasets, remove_version
from governance.lake.splits import list_splits, load_exclusions, load_members
from governance.members import MEMBERS
from governance.proof import verify_all
from tests.curation.builders import QUICK, bonds, curated, write

MAIL = "anna.li@privatmail.de"


def mixed(path: Path) -> str:
    """Rows of which some are fit, and others leave at one step each."""
    rows = bonds(12, source="desk", category="a")
    rows += [dict(rows[0]), {"prompt": "Whom do I ask?", "response": f"Write to {MAIL}.", "category": "b"}]
    rows += [{"prompt": "And then?", "response": ""}]
    write(path, rows)
    path.write_text(path.read_text() + "no json\n")
    return str(path)


def members(lake: Lake, reference: str, part: str | None = None) -> list[dict[str, Any]]:
    return [row for table in open_split(lake, reference).members(part) for row in table.to_pylist()]


def test_the_funnel_adds_up_to_the_row(lake: Lake, tmp_path: Path):
    record = curated(lake, mixed(tmp_path / "a.jsonl")).record

    left = [record.rows, *(stage.left for stage in record.funnel)]
    assert [s.excluded for s in record.funnel] == [a - b for a, b in itertools.pairwise(left)]
    assert (16, 13) == (record.rows, record.members)
    assert {"unreadable": 1, "duplicate": 1, "unsupervised": 1} == {
        s.step: s.excluded for s in record.funnel if s.excluded
    }
    assert (13, 3) == (load_members(lake, record).num_rows, load_exclusions(lake, record).num_rows)


def test_members_as_training_reads_them(lake: Lake, tmp_path: Path):
    curated(lake, mixed(tmp_path / "a.jsonl"))

    tables = list(open_split(lake, "sft").members())
    rows = [row for table in tables for row in table.to_pylist()]

    assert all(table.schema == MEMBERS for table in tables)
    assert list(range(13)) == [row["position"] for row in rows]
    assert bonds(1)[0]["prompt"] == rows[0]["conversation"][0]["content"]
    assert {"train"} == {row["part"] for row in rows}
    assert ("a@1", "desk", "a", 1.0) == tuple(rows[0][n] for n in ("dataset", "source", "label", "weight"))


def test_personal_data_are_replaced_in_what_is_trained_on(lake: Lake, tmp_path: Path):
    record = curated(lake, mixed(tmp_path / "a.jsonl")).record

    last = members(lake, "sft")[-1]

    assert "Write to [EMAIL]." == last["conversation"][1]["content"]
    assert {"email": 1} == record.redactions
    assert why(lake, record, "13")[0].redacted


def test_the_same_again_is_the_split_that_is_there(lake: Lake, tmp_path: Path):
    first = curated(lake, mixed(tmp_path / "a.jsonl"))
    events = verify_all(lake, None, None, "log").events

    again = curated(lake, "a")

    assert (True, False) == (first.new, again.new)
    assert first.record == again.record
    assert not again.audited
    assert events == verify_all(lake, None, None, "log").events


def test_another_policy_is_another_version(lake: Lake, tmp_path: Path):
    curated(lake, mixed(tmp_path / "a.jsonl"))

    other = curated(lake, "a", policy=Policy(holdout=0.3))

    assert (2, True) == (other.record.version, other.new)
    assert ["sft@1", "sft@2"] == [s.reference for s in list_splits(lake)]
    assert 1 == len(list_audits(lake))


def test_another_lake_gives_the_same_content(lake: Lake, tmp_path: Path):
    path = mixed(tmp_path / "a.jsonl")
    with open_lake(str(tmp_path / "other")) as other:
        one, two = curated(lake, path).record, curated(other, path).record

    assert one.content_hash == two.content_hash
    assert one.run != two.run


def test_members_of_a_holdout_are_apart(lake: Lake, tmp_path: Path):
    record = curated(lake, mixed(tmp_path / "a.jsonl"), policy=Policy(holdout=0.4)).record

    train, held = members(lake, "sft", "train"), members(lake, "sft", "holdout")

    assert (record.parts["train"].rows, record.parts["holdout"].rows) == (len(train), len(held))
    assert held
    assert list(range(13)) == sorted(row["position"] for row in [*train, *held])
    with pytest.raises(UsageError, match="no part 'test'"):
        open_split(lake, "sft").members("test")


def test_several_datasets_are_judged_together(lake: Lake, tmp_path: Path):
    one = write(tmp_path / "one.jsonl", bonds(5, source="one"))
    two = write(tmp_path / "two.jsonl", [*bonds(3, source="two"), *bonds(8)[6:]])

    record = curated(lake, one, two, policy=Policy(representative="source", source_order=("two",))).record

    rows = members(lake, "sft")
    assert 7 == len(rows)
    assert {("one@1", 3), ("one@1", 4)} == {(r["dataset"], r["row"]) for r in rows if r["dataset"] == "one@1"}
    answer = why(lake, record, "one:0")[0]
    assert ("duplicate", "row 0 of two@1") == (answer.step, answer.stands_at)
    assert ["one@1", "two@1"] == [a.dataset for a in why(lake, record, "0")]


def test_questions_of_one_record_are_one_group(lake: Lake, tmp_path: Path):
    rows = bonds(60)
    records = [
        {"context": f"Report {n}", "questions": [{"id": f"{n}-{i}", "question": r["prompt"], "answer": r["response"]}
                                                   for i, r in enumerate(rows[3 * n : 3 * n + 3])]}
        for n in range(20)
    ]  # fmt: skip

    curated(lake, write(tmp_path / "a.jsonl", records), policy=Policy(holdout=0.4))

    parts: dict[str, set[str]] = {}
    for row in members(lake, "sft"):
        parts.setdefault(row["group"], set()).add(row["part"])
    assert 20 == len(parts)
    assert {1} == {len(p) for p in parts.values()}
    assert {"train", "holdout"} == set.union(*parts.values())


def test_records_on_one_line_are_groups_of_their_own(lake: Lake, tmp_path: Path):
    rows = bonds(9)
    records = [
        {"context": f"Report {n}", "questions": [{"question": r["prompt"], "answer": r["response"]}
                                                   for r in rows[3 * n : 3 * n + 3]]}
        for n in range(3)
    ]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(records))

    curated(lake, str(tmp_path / "a.json"))

    groups = [row["group"] for row in members(lake, "sft")]
    assert (9, 3) == (len(groups), len(set(groups)))


def test_the_latest_rows_by_a_named_column(lake: Lake, tmp_path: Path):
    rows = [{**row, "day": f"2026-01-{i + 1:02d}"} for i, row in enumerate(bonds(10))]
    policy = Policy(holdout=0.2, time_column="day", latest=True)

    curated(lake, write(tmp_path / "a.jsonl", rows), policy=policy)

    assert [8, 9] == [row["row"] for row in members(lake, "sft", "holdout")]


def test_an_audit_that_is_named_is_used(lake: Lake, tmp_path: Path):
    path = mixed(tmp_path / "a.jsonl")
    ingest(IngestRequest(path), lake)
    report = audit(AuditRequest((path,), select=("INP",)), lake)

    found = curated(lake, "a", run=report.run.id)

    assert (report.run.id, False) == (found.record.run, found.audited)
    assert {"unreadable"} == {s.step for s in found.record.funnel if s.excluded}
    assert any("did not run in the audit: DUP001" in note for note in found.record.notes)
    assert found.record == curated(lake, "a", run="latest").record


def test_an_audit_of_other_data_is_refused(lake: Lake, tmp_path: Path):
    report = audit(AuditRequest((write(tmp_path / "b.jsonl", bonds(3)),), select=("INP",)), lake)

    with pytest.raises(UsageError, match=r"read other data \(b@1\) than a@1"):
        curated(lake, mixed(tmp_path / "a.jsonl"), run=report.run.id)
    with pytest.raises(UsageError, match="no audit of exactly these versions"):
        curated(lake, "a", run="latest")


def test_an_audit_by_other_settings_is_not_taken_for_one(lake: Lake, tmp_path: Path):
    path = mixed(tmp_path / "a.jsonl")
    audit(AuditRequest((path,), select=("INP",)), lake)

    assert curated(lake, path).audited


def test_a_dry_run_leaves_the_lake_alone(lake: Lake, tmp_path: Path):
    path = mixed(tmp_path / "a.jsonl")
    with open_lake(str(tmp_path / "scratch")) as scratch:
        request = CurateRequest((path,), "sft", Policy(), QUICK, labels="none")
        found = curate(request, lake, scratch=scratch)

    assert (13, 0, False) == (found.record.members, found.record.version, found.new)
    assert ([], [], []) == (list_splits(lake), list_datasets(lake), list_audits(lake))


@pytest.mark.parametrize(
    ("datasets", "error", "said"),
    [
        (("nothing",), NotFound, "no dataset 'nothing'"),
        (("a@7",), NotFound, "no version 7"),
        (("a", "a@1"), UsageError, "dataset 'a' is named twice"),
    ],
)
def test_data_that_cannot_be_curated(
    lake: Lake, tmp_path: Path, datasets: tuple[str, ...], error: type, said: str
):
    ingest(IngestRequest(mixed(tmp_path / "a.jsonl")), lake)

    with pytest.raises(error, match=said):
        curated(lake, *datasets)


@pytest.mark.parametrize("name", ["", "a@b", "a/b", "a\nb"])
def test_names_that_a_split_cannot_have(lake: Lake, tmp_path: Path, name: str):
    with pytest.raises(UsageError, match="cannot be called"):
        curated(lake, mixed(tmp_path / "a.jsonl"), name=name)


def test_a_split_that_is_not_there(lake: Lake, tmp_path: Path):
    curated(lake, mixed(tmp_path / "a.jsonl"))

    with pytest.raises(NotFound, match="no split 'stf'") as error:
        open_split(lake, "stf")
    assert "did you mean 'sft'?" in error.value.hint
    with pytest.raises(NotFound, match="no version 4"):
        open_split(lake, "sft@4")


def test_a_split_whose_data_were_removed_is_not_opened(lake: Lake, tmp_path: Path):
    curated(lake, mixed(tmp_path / "a.jsonl"))
    remove_version(lake, "a", 1)

    with pytest.raises(NotFound, match="a@1 was removed"):
        open_split(lake, "sft")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE lake.split_members SET weight = 9 WHERE position = 0",
            "its members are not what was committed",
        ),
        ("DELETE FROM lake.split_members WHERE position = 0", "its members are not what was committed"),
        (
            "UPDATE lake.split_exclusions SET rule = 'X' WHERE position = 0",
            "its exclusions are not what was committed",
        ),
        (
            "UPDATE lake.splits SET record = replace(record, '\"seed\": 0', '\"seed\": 7')",
            "its record is not",
        ),
    ],
)
def test_tampering_is_named(lake: Lake, tmp_path: Path, sql: str, said: str):
    curated(lake, mixed(tmp_path / "a.jsonl"))
    assert verify_all(lake, None, None, "log").ok

    lake.db.execute(sql)

    assert any(f"split sft@1: {said}" in problem for problem in verify_all(lake, None, None, "log").problems)
    with pytest.raises(LakeDamaged, match="was changed"):
        open_split(lake, "sft")


def test_a_split_that_is_gone_is_named(lake: Lake, tmp_path: Path):
    curated(lake, mixed(tmp_path / "a.jsonl"))

    lake.db.execute("DELETE FROM lake.splits")

    problems = verify_all(lake, None, None, "log").problems
    assert "split sft@1: it was committed, and is not in the lake" in problems


def test_why_by_sample_and_what_cannot_be_asked(lake: Lake, tmp_path: Path):
    record = curated(lake, mixed(tmp_path / "a.jsonl")).record
    sample = members(lake, "sft")[0]["sample_id"]

    both = why(lake, record, sample[:10])

    assert [(0, "train", ""), (12, "", "duplicate")] == [(a.row, a.part, a.step) for a in both]
    assert "row 0 of a@1 stands for it, sample" in "\n".join(both[1].words())
    assert "unreadable" == why(lake, record, "a@1:15")[0].step
    for what, error in (("99", NotFound), ("b:1", NotFound), ("a row", UsageError), ("ffffffff", NotFound)):
        with pytest.raises(error):
            why(lake, record, what)


def test_an_empty_split_is_a_split(lake: Lake, tmp_path: Path):
    rows = [{"prompt": f"Question {i} of ten?", "response": ""} for i in range(3)]

    record = curated(lake, write(tmp_path / "a.jsonl", rows)).record

    assert (0, 3) == (record.members, record.rows)
    assert [] == members(lake, "sft")


def test_suppressed_findings_leave_rows_alone(lake: Lake, tmp_path: Path):
    rows = [{**row, "govern_ignore": "DUP"} for row in (bonds(1)[0], bonds(1)[0])]

    record = curated(lake, write(tmp_path / "a.jsonl", rows)).record

    assert 2 == record.members
    assert ("1 findings are waived, and leave their rows alone",) == record.notes
    assert 1 == curated(lake, "a", policy=replace(Policy(), keep_waived=False)).record.members
