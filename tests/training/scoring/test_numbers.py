"""GSM8K, MATH-500, and how numbers and expressions are compared."""

from __future__ import annotations

import threading
import time

import pytest

from tests.training.scoring.cases import Case, item, wrong
from training.scoring import math500, symbolic
from training.scoring.numbers import agrees, same_number, value_of
from training.scoring.registry import scorers

GSM8K: list[Case] = [
    ("18", "#### 18", 1, 1),
    ("18", "9 * 2 = 18\n#### 18", 1, 1),
    ("18", "#### 18.0", 0, 1),  # official compares texts
    ("18", "#### 18.", 0, 1),  # the published expression takes the full stop along
    ("1000", "#### 1,000", 1, 1),
    ("1,000", "#### 1000", 1, 1),
    ("18", "#### $18", 1, 1),  # no number right behind the mark: then the last one
    ("-3", "#### -3", 1, 1),
    ("18", "####18", 1, 1),
    ("18", "The answer is 18.", 1, 1),
    ("18", "The answer is $18.", 1, 1),
    ("18", "She makes 18 dollars a day.", 1, 0),  # official takes the last number anywhere
    ("18", "It is 18, and 2 are left.", 0, 0),
    ("2", "It is 18, and 2 are left.", 1, 0),
    ("18", "\\boxed{18}", 1, 1),
    ("18", "\\boxed{18}, that is 9 times 2", 0, 1),
    ("18", "18", 1, 1),
    ("18", "18 eggs", 1, 1),
    ("18", "#### 17\n#### 18", 0, 1),  # official takes the first, strict the last
    ("18", "#### 18\n#### 17", 1, 0),
    ("18", "<think>#### 17</think>#### 18", 1, 1),
    ("18", "<think>#### 18", 0, 0),
    ("18", "", 0, 0),
    ("18", "eighteen", 0, 0),
    ("18", "#### 19", 0, 0),
    ("18", "答案是18", 1, 1),
    ("18", "答案：18元", 1, 1),
    ("18", "一共18个鸡蛋", 1, 0),
    ("0", "#### 0", 1, 1),
    ("18", "The answer is 18%", 1, 1),
    ("18", "Answer: 36/2", 0, 1),  # official takes the 2
    ("18", "The answer is 1.8e1", 0, 0),
    ("65960", "Final answer: 65,960", 1, 1),
    ("18", "The answer is 17, no, the answer is 18", 1, 1),
]

MATH: list[Case] = [
    ("p - q", "$\\boxed{p - q}$", 1, 1),
    ("p - q", "$\\boxed{-q+p}$", 1, 1),
    ("p - q", "\\boxed{q - p}", 0, 0),
    ("\\frac{1}{2}", "\\boxed{\\frac{1}{2}}", 1, 1),
    ("\\frac{1}{2}", "\\boxed{\\dfrac{1}{2}}", 1, 1),
    ("\\frac{1}{2}", "\\boxed{\\frac12}", 1, 1),
    ("\\frac{1}{2}", "\\boxed{0.5}", 1, 1),
    ("\\frac{1}{2}", "\\boxed{\\frac{2}{4}}", 0, 1),  # officially a fraction must be reduced
    ("3", "\\boxed{\\sqrt{9}}", 0, 1),  # officially a whole number must be written as one
    ("3", "\\boxed{3.0}", 1, 1),
    ("3", "\\boxed{\\frac{6}{2}}", 0, 1),
    ("3", "3", 0, 1),  # officially there must be a box
    ("3", "The answer is 3.", 0, 1),
    ("3", "答案是3。", 0, 1),
    ("3", "所以\\boxed{3}。", 1, 1),
    ("x+1", "最终结果为$\\boxed{1+x}$，解毕。", 1, 1),
    ("3", "\\boxed{2}, no: \\boxed{3}", 1, 1),
    ("3", "\\boxed{3}, no: \\boxed{2}", 0, 0),
    ("3", "<think>\\boxed{2}</think>\\boxed{3}", 1, 1),
    ("3", "<think>\\boxed{3}", 0, 0),
    ("3", "", 0, 0),
    ("3", "\\boxed{3", 0, 0),
    ("3", "\\boxed{}", 0, 0),
    ("10080", "\\boxed{10,\\!080}", 1, 1),
    ("10,080", "\\boxed{10080}", 1, 1),
    ("\\left( 3, \\frac{\\pi}{2} \\right)", "\\boxed{(3, \\pi/2)}", 1, 1),
    ("(3,4)", "\\boxed{(4,3)}", 0, 0),
    ("(3,4)", "\\boxed{[3,4]}", 0, 0),
    ("[3,4)", "\\boxed{[3,4)}", 1, 1),
    ("1,2", "\\boxed{2,1}", 0, 1),  # solutions in another order
    ("30^\\circ", "\\boxed{30}", 1, 1),
    ("\\text{Evelyn}", "\\boxed{Evelyn}", 1, 1),
    ("\\text{Evelyn}", "\\boxed{\\text{evelyn}}", 1, 1),
    ("\\text{Evelyn}", "\\boxed{Velyne}", 0, 0),  # a word is no product of letters
    ("2x", "\\boxed{2y}", 0, 0),
    ("2(k+1)", "\\boxed{2k+2}", 1, 1),
    ("12\\%", "\\boxed{12}", 1, 1),
    ("5", "\\boxed{x=5}", 1, 1),
    ("5", "\\boxed{area=5}", 0, 1),
    ("72", "\\boxed{\\$72}", 1, 1),
    ("72", "\\boxed{(72)}", 1, 1),
    ("0.35", "\\boxed{0.35.0}", 0, 0),
    ("6 - 5i", "\\boxed{6-5i}", 1, 1),
    ("11\\sqrt{2}", "\\boxed{11\\sqrt2}", 1, 1),
    ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\boxed{\\begin{pmatrix}1\\\\2\\end{pmatrix}}", 1, 1),
    ("\\pi", "\\boxed{3.14159}", 0, 0),
    ("5", "\\boxed{5 \\text{ cm}}", 1, 1),
]  # fmt: skip

