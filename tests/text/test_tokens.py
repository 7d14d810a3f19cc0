"""The tokeniser against a plain Python statement of what a token is."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.text.kernels.limits import max_tokens
from governance.text.tokens import character_offsets, tokenise

CASED = (
    "abzAZ09_ ,.-\n\t'éÉßñÑЖжΣσςİıŁ＿ＧＤＰｇ５％，。：贵公司增长々〇あアｱ한국ᄀ"
    "😀👍𠀀𝐀ﬁ٣\u200b\u3000\u0301٪€²+$<\ufe0f\u20e3"
)
texts = st.text(alphabet=st.sampled_from(CASED), max_size=300) | st.text(max_size=200)


def tokens_of(text: str, padding: int = 0) -> list[tuple[int, int, int]]:
    """(hash, start byte, end byte) of each token, with the text laid into a larger buffer."""
    data = np.frombuffer(b"x" * 3 + text.encode() + b"y" * padding, np.uint8)
    end = len(data) - padding
    room = max_tokens(end - 3)
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int64)
    count = tokenise(data, 3, end, hashes, starts, ends)
    return [(int(h), int(a) - 3, int(b) - 3) for h, a, b in zip(hashes, starts, ends, strict=True)][:count]


def words(text: str) -> list[str]:
    """Folded tokens, stated without any byte in sight."""
    found: list[str] = []
    open_word = False
    for character in text:
        folded, kind = fold(character)
        if kind == "letter" and open_word:
            found[-1] += folded
        elif kind != "separator":
            found.append(folded)
        open_word = kind == "letter"
    return found


def fold(character: str) -> tuple[str, str]:
    code = ord(character)
    if 0xFF01 <= code <= 0xFF5E:
        code -= 0xFEE0
        character = chr(code)
    if code >= 0x10000:
        return character, "single" if code >= 0x20000 else "separator" if code >= 0x1F000 else "letter"
    if 0xFE00 <= code <= 0xFE0F or 0x20D0 <= code <= 0x20FF:
        return character, "separator"
    if character != "_" and unicodedata.category(character)[0] not in "LMN":
        return character, "separator"
    if unicodedata.name(character, "").startswith(
        ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "HALFWIDTH", "IDEO")
    ):
        return character, "single"
    lower = character.lower()
    return lower if len(lower) == 1 else character, "letter"


@given(st.text(alphabet=st.sampled_from(CASED), max_size=300), st.integers(0, 200))
def test_tokens_are_folded_runs_of_letters_and_single_ideographs(text: str, padding: int) -> None:
    expected = words(text)

    found = tokens_of(text, padding)

    assert ["".join(words(text.encode()[a:b].decode())) for _, a, b in found] == expected


@given(texts, st.integers(0, 200))
def test_the_place_in_the_buffer_does_not_matter(text: str, padding: int) -> None:
    assert tokens_of(text, padding) == tokens_of(text, 0)


@given(texts, texts)
def test_equal_words_have_equal_hashes_and_different_words_do_not(left: str, right: str) -> None:
    hashes = {}
    for text in (left, right):
        for code, start, end in tokens_of(text, 90):
            hashes.setdefault("".join(words(text.encode()[start:end].decode())), set()).add(code)

    assert all(len(codes) == 1 for codes in hashes.values())
    assert len({min(codes) for codes in hashes.values()}) == len(hashes)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200])
def test_long_words_hash_alike_in_the_vector_and_the_character_path(length: int) -> None:
    plain, wide = "Ab" * length, "Ａｂ" * length

    assert [h for h, _, _ in tokens_of(plain, 90)] == [h for h, _, _ in tokens_of(wide, 90)]


@pytest.mark.parametrize("damaged", [b"ab\xffcd", b"ab\xe4\xb8", b"\x80\x80", b"\xf0\x9f"])
def test_damaged_bytes_separate_and_never_read_past_the_end(damaged: bytes) -> None:
    data = np.frombuffer(damaged, np.uint8)
    room = max_tokens(len(data))
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int64)

    count = tokenise(data, 0, len(data), hashes, starts, ends)

    assert all(0 <= a < b <= len(data) for a, b in zip(starts[:count], ends[:count], strict=True))


@given(texts)
def test_byte_positions_turn_into_character_offsets(text: str) -> None:
    data = np.frombuffer(b"xyz" + text.encode(), np.uint8)
    positions = np.cumsum([0, *(len(c.encode()) for c in text)]) + 3
    out = np.empty(len(positions), np.int64)

    character_offsets(data, 3, positions, out)

    assert out.tolist() == list(range(len(text) + 1))
