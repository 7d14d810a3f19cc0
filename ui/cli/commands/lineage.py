"""`govern lineage`: what came of what."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ui.cli.exit import visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option
from ui.cli.output import put, put_json, put_table
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from governance.lake.browsing.lineage import Graph


@click.command(
    cls=Command,
    arguments={"NODE": "KIND:ID such as split:sft@1 or audit:RUN; left out, what was made last"},
    examples=(
        Example("how what was made last came to be", "govern lineage --direction up"),
        Example(
            "a split and what came of it, for another catalogue", "govern lineage split:sft@1 -f openlineage"
        ),
    ),
)
@click.argument("node", metavar="NODE", required=False, default="")
@option("--depth", type=click.IntRange(0, 8), metavar="N", default=4, help="so many steps far (default 4)")
@option(
    "--direction",
    type=click.Choice(["both", "up", "down"]),
    metavar="both|up|down",
    default="both",
    help="what it came of (up), what came of it (down), or both (default)",
)
@format_option("text", "json", "openlineage", default="text")
@pass_session
def command(session: Session, /, node: str, depth: int, direction: str, format: str) -> int:  # noqa: A002
    """Show which dataset, audit, split, training run and evaluation came of which.

    With -f openlineage the runs are events of OpenLineage, one a line, which catalogues of data read.
    """
    from governance.errors import NotFound
    from governance.lake.browsing import lineage

    with session.open_lake(read_only=True) as lake:
        key = node or lineage.latest(lake)
        graph = lineage.around(lake, key, depth, direction)
        if not graph.nodes:
            hint = f"write KIND:ID, where KIND is one of: {', '.join(lineage.KINDS)}"
            raise NotFound(
                f"there is no {key!r}" if key else "nothing was made yet", where=lake.display, hint=hint
            )
    _show(graph, format)
    if graph.cut:
        session.note(f"there are more than {lineage.MOST:,} nodes; the nearest are shown")
    return 0


def _show(graph: Graph, format: str) -> None:  # noqa: A002
    from governance.reports.openlineage import as_lines

    if format == "openlineage":
        put(as_lines(graph).rstrip("\n"))
    elif format == "json":
        put_json({"nodes": [asdict(n) for n in graph.nodes], "edges": [list(e) for e in graph.edges]})
    else:
        before: dict[str, list[str]] = {}
        for a, b in graph.edges:
            before.setdefault(b, []).append(a)
        rows = [
            (
                visible_line(n.key),
                visible_line(n.title),
                n.remark,
                n.started[:16],
                ", ".join(before.get(n.key, [])),
            )
            for n in graph.nodes
        ]
        put_table(("node", "name", "what", "when", "came of"), rows, "")
