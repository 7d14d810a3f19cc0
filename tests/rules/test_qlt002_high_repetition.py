"""Texts that say the same again and again."""

from __future__ import annotations

import json
import random

import pytest

from governance.rules.qlt002_high_repetition import RULE
from tests.builders import batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run, spans

SENTENCE = "The fund invests in short bonds of the euro area and holds them until they are repaid. "
CHINESE = "该基金主要投资于短期国债并持有至到期，风险较低，适合稳健型投资者长期配置。"


def prose(words: int, seed: int = 1) -> str:
    """Words in random order: hardly a phrase stands twice."""
    return " ".join(f"w{random.Random(seed * 1000 + i).randrange(10**6)}x" for i in range(words))


def hanzi(characters: int) -> str:
    """Characters in random order."""
    return "".join(chr(0x4E00 + random.Random(i).randrange(3000)) for i in range(characters))


FIRES = {
    "one word": ("It is so the the the the the the the the the the the the the the the the the end.", "loop"),
    "two words": (prose(40) + " and so" * 10, "loop"),
    "laughter": ("你说得对" + "哈" * 20, "loop"),
    "two characters": ("明天继续" + "涨停" * 12 + "！", "loop"),
    "a looping answer": (asked("Tell me.", prose(30) + " I am not sure about that one." * 6), "loop"),
    "lines": (
        f"{SENTENCE}\n{prose(12)}\n" + f"{SENTENCE}\n{prose(3, 2)}\n{SENTENCE}\n{prose(2, 3)}\n" * 4,
        "lines",
    ),
    "phrases": (prose(60) + ". " + " ".join(f"w{i}x " + SENTENCE for i in range(5)), "phrases"),
    "Chinese phrases": (hanzi(100) + "".join(f"{CHINESE}{hanzi(5 + i)}" for i in range(6)), "phrases"),
    "one phrase": (" ".join(f"cash loan w{i}x" for i in range(60)), "top"),
}
TABLE = "\n".join(
    [
        "| year | income | costs |",
        "|---|---|---|",
        *[f"| {2000 + i} | {i * 3},000 | {i}.5 |" for i in range(60)],
    ]
)
POEM = """The woods are lovely, dark and deep,
But I have promises to keep,
And miles to go before I sleep,
And miles to go before I sleep."""
NEAR_MISSES = {
    "prose": prose(300),
    "Chinese prose": hanzi(500),
    "a table": TABLE,
    "a column of zeros": "Balance\n" + "0 0 0 0 0 0\n" * 60,
    "a list of numbers": "Primes: " + ", ".join(str(n) for n in range(2, 400)),
    "a poem": POEM,
    "rules of markdown": "\n\n---\n\n".join(prose(30, seed) for seed in range(6)),
    "blanks to fill in": "Fill in: " + "____ " * 40,
    "emphasis": "It is very, very, very, very, very important to read the terms.",
    "a laugh": "哈哈哈哈哈，你说得对，我们明天再看看吧。",
    "steps": "\n".join(f"Step {i}: add {i} and {i + 1} = {2 * i + 1}" for i in range(12)),
    "program text": "```\n" + "".join(f"self.a{i} = a{i}; self.b{i} = b{i};\n" for i in range(40)) + "```",
    "JSON": json.dumps([{"name": prose(1, i), "type": "string", "null": False} for i in range(40)]),
    "a user who repeats": [("user", SENTENCE * 10), ("assistant", "It repeats one sentence.")],
}


@pytest.mark.parametrize(("row", "kind"), FIRES.values(), ids=FIRES)
def test_repetition_is_reported(row, kind):
    assert [kind] == kinds(RULE, row)


@pytest.mark.parametrize("row", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_repeats_by_nature_is_not(row):
    assert [] == kinds(RULE, row)


def test_a_loop_is_named_by_its_place():
    assert ["ha Ha, " * 9 + "ha ha"] == spans(RULE, "He said: é. " + "ha Ha, " * 9 + "ha ha! Then he left.")
    assert ["涨停" * 12] == spans(RULE, "明天，" + "涨停" * 12 + "！吃肉")


def test_a_loop_counts_its_times():
    result = run(RULE, batch("so " + "and then we wait " * 7 + "end"))

    assert [(7.0, 5.0)] == [(f["score"], f["threshold"]) for f in result.findings.to_pylist()]


@pytest.mark.parametrize(("times", "found"), [(16, ["loop"]), (15, [])])
def test_a_loop_has_a_least_length(times: int, found: list[str]):
    assert found == kinds(RULE, "It goes " + "on " * times)


def test_thresholds_are_per_language():
    english, chinese = FIRES["phrases"][0], FIRES["Chinese phrases"][0]

    assert ["phrases"] == kinds(RULE, english, chinese, english=10.0)
    assert ["phrases"] == kinds(RULE, english, chinese, chinese=10.0)
    assert [] == kinds(RULE, english, chinese, english=10.0, chinese=10.0)


def test_short_texts_are_not_measured():
    assert [] == kinds(RULE, SENTENCE * 3)
    assert ["phrases"] == kinds(RULE, SENTENCE * 3, words=20)


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, [row for row, _ in FIRES.values()])


def test_degenerate_rows():
    check_degenerate(RULE)
