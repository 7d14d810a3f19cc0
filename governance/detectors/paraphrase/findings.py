"""Findings and evidence of rules that find items told otherwise: one finding an item, one line of evidence a row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.detectors.contamination.items import PreparedItems
from governance.findings import EVIDENCE, FINDINGS, Severity, empty_evidence, empty_findings, fingerprint
from governance.samples import hex_ids


def findings(
    table: pa.Table,
    items: PreparedItems,
    rule: str,
    severity: Severity,
    kind: str,
    threshold: float,
    message: Callable[[str, int], str],
    measures: tuple[str, ...],
) -> tuple[pa.Table, pa.Table]:
    """(FINDINGS, EVIDENCE) of lines of row, sample_id, turn, item, start, end, score, sorted by (item, row).

    Args:
        message: (item name, rows) -> the sentence.
        measures: columns whose highest value goes to the details.
    """
    if not table.num_rows:
        return empty_findings(), empty_evidence()
    item = table.column("item").to_numpy()
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(item)) + 1, [len(item)]])
    ids = hex_ids(pa.concat_arrays(table.column("sample_id").chunks))
    rows = []
    for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part, names = table.slice(a, b - a), items.names[item[a]]
        content = items.table.column("content_hash")[int(item[a])].as_py()
        found = {
            "fingerprint": fingerprint(rule, [content, *ids[a:b].to_pylist()]),
            "rule": rule,
            "severity": severity.value,
            "kind": kind,
            "message": message(names[0], b - a),
            "score": round(pc.max(part.column("score")).as_py(), 4),
            "threshold": threshold,
            "rows": b - a,
            "details": json.dumps(_details(part, names, measures), ensure_ascii=False, sort_keys=True),
        }
        rows.append(found)
    prints = np.repeat([row["fingerprint"] for row in rows], np.diff(bounds))
    return pa.Table.from_pylist(rows, schema=FINDINGS), _evidence(table, items, ids, prints)


def _details(part: pa.Table, names: tuple[str, ...], measures: tuple[str, ...]) -> dict[str, Any]:
    highest = {name: pc.max(part.column(name)).as_py() for name in measures}
    known = {name: round(value, 3) for name, value in highest.items() if value is not None}
    return {"item": names[0], "also": list(names[1:]), **known}


def _evidence(table: pa.Table, items: PreparedItems, ids: pa.StringArray, prints: Any) -> pa.Table:
    n = table.num_rows
    item = table.column("item").to_pylist()
    lengths = pc.utf8_length(items.table.column("question")).to_numpy()
    columns: dict[str, Any] = {name: table.column(name) for name in ("row", "turn", "start", "end", "score")}
    columns |= {
        "fingerprint": pa.array(prints.tolist(), pa.string()),
        "sample_id": ids,
        "role": pa.array(["affected"] * n),
        "peer": pa.array([f"item:{items.names[i][0]}" for i in item], pa.string()),
        "peer_part": pa.array(["question"] * n),
        "peer_start": pa.array([0] * n, pa.int64()),
        "peer_end": pa.array(lengths[table.column("item").to_numpy()], pa.int64()),
    }
    known = [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in EVIDENCE]
    return pa.table(known, schema=EVIDENCE)
