"""The built-in table of published figures."""

from __future__ import annotations

import pytest

from training.scoring.leaderboard import leaderboard
from training.scoring.registry import BENCHMARKS


def test_the_table_is_whole():
    board = leaderboard()

    assert 6 == len(board.models)
    assert set(board.benchmarks) <= set(BENCHMARKS)
    for model in board.models:
        assert set(board.benchmarks) == set(model.scores)
        assert all(0 < score < 100 for score in model.scores.values())


def test_it_says_where_the_figures_are_from_and_what_they_lack():
    board = leaderboard()

    assert "arXiv 2507.16802" in board.source
    assert "single runs without error bars" in board.notes[0]


@pytest.mark.parametrize(
    ("model", "benchmark", "score"),
    [
        ("Qwen3-8B", "finova", 54.45),
        ("Agentar-Fin-R1-32B", "fineval", 87.70),
        ("DeepSeek-R1", "gpqa", 72.39),
        ("GPT-o1", "financeiq", 78.72),
        ("Qwen3-32B", "math500", 95.40),
    ],
)
def test_figures_as_published(model, benchmark, score):
    assert score == next(m for m in leaderboard().models if m.name == model).scores[benchmark]
