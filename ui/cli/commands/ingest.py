"""`govern ingest`: rows in the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import end_on_ctrl_c, visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import dry_run_option, input_options
from ui.cli.output import put
from ui.cli.progress import moving_line
from ui.cli.request import read_options
from ui.cli.session import Session, pass_session
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.ingest import Ingested, IngestRequest


@click.command(
    cls=Command,
    arguments={"DATASET...": "Parquet, JSONL, CSV, Arrow, a folder, a glob, hf://NAME; - is JSONL of stdin"},
    examples=(
        Example("keep a file under a name", "govern ingest train.jsonl --name finance"),
        Example(
            "what is true of every row that does not say",
            "govern ingest train.jsonl --licence MIT --source desk",
        ),
    ),
)
@click.argument("datasets", nargs=-1, required=True, metavar="DATASET...")
@input_options
@option("--name", metavar="NAME", section="Keep", help="what the lake calls it (default: the file's name)")
@option("--licence", metavar="TEXT", default="", section="Keep", help="licence of rows that do not name one")
@option("--source", metavar="TEXT", default="", section="Keep", help="source of rows that do not name one")
@option("--label", metavar="TEXT", default="", section="Keep", help="label of rows that do not name one")
@dry_run_option
@pass_session
def command(session: Session, /, datasets: tuple[str, ...], dry_run: bool, **given: Any) -> int:
    """Keep the rows of a dataset as a new version in the lake.

    The same content again is the version that is there already. Several datasets stay several, so --name goes
    with one only.
    """
    from governance.ingest import ingest, plan_ingest

    if given["name"] and len(datasets) > 1:
        raise click.UsageError("--name goes with one dataset", click.get_current_context())
    requests = [_request(session, dataset, given) for dataset in datasets]
    if dry_run:
        for request in requests:
            source, name = plan_ingest(request)
            put(
                "\n".join(
                    visible_line(line)
                    for line in (f"dataset {name}: {source.uri}", *(f"  file {f}" for f in source.files))
                )
            )
        return 0
    end_on_ctrl_c()
    with session.open_lake(create=True) as lake, moving_line(session) as progress:
        kept = [ingest(request, lake, progress) for request in requests]
    for one in kept:
        session.note(said(one))
    return 0


def _request(session: Session, dataset: str, given: dict[str, Any]) -> IngestRequest:
    from governance.ingest import IngestRequest
    from governance.lake.datasets import Defaults

    defaults = Defaults(licence=given["licence"], source=given["source"], label=given["label"])
    return IngestRequest(dataset, given["name"], read_options(session.load(), given), defaults)


def said(kept: Ingested) -> str:
    """What was kept, and what of it could not be taken as it stood."""
    problems = ", ".join(f"{code} {count:,}" for code, count in kept.problems.items())
    more = f"; rows with problems: {problems}" if problems else ""
    return visible_line(f"kept {kept.version.reference}: {plural(kept.version.record.rows, 'row')}{more}")
