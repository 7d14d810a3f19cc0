"""What the contamination rules report: evidence, short items, overlaps, answers, repeated items, invariants."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import batch
from tests.rules.con_search import (
    BOND,
    CHOICES,
    LOAN,
    PROSE,
    STORY,
    Conversation,
    asked,
    codes,
    found,
    item,
    listed,
    results,
    suite,
)


def test_evidence_gives_offsets_in_both_texts() -> None:
    items = suite(item(BOND, *CHOICES, answer="C"))
    text = "请回答：12、" + listed(BOND, *CHOICES)

    result = results(items, [batch([("system", "You help."), ("user", text), ("assistant", "答案：C")])])

    question, *options = result["CON001"].evidence.to_pylist()
    assert (question["turn"], question["peer"], question["peer_part"]) == (1, "item:s/0", "question")
    matched = text[question["start"] : question["end"]]
    assert matched == BOND[question["peer_start"] : question["peer_end"]] == BOND.removesuffix("____。")
    assert [text[o["start"] : o["end"]] for o in options] == list(CHOICES)
    joined = "\n".join(CHOICES)
    assert [joined[o["peer_start"] : o["peer_end"]] for o in options] == list(CHOICES)
    answer = next(e for e in result["CON003"].evidence.to_pylist() if e["peer_part"] == "answer")
    assert (answer["turn"], answer["start"], answer["end"]) == (2, 3, 4)


def test_a_finding_speaks_of_one_item_and_all_its_rows() -> None:
    items = suite(item(LOAN, answer="360"))

    result = results(items, [batch(asked(LOAN), "unrelated", asked(f"Solve this. {LOAN}"))])["CON001"]

    (finding,) = result.findings.to_pylist()
    assert (finding["rule"], finding["severity"], finding["kind"]) == ("CON001", "error", "verbatim")
    assert (finding["rows"], finding["score"]) == (2, 1.0)
    assert finding["message"] == "the question of s/0 stands word for word in 2 rows"
    assert [e["row"] for e in result.evidence.to_pylist()] == [0, 2]


def test_an_edited_question_is_an_overlap_and_not_verbatim() -> None:
    edited = STORY.replace("a small town", "our little town")

    result = results(suite(item(STORY)), [batch(asked(edited))])

    (finding,) = result["CON002"].findings.to_pylist()
    assert finding["severity"] == "warning"
    assert 0.8 <= finding["score"] < 1
    assert finding["threshold"] == 0.8
    assert result["CON001"].findings.num_rows == 0


def test_the_threshold_decides_about_overlaps() -> None:
    edited = STORY.replace("a small town", "our little town").replace("a retired teacher", "an old friend")

    assert codes(suite(item(STORY)), asked(edited), threshold=0.7) == ["CON002"]
    assert codes(suite(item(STORY)), asked(edited), threshold=0.99) == []


def test_the_story_without_its_question_is_nothing() -> None:
    assert codes(suite(item(STORY)), STORY.partition("How many")[0]) == []


def test_listed_options_are_no_answer_but_an_announced_one_in_the_same_turn_is() -> None:
    items = suite(item(BOND, *CHOICES, answer="C"))

    assert codes(items, listed(BOND, *CHOICES)) == ["CON001"]
    assert codes(items, listed(BOND, *CHOICES) + "\n答案：C") == ["CON001", "CON003"]
    assert codes(items, listed(BOND, *CHOICES) + "\n答案：A\n第二题……答案：C") == ["CON001"]


def test_short_items_are_found_as_whole_turns_with_their_answer_or_options() -> None:
    items = suite(
        item("Compute 17 * 23.", answer="391"),
        item("资产负债率", "负债除以资产", "资产除以负债", "权益除以负债"),
    )

    assert codes(items, asked("Compute 17 * 23.", "391")) == ["CON001", "CON003"]
    assert codes(items, asked("Compute 17 * 23.", "I cannot.")) == []
    assert codes(items, asked(listed("资产负债率", "负债除以资产", "资产除以负债", "权益除以负债"))) == [
        "CON001"
    ]
    assert codes(items, "该公司的资产负债率为百分之六十，高于同行。") == []


def test_what_cannot_be_searched_is_listed_with_a_reason() -> None:
    items = suite(item("☐ △ ◯", answer="x"), item("Why?"), item(LOAN))

    stats = results(items, [batch("text")])["CON001"].stats

    assert stats["unsearchable_items"] == [
        "s/0: the question has no words",
        "s/1: the question has fewer than 6 words and nothing else to be recognised by",
    ]
    assert stats["items"] == 3


def test_an_item_that_occurs_twice_is_one_finding_with_both_names() -> None:
    items = suite(item(LOAN, answer="360", name="dev/1"), item(LOAN, answer="360", name="test/9"))

    (finding,) = results(items, [batch(asked(LOAN))])["CON001"].findings.to_pylist()

    assert json.loads(finding["details"])["item"] == "s/dev/1"
    assert json.loads(finding["details"])["also"] == ["s/test/9"]


def test_the_stem_trap() -> None:
    """Dev rows share their stem with test items whose options or context differ: nothing is found."""
    stem = "根据上述条款，需要提取的属性是：【赔付类型】；该属性的取值范围是：【报销、给付、年金、未知】；"
    dev = [
        "被保险人因意外伤害住院的，本公司按实际费用的八成予以补偿。",
        "被保险人生存至六十岁的，本公司每年给付生活津贴。",
    ]
    test = [
        "被保险人确诊重大疾病的，本公司一次性支付基本保险金额。",
        "投保人身故的，免交此后各期保险费，合同继续有效。",
    ]
    options = ("报销", "给付", "年金", "未知")
    items = suite(*(item(stem, *options, context=c) for c in test))
    rows = [asked(f"{c}\n{listed(stem, *options)}", "A") for c in dev]

    assert found(items, *rows, asked(stem, "报销")) == set()
    assert found(items, asked(f"{test[0]}\n{listed(stem, *options)}", "B")) == {("CON001", "0", 0)}


def test_a_stem_that_recurs_in_the_suite_needs_the_options_of_the_item() -> None:
    stem = "在股指期权市场上，如果预期股市会在交易完成后迅速上涨，以下交易风险最大的是____。"
    first, second = (
        ("卖出看涨期权", "买入看跌期权", "买入看涨期权"),
        ("卖出看跌期权", "卖空股指期货", "卖出跨式组合"),
    )
    items = suite(item(stem, *first), item(stem, *second))

    assert found(items, asked(stem)) == set()
    assert found(items, asked(listed(stem, *first))) == {("CON001", "0", 0)}
    assert found(items, asked(listed(stem, *second))) == {("CON001", "1", 0)}


def test_a_short_question_that_very_many_rows_hold_is_a_phrase() -> None:
    items = suite(item("How much does shipping parcels abroad cost?"))
    rows = [f"{PROSE}{i} How much does shipping parcels abroad cost? {PROSE}" for i in range(60)]

    assert found(items, rows[0]) == {("CON001", "0", 0)}
    assert found(items, *rows) == set()


def test_system_and_tool_turns_are_searched_too() -> None:
    for role in ("system", "tool", "text", "user", "assistant"):
        (line,) = results(suite(item(LOAN)), [batch([("user", "hi"), (role, LOAN)])])[
            "CON001"
        ].evidence.to_pylist()

        assert line["turn"] == 1


VARIANTS = {
    "case": str.upper,
    "white space": lambda s: s.replace(" ", " \n "),
    "punctuation": lambda s: s.translate(
        str.maketrans({"，": ",", "。": ".", "、": ",", "?": "？", ",": "，"})
    ),
    "full-width forms": lambda s: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s),
    "numbering": lambda s: f"(12) {s}",
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("question", [LOAN, BOND, STORY])
def test_form_makes_no_difference(variant: object, question: str) -> None:
    assert callable(variant)

    assert codes(suite(item(question)), f"{PROSE}{variant(question)}\n{PROSE}") == ["CON001"]
    assert codes(suite(item(f"12. {question}")), f"{PROSE}{question}\n{PROSE}") == ["CON001"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.text(alphabet="abc 的资x，。", max_size=60),
    behind=st.text(alphabet="abc 的资x，。", max_size=60),
    question=st.sampled_from([LOAN, STORY]),
)
def test_position_makes_no_difference(before: str, behind: str, question: str) -> None:
    assert codes(suite(item(question)), f"{before} {question} {behind}") == ["CON001"]


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(8)), st.integers(1, 8))
def test_order_and_batching_make_no_difference(order: list[int], size: int) -> None:
    items = suite(item(LOAN, answer="360"), item(BOND, *CHOICES, answer="C"), item(STORY))
    rows: list[Conversation] = [
        asked(LOAN, "360"),
        "nothing here",
        asked(listed(BOND, *CHOICES), "C"),
        STORY.replace("a small town", "our little town"),
        asked(f"Once more: {LOAN}"),
        PROSE,
        STORY,
        BOND,
    ]
    whole = results(items, [batch(*rows)])
    shuffled = [rows[i] for i in order]
    parts = [batch(*shuffled[i : i + size], first_row=i) for i in range(0, len(shuffled), size)]

    for rule, result in results(items, parts).items():
        assert fingerprints(result.findings) == fingerprints(whole[rule].findings)
        assert result.stats == whole[rule].stats


def fingerprints(findings: object) -> list[tuple[str, float]]:
    """(fingerprint, score) of findings, sorted."""
    columns = (findings.column(n).to_pylist() for n in ("fingerprint", "score"))  # type: ignore[attr-defined]
    return sorted(zip(*columns, strict=True))


def test_no_items_and_no_rows() -> None:
    assert codes(suite(), LOAN) == []
    assert results(suite(item(LOAN)), [])["CON001"].findings.num_rows == 0
    assert codes(suite(item(LOAN)), [], [("user", "")]) == []
