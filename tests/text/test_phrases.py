"""The search for many phrases at once finds what a search for each one finds."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.samples import utf8_buffers
from governance.text.phrases import PhraseBook

PHRASES = [
    "insider tip",
    "passw*",
    "*word",
    "内幕消息",
    "保本a收益",
    "收益",
    "a$$hole*",
    "f*ck it",
    "v信加微信x",
]


def found(phrases: list[str], texts: list[str]) -> list[tuple[int, int, int]]:
    hits = PhraseBook.of(phrases).find(*utf8_buffers(pa.array(texts, pa.large_string())))
    return sorted(zip(hits.text.tolist(), hits.start.tolist(), hits.phrase.tolist(), strict=True))


def expected(phrases: list[str], texts: list[str]) -> list[tuple[int, int, int]]:
    """The same by one regular expression a phrase."""
    out = []
    for i, phrase in enumerate(phrases):
        bare = phrase.strip("*")
        before = "(?<![A-Za-z0-9])" if phrase[0] != "*" and bare[0].isascii() and bare[0].isalnum() else ""
        after = "(?![A-Za-z0-9])" if phrase[-1] != "*" and bare[-1].isascii() and bare[-1].isalnum() else ""
        pattern = re.compile(f"{before}(?={re.escape(bare)}{after})", re.IGNORECASE | re.ASCII)
        out += [(t, m.start(), i) for t, text in enumerate(texts) for m in pattern.finditer(text)]
    return sorted(out)


PIECES = st.sampled_from(
    [
        *(p.strip("*") for p in PHRASES),
        "Insider TIP",
        "PASSWORD",
        "pass",
        " ",
        "s",
        "。",
        "é",
        "😀",
        "幕",
        "本",
        "1",
        "K",
    ]
)


@given(st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=5))
def test_it_agrees_with_one_search_a_phrase(texts: list[str]) -> None:
    assert expected(PHRASES, texts) == found(PHRASES, texts)


def test_words_end_where_letters_and_digits_end() -> None:
    texts = [
        "insider tip",
        "insider tips",
        "Xinsider tip",
        "的insider tip的",
        "(INSIDER TIP)",
        "insider tip1",
        "é insider tip",
    ]

    assert [0, 3, 4, 6] == [text for text, _, _ in found(["insider tip"], texts)]


def test_starts_count_characters_beyond_the_basic_plane_too() -> None:
    assert [(0, 3, 0), (0, 9, 0)] == found(["内幕消息"], ["😀é好内幕消息😀a内幕消息"])


def test_more_hits_than_room_are_all_found() -> None:
    assert 5000 == len(found(["收益"], ["收益" * 5000]))


def test_nothing_is_read_beyond_a_text_or_the_last_byte() -> None:
    assert [] == found(["insider tip", "内幕消息"], ["insider", " tip", "内幕", "消息", "insider ti"])
    assert [] == found(["insider tip"], [])
    assert [] == found(["insider tip"], ["", ""])


def test_hits_can_be_narrowed() -> None:
    book = PhraseBook.of(["收益", "insider tip"])
    hits = book.find(*utf8_buffers(pa.array(["收益收益收益", "insider tip 收益"], pa.large_string())))

    assert 5 == len(hits)
    assert [1] == hits.of(np.array([False, True])).text.tolist()
    assert 2 == len(hits.inside(np.array([False, True])))
    assert [0, 0, 1, 1] == hits.first(2).text.tolist()


def test_a_phrase_too_short_to_anchor_is_refused() -> None:
    with pytest.raises(ValueError, match="neither four ASCII"):
        PhraseBook.of(["加v"])
