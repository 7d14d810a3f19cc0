"""Items told in other words are found without a model, and what only looks like them is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from governance.benchmarks import load_suite
from governance.detectors.contamination.items import prepare
from governance.detectors.paraphrase.index import build, stem
from governance.detectors.paraphrase.units import NUMBER, lexicon, units_of_texts
from governance.errors import UsageError
from governance.rules.base import RuleResult, Setup
from governance.rules.con004_eval_paraphrase import RULE
from governance.samples import SampleBatch
from tests.builders import batch
from tests.embedding.models import needs_wordllama
from tests.rules.con_negatives import CASES
from tests.rules.con_search import Kept, asked, item, suite
from tests.rules.paraphrases import CHINESE, ENGLISH, Told

REPHRASED = "contamination/rephrase_gsm8k.jsonl"


def run(items: pa.Table, *batches: SampleBatch, threshold: float = 0.5, cosine: bool = False) -> RuleResult:
    """The rule's result over some batches."""
    given = Setup({"CON004": {"threshold": threshold, "cosine": cosine}}, Path(), items=items)
    partials = {m.name: Kept([m.map(b, given) for b in batches]) for m in RULE.mappers}
    return RULE.reduce(partials, given)


def found(result: RuleResult) -> set[tuple[int, str]]:
    """(row, item name within the suite) of every line of evidence."""
    return {(e["row"], e["peer"].partition("/")[2]) for e in result.evidence.to_pylist()}


def items_of(told: Sequence[Told]) -> pa.Table:
    return suite(*(item(t.item) for t in told))


TWINS = {"english": ENGLISH, "chinese": CHINESE}
MISSED = {"chinese 5", "chinese 9"}
"""Rewritings that the rule does not find: many words are others, and they have few numbers or none."""
EVERY = {f"{language} {i}": told for language, all_told in TWINS.items() for i, told in enumerate(all_told)}
FIRES = {name: (told.item, told.rewritten) for name, told in EVERY.items() if name not in MISSED}
NEAR_MISSES = {name: (told.item, told.near_miss) for name, told in EVERY.items()}


@pytest.mark.parametrize(("question", "row"), FIRES.values(), ids=FIRES)
def test_an_item_in_other_words_is_found(question: str, row: str) -> None:
    assert {(0, "0")} == found(run(suite(item(question)), batch(row)))


