"""Finova's six tasks: (gold, output, official, strict), every quirk of the published scorer among them."""

from __future__ import annotations

import json

import pytest

from governance.benchmarks import load_suite
from tests.training.scoring.cases import Case, wrong
from training.scoring.base import Item
from training.scoring.finova.tasks import Task, task_of
from training.scoring.registry import scorers

GOLD_TOOLS = "用户持仓查询; 基金对比; 行情涨跌解读"
TOOLS: list[Case] = [
    (GOLD_TOOLS, '["用户持仓查询", "基金对比", "行情涨跌解读"]', 1, 1),
    (GOLD_TOOLS, '["行情涨跌解读", "基金对比", "用户持仓查询"]', 1, 1),
    (GOLD_TOOLS, '```json\n["用户持仓查询", "基金对比", "行情涨跌解读"]\n```', 1, 1),
    (GOLD_TOOLS, "['用户持仓查询', '基金对比', '行情涨跌解读']", 1, 1),
    (GOLD_TOOLS, "<answer>['用户持仓查询', '基金对比', '行情涨跌解读']</answer>", 1, 1),
    (GOLD_TOOLS, '需要这些工具：["用户持仓查询", "基金对比", "行情涨跌解读"]。', 1, 1),
    (GOLD_TOOLS, 'I choose:\n["用户持仓查询", "基金对比", "行情涨跌解读"]', 1, 1),
    # a superset is right officially, whatever else it names
    (GOLD_TOOLS, '["用户持仓查询", "基金对比", "行情涨跌解读", "基金经理分析"]', 1, 0),
    (GOLD_TOOLS, '["a", "b", "用户持仓查询", "基金对比", "行情涨跌解读"]', 1, 0),
    (GOLD_TOOLS, '["用户持仓查询", "基金对比", "行情涨跌解读", 3]', 1, 0),
    (GOLD_TOOLS, '["用户持仓查询", "用户持仓查询", "基金对比", "行情涨跌解读"]', 1, 1),
    (GOLD_TOOLS, '["用户持仓查询", "基金对比"]', 0, 0),
    (GOLD_TOOLS, "[]", 0, 0),
    (GOLD_TOOLS, "", 0, 0),
    (GOLD_TOOLS, "用户持仓查询、基金对比、行情涨跌解读", 0, 0),
    (GOLD_TOOLS, "[用户持仓查询, 基金对比, 行情涨跌解读]", 0, 0),
    (GOLD_TOOLS, '["用户持仓查询 ", "基金对比", "行情涨跌解读"]', 0, 1),  # a blank at the end of a name
    (GOLD_TOOLS, '["用户持仓查询", "基金对比", "行情涨跌解读"', 0, 0),
    # what comes first in the response is taken, to the last bracket of all
    (GOLD_TOOLS, '步骤[1]：选择\n["用户持仓查询", "基金对比", "行情涨跌解读"]', 0, 1),
    (GOLD_TOOLS, '["用户持仓查询", "基金对比", "行情涨跌解读"]\n见[1]', 0, 0),
    (GOLD_TOOLS, '["基金对比"]\n改为：["用户持仓查询", "基金对比", "行情涨跌解读"]', 0, 1),
    (GOLD_TOOLS, '<answer>["基金对比"]</answer> ["用户持仓查询", "基金对比", "行情涨跌解读"]', 0, 1),
    (GOLD_TOOLS, '【工具S】["用户持仓查询", "基金对比", "行情涨跌解读"]【工具E】', 1, 1),
    (GOLD_TOOLS, '<example>\n["用户持仓查询", "基金对比", "行情涨跌解读"]\n</example>', 1, 1),
    (GOLD_TOOLS, 'json["用户持仓查询", "基金对比", "行情涨跌解读"]', 1, 1),
    (GOLD_TOOLS, '<think>["基金对比"]</think>["用户持仓查询", "基金对比", "行情涨跌解读"]', 1, 1),
    (GOLD_TOOLS, '<think>["用户持仓查询", "基金对比", "行情涨跌解读"]', 0, 0),
    (GOLD_TOOLS, '<think>["用户持仓查询", "基金对比", "行情涨跌解读"]</think>', 0, 0),
    (GOLD_TOOLS, '[["用户持仓查询", "基金对比", "行情涨跌解读"]]', 0, 0),
    (GOLD_TOOLS, '{"tools": ["用户持仓查询", "基金对比", "行情涨跌解读"]}', 1, 1),
    (GOLD_TOOLS, '["用户持仓查询", "基金对比", "行情涨跌解读"][0]', 0, 0),
    ("基金对比", '["基金对比"]', 1, 1),
    ("基金对比", "['基金对比',]", 1, 1),
]

