"""What came of what: datasets, audits, splits, training runs, checkpoints, evaluations, attributions, as one graph.

Nothing is stored for it: the edges follow from the records that are there. A node is named KIND:ID.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.lake.catalog import table_names

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

KINDS = ("dataset", "suite", "model", "audit", "split", "training", "checkpoint", "evaluation", "attribution")
"""Kinds of nodes, in the order in which one comes of the other."""
DIRECTIONS = ("both", "up", "down")
DEEPEST = 8
MOST = 2_000
"""Nodes that are looked at; a graph with more is cut, and says so."""

_STATES = """
    SELECT run, step FROM lake.evaluations WHERE run <> '' AND step IS NOT NULL
    UNION SELECT run, step FROM lake.training_checkpoints"""
_EDGES: Mapping[str, tuple[str, ...]] = {
    """SELECT 'dataset:' || v.name || '@' || v.version, 'audit:' || d.run
       FROM lake.audit_datasets d JOIN lake.dataset_versions v ON v.version_id = d.version_id""": ("audits",),
    """SELECT 'audit:' || json_extract_string(record, '$.run'), 'split:' || name || '@' || version
       FROM lake.splits""": ("splits",),
    """SELECT 'dataset:' || unnest(list_transform(list_zip(
           json_extract_string(record, '$.inputs[*].name'), json_extract_string(record, '$.inputs[*].version')),
           lambda x: x[1] || '@' || x[2])), 'split:' || name || '@' || version
       FROM lake.splits""": ("splits",),
    """SELECT 'split:' || s.name || '@' || s.version, 'training:' || t.run
       FROM lake.trainings t JOIN lake.splits s ON s.content_hash = t.split_hash
       QUALIFY row_number() OVER
           (PARTITION BY t.run ORDER BY s.name || '@' || s.version = t.split DESC, s.seq) = 1""": (
        "splits",
        "trainings",
    ),
    """SELECT 'training:' || json_extract_string(record, '$.parent'), 'training:' || run
       FROM lake.trainings WHERE json_extract_string(record, '$.parent') <> ''""": ("trainings",),
    """SELECT 'model:' || model_hash, 'training:' || run FROM lake.trainings
       WHERE coalesce(json_extract_string(record, '$.parent'), '') = '' AND model_hash <> ''""": (
        "trainings",
    ),
    f"""SELECT 'training:' || run, 'checkpoint:' || run || '@' || step
        FROM ({_STATES})""": ("evaluations", "training_checkpoints"),
    """SELECT CASE WHEN run = '' THEN 'model:' || model_hash WHEN step IS NULL THEN 'training:' || run
           ELSE 'checkpoint:' || run || '@' || step END, 'evaluation:' || evaluation
       FROM lake.evaluations WHERE run <> '' OR model_hash <> ''""": ("evaluations",),
    """SELECT 'suite:' || s.name || '@' || s.version, 'evaluation:' || e.evaluation
       FROM lake.evaluations e JOIN lake.suites s ON s.content_hash = e.suite_hash
       AND s.name = e.suite""": ("evaluations", "suites"),
    """SELECT 'training:' || run, 'attribution:' || attribution FROM lake.attributions""": ("attributions",),
    """SELECT 'evaluation:' || unnest(json_extract_string(record, '$.evaluations[*]')), 'attribution:' || attribution
       FROM lake.attributions""": ("attributions",),
}
"""(What it came of, what came of it), with the tables that have to be there."""
_NODES: Mapping[str, tuple[str, ...]] = {
    """SELECT 'dataset:' || name || '@' || version, name || '@' || version, rows || ' rows', created_at, ''
       FROM lake.dataset_versions""": ("dataset_versions",),
    """SELECT 'suite:' || name || '@' || version, name || '@' || version, items || ' items', created_at, ''
       FROM lake.suites""": ("suites",),
    """SELECT 'audit:' || run, run, verdict, started, finished FROM lake.audits""": ("audits",),
    """SELECT 'split:' || name || '@' || version, name || '@' || version, train || ' rows to train on', created_at, ''
       FROM lake.splits""": ("splits",),
    """SELECT 'training:' || run, run, kind || ', ' || state, started, finished FROM lake.trainings""": (
        "trainings",
    ),
    """SELECT 'model:' || model_hash, min(model), 'base model', min(started), ''
       FROM lake.trainings WHERE model_hash <> '' GROUP BY model_hash""": ("trainings",),
    """SELECT 'model:' || model_hash, min(model), 'model', min(started), ''
       FROM lake.evaluations WHERE run = '' AND model_hash <> '' GROUP BY model_hash""": ("evaluations",),
    """SELECT 'evaluation:' || evaluation, suite, state || coalesce(', ' || round(100 * strict, 1) || ' %', ''),
           started, finished
       FROM lake.evaluations""": ("evaluations",),
    f"""SELECT 'checkpoint:' || run || '@' || step, 'step ' || step, 'of ' || run, '', ''
        FROM ({_STATES})""": ("evaluations", "training_checkpoints"),
    """SELECT 'attribution:' || attribution, attribution, samples || ' samples', created_at, ''
       FROM lake.attributions""": ("attributions",),
}
"""Key, title, remark, start and end of nodes, with the tables that have to be there."""


@dataclass(frozen=True)
class Node:
    """Something that was made.

    Attributes:
        depth: steps from the node that is asked for.
        title, remark: what it is called, and a few words of it; both may hold words of the data.
        started, finished: ISO 8601, or empty.
    """

    key: str
    depth: int
    title: str
    remark: str
    started: str
    finished: str

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        return self.key.partition(":")[0]

    @property
    def id(self) -> str:
        """The key without the kind."""
        return self.key.partition(":")[2]


@dataclass(frozen=True)
class Graph:
    """A part of the graph around one node.

    Attributes:
        nodes: by kind, the earliest first.
        edges: (key, key of what came of it).
        cut: True where there are more than `MOST` nodes, and only some are here.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    cut: bool = False


