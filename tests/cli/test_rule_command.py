"""`govern rule`: pages and lists."""

from __future__ import annotations

import json

import pytest

from attribution.findings.registry import attribution_rules
from governance.rules.registry import all_rules
from tests.cli.conftest import Run

EVERY = [rule.info for rule in (*attribution_rules().values(), *all_rules().values())]


def test_all_lists_every_rule_with_a_summary(run: Run) -> None:
    lines = run("rule", "--all").out.splitlines()

    assert [line.split()[0] for line in lines[1:]] == [info.id for info in EVERY]
    assert all(info.summary in line for info, line in zip(EVERY, lines[1:], strict=True))


def test_a_family_is_found_too(run: Run) -> None:
    heads = [line for line in run("rule", "GOV").out.splitlines() if line.startswith("# ")]

    assert [head.split()[1] for head in heads] == [i for i in all_rules() if i.startswith("GOV")]


@pytest.mark.parametrize("code", ["GOV004", "gov004", "rule-not-run"])
def test_a_rule_is_found_by_id_or_name(run: Run, code: str) -> None:
    out = run("rule", code).out

    assert out.startswith("# GOV004 rule-not-run\n")
    assert "What it does" in out
    assert len([line for line in out.splitlines() if line.startswith("# ")]) == 1


@pytest.mark.parametrize("code", ["ATT001", "att001", "harmful-influence"])
def test_rules_about_attributions_have_pages_too(run: Run, code: str) -> None:
    out = run("rule", code).out

    assert out.startswith("# ATT001 harmful-influence\n")
    assert "no audit looks for it" in out.replace("\n", " ")


def test_the_family_of_attributions(run: Run) -> None:
    heads = [line for line in run("rule", "ATT").out.splitlines() if line.startswith("# ")]

    assert [head.split()[1] for head in heads] == list(attribution_rules())


def test_json_has_the_page_and_the_options(run: Run) -> None:
    found = json.loads(run("rule", "GOV004", "-f", "json").out)

    assert [r["id"] for r in found] == ["GOV004"]
    assert set(found[0]) == {"id", "name", "severity", "stage", "summary", "needs_eval", "options", "page"}


def test_markdown_of_all_is_a_table(run: Run) -> None:
    lines = run("rule", "--all", "-f", "markdown").out.splitlines()

    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == len(EVERY) + 2


def test_pages_are_drawn_only_where_colour_is_wanted(run: Run) -> None:
    assert "\x1b" not in run("rule", "GOV004").out
    assert "\x1b" in run("--color", "always", "rule", "GOV004").out


def test_an_unknown_rule_is_2_with_the_nearest(run: Run) -> None:
    ended = run("rule", "GOV04")

    assert (ended.code, ended.out) == (2, "")
    assert "did you mean 'GOV004'?" in ended.err
