"""Datasets: what an audit read, and every version that the lake keeps."""

from __future__ import annotations

from governance.lake.datasets import DatasetVersion, list_datasets
from governance.report import DatasetRecord
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.tables import Column, empty, link, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, join, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import DatasetQuery, Query, address

PAGE = Page("datasets", "Datasets", "Data", 0)


def body(visit: Visit) -> None:
    """The page."""
    dropped(Query.read(visit.params)[1])
    datasets = visit.report.datasets
    heading("Data", "Datasets", f"{words.plural(len(datasets), 'dataset')} read by this audit")
    if datasets:
        columns = (
            Column("Dataset", "wide"),
            Column("Rows", "n"),
            Column("Size", "n"),
            Column("Content hash", "tight"),
            Column("Version", "n"),
        )
        draw(table(columns, [_read(visit, d) for d in datasets], "Datasets of this audit"))
    else:
        draw(empty("This run has no dataset manifest."))
    _kept(visit)
    command("govern datasets list")


def _read(visit: Visit, record: DatasetRecord) -> list[Child]:
    name = link(safe_text.words(record.name), address("dataset", DatasetQuery(run=visit.run, id=record.name)))
    return [
        join(name, tag("span", safe_text.path(record.uri), cls="sub")),
        f"{record.rows:,}",
        words.size(sum(f.bytes for f in record.files)),
        tag("code", record.content_hash[:12]),
        f"{record.version:,}" if record.version else "not kept",
    ]


def _kept(visit: Visit) -> None:
    versions = [v for d in list_datasets(visit.lake) for v in reversed(d.versions)]
    section("In the lake", "Versions are immutable; the same content read the same way is the same version.")
    if not versions:
        draw(empty("The lake keeps no dataset version."))
        return
    columns = (
        Column("Version", "wide"),
        Column("Rows", "n"),
        Column("Kept", "tight"),
        Column("Since", "tight"),
        Column("By"),
    )
    draw(table(columns, [_version(v) for v in versions[:200]], "Versions in the lake"))
    if len(versions) > 200:
        draw(tag("p", f"and {len(versions) - 200:,} more; `govern datasets list` has them all", cls="soft"))


def _version(version: DatasetVersion) -> list[Child]:
    return [
        safe_text.words(version.reference),
        f"{version.record.rows:,}",
        "rows" if version.row_schema is not None else "entries",
        version.created_at[:16].replace("T", " "),
        safe_text.words(version.created_by),
    ]


if __name__ == "__main__":
    show(PAGE, body)
