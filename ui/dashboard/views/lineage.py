"""Lineage: what came of what, from a dataset to what was found to have moved a model, drawn and as a table."""

from __future__ import annotations

import shlex

import streamlit as st

from governance.lake.browsing import lineage
from governance.lake.browsing.lineage import Graph, Node
from governance.reports.openlineage import as_lines
from governance.reports.words import plural
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import picture
from ui.dashboard.components.picture import Box
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import (
    DatasetQuery,
    DriversQuery,
    EvalsQuery,
    LineageQuery,
    Query,
    SplitsQuery,
    address,
)

PAGE = Page("lineage", "Lineage", "Data", 4)
SOURCES = {"dataset", "suite", "model"}
"""What came from outside; it stands in one column."""
WAYS = {"both": "both ways", "up": "what it came of", "down": "what came of it"}
SHOWN = 200_000
"""Characters of events that a page shows to be copied; more are downloaded."""


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = LineageQuery.read(visit.params)
    dropped(unknown)
    key = query.node or (f"audit:{visit.run}" if visit.run and query.run else lineage.latest(visit.lake))
    if not key:
        heading("Data", "Lineage", "What came of what")
        draw(empty("No audits yet, and nothing else was made in this lake."))
        command("govern audit data.parquet", "govern demo")
        return
    graph = lineage.around(visit.lake, key, query.depth, query.dir)
    here = next((n for n in graph.nodes if n.key == key), None)
    if here is None:
        heading("Lineage", "Not in this lake")
        last = link("What was made last", address("lineage", Query(run=query.run)))
        draw(empty("This lake has no such thing.", last))
        command("govern lineage")
        return
    _graph(visit, query.at(node=key, page=query.page), graph, here)


def _graph(visit: Visit, query: LineageQuery, graph: Graph, here: Node) -> None:
    heading("Lineage", title(here), f"{here.kind}, {safe_text.words(here.remark)}")
    _ways(query)
    boxes = [_box(query, n, here) for n in graph.nodes]
    shown = picture.drawn(boxes)
    more = "; there are more than can be looked at" if graph.cut else ""
    section("Picture", f"drawn {len(shown):,} of {len(boxes):,}{more}; each box leads to its own lineage")
    draw(
        picture.graph(
            shown, graph.edges, f"Lineage of {here.kind} {title(here)}; the table below says the same"
        )
    )
    if len(boxes) == 1:
        draw(empty("It came of nothing that is stored here, and nothing came of it yet."))
    _table(visit, query, graph)
    _events(graph, here)
    command(
        shlex.join(["govern", "lineage", here.key, "--depth", str(query.depth), "--direction", query.dir])
    )


def title(node: Node) -> str:
    """What a node is called, short enough for a box."""
    return safe_text.words(node.title, 60)


def _box(query: LineageQuery, node: Node, here: Node) -> Box:
    href = address("lineage", query.at(node=node.key))
    column = "sources" if node.kind in SOURCES else node.kind
    return Box(
        node.key, node.kind, column, title(node), safe_text.words(node.remark, 40), href, node.key == here.key
    )


def _ways(query: LineageQuery) -> None:
    ways = [(words, address("lineage", query.at(dir=way)), way == query.dir) for way, words in WAYS.items()]
    far = [(str(n), address("lineage", query.at(depth=n)), n == query.depth) for n in range(1, 7)]
    draw(picture.choices("Direction", ways), picture.choices("Steps", far))


def _table(visit: Visit, query: LineageQuery, graph: Graph) -> None:
    section("Table")
    titles = {n.key: f"{n.kind} {title(n)}" for n in graph.nodes}
    before: dict[str, list[str]] = {}
    for a, b in graph.edges:
        before.setdefault(b, []).append(a)
    first = (query.page - 1) * PAGE_ROWS
    rows = [
        _row(visit, query, n, [titles[a] for a in before.get(n.key, [])])
        for n in graph.nodes[first : first + PAGE_ROWS]
    ]
    columns = (
        Column("Kind", "tight"), Column("Name", "wide"), Column("When", "tight"), Column("Steps", "n"),
        Column("Came of", "wide"), Column("Page", "tight"),
    )  # fmt: skip
    draw(table(columns, rows, "Lineage as a table"), pager("lineage", query, len(graph.nodes)))


def _row(visit: Visit, query: LineageQuery, node: Node, came_of: list[str]) -> list[Child]:
    more = f" and {len(came_of) - 5:,} more" if len(came_of) > 5 else ""
    return [
        node.kind,
        join(
            link(title(node), address("lineage", query.at(node=node.key))),
            tag("span", safe_text.words(node.remark), cls="sub"),
        ),
        node.started[:16].replace("T", " "),
        f"{node.depth:,}",
        "; ".join(came_of[:5]) + more,
        _own_page(query, node),
    ]


def _own_page(query: LineageQuery, node: Node) -> Markup | None:
    """A link to the page of what the node stands for."""
    name = node.id.rpartition("@")[0]
    targets = {
        "audit": address("", Query(run=node.id)),
        "split": address("splits", SplitsQuery(run=query.run, id=node.id)),
        "dataset": address("dataset", DatasetQuery(run=query.run, id=name)),
        "evaluation": address("evals", EvalsQuery(run=query.run, head=node.id)),
        "attribution": address("drivers", DriversQuery(run=query.run, attribution=node.id)),
    }
    if node.kind not in targets:
        return None
    return link("open", targets[node.kind], label=f"open {node.kind} {title(node)}")


def _events(graph: Graph, here: Node) -> None:
    """The same as events of OpenLineage, to be copied or downloaded."""
    lines = as_lines(graph)
    section(
        "OpenLineage",
        f"{plural(lines.count(chr(10)), 'event')} of the runs above, for another catalogue of data",
    )
    if not lines:
        return
    if len(lines) <= SHOWN:
        with st.expander("Events as JSON lines"):
            st.code(lines, language="json", wrap_lines=True)
    st.download_button(
        "Download the events", data=lines, file_name=f"lineage-{here.kind}.jsonl", mime="application/x-ndjson",
        key="lineage:events", on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip


if __name__ == "__main__":
    show(PAGE, body, needs_run=False)