STOCKS = '[{"type": "市场名称", "content": "港股"}, {"type": "主题名称", "content": "科技"}]'
SLOTS: list[Case] = [
    (STOCKS, STOCKS, 1, 1),
    (STOCKS, f"```json\n{STOCKS}\n```", 1, 1),
    (STOCKS, '[{"content": "科技", "type": "主题名称"}, {"content": "港股", "type": "市场名称"}]', 1, 1),
    (STOCKS, f"<answer>{STOCKS}</answer>", 1, 1),
    (STOCKS, f"The slots are {STOCKS}", 1, 1),
    # precision only: a slot that is missing costs nothing
    (STOCKS, '[{"type": "市场名称", "content": "港股"}]', 1, 0),
    (STOCKS, '[{"type": "主题名称", "content": "科技"}]', 1, 0),
    (STOCKS, '[{"type": "市场名称", "content": "港股"}, {"type": "市场名称", "content": "港股"}]', 1, 0),
    # more text than the gold is as good as the gold
    (
        STOCKS,
        '[{"type": "市场名称", "content": "港股市场"}, {"type": "主题名称", "content": "科技股"}]',
        1,
        0,
    ),
    (STOCKS, '[{"type": "市场名称", "content": "今天的港股和美股和A股"}]', 1, 0),
    (STOCKS, '[{"type": "市场名称", "content": "港"}]', 0, 0),
    (STOCKS, '[{"type": "指数名称", "content": "港股"}]', 0, 0),
    (STOCKS, '[{"type": "市场名称", "content": "港股"}, {"type": "指数名称", "content": "沪深300"}]', 0, 0),
    (STOCKS, "[]", 0, 0),
    (STOCKS, "", 0, 0),
    (STOCKS, "港股是市场，科技是主题", 0, 0),
    (STOCKS, "[{'type': '市场名称', 'content': '港股'}]", 0, 0),  # Python's quotes are no JSON
    (STOCKS, '[{"type": "市场名称", "content": "港 股"}, {"type": "主题名称", "content": "科技"}]', 0, 1),
    (STOCKS, f"<think>[]</think>{STOCKS}", 1, 1),
    (STOCKS, f"<think>{STOCKS}</think>[]", 0, 0),
    (STOCKS, f"<think>{STOCKS}", 0, 0),
    (STOCKS, '["港股", "科技"]', 0, 0),
    (STOCKS, f"[1] {STOCKS}", 0, 1),  # from the first bracket to the last one
    (STOCKS, f"[] 改为 {STOCKS}", 0, 1),
    (STOCKS, '{"type": "市场名称", "content": "港股"}', 0, 0),
    # no slots: no list at all is an empty one
    ("[]", "[]", 1, 1),
    ("[]", "```json\n[]\n```", 1, 1),
    ("[]", "", 1, 0),
    ("[]", "文本中没有实体。", 1, 0),
    ("[]", "There are no entities.", 1, 0),
    ("[]", "<think>是什么呢", 1, 0),
    ("[]", '[{"type": "市场名称", "content": "港股"}]', 0, 0),
    ("[]", "<think>[1]</think>[]", 1, 1),
    ("[]", "[ ]", 1, 1),
    ("[]", "[broken", 1, 0),
]