NO_MATHEMATICS = [
    "__import__('os')", "\\boxed", "{" * 500, "}" * 500, "{" * 100 + "}" * 100, "\\frac{", "x" * 5000, "\x00",
]  # fmt: skip


@pytest.mark.parametrize(("suite", "cases"), [("gsm8k", GSM8K), ("MATH-500", MATH)], ids=["gsm8k", "math500"])
def test_scores(suite, cases):
    assert [] == wrong(suite, cases)


@pytest.mark.parametrize(
    ("gold", "given", "exactly", "as_far_as_digits_go"),
    [
        ("332498.54", "332498.54", True, True),
        ("332498.54", "332,498.54元", False, True),
        ("332498.54", "332498.5401", False, True),
        ("332498.54", "332498.6", False, False),
        ("15.38", "15.38%", True, True),
        ("0.1538", "15.38%", True, True),
        ("15.38%", "0.1538", True, True),
        ("15.38", "0.1538", False, False),
        ("0.84", "84", False, False),
        ("0.84", "0.8371", False, True),
        ("7", "7.4", False, False),
        ("338600", "338600.12", False, True),
        ("338600", "338700", False, False),
        ("12.00", "12", True, True),
        ("12%", "1200%", False, False),
        ("-760", "760", False, False),
        ("-760", "-760", True, True),
        ("3/4", "0.75", True, True),
        ("1200", "1200元", False, True),
        ("1200", "一千二", False, False),
    ],
)
def test_numbers_that_are_the_same(gold, given, exactly, as_far_as_digits_go):
    assert (exactly, as_far_as_digits_go) == (same_number(gold, given), agrees(gold, given))


@pytest.mark.parametrize("text", ["2,1", "2x", "", "-", ".", "1/0", "1.5/2", "a", "1.2.3", "½"])
def test_texts_that_are_no_number(text):
    assert value_of(text) is None


def test_a_comparison_that_takes_too_long_is_undecided_and_the_next_one_works():
    started = time.perf_counter()

    assert symbolic.same_expression("2^{10^{10}}+x", "3", seconds=0.5) is None
    assert symbolic.same_expression("x+1", "1+x")
    assert time.perf_counter() - started < 30


def test_an_undecided_comparison_is_said(monkeypatch):
    monkeypatch.setattr(symbolic, "_asked", lambda *_: None)

    found = math500.strict(item("math500", "x^2"), "\\boxed{y^3}")

    assert (0.0, math500.UNDECIDED) == (found.score, found.reason)


def test_any_thread_may_compare():
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(symbolic.same_expression(f"x+{n}", f"{n}+x")))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [True] * 8 == results


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "\\boxed",
        "{" * 500,
        "}" * 500,
        "{" * 100 + "}" * 100,
        "\\frac{",
        "x" * 5000,
        "\x00",
    ],
)
def test_what_is_no_mathematics_equals_nothing(text):
    assert symbolic.same_expression("x+1", text) is False


def test_without_a_gold_nothing_is_compared():
    assert scorers("math500").strict(item("math500", None), "\\boxed{1}").score is None
