"""DRF001, DRF002 and DRF003: a version against the one before it, through real audits."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.audit import AuditRequest, audit
from governance.lake import Lake, open_lake
from governance.lake.datasets import remove_version
from governance.lake.profiles import has_profiles
from governance.lake.verify import verify_lake
from governance.report import AuditReport, RuleState, Verdict
from governance.rules.drf001_source_mix_shift import RULE
from tests.builders import batch
from tests.drift.test_distances import chinese, english

Row = dict[str, str]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with open_lake(str(tmp_path / "lake")) as opened:
        yield opened


def rows(seed: int, count: int = 400, **share: float) -> list[Row]:
    """Rows of two sources, with a share of Chinese ones and of long ones."""
    rng = random.Random(seed)
    made = []
    for i in range(count):
        text = chinese(rng) if i < count * share.get("chinese", 0.1) else english(rng)
        text = text * 4 if rng.random() < share.get("long", 0) else text
        made.append({"text": text, "source": "law" if rng.random() < share.get("law", 0.5) else "exam"})
    return made


def audited(
    lake: Lake, folder: Path, *datasets: list[Row], select: tuple[str, ...] = ("DRF",)
) -> AuditReport:
    paths = []
    for place, made in enumerate(datasets):
        path = folder / f"set{place}.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), "utf-8")
        paths.append(str(path))
    return audit(AuditRequest(tuple(paths), name="sft", select=select), lake)


def states(report: AuditReport) -> set[RuleState]:
    return {rule.state for rule in report.rules}


def found(report: AuditReport) -> list[str]:
    return report.findings["rule"].to_pylist()


def test_a_first_version_is_compared_with_nothing(lake: Lake, tmp_path: Path):
    report = audited(lake, tmp_path, rows(1))

    assert {RuleState.NOT_APPLICABLE} == states(report)
    assert Verdict.PASS == report.verdict
    assert ["there is no earlier version of this name that was audited for drift"] * 3 == [
        r.reason for r in report.rules
    ]


def test_the_same_data_again_has_no_version_before_it(lake: Lake, tmp_path: Path):
    audited(lake, tmp_path, rows(1))

    assert {RuleState.NOT_APPLICABLE} == states(audited(lake, tmp_path, rows(1)))
    assert {RuleState.NOT_APPLICABLE} == states(audited(lake, tmp_path, rows(1)[::-1]))


def test_other_rows_of_the_same_mixture_are_no_drift(lake: Lake, tmp_path: Path):
    audited(lake, tmp_path, rows(10, 200))

    report = audited(lake, tmp_path, rows(20, 200))

    assert ([], {RuleState.RAN}) == (found(report), states(report))
    assert {"sft@1"} == {rule.stats["compared_with"] for rule in report.rules}


@pytest.mark.parametrize(
    ("change", "rules"),
    [({"law": 0.05}, ["DRF001"]), ({"long": 0.9}, ["DRF002"]), ({"chinese": 0.6}, ["DRF003"])],
)
def test_what_moved_is_found_by_its_own_rule(
    lake: Lake, tmp_path: Path, change: dict[str, float], rules: list[str]
):
    audited(lake, tmp_path, rows(1, 600))

    report = audited(lake, tmp_path, rows(2, 600, **change))

    assert set(rules) <= set(found(report))
    finding = next(f for f in report.findings.to_pylist() if f["rule"] == rules[0])
    assert ("shift", "warning", 0) == (finding["kind"], finding["severity"], finding["rows"])
    assert finding["score"] >= finding["threshold"]
    assert "sft@1" == json.loads(finding["details"])["compared_with"]


def test_details_name_the_sources_that_moved(lake: Lake, tmp_path: Path):
    audited(lake, tmp_path, rows(1))

    (finding,) = audited(lake, tmp_path, rows(2, law=0.0), select=("DRF001",)).findings.to_pylist()

    before, now = json.loads(finding["details"])["shares_before_and_now"]["law"]
    assert (0.0, True) == (now, 0.4 < before < 0.6)
    assert "law" not in finding["message"]


def test_a_version_audited_again_is_compared_as_it_was(lake: Lake, tmp_path: Path):
    audited(lake, tmp_path, rows(1))
    first = audited(lake, tmp_path, rows(2, law=0.0))
    audited(lake, tmp_path, rows(3, law=1.0))

    again = audited(lake, tmp_path, rows(2, law=0.0)[::-1])  # nor does the order of the rows matter

    assert first.findings["fingerprint"] == again.findings["fingerprint"]
    assert {RuleState.NOT_APPLICABLE} == states(audited(lake, tmp_path, rows(1)))


def test_a_removed_version_is_not_compared_with(lake: Lake, tmp_path: Path):
    audited(lake, tmp_path, rows(1))
    remove_version(lake, "sft", 1)

    assert {RuleState.NOT_APPLICABLE} == states(audited(lake, tmp_path, rows(2)))
    assert verify_lake(lake).ok


def test_few_rows_are_not_compared(lake: Lake, tmp_path: Path):
    audited(lake, tmp_path, rows(1, 50))

    (reason,) = {r.reason for r in audited(lake, tmp_path, rows(2)).rules}

    assert "fewer than 100 rows" in reason


def test_several_datasets_are_compared_together(lake: Lake, tmp_path: Path):
    audited(lake, tmp_path, rows(1), rows(2))

    report = audited(lake, tmp_path, rows(3, law=0.0), rows(4, law=0.0))

    assert {"sft-1@1 + sft-2@1"} == {rule.stats["compared_with"] for rule in report.rules}
    assert ["DRF001"] == found(report)


def test_a_lake_older_than_the_table_opens_and_gets_it(tmp_path: Path):
    with open_lake(str(tmp_path / "old")) as old:
        old.db.execute("DROP TABLE lake.dataset_profiles")
    with open_lake(str(tmp_path / "old"), read_only=True) as old:
        assert not has_profiles(old)
    with open_lake(str(tmp_path / "old")) as old:
        assert {RuleState.NOT_APPLICABLE} == states(audited(old, tmp_path, rows(1)))
        assert has_profiles(old)
        assert {RuleState.RAN} == states(audited(old, tmp_path, rows(2)))
        assert verify_lake(old).ok


def test_without_a_lake_the_rules_do_not_apply():
    from governance.rules.base import NotApplicable
    from tests.rules.duplicates import run

    with pytest.raises(NotApplicable, match="no lake"):
        run(RULE, batch("text"))
