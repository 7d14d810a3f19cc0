"""Whatever the lake adds up comes to what the loaded ledger comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace

import pyarrow as pa
import pytest

from attribution.entries import ANSWER_LOSS
from attribution.explaining.drivers import SuiteDrivers, drivers
from attribution.explaining.groups import BYS, By
from attribution.explaining.looking import drivers_of, explain, grouping
from attribution.explaining.why import Why, why
from governance.lake import Lake, open_lake
from governance.lake.audits import commit_audit
from governance.lake.browsing import attributions
from governance.lake.browsing.attributions import Part
from governance.lake.contributions import AttributionRecord, Ledger, commit_attribution, rules_of_samples
from tests.attribution.ledgers import contribution_table, random_ledger, sample_table, sha, with_removals
from tests.lake.builders import audit_report, dataset_record, evidence_table, finding_table

SUITE, COUNT = "suite1", 14
PART = Part("a-1", SUITE, ANSWER_LOSS)


def made() -> Ledger:
    ledger = random_ledger(COUNT, 4, 3, seed=3, suites=2)
    scores = {(n, f"i{m}"): n / 8 - m for n in range(COUNT) for m in range(4) if n % 3}
    rows = [None if n == 5 else n for n in range(COUNT)]
    ledger = replace(
        ledger,
        samples=sample_table(
            COUNT,
            dataset=["d@1"] * COUNT,
            row=rows,
            label=ledger.samples.column("label").to_pylist(),
            source=ledger.samples.column("source").to_pylist(),
        ),
    )
    given = {(n, f"i{m}"): ((n % 2) - 0.5) / (1 + m) for n in range(COUNT) for m in range(4)}  # sums to 0
    closing = contribution_table(given, start=30, stop=30, suite=SUITE)
    contributions = pa.concat_tables([ledger.contributions, closing])
    return with_removals(replace(ledger, contributions=contributions), scores, SUITE)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The ledger, another one of the same names, and an audit that found things on some of its samples."""
    with open_lake(str(tmp_path_factory.mktemp("looking") / "lake")) as opened:
        commit_attribution(opened, "a-1", AttributionRecord("run-1"), made())
        commit_attribution(
            opened, "a-2", AttributionRecord("run-1"), random_ledger(COUNT, 4, 3, seed=4, suites=2)
        )
        evidence = evidence_table(6)
        marks = [sha(f"f{i}") for i in (0, 0, 1, 1, 2, 2)]
        ids = [sha(f"sample {i}") for i in (1, 4, 4, 9, 2, 3)]
        for name, values in (("sample_id", ids), ("fingerprint", marks)):
            evidence = evidence.set_column(evidence.column_names.index(name), name, pa.array(values))
        report = audit_report("audit-1", dataset_record("d", ["x"]), findings=3)
        findings = finding_table(3)
        findings = findings.set_column(
            findings.column_names.index("fingerprint"),
            "fingerprint",
            pa.array([sha(f"f{i}") for i in range(3)]),
        )
        rules = pa.array(["DUP003", "DUP001", "QLT001"])
        findings = findings.set_column(findings.column_names.index("rule"), "rule", rules)
        commit_audit(opened, replace(report, findings=findings, evidence=evidence))
        yield opened


def rounded(found: Why | SuiteDrivers) -> object:
    """The same with sums rounded, since sums of floats depend on their order."""

    def walk(value: object) -> object:
        if isinstance(value, float):
            return round(value, 9) + 0.0
        return tuple(walk(v) for v in value) if isinstance(value, tuple) else value

    return walk(astuple(found))


@pytest.mark.parametrize("top", [0, 2, 50])
def test_an_item_is_explained_as_the_command_does(lake: Lake, top: int):
    for item in ("i0", "i3"):
        found = explain(lake, "a-1", SUITE, item, top)

        assert [ANSWER_LOSS] == list(found)
        assert rounded(why(made(), SUITE, item, ANSWER_LOSS, top)) == rounded(found[ANSWER_LOSS])


def test_an_item_that_was_not_traced_has_no_explanation(lake: Lake):
    assert {} == explain(lake, "a-1", SUITE, "nothing")
    assert {} == explain(lake, "a-9", SUITE, "i0")


@pytest.mark.parametrize("by", BYS)
@pytest.mark.parametrize("top", [1, 20])
def test_groups_are_those_of_the_command(lake: Lake, by: By, top: int):
    ruled = rules_of_samples(lake, "a-1", "audit-1")
    (expected,) = drivers(made(), by, ruled=ruled, suite=SUITE, top=top)

    found = drivers_of(lake, PART, grouping(lake, "a-1", by, "audit-1"), top)

    assert rounded(expected) == rounded(found)


def test_clusters_are_made_of_findings_that_say_rows_are_alike(lake: Lake):
    found = grouping(lake, "a-1", "cluster", "audit-1")

    assert {1, 4, 9} == {n for n, name in found.clusters if name == "d@1 row 1 and 2 like it"}


@pytest.mark.parametrize("by", ["label", "rule", "cluster"])
def test_samples_of_a_group_are_paged_and_add_up(lake: Lake, by: By):
    how = grouping(lake, "a-1", by, "audit-1")
    for driver in (found := drivers_of(lake, PART, how, 20)).helped + found.harmed:
        total = attributions.count_members(lake, PART, how, driver.name)
        pages = [attributions.members(lake, PART, how, driver.name, 3, at) for at in range(0, total, 3)]
        every = [member for page in pages for member in page]

        assert total == len({m.sample for m in every}) == len(every)
        assert by == "rule" or pytest.approx(driver.amount) == sum(m.amount for m in every)
        assert sorted((abs(m.amount) for m in every), reverse=True) == [abs(m.amount) for m in every]


def test_sources_of_one_item_add_up_to_it(lake: Lake):
    line = explain(lake, "a-1", SUITE, "i1")[ANSWER_LOSS].line

    found = attributions.sources_of_item(lake, PART, "i1")

    assert {"source0", "source1"} == {one.source for one in found}
    assert pytest.approx(line.sums.attributed) == sum(one.amount for one in found)


def test_which_items_were_traced_by_what(lake: Lake):
    assert {"i1": {"a-1", "a-2"}} == attributions.tracing(lake, SUITE, ["i1", "i99"])
    assert {} == attributions.tracing(lake, "no suite", ["i1"])
    assert [("suite0", 4), (SUITE, 4)] == [
        (t.suite, t.items) for t in attributions.traced_suites(lake, "a-1")
    ]


def test_names_are_values_and_never_sql(lake: Lake):
    evil = "x' OR '1'='1"

    assert {} == explain(lake, evil, evil, evil)
    assert 0 == attributions.count_members(lake, PART, grouping(lake, "a-1", "label", ""), evil)
    with pytest.raises(ValueError, match="label; --"):
        drivers_of(lake, PART, replace(grouping(lake, "a-1", "label", ""), by="label; --"), 1)
