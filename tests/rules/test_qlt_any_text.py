"""Whatever the text, the quality and token rules give places that lie in it, and the same ones in any batch."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.rules.base import Rule
from governance.rules.registry import all_rules
from governance.samples import SampleBatch
from tests.builders import batch
from tests.rules.quality_rows import run

RULES = [rule for rule in all_rules().values() if rule.info.family in ("QLT", "TOK")]
PIECES = [
    "As an AI language model, ", "版权所有", "锟斤拷", "哈" * 17, "the " * 17, "Ã©", "â€™", "\ufffd", "\x00", "<think>",
    "</think>", "<|im_end|>", "```\n", "$$", "\\begin{x}", "（", "(", "{\"a\": ", "of the", "，", "。", ". ",
    "\n", " ", "😀",
    "债券的价格随利率变化", "A bond is a loan. ", "浣犲ソ锛屼粖澶╃殑", "これは日本語です", "É", "1,234.5 ", "____ ",
]  # fmt: skip
TEXTS = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
ROLES = st.sampled_from(["system", "user", "assistant", "assistant", "tool", "text", "expert"])
ROWS = st.lists(st.one_of(TEXTS, st.lists(st.tuples(ROLES, TEXTS), max_size=4)), min_size=1, max_size=4)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
@settings(max_examples=40)
@given(rows=ROWS)
def test_places_lie_in_their_turns(rule: Rule, rows):
    result = run(rule, batch(*rows))

    for place in result.evidence.to_pylist():
        turns = [("text", rows[place["row"]])] if isinstance(rows[place["row"]], str) else rows[place["row"]]
        if place["start"] is not None:
            assert 0 <= place["start"] < place["end"] <= len(turns[place["turn"]][1])
    alone = [run(rule, batch(row)).findings["fingerprint"].to_pylist() for row in rows]
    assert set(result.findings["fingerprint"].to_pylist()) == {one for found in alone for one in found}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.info.id)
def test_a_slice_of_a_table_is_a_batch_like_any_other(rule: Rule):
    rows = [
        PIECES[0],
        [("user", "a"), ("assistant", "<think>" + "哈" * 20)],
        "".join(PIECES),
        "the " * 20,
        [("user", "b")],
    ]
    sliced = SampleBatch(batch("before", "é" * 9, *rows, "after").table.slice(2, len(rows)))

    assert (
        run(rule, batch(*rows)).findings["fingerprint"].to_pylist()
        == run(rule, sliced).findings["fingerprint"].to_pylist()
    )