TWO = "外汇-信息查询; 外汇-分析解读"
INTENT: list[Case] = [
    (TWO, '\\boxed{["外汇-信息查询", "外汇-分析解读"]}', 1, 1),
    (TWO, '\\boxed{["外汇-分析解读", "外汇-信息查询"]}', 1, 1),
    (TWO, "\\boxed{['外汇-信息查询', '外汇-分析解读']}", 1, 1),
    (TWO, '$\\boxed{["外汇-信息查询", "外汇-分析解读"]}$', 1, 1),
    (TWO, 'The intents: \\boxed{["外汇-信息查询", "外汇-分析解读"]}', 1, 1),
    (TWO, '```python\n["外汇-信息查询", "外汇-分析解读"]\n```', 1, 1),
    (TWO, '<answer>["外汇-信息查询", "外汇-分析解读"]</answer>', 1, 1),
    (TWO, '<answer>\\boxed{["外汇-信息查询", "外汇-分析解读"]}</answer>', 1, 1),
    (TWO, '\\boxed{{"外汇-信息查询", "外汇-分析解读"}}', 1, 1),
    (TWO, '\\boxed{["外汇-信息查询"]}', 0, 0),
    (TWO, '\\boxed{["外汇-信息查询", "外汇-分析解读", "外汇-客户服务"]}', 0, 0),
    (TWO, '\\boxed{["外汇-信息查询", "外汇-分析解读", "外汇-分析解读"]}', 0, 1),  # counted as often as named
    (TWO, "\\boxed{外汇-信息查询; 外汇-分析解读}", 0, 1),  # no list
    (TWO, "\\boxed{外汇-信息查询、外汇-分析解读}", 0, 1),
    (TWO, "\\boxed{\\text{外汇-信息查询; 外汇-分析解读}}", 0, 1),
    (TWO, '\\boxed{\\text{["外汇-信息查询", "外汇-分析解读"]}}', 0, 1),
    (TWO, '["外汇-信息查询", "外汇-分析解读"]', 0, 1),  # a list without a box counts only after thinking
    (TWO, '<think>嗯</think>["外汇-信息查询", "外汇-分析解读"]', 1, 1),
    (TWO, '<think>\\boxed{[]}</think>\\boxed{["外汇-信息查询", "外汇-分析解读"]}', 1, 1),
    (TWO, '<think>\\boxed{["外汇-信息查询", "外汇-分析解读"]}', 0, 0),
    (TWO, '\\boxed{[]}\n改为\\boxed{["外汇-信息查询", "外汇-分析解读"]}', 0, 1),  # the first box
    (TWO, '\\boxed{["外汇-信息查询", "外汇-分析解读"]}\n还是\\boxed{[]}', 1, 0),
    (
        TWO,
        '\\boxed{[]}，\\boxed{["外汇-信息查询", "外汇-分析解读"]}',
        0,
        1,
    ),  # from the first to the last brace
    (TWO, '\\boxed{["外汇-信息查询",\n"外汇-分析解读"]}', 0, 1),  # a box over two lines
    (TWO, "", 0, 0),
    (TWO, "外汇-信息查询", 0, 0),
    (TWO, '\\boxed{["外汇—信息查询", "外汇-分析解读"]}', 0, 0),
    ("理财-分析解读", '\\boxed{["理财-分析解读"]}', 1, 1),
    ("理财-分析解读", '\\boxed{"理财-分析解读"}', 0, 1),
    ("理财-分析解读", '\\boxed{["理财-投资顾问"]}', 0, 0),
    ("[]", "\\boxed{[]}", 1, 1),
    ("[]", "\\boxed{}", 1, 1),
    ("[]", "", 0, 0),
    ("[]", "嗯", 1, 0),  # no list found is an empty list
    ("[]", "<think>嗯</think>", 1, 0),
    ("[]", "不属于上述任何类型。", 1, 0),
    ("[]", "None of them applies.", 1, 0),
    ("[]", '\\boxed{["理财-投资顾问"]}', 0, 0),
]

SAFETY: list[Case] = [
    ("是", "\\boxed{是}", 1, 1),
    ("是", "\\boxed{\\text{是}}", 1, 1),
    ("是", "是", 1, 1),
    ("是", "答案：是", 1, 1),
    ("是", "**是**", 1, 1),
    ("是", "<answer>是</answer>", 1, 0),
    ("是", "经过分析：\n是", 1, 1),
    ("是", "\\boxed{对}", 0, 1),  # officially 对 is not 是
    ("是", "对", 0, 1),
    ("是", "正确", 0, 1),
    ("是", "\\boxed{Yes}", 0, 1),
    ("是", "Yes, it is compliant.", 0, 1),
    ("是", "不是", 1, 0),  # the 是 of 不是
    ("是", "这是违规的内容。", 1, 0),  # any 是 in a sentence
    ("是", "\\boxed{否}", 0, 0),
    ("是", "<think>\\boxed{否}</think>\\boxed{是}", 1, 1),
    ("是", "<think>\\boxed{是}", 0, 0),
    ("是", "", 0, 0),
    ("是", "\\boxed{否}，不，\\boxed{是}", 0, 1),  # the first box
    ("是", "\\boxed{是}，不，\\boxed{否}", 1, 0),
    ("否", "\\boxed{否}", 1, 1),
    ("否", "\\boxed{\\text{否}}", 1, 1),
    ("否", "否", 1, 1),
    ("否", "否，这是违规的。", 1, 1),  # here the first sign counts, unlike in FinEva
    ("否", "这是违规的，所以\\boxed{否}", 1, 1),  # a box comes before the first sign
    ("否", "这是违规的，答案：否", 0, 1),
    ("否", "\n是的\n否", 0, 1),  # at line beginnings 是 is looked for first
    ("否", "不合规。\n否", 1, 1),
    ("否", "\\boxed{错}", 0, 1),
    ("否", "No.", 0, 1),
    ("否", "\\boxed{No}", 0, 1),
    ("否", "**否**，因为违规", 1, 1),
    ("否", "**错误**", 0, 1),
    ("否", "<think>是</think>\n\n否", 1, 1),
    ("否", "无法判断", 0, 0),
]

