"""Findings and evidence of the contamination rules, made from what was decided.

One finding speaks of one item, and of every row that holds it. Its evidence gives for each row the place in
the turn and the place in the item; for options and answers further lines. Offsets in options count
characters of all options of the item joined by newlines.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.detectors.contamination.index import ItemIndex
from governance.detectors.contamination.scan import WHOLE_TURN
from governance.findings import EVIDENCE, FINDINGS, Severity, empty_evidence, empty_findings, fingerprint
from governance.samples import hex_ids

QUESTION, OPTION, ANSWER = "question", "option", "answer"


@dataclass(frozen=True)
class Wording:
    """What one rule says of an item.

    Attributes:
        rule: its id.
        severity: the severity in force.
        kind: (how it was found in any row) -> the finding's kind.
        message: (item name, rows) -> the sentence.
        threshold: what the score was held against, or None.
    """

    rule: str
    severity: Severity
    kind: Callable[[npt.NDArray[np.uint8]], str]
    message: Callable[[str, int], str]
    threshold: float | None = None


def findings(
    table: pa.Table, index: ItemIndex, wording: Wording, *, answers: bool
) -> tuple[pa.Table, pa.Table]:
    """(FINDINGS, EVIDENCE) of the accepted candidates `table`, which is sorted by item."""
    if not table.num_rows:
        return empty_findings(), empty_evidence()
    item = table.column("item").to_numpy()
    ids = hex_ids(pa.concat_arrays(table.column("sample_id").chunks))
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(item)) + 1, [len(item)]])
    rows = [
        _finding(table.slice(a, b - a), int(item[a]), ids[a:b].to_pylist(), index, wording)
        for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]
    prints = np.repeat([row["fingerprint"] for row in rows], np.diff(bounds))
    found = pa.Table.from_pylist(rows, schema=FINDINGS)
    return found, _evidence(table, index, pa.array(prints.tolist(), pa.string()), ids, answers=answers)


def _finding(rows: pa.Table, item: int, ids: list[str], index: ItemIndex, wording: Wording) -> dict[str, Any]:
    items = index.items
    names = items.names[item]
    content = items.table.column("content_hash")[item].as_py()
    how = rows.column("how").to_numpy()
    details = {
        "item": names[0],
        "also": list(names[1:]),
        "question_tokens": int(items.lengths[item]),
        "options": int(items.arrays.filled[item]),
        "options_found": pc.max(pc.list_value_length(rows.column("options"))).as_py(),
        "context_found": round(pc.max(rows.column("context")).as_py(), 3),
        "rows_with_answer": rows.num_rows - rows.column("answer_turn").null_count,
    }
    return {
        "fingerprint": fingerprint(wording.rule, [content, *ids]),
        "rule": wording.rule,
        "severity": wording.severity.value,
        "kind": wording.kind(how),
        "message": wording.message(names[0], rows.num_rows),
        "score": round(pc.max(rows.column("score")).as_py(), 6),
        "threshold": wording.threshold,
        "rows": rows.num_rows,
        "details": json.dumps(details, ensure_ascii=False, sort_keys=True),
    }


def _evidence(
    table: pa.Table, index: ItemIndex, prints: pa.StringArray, ids: pa.StringArray, *, answers: bool
) -> pa.Table:
    """Lines for questions, then options or answers; each sorted like the table."""
    common = table.select(["row", "item", "turn", "start", "end", "score"])
    common = common.append_column("fingerprint", prints).append_column("sample_id", ids)
    peer = [f"item:{index.items.names[i][0]}" for i in table.column("item").to_pylist()]
    common = common.append_column("peer", pa.array(peer, pa.string()))
    starts, ends = _question_spans(table, index)
    parts = [_lines(common, QUESTION, starts, ends)]
    parts.append(_answer_lines(table, common, index) if answers else _option_lines(table, common, index))
    return pa.concat_tables(parts)


def _lines(
    common: pa.Table, part: str, peer_start: npt.NDArray[np.int64], peer_end: npt.NDArray[np.int64]
) -> pa.Table:
    """EVIDENCE rows of one part of the items; files, lines and excerpts are filled in by the audit."""
    n = common.num_rows
    columns = {name: common.column(name) for name in common.column_names if name in EVIDENCE.names}
    columns |= {
        "role": pa.array(["affected"] * n, pa.string()),
        "peer_part": pa.array([part] * n, pa.string()),
        "peer_start": pa.array(peer_start, pa.int64()),
        "peer_end": pa.array(peer_end, pa.int64()),
    }
    known = [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in EVIDENCE]
    return pa.table(known, schema=EVIDENCE)


def _question_spans(table: pa.Table, index: ItemIndex) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and past-last character of each question that is covered."""
    places, bounds = index.items.question_places, index.items.arrays.bounds
    lists = table.column("runs").to_pylist()
    starts, ends = np.zeros(len(lists), np.int64), np.zeros(len(lists), np.int64)
    for k, (item, runs) in enumerate(zip(table.column("item").to_pylist(), lists, strict=True)):
        low = min((r["item_token"] for r in runs), default=0)
        size = bounds[item + 1] - bounds[item]
        high = max((r["item_token"] + r["tokens"] for r in runs), default=size)
        starts[k], ends[k] = places[bounds[item] + low, 0], places[bounds[item] + high - 1, 1]
    return starts, ends


def _option_lines(table: pa.Table, common: pa.Table, index: ItemIndex) -> pa.Table:
    options = pa.concat_arrays(table.column("options").chunks)
    parents = pc.list_parent_indices(options).to_numpy()
    flat = options.flatten()
    lines = common.take(pa.array(parents))
    lines = _placed(lines, lines.column("turn"), flat.field("start"), flat.field("end"))
    items = table.column("item").to_numpy()[parents].tolist()
    spans = [_option_span(index, i, o) for i, o in zip(items, flat.field("option").to_pylist(), strict=True)]
    places = np.array(spans, np.int64).reshape(-1, 2)
    return _lines(lines, OPTION, places[:, 0], places[:, 1])


def _option_span(index: ItemIndex, item: int, option: int) -> tuple[int, int]:
    texts = index.items.table.column("options")[item].as_py()
    start = sum(len(t) + 1 for t in texts[:option])
    return start, start + len(texts[option])


def _answer_lines(table: pa.Table, common: pa.Table, index: ItemIndex) -> pa.Table:
    known = pa.array(pc.is_valid(table.column("answer_turn")).to_pylist())
    rows, lines = table.filter(known), common.filter(known)
    lines = _placed(lines, rows.column("answer_turn"), rows.column("answer_start"), rows.column("answer_end"))
    lengths = pc.fill_null(pc.utf8_length(index.items.table.column("answer_text")), 0).to_numpy()
    ends = lengths[rows.column("item").to_numpy()].astype(np.int64)
    return _lines(lines, ANSWER, np.zeros(len(ends), np.int64), ends)


def _placed(lines: pa.Table, turns: Any, starts: Any, ends: Any) -> pa.Table:
    """The lines with another turn, start and end."""
    for name, values in (("turn", turns), ("start", starts), ("end", ends)):
        lines = lines.set_column(lines.column_names.index(name), name, values)
    return lines


def any_whole_turn(how: npt.NDArray[np.uint8]) -> str:
    """`whole-turn` where every row is found only as a whole turn, else `verbatim`."""
    return "whole-turn" if bool(np.all(how == WHOLE_TURN)) else "verbatim"
