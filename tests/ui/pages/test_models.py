"""Evaluations, why one item came out as it did, and what drove a suite: facts as the lake has them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from attribution.explaining.reading import drivers_report, why_report
from attribution.reports import words
from governance.lake import open_lake
from governance.lake.evaluations import load_result_table
from tests.conftest import REPOSITORY
from tests.ui.explained import BASE, GAINED, HEAD, NEWER, OLDER, RUN, VAGUE, Explained, build
from tests.ui.pages.conftest import Open
from training.evaluation.comparison import compare
from training.evaluation.difference import points
from ui.dashboard.desk import Role

ROLES = pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
PAGES: dict[str, dict[str, str]] = {
    "evals": {"suite": "finance"},
    "why": {"suite": "finance", "item": GAINED, "base": BASE, "head": HEAD},
    "drivers": {"suite": "finance"},
}
each = pytest.mark.parametrize("page", PAGES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Explained:
    return build(tmp_path_factory.mktemp("explained"))


def why(visit: Open, made: Explained, **more: Any) -> Any:
    return visit("why", made.lake, **{**PAGES["why"], **more})


@each
@ROLES
def test_is_drawn_for_every_role(visit: Open, made: Explained, page: str, role: Role):
    seen = visit(page, made.lake, role, **PAGES[page])

    assert 1 == seen.markup.count("<h1>")
    assert seen.app.code[-1].value.startswith("govern ")
    assert "the lake could not" not in seen.text


@each
def test_says_what_is_not_there(visit: Open, made: Explained, page: str):
    given = {**PAGES[page], "base": "gone", "attribution": "nowhere", "sort": "../x", "page": "0"}
    seen = visit(page, made.lake, **given)

    assert "Left out of the address" in seen.text
    assert {
        "evals": "There is no evaluation gone",
        "why": "Attribution nowhere did not trace this item",
        "drivers": "There is no attribution nowhere",
    }[page] in seen.text


@each
def test_links_lead_to_pages_of_ours(visit: Open, made: Explained, page: str):
    links = visit(page, made.lake, **PAGES[page]).links("/")

    assert links
    assert not [link for link in links if "://" in link.partition("?")[0]]


@each
def test_an_empty_lake_says_what_to_do(visit: Open, empty_lake: str, page: str):
    seen = visit(page, empty_lake, **PAGES[page])

    said = {
        "evals": "No evaluation is stored",
        "why": "Not in this lake",
        "drivers": "No attribution is stored",
    }
    assert said[page] in seen.text
    assert seen.app.code[-1].value.startswith("govern ")


class TestEvaluations:
    def test_differences_are_those_of_the_command(self, visit: Open, made: Explained):
        with open_lake(made.lake, read_only=True) as lake:
            found = compare(*(load_result_table(lake, ident) for ident in (BASE, HEAD)))
        seen = visit("evals", made.lake)

        assert points(found.overall.difference) in seen.text
        assert f"{found.overall.items} 32.2 % 83.1 %" in seen.text
        for label in found.labels:
            assert points(label.difference) in seen.text
        assert f"govern runs diff {BASE} {HEAD} --scorer strict" == seen.app.code[-1].value

    def test_counts_of_changes_lead_to_their_items(self, visit: Open, made: Explained):
        with open_lake(made.lake, read_only=True) as lake:
            found = compare(*(load_result_table(lake, ident) for ident in (BASE, HEAD)))
        seen = visit("evals", made.lake)

        for change in ("fixed", "broken", "both right"):
            page = visit("evals", made.lake, suite="finance", change=change)
            assert f"of {found.counts[change]} lines" in page.text
        assert any("change=both+right" in link for link in seen.links("/evals?"))
        assert "still right" in seen.text

    def test_every_item_leads_to_why_with_both_evaluations(self, visit: Open, made: Explained):
        seen = visit("evals", made.lake, change="fixed", suite="finance")

        links = seen.links("/why?")
        assert 25 == len(links)
        assert all(
            f"base={BASE}" in link and f"head={HEAD}" in link and "change=fixed" in link for link in links
        )

    def test_pages_and_words(self, visit: Open, made: Explained):
        assert "51 to 60 of 60 lines" in visit("evals", made.lake, suite="finance", page=3).text
        found = visit("evals", made.lake, suite="finance", q="bond 17,")
        assert "1 to 1 of 1 line" in found.text
        assert "cannot be searched for" in visit("evals", made.lake, q="13812345678").text
        assert "No item matches these filters" in visit("evals", made.lake, q="nothing like it").text

    def test_items_whose_causes_were_traced_can_be_listed(self, visit: Open, made: Explained):
        seen = visit("evals", made.lake, suite="finance", traced="1")

        assert "1 to 4 of 4 lines" in seen.text
        assert "causes: were traced" in seen.text
        assert any("traced=1" in x for x in visit("evals", made.lake, suite="finance").links("/evals?"))
        assert "causes were traced" not in visit("evals", made.lake, suite="other").text

    def test_one_evaluation_alone_says_so(self, visit: Open, made: Explained):
        seen = visit("evals", made.lake, suite="lonely")

        assert "one evaluation only" in seen.text
        assert "✓ right 1" in seen.text
        assert "govern runs show ev-lonely" == seen.app.code[-1].value

    def test_a_suite_without_scores_says_so(self, visit: Open, made: Explained):
        assert "No evaluation of suite nothing has scores" in visit("evals", made.lake, suite="nothing").text

    def test_the_base_can_be_chosen(self, visit: Open, made: Explained):
        seen = visit("evals", made.lake, base=HEAD, head=BASE)

        assert "-50.8" in seen.text
        assert {"Base", "Head"} <= {box.label for box in seen.app.selectbox}


class TestWhy:
    def test_both_answers_stand_beside_each_other(self, visit: Open, made: Explained):
        seen = why(visit, made)

        assert "What is the yield of bond 1," in seen.text
        assert "right answer 1" in seen.text
        assert "answer found wrong name 1 strict score ✕ wrong" in seen.text
        assert "answer found 1 strict score ✓ right" in seen.text
        assert "▲ fixed" in seen.text
        assert "2 of 60" in seen.text

    def test_amounts_are_those_of_the_command(self, visit: Open, made: Explained):
        with open_lake(made.lake, read_only=True) as lake:
            report = why_report(lake, NEWER, "finance", GAINED, None, 5, None)
        for part in report.parts:
            seen = why(visit, made, functional=part.line.functional)
            for cause in part.causes:
                assert f"#{cause.sample}, " in seen.text
                assert words.nats(cause.amount) in seen.text
            for name, value in words.balance(part.line.sums):
                assert f"{name} {value}" in seen.text
            assert words.covered(part.coverage, ranks_only=False) in seen.text
            assert words.nats(part.helped_rest.amount) in seen.text

    def test_three_columns_are_named_for_what_they_are(self, visit: Open, made: Explained):
        seen = why(visit, made, functional="margin")

        heads = re.findall(r"<th[^>]*>([^<]+)</th>", seen.markup)
        assert {"Contribution, nats", "Removal score", "Overlap (not influence)"} <= set(heads)
        for line in words.LEGEND:
            assert line.partition(": ")[2] in seen.text

    def test_samples_lead_to_their_row_their_findings_and_their_source(self, visit: Open, made: Explained):
        seen = why(visit, made, k=12)

        assert any("rows=all" in link and "id=rows" in link for link in seen.links("/dataset?"))
        assert any(re.search(r"row=\d+", link) for link in seen.links("/findings?"))
        assert any("source=source-1" in link for link in seen.links("/findings?"))

    def test_a_reviewer_may_propose_to_leave_out_what_pushed_away(self, visit: Open, made: Explained):
        with open_lake(made.lake, read_only=True) as lake:
            report = why_report(lake, NEWER, "finance", GAINED, None, 5, None)
        (part,) = (p for p in report.parts if p.line.functional == "margin")

        seen = visit("why", made.lake, Role.REVIEWER, **PAGES["why"], functional="margin")

        count = len(part.harmed)
        assert f"Propose to leave out {count} sample{'s' * (count != 1)}" in seen.buttons
        seen.app.button(key="propose:drop").click().run()
        assert [] == [e.value for e in seen.app.exception]
        assert "proposal:reason" in {area.key for area in seen.app.text_area}
        watcher = visit("why", made.lake, Role.VIEWER, **PAGES["why"], functional="margin")
        assert not [b for b in watcher.buttons if b.startswith("Propose")]

    def test_words_of_the_item_are_marked_in_the_rows_and_nothing_more_is_claimed(
        self, visit: Open, made: Explained
    ):
        seen = why(visit, made, k=12)

        assert '<mark class="heat h3" title="14 words in a row">' in seen.markup
        assert "which is not influence" in seen.text
        assert "was not measured, so none of that is shown" in seen.text
        assert "ann.lee" not in seen.markup
        assert "14 words in a row" in seen.text

    def test_the_waterfall_has_a_name_and_every_step(self, visit: Open, made: Explained):
        seen = why(visit, made, functional="margin")

        figure = seen.markup.partition('<figure class="drawn"')[2].partition("</figure>")[0]
        assert 'aria-label="From -0.050 to 0.033"' in figure
        for part in ("before", "weight decay", "momentum from before", "not accounted for", "after"):
            assert f">{part}<" in figure

    def test_whether_it_was_tested_is_said(self, visit: Open, made: Explained):
        tested = why(visit, made, functional="margin").text
        other = why(visit, made, item="test/2").text
        never = why(visit, made, attribution=OLDER).text

        assert (
            "Without the 2 samples named first the margin over the competitor is -0.2500 after training"
            in tested
        )
        assert "The item turns back without them." in tested
        assert "Not tested for this item" in other
        assert "Unvalidated: nobody has tested this attribution by retraining." in never
        assert "Unvalidated" not in tested

    def test_below_enough_coverage_ranks_stand_alone(self, visit: Open, made: Explained):
        seen = why(visit, made, attribution=VAGUE, functional="margin")

        table = seen.markup.partition('aria-label="Pushed toward the right answer"')[2].partition("</table>")[
            0
        ]
        assert "only ranks are shown" in seen.text
        assert "drawn" not in seen.markup
        assert not re.search(r"[+-]0\.\d{4}<", table)

    def test_the_attribution_of_the_head_is_shown_unless_another_is_asked_for(
        self, visit: Open, made: Explained
    ):
        assert f"Attribution {NEWER} of training run {RUN}" in why(visit, made).text
        assert f"Attribution {OLDER} of training run {RUN}" in why(visit, made, attribution=OLDER).text
        assert "Attribution" in {box.label for box in why(visit, made).app.selectbox}

    def test_an_item_without_attribution_says_how_to_get_one(self, visit: Open, made: Explained):
        seen = why(visit, made, item="test/30")

        assert "Not attributed" in seen.text
        assert f"govern attribute {RUN} --suite finance --only test/30" == seen.app.code[-1].value
        assert any("traced=1" in link for link in seen.links("/evals?"))

    def test_an_item_of_one_evaluation_shows_that_one(self, visit: Open, made: Explained):
        seen = visit("why", made.lake, suite="lonely", item="q0")

        assert "One evaluation only" in seen.text
        assert "likeliest option ✓ right" in seen.text

    def test_the_command_gives_the_same(self, visit: Open, made: Explained):
        first = why(visit, made).app.code[-1].value.splitlines()[0]

        assert f"govern why finance {GAINED} --run {NEWER}" == first

    def test_steps_keep_the_list(self, visit: Open, made: Explained):
        seen = why(visit, made, change="fixed", q="bond")

        assert "of 40" in seen.text
        assert all("change=fixed" in link for link in seen.links("/why?") if "item=test%2F1&" not in link)
        assert any("change=fixed" in link for link in seen.links("/evals?"))


class TestDrivers:
    @pytest.mark.parametrize(
        ("by", "functional"),
        [("label", "margin"), ("source", "answer_loss"), ("cluster", "margin"), ("rule", "answer_loss")],
    )
    def test_amounts_are_those_of_the_command(self, visit: Open, made: Explained, by: Any, functional: str):
        with open_lake(made.lake, read_only=True) as lake:
            parts = drivers_report(lake, NEWER, by, "finance", "latest", 10).parts
        part = next(p for p in parts if p.functional == functional)
        seen = visit("drivers", made.lake, by=by, functional=functional)

        for driver in (*part.helped, *part.harmed):
            assert words.nats(driver.amount) in seen.text
            assert words.interval(driver, ranks_only=False) in seen.text
            assert words.group(driver.name, by) in seen.text
        for name, value in words.balance(part.sums):
            assert f"{name} {value}" in seen.text
        assert seen.app.code[-1].value.startswith(f"govern drivers {NEWER} --by {by} --suite finance")

    def test_what_was_measured_stands_beside_what_was_estimated(self, visit: Open, made: Explained):
        seen = visit("drivers", made.lake, by="source", functional="margin")

        assert re.search(r"source-1.{0,60}?\+0\.\d{4} [+-]\d\.\d{4} to \+\d\.\d{4} \+0\.7500", seen.text)
        assert "not tested" in seen.text
        assert "No validated group effect" in visit("drivers", made.lake, by="label").text

    def test_the_rows_behind_a_bar_are_linked(self, visit: Open, made: Explained):
        seen = visit("drivers", made.lake, by="source", functional="margin")
        link = next(x for x in seen.links("/drivers?") if "group=source-1" in x)
        opened = visit("drivers", made.lake, by="source", functional="margin", group="source-1")

        assert f"attribution={NEWER}" in link
        assert "4 samples of source-1" in opened.text
        assert 4 == len([x for x in opened.links("/dataset?") if "rows=all" in x])
        assert any("source=source-1" in x for x in seen.links("/findings?"))

    def test_samples_without_a_finding_are_a_group_that_opens(self, visit: Open, made: Explained):
        seen = visit("drivers", made.lake, by="rule")

        assert any("unnamed=1" in link for link in seen.links("/drivers?"))
        assert "11 samples of no finding" in visit("drivers", made.lake, by="rule", unnamed="1").text

    def test_a_group_that_is_not_there_says_so(self, visit: Open, made: Explained):
        assert "No sample of that group" in visit("drivers", made.lake, by="source", group="nothing").text

    def test_too_little_coverage_leaves_ranks(self, visit: Open, made: Explained):
        seen = visit("drivers", made.lake, attribution=VAGUE, by="source")

        assert "only ranks are shown" in seen.text
        assert "Contributions by source" not in seen.text

    def test_a_suite_that_was_not_traced_leads_to_one_that_was(self, visit: Open, made: Explained):
        assert "No item of suite other was traced" in visit("drivers", made.lake, suite="other").text


class TestOverview:
    def test_says_what_the_latest_model_gained_and_what_drove_it(self, visit: Open, made: Explained):
        seen = visit("", made.lake)

        assert "What the latest model learned" in seen.text
        assert "+50.8 [+30.5, +69.5]" in seen.text
        assert "Drove it up" in seen.text
        assert any(f"attribution={NEWER}" in link for link in seen.links("/drivers?"))
        assert any("change=broken" in link for link in seen.links("/evals?"))

    def test_says_nothing_of_models_where_none_was_evaluated(self, visit: Open, demo: Any):
        assert "latest model" not in visit("", demo.lake).text


def test_no_page_loads_what_trains_models(made: Explained):
    code = (
        "import sys; from tests.ui.pages.conftest import APP; from streamlit.testing.v1 import AppTest\n"
        "from ui.dashboard.desk import Desk, sit_at\n"
        f"sit_at(Desk({made.lake!r}))\n"
        "for page, given in (('evals', {}), ('why', {'suite': 'finance', 'item': 'test/1'}), ('drivers', {})):\n"
        "    app = AppTest.from_file(str(APP), default_timeout=60).switch_page(f'views/{page}.py')\n"
        "    app.query_params.update(given); app.run(); assert not app.exception and app.get('html')\n"
        "print(sorted({'torch', 'transformers', 'trl', 'peft', 'datasets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)

    assert "[]" == done.stdout.strip(), done.stderr


def hostile(number: int) -> str:
    """Words that try to be markup, wherever data bring words."""
    return f'<img src="https://evil.example/{number}.png" onerror="x"> [a](javascript:x) \u202e{number}'


def test_words_of_models_items_and_rows_are_never_markup(visit: Open, tmp_path: Path):
    made = build(tmp_path, hostile, lambda n: f"<b>{n}</b>")
    pages: list[tuple[str, dict[str, str]]] = [
        ("evals", {}),
        ("why", {"suite": "finance", "item": "<b>1</b>", "base": BASE, "head": HEAD, "k": "12"}),
        ("drivers", {"by": "label"}),
        ("", {}),
    ]
    for page, given in pages:
        seen = visit(page, made.lake, **given)
        assert "<img" not in seen.markup and "<b>1" not in seen.markup
        assert "\u202e" not in seen.markup
        assert "evil.example" in seen.text
