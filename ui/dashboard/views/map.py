"""Map: rows near each other ask about the same. Coloured by rule, source, label or cluster, with the rows below."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import streamlit as st

from governance.lake.browsing import findings, points
from governance.lake.browsing.points import Cloud
from governance.reports.words import plural, state_words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, scatter
from ui.dashboard.components.picture import choices
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.scatter import Groups
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, tag
from ui.dashboard.reading import mapping
from ui.dashboard.reading.names import rule_name
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import (
    ClusterQuery,
    DatasetQuery,
    FindingQuery,
    FindingsQuery,
    MapQuery,
    RuleQuery,
    address,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

PAGE = Page("map", "Map", "Audit", 7)
RULE = "DUP004"
WITHOUT = {
    "rule": "no finding",
    "source": "source not said",
    "label": "label not said",
    "cluster": "in no cluster",
}
"""What points without a value of a field are called; the fields are those that can colour."""


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = MapQuery.read(visit.params)
    dropped(unknown)
    found = mapping.cloud(visit)
    if found is None:
        _nothing(visit)
        return
    pinned = query.at(run=visit.run, page=query.page)
    heading("Audit", "Map", _what(visit, found))
    colours = [(c, address("map", pinned.at(colour=c, group="")), c == query.colour) for c in WITHOUT]
    draw(choices("Colour by", colours))
    draw(asking.pills("map", pinned, _in_force(query)))
    chosen = _chosen(visit, query, found.points)
    seen = _looked_at(visit, query, found.points, chosen)
    _picture(pinned, seen, scatter.grouped(seen.column(query.colour)), chosen)
    _rows(visit, pinned, seen, chosen)
    command(_audit(visit), f"govern rule {RULE}")


def _what(visit: Visit, found: Cloud) -> str:
    """How many points of how many, under which model, and how much of what tells them apart can be seen."""
    drawn = found.points.num_rows
    said = f"{drawn:,} of {plural(found.samples, 'different row')} that have a vector"
    chosen = ", chosen by sample id" if drawn < found.samples else ""
    none = f"; {found.without:,} have none" if found.without else ""
    held = f"Two directions of many hold {100 * found.held:.0f} % of the variance."
    return f"{said}{chosen}{none}. {held} {_model(visit, found)}"


def _model(visit: Visit, found: Cloud) -> str:
    """The model by its name, where this run says it; else by the hash of its weights."""
    known = found.model.split(" ")[0]
    names = [r.stats["model"] for r in visit.report.rules if known and r.stats.get("model_sha256") == known]
    return f"Model: {safe_text.words(str(names[0]) if names else f'sha256 {known[:12]}', 60)}."


def _in_force(query: MapQuery) -> list[tuple[str, str, Markup | str]]:
    said: list[tuple[str, str, Markup | str]] = []
    if query.group and query.colour != "cluster":
        said.append(("group", query.colour, safe_text.words(query.group)))
    return [*said, *([("cluster", "cluster", query.cluster[:12])] if query.cluster else [])]


def _chosen(visit: Visit, query: MapQuery, found: pa.Table) -> npt.NDArray[np.bool_]:
    """(n,) which points the filters mean."""
    import numpy as np
    import pyarrow.compute as pc

    chosen = np.ones(found.num_rows, np.bool_)
    drawn = found.column("sample_id")
    if query.cluster:
        ids = points.members(visit.lake, visit.run, query.cluster, drawn[-1].as_py())
        chosen &= pc.is_in(drawn, ids.combine_chunks()).to_numpy()
    if query.group and query.colour != "cluster":
        chosen &= pc.equal(found.column(query.colour), query.group).to_numpy()
    return chosen


def _looked_at(visit: Visit, query: MapQuery, found: pa.Table, chosen: npt.NDArray[np.bool_]) -> pa.Table:
    """The points; one of several clusters is of the cluster that is looked at."""
    import pyarrow as pa
    import pyarrow.compute as pc

    finding = findings.one(visit.lake, visit.run, query.cluster) if query.cluster else None
    if finding is None:
        return found
    mask = pa.chunked_array([pa.array(chosen)])
    for name, value in (("cluster", finding.fingerprint), ("cluster_rule", finding.rule)):
        at = found.column_names.index(name)
        found = found.set_column(at, name, pc.if_else(mask, value, found.column(name)))
    return found


def _picture(query: MapQuery, found: pa.Table, groups: Groups, chosen: npt.NDArray[np.bool_]) -> None:
    left, right = st.columns([2, 1], gap="medium")
    names = _names(query, found)
    with left:
        x, y = (found.column(name).to_numpy() for name in ("x", "y"))
        scatter.chart(x, y, groups, chosen, _alt(query, groups, names, int(chosen.sum())))
        draw(tag("p", "Rows near each other ask about the same, as far as two directions can show it. Drag to move, "
                      "turn the wheel to come nearer, press twice to see all.", cls="soft"))  # fmt: skip
    with right:
        draw(
            scatter.key(
                groups,
                f"Points by {query.colour}",
                WITHOUT[query.colour],
                lambda value: names[value],
                lambda value: _href(query, value),
            )
        )
        if not chosen.all():
            draw(tag("p", "Points that are not chosen are grey circles.", cls="soft"))
        if query.colour == "rule":
            draw(
                tag(
                    "p",
                    "Of several rules that count against a row the gravest gives it its mark.",
                    cls="soft",
                )
            )


def _names(query: MapQuery, found: pa.Table) -> dict[str, str]:
    """What a value is called, safe to be shown."""
    values = found.column(query.colour).unique().to_pylist()
    if query.colour == "rule":
        return {v: f"{v} {rule_name(v)}" for v in values if v}
    if query.colour != "cluster":
        return {v: safe_text.words(v, 60) for v in values}
    rules = dict(
        zip(found.column("cluster").to_pylist(), found.column("cluster_rule").to_pylist(), strict=True)
    )
    return {v: f"{rules[v]} {v[:12]}" for v in values}


def _href(query: MapQuery, value: str) -> str:
    wanted = query.of_group(value)
    return address("map", wanted) if wanted else ""


def _alt(query: MapQuery, groups: Groups, names: dict[str, str], chosen: int) -> str:
    """The chart in words, for those who do not see it."""
    largest = ", ".join(f"{names[value]} {n:,}" for value, n in groups.named[:4])
    points_ = plural(len(groups.codes), "point")
    return f"Map of {points_} by {query.colour}, {chosen:,} chosen. Largest groups: {largest or 'none'}."


def _rows(visit: Visit, query: MapQuery, found: pa.Table, chosen: npt.NDArray[np.bool_]) -> None:
    import numpy as np

    filtered = bool(_in_force(query))
    section("Chosen rows" if filtered else "Rows of the map")
    places = np.flatnonzero(chosen)
    if not len(places):
        draw(empty("No point of this map is meant by these filters."))
        return
    places = places[np.argsort(found.column("row").to_numpy()[places], kind="stable")]
    start = (query.page - 1) * PAGE_ROWS
    lines = found.take(places[start : start + PAGE_ROWS]).to_pylist()
    columns = (
        Column("Row", "n"), Column("Id", "tight"), Column("Dataset"), Column("Source"), Column("Label"),
        Column("Rule", "tight"), Column("Cluster", "tight"),
    )  # fmt: skip
    rows = [_row(visit, line) for line in lines]
    draw(table(columns, rows, "Rows of the map"), pager("map", query, len(places)))


def _row(visit: Visit, line: dict[str, object]) -> list[Child]:
    number, rule, cluster = int(str(line["row"])), str(line["rule"]), str(line["cluster"])
    listed = address("findings", FindingsQuery(run=visit.run, row=number))
    return [
        link(f"{number:,}", listed, "count", f"findings of row {number}"),
        safe_text.words(str(line["row_id"] or ""), 40),
        _dataset(visit, number),
        safe_text.words(str(line["source"]), 60),
        safe_text.words(str(line["label"]), 60),
        link(rule, address("rule", RuleQuery(run=visit.run, id=rule))) if rule else "",
        _cluster(visit, str(line["cluster_rule"]), cluster) if cluster else "",
    ]


def _cluster(visit: Visit, rule: str, fingerprint: str) -> Child:
    """Rows that say the same are compared side by side; of another finding there is its own page."""
    words = f"{rule} {fingerprint[:12]}"
    if points.is_cluster(rule):
        return link(words, address("cluster", ClusterQuery(run=visit.run, id=fingerprint)))
    return link(words, address("finding", FindingQuery(run=visit.run, id=fingerprint)))


def _dataset(visit: Visit, row: int) -> Child:
    for record in visit.report.datasets:
        if record.first_row <= row < record.first_row + record.rows:
            return link(
                safe_text.words(record.name), address("dataset", DatasetQuery(run=visit.run, id=record.name))
            )
    return ""


def _nothing(visit: Visit) -> None:
    """No vectors, with what the rule that makes them says and the command that makes them."""
    heading("Audit", "Map", "Rows near each other ask about the same")
    outcome = next((r for r in visit.report.rules if r.id == RULE), None)
    said = f"{RULE}, which makes them, was not selected."
    if outcome:
        why = f": {outcome.reason}" if outcome.reason else ""
        said = f"{RULE}, which makes them: {state_words(outcome.state)}{why}"
    draw(empty("No embeddings in this run.", tag("p", safe_text.path(said), cls="soft")))
    command(_audit(visit))


def _audit(visit: Visit) -> str:
    """The command that makes the vectors of this run's data."""
    places = " ".join(shlex.quote(d.uri) for d in visit.report.datasets[:3])
    return f"govern audit {places} --select {RULE}"


if __name__ == "__main__":
    show(PAGE, body)
