"""The real data sets of the shared folder read as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.readers import open_source
from tests.readers.build import conversations, everything

pytestmark = pytest.mark.shared

SETS = [
    ("gsm8k", 8_792, {"question", "answer"}, 0),
    ("disc-finllm", 400, {"question", "answer", "history"}, 0),
    ("finqa/valid.jsonl", 883, {"chat", "row_id"}, 0),
    ("tatqa/tatqa_dataset_dev.json", 1_668, {"questions", "question", "answer", "row_id"}, 0),
    ("math500", 500, {"question", "answer", "label"}, 0),
    ("contamination", 1_319, {"text"}, 0),
    ("neardup/zh20k.parquet", 20_000, {"text", "row_id"}, 0),
]


@pytest.mark.parametrize(("name", "rows", "columns", "bad"), SETS, ids=[s[0] for s in SETS])
def test_real_sets_are_read_whole_and_clean(
    name: str, rows: int, columns: set[str], bad: int, shared_data: Path
):
    source = open_source(str(shared_data / name))
    samples, problems = everything(source)

    assert (rows, columns, bad) == (samples.num_rows, set(source.columns), problems.num_rows)


def test_histories_of_disc_finllm_come_before_the_question(shared_data: Path):
    first = conversations(shared_data / "disc-finllm" / "consulting_part.json")[0]

    assert ["user", "assistant", "user", "assistant"] == [role for role, _ in first]
    assert "国际经济与贸易专业的就业前景是怎样的？" == first[2][1]


def test_a_question_of_tatqa_has_its_table_its_paragraphs_and_its_scale(shared_data: Path):
    (_, asked), (_, answer) = conversations(shared_data / "tatqa" / "tatqa_dataset_dev.json")[1]

    assert "Fixed Price | $  1,452.4 | $  1,146.2 | $  1,036.9\n" in asked
    assert "Substantially all of our contracts" in asked
    assert asked.endswith("\nWhat is the amount of total sales in 2019?")
    assert "$1,496.5 million" == answer
