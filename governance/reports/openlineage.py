"""A part of the lake's lineage as events of OpenLineage (https://openlineage.io, version 1-0-2), for other catalogues.

Everything that was made by a run is a job with a START and, where it ended, a COMPLETE or FAIL event. What it read and
wrote are datasets of the namespace `govern`, named KIND/ID.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from governance.lake.browsing.lineage import Graph, Node
from governance.reports.presentable import without_credentials
from governance.version import VERSION

NAMESPACE = "govern"
PRODUCER = f"urn:govern:{VERSION}"
SCHEMA = "https://openlineage.io/spec/1-0-2/OpenLineage.json#/$defs/RunEvent"
VERSION_FACET = "https://openlineage.io/spec/facets/1-0-0/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
JOBS = {
    "audit": "audit", "split": "curate", "training": "train", "evaluation": "eval", "attribution": "attribute",
}  # fmt: skip
"""Kinds of nodes that a run made, and which command does it."""


def run_events(graph: Graph) -> list[dict[str, Any]]:
    """The events of every run of the graph, in the order of the graph."""
    known = {n.key: n for n in graph.nodes}
    return [event for node in graph.nodes if node.kind in JOBS for event in _events(node, known, graph)]


def as_lines(graph: Graph) -> str:
    """The events as JSON lines."""
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in run_events(graph))


def _events(node: Node, known: Mapping[str, Node], graph: Graph) -> list[dict[str, Any]]:
    read = [known[a] for a, b in graph.edges if b == node.key]
    made = [known[b] for a, b in graph.edges if a == node.key and known[b].kind == "checkpoint"]
    shared = {
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}:{node.key}"))},
        "job": {"namespace": NAMESPACE, "name": JOBS[node.kind]},
        "inputs": [_dataset(n) for n in read],
        "outputs": [_dataset(n) for n in (node, *made)],
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
    }
    end = node.finished or ("" if node.kind in {"training", "evaluation"} else node.started)
    events = [{"eventType": "START", "eventTime": node.started, **shared}]
    if end:
        ended = "FAIL" if node.kind == "training" and node.remark.endswith("failed") else "COMPLETE"
        events.append({"eventType": ended, "eventTime": end, **shared})
    return events


def _dataset(node: Node) -> dict[str, Any]:
    name, at, version = node.id.rpartition("@")
    if not at or node.kind not in {"dataset", "split", "suite"}:
        return {"namespace": NAMESPACE, "name": f"{node.kind}/{_clean(node.id)}"}
    facet = {"_producer": PRODUCER, "_schemaURL": VERSION_FACET, "datasetVersion": version}
    return {"namespace": NAMESPACE, "name": f"{node.kind}/{_clean(name)}", "facets": {"version": facet}}


def _clean(name: str) -> str:
    """A name without credentials."""
    return str(without_credentials(name))
