"""Texts of a few rows that a run was trained on, without reading the split: what is shown beside an explanation.

A row is looked up by its dataset version and number; where the split holds it redacted, that is its text. Nothing is
proven of it here: `open_split` and `govern runs verify` hold the stored rows against the event log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from governance.curation.inputs import kept_version
from governance.errors import GovernError
from governance.lake import rows as kept_rows
from governance.readers.columnar import wanted_columns
from governance.readers.kept import JSON

if TYPE_CHECKING:
    from governance.lake import Lake

Place = tuple[str, int]
"""(NAME@VERSION, row number in it)."""


def texts_of(lake: Lake, split_id: str, places: Iterable[Place]) -> dict[Place, str]:
    """The texts of those rows that can be read, turns below each other; untrusted.

    Args:
        split_id: of the split that was trained on; empty where it is not in the lake.
    """
    wanted = sorted(set(places))
    found = _redacted(lake, split_id, wanted) if split_id else {}
    for dataset in sorted({d for d, _ in wanted}):
        own = [row for d, row in wanted if d == dataset and (d, row) not in found]
        try:
            found |= {(dataset, row): text for row, text in _kept(lake, dataset, own).items()}
        except (GovernError, ValueError):  # removed, or only audited: there is no text to be had
            continue
    return found


def _redacted(lake: Lake, split_id: str, wanted: list[Place]) -> dict[Place, str]:
    sql = (
        "SELECT dataset, row, redacted FROM lake.split_members WHERE split_id = ? AND redacted IS NOT NULL"
        " AND row IN (SELECT unnest(?)) AND dataset IN (SELECT unnest(?))"
    )
    values = [split_id, [row for _, row in wanted], [dataset for dataset, _ in wanted]]
    asked = set(wanted)
    return {
        (str(dataset), int(row)): _joined(json.loads(text))
        for dataset, row, text in lake.fetch(sql, values)
        if (dataset, row) in asked
    }


def _kept(lake: Lake, dataset: str, rows: list[int]) -> dict[int, str]:
    if not rows:
        return {}
    name, _, number = dataset.rpartition("@")
    data = kept_version(lake, name, int(number))
    places = _places(lake, data.version.id, rows)
    schema = data.version.schema
    names = schema.names if schema is not None else []
    reading = data.reading
    columns = [JSON] if reading.json else wanted_columns(reading.plan, names)
    at = {place: row for row, (place, _) in places.items()}
    stored = kept_rows.read_some(lake, data.version.id, data.version.row_schema or "", list(at), columns)
    return {
        at[place]: _joined(reading.conversations(table, np.array([places[at[place]][1]])).to_pylist()[0])
        for place, table in stored.items()
    }


def _places(lake: Lake, version: str, rows: list[int]) -> dict[int, tuple[int, int]]:
    """For each row: its place among the kept rows, and which question of its record it is."""
    sql = (
        "SELECT w.row, count(*) FILTER (e.row < w.row), count(*) FILTER (e.row < w.row AND e.file = o.file AND"
        " e.line = o.line) FROM (SELECT DISTINCT unnest(?) AS row) w"
        " JOIN lake.entries o ON o.version_id = ? AND o.row = w.row"
        " JOIN lake.entries e ON e.version_id = ? AND e.row <= w.row GROUP BY w.row"
    )
    found = lake.fetch(sql, [rows, version, version])
    return {int(row): (int(place), int(question)) for row, place, question in found}


def _joined(turns: Iterable[Mapping[str, str]]) -> str:
    return "\n".join(turn["content"] for turn in turns)
