"""Each benchmark format becomes items; what is not usable becomes a note."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.benchmarks import Suite, detect, load_suite
from governance.benchmarks.items import ITEMS
from governance.errors import InputError


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def jsonl(path: Path, *rows: object) -> Path:
    return write(path, "\n".join(json.dumps(r, ensure_ascii=False) for r in rows))


def rows(suite: Suite) -> list[dict[str, object]]:
    return list(suite.items.to_pylist())


def test_fineval_reads_all_splits_and_leaves_withheld_answers_null(tmp_path: Path) -> None:
    write(tmp_path / "subject_map.json", '{"accounting": {"en": "Accounting"}}')
    write(
        tmp_path / "val/accounting_val.csv",
        "id,question,A,B,C,D,answer\n0,会计基本假设是____。,主体,分期,经营,货币,B\n",
    )
    write(tmp_path / "test/accounting_test.csv", "id,question,A,B,C,D\n3,哪个选项正确？,一,二,三,四\n")

    suite = load_suite(str(tmp_path))

    assert suite.name == "fineval"
    assert suite.items.schema == ITEMS
    assert [(r["item"], r["answer"], r["answer_text"], r["label"]) for r in rows(suite)] == [
        ("accounting_val/0", "B", "分期", "Accounting"),
        ("accounting_test/3", None, None, "Accounting"),
    ]
    assert suite.notes == ("1 of 2 items have no gold answer",)


def test_financeiq_keeps_dev_and_test_apart(tmp_path: Path) -> None:
    for split in ("dev", "test"):
        write(
            tmp_path / split / "税务师.csv",
            ",Question,A,B,C,D,Answer\n0,增值税属于？,流转税,所得税,财产税,行为税,A\n",
        )

    suite = load_suite(str(tmp_path))

    assert suite.name == "financeiq"
    assert [(r["item"], r["answer_text"]) for r in rows(suite)] == [
        ("dev/税务师/0", "流转税"),
        ("test/税务师/0", "流转税"),
    ]


def test_fineva_takes_context_and_a_fifth_option_past_a_byte_order_mark(tmp_path: Path) -> None:
    write(
        tmp_path / "知识/文档抽取.csv",
        "\ufeffid,context,question,A,B,answer\n0,公告全文。,符合要求吗？,是的,不是,\n",
    )
    write(
        tmp_path / "知识/药师.csv",
        "\ufeffid,question,A,B,C,D,E,answer\n0,不得少于,10﹪,15﹪,20﹪,25﹪,30﹪,E\n",
    )

    found = {r["item"]: r for r in rows(load_suite(str(tmp_path)))}

    assert found["文档抽取/0"]["context"] == "公告全文。"
    assert found["文档抽取/0"]["answer"] is None
    assert found["药师/0"]["options"] == ["10﹪", "15﹪", "20﹪", "25﹪", "30﹪"]
    assert found["药师/0"]["answer_text"] == "30﹪"


def test_finova_sets_the_shared_instruction_apart_and_takes_options_out(tmp_path: Path) -> None:
    head = "以下是金融相关的选择题，请选择正确的选项，并把结果放到\\boxed{}中。\n题目："
    asked = ["股票是什么？", "债券是什么？", "基金是什么？", "期货是什么？", "期权是什么？", "黄金是什么？"]
    prompts = [f"{head}{q}  A. 甲  B. 乙  C. 丙  D. 丁\n回答：" for q in asked]
    file = tmp_path / "Reasoning/复杂.json"
    write(
        file,
        json.dumps([{"prompt": p, "ground_truth": "C", "from": "r"} for p in prompts], ensure_ascii=False),
    )

    suite = load_suite(str(tmp_path))

    assert [r["question"] for r in rows(suite)] == asked
    assert rows(suite)[0]["options"] == ["甲", "乙", "丙", "丁"]
    assert rows(suite)[0]["answer_text"] == "丙"
    assert "6 prompts share an instruction" in suite.notes[0]


def test_finova_lists_of_answers_are_joined(tmp_path: Path) -> None:
    file = tmp_path / "意图.json"
    write(file, json.dumps([{"prompt": "买什么？", "ground_truth": ["基金-咨询", "保险-咨询"], "from": "i"}]))

    assert rows(load_suite(str(file)))[0]["answer"] == "基金-咨询; 保险-咨询"


def test_math500(tmp_path: Path) -> None:
    row = {"problem": "Find x.", "solution": "x=1", "answer": "1", "subject": "Algebra", "level": 2}

    suite = load_suite(str(jsonl(tmp_path / "test.jsonl", row)))

    assert suite.name == "math500"
    assert (rows(suite)[0]["item"], rows(suite)[0]["label"]) == ("test/0", "level 2")


def test_gsm8k_takes_the_number_behind_the_mark_as_gold(tmp_path: Path) -> None:
    suite = load_suite(
        str(jsonl(tmp_path / "test.jsonl", {"question": "How many?", "answer": "2 + 2\n#### 1,004"}))
    )

    assert suite.name == "gsm8k"
    assert rows(suite)[0]["answer"] == "1,004"


def test_gpqa_calls_items_by_record_id(tmp_path: Path) -> None:
    head = "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3,Record ID,Canary String"
    file = write(tmp_path / "gpqa_diamond.csv", f"{head}\nWhich boson?,Higgs,W,Z,Gluon,rec1,GPQA:x\n")

    suite = load_suite(str(file))

    assert suite.name == "gpqa"
    assert rows(suite)[0]["item"] == "rec1"
    assert rows(suite)[0]["answer_text"] == "Higgs"
    assert rows(suite)[0]["options"] == ["Higgs", "W", "Z", "Gluon"]


@pytest.mark.parametrize(
    ("row", "question", "options", "answer", "spelled"),
    [
        ({"question": "q?", "choices": ["a", "b"], "answer": 1}, "q?", ["a", "b"], "B", "b"),
        ({"question": "q?", "choices": {"text": ["a", "b"], "label": ["A", "B"]}, "answerKey": "A"}, "q?", ["a", "b"],
         "A", "a"),
        ({"prompt": "q?", "gold": "x"}, "q?", [], "x", "x"),
        ({"input": "q?", "A": "a", "B": "b", "target": "AB"}, "q?", ["a", "b"], "AB", "a\nb"),
        ({"problem": "q? A. one B. two C. three", "solution": None}, "q?", ["one", "two", "three"], None, None),
    ],
)  # fmt: skip
def test_generic_columns(
    tmp_path: Path, row: dict[str, object], question: str, options: list[str], answer: str, spelled: str
) -> None:
    found = rows(load_suite(str(jsonl(tmp_path / "mine.jsonl", row))))[0]

    assert (found["question"], found["options"]) == (question, options)
    assert (found["answer"], found["answer_text"]) == (answer, spelled)


def test_generic_parquet_and_csv_give_the_same_items(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "question": ["Why?"], "answer": ["so"]}), tmp_path / "x.parquet")
    write(tmp_path / "x.csv", "id,question,answer\na,Why?,so\n")

    first, second = load_suite(str(tmp_path / "x.parquet")), load_suite(str(tmp_path / "x.csv"))

    assert first.content_hash == second.content_hash
    assert rows(first) == rows(second)


def test_bad_rows_are_notes(tmp_path: Path) -> None:
    file = write(tmp_path / "x.jsonl", '{"question": "Why not?"}\nnot json\n[1]\n{"other": 1}\n')

    suite = load_suite(str(file))

    assert suite.items.num_rows == 1
    assert [n for n in suite.notes if "skipped" in n] == [
        "x.jsonl line 2: not JSON, skipped",
        "x.jsonl line 3: not an object, skipped",
        "x/3: no question among the columns ['other'], skipped",
    ]


def test_repeated_ids_are_numbered_and_noted(tmp_path: Path) -> None:
    head = "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3,Record ID\n"
    file = write(tmp_path / "g.csv", head + "One?,a,b,c,d,r\nTwo?,a,b,c,d,r\n")

    suite = load_suite(str(file))

    assert [r["item"] for r in rows(suite)] == ["r", "r#2"]
    assert "2 items are called r; they were numbered" in suite.notes


def test_names_and_errors(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "mine.jsonl", {"question": "Why?"})

    assert load_suite(str(file)).name == "mine"
    assert load_suite(f"other={file}").name == "other"
    with pytest.raises(InputError, match="no such evaluation set"):
        load_suite("x=" + str(tmp_path / "absent"))
    with pytest.raises(InputError, match="no adapter"):
        load_suite(str(write(tmp_path / "notes.txt", "x")))
    with pytest.raises(InputError, match="no evaluation items"):
        load_suite(str(write(tmp_path / "empty.jsonl", "")))


def test_the_content_hash_knows_content_and_not_order(tmp_path: Path) -> None:
    a, b = {"question": "One?", "answer": "1"}, {"question": "Two?", "answer": "2"}
    first = load_suite(str(jsonl(tmp_path / "1.jsonl", a, b)))
    second = load_suite(str(jsonl(tmp_path / "2.jsonl", b, a)))
    third = load_suite(str(jsonl(tmp_path / "3.jsonl", a, {**b, "answer": "3"})))

    assert first.content_hash == second.content_hash
    assert first.content_hash != third.content_hash


def test_a_part_cannot_imitate_another(tmp_path: Path) -> None:
    first = load_suite(str(jsonl(tmp_path / "1.jsonl", {"question": "a", "choices": ["b\nc"]})))
    second = load_suite(str(jsonl(tmp_path / "2.jsonl", {"question": "a", "choices": ["b", "c"]})))

    assert first.content_hash != second.content_hash


def test_gb18030_and_lone_surrogates_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("question,answer\n什么是股票？,权益\n".encode("gb18030"))
    (tmp_path / "y.jsonl").write_bytes(b'{"question": "odd \\ud800 text?"}')

    assert rows(load_suite(str(tmp_path / "x.csv")))[0]["question"] == "什么是股票？"
    assert rows(load_suite(str(tmp_path / "y.jsonl")))[0]["question"] == "odd ? text?"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("path", "name", "items"),
    [
        ("fineval", "fineval", 4581),
        ("fineva", "fineva", 8444),
        ("finova", "finova", 1249),
        ("math500", "math500", 500),
        ("gsm8k/test.jsonl", "gsm8k", 1319),
    ],
)
def test_real_sets(shared_data: Path, path: str, name: str, items: int) -> None:
    suite = load_suite(str(shared_data / path))

    assert (suite.name, suite.items.num_rows) == (name, items)
    assert len(set(suite.items.column("item").to_pylist())) == items
    assert not [n for n in suite.notes if "skipped" in n]


@pytest.mark.shared
def test_finova_questions_hold_no_instruction(shared_data: Path) -> None:
    questions = load_suite(str(shared_data / "finova")).items.column("question").to_pylist()

    assert [q for q in questions if "boxed" in q or "题目：" in q or "# 目标文本" in q] == []


def test_detect_gives_the_adapter(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "test.jsonl", {"question": "q", "answer": "#### 1"})
    adapter = detect(file)

    assert adapter is not None
    assert adapter.NAME == "gsm8k"
    assert detect(tmp_path / "nothing") is None
