# ruff: noqa: E501
"""Items told in the other language are found with a multilingual model, and not without one."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from governance.benchmarks import load_suite
from governance.detectors.translation.glossary import glossary, terms
from governance.detectors.translation.search import agreement
from governance.embedding.model import Embedder, load
from governance.embedding.rows import side
from governance.readers import ReadOptions, open_source
from governance.rules.base import RuleResult, Setup
from governance.rules.con005_eval_translation import RULE
from governance.samples import OTHER, TEXT, USER, SampleBatch
from tests.builders import batch
from tests.embedding.models import multilingual, needs_wordllama
from tests.rules.con_search import Kept, asked, item, suite
from tests.rules.translations import rendered

PAIRS = [
    ("某公司发行面值为1000元的5年期债券，票面利率为8%，市场利率为10%，该债券的发行价格是多少？",
     "A company issues a 5-year bond with a face value of 1000 yuan and a coupon rate of 8%. The market interest rate is 10%. What is the issue price of the bond?"),
    ("中央银行在公开市场上买入国债会使基础货币增加还是减少？",
     "Does the purchase of government bonds by the central bank in the open market increase or decrease base money?"),
    ("看涨期权的买方在期权到期时，如果股票价格低于执行价格，应当如何操作？",
     "What should the buyer of a call option do at expiry if the stock price is below the strike price?"),
    ("企业当年营业收入为3000万元，总资产平均余额为1000万元，总资产周转率是多少？",
     "An enterprise has operating revenue of 30 million yuan for the year and average total assets of 10 million yuan. What is its total asset turnover?"),
    ("人寿保险合同的受益人可以由投保人变更吗？变更时需要征得谁的同意？",
     "Can the beneficiary of a life insurance contract be changed by the policyholder, and whose consent is needed for the change?"),
    ("注册会计师在审计上市公司财务报表时，对应收账款进行函证的目的是什么？",
     "What is the purpose of confirming receivables when a certified public accountant audits the financial statements of a listed company?"),
]  # fmt: skip
OTHERS = [
    "Explain the difference between a stock and a bond to a beginner.",
    "What is the exchange rate of the euro against the dollar today?",
    "The bank lent 2 million yuan to the company at an interest rate of 5%. How much interest is paid each year?",
    "How does inflation change the price of gold?",
    "Which documents does a customer need to open a deposit account at a commercial bank?",
    "Write a poem about the river behind the old town hall.",
]


FIRES = {
    **{f"chinese item {i}": pair for i, pair in enumerate(PAIRS)},
    **{f"english item {i}": pair[::-1] for i, pair in enumerate(PAIRS)},
}
"""An item, and a row that tells it in the other language."""
BOND = PAIRS[0]
NEAR_MISSES = {
    "other numbers": (
        BOND[0],
        BOND[1].replace("1000", "2500").replace("8%", "3%").replace("5-year", "7-year"),
    ),
    "its own language": (BOND[0], BOND[0].replace("是多少", "为多少")),
    "its own language, English": (BOND[1], BOND[1]),
    "another subject": (PAIRS[1][0], "Which documents does a customer need to open a deposit account?"),
    "a poem": (PAIRS[2][0], "Write a poem about the river behind the old town hall."),
    "另一个数字": (BOND[1], BOND[0].replace("1000元", "2500元").replace("8%", "3%").replace("5年", "7年")),
    "另一个话题": (PAIRS[4][1], "请写一首关于春天的诗，不少于八行。"),
    "同一领域的另一个问题": (PAIRS[1][1], "人民币对美元的汇率今天是多少？"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(multilingual(tmp_path_factory.mktemp("model") / "multilingual"))


@cache
def loaded(embedder: str) -> Embedder:
    """The model, loaded once: it takes a second."""
    return load(embedder)


def run(items: pa.Table, rows: SampleBatch, embedder: str) -> RuleResult:
    given = Setup({"CON005": {"threshold": 0.5}}, Path(), items=items, embedder=embedder)
    given.once("embedding.model", lambda: loaded(embedder))
    assert RULE.available(given) is None
    partials = {m.name: [t for t in [m.map(rows, given)] if t is not None] for m in RULE.mappers}
    return RULE.reduce({name: Kept(tables) for name, tables in partials.items()}, given)


def found(result: RuleResult) -> set[tuple[int, str]]:
    return {(e["row"], e["peer"].partition("/")[2]) for e in result.evidence.to_pylist()}


@pytest.mark.parametrize(("question", "row"), FIRES.values(), ids=FIRES)
def test_an_item_in_the_other_language_is_found(question: str, row: str, folder: str) -> None:
    assert {(0, "0")} == found(run(suite(item(question)), batch(asked(row)), folder))


@pytest.mark.parametrize(("question", "row"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_is_no_translation_of_it_is_not_found(question: str, row: str, folder: str) -> None:
    assert set() == found(run(suite(item(question)), batch(asked(row)), folder))


def test_english_rows_of_chinese_items_are_found(folder: str) -> None:
    result = run(suite(*(item(c) for c, _ in PAIRS)), batch(*(asked(e) for _, e in PAIRS)), folder)

    assert len(found(result)) >= 5
    assert all(str(row) == name for row, name in found(result))
    assert {"chinese": 6} == result.stats["items"]
    assert result.stats["probed_sentences_whose_translation_is_nearest"] >= 0.75


def test_chinese_rows_of_english_items_are_found(folder: str) -> None:
    hits = found(run(suite(*(item(e) for _, e in PAIRS)), batch(*(asked(c) for c, _ in PAIRS)), folder))

    assert len(hits) >= 5
    assert all(str(row) == name for row, name in hits)


def test_other_questions_of_the_field_are_not_found(folder: str) -> None:
    assert set() == found(run(suite(*(item(c) for c, _ in PAIRS)), batch(*OTHERS), folder))


def test_other_numbers_are_another_item(folder: str) -> None:
    changed = (
        PAIRS[0][1]
        .replace("1000", "2500")
        .replace("8%", "3%")
        .replace("10%", "4%")
        .replace("5-year", "7-year")
    )

    assert set() == found(run(suite(item(PAIRS[0][0])), batch(changed), folder))


def test_rows_of_the_items_own_language_are_not_compared(folder: str) -> None:
    result = run(suite(*(item(c) for c, _ in PAIRS)), batch(*(c for c, _ in PAIRS)), folder)

    assert (set(), 0) == (found(result), result.stats["rows_compared"])


@pytest.mark.parametrize("text", ["", "😀" * 40, "bond " * 5000, "债券" * 5000, "1 2 3"])
def test_odd_texts_are_read(text: str, folder: str) -> None:
    assert set() == found(run(suite(item(PAIRS[0][0]), item(PAIRS[1][1])), batch(text), folder))


@needs_wordllama
def test_a_model_that_is_not_multilingual_is_refused_with_the_reason() -> None:
    reason = str(RULE.available(Setup({"CON005": {"threshold": 0.5}}, Path())))

    assert "not multilingual" in reason and "--embedder" in reason


@pytest.mark.parametrize(
    ("text", "chinese", "term"),
    [("公司发行了债券。", True, "债券"), ("The company issued bonds.", False, "债券"),
     ("Hedging a position", False, "套期保值"), ("多重共线性", True, "多重共线性")],
)  # fmt: skip
def test_terms_are_heard_in_both_languages(text: str, chinese: bool, term: str) -> None:
    has = terms(pa.array([text], pa.large_string()), chinese=chinese)

    assert has[0, glossary().chinese.index(term)]


def test_numbers_agree_as_multisets() -> None:
    assert (1.0, 0.5, 0.0) == (agreement([3, 3e7], (3e7, 3)), agreement([1, 2], (2, 5)), agreement([1], (2,)))


@pytest.mark.shared
def test_rendered_fineval_items_are_found(shared_data: Path, folder: str) -> None:
    items = load_suite(str(shared_data / "fineval")).items
    texts = rendered()
    assert len(texts) >= 100

    hits = found(run(items, batch(*(asked(t) for t in texts.values())), folder))
    other = [
        text.strip().split("\n")[-1] for name in ("finqa", "tatqa") for text in questions(shared_data / name)
    ]
    lines = (shared_data / "gsm8k/test.jsonl").read_text("utf-8").splitlines()
    other += [json.loads(line)["question"] for line in lines]
    false = {row for row, _ in found(run(items, batch(*other), folder))}

    right = [row for row, name in hits if name == list(texts)[row]]
    assert len(right) >= 0.8 * len(texts)
    assert len(false) <= 0.01 * len(other)


def questions(path: Path) -> list[str]:
    """What the rows of a data set ask."""
    batches = open_source(str(path), ReadOptions()).batches()
    return [text for b in batches for text in side(b.turns, (USER, TEXT, OTHER)).to_pylist()]
