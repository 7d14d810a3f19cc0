from __future__ import annotations

import pytest

from training.reward.rewarding import gold_of, reward


@pytest.mark.parametrize(
    ("answer", "kind", "gold"),
    [
        ("答案：B", "letter", "B"),
        ("<think>Perhaps C?</think>The answer is (AC).", "letter", "AC"),
        ("3 + 4 = 7, so \\boxed{7}", "number", "7"),
        ("She earns 1,234.\n#### 1,234", "number", "1234"),
        ("是", "boolean", "yes"),
        ("No, it does not.", "boolean", "no"),
        ("\\boxed{\\frac{1}{2}}", "boxed", "\\frac{1}{2}"),
        ("so \\boxed{x^2+1}", "boxed", "x^2+1"),
        ("\\boxed{基金-信息查询}", "boxed", "基金-信息查询"),
        ("\\boxed{基金-信息查询; 保险-客户服务}", "set", "基金-信息查询; 保险-客户服务"),
    ],
)
def test_the_gold_of_an_answer_earns_its_own_reward(answer: str, kind: str, gold: str):
    assert (kind, gold) == gold_of(answer)
    assert 1.0 == reward(kind, gold, answer)


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "",
            "Hello",
            "About seven, I think",
            "<think>\\boxed{3}",
            "\\boxed{}",
            "\\boxed{7",
            "她在银行工作。",
        ),
        "是的，" + "个人独资企业不受行业、地域或经营范围的限制，" * 3,
        "A: 你好。\n\nB: " + "这些措施确实很有用。" * 6,
        "Yes, and then there is much more to be said of it, so that this is no answer to a plain question.",
    ],
)
def test_an_answer_that_states_nothing_has_no_gold(answer: str):
    assert gold_of(answer) is None


def test_a_wrong_answer_and_thoughts_earn_nothing():
    assert 0.0 == reward("number", "7", "\\boxed{8}")
    assert 0.0 == reward("number", "7", "<think>\\boxed{7}")
