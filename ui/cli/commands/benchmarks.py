"""`govern benchmarks`: evaluation sets, kept item by item."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import visible_line
from ui.cli.lazy import Example, Group, option
from ui.cli.options import format_option
from ui.cli.output import put, put_columns, put_json, put_table
from ui.cli.session import Session, pass_session
from ui.cli.words import plural

if TYPE_CHECKING:
    import pyarrow as pa

    from governance.benchmarks import Suite


@click.group(
    cls=Group,
    examples=(
        Example("keep an evaluation set under a name", "govern benchmarks add finance eval.jsonl"),
        Example("what is kept", "govern benchmarks list"),
    ),
)
def command() -> None:
    """Keep evaluation sets, item by item.

    A registered name can be given to `govern audit --eval`, and findings name the item they speak of.
    """


@command.command(
    arguments={"SUITE": "what to call it", "PATH": "a file or folder in one of the formats that are known"},
    examples=(
        Example("one file", "govern benchmarks add finance eval.jsonl"),
        Example(
            "use it",
            "govern benchmarks add mine eval.jsonl && govern audit train.jsonl --eval mine --exit-zero",
        ),
    ),
)
@click.argument("suite", metavar="SUITE")
@click.argument("path", metavar="PATH")
@pass_session
def add(session: Session, /, suite: str, path: str) -> int:
    """Keep an evaluation set in the lake under a name.

    The same content again is the same version; other content under the same name is the next version.
    """
    from governance.benchmarks import load_suite
    from governance.errors import UsageError
    from governance.lake.suites import save_suite

    if "=" in suite or "/" in suite:
        raise UsageError(f"a suite cannot be called {suite!r}", where="SUITE", hint="a name without = and /")
    loaded = load_suite(f"{suite}={path}")
    with session.open_lake(create=True) as lake:
        stored = save_suite(lake, loaded)
    _say_notes(session, loaded.notes)
    session.note(visible_line(f"kept {stored.name}@{stored.version}: {plural(stored.items, 'item')}"))
    return 0


@command.command(
    name="list",
    examples=(
        Example("every suite", "govern benchmarks list"),
        Example("for a program", "govern benchmarks list -f json"),
    ),
)
@format_option("text", "json", default="text")
@pass_session
def list_(session: Session, /, format: str) -> int:  # noqa: A002
    """List the evaluation sets of the lake."""
    from governance.lake.suites import list_suites

    with session.open_lake(read_only=True) as lake:
        found = list_suites(lake)
    if format == "json":
        put_json([asdict(suite) for suite in found])
        return 0
    rows = [(f"{s.name}@{s.version}", f"{s.items:,}", s.created_at[:19], s.uri) for s in found]
    put_table(
        ("suite", "items", "added", "from"), rows, "no evaluation set yet; `govern benchmarks add` keeps one"
    )
    return 0


@command.command(
    arguments={"SUITE": "a registered name"},
    examples=(
        Example("counts and notes", "govern benchmarks show finance"),
        Example("its first three items", "govern benchmarks show finance --items 3"),
    ),
)
@click.argument("suite", metavar="SUITE")
@option("--items", type=click.IntRange(min=1), metavar="N", help="show the first N items")
@format_option("text", "json", default="text")
@pass_session
def show(session: Session, /, suite: str, items: int | None, format: str) -> int:  # noqa: A002
    """Show what a registered evaluation set holds."""
    from governance.lake.suites import load_suite

    with session.open_lake(read_only=True) as lake:
        found = load_suite(lake, suite)
    _print(session, found, items or 0, format)
    return 0


@command.command(
    arguments={"PATH": "a file or folder, or NAME=PATH"},
    examples=(
        Example("can it be read, and as what?", "govern benchmarks check eval.jsonl"),
        Example("look at two items", "govern benchmarks check eval.jsonl --items 2"),
    ),
)
@click.argument("path", metavar="PATH")
@option("--items", type=click.IntRange(min=1), metavar="N", help="show the first N items")
@format_option("text", "json", default="text")
@pass_session
def check(session: Session, /, path: str, items: int | None, format: str) -> int:  # noqa: A002
    """Read an evaluation set and say what is in it; nothing is kept."""
    from governance.benchmarks import load_suite

    _print(session, load_suite(path), items or 0, format)
    return 0


def _print(session: Session, suite: Suite, items: int, format: str) -> None:  # noqa: A002
    shown = suite.items.slice(0, items).to_pylist()
    if format == "json":
        put_json(as_json(suite) | ({"shown": shown} if items else {}))
        return
    lines = [
        ("suite", suite.name),
        ("from", suite.uri),
        ("items", f"{suite.items.num_rows:,}"),
        ("with answer", f"{answered(suite.items):,}"),
        ("subjects", ", ".join(subjects(suite.items)[:20]) or "none named"),
        ("content", suite.content_hash),
    ]
    put_columns(lines)
    for item in shown:
        put("\n" + "\n".join(visible_line(f"{key}: {value}") for key, value in item.items() if value))
    _say_notes(session, suite.notes)


def as_json(suite: Suite) -> dict[str, Any]:
    """What is known about a suite, as JSON values."""
    return {
        "name": suite.name,
        "uri": suite.uri,
        "items": suite.items.num_rows,
        "answered": answered(suite.items),
        "subjects": subjects(suite.items),
        "content_hash": suite.content_hash,
        "notes": list(suite.notes),
    }


def answered(items: pa.Table) -> int:
    """Items whose answer is known."""
    return int(items.num_rows - items.column("answer").null_count)


def subjects(items: pa.Table) -> list[str]:
    """The subjects there are, sorted."""
    return sorted(s for s in items.column("subject").unique().to_pylist() if s)


def _say_notes(session: Session, notes: tuple[str, ...]) -> None:
    for note in notes:
        session.note(visible_line(f"note: {note}"))
