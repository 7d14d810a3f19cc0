"""Planted faults are what the key says they are."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from governance.demo import DemoFiles, read_key, write_demo
from governance.demo.bench import Bench
from governance.demo.evaluation import Item, items
from governance.demo.faults import FAULTS, HARD_NEGATIVES
from governance.demo.grammar import generator
from governance.demo.key import FaultKey, Planted
from governance.demo.overlap import jaccard, tokens, without_numbers
from governance.demo.rows import Row
from governance.demo.write import make
from governance.errors import UsageError

SEEDS = (7, 8)
STATUTE = "statute-quoted-on-both-sides"


ROWS = 700


@pytest.fixture(scope="module", params=SEEDS)
def made(request: pytest.FixtureRequest) -> tuple[list[Row], FaultKey]:
    return make(request.param, ROWS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> DemoFiles:
    """The files of the first seed."""
    return write_demo(tmp_path_factory.mktemp("demo"), SEEDS[0], ROWS)


def of_kind(key: FaultKey, kind: str) -> list[Planted]:
    found = [fault for fault in key.faults if fault.kind == kind]
    assert found
    return found


def pairs(made: tuple[list[Row], FaultKey], kind: str) -> list[tuple[Row, Row]]:
    rows, key = made
    return [(rows[f.rows[0]], rows[int(str(f.peer).removeprefix("row:"))]) for f in of_kind(key, kind)]


def item_of(fault: Planted, seed: int) -> Item:
    return next(item for item in items(seed) if item.peer == fault.peer)


def squeezed(text: str) -> list[str]:
    return tokens(text)


def test_the_set_has_the_rows_asked_for(made: tuple[list[Row], FaultKey]) -> None:
    rows, key = made

    assert ROWS == len(rows) == key.rows


def test_every_kind_is_planted_in_both_languages(made: tuple[list[Row], FaultKey]) -> None:
    rows, key = made
    languages: dict[str, set[str]] = {fault.kind: set() for fault in FAULTS}
    for fault in key.faults:
        languages[fault.kind].update(rows[row].language for row in fault.rows)

    assert all(found == {"en", "zh"} for found in languages.values()), languages
    assert {fault.kind for fault in HARD_NEGATIVES} == {h.kind for h in key.hard_negatives}


def test_no_row_has_two_faults(made: tuple[list[Row], FaultKey]) -> None:
    _, key = made
    rows = Counter(row for fault in key.faults for row in fault.rows)
    rows.update(row for h in key.hard_negatives for row in h.rows)

    assert set(rows.values()) == {1}


def test_exact_duplicates_are_equal_to_the_letter(made: tuple[list[Row], FaultKey]) -> None:
    found = pairs(made, "exact-duplicate")

    assert len(found) == 30
    assert all(copy.turns == original.turns for copy, original in found)


def test_normalised_duplicates_differ_in_writing_only(made: tuple[list[Row], FaultKey]) -> None:
    for copy, original in pairs(made, "normalised-duplicate"):
        assert copy.turns != original.turns
        assert squeezed(copy.text) == squeezed(original.text)


def test_near_duplicates_lie_in_the_promised_range(made: tuple[list[Row], FaultKey]) -> None:
    likeness = [jaccard(copy.text, original.text) for copy, original in pairs(made, "near-duplicate")]

    assert len(likeness) == 40
    assert min(likeness) >= 0.82
    assert max(likeness) <= 0.97


def test_near_duplicates_keep_their_numbers(made: tuple[list[Row], FaultKey]) -> None:
    for copy, original in pairs(made, "near-duplicate"):
        assert re.findall(r"\d+", copy.text) == re.findall(r"\d+", original.text)


def test_template_families_differ_in_numbers_only(made: tuple[list[Row], FaultKey]) -> None:
    for copy, original in pairs(made, "number-template"):
        assert copy.text != original.text
        assert without_numbers(copy.text) == without_numbers(original.text)
        assert jaccard(copy.text, original.text) > 0.85


def test_carriers_of_a_passage_share_nothing_else(made: tuple[list[Row], FaultKey]) -> None:
    rows, key = made
    texts = [rows[fault.rows[0]].text for fault in of_kind(key, "repeated-passage")]
    passages = Counter(text.split("\n\n")[-1] for text in texts)

    assert set(passages.values()) == {10}
    assert all(len(tokens(passage)) > 100 for passage in passages)
    assert max(jaccard(a, b) for i, a in enumerate(texts) for b in texts[:i]) < 0.8


@pytest.mark.parametrize("kind", ["item-verbatim", "item-with-answer", "item-short"])
def test_leaked_items_stand_in_the_prompt_to_the_letter(made: tuple[list[Row], FaultKey], kind: str) -> None:
    rows, key = made
    for fault in of_kind(key, kind):
        asked = (rows[fault.rows[0]].turns or ())[0].text
        assert item_of(fault, key.seed).question in asked


def test_only_leaks_with_an_answer_give_it_away(made: tuple[list[Row], FaultKey]) -> None:
    rows, key = made
    for fault in key.faults:
        if not str(fault.peer).startswith("item:"):
            continue
        said = (rows[fault.rows[0]].turns or ())[-1].text
        item = item_of(fault, key.seed)
        told = fault.rule == "CON003" or "CON003" in fault.also
        assert told == (item.answer_text in said)


def test_edited_items_are_close_and_not_equal(made: tuple[list[Row], FaultKey]) -> None:
    rows, key = made
    for fault in of_kind(key, "item-edited"):
        item = item_of(fault, key.seed)
        asked = (rows[fault.rows[0]].turns or ())[0].text
        assert item.question not in asked
        assert item.edited in asked
        assert jaccard(item.question, item.edited) > 0.6
        assert re.findall(r"\d+", item.question) == re.findall(r"\d+", item.edited)


def test_reworded_items_keep_the_figures_and_not_the_words(made: tuple[list[Row], FaultKey]) -> None:
    rows, key = made
    for fault in of_kind(key, "item-reworded"):
        item = item_of(fault, key.seed)
        asked = (rows[fault.rows[0]].turns or ())[0].text
        assert item.reworded in asked
        assert jaccard(item.question, item.reworded) < 0.6
        assert sorted(re.findall(r"[\d.]*\d", item.question)) == sorted(
            re.findall(r"[\d.]*\d", item.reworded)
        )


def test_hard_negatives_share_words_with_an_item_of_another_question(
    made: tuple[list[Row], FaultKey],
) -> None:
    rows, key = made
    suspects = {item.context or item.question for item in items(key.seed) if item.kind in {"stem", "statute"}}
    for negative in key.hard_negatives:
        for row in negative.rows if negative.kind in {"same-stem-other-options", STATUTE} else ():
            assert any(text in rows[row].text for text in suspects)


def test_the_file_holds_rows_as_planted(written: DemoFiles) -> None:
    rows, key = make(SEEDS[0], ROWS)
    table = pq.read_table(written.dataset)
    ids = table.column("id").to_pylist()

    assert read_key(written.key.read_text("utf-8")) == key
    assert table.column("label").to_pylist() == [row.label for row in rows]
    for fault in of_kind(key, "repeated-id"):
        assert ids[fault.rows[0]] == ids[int(str(fault.peer).removeprefix("row:"))]
    assert ROWS - len(of_kind(key, "repeated-id")) == len(set(ids))


def test_invalid_text_reaches_the_file_unchanged(written: DemoFiles) -> None:
    key = read_key(written.key.read_text("utf-8"))
    messages = pq.read_table(written.dataset).column("messages").combine_chunks()
    broken = [fault.rows[0] for fault in of_kind(key, "invalid-utf8")]

    for row in broken:
        with pytest.raises(UnicodeDecodeError):
            messages[row].as_py()


def test_the_evaluation_set_has_120_items_of_unique_names(written: DemoFiles) -> None:
    lines = written.suite.read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]

    assert 120 == len(records) == len({record["id"] for record in records})
    assert all(record["answer"] in "ABCD" for record in records if "choices" in record)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, written: DemoFiles) -> None:
    again = write_demo(tmp_path / "again", SEEDS[0], ROWS)
    other = write_demo(tmp_path / "other", SEEDS[1], ROWS)

    for name in ("dataset", "suite", "key"):
        assert getattr(written, name).read_bytes() == getattr(again, name).read_bytes()
        assert getattr(written, name).read_bytes() != getattr(other, name).read_bytes()


def test_too_small_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot hold the planted faults"):
        write_demo(tmp_path, rows=100)
    assert list(tmp_path.iterdir()) == []


def test_a_bench_without_rows_says_so() -> None:
    with pytest.raises(UsageError, match="too small"):
        Bench([], [], generator(0, "bench")).take("en")