@pytest.mark.parametrize(("question", "row"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_another_question_about_the_same_things_is_another_item(question: str, row: str) -> None:
    assert set() == found(run(suite(item(question)), batch(row)))


def test_chinese_items_in_other_words_are_found() -> None:
    hits = found(run(items_of(CHINESE), batch(*(asked(t.rewritten) for t in CHINESE))))

    assert {(i, str(i)) for i, _ in hits} == {(i, name) for i, name in hits}
    assert len(hits) >= 0.9 * len(CHINESE)


@pytest.mark.parametrize("told", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_another_question_about_the_same_things_is_not_found(told: Sequence[Told]) -> None:
    assert set() == found(run(items_of(told), batch(*(t.near_miss for t in told))))


@pytest.mark.parametrize("told", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_what_stands_word_for_word_is_left_to_the_other_rules(told: Sequence[Told]) -> None:
    assert set() == found(run(items_of(told), batch(*(asked(t.item) for t in told))))


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_a_hard_negative_is_not_found(case: Any) -> None:
    assert set() == found(run(suite(case.item), batch(case.text)))


def test_the_same_problem_with_other_numbers_is_another_problem() -> None:
    text = (
        ENGLISH[0].rewritten.replace("4,800", "9,100").replace("6 percent", "4 percent").replace("15", "27")
    )

    assert set() == found(run(items_of(ENGLISH), batch(text)))


def test_a_rewriting_inside_longer_text_is_found_where_it_stands() -> None:
    before = "The committee met on Tuesday. Nothing was decided, and the members went home early.\n"
    text = before + ENGLISH[1].rewritten + "\nPlease answer with a number. Thank you very much for your help."

    (line,) = run(items_of(ENGLISH), batch(asked(text))).evidence.to_pylist()

    assert ("item:s/1", 0) == (line["peer"], line["turn"])
    told = text[line["start"] : line["end"]]
    assert told.startswith("Each morning 240 rolls") and "half that price in the afternoon" in told


def test_offsets_count_characters_and_not_bytes() -> None:
    text = "请看下面这道题目。\n" + CHINESE[0].rewritten

    (line,) = run(items_of(CHINESE), batch(text)).evidence.to_pylist()

    assert CHINESE[0].rewritten.rstrip("？") in text[line["start"] : line["end"] + 1]
    assert (0, len(CHINESE[0].item)) == (line["peer_start"], line["peer_end"])


def test_one_finding_speaks_of_an_item_and_all_its_rows() -> None:
    result = run(items_of(ENGLISH), batch(ENGLISH[0].rewritten, "unrelated", asked(ENGLISH[0].rewritten)))

    (finding,) = result.findings.to_pylist()
    assert ("CON004", "paraphrase", 2) == (finding["rule"], finding["kind"], finding["rows"])
    assert "2 rows tell the question of s/0 in other words" == finding["message"]
    assert "s/0" == json.loads(finding["details"])["item"]


def test_neither_order_nor_batches_of_rows_matter() -> None:
    texts = [t.rewritten for t in (*ENGLISH, *CHINESE)]
    items = items_of((*ENGLISH, *CHINESE))
    whole = run(items, batch(*texts))
    turned = run(items, batch(*texts[::-1][:7]), batch(*texts[::-1][7:], first_row=7))

    assert whole.findings.to_pylist() == turned.findings.to_pylist()
    assert whole.stats == turned.stats


@pytest.mark.parametrize(
    "text", ["", " ", "😀" * 50, "?" * 5000, "1 2 3 " * 2000, "word " * 20000, "字" * 9000]
)
def test_odd_texts_are_read(text: str) -> None:
    assert set() == found(run(items_of((*ENGLISH, *CHINESE)), batch(text)))


def test_a_suite_without_items_to_look_for_finds_nothing() -> None:
    result = run(suite(item("Why?"), item("$x^2$")), batch("Why is that so?"))

    assert set() == found(result)
    assert 2 == result.stats["items_that_say_too_little"]


def test_a_threshold_turns_likely_pairs_away() -> None:
    texts = batch(*(t.rewritten for t in CHINESE))

    assert len(found(run(items_of(CHINESE), texts, threshold=0.99))) < len(
        found(run(items_of(CHINESE), texts))
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,200.50", 1200.5), ("twenty-five", 25), ("two hundred", 200), ("3.5万", 35000), ("三千五百万", 35e6),
     ("十二个", 12), ("两倍", 2), ("3 million", 3e6), ("一亿二千万", 1.2e8), ("half", 0.5)],
)  # fmt: skip
def test_numbers_are_read_by_their_value(text: str, value: float) -> None:
    units, _ = units_of_texts(pa.array([text], pa.large_string()), lexicon())

    assert [value] == [v for v, k in zip(units.values, units.kinds, strict=True) if k == NUMBER]


@pytest.mark.parametrize("text", ["三角形", "一般来说", "someone", "万一"])
def test_words_that_hold_a_numeral_are_no_numbers(text: str) -> None:
    units, _ = units_of_texts(pa.array([text], pa.large_string()), lexicon())

    assert NUMBER not in units.kinds.tolist()


@pytest.mark.parametrize(
    "forms",
    [("sell", "sells", "selling"), ("carry", "carries", "carried"), ("bake", "bakes", "baked", "baking")],
)
def test_forms_of_a_word_share_a_stem(forms: tuple[str, ...]) -> None:
    assert 1 == len({stem(form.encode()) for form in forms})


def test_an_index_does_not_depend_on_the_order_of_items() -> None:
    named = [item(t.item, name=t.item[:9]) for t in CHINESE]
    one, other = (build(prepare(suite(*order))) for order in (named, named[::-1]))

    assert one.texts == other.texts
    assert one.arrays.masses.tolist() == other.arrays.masses.tolist()


def test_without_a_model_cosine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.embedding.model.missing", lambda embedder: "no model; install one")
    given = Setup({"CON004": {"threshold": 0.5, "cosine": True}}, Path())

    with pytest.raises(UsageError, match="install one"):
        RULE.available(given)
    assert RULE.available(Setup({"CON004": {"threshold": 0.5, "cosine": False}}, Path())) is None


def gsm8k(shared_data: Path) -> tuple[pa.Table, SampleBatch, SampleBatch]:
    """(test items, their rewritings, training problems)."""
    items = load_suite(str(shared_data / "gsm8k/test.jsonl")).items
    texts = [json.loads(line)["text"] for line in (shared_data / REPHRASED).read_text("utf-8").splitlines()]
    train = [json.loads(line) for line in (shared_data / "gsm8k/train.jsonl").read_text("utf-8").splitlines()]
    return items, batch(*texts), batch(*(asked(r["question"], r["answer"]) for r in train))


def recall_and_false(shared_data: Path, *, cosine: bool) -> tuple[float, int]:
    items, rewritten, train = gsm8k(shared_data)
    right = {
        row
        for row, name in found(run(items, rewritten, cosine=cosine))
        if name.rpartition("/")[2] == str(row)
    }
    return len(right) / len(rewritten), len({row for row, _ in found(run(items, train, cosine=cosine))})


@pytest.mark.shared
def test_rewritten_gsm8k_is_found_without_a_model(shared_data: Path) -> None:
    recall, false = recall_and_false(shared_data, cosine=False)

    assert recall >= 0.94
    assert false <= 7  # of 7,473, which is 0.1 %


@pytest.mark.shared
@needs_wordllama
def test_more_of_it_is_found_with_the_embedder(shared_data: Path) -> None:
    recall, false = recall_and_false(shared_data, cosine=True)

    assert recall >= 0.95
    assert false <= 7
