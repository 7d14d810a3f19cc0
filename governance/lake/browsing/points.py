"""Rows of an audit as points: what is asked in them, seen from the side that shows most of it.

The sample is the lowest sample ids, which are hashes of contents: as good as drawn by lot, and the same at every look.
Rows of equal content are one sample and one point. Vectors are looked up by sample id, under the model that has most
of the run's samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.lake.browsing.projection import project
from governance.lake.browsing.wanted import Clause, Piece
from governance.lake.catalog import table_names
from governance.lake.tables import EMBEDDING_BATCHES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from governance.lake.catalog import Lake

MOST = 50_000
"""Points of a map: more cannot be told apart, and a browser draws these in about a second."""
PASSAGE = "DUP005"
"""The rule whose findings are passages that many rows share; such rows are no cluster."""
SAMPLE = pa.schema(
    [
        pa.field("sample_id", pa.string(), False),
        pa.field("row", pa.int64(), False),
        pa.field("row_id", pa.string()),
        pa.field("source", pa.string(), False),
        pa.field("label", pa.string(), False),
        pa.field("rule", pa.string(), False),
        pa.field("cluster", pa.string(), False),
        pa.field("cluster_rule", pa.string(), False),
        pa.field("question", pa.large_binary(), False),
    ]
)
COLUMNS = (*(name for name in SAMPLE.names if name != "question"), "x", "y")
"""Columns of the points: of each sample its first row; the rule is the gravest that counts against it."""


@dataclass(frozen=True)
class Cloud:
    """The points of a run.

    Attributes:
        points: `COLUMNS`, in order of the sample ids.
        samples: samples of the run that have a vector, drawn or not.
        without: samples of the run that have none.
        model: what the vectors are filed under: SHA-256 of the model, and the policy.
        held: share of the variance that can be seen, 0 to 1.
    """

    points: pa.Table
    samples: int
    without: int
    model: str
    held: float


def cloud(lake: Lake, run: str, pieces: Sequence[Piece], most: int = MOST) -> Cloud | None:
    """At most so many points of a run; None where none of its rows has a vector."""
    found = _model(lake, pieces) if pieces and batches(lake) else None
    if found is None:
        return None
    model, samples, without = found
    table = lake.query(*_sample(run, pieces, model, most))
    seen = project(_matrix(table.column("question")))
    points = table.drop_columns(["question"])
    for n, name in enumerate(("x", "y")):
        points = points.append_column(name, pa.array(seen.points[:, n]))
    return Cloud(points, samples, without, model, seen.held)


def batches(lake: Lake) -> tuple[str, ...]:
    """Ids of the batches of vectors that the lake has; an older lake has no table of them."""
    if EMBEDDING_BATCHES.name not in table_names(lake):
        return ()
    return tuple(
        str(row[0]) for row in lake.fetch("SELECT batch_id FROM lake.embedding_batches ORDER BY ALL")
    )


def is_cluster(rule: str) -> bool:
    """True of rules whose findings are rows that say the same."""
    return rule.startswith("DUP") and rule != PASSAGE


def members(lake: Lake, run: str, fingerprint: str, last: str) -> pa.ChunkedArray:
    """Ids of the samples that a finding speaks of, affected or kept, up to the last one that is drawn."""
    sql = (
        "SELECT DISTINCT sample_id FROM lake.evidence"
        " WHERE run = ? AND fingerprint = ? AND sample_id <= ? ORDER BY sample_id"
    )
    ids = pa.schema([SAMPLE.field("sample_id")])
    return lake.query(sql, ids, [run, fingerprint, last]).column("sample_id")


def _model(lake: Lake, pieces: Sequence[Piece]) -> tuple[str, int, int] | None:
    """(model, samples of the run that it has a vector of, samples that it has none of)."""
    entries, values = _entries(pieces)
    sql = (
        f"WITH ids AS (SELECT DISTINCT sample_id FROM ({entries})),"
        " total AS (SELECT count(*) AS n FROM ids)"
        " SELECT b.model, count(DISTINCT v.sample_id) AS n, any_value(total.n) FROM lake.embeddings v"
        " JOIN lake.embedding_batches b ON b.batch_id = v.batch_id JOIN ids ON ids.sample_id = v.sample_id, total"
        " WHERE v.question IS NOT NULL GROUP BY b.model ORDER BY n DESC, max(b.seq) DESC, b.model LIMIT 1"
    )
    found = lake.fetch(sql, values)
    return (str(found[0][0]), int(found[0][1]), int(found[0][2] - found[0][1])) if found else None


def _sample(run: str, pieces: Sequence[Piece], model: str, most: int) -> tuple[str, pa.Schema, list[object]]:
    """The query of the points with their vectors; ids are chosen first, so that few vectors are read."""
    entries, values = _entries(pieces)
    of_model = (
        "SELECT v.sample_id{column} FROM lake.embeddings v JOIN lake.embedding_batches b ON b.batch_id = v.batch_id"
        " WHERE b.model = ? AND v.question IS NOT NULL"
    )
    chosen = (
        "SELECT sample_id, min(row) AS row, arg_min(row_id, row) AS row_id, arg_min(source, row) AS source,"
        f" arg_min(label, row) AS label FROM ({entries})"
        f" WHERE sample_id IN ({of_model.format(column='')}) GROUP BY sample_id ORDER BY sample_id LIMIT ?"
    )
    told = (
        "SELECT e.sample_id, e.role, f.fingerprint, f.rule, f.rows,"
        " CASE f.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END AS gravity"
        " FROM lake.evidence e JOIN lake.findings f ON f.run = e.run AND f.fingerprint = e.fingerprint"
        " WHERE e.run = ? AND e.sample_id IN (SELECT lower(hex(sample_id)) FROM chosen)"
    )
    against = (
        "SELECT sample_id, arg_min(rule, (gravity, rule)) AS rule FROM"
        " (SELECT sample_id, gravity, rule FROM told WHERE role = 'affected') GROUP BY sample_id"
    )
    grouped = (
        "SELECT sample_id, arg_max(fingerprint, (rows, fingerprint)) AS cluster,"
        " arg_max(rule, (rows, fingerprint)) AS cluster_rule"
        f" FROM told WHERE starts_with(rule, 'DUP') AND rule <> '{PASSAGE}' GROUP BY sample_id"
    )
    sql = (
        f"WITH chosen AS MATERIALIZED ({chosen}), told AS MATERIALIZED ({told}), against AS ({against}),"
        f" grouped AS ({grouped}), vectors AS (SELECT sample_id, any_value(question) AS question FROM"
        f" ({of_model.format(column=', v.question')} AND v.sample_id IN (SELECT sample_id FROM chosen))"
        " GROUP BY sample_id)"
        " SELECT lower(hex(c.sample_id)) AS sample_id, c.row, c.row_id, c.source, c.label,"
        " coalesce(a.rule, '') AS rule,"
        " coalesce(g.cluster, '') AS cluster, coalesce(g.cluster_rule, '') AS cluster_rule, v.question FROM chosen c"
        " JOIN vectors v ON v.sample_id = c.sample_id"
        " LEFT JOIN against a ON a.sample_id = lower(hex(c.sample_id))"
        " LEFT JOIN grouped g ON g.sample_id = lower(hex(c.sample_id)) ORDER BY c.sample_id"
    )
    return sql, SAMPLE, [*values, model, most, run, model]


def _entries(pieces: Sequence[Piece]) -> Clause:
    """A query of the run's rows, numbered as in the run."""
    one = (
        "SELECT n.sample_id, n.row + ? AS row, n.row_id, coalesce(n.source, '') AS source,"
        " coalesce(n.label, '') AS label FROM lake.entries n WHERE n.version_id = ?"
    )
    values: list[object] = [v for piece in pieces for v in (piece.shift, piece.version_id)]
    return " UNION ALL ".join([one] * len(pieces)), values


def _matrix(column: pa.ChunkedArray) -> npt.NDArray[np.float16]:
    """(n, dimension) the vectors of a binary column without nulls; all of one model, so of one length."""
    import numpy as np

    parts = [np.frombuffer(b"".join(chunk.to_pylist()), np.dtype("<f2")) for chunk in column.chunks]
    whole = np.concatenate([np.empty(0, np.float16), *parts])
    return whole.reshape(len(column), -1) if len(column) else whole.reshape(0, 0)
