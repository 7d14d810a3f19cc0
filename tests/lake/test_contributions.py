from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from governance.errors import NotFound
from governance.lake import Lake, events
from governance.lake.contributions import (
    AttributionRecord,
    Check,
    commit_attribution,
    find_attribution,
    list_attributions,
    load_ledger,
    missing_attributions,
    record_check,
    remove_attribution,
    rules_of_samples,
    verify_attribution,
)
from governance.lake.verify import verify_lake
from tests.attribution.ledgers import random_ledger, sha, with_removals

RECORD = AttributionRecord(
    "run-1", "tiny@2", "ab", "qwen", ("eval-1", "eval-2"), {"refresh": 4}, {"seconds": 1.5}
)
CHECK = Check("lds", "removal", 0.7, 0.6, 0.8, 50, {"seeds": [1, 2]})


def test_a_ledger_comes_back_equal(lake: Lake):
    ledger = with_removals(random_ledger(7, 3, 2, suites=2), {(0, "i0"): 1.5, (1, "i0"): -0.5})

    stored = commit_attribution(lake, "a-1", RECORD, ledger)

    assert ledger == load_ledger(lake, stored.id)
    assert (RECORD, 7, ledger.contributions.num_rows) == (stored.record, stored.samples, stored.contributions)
    assert verify_attribution(lake, "a-1").ok
    assert verify_lake(lake).ok


def test_committing_again_doubles_nothing(lake: Lake):
    ledger = random_ledger(3, 1, 1)
    first = commit_attribution(lake, "a-1", RECORD, ledger)

    assert first == commit_attribution(lake, "a-1", RECORD, ledger)
    assert [first] == list_attributions(lake)
    assert () == verify_lake(lake).orphans


def test_an_attribution_is_found_by_its_id_its_run_or_as_the_latest(lake: Lake):
    ledger = random_ledger(2, 1, 1)
    for ident, run in (("20260101-a", "r1"), ("20260102-b", "r1"), ("20260103-c", "other")):
        commit_attribution(lake, ident, replace(RECORD, run=run), ledger)

    asked = ("20260101-a", "20260103", "latest", "r1", "oth")

    assert ["20260101-a", "20260103-c", "20260103-c", "20260102-b", "20260103-c"] == [
        find_attribution(lake, name).id for name in asked
    ]
    with pytest.raises(NotFound, match="could be more than one"):
        find_attribution(lake, "2026")
    with pytest.raises(NotFound, match="there is no attribution"):
        find_attribution(lake, "nothing")


def test_an_empty_lake_says_how_to_get_one(lake: Lake):
    with pytest.raises(NotFound, match="no attribution is stored"):
        find_attribution(lake, "latest")


def test_checks_are_kept_in_order_and_proved(lake: Lake):
    commit_attribution(lake, "a-1", RECORD, random_ledger(2, 1, 1))

    record_check(lake, "a-1", CHECK)
    record_check(lake, "a-1", replace(CHECK, kind="flip", low=None, high=None))

    assert (CHECK, replace(CHECK, kind="flip", low=None, high=None)) == find_attribution(lake, "a-1").checks
    assert verify_attribution(lake, "a-1").ok


def test_a_changed_amount_is_found(lake: Lake):
    commit_attribution(lake, "a-1", RECORD, random_ledger(2, 1, 1))
    record_check(lake, "a-1", CHECK)

    lake.db.execute("UPDATE lake.contributions SET amount = amount + 1 WHERE sample = 0")
    lake.db.execute("UPDATE lake.attribution_checks SET value = 1.0")

    assert (
        "the stored contributions are not what was committed",
        "the stored checks are not what was committed",
    ) == verify_attribution(lake, "a-1").problems


def test_what_was_deleted_behind_the_back_is_missed(lake: Lake):
    commit_attribution(lake, "a-1", RECORD, random_ledger(2, 1, 1))
    commit_attribution(lake, "a-2", RECORD, random_ledger(2, 1, 1))
    remove_attribution(lake, "a-2")

    lake.db.execute("DELETE FROM lake.attributions WHERE attribution = 'a-1'")

    assert ["a-1"] == missing_attributions(lake)


def test_removing_takes_every_table_and_leaves_a_line_in_the_log(lake: Lake):
    commit_attribution(lake, "a-1", RECORD, random_ledger(2, 1, 1))
    commit_attribution(lake, "a-2", RECORD, random_ledger(2, 1, 1))

    assert "a-1" == remove_attribution(lake, "a-1")

    assert ["a-2"] == [a.id for a in list_attributions(lake)]
    assert [("a-2",)] == lake.fetch("SELECT DISTINCT attribution FROM lake.contributions")
    assert 1 == len(events.about(lake, "attribution.remove", "a-1"))
    assert verify_lake(lake).ok


def test_findings_of_an_audit_on_the_samples(lake: Lake):
    from tests.lake.builders import audit_report, dataset_record, evidence_table, finding_table

    evidence = evidence_table(3)
    ids = [sha("sample 1"), sha("sample 1"), sha("elsewhere")]
    evidence = evidence.set_column(evidence.column_names.index("sample_id"), "sample_id", pa.array(ids))
    from governance.lake.audits import commit_audit

    report = audit_report("audit-1", dataset_record("d", ["x"]), findings=3)
    commit_audit(lake, replace(report, findings=finding_table(3), evidence=evidence))
    commit_attribution(lake, "a-1", RECORD, random_ledger(2, 1, 1))

    found = rules_of_samples(lake, "a-1", "audit-1").to_pylist()

    assert [("DUP003", sha("sample 1"))] * 2 == [(row["rule"], row["sample_id"]) for row in found]
