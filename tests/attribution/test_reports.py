from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.explaining.drivers import drivers
from attribution.explaining.overlap import Overlap
from attribution.explaining.why import why
from attribution.findings.registry import findings_of
from attribution.ledger.balance import Sums, Window, merged
from attribution.reports import FORMATS, render, words
from attribution.reports.figures import steps_of
from attribution.reports.model import DriversReport, WhyReport
from governance.errors import UsageError
from governance.lake.contributions import AttributionRecord, Check, Ledger, StoredAttribution
from governance.safe_text import UNSAFE
from tests.attribution.ledgers import ledger_of, random_ledger, sample_table, with_removals
from tests.reports.test_hostile import BATTERY

STORED = StoredAttribution(
    "20261126-100000-abc123",
    5,
    5,
    "2026-11-26T10:00:00+00:00",
    "ann",
    AttributionRecord("run-1", "sft@1", "x", "qwen", ("e-1", "e-2")),
    (Check("lds", "removal", 0.61, 0.5, 0.7, 50),),
)
AMOUNTS = {(0, "i"): 1.0, (1, "i"): 0.5, (2, "i"): -0.25, (3, "i"): 0.25, (4, "i"): -0.125}


def why_of(ledger: Ledger, functional: str = ANSWER_LOSS, suite: str = "demo", item: str = "i") -> WhyReport:
    part = replace(why(ledger, suite, item, functional, top=2), question="What is a bond?")
    return WhyReport(STORED, suite, item, (part,), findings_of(STORED, ledger), ("a note",))


def drivers_of(ledger: Ledger) -> DriversReport:
    return DriversReport(STORED, "label", drivers(ledger, "label", draws=50), findings_of(STORED, ledger))


def drawn(report: WhyReport | DriversReport, name: str) -> str:
    out = io.StringIO()
    render(report, name, out)
    return out.getvalue()


PLAIN = ledger_of(sample_table(5, label=["a", "b", None, "a", "b"]), AMOUNTS)
VAGUE = ledger_of(sample_table(5, label=["a", "b", None, "a", "b"]), AMOUNTS, residual=0.8125)


class TestEveryFormat:
    @pytest.mark.parametrize("name", FORMATS)
    def test_an_explanation_says_its_balance_and_its_causes(self, name: str):
        text = drawn(why_of(PLAIN), name)

        assert all(part in text for part in ("sample 0", "sample 2", "What is a bond?", "run-1", "a note"))
        assert ("1.375" in text) if name == "json" else ("+1.3750" in text)

    @pytest.mark.parametrize("name", FORMATS)
    def test_drivers_say_the_sums(self, name: str):
        text = drawn(drivers_of(random_ledger(12, 4, 3)), name)

        assert all(part in text for part in ("label1", "suite0"))

    @pytest.mark.parametrize("name", FORMATS)
    def test_below_enough_coverage_no_amount_of_a_sample_is_shown(self, name: str):
        vague = VAGUE
        text = drawn(why_of(vague), name) + drawn(drivers_of(vague), name)

        assert "sample 0" in text
        for amount in ("1.0000", "+0.5000", "0.2500", "0.1250"):
            assert amount not in re.sub(r'width="[^"]*"|x="[^"]*"', "", text), amount
        assert ("ranks_only" if name == "json" else "only ranks are shown") in text

    @pytest.mark.parametrize("name", FORMATS)
    def test_the_same_twice(self, name: str):
        ledger = random_ledger(12, 4, 3)

        assert drawn(drivers_of(ledger), name) == drawn(drivers_of(ledger), name)

    @pytest.mark.parametrize("name", FORMATS)
    def test_nothing_traced(self, name: str):
        assert drawn(DriversReport(STORED, "rule", ()), name)


def test_another_format_is_refused():
    with pytest.raises(UsageError, match="no format 'pdf'"):
        drawn(why_of(PLAIN), "pdf")


class TestJson:
    def test_columns_are_apart_and_explained(self):
        ledger = with_removals(PLAIN, {(0, "i"): 2.5})

        found = json.loads(drawn(why_of(ledger), "json"))

        first = found["parts"][0]["helped"][0]
        assert (1.0, 2.5, None) == (first["contribution"], first["removal"], first["overlap"])
        assert {"contribution", "removal", "overlap"} == set(found["meaning"])

    def test_amounts_add_up(self):
        found = json.loads(drawn(why_of(PLAIN), "json"))["parts"][0]

        listed = sum(c["contribution"] for c in (*found["helped"], *found["harmed"]))
        listed += found["helped_rest"]["contribution"] + found["harmed_rest"]["contribution"]
        assert pytest.approx(found["balance"]["attributed"]) == listed

    def test_ranks_only_leaves_null(self):
        found = json.loads(drawn(drivers_of(VAGUE), "json"))["suites"][0]

        assert found["ranks_only"]
        assert {None} == {d[k] for d in found["helped"] for k in ("contribution", "low", "high")}


