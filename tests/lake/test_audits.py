from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from governance.errors import NotFound, UsageError
from governance.findings import empty_evidence, empty_findings
from governance.lake import Lake
from governance.lake.audits import (
    commit_audit,
    list_audits,
    load_audit,
    remove_audit,
    removed_datasets,
    verify_audit,
)
from governance.lake.datasets import entries, remove_version, stage_version
from governance.lake.events import events
from governance.lake.records import report_to_json
from governance.lake.verify import verify_lake
from tests.lake.builders import audit_report, dataset_record, entry_table


def commit(lake: Lake, run: str, *texts: str, name: str = "sft"):
    with stage_version(lake, name) as staged:
        staged.write_entries(entry_table(texts))
        return commit_audit(lake, audit_report(run, dataset_record(name, texts)), [staged])


def test_a_report_comes_back_equal(lake: Lake):
    report = commit(lake, "run-1", "x", "y")

    loaded = load_audit(lake, "run-1")

    assert report == loaded
    assert report_to_json(report) == report_to_json(
        loaded
    )  # the order of keys too: renderings are the same bytes
    assert 1 == loaded.datasets[0].version
    assert verify_audit(lake, "run-1").ok


def test_a_report_of_nothing_comes_back_equal(lake: Lake):
    report = audit_report("run-1", evidence=empty_evidence(), rules=(), suites=(), config={})
    report = replace(report, findings=empty_findings())

    assert report == commit_audit(lake, report)
    assert report == load_audit(lake, "latest")


def test_findings_and_evidence_can_be_queried(lake: Lake):
    commit(lake, "run-1", "x")

    assert [("DUP003", 3)] == lake.fetch(
        "SELECT rule, count(*) FROM lake.findings WHERE run = 'run-1' GROUP BY rule"
    )
    assert [(4,)] == lake.fetch("SELECT count(*) FROM lake.evidence")
    assert [("CON001", "not-run", "no suite"), ("DUP003", "ran", "")] == lake.fetch(
        "SELECT id, state, reason FROM lake.audit_rules ORDER BY position"
    )


def test_one_audit_is_one_event(lake: Lake):
    before = len(events(lake))

    commit(lake, "run-1", "x")

    assert ["audit.commit"] == [e.action for e in events(lake)][before:]
    assert ["sft@1"] == events(lake)[-1].data["datasets"]


def test_committing_a_run_again_doubles_nothing(lake: Lake):
    first = commit(lake, "run-1", "x")
    files, log = verify_lake(lake).files, events(lake)

    assert first == commit(lake, "run-1", "x")
    assert (files, log) == (verify_lake(lake).files, events(lake))
    assert () == verify_lake(lake).orphans


def test_two_audits_of_the_same_data_share_a_version(lake: Lake):
    commit(lake, "run-1", "x")
    second = commit(lake, "run-2", "x")

    assert 1 == second.datasets[0].version
    assert 1 == entries(lake, "sft").num_rows


def test_two_datasets_of_one_audit(lake: Lake):
    with stage_version(lake, "a") as first, stage_version(lake, "b") as second:
        first.write_entries(entry_table(["x"]))
        second.write_entries(entry_table(["y"], first_row=1))
        records = dataset_record("a", ["x"]), dataset_record("b", ["y"], first_row=1)
        report = commit_audit(lake, audit_report("run-1", *records), [first, second])

    assert [("a", 1), ("b", 1)] == [(d.name, d.version) for d in report.datasets]
    assert ("a@1", "b@1") == list_audits(lake)[0].datasets


def test_data_that_were_not_kept_have_no_version(lake: Lake):
    commit_audit(lake, audit_report("run-1", dataset_record("sft", ["x"])))

    assert 0 == load_audit(lake, "run-1").datasets[0].version
    assert ("sft",) == list_audits(lake)[0].datasets


def test_a_staged_dataset_the_report_does_not_name_is_refused(lake: Lake):
    with stage_version(lake, "other") as staged, pytest.raises(UsageError, match="0 datasets called 'other'"):
        commit_audit(lake, audit_report("run-1", dataset_record("sft", ["x"])), [staged])

    assert [] == list_audits(lake)


def test_runs_are_found_by_their_beginning_or_as_the_latest(lake: Lake):
    for run in ("abc1", "abd2", "abd23"):
        commit(lake, run, run)

    assert "abc1" == load_audit(lake, "abc").run.id
    assert "abd2" == load_audit(lake, "abd2").run.id  # whole, though it begins another
    assert "abd23" == load_audit(lake, "latest").run.id
    assert ["abd23", "abd2", "abc1"] == [a.run for a in list_audits(lake)]
    with pytest.raises(NotFound, match="could be more than one run") as ambiguous:
        load_audit(lake, "ab")
    assert "abc1" in ambiguous.value.hint
    with pytest.raises(NotFound, match="did you mean 'abd2'"):
        load_audit(lake, "abd24")


@pytest.mark.parametrize("run", ["latest", "", "%", "x' OR 1=1 --"])
def test_no_run_matches_in_an_empty_lake(lake: Lake, run: str):
    with pytest.raises(NotFound):
        load_audit(lake, run)


def test_an_empty_or_odd_run_matches_nothing(lake: Lake):
    commit(lake, "run-1", "x")

    for run in ("", "%", "_un", "x' OR 1=1 --"):
        with pytest.raises(NotFound):
            load_audit(lake, run)


def test_a_removed_audit_is_gone_but_was_there(lake: Lake):
    commit(lake, "run-1", "x")

    assert "run-1" == remove_audit(lake, "run")

    with pytest.raises(NotFound):
        load_audit(lake, "run-1")
    assert [(0,)] == lake.fetch("SELECT count(*) FROM lake.evidence")
    assert ["audit.commit", "audit.remove"] == [e.action for e in events(lake)][-2:]
    assert verify_lake(lake).ok


def test_an_audit_outlives_the_version_it_read_and_says_so(lake: Lake):
    report = commit(lake, "run-1", "x")

    remove_version(lake, "sft", 1)

    assert report == load_audit(lake, "run-1")
    assert ("sft@1 (removed)",) == list_audits(lake)[0].datasets
    assert ["sft@1"] == list(removed_datasets(lake, "run-1"))
    assert verify_audit(lake, "run-1").ok


def test_a_changed_finding_is_noticed(lake: Lake):
    commit(lake, "run-1", "x")

    lake.db.execute("UPDATE lake.findings SET rows = 0 WHERE position = 1")

    assert ("the stored findings are not what was committed",) == verify_audit(lake, "run-1").problems


def test_a_changed_verdict_is_noticed(lake: Lake):
    commit(lake, "run-1", "x")

    lake.db.execute("UPDATE lake.audits SET report = replace(report, '\"fail\"', '\"pass\"')")

    assert ("the stored report is not what was committed",) == verify_audit(lake, "run-1").problems


def test_many_findings_keep_their_order(lake: Lake):
    report = audit_report("run-1", findings=3000)

    commit_audit(lake, report)

    loaded = load_audit(lake, "run-1")
    assert report.findings == loaded.findings
    assert isinstance(loaded.findings, pa.Table)
