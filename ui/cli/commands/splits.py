"""`govern splits`: curated splits, what they hold, and why."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.curating import describe_split, is_folder, lake_or_none
from ui.cli.exit import visible_line
from ui.cli.lazy import Example, Group, option
from ui.cli.options import format_option
from ui.cli.output import put, put_columns, put_json, put_table
from ui.cli.progress import moving_line
from ui.cli.session import Session, pass_session
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.curation.compare import SplitDiff

SPLIT = {"SPLIT": "NAME, whose latest version is meant, or NAME@VERSION"}


@click.group(
    cls=Group,
    examples=(
        Example("every split", "govern splits list"),
        Example("where the rows of one went", "govern splits show sft"),
    ),
)
def command() -> None:
    """List, show, explain, export, verify and compare curated splits."""


@command.command(
    name="list",
    examples=(
        Example("every split", "govern splits list"),
        Example("for a program", "govern splits list -f json"),
    ),
)
@format_option("text", "json", default="text")
@pass_session
def list_(session: Session, /, format: str) -> int:  # noqa: A002
    """List the splits of the lake."""
    from governance.lake.splits import list_splits

    with session.open_lake(read_only=True) as lake:
        found = list_splits(lake)
    if format == "json":
        put_json([asdict(split) for split in found])
        return 0
    rows = [
        (
            s.name,
            s.version,
            f"{s.parts['train'].rows:,}",
            f"{s.parts['holdout'].rows:,}",
            f"{s.rows - s.members:,}",
            s.created_at[:19],
            ", ".join(i.reference for i in s.inputs),
        )
        for s in found
    ]
    put_table(("name", "version", "train", "holdout", "left out", "created", "from"), rows, "no split yet")
    return 0


@command.command(
    arguments=SPLIT,
    examples=(
        Example("the funnel of the latest version", "govern splits show sft"),
        Example("for a program, policy and all", "govern splits show sft@1 -f json"),
    ),
)
@click.argument("split", metavar="SPLIT")
@format_option("text", "json", default="text")
@pass_session
def show(session: Session, /, split: str, format: str) -> int:  # noqa: A002
    """Show what a split holds and at which step rows were left out."""
    from governance.lake.splits import find_split

    with session.open_lake(read_only=True) as lake:
        record = find_split(lake, split)
    if format == "json":
        put_json(asdict(record))
    else:
        describe_split(record)
    return 0


@command.command(
    arguments={**SPLIT, "ROW|SAMPLE": "a row number, NAME:ROW, or the beginning of a sample id"},
    examples=(
        Example("what became of row 5", "govern splits why sft 5"),
        Example("of a row of one dataset, for a program", "govern splits why sft train:5 -f json"),
    ),
)
@click.argument("split", metavar="SPLIT")
@click.argument("what", metavar="ROW|SAMPLE")
@format_option("text", "json", default="text")
@pass_session
def why(session: Session, /, split: str, what: str, format: str) -> int:  # noqa: A002
    """Say why a row is in a split, or is not: the step, the rule, the finding, and what stands for it."""
    from governance.curation.why import why as asked
    from governance.lake.splits import find_split

    with session.open_lake(read_only=True) as lake:
        found = asked(lake, find_split(lake, split), what)
    if format == "json":
        put_json([asdict(answer) for answer in found])
        return 0
    for answer in found:
        lines = [*answer.words(), *([f"sample {answer.sample_id}"] if answer.sample_id else [])]
        put("\n".join(visible_line(f"{'  ' if i else ''}{line}") for i, line in enumerate(lines)))
    return 0


@command.command(
    arguments=SPLIT,
    examples=(
        Example("as Parquet with a manifest", "govern splits export sft --out sft-1"),
        Example(
            "as JSON lines, with the weight of each row",
            "govern splits export sft --out lines --format jsonl --with-weights",
        ),
    ),
)
@click.argument("split", metavar="SPLIT")
@option("--out", required=True, metavar="FOLDER", help="a new folder for the files and manifest.json")
@option(
    "--format",
    "kind",
    type=click.Choice(["parquet", "jsonl"]),
    metavar="parquet|jsonl",
    default="parquet",
    help="format of the files (default parquet)",
)
@option("--with-weights", is_flag=True, help="add a column with the weight of each row")
@pass_session
def export(session: Session, /, split: str, out: str, kind: str, with_weights: bool) -> int:
    """Write a split to a folder: the rows with the columns they came with, and a manifest.

    The manifest has the SHA-256 of every file; the lake's event log has that of the manifest. The same split gives the
    same bytes.
    """
    from governance.curation.export import export_split

    with session.open_lake() as lake, moving_line(session) as progress:
        done = export_split(lake, split, Path(out), kind, with_weights=with_weights, progress=progress)
    put_table(
        ("file", "part", "rows", "bytes"),
        [(f.path, f.part, f"{f.rows:,}", f"{f.bytes:,}") for f in done.files],
        "no file",
    )
    for note in done.notes:
        session.note(visible_line(f"note: {note}"))
    session.note(visible_line(f"wrote {done.record.reference} to {out}; manifest {done.manifest}"))
    return 0


@command.command(
    arguments={"FOLDER|SPLIT": "a folder that export wrote, or a split of the lake"},
    examples=(
        Example("is a split of the lake what was committed?", "govern splits verify sft"),
        Example("for a program", "govern splits verify sft -f json"),
    ),
)
@click.argument("what", metavar="FOLDER|SPLIT")
@format_option("text", "json", default="text")
@pass_session
def verify(session: Session, /, what: str, format: str) -> int:  # noqa: A002
    """Check that an exported folder, or a split of the lake, is what was written.

    Exit 1 if it is not; each file that was changed, added or is missing is named. A folder's manifest is held against
    the lake's event log where there is a lake, which an edited manifest cannot satisfy.
    """
    from governance.curation.folder import verify_folder
    from governance.lake.splits import find_split, verify_split

    if is_folder(what):
        with lake_or_none(session) as lake:
            check = verify_folder(Path(what), lake)
        result: dict[str, Any] = {**asdict(check), "ok": check.ok}
        good = f"{plural(check.files, 'file')} of {check.reference} as written, by {check.against}"
    else:
        with session.open_lake(read_only=True) as lake:
            stored = verify_split(lake, find_split(lake, what))
        result = {**asdict(stored), "ok": stored.ok}
        good = f"{stored.reference} is as it was committed"
    if format == "json":
        put_json(result)
    else:
        put(visible_line(good) if result["ok"] else "\n".join(map(visible_line, result["problems"])))
    return int(not result["ok"])


@command.command(
    arguments={"A": "the older split: NAME or NAME@VERSION", "B": "the newer one"},
    examples=(
        Example("what the latest version changed", "govern splits diff sft@1 sft"),
        Example("for a program", "govern splits diff sft@1 sft -f json"),
    ),
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@format_option("text", "json", default="text")
@pass_session
def diff(session: Session, /, old: str, new: str, format: str) -> int:  # noqa: A002
    """Compare two splits by the identity of their rows."""
    from governance.curation.compare import compare_splits
    from governance.lake.splits import find_split

    with session.open_lake(read_only=True) as lake:
        found = compare_splits(lake, find_split(lake, old), find_split(lake, new))
    if format == "json":
        put_json(asdict(found))
    else:
        _show(found)
    return 0


def _show(found: SplitDiff) -> None:
    put_columns([("from", found.old), ("to", found.new), *((n, f"{c:,}") for n, c in found.counts.items())])
    if found.sources:
        put("")
        rows = [(name, f"+{added:,}", f"-{removed:,}") for name, (added, removed) in found.sources.items()]
        put_table(("source", "added", "removed"), rows, "")
    for key, (before, after) in found.policy.items():
        put(visible_line(f"policy {key}: {before} -> {after}"))
    for change, rows_of in found.listed.items():
        for sample, dataset, row in rows_of[:10]:
            put(visible_line(f"{change}: row {row} of {dataset}, sample {sample[:12]}"))
