"""Suites that no one knows: the shape of the gold decides."""

from __future__ import annotations

import pytest

from tests.training.scoring.cases import Case, item, wrong
from training.scoring.generic import folded, shape
from training.scoring.registry import BENCHMARKS, benchmark_of, scorers

OPTIONS = ("rise", "fall", "stay", "unknown")
LETTERS: list[Case] = [
    ("B", "B", 1, 1),
    ("B", "The answer is (B).", 1, 1),
    ("B", "答案：B", 1, 1),
    ("AC", "A, C", 1, 1),
    ("A;C", "\\boxed{C;A}", 1, 1),
    ("AC", "A", 0, 0),
    ("B", "B or C", 0, 0),
    ("fall", "B", 1, 1),
]
OTHERS: list[Case] = [
    ("yes", "Yes, it is.", 1, 1),
    ("no", "True", 0, 0),
    ("是", "正确。", 1, 1),
    ("false", "答案：否", 1, 1),
    ("否", "不确定", 0, 0),
    ("1200", "The answer is 1,200.", 1, 1),
    ("12.5", "#### 12.5", 1, 1),
    ("12.5", "答案是12.50元", 1, 1),
    ("12.5", "about 12.5 or so", 0, 0),
    ("So 6 * 7 = 42\n#### 42", "\\boxed{42}", 1, 1),
    ("42", "<think>41</think>42", 1, 1),
    ("3/4", "0.75", 1, 1),
    ('["a", "b"]', '["b", "a"]', 1, 1),
    ("gold; silver", '```json\n["Silver", "gold"]\n```', 1, 1),
    ("gold; silver", "\\boxed{silver; gold}", 1, 1),
    ("gold; silver", "The answer is silver; gold", 1, 1),
    ("gold; silver", '["gold"]', 0, 0),
    ("gold; silver", '["gold", "silver", "copper"]', 0, 0),
    ("黄金；白银", "黄金;白银", 1, 1),
    ("x^{2}+\\frac{1}{2}", "\\boxed{\\frac12+x^2}", 1, 1),
    ("x^{2}+\\frac{1}{2}", "\\boxed{x^2}", 0, 0),
    ("Warren Buffett", "Warren Buffett.", 1, 1),
    ("Warren Buffett", "The answer is: warren  buffett", 1, 1),
    ("Warren Buffett", "It was Warren Buffett, of course", 0, 0),
    ("Warren Buffett", "<think>Bill Gates</think>\n\\boxed{Warren Buffett}", 1, 1),
    ("中国人民银行", "答案是中国人民银行。", 1, 1),
    ("中国人民银行", "中国银行", 0, 0),
    ("中国人民银行", "", 0, 0),
    ("Line one\nline two", "Line one\nLine two", 1, 1),
    ("U.S.", "US", 1, 1),
    ("1.5 to 2", "15 to 2", 0, 0),
]


@pytest.mark.parametrize(("cases", "options"), [(LETTERS, OPTIONS), (OTHERS, ())], ids=["letters", "others"])
def test_scores(cases, options):
    assert [] == wrong("my-suite", cases, options)


@pytest.mark.parametrize(
    ("gold", "options", "kind"),
    [
        ("B", OPTIONS, "letters"),
        (None, OPTIONS, "letters"),
        ("yes", (), "boolean"),
        ("1,200", (), "number"),
        ("gold; silver", (), "set"),
        ("\\frac{1}{2}", (), "expression"),
        ("Warren Buffett", (), "text"),
        (None, (), "text"),
        ("none of them", OPTIONS, "text"),
    ],
)
def test_shapes(gold, options, kind):
    assert kind == shape(item("x", gold, options))


@pytest.mark.parametrize(
    ("suite", "benchmark"),
    [
        ("finova", "finova"), ("Finova-dev", "finova"), ("MATH-500", "math500"), ("math500", "math500"),
        ("gpqa_diamond", "gpqa"), ("GPQA", "gpqa"), ("gpqadiamond", "gpqa"), ("gsm8k", "gsm8k"),
        ("gsm8k-test", "gsm8k"), ("fineval", "fineval"), ("FinEval_val", "fineval"), ("financeiq", "financeiq"),
        ("fineva", "fineva"), ("my-suite", "generic"), ("finovation", "generic"), ("", "generic"),
        ("gsm8k.hard", "gsm8k"),
    ],
)  # fmt: skip
def test_the_name_of_a_suite_tells_its_benchmark(suite, benchmark):
    assert benchmark == benchmark_of(suite)


def test_every_benchmark_has_both_scorers_and_only_the_generic_ones_are_the_same():
    assert {"generic"} == {name for name in BENCHMARKS if not scorers(name).differ}


def test_texts_in_one_form():
    assert "ab3.5c" == folded(" A-b, 3.5（C）。")
