"""Evidence in place: file, line and the words around a span."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from governance.benchmarks.items import ITEMS
from governance.excerpts import CONTEXT, KEPT, in_place
from governance.findings import EVIDENCE, EXCERPT_CHARACTERS
from tests.builders import batch


def evidence(*lines: dict[str, Any]) -> pa.Table:
    full = [{"fingerprint": "f", "role": "affected", **line} for line in lines]
    return pa.Table.from_pylist(full, schema=EVIDENCE)


def kept(*conversations: Any, first_row: int = 0) -> pa.Table:
    return batch(*conversations, first_row=first_row).table.select(KEPT.names)


def test_a_whole_row_shows_its_first_turn_that_is_not_a_system_turn():
    rows = kept([("system", "be brief"), ("user", "你好吗")])

    placed = in_place(evidence({"row": 0}), [rows], None).to_pylist()[0]

    assert ("你好吗", 0) == (placed["excerpt"], placed["excerpt_start"])


def test_a_span_is_shown_with_its_context():
    text = "x" * 500 + "HERE" + "y" * 500
    placed = in_place(
        evidence({"row": 0, "turn": 0, "start": 500, "end": 504}), [kept(text)], None
    ).to_pylist()[0]

    assert 500 - CONTEXT == placed["excerpt_start"]
    assert text[500 - CONTEXT : 500 - CONTEXT + EXCERPT_CHARACTERS] == placed["excerpt"]


def test_a_row_finds_its_file_and_line_in_whichever_table_it_is():
    tables = [kept("a", "b"), kept("c", first_row=5)]

    placed = in_place(evidence({"row": 5}, {"row": 1}), tables, None).to_pylist()

    assert [(1, "b", 2), (5, "c", 6)] == [(p["row"], p["excerpt"], p["line"]) for p in placed]


def test_a_row_that_was_never_read_keeps_what_its_rule_said():
    placed = in_place(
        evidence({"row": 1, "file": 0, "line": 2, "excerpt": "{bad"}), [kept("a")], None
    ).to_pylist()

    assert [(1, 0, 2, "{bad")] == [(p["row"], p["file"], p["line"], p["excerpt"]) for p in placed]


def test_a_turn_that_is_not_there_has_no_excerpt():
    placed = in_place(evidence({"row": 0, "turn": 3}), [kept("a", [])], None).to_pylist()[0]

    assert (None, None) == (placed["excerpt"], placed["excerpt_start"])


def test_the_peer_item_is_shown_by_its_part():
    item = {
        "suite": "s",
        "item": "a/1",
        "question": "What is it?",
        "options": ["p", "q"],
        "content_hash": "0",
    }
    items = pa.Table.from_pylist([item], schema=ITEMS)
    line = {"row": 0, "peer": "item:s/a/1", "peer_part": "question", "peer_start": 0, "peer_end": 4}

    placed = in_place(evidence(line, {"row": 0, "peer": "row:7"}), [kept("What is it")], items).to_pylist()

    assert ["What is it?", None] == [p["peer_excerpt"] for p in placed]


def test_no_evidence_gives_none():
    assert EVIDENCE.empty_table() == in_place(EVIDENCE.empty_table(), [kept("a")], None)
