"""One dataset of an audit: its card, what its rows say of themselves, and the rows that findings count against."""

from __future__ import annotations

from governance.lake.browsing import entries
from governance.lake.browsing.entries import Entry
from governance.lake.browsing.runs import piece_of
from governance.lake.browsing.wanted import Piece
from governance.report import DatasetRecord, LabelCount
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import chips
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, bars, empty, link, number, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import DatasetQuery, FindingsQuery, Query, address

PAGE = Page("dataset", "Dataset", "Data", 1, hidden=True, under="datasets")
MOST_LABELS = 12
FIELDS = {"source": "Sources", "licence": "Licences", "label": "Labels"}


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = DatasetQuery.read(visit.params)
    dropped(unknown)
    back = link("← Datasets", address("datasets", Query(run=visit.run)))
    draw(tag("nav", back, cls="steps", aria_label="Back to the list"))
    record = next((d for d in visit.report.datasets if d.name == query.id), None)
    if record is None:
        heading("Dataset", "Not in this audit")
        draw(empty("This audit read no dataset of that name.", back))
        command("govern datasets list")
        return
    heading("Dataset", safe_text.words(record.name), safe_text.words(words.dataset(record), 200))
    _card(record)
    _labels(visit.report.labels)
    piece = piece_of(record, visit.pieces)
    if piece is None:
        section("Rows")
        draw(empty("The lake keeps no entries of this dataset, so its rows cannot be listed."))
    else:
        _fields(visit, piece)
        _rows(visit, query.at(run=visit.run, page=query.page), piece)
    command(f"govern datasets show {record.name}", f"govern audit {record.uri}")


def _card(record: DatasetRecord) -> None:
    section("Card")
    draw(
        chips.properties(
            ("read from", safe_text.path(record.uri)),
            ("rows", f"{record.rows:,}"),
            ("unreadable", f"{record.unreadable:,}" if record.unreadable else None),
            ("characters", f"{record.characters:,}"),
            ("turns", safe_text.words(words.pairs(record.roles), 200)),
            ("columns", safe_text.words(words.column_words(record), 400)),
            ("content hash", tag("code", record.content_hash)),
            ("notes", "; ".join(safe_text.words(n, 200) for n in record.notes)),
        )
    )
    columns = (Column("File", "wide"), Column("Rows", "n"), Column("Size", "n"), Column("SHA-256", "tight"))
    rows: list[list[Child]] = [
        [safe_text.path(f.path), f"{f.rows:,}", words.size(f.bytes), tag("code", f.sha256[:16])]
        for f in record.files[:100]
    ]
    draw(table(columns, rows, "Files"))
    if len(record.files) > 100:
        draw(tag("p", f"and {words.plural(len(record.files) - 100, 'file')} more", cls="soft"))


def _labels(labels: tuple[LabelCount, ...]) -> None:
    """Rows by label, and how many of them findings count against."""
    if not labels:
        return
    section(
        "By scene and task",
        "Rows of all datasets of this audit, and how many of them findings count against.",
    )
    rows: list[list[Child]] = [
        [
            safe_text.words(x.label) or "without a label",
            f"{x.rows:,}",
            f"{x.affected:,}",
            words.share(x.affected, x.rows),
        ]
        for x in labels[:MOST_LABELS]
    ]
    columns = (
        Column("Label", "wide"),
        Column("Rows", "n"),
        Column("With findings", "n"),
        Column("Share", "n"),
    )
    draw(table(columns, rows, "Rows by label"))
    if len(labels) > MOST_LABELS:
        draw(tag("p", f"and {words.plural(len(labels) - MOST_LABELS, 'label')} more", cls="soft"))


def _fields(visit: Visit, piece: Piece) -> None:
    section("What the rows say of themselves")
    for field, caption in FIELDS.items():
        counts = dict(entries.by_field(visit.lake, piece, field))
        links = _source_links(visit, counts) if field == "source" else {}
        draw(bars(counts, links, caption, {v: safe_text.words(v) or "not said" for v in counts}))


def _source_links(visit: Visit, counts: dict[str, int]) -> dict[str, str]:
    return {v: address("findings", FindingsQuery(run=visit.run, source=v)) for v in counts if v}


def _rows(visit: Visit, query: DatasetQuery, piece: Piece) -> None:
    marked = query.rows == "marked"
    total = entries.count(visit.lake, visit.run, piece, marked=marked)
    other = address("dataset", query.at(rows="all" if marked else "marked"))
    section("Rows with findings" if marked else "All rows")
    draw(tag("p", link("Show all rows" if marked else "Show rows with findings only", other)))
    if not total:
        draw(empty("No finding counts against a row of this dataset."))
        return
    offset = (query.page - 1) * PAGE_ROWS
    found = entries.page(visit.lake, visit.run, piece, marked=marked, limit=PAGE_ROWS, offset=offset)
    columns = (
        Column("Row", "n"),
        Column("Id", "tight"),
        Column("Source", "wide"),
        Column("Licence"),
        Column("Label"),
        Column("Findings", "n"),
    )
    draw(table(columns, [_entry(visit, e) for e in found], "Rows"), pager("dataset", query, total))


def _entry(visit: Visit, entry: Entry) -> list[Child]:
    href = address("findings", FindingsQuery(run=visit.run, row=entry.row))
    count: Markup = number(entry.findings, href, f"findings of row {entry.row}")
    return [
        f"{entry.row:,}",
        safe_text.words(entry.row_id, 40),
        safe_text.words(entry.source, 60),
        safe_text.words(entry.licence, 40),
        safe_text.words(entry.label, 60),
        count,
    ]


if __name__ == "__main__":
    show(PAGE, body)
