"""Marked texts and charts lose nothing, and nothing of a row becomes markup in them."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.explaining.overlap import Shared, shared
from attribution.ledger.balance import Sums, Window
from attribution.reports.charts import Range, Step
from tests.ui.unit.test_markup import HOSTILE, names_of
from ui.dashboard import safe_text
from ui.dashboard.components import figures

ITEM = "what does a zero coupon bond pay to its holder at the end of its term"


def read(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def test_shared_words_are_marked_by_the_length_of_their_run():
    row = f"Tell me, what does a swap pay? And {ITEM}. At the end of its life it pays."
    drawn = safe_text.heated(row, shared(ITEM, row))

    assert row == read(drawn)
    assert ["what does a", ITEM, "At the end of its"] == re.findall(r"<mark[^>]*>([^<]+)</mark>", drawn)
    assert ["h1", "h3", "h2"] == re.findall(r'class="heat (h\d)"', drawn)
    assert 'title="3 words in a row"' in drawn


def test_a_long_text_is_shown_around_its_longest_stretch():
    row = "filler " * 2000 + ITEM + " filler" * 2000
    drawn = safe_text.heated(row, shared(ITEM, row))

    assert f">{ITEM}</mark>" in drawn
    assert read(drawn).startswith("…") and read(drawn).endswith("…")
    assert len(read(drawn)) < 1100


def test_what_is_masked_stays_masked_and_marks_stay_in_place():
    row = f"mail ann.lee@northbank.com now: {ITEM}"
    drawn = safe_text.heated(row, shared(ITEM, row))

    assert f"mail [EMAIL] now: {ITEM}" == read(drawn)
    assert f">{ITEM}</mark>" in drawn


def test_a_masked_stretch_does_not_come_back_as_a_mark():
    row = "please write to ann.lee@northbank.com about it"
    drawn = safe_text.heated(row, [Shared(0, len(row), 8)])

    assert "ann.lee" not in drawn


@given(
    st.text("abc 一\n<>&\"'", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=4),
)
def test_marking_loses_and_moves_nothing(text: str, spans: list[tuple[int, int]]):
    made = [Shared(start, min(start + size, len(text)), size) for start, size in sorted(spans)]

    assert text == read(safe_text.heated(text, made))


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_and_names_are_escaped(text: str):
    drawn = safe_text.heated(f"{text} {ITEM}", [Shared(0, len(text), 3)])
    chart = figures.ranges(text, text, [Range(text, 1.0, 0.5, 2.0, text)])
    steps = [Step(text, 0.0, 1.0, text, "plain")]

    assert names_of(drawn) <= {"mark"}
    assert names_of(chart + figures.waterfall(text, text, steps, 0.0, [("plain", text)])) <= {
        "figure", "h3", "ul", "li", "span", "figcaption",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", None])
def test_no_text_is_no_passage(text: str | None):
    assert "" == safe_text.passage(text)


def test_a_passage_keeps_its_lines_and_is_cut():
    shown = safe_text.passage("line one\nline two " + "x" * 9000)

    assert shown.startswith("line one\nline two xxx") and shown.endswith("…")
    assert safe_text.PASSAGE + 1 == len(shown)
    assert "[EMAIL]" in safe_text.passage("x ann.lee@northbank.com y")


def placed(markup: str, cls: str) -> list[tuple[float, float]]:
    """(left, width) of marks of a chart, per cent."""
    found = re.findall(rf'class="{cls}[^"]*" style="left:([\d.]+)%;width:([\d.]+)%"', markup)
    return [(float(left), float(width)) for left, width in found]


def test_a_bar_reaches_from_nothing_to_its_amount_and_its_interval_around_it():
    drawn = figures.ranges(
        "t", "c", [Range("up", 2.0, 1.0, 3.0, "+2"), Range("down", -1.0, None, None, "-1")]
    )

    assert [(25.0, 50.0), (0.0, 25.0)] == placed(drawn, "block")
    assert [(50.0, 50.0)] == placed(drawn, "reach")
    assert 2 == drawn.count('class="zero" style="left:25.00%"')
    assert "block plain" in drawn and "block error" in drawn
    assert 'aria-label="t"' in drawn and "+2" in read(drawn)


def test_steps_of_a_waterfall_stand_where_the_one_before_ended():
    moves = [("before", 0.0, 0.0, "total"), ("a", 0.0, 4.0, "plain"), ("b", 4.0, 3.0, "error")]
    steps = [Step(name, start, stop, name, level) for name, start, stop, level in moves]

    drawn = placed(figures.waterfall("t", "c", steps, None, []), "block")

    assert [(0.0, figures.LEAST), (0.0, 100.0), (75.0, 25.0)] == drawn


def test_windows_of_coverage_say_which_steps_they_are():
    sums = Sums(1.0, 1.0, 0.0, 0.0, 0.0)
    drawn = figures.covered("t", "c", [Window(0, 5, sums, 1.0, 0.1), Window(5, 9, sums, 1.0, 0.5)], 0.8)

    assert "steps 0 to 5" in read(drawn) and "90.0 %" in read(drawn)
    assert ["plain", "error"] == re.findall(r'block (\w+)"', drawn)
    assert figures.covered("t", "c", [], 0.8)