REASONING: list[Case] = [
    ("1200", "\\boxed{1200}", 1, 1),
    ("1200", "\\boxed{1,200}", 1, 1),
    ("1200", "\\boxed{1200元}", 0, 1),
    ("1200", "\\boxed{1200 元}", 1, 1),
    ("1200", "\\boxed{\\$1200}", 1, 1),
    ("1200", "\\boxed{120000}", 1, 0),  # off by a factor of 100
    ("1200", "\\boxed{12}", 1, 0),
    ("1200", "\\boxed{1200.1}", 1, 1),  # within one in ten thousand
    ("1200", "\\boxed{1201}", 0, 0),
    ("1200", "1200", 0, 1),  # officially there must be a box
    ("1200", "答案是1200元。", 0, 1),
    ("1200", "<answer>1200</answer>", 1, 0),
    ("1200", "\\boxed{x = 1200}", 1, 0),
    ("332498.54", "\\boxed{332498.54}", 1, 1),
    ("332498.54", "\\boxed{332500}", 1, 0),
    ("332498.54", "\\boxed{332498.5}", 1, 0),
    ("332498.54", "\\boxed{332498.5412}", 1, 1),
    ("15.38", "\\boxed{15.38\\%}", 1, 1),
    ("15.38", "\\boxed{0.1538}", 1, 0),
    ("15.38", "\\boxed{15.4}", 0, 0),
    ("-760", "\\boxed{-760}", 1, 1),
    ("-760", "\\boxed{760}", 1, 0),  # a whole number alone loses its sign
    ("-92.59", "\\boxed{92.59}", 0, 0),
    ("2.4;12", "\\boxed{2.4;12}", 1, 1),
    ("2.4;12", "\\boxed{2.4; 12}", 1, 1),
    ("2.4;12", "\\boxed{12;2.4}", 0, 0),
    ("2.4;12", "\\boxed{2.4；12}", 0, 1),  # a full-width semicolon is none officially
    ("2.4;12", "\\boxed{2.4}", 0, 0),
    ("2.4;12", "\\boxed{2.4;12;1}", 0, 0),
    ("2.4;12", "\\boxed{240;0.12}", 1, 0),
    ("2.4;12", "\\boxed{2.4}；\\boxed{12}", 0, 0),
    ("40.10;高", "\\boxed{40.1;高}", 1, 1),
    ("40.10;高", "\\boxed{40.1;低}", 0, 0),
    ("7", "\\boxed{7}", 1, 1),
    ("7", "\\boxed{7.0}", 0, 1),  # a gold of one character is compared as text
    (
        "69,07;287644.75",
        "\\boxed{69.07;287644.75}",
        1,
        1,
    ),  # officially commas go: 6907 is 69.07 by a factor of 100
    ("B", "\\boxed{B}", 1, 1),
    ("B", "\\boxed{\\text{B}}", 0, 1),
    ("B", "答案：B", 0, 1),
    ("B", "The answer is (B).", 0, 1),
    ("B", "\\boxed{b}", 0, 0),
    ("B", "\\boxed{A}", 0, 0),
    ("B", "\\boxed{B. 会计分期}", 0, 1),
    ("A;D", "\\boxed{A;D}", 1, 1),
    ("A;D", "\\boxed{D;A}", 0, 1),  # letters have an order too
    ("A;D", "\\boxed{a;d}", 1, 0),
    ("A;D", "\\boxed{AD}", 0, 1),
    ("A;D", "\\boxed{A、D}", 0, 1),
    ("A;D", "\\boxed{A}", 0, 0),
    ("A;B;C;D", "\\boxed{A;B;C;D}", 1, 1),
    ("B", "<think>\\boxed{A}</think>\\boxed{B}", 1, 1),
    ("B", "<think>\\boxed{B}", 0, 0),
    ("B", "\\boxed{A}\n不对，\\boxed{B}", 0, 1),
    ("B", "", 0, 0),
]


