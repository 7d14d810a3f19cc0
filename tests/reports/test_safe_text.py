"""What cannot be seen is spelled out, and nothing else is touched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.safe_text import UNSAFE, clip, json_safe, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\x00b\x7f", "a␀b␡"),
        ("one\ntwo\tthree\r", "one⏎two⇥three␍"),
        ("\x9b31m", "⟦U+009B⟧31m"),
        ("abc\u202edcb", "abc⟦U+202E⟧dcb"),
        ("\u2066x\u2069", "⟦U+2066⟧x⟦U+2069⟧"),
        ("zero\u200bwidth\ufeff", "zero⟦U+200B⟧width⟦U+FEFF⟧"),
        ("\ud800", "⟦U+D800⟧"),
        ("\ufffe\uffff", "⟦U+FFFE⟧⟦U+FFFF⟧"),
        ("\U000e0041", "⟦U+E0041⟧"),
        ("中文，全角　é ñ 😀 ÷", "中文，全角　é ñ 😀 ÷"),
    ],
)
def test_hidden_characters_are_spelled_out(text: str, expected: str):
    assert expected == visible(text)


def test_lines_and_tabs_stay_where_they_are_wanted():
    assert "a\nb\tc␛" == visible("a\nb\tc\x1b", lines=True)


@given(st.text(st.characters()))
def test_nothing_unsafe_is_left_and_twice_is_once(text: str):
    shown = visible(text)

    assert UNSAFE.search(shown) is None
    assert shown == visible(shown)


@given(st.text(st.characters(exclude_categories=[])), st.integers(0, 20))
def test_parts_may_be_treated_apart(text: str, at: int):
    assert visible(text) == visible(text[:at]) + visible(text[at:])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_keeps_its_value_and_shows_nothing_unsafe(text: str):
    safe = json_safe(json.dumps(text, ensure_ascii=False))

    assert text == json.loads(safe)
    assert UNSAFE.search(safe) is None


def test_a_long_text_is_cut_to_the_limit():
    assert ("abcd…", "abcde") == (clip("abcdef", 5), clip("abcde", 5))
