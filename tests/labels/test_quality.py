"""How often the labeller is right, on lines made here and on real data."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from governance.labels.labeller import Labeller, labeller_of
from tests.builders import batch
from tests.labels.lines import CHINESE, ENGLISH

SCENES = {
    "基金": "mutual-funds", "保险": "insurance", "黄金": "gold", "外汇": "forex", "私人财富管理": "private-wealth",
    "存款": "deposits", "养老金": "pensions", "固定收益": "fixed-income", "理财": "wealth-management",
}  # fmt: skip
BEHAVIOURS = {
    "信息查询": "consultation", "投资顾问": "investment-advice", "分析解读": "product-analysis",
    "客户服务": "customer-service",
}  # fmt: skip


@pytest.fixture(scope="module")
def labeller() -> Labeller:
    made = labeller_of()
    assert made is not None
    return made


def labels_of(labeller: Labeller, texts: list[str]) -> list[str | None]:
    """The label of each text, said by a user."""
    return labeller.label(batch(*([("user", text)] for text in texts))).column("label").to_pylist()


@pytest.mark.parametrize("lines", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_nine_of_ten_labels_are_right_and_most_lines_get_one(
    lines: tuple[tuple[str, str], ...], labeller: Labeller
):
    found = labels_of(labeller, [text for _, text in lines])

    given = [(label, own) for label, (own, _) in zip(found, lines, strict=True) if label]
    assert len(lines) >= 30
    assert sum(label == own for label, own in given) >= 0.9 * len(given)
    assert len(given) >= 0.8 * len(lines)


NO_FINANCE = (
    "How do I bake bread without yeast?", "Write a poem about the river bank in spring.",
    "A bank holiday is a good day for a walk.", "The recipe calls for two cups of flour.", "Hello!", "😀😀😀",
    "Why is the sky blue?", "Trust me, the golden rule is to share the cake.", "My knee hurts when I run.",
    "怎么做红烧肉？", "黄金周去哪里玩比较好？", "请写一首关于春天的诗。", "感冒了吃什么药好？", "这个保险柜怎么打开？",
    "你好", "太阳为什么东升西落？", "Explain the offside rule in football.",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_FINANCE)
def test_what_is_no_finance_gets_no_label(text: str, labeller: Labeller):
    assert [None] == labels_of(labeller, [text])


@pytest.mark.shared
def test_intents_of_finova(labeller: Labeller, shared_data: Path):
    """150 customers' questions with 9 scenes and 4 behaviours; the word lists were written with them at hand."""
    rows = json.loads((shared_data / "finova/Agent/金融意图识别.json").read_text(encoding="utf-8"))
    texts = [row["prompt"].rpartition("用户Query:")[2].strip() for row in rows]
    gold = [[intent.split("-") for intent in row["ground_truth"] if "-" in intent] for row in rows]

    found = [(label, own) for label, own in zip(labels_of(labeller, texts), gold, strict=True) if label]

    scenes = sum(label.split("/")[0] in {SCENES[scene] for scene, _ in own} for label, own in found)
    tasks = sum(label.split("/")[1] in {BEHAVIOURS[act] for _, act in own} for label, own in found)
    assert len(found) >= 0.6 * len(rows)
    assert scenes >= 0.93 * len(found)
    assert tasks >= 0.82 * len(found)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["gsm8k/test.jsonl", "math500/test.jsonl"])
def test_school_mathematics_is_no_finance(name: str, labeller: Labeller, shared_data: Path):
    rows = [json.loads(line) for line in (shared_data / name).read_text(encoding="utf-8").splitlines()]

    found = labels_of(labeller, [row.get("question", row.get("problem")) for row in rows])

    assert sum(label is not None for label in found) <= 0.04 * len(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["The bank raised the rate of its loans and the fund fell. ", "银行提高了贷款利率，基金净值随之下跌。"],
)
def test_thirty_thousand_rows_of_1_kb_a_cpu_second(text: str, labeller: Labeller):
    rows = batch(*([("user", text * (1024 // len(text.encode())))] for _ in range(8192)))
    labeller.label(rows)

    seconds = min(timed(labeller, rows.table.num_rows, text) for _ in range(5))

    assert seconds < 8192 / 30_000


def timed(labeller: Labeller, count: int, text: str) -> float:
    """CPU seconds of labelling a batch that nothing was worked out for yet."""
    rows = batch(*([("user", text * (1024 // len(text.encode())))] for _ in range(count)))
    started = time.thread_time()
    labeller.label(rows)
    return time.thread_time() - started
