"""Which columns are taken for what, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from governance.columns import Kind, Named, recognise
from governance.errors import InputError, UnknownColumn
from governance.readers import ReadOptions, open_source
from tests.readers.build import conversations, samples_of, write

PAIR = [("user", "q"), ("assistant", "a")]
CALLS = [{"type": "function", "function": {"name": "rate", "arguments": "{}"}}]
SHAPES: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "openai": ({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, PAIR),
    "sharegpt": ({"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}, PAIR),
    "sharegpt with system": (
        {"system": "s", "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
        [("system", "s"), *PAIR],
    ),
    "parts": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "text", "text": "r"}]}
            ]
        },
        [("user", "q\nr")],
    ),
    "tool calls": (
        {
            "messages": [
                {"role": "user", "content": "q"},
                {"role": "assistant", "content": None, "tool_calls": CALLS},
            ]
        },
        [("user", "q"), ("assistant", '[{"function":{"arguments":"{}","name":"rate"},"type":"function"}]')],
    ),
    "prompt and response": ({"prompt": "q", "response": "a"}, PAIR),
    "prompt and chosen": ({"prompt": "q", "chosen": "a", "rejected": "b"}, PAIR),
    "prompt and completion of turns": (
        {"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "a"}]},
        PAIR,
    ),
    "prompt repeated inside chosen": (
        {"prompt": "q", "chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
        PAIR,
    ),
    "alpaca": ({"instruction": "q", "input": "", "output": "a"}, PAIR),
    "alpaca with input": (
        {"instruction": "q", "input": "i", "output": "a"},
        [("user", "q\ni"), ("assistant", "a")],
    ),
    "history": (
        {"instruction": "q", "input": "", "output": "a", "history": [["h1", "h2"], ["h3", "h4"]]},
        [("user", "h1"), ("assistant", "h2"), ("user", "h3"), ("assistant", "h4"), *PAIR],
    ),
    "gsm8k": ({"question": "q", "answer": "a"}, PAIR),
    "question in capitals": ({"Question": "q", "Answer": "a"}, PAIR),
    "context": ({"context": "c", "question": "q", "answer": "a"}, [("user", "c\nq"), ("assistant", "a")]),
    "answer of several spans": (
        {"question": "q", "answer": ["a", "b"]},
        [("user", "q"), ("assistant", "a\nb")],
    ),
    "answer that is a number": ({"question": "q", "answer": 4}, [("user", "q"), ("assistant", "4")]),
    "answer that is a fraction": ({"question": "q", "answer": 2.0}, [("user", "q"), ("assistant", "2.0")]),
    "math": ({"problem": "q", "solution": "a", "answer": "4", "level": 3}, PAIR),
    "text": ({"text": "t", "label": "x"}, [("text", "t")]),
    "content": ({"content": "t"}, [("text", "t")]),
    "prompt alone": ({"prompt": "q"}, [("user", "q")]),
}
TWICE = ("a.jsonl", "a.json", "a.parquet", "a.arrow")


@pytest.mark.parametrize("name", TWICE)
@pytest.mark.parametrize(("row", "turns"), SHAPES.values(), ids=SHAPES)
def test_usual_shapes_are_recognised(
    row: dict[str, Any], turns: list[tuple[str, str]], name: str, tmp_path: Path
):
    assert [turns, turns] == conversations(write(tmp_path / name, [row, row]))


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl"])
def test_turns_spelled_as_json_in_text_are_read(name: str, tmp_path: Path):
    row = {"messages": '[{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]', "id": "1"}

    assert [PAIR] == conversations(write(tmp_path / name, [row]), chat_column="messages")
    assert [PAIR] == conversations(tmp_path / name) or name == "a.jsonl"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("human", "user"),
        ("GPT", "assistant"),
        (" bot ", "assistant"),
        ("function", "tool"),
        ("observation", "tool"),
        ("expert", "expert"),
        ("Critic 2", "Critic 2"),
        ("a\nb", "unknown"),
    ],
)
def test_roles_have_one_spelling(given: str, expected: str, tmp_path: Path):
    path = write(tmp_path / "a.parquet", [{"messages": [{"role": given, "content": "x"}]}])

    assert [[(expected, "x")]] == conversations(path)


@pytest.mark.parametrize("name", [*TWICE, "a.csv"])
def test_metadata_columns_are_taken_as_text(name: str, tmp_path: Path):
    row = {"text": "t", "id": 7, "source": "web", "license": "MIT", "category": "loans"}
    table = samples_of(write(tmp_path / name, [row]))

    found = {n: table.column(n)[0].as_py() for n in ("row_id", "source", "licence", "label")}
    assert {"row_id": "7", "source": "web", "licence": "MIT", "label": "loans"} == found


@pytest.mark.parametrize("name", [*TWICE, "a.csv"])
def test_columns_about_where_a_row_comes_from_are_taken(name: str, tmp_path: Path):
    row = {"text": "t", "split": "train", "doc_id": 3, "date": "2024-05-01", "commit": "ab12", "sha256": "00"}
    row |= {"teacher_model": "m", "synthetic": "true", "govern_ignore": "DUP"}
    table = samples_of(write(tmp_path / name, [row]))

    names = ("split", "group", "time", "revision", "checksum", "generator", "synthetic", "ignored")
    assert ["train", "3", "2024-05-01", "ab12", "00", "m", "true", "DUP"] == [
        table.column(n)[0].as_py() for n in names
    ]


def test_a_list_of_rule_codes_is_one_code_a_line(tmp_path: Path):
    path = write(tmp_path / "a.parquet", [{"text": "t", "govern_ignore": ["DUP003", "PII"]}])

    assert "DUP003\nPII" == samples_of(path).column("ignored")[0].as_py()


def test_named_columns_win(tmp_path: Path):
    path = write(
        tmp_path / "a.jsonl", [{"text": "t", "body": "b", "key": "k", "id": 1, "origin": "o", "kind": "x"}]
    )

    table = samples_of(path, text_column="body", id_column="key", source_column="kind")

    assert [("text", "b")] == [(t["role"], t["content"]) for t in table.column("conversation")[0].as_py()]
    assert ("k", "x") == (table.column("row_id")[0].as_py(), table.column("source")[0].as_py())


def test_a_named_column_that_is_not_there_names_the_nearest(tmp_path: Path):
    path = write(tmp_path / "a.parquet", [{"text": "t", "answer": "b"}])

    with pytest.raises(UnknownColumn) as raised:
        open_source(str(path), ReadOptions(text_column="anser"))

    assert "did you mean 'answer'?" in raised.value.hint
    assert str(path) == raised.value.where


def test_no_column_of_text_is_an_error_that_lists_the_columns(tmp_path: Path):
    path = write(tmp_path / "a.parquet", [{"alpha": 1, "beta": 2}])

    with pytest.raises(InputError) as raised:
        open_source(str(path))

    assert "'alpha', 'beta'" in raised.value.what
    assert "--text-column" in raised.value.hint


def test_a_chat_column_of_numbers_is_refused(tmp_path: Path):
    path = write(tmp_path / "a.parquet", [{"text": "t", "n": 1}])

    with pytest.raises(InputError, match="holds number, not a list of turns"):
        open_source(str(path), ReadOptions(chat_column="n"))


def test_the_report_knows_what_was_taken_and_what_was_left(tmp_path: Path):
    path = write(
        tmp_path / "a.parquet", [{"Question": "q", "answer": "a", "uid": 1, "score": 3, "extra": {"x": 1}}]
    )
    source = open_source(str(path))

    assert {"question": "Question", "answer": "answer", "row_id": "uid"} == source.columns
    assert ("columns not read: score, extra",) == source.notes


def test_files_with_columns_of_their_own_are_read_and_noted(tmp_path: Path):
    write(tmp_path / "a.jsonl", [{"question": "q", "answer": "a"}])
    write(tmp_path / "b.jsonl", [{"text": "t"}])
    source = open_source(str(tmp_path))

    assert [PAIR, [("text", "t")]] == conversations(tmp_path)
    assert any("b.jsonl was read by other columns" in note for note in source.notes)


ODD = ['"; DROP TABLE samples; --', "a'b", "tab\there", "\x1b[31mred", "名前", "a.b", "", " ", "null\x00"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.csv"])
@pytest.mark.parametrize("column", ODD)
def test_odd_column_names_are_only_names(column: str, name: str, tmp_path: Path):
    path = write(tmp_path / name, [{column: "x", "text": "t"}])
    source = open_source(str(path), ReadOptions(text_column=column, keep_original=True))

    assert [[("text", "x")]] == conversations(path, text_column=column)
    assert {"text": column} == source.columns


def test_optional_columns_that_come_late_in_json_are_read(tmp_path: Path):
    rows = [{"instruction": "q", "output": "a"}] * 1_500 + [
        {"instruction": "q", "output": "a", "input": "i", "id": 4}
    ]
    table = samples_of(write(tmp_path / "a.jsonl", rows))

    assert "q\ni" == table.column("conversation")[1_500].as_py()[0]["content"]
    assert "4" == table.column("row_id")[1_500].as_py()


def test_shapes_are_preferred_in_a_fixed_order():
    columns = {"text": Kind.TEXT, "question": Kind.TEXT, "answer": Kind.TEXT, "messages": Kind.TURNS}

    found = []
    for gone in ("", "messages", "answer", "text"):
        columns.pop(gone, None)
        found.append(next(iter(recognise(columns, Named(), where="").taken)))

    assert ["chat", "question", "text", "question"] == found


TATQA = {
    "table": {"uid": "t", "table": [["", "2019"], ["Sales", "1,496.5"]]},
    "paragraphs": [{"order": 2, "text": "Second."}, {"order": 1, "text": "First."}],
    "questions": [
        {"uid": "q1", "question": "Sales?", "answer": ["1,496.5"], "scale": "million"},
        {"uid": "q2", "question": "Growth?", "answer": -12.5, "scale": "percent"},
        {"uid": "q3", "question": "Types?", "answer": ["fixed", "variable"], "scale": ""},
    ],
    "source": "reports",
}
CONTEXT = " | 2019\nSales | 1,496.5\nFirst.\nSecond.\n"


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_list_of_questions_gives_a_row_each(name: str, tmp_path: Path):
    path = write(tmp_path / name, [TATQA, TATQA | {"questions": []}])
    table = samples_of(path)

    assert [
        [("user", CONTEXT + "Sales?"), ("assistant", "1,496.5 million")],
        [("user", CONTEXT + "Growth?"), ("assistant", "-12.5 percent")],
        [("user", CONTEXT + "Types?"), ("assistant", "fixed\nvariable")],
        [],
    ] == conversations(path)
    assert ["q1", "q2", "q3", None] == table.column("row_id").to_pylist()
    assert ["reports"] * 4 == table.column("source").to_pylist()
    assert [0, 1, 2, 3] == table.column("row").to_pylist()


def test_nested_questions_in_parquet_are_laid_out_too(tmp_path: Path):
    row = {
        "context": "c",
        "questions": [
            {"id": "1", "question": "q", "answer": "a"},
            {"id": "2", "question": "r", "answer": "b"},
        ],
    }
    path = write(tmp_path / "a.parquet", [row])

    assert [[("user", "c\nq"), ("assistant", "a")], [("user", "c\nr"), ("assistant", "b")]] == conversations(
        path
    )
    assert [1, 1] == samples_of(path).column("line").to_pylist()
