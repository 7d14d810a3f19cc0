"""`govern datasets`: what the lake holds, version by version."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from governance.safe_text import json_safe
from ui.cli.confirm import confirm
from ui.cli.exit import visible_line
from ui.cli.lazy import Example, Group, option
from ui.cli.options import dry_run_option, format_option, yes_option
from ui.cli.output import put, put_columns, put_json, put_table
from ui.cli.session import Session, pass_session
from ui.cli.words import plural

if TYPE_CHECKING:
    import pyarrow as pa

    from governance.lake.datasets import DatasetVersion


@click.group(
    cls=Group,
    examples=(
        Example("what is there", "govern datasets list"),
        Example("one dataset and its versions", "govern datasets show train"),
    ),
)
def command() -> None:
    """List, show, compare and remove dataset versions.

    Every audit records the identity of each row; `govern ingest` keeps the rows themselves.
    """


@command.command(
    name="list",
    examples=(
        Example("every dataset", "govern datasets list"),
        Example("for a program", "govern datasets list -f json"),
    ),
)
@format_option("text", "json", default="text")
@pass_session
def list_(session: Session, /, format: str) -> int:  # noqa: A002
    """List the datasets of the lake with their latest versions."""
    from governance.lake.datasets import list_datasets

    with session.open_lake(read_only=True) as lake:
        found = list_datasets(lake)
    if format == "json":
        put_json([as_json(version) for dataset in found for version in dataset.versions])
        return 0
    rows = [
        (
            d.name,
            d.latest.version,
            d.latest.kind,
            f"{d.latest.record.rows:,}",
            d.latest.created_at[:19],
            d.latest.record.uri,
        )
        for d in found
    ]
    put_table(("name", "version", "kept", "rows", "created", "from"), rows, "no dataset yet")
    return 0


@command.command(
    arguments={"NAME[@VERSION]": "a dataset, or one version of it (default: the latest)"},
    examples=(
        Example("the latest version and the history", "govern datasets show train"),
        Example("what version 1 held, first five rows", "govern datasets show train@1 --entries 5"),
    ),
)
@click.argument("reference", metavar="NAME[@VERSION]")
@option("--entries", type=click.IntRange(min=1), metavar="N", help="list the first N rows by identity")
@option("--rows", type=click.IntRange(min=1), metavar="N", help="print the first N kept rows as JSONL")
@format_option("text", "json", default="text")
@pass_session
def show(session: Session, /, reference: str, entries: int | None, rows: int | None, format: str) -> int:  # noqa: A002
    """Show what a version holds and where it came from."""
    from governance.lake import datasets

    name, number = datasets.parse_reference(reference)
    with session.open_lake(read_only=True) as lake:
        found = datasets.find_version(lake, name, number)
        history = datasets.versions(lake, name)
        listed = datasets.entries(lake, name, found.version).slice(0, entries) if entries else None
        kept = first_rows(datasets.row_batches(lake, name, found.version), rows) if rows else []
    if rows:
        put("\n".join(as_line(row) for row in kept))
    elif format == "json":
        more = {"entries": entry_rows(listed)} if listed is not None else {}
        put_json(as_json(found) | {"versions": [v.version for v in history]} | more)
    else:
        _describe(found, history)
        if listed is not None:
            _list_entries(listed)
    return 0


@command.command(
    arguments={"A": "the older one: NAME[@VERSION]", "B": "the newer one"},
    examples=(
        Example("what the latest version added and removed", "govern datasets diff train@1 train"),
        Example("for a program", "govern datasets diff train@1 train@2 -f json"),
    ),
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@format_option("text", "json", "markdown", default="text")
@pass_session
def diff(session: Session, /, old: str, new: str, format: str) -> int:  # noqa: A002
    """Compare two versions by the identity of their rows."""
    from ui.cli.comparing import diff_datasets, show_datasets

    with session.open_lake(read_only=True) as lake:
        show_datasets(diff_datasets(lake, old, new), format)
    return 0


@command.command(
    name="rm",
    arguments={"NAME@VERSION": "the one version to remove"},
    examples=(
        Example("what would be removed", "govern datasets rm train@1 --dry-run"),
        Example("remove it without asking", "govern datasets rm train@1 --yes"),
    ),
)
@click.argument("reference", metavar="NAME@VERSION")
@dry_run_option
@yes_option
@pass_session
def remove(session: Session, /, reference: str, dry_run: bool, yes: bool) -> int:
    """Remove one version of a dataset from the lake.

    Its entries and kept rows go; audits that read it keep their findings, and the log says that it was.
    """
    from governance.errors import UsageError
    from governance.lake.datasets import find_version, parse_reference, remove_version

    name, number = parse_reference(reference)
    if number is None:
        raise UsageError(
            "name the version to remove", where=reference, hint=f"`govern datasets show {name}` lists them"
        )
    with session.open_lake(read_only=dry_run) as lake:
        found = find_version(lake, name, number)
        what = visible_line(
            f"{found.reference} ({plural(found.record.rows, 'row')}, from {found.record.uri})"
        )
        if dry_run:
            put(f"would remove {what}")
            return 0
        confirm(f"remove {what}?", yes=yes)
        remove_version(lake, name, number)
    session.note(f"removed {what}")
    return 0


def _describe(found: DatasetVersion, history: list[DatasetVersion]) -> None:
    record = found.record
    lines = [
        ("dataset", found.reference),
        ("kept", "rows and identities" if found.kind == "ingested" else "identities"),
        ("created", f"{found.created_at[:19]} by {found.created_by}"),
        ("from", record.uri),
        ("rows", f"{record.rows:,}, {record.unreadable:,} of them unreadable"),
        ("columns", ", ".join(f"{role} = {column}" for role, column in record.columns.items())),
        ("content", record.content_hash),
        *(
            ("file", f"{f.path}  {plural(f.rows, 'row')}, {f.bytes:,} bytes, sha256 {f.sha256}")
            for f in record.files[:20]
        ),
        *(("note", note) for note in record.notes),
        ("versions", ", ".join(str(v.version) for v in history)),
    ]
    put_columns(lines)


def _list_entries(table: pa.Table) -> None:
    heads = ("row", "line", "sample", "row_id", "source", "licence", "label")
    rows = [[row[h] if row[h] is not None else "" for h in heads] for row in entry_rows(table)]
    put_table(heads, rows, "it holds no rows")


def entry_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Entries as JSON values; the identity is hexadecimal."""
    return [
        {"sample": row["sample_id"].hex(), **row, "sample_id": row["sample_id"].hex()}
        for row in table.to_pylist()
    ]


def as_line(row: dict[str, Any]) -> str:
    """A kept row as one line of JSON; one that was JSON when it was read is that record again."""
    if list(row) == ["json"]:
        with suppress(ValueError):
            row = json.loads(row["json"])
    return json_safe(json.dumps(row, ensure_ascii=False, default=str))


def first_rows(batches: Any, limit: int) -> list[dict[str, Any]]:
    """At most `limit` kept rows, without reading more batches than they take."""
    found: list[dict[str, Any]] = []
    for batch in batches:
        found += batch.slice(0, limit - len(found)).to_pylist()
        if len(found) >= limit:
            break
    return found


def as_json(version: DatasetVersion) -> dict[str, Any]:
    """A version as JSON values."""
    return {
        "name": version.name,
        "version": version.version,
        "kind": version.kind,
        "parent": version.parent,
        "created_at": version.created_at,
        "created_by": version.created_by,
        "record": asdict(version.record),
    }
