"""Rewards for training: 1 for the answer, 0 for everything else."""

from __future__ import annotations

import pytest

from governance.errors import UsageError
from training.scoring.rewards import kind_of, reward

CASES = [
    ("boxed", "\\frac{1}{2}", "<think>0.4?</think>So $\\boxed{0.5}$.", 1),
    ("boxed", "12", "\\boxed{12}", 1),
    ("boxed", "12", "\\boxed{x = 12}", 1),
    ("boxed", "12", "12", 0),
    ("boxed", "12", "<think>\\boxed{12}", 0),
    ("boxed", "12", "\\boxed{12} or \\boxed{13}", 0),
    ("number", "18", "#### 18", 1),
    ("number", "18", "答案是18元。", 1),
    ("number", "She has 18.\n#### 18", "\\boxed{18.0}", 1),
    ("number", "18", "18 or 19", 0),
    ("number", "18", "There are 18 left of 20", 0),
    ("number", "18", "", 0),
    ("letter", "B", "答案：B", 1),
    ("letter", "A;D", "\\boxed{D, A}", 1),
    ("letter", "AD", "The answer is A and D.", 1),
    ("letter", "B", "A, B, C and D", 0),
    ("letter", "B", "答案：AB", 0),
    ("boolean", "是", "对。", 1),
    ("boolean", "no", "答案：否", 1),
    ("boolean", "是", "不是", 0),
    ("boolean", "是", "是否如此，难说", 0),
    ("set", "gold; silver", '["silver", "gold"]', 1),
    ("set", '["甲", "乙"]', "\\boxed{乙、甲}", 1),
    ("set", "理财-分析解读", '\\boxed{["理财-分析解读"]}', 1),
    ("set", "[]", "\\boxed{[]}", 1),
    ("set", "[]", "", 0),
    ("set", "gold; silver", '["silver"]', 0),
    ("set", "gold; silver", '["silver", "gold", "copper", "tin"]', 0),
]


@pytest.mark.parametrize(("kind", "gold", "output", "expected"), CASES)
def test_rewards(kind, gold, output, expected):
    assert expected == reward(kind, gold, output)


@pytest.mark.parametrize(
    ("kind", "gold"),
    [("boxes", "1"), ("letter", "12"), ("boolean", "maybe")],
    ids=["kind", "letter", "boolean"],
)
def test_what_cannot_be_a_reward_is_an_error(kind, gold):
    with pytest.raises(UsageError):
        reward(kind, gold, "A")


@pytest.mark.parametrize(
    ("gold", "options", "kind"),
    [
        ("18", (), "number"),
        ("B", ("a", "b"), "letter"),
        ("是", (), "boolean"),
        ("a; b", (), "set"),
        ("\\sqrt{2}", (), "boxed"),
        ("Because it pays.", (), None),
    ],
)
def test_the_kind_that_suits_a_gold(gold, options, kind):
    assert kind == kind_of(gold, options)
