"""The word lists are sound, and what stands around a word is read rightly."""

from __future__ import annotations

from collections import Counter

import pytest

from governance.detectors.lexicon.book import LISTS, MOST, entries, found, hits
from governance.detectors.lexicon.context import is_code, is_quoted, is_refused, refuses
from tests.builders import batch


def test_every_file_belongs_to_a_list() -> None:
    assert set(LISTS) == {entry.name for entry in entries()}


def test_no_phrase_stands_twice_in_a_list() -> None:
    counts = Counter((entry.name, entry.phrase.lower()) for entry in entries())

    assert [] == [key for key, count in counts.items() if count > 1]


def test_every_phrase_finds_itself() -> None:
    rows = batch(*(f"前 {entry.phrase.strip('*')} 后" for entry in entries()))
    places = {(place.turn, place.entry) for name in LISTS for place in found(hits(rows, name))}

    assert [] == [entry for i, entry in enumerate(entries()) if (i, entry) not in places]


def test_grades_are_from_one_to_three_in_lists_that_have_them() -> None:
    assert {1, 2, 3} == {entry.grade for entry in entries() if entry.name == "toxic"}
    assert {0} == {entry.grade for entry in entries() if entry.name != "toxic"}


def test_longer_phrases_spare_a_word() -> None:
    text = "印度支那支那人"
    spared = {place.start: place.is_spared(text) for place in found(hits(batch(text), "toxic"))}

    assert {2: True, 4: False} == spared


def test_at_most_so_many_places_a_turn_are_looked_at() -> None:
    rows = batch("稳赚" * 3 * MOST, "稳赚")

    assert Counter({0: MOST, 1: 1}) == Counter(hits(rows, "promotion").text.tolist())


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("a “bad” word", "bad", True),
        ("「bad」", "bad", True),
        ("a bad “word”", "bad", False),
        ("bad", "bad", False),
    ],
)
def test_quotations(text: str, word: str, expected: bool) -> None:
    start = text.index(word)

    assert expected is is_quoted(text, start, start + len(word))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```\nX\n```", True),
        ("```\na\n```\nX", False),
        ("use `X` here", True),
        ("use `a` X", False),
        ("X", False),
        ("`a`\nX `b`", False),
    ],
)
def test_code(text: str, expected: bool) -> None:
    assert expected is is_code(text, text.index("X"))


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot assist.",
        "Sorry, no.",
        "As an AI, I can't do this.",
        "抱歉，我不能提供。",
        "对不起，这违反规定。",
        "我无法协助您。",
        "作为一个人工智能助手，我不能撰写",
    ],
)
def test_refusals(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text", ["Sure, here it is.", "I can help.", "当然可以，抱歉让您久等", "无法忍受的低价！", ""]
)
def test_answers_that_help(text: str) -> None:
    assert not refuses(text)


def test_a_turn_is_refused_by_the_answer_of_its_own_row() -> None:
    rows = batch([("user", "a"), ("assistant", "I can't")], [("user", "b")], [("assistant", "I can't")])

    assert [True, True, False, True] == [is_refused(rows, turn) for turn in range(4)]