def around(lake: Lake, key: str, depth: int, direction: str) -> Graph:
    """What the node came of (`up`), and what came of it (`down`), so many steps far; empty where it is not there.

    A model that was trained from and evaluated is known twice: it is a base model, which comes first by name.
    """
    steps, edges = _walked(lake, key, depth, direction)
    sql = (
        f"WITH nodes(key, title, remark, started, finished) AS ({_nodes(lake)})"
        " SELECT key, min(title), min(remark), min(started), max(finished) FROM nodes"
        " WHERE key IN (SELECT unnest(?)) GROUP BY key"
    )
    near = sorted(steps, key=lambda k: (steps[k], k))
    found = [Node(row[0], steps[row[0]], *row[1:]) for row in lake.fetch(sql, [near[:MOST]])]
    if not any(n.key == key for n in found):
        return Graph((), ())
    kept = sorted(found, key=lambda n: (KINDS.index(n.kind), n.started, n.key))
    keys = {n.key for n in kept}
    joined = sorted((a, b) for a, b in edges if a in keys and b in keys)
    return Graph(tuple(kept), tuple(joined), len(near) > MOST)


def _walked(lake: Lake, key: str, depth: int, direction: str) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """(steps to each node that is near, the edges between these nodes)."""
    walks = " UNION ALL ".join(
        f"SELECT node, depth FROM {step}" for step in ("up", "down") if direction in {step, "both"}
    )
    sql = (
        f"WITH RECURSIVE edges(a, b) AS MATERIALIZED ({_edges(lake)}),"
        " up(node, depth) AS (SELECT ?, 0 UNION SELECT e.a, w.depth + 1 FROM up w JOIN edges e ON e.b = w.node"
        " WHERE w.depth < ?),"
        " down(node, depth) AS (SELECT ?, 0 UNION SELECT e.b, w.depth + 1 FROM down w JOIN edges e ON e.a = w.node"
        f" WHERE w.depth < ?), near AS MATERIALIZED (SELECT node, min(depth) AS depth FROM ({walks}) GROUP BY node)"
        " SELECT node, depth, NULL FROM near UNION ALL SELECT DISTINCT a, 0, b FROM edges"
        " WHERE a IN (SELECT node FROM near) AND b IN (SELECT node FROM near)"
    )
    far = min(max(depth, 0), DEEPEST)
    rows = lake.fetch(sql, [key, far, key, far])
    steps = {str(a): int(d) for a, d, b in rows if b is None}
    return steps, [(str(a), str(b)) for a, _, b in rows if b is not None]


def latest(lake: Lake) -> str:
    """The key of what was made last, further along before earlier; empty in a lake without anything."""
    ranks = ", ".join(f"'{kind}'" for kind in KINDS)
    sql = (
        f"WITH nodes(key, title, remark, started, finished) AS ({_nodes(lake)}) SELECT key FROM nodes"
        f" WHERE started <> '' ORDER BY list_position([{ranks}], split_part(key, ':', 1)) DESC, started DESC, key"
        " LIMIT 1"
    )
    found = lake.fetch(sql)
    return str(found[0][0]) if found else ""


def _edges(lake: Lake) -> str:
    return _those_there(lake, _EDGES)


def _nodes(lake: Lake) -> str:
    return _those_there(lake, _NODES)


def _those_there(lake: Lake, queries: Mapping[str, tuple[str, ...]]) -> str:
    """One query of those whose tables the lake has; an older lake has fewer."""
    there = table_names(lake)
    return " UNION ALL ".join(sql for sql, tables in queries.items() if there.issuperset(tables))
