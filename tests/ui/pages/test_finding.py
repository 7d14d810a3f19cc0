"""One finding, one overlap, one cluster."""

from __future__ import annotations

from governance.lake import open_lake
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open
from ui.dashboard.desk import Role


def test_shows_what_it_is_where_it_is_and_why_it_matters(
    visit: Open, demo: Demo, fingerprints: dict[str, str]
):
    seen = visit("finding", demo.lake, id=fingerprints["CON003"])

    assert "gives its gold answer" in seen.text
    assert "demo-finance.parquet:" in seen.text
    assert "Why it matters" in seen.text
    assert fingerprints["CON003"] in seen.text
    assert "<mark" in seen.markup


def test_the_beginning_of_a_fingerprint_will_do(visit: Open, demo: Demo, fingerprints: dict[str, str]):
    assert fingerprints["CON003"] in visit("finding", demo.lake, id=fingerprints["CON003"][:12]).text


def test_personal_data_are_masked(visit: Open, demo: Demo):
    with open_lake(demo.lake, read_only=True) as lake:
        rows = lake.fetch(
            'SELECT f.fingerprint, substr(e.excerpt, e.start - e.excerpt_start + 1, e."end" - e.start)'
            " FROM lake.findings f JOIN lake.evidence e USING (run, fingerprint)"
            " WHERE f.rule IN ('PII001', 'PII002', 'PII003', 'PII004', 'SEC001')"
        )
    assert len(rows) >= 20
    for found, secret in rows[::4]:
        assert secret not in visit("finding", demo.lake, id=found).markup


def test_steps_go_through_the_list_it_was_opened_from(visit: Open, demo: Demo, fingerprints: dict[str, str]):
    seen = visit("finding", demo.lake, id=fingerprints["CON003"], rule="CON003")

    assert "of 12" in seen.text
    assert all("rule=CON003" in link for link in seen.links("/finding?"))
    assert any("rule=CON003" in link for link in seen.links("/findings?"))


def test_an_unknown_finding_leads_back(visit: Open, demo: Demo):
    said = {"finding": "No stored audit has", "cluster": "no such cluster", "overlap": "no such overlap"}
    for page, words in said.items():
        assert words in visit(page, demo.lake, id="0" * 64).text


def test_only_people_who_may_ask_are_offered_a_waiver(visit: Open, demo: Demo, fingerprints: dict[str, str]):
    for page, rule in (("finding", "CON003"), ("overlap", "CON003"), ("cluster", "DUP003")):
        assert [] == visit(page, demo.lake, Role.VIEWER, id=fingerprints[rule]).buttons
        assert "Ask for a waiver" in visit(page, demo.lake, Role.REVIEWER, id=fingerprints[rule]).buttons


def test_an_overlap_stands_beside_its_item(visit: Open, demo: Demo, fingerprints: dict[str, str]):
    seen = visit("overlap", demo.lake, id=fingerprints["CON003"])

    assert "Item: demo-eval/" in seen.text
    assert '<mark class="answer">' in seen.markup
    assert "double underline" in seen.text


def test_members_of_a_cluster_are_compared_one_by_one(visit: Open, demo: Demo, fingerprints: dict[str, str]):
    seen = visit("cluster", demo.lake, id=fingerprints["DUP003"], member=2)

    assert "member 2 of 5" in seen.text
    assert "It stays because it is the longest" in seen.text
    assert 2 == seen.markup.count('class="pane"')
    assert "member 5 of 5" in visit("cluster", demo.lake, id=fingerprints["DUP003"], member=99).text


def test_the_matrix_has_the_counts_of_the_lake(visit: Open, demo: Demo):
    with open_lake(demo.lake, read_only=True) as lake:
        sql = "SELECT rule, kind, count(*) FROM lake.findings WHERE starts_with(rule, 'CON') GROUP BY ALL"
        counts = lake.fetch(sql)
    seen = visit("contamination", demo.lake)

    assert all(f'aria-label="{rule} {kind} in demo-eval">{n}</a>' in seen.markup for rule, kind, n in counts)
    assert "Suites checked" in seen.text


def test_a_dataset_lists_the_rows_that_findings_count_against(visit: Open, demo: Demo):
    with open_lake(demo.lake, read_only=True) as lake:
        sql = "SELECT count(DISTINCT row) FROM lake.evidence WHERE role = 'affected'"
        marked = lake.fetch(sql)[0][0]

    assert f"of {marked} lines" in visit("dataset", demo.lake, id="demo-finance").text
    assert "of 600 lines" in visit("dataset", demo.lake, id="demo-finance", rows="all").text


def test_a_rule_is_explained_in_the_words_of_the_command_line(visit: Open, demo: Demo):
    from governance.rules.registry import page

    seen = visit("rule", demo.lake, id="DUP003")

    reason = page("DUP003").partition("Why it matters")[2].strip().split("\n\n")[0]
    assert " ".join(reason.split()[:8]) in seen.text
    assert "Settings in force" in seen.text
    assert "DUP003" in visit("rule", demo.lake, id="DUP033").text


def test_every_format_is_offered_with_its_command(visit: Open, demo: Demo, run: str):
    seen = visit("reports", demo.lake)

    for name in ("html", "markdown", "csv", "json", "jsonl", "sarif", "junit"):
        assert f"govern report {run} -f {name} -o" in seen.text
    assert "audit.commit" in seen.text


def test_reports_are_rendered_when_they_are_asked_for(visit: Open, demo: Demo):
    from ui.dashboard.desk import desk
    from ui.dashboard.reading.visit import arrive
    from ui.dashboard.views.reports import rendered

    visit("reports", demo.lake)

    assert b"<html" in rendered(arrive(desk(), {}), "html")()[:200]
    assert b"DUP003" in rendered(arrive(desk(), {}), "csv")()
