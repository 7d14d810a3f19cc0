"""DUP005: long passages in rows that are otherwise different."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.findings import EVIDENCE, FINDINGS
from governance.rules.dup005_repeated_passage import RULE
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled
from tests.text.makers import CHARACTERS, edited, prose, words

RARE = {"max_share": 1.0}


def around(rng: random.Random, passage: str, before: int = 150, after: int = 150) -> str:
    return f"{prose(rng, before)} {passage} {prose(rng, after)}"


def chinese(rng: random.Random, length: int) -> str:
    return "".join(rng.choice(CHARACTERS) for _ in range(length))


def spans(result, texts: list[str]) -> list[tuple[int, str]]:
    return [(r["row"], texts[r["row"]][r["start"] : r["end"]]) for r in result.evidence.to_pylist()]


def rows(kind: str, length: int, count: int, *, seed: int = 20) -> list[str]:
    """Rows of their own, English or Chinese, with one passage of so many words or characters in the middle of each."""
    rng = random.Random(seed)
    make = prose if kind == "english" else chinese
    passage, joint = make(rng, length), " " if kind == "english" else "。"
    return [joint.join((make(rng, 150), passage, make(rng, 150))) for _ in range(count)]


def varied(texts: list[str]) -> list[str]:
    return [text.upper() if i % 2 else text.replace(" ", ",  ") for i, text in enumerate(texts)]


ASKED = [[("user", text), ("assistant", "一种借款。")] for text in rows("chinese", 90, 3, seed=21)]
FIRES = {
    "80 words in 3 rows": rows("english", 80, 3),
    "65 words in 3 rows": rows("english", 65, 3),
    "200 words in 6 rows": rows("english", 200, 6),
    "case and spacing": varied(rows("english", 90, 4)),
    "九十个字，三行": rows("chinese", 90, 3),
    "二百个字，五行": rows("chinese", 200, 5),
    "用户的话": ASKED,
}
NEAR_MISSES = {
    "2 rows": rows("english", 80, 2),
    "49 words": rows("english", 49, 9),
    "nothing in common": [text for i in range(5) for text in rows("english", 80, 1, seed=30 + i)],
    "copies": [rows("english", 80, 1)[0]] * 4,
    "a system prompt": [
        [("system", prose(random.Random(40), 100)), ("user", prose(random.Random(41 + i), 60))]
        for i in range(5)
    ],
    "两行": rows("chinese", 90, 2),
    "四十个字": rows("chinese", 40, 9),
    "完全相同": [rows("chinese", 90, 1)[0]] * 4,
}


@pytest.mark.parametrize("texts", FIRES.values(), ids=FIRES)
def test_a_long_passage_in_different_rows_is_found(texts: list[Any]) -> None:
    found = run(RULE, batch(*texts), options=RARE).findings

    assert [("passage", len(texts))] == [(f["kind"], f["rows"]) for f in found.to_pylist()]


@pytest.mark.parametrize("texts", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_is_short_rare_or_a_copy_is_not(texts: list[Any]) -> None:
    assert 0 == run(RULE, batch(*texts), options=RARE).findings.num_rows


def test_a_passage_in_three_different_rows_is_one_finding() -> None:
    rng = random.Random(1)
    passage = prose(rng, 80)
    texts = [around(rng, passage) for _ in range(3)] + [prose(rng, 200) for _ in range(5)]

    result = run(RULE, batch(*texts), options=RARE)

    assert (["passage"], ["note"], [3]) == tuple(
        result.findings[name].to_pylist() for name in ("kind", "severity", "rows")
    )
    assert [0, 1, 2] == sorted(row for row, _ in spans(result, texts))
    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)


def test_evidence_spans_lie_in_the_passage_and_agree() -> None:
    rng = random.Random(2)
    passage = prose(rng, 90)
    texts = [around(rng, variant) for variant in (passage, passage.upper(), passage.replace(" ", ",  "))]

    found = [words(text) for _, text in spans(run(RULE, batch(*texts), options=RARE), texts)]

    assert found[0] == found[1] == found[2]
    assert len(found[0]) >= 60
    assert " ".join(found[0]) in passage


def test_offsets_count_characters_and_turns_from_the_first() -> None:
    rng = random.Random(3)
    passage = chinese(rng, 90)
    chats = [
        [
            ("system", "😀"),
            ("user", chinese(rng, 30)),
            ("assistant", "“" + chinese(rng, 120) + passage + "。"),
        ]
        for _ in range(4)
    ]

    lines = run(RULE, batch(*chats), options=RARE).evidence.to_pylist()

    assert {2} == {line["turn"] for line in lines}
    found = {chats[line["row"]][2][1][line["start"] : line["end"]] for line in lines}
    assert 1 == len(found)
    assert found.pop() in passage


def test_two_rows_are_too_few() -> None:
    rng = random.Random(4)
    passage = prose(rng, 80)

    assert 0 == run(RULE, batch(around(rng, passage), around(rng, passage)), options=RARE).findings.num_rows


def test_a_short_passage_is_not_reported() -> None:
    rng = random.Random(5)
    passage = prose(rng, 49)

    assert 0 == run(RULE, batch(*(around(rng, passage) for _ in range(9))), options=RARE).findings.num_rows


def test_near_duplicates_and_copies_count_once() -> None:
    rng = random.Random(6)
    text = prose(rng, 300)

    rows = batch(text, text, text.upper(), *(edited(rng, text, 1) for _ in range(3)))

    assert 0 == run(RULE, rows, options=RARE).findings.num_rows


def test_system_turns_are_not_read() -> None:
    rng = random.Random(7)
    passage = prose(rng, 100)
    rows = batch(*([("system", passage), ("user", prose(rng, 60))] for _ in range(5)))

    assert 0 == run(RULE, rows, options=RARE).findings.num_rows


def test_a_passage_in_most_rows_is_a_template() -> None:
    rng = random.Random(8)
    passage = prose(rng, 100)

    result = run(RULE, batch(*(around(rng, passage) for _ in range(6))))

    assert ["template"] == result.findings["kind"].to_pylist()


def test_two_passages_are_two_findings() -> None:
    rng = random.Random(9)
    first, second = prose(rng, 80), prose(rng, 80)
    texts = [around(rng, first) for _ in range(3)] + [around(rng, second) for _ in range(4)]

    assert [3, 4] == sorted(run(RULE, batch(*texts), options=RARE).findings["rows"].to_pylist())


@given(st.integers(0, 100_000), st.integers(65, 130), st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=25, deadline=None)
def test_every_passage_of_65_words_is_found_wherever_it_stands(
    seed: int, length: int, before: int, after: int
) -> None:
    rng = random.Random(seed)
    passage = prose(rng, length)
    texts = [around(rng, passage, before + 120 * i, after) for i in range(3)]

    result = run(RULE, batch(*texts), options=RARE)

    assert 1 == result.findings.num_rows
    assert {0, 1, 2} == {row for row, _ in spans(result, texts)}


@given(st.integers(0, 100_000))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_does_not_change_fingerprints(seed: int) -> None:
    rng = random.Random(seed)
    passages = [prose(rng, 80) for _ in range(3)]
    texts = [around(rng, passages[i % 3]) for i in range(12)]
    rows = batch(*texts)

    expected = fingerprints(run(RULE, rows, options=RARE))

    assert 3 == len(expected)
    assert expected == fingerprints(
        run(RULE, shuffled(rows, rng.sample(range(12), 12)), options=RARE, spill=0)
    )


@pytest.mark.parametrize("texts", [[], ["", ""], ["x " * 5000] * 3, ["😀" * 100] * 3])
def test_degenerate_input_is_quiet(texts: list[str]) -> None:
    assert 0 == run(RULE, batch(*texts)).findings.num_rows
