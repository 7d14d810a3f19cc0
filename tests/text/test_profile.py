"""The counts of turns against their definitions."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.samples import utf8_buffers
from governance.text.profile import FIELDS, profile_of


def counts(text: str) -> dict[str, int]:
    row = profile_of(*utf8_buffers(pa.array(["x", text], pa.large_string()))).counts[1]
    return dict(zip(FIELDS, row.tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("Rate 3.5%", {"characters": 9, "latin": 4, "digits": 2, "blanks": 1, "longest_number": 2}),
        ("利率３%", {"characters": 4, "han": 2, "digits": 1, "longest_number": 1}),
        ("ひらカナ한국Жλ", {"characters": 8, "kana": 4, "hangul": 2, "cyrillic": 1, "other_letters": 1}),
        ("手机138 1234 5678", {"longest_number": 11}),
        ("(010) 6552-1234", {"longest_number": 11}),
        ("1 apple 2", {"longest_number": 1}),
        ("sk-abc_DEF123 x", {"longest_word": 13}),
        ("plain-words-only", {"longest_word": 0}),
        ("aaab  ！！！！", {"longest_run": 4}),
        ("a\u200bb\u202ec\ufeff\U000e0041", {"hidden": 4}),
        ("a\ufffd\x07\x85", {"replaced": 1, "controls": 2}),
        ("Ã©tÃ© é°", {"doubled": 3}),
        ("a@b ＠", {"ats": 2}),
        ("<b>1 < 2</b><!--", {"tags": 3}),
        ("<|im_start|>", {"specials": 1, "tags": 0}),
        ("https://x [a](b)", {"links": 2}),
        ("1+1=2＝2", {"equals": 2}),
        ("a\nb\u2028c", {"newlines": 2, "blanks": 2}),
    ],
)
def test_counts(text: str, expected: dict[str, int]) -> None:
    found = counts(text)

    assert expected == {name: found[name] for name in expected}
    assert len(text) == found["characters"]


@given(st.text(max_size=300))
def test_counts_agree_with_a_slow_reading(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    found = counts(text)

    words = re.findall(r"[A-Za-z0-9_+/-]+", text)
    keys = [w for w in words if re.search(r"[A-Za-z]", w) and re.search(r"[0-9]", w)]
    assert max(map(len, keys), default=0) == found["longest_word"]
    assert sum(map(text.count, "@＠")) == found["ats"]
    assert text.count("\n") + text.count("\u2028") + text.count("\u2029") == found["newlines"]
    assert len(text) == found["characters"]


@given(st.text(st.sampled_from("0123456789 -.()（）a年"), max_size=60))
def test_the_longest_number_bridges_two_joints(text: str) -> None:
    chains = re.findall(r"[0-9](?:[ \-.()（）]{0,2}[0-9])*", text)

    assert (
        max((sum(c.isdigit() for c in chain) for chain in chains), default=0)
        == counts(text)["longest_number"]
    )
