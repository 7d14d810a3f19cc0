"""PRV004: answers that name their writer, a machine; what the family shares is in test_prv."""

from __future__ import annotations

import pytest

from governance.rules.prv004_unlabelled_synthetic import RULE
from tests.builders import Turn, batch
from tests.rules.duplicates import run

FIRES = [
    "As an AI language model, I cannot predict prices.",
    "I'm ChatGPT, a model trained by OpenAI.",
    "My knowledge cutoff is September 2021.",
    "作为一个人工智能语言模型，我不能提供投资建议。",
    "作为AI语言模型，我无法访问实时行情。",
    "很抱歉，我的知识截止到2021年。",
]
NEAR_MISSES = [
    [("user", FIRES[0]), ("assistant", "That sentence is a refusal.")],
    [("user", "q"), ("assistant", "An AI language model predicts the next word.")],
    [("user", "问"), ("assistant", "人工智能语言模型可以用于客服。")],
    [("user", "q"), ("assistant", "OpenAI is a company.")],
    [("system", FIRES[3]), ("user", "q"), ("assistant", "a")],
    [("user", "q"), ("assistant", "")],
]


@pytest.mark.parametrize("answer", FIRES)
def test_an_answer_that_names_its_writer_is_found(answer: str) -> None:
    result = run(RULE, batch([("user", "Which fund?"), ("assistant", answer)]))

    assert ["self-named"] == result.findings["kind"].to_pylist()
    assert [1] == result.evidence["turn"].to_pylist()


@pytest.mark.parametrize("turns", NEAR_MISSES)
def test_speaking_about_models_is_fine(turns: list[Turn]) -> None:
    assert 0 == run(RULE, batch(turns)).findings.num_rows


@pytest.mark.parametrize(
    "columns",
    [{"synthetic": ["true"]}, {"synthetic": ["是"]}, {"generator": ["qwen3-32b"]}, {"synthetic": ["1"]}],
)
def test_a_row_that_says_so_is_fine(columns: dict[str, list[str]]) -> None:
    assert 0 == run(RULE, batch([("user", "q"), ("assistant", FIRES[0])], **columns)).findings.num_rows