@pytest.mark.parametrize(
    ("subject", "cases"),
    [
        ("agent-策划", TOOLS), ("agent-提槽", SLOTS), ("agent-意图", INTENT), ("合规", SAFETY),
        ("agent-表达", SAFETY), ("reasoning-数学/代码", REASONING),
    ],
    ids=["tools", "slots", "intent", "safety", "expression", "reasoning"],
)  # fmt: skip
def test_scores(subject, cases):
    assert [] == wrong("finova", cases, subject=subject)


@pytest.mark.parametrize(
    ("subject", "ident", "task"),
    [
        ("agent-提槽", "x/0", Task.SLOTS),
        ("安全", "x/0", Task.SAFETY),
        ("reasoning-复杂金融", "x/0", Task.REASONING),
        (None, "金融工具策划/3", Task.TOOLS),
        (None, "x/0", None),
    ],
)
def test_the_task_of_an_item(subject, ident, task):
    assert task == task_of(Item("finova", ident, "", subject=subject))


def all_items(folder) -> list[Item]:
    rows = load_suite(str(folder)).items.drop_columns(["content_hash"]).to_pylist()
    return [Item(**{**row, "options": tuple(row["options"])}) for row in rows]


def gold_output(asked: Item) -> str:
    """The gold as the benchmark asks for it."""
    task, gold = task_of(asked), asked.answer or ""
    if task is Task.SLOTS:
        return gold
    if task in (Task.TOOLS, Task.INTENT):
        names = [] if gold == "[]" else gold.split("; ")
        text = json.dumps(names, ensure_ascii=False)
        return f"```json\n{text}\n```" if task is Task.TOOLS else f"\\boxed{{{text}}}"
    return f"\\boxed{{{gold}}}"


def means(items, outputs) -> tuple[float, float]:
    rules = scorers("finova")
    pairs = list(zip(items, outputs, strict=True))
    return (
        sum(rules.official(i, o).score for i, o in pairs) / len(pairs),
        sum(rules.strict(i, o).score for i, o in pairs) / len(pairs),
    )


@pytest.mark.shared
def test_every_gold_answer_is_right_in_both_ways(shared_data):
    items = all_items(shared_data / "finova")

    assert 1249 == len(items)
    assert (1.0, 1.0) == means(items, map(gold_output, items))


@pytest.mark.shared
def test_naming_every_tool_is_always_right_officially_and_never_strictly(shared_data):
    items = [i for i in all_items(shared_data / "finova") if task_of(i) is Task.TOOLS]
    text = (shared_data / "finova" / "Agent" / "金融工具策划.json").read_text(encoding="utf-8")
    prompt = json.loads(text)[0]["prompt"]
    tools = [line.split('"name": "')[1].split('"')[0] for line in prompt.split("\n") if '"name": "' in line]
    every = json.dumps(tools, ensure_ascii=False)

    assert (258, 31) == (len(items), len(tools))
    assert (1.0, 0.0) == means(items, [every] * 258)


@pytest.mark.shared
def test_an_empty_answer_is_right_for_every_slot_item_without_slots(shared_data):
    items = [i for i in all_items(shared_data / "finova") if task_of(i) is Task.SLOTS]

    assert (135 / 360, 0.0) == means(items, [""] * 360)
    assert (135 / 360, 135 / 360) == means(items, ["[]"] * 360)


@pytest.mark.shared
def test_naming_one_of_several_slots_is_right_officially(shared_data):
    items = [i for i in all_items(shared_data / "finova") if task_of(i) is Task.SLOTS]
    several = [i for i in items if len(json.loads(i.answer)) > 1]
    first = [json.dumps(json.loads(i.answer)[:1], ensure_ascii=False) for i in several]

    assert (1.0, 0.0) == means(several, first)