HOSTILE = ledger_of(
    sample_table(len(BATTERY), label=BATTERY, source=BATTERY, dataset=BATTERY, row=list(range(len(BATTERY)))),
    {(i, "\n".join(BATTERY)): 1.0 / (i + 1) for i in range(len(BATTERY))},
    suite="".join(BATTERY[:4]),
)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    suite, item = "".join(BATTERY[:4]), "\n".join(BATTERY)
    report = why_of(HOSTILE, suite=suite, item=item)
    part = why(HOSTILE, suite, item, ANSWER_LOSS, top=50)
    evil = [replace(c, overlap=Overlap(1.0, 5, BATTERY[n % len(BATTERY)])) for n, c in enumerate(part.helped)]
    part = replace(part, helped=tuple(evil), question="".join(BATTERY))
    report = replace(report, parts=(part,), notes=tuple(BATTERY))
    return {name: drawn(report, name) + drawn(drivers_of(HOSTILE), name) for name in FORMATS}


class TestHostileText:
    @pytest.mark.parametrize("name", FORMATS)
    def test_nothing_reaches_the_terminal(self, texts: dict[str, str], name: str):
        assert not UNSAFE.search(texts[name].replace("\n", " "))

    def test_html_has_no_element_that_we_did_not_write(self, texts: dict[str, str]):
        seen: set[str] = set()

        class Parser(HTMLParser):
            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                seen.add(tag)
                assert not any(name.startswith("on") for name, _ in attrs)

        Parser().feed(texts["html"])
        assert not seen & {"script", "img", "iframe", "object", "a", "b onclick", "form"}

    def test_markdown_stays_text(self, texts: dict[str, str]):
        html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(texts["markdown"])

        assert not re.search(r"<(a|img|script|svg|style|iframe)\b", html)


class TestWaterfall:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(1, 12), st.integers(1, 3), st.integers(0, 4), st.integers(0, 20))
    def test_each_step_begins_where_the_one_before_ended(
        self, samples: int, intervals: int, top: int, seed: int
    ):
        part = why(random_ledger(samples, 1, intervals, seed), "suite0", "i0", ANSWER_LOSS, top)

        steps = steps_of(part)

        assert all(abs(a.stop - b.start) < 1e-9 for a, b in pairwise(steps))
        assert (part.line.before, part.line.after) == (steps[0].start, steps[-1].stop)

    def test_what_helps_lowers_a_loss_and_raises_a_margin(self):
        loss = steps_of(why(PLAIN, "demo", "i", ANSWER_LOSS))
        margin = steps_of(why(ledger_of(sample_table(5), AMOUNTS, functional=MARGIN), "demo", "i", MARGIN))

        assert (-1.0, 1.0) == (loss[1].stop - loss[1].start, margin[1].stop - margin[1].start)

    def test_drawn_only_where_amounts_are_shown(self):
        assert "waterfall-0" in drawn(why_of(PLAIN), "html")
        assert "waterfall-0" not in drawn(why_of(VAGUE), "html")


def window(at: int, moved: float, left: float) -> Window:
    return Window(at, at + 1, Sums(moved, moved - left, 0.0, 0.0, left), moved, left)


def test_many_windows_are_put_together_without_losing_any():
    windows = [window(i, 1.0 + i, 0.1) for i in range(101)]

    found = merged(windows, 40)

    assert 40 == len(found)
    assert (0, 101) == (found[0].start, found[-1].stop)
    assert pytest.approx(sum(w.moved for w in windows)) == sum(w.moved for w in found)
    assert pytest.approx(10.1) == sum(w.sums.residual for w in found)
    assert tuple(windows[:5]) == merged(windows[:5], 40)


@pytest.mark.parametrize(
    ("share", "says"),
    [(0.79999, "79.9 %"), (0.8, "80.0 %"), (1.0, "100.0 %"), (-0.5, "-50.0 %"), (0.57, "57.0 %")],
)
def test_a_coverage_below_the_line_never_reads_as_the_line(share: float, says: str):
    assert says == words.percent(share)
