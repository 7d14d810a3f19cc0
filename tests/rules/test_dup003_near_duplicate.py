"""DUP003: near-duplicates by the star contract, and templates apart from them."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.findings import EVIDENCE, FINDINGS
from governance.rules.dup003_near_duplicate import RULE
from governance.samples import SampleBatch
from tests.builders import batch
from tests.rules.duplicates import MemoryCache, fingerprints, groups, run, shuffled
from tests.text.makers import corpus, edited, jaccard, prose

RNG = random.Random(5)
LONG = prose(RNG, 80)
NEAR = edited(RNG, LONG, 1)
NEWS_EN = [
    "Shares of the carmaker fell after it cut its outlook for the third quarter",
    "The central bank left its key rate where it was and spoke of patience",
    "A small lender in Ohio reported stronger deposits than anyone had hoped for",
    "Oil slipped again while traders weighed fresh inventories against demand abroad",
    "The retailer opens forty stores next spring and hires a thousand people",
    "Wheat futures climbed on reports of frost across the northern plains",
    "An activist fund wants two seats on the board of the chip designer",
    "Airlines expect the busiest summer yet despite higher fares and delays",
]
NEWS_ZH = [
    "央行宣布维持基准利率不变并强调保持流动性合理充裕",
    "该车企三季度交付量不及预期导致股价盘中大幅下挫",
    "多家城商行披露年报显示净息差继续收窄拨备有所提高",
    "国际油价在库存增加的消息影响下连续两日回落",
    "监管部门对两家券商的投行业务采取出具警示函措施",
    "这家连锁超市计划明年春季在西南地区新开四十家门店",
    "受寒潮天气影响小麦期货主力合约尾盘明显走强",
    "芯片设计公司披露回购方案拟以自有资金不超过五亿元",
]
PROMPT_EN = (
    "You are a financial analyst. Read the news item below and decide whether its tone towards the company is "
    "positive, negative or neutral. Take into account only what the text itself says, never what you know about "
    "the company from elsewhere, and do not guess at motives of the people involved. If several companies are "
    "named, speak of the first. Answer with one word and nothing else, in lower case and without a full stop. "
    "Think about the wording of headlines with care, since irony and quotation are common in them. Figures that fall "
    "short of a forecast count as negative even where they grew, and figures that beat it count as positive even "
    "where they shrank. Announcements of plans, appointments and dates are neutral unless the text itself judges "
    "them. Where a sentence takes back what the one before it said, the later sentence counts. News item: {}. "
    "What is the tone of this news item, given the three choices above and the advice on headlines?"
)
PROMPT_ZH = (
    "你是一名金融分析师，请阅读下面的新闻，判断其对相关公司的情绪倾向是正面、负面还是中性。判断时只依据文本本身，"
    "不要使用你对该公司的其他了解，也不要揣测当事人的动机。如果文中提到多家公司，请以第一家为准。回答只给出一个词，"
    "不要附加任何解释，不要使用标点符号。请仔细体会标题的措辞，因为其中常有反讽和引语，需要结合上下文理解。"
    "如果文本没有任何情绪，请回答中性；如果情绪互相抵消，也请回答中性；如果无法判断，请按照最主要的事实来回答。"
    "业绩低于预期一律视为负面，即使同比有所增长；业绩高于预期一律视为正面，即使同比有所下降。公司计划、人事任命和会议"
    "日期等公告，除非文本本身作出评价，一律视为中性。后一句推翻前一句时，以后一句为准。"
    "新闻：{}。请问上述新闻的情绪倾向属于三个选项中的哪一个？"
)


def chat(text: str, answer: str = "neutral") -> list[tuple[str, str]]:
    return [("user", text), ("assistant", answer)]


REPORT = "".join(NEWS_ZH) * 2
"""300 characters, each sentence twice."""
FIRES = {
    "a word replaced": (LONG, NEAR),
    "words behind it": (LONG, LONG + " and so on"),
    "words before it": (LONG, "Note that " + LONG),
    "an edited answer": (chat("Explain this", LONG), chat("Explain this", NEAR)),
    "an edited passage": (chat(f"{LONG}\nWho gains?", "yes"), chat(f"Note: {LONG}\nWho gains?", "yes")),
    "换一个词": (REPORT, REPORT.replace("央行", "央妈", 1)),
    "后面加一句": (REPORT, REPORT + "请读者注意投资风险"),
    "回答略有改动": (chat("请概括", REPORT), chat("请概括", "摘要" + REPORT)),
}
NEAR_MISSES = {
    "another text": (LONG, prose(random.Random(77), 80)),
    "half of it": (LONG, " ".join(LONG.split()[:40]) + " " + prose(random.Random(78), 40)),
    "to the letter": (LONG, LONG),
    "short ones": ("one two three", "one two three four"),
    "one system prompt": ([("system", LONG), ("user", "hi")], [("system", LONG), ("user", "bye")]),
    "the words in another order": (LONG, " ".join(sorted(LONG.split()))),
    "不同的新闻": (NEWS_ZH[0] + NEWS_ZH[1], NEWS_ZH[2] + NEWS_ZH[3]),
    "很短的句子": ("一二三四", "一二三四五"),
    "只有一半相同": ("".join(NEWS_ZH[:4]), "".join(NEWS_ZH[2:6])),
}


@pytest.mark.parametrize("rows", FIRES.values(), ids=FIRES)
def test_a_pair_of_which_one_is_an_edited_copy_is_near(rows) -> None:
    ((lead, others),) = groups(run(RULE, batch(*rows)), "near")

    assert [0, 1] == sorted([lead, *others])


@pytest.mark.parametrize("rows", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_a_pair_that_shares_less_or_all_is_not_near(rows) -> None:
    assert [] == groups(run(RULE, batch(*rows)))


def test_an_edited_copy_is_near_and_the_longest_stays() -> None:
    result = run(RULE, batch("something else", NEAR + " and so on", LONG))

    assert [(1, [2])] == groups(result, "near")
    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)


def test_the_score_is_the_exact_similarity() -> None:
    result = run(RULE, batch(LONG, NEAR))

    scores = [line["score"] for line in result.evidence.to_pylist() if line["role"] == "affected"]
    assert [jaccard(LONG, NEAR)] == scores == result.findings["score"].to_pylist()


def test_below_the_threshold_nothing_is_found() -> None:
    assert [] == groups(run(RULE, batch(LONG, NEAR), options={"threshold": jaccard(LONG, NEAR) + 1e-6}))
    assert 1 == len(groups(run(RULE, batch(LONG, NEAR), options={"threshold": jaccard(LONG, NEAR)})))


def test_a_low_threshold_finds_distant_pairs() -> None:
    rng = random.Random(8)
    pairs = [(text, edited(rng, text, 7)) for text in (prose(rng, 70) for _ in range(20))]
    wanted = [0.35 < jaccard(*pair) for pair in pairs]

    found = groups(run(RULE, batch(*(t for pair in pairs for t in pair)), options={"threshold": 0.35}))

    assert sum(wanted) == len(found) > 10


def test_a_chain_does_not_drift() -> None:
    texts = [prose(random.Random(1), 90)]
    for step in range(12):
        texts.append(edited(random.Random(step), texts[-1], 1))

    for lead, others in groups(run(RULE, batch(*texts)), "near"):
        assert all(jaccard(texts[lead], texts[other]) >= 0.8 for other in others)


def test_a_shared_system_prompt_is_no_duplication() -> None:
    rng = random.Random(2)
    rows = batch(*([("system", LONG), ("user", prose(rng, 12))] for _ in range(6)))

    assert [] == groups(run(RULE, rows))


def test_short_documents_never_merge() -> None:
    assert [] == groups(
        run(RULE, batch("one two three", "one two three four", "一二三四", "😀😀😀😀😀😀", "", "..."))
    )


def test_copies_to_the_letter_are_named_once() -> None:
    result = run(RULE, batch(LONG, LONG, NEAR, NEAR))

    assert [1] == [len(others) for _, others in groups(result)]
    assert [1] == result.findings["rows"].to_pylist()


def test_texts_that_differ_in_numbers_are_a_template() -> None:
    line = "Order {} was shipped on {} and the sum of {} yuan will be charged to the card that ends in {}"
    rows = batch(*(line.format(*(RNG.randint(1, 99999) for _ in range(4))) for _ in range(5)))

    result = run(RULE, rows)

    assert [] == groups(result, "near")
    assert [4] == [len(others) for _, others in groups(result, "template")]
    assert ["note"] == result.findings["severity"].to_pylist()


def test_numbers_alone_are_no_template() -> None:
    assert [] == groups(run(RULE, batch("12 35", "7", "1 2 3 4 5 6", "8 8 8")))


@pytest.mark.parametrize(("prompt", "news"), [(PROMPT_EN, NEWS_EN), (PROMPT_ZH, NEWS_ZH)])
def test_a_prompt_with_different_inputs_is_a_template(prompt: str, news: list[str]) -> None:
    answers = ["positive", "negative", "neutral"]
    rows = [chat(prompt.format(item), answers[i % 3]) for i, item in enumerate(news)]
    assert jaccard(prompt.format(news[0]), prompt.format(news[1])) > 0.8

    result = run(RULE, batch(*rows))

    assert [] == groups(result, "near")
    assert [list(range(len(news)))] == [
        sorted([lead, *others]) for lead, others in groups(result, "template")
    ]
    assert ["note"] == result.findings["severity"].to_pylist()


def asked(passage: str, question: str, answer: str) -> list[tuple[str, str]]:
    return [("user", f"{passage}\n{question}"), ("assistant", answer)]


def kinds(result) -> tuple[list[str], int]:
    """(kind of each finding, rows they count against)."""
    return result.findings["kind"].to_pylist(), sum(result.findings["rows"].to_pylist())


PASSAGE_ZH = "".join(NEWS_ZH) * 2


@pytest.mark.parametrize(
    ("passage", "first", "second"),
    [
        (
            LONG,
            ("What was the net revenue in 2017?", "1,452.4"),
            ("Which year had the largest margin?", "2019"),
        ),
        (PASSAGE_ZH, ("哪家公司计划新开门店？", "一家连锁超市"), ("央行的态度如何？", "维持利率不变")),
    ],
)
def test_two_questions_about_one_passage_are_no_duplicates(passage, first, second) -> None:
    rows = batch(asked(passage, *first), asked(passage, *second))

    assert (["template"], 1) == kinds(run(RULE, rows))


@pytest.mark.parametrize(
    ("passage", "question", "answer"), [(LONG, "Who gains?", "yes"), (PASSAGE_ZH, "谁受益？", "是")]
)
def test_an_edited_passage_with_the_same_question_and_answer_is_near(passage, question, answer) -> None:
    rows = batch(asked(passage, question, answer), asked("Note: " + passage, question, answer))

    assert (["near"], 1) == kinds(run(RULE, rows))


def test_an_edited_answer_to_the_same_question_is_near() -> None:
    rows = batch(asked("Explain this:", "why?", LONG), asked("Explain this:", "why?", NEAR))

    assert (["near"], 1) == kinds(run(RULE, rows))


@pytest.mark.parametrize(("prompt", "news"), [(PROMPT_EN, NEWS_EN), (PROMPT_ZH, NEWS_ZH)])
def test_a_repeated_input_within_a_template_is_near(prompt: str, news: list[str]) -> None:
    rows = [chat(prompt.format(item)) for item in news]
    again = chat(prompt.format(news[3] + (" today" if prompt is PROMPT_EN else "今天")))

    result = run(RULE, batch(*rows, again))

    assert [[3, len(news)]] == [sorted([lead, *others]) for lead, others in groups(result, "near")]


@pytest.mark.parametrize("seed", range(6))
def test_many_edited_copies_are_near_and_not_a_template(seed: int) -> None:
    rng = random.Random(seed)
    original = prose(rng, 250)
    copies = [edited(rng, original, 1 + seed % 2) for _ in range(8)]

    result = run(RULE, batch(original, *copies))

    assert [] == groups(result, "template")
    assert sum(len(others) for _, others in groups(result, "near")) == 8


def contract(texts: list[str], result_groups: list[tuple[int, list[int]]]) -> None:
    leads = {lead for lead, _ in result_groups}
    removed = [other for _, others in result_groups for other in others]
    assert len(removed) == len(set(removed))
    assert not leads & set(removed)
    for lead, others in result_groups:
        assert all(jaccard(texts[lead], texts[other]) >= 0.8 for other in others)


@given(st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_every_removed_row_has_a_kept_one_at_the_threshold(seed: int) -> None:
    texts = corpus(seed)

    contract(texts, groups(run(RULE, batch(*texts)), "near"))


@given(st.integers(0, 100_000), st.sampled_from(["longest", "source"]))
@settings(max_examples=20, deadline=None)
def test_the_order_and_the_batches_do_not_matter(seed: int, policy: str) -> None:
    rng = random.Random(seed)
    texts = corpus(seed)
    sources = [rng.choice(["a", "b", None]) for _ in texts]
    rows = batch(*texts, source=sources)
    mixed = shuffled(rows, rng.sample(range(len(texts)), len(texts)))
    cut = rng.randrange(len(texts))
    parts = [SampleBatch(mixed.table.slice(0, cut)), SampleBatch(mixed.table.slice(cut))]
    keep = {"representative": policy, "source_order": ("b", "a")}

    assert fingerprints(run(RULE, rows, **keep)) == fingerprints(run(RULE, *parts, **keep, spill=0))


def without_rows(result) -> tuple[pa.Table, dict]:
    return result.findings, dict(result.stats)


@given(st.integers(0, 100_000), st.integers(1, 4), st.booleans())
@settings(max_examples=25, deadline=None)
def test_an_appended_dataset_gives_what_a_full_run_gives(seed: int, steps: int, forget: bool) -> None:
    """Random increments; with `forget`, rows of the first part are gone from the last version."""
    rng = random.Random(seed)
    texts = corpus(seed)
    cuts = sorted(rng.sample(range(1, len(texts)), steps))
    cache = MemoryCache()
    for cut in cuts:
        run(RULE, batch(*texts[:cut]), cache=cache)
    last = texts[cuts[0] // 2 :] if forget else texts

    whole, appended = run(RULE, batch(*last)), run(RULE, batch(*last), cache=cache)

    assert without_rows(whole) == without_rows(appended)
    assert whole.evidence == appended.evidence


def test_a_second_audit_compares_nothing_again() -> None:
    texts, cache = corpus(11), MemoryCache()
    first = run(RULE, batch(*texts), cache=cache)

    again = run(RULE, batch(*texts), cache=cache)

    assert first.evidence == again.evidence
    assert (0, len(set(texts))) == (again.costs["pairs_compared"], again.costs["samples_known"])
    assert len(set(texts)) == sum(t.num_rows for t in cache.tables)


def test_the_preferred_source_stays() -> None:
    rows = batch(LONG + " with more words at the end", NEAR, source=["web", "books"])

    result = run(RULE, rows, representative="source", source_order=("books", "web"))

    assert [(1, [0])] == groups(result)
