"""`govern curate`: findings and a policy become a split."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ui.cli.curating import curate_request, describe_split
from ui.cli.exit import end_on_ctrl_c, visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option, labels_option, together
from ui.cli.output import put_json
from ui.cli.progress import moving_line
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from governance.curation.request import Curated, CurateRequest

finding_options = together(
    option(
        "--audit",
        "run",
        metavar="RUN|latest",
        section="Findings",
        help="go by this audit (default: the latest of these versions by these settings; else one is run)",
    ),
    option(
        "--eval",
        "evals",
        multiple=True,
        metavar="SUITE",
        section="Findings",
        help="search for this evaluation set where an audit is run; may be repeated",
    ),
    option(
        "--drop", multiple=True, metavar="CODES", section="Findings", help="leave out rows of these rules too"
    ),
    option(
        "--redact", multiple=True, metavar="CODES", section="Findings", help="replace what these rules find"
    ),
    option(
        "--keep", multiple=True, metavar="CODES", section="Findings", help="leave rows of these rules alone"
    ),
    option(
        "--keep-waived/--drop-waived",
        default=None,
        section="Findings",
        help="whether a waived finding leaves its rows alone (default: it does)",
    ),
    option(
        "--proposals/--no-proposals",
        default=True,
        section="Findings",
        help="whether approved proposals for splits of this name are taken up (default: they are)",
    ),
    option(
        "--representative",
        type=click.Choice(["longest", "quality", "licence", "source", "first"]),
        metavar="longest|quality|licence|source|first",
        section="Findings",
        help="which row of a cluster stays (default longest)",
    ),
)
amount_options = together(
    option(
        "--tokens",
        type=click.IntRange(min=0),
        metavar="N",
        section="Amount",
        help="train on about N tokens, labels in their shares; 0 is all",
    ),
    option("--mixture", metavar="FILE", section="Amount", help="shares by source or label (TOML or JSON)"),
    option(
        "--allocation", metavar="FILE", section="Amount", help="rows or tokens of each label (TOML or JSON)"
    ),
    option(
        "--max-tokens",
        type=click.IntRange(min=0),
        metavar="N",
        section="Amount",
        help="leave out rows of more tokens; 0 is no bound",
    ),
    option(
        "--tokenizer",
        metavar="FOLDER",
        section="Amount",
        help="count tokens with this tokenizer.json (default: an estimate)",
    ),
)
holdout_options = together(
    option(
        "--holdout",
        type=click.FloatRange(0, 1, max_open=True),
        metavar="P",
        section="Holdout",
        help="hold out this share of rows, by group",
    ),
    option("--group-by", metavar="COLUMN", section="Holdout", help="what belongs together and is never torn"),
    option("--time-column", metavar="COLUMN", section="Holdout", help="hold out the rows that came last"),
    option(
        "--seed", type=int, metavar="N", section="Holdout", help="seed of every choice by chance (default 0)"
    ),
)


@click.command(
    cls=Command,
    arguments={"DATASET...": "NAME or NAME@VERSION of the lake, or a file, which is ingested first"},
    examples=(
        Example("what the default policy leaves of a file", "govern curate train.jsonl --name sft"),
        Example(
            "a fifth held out, and what becomes of each row, without keeping anything",
            "govern curate train --name sft --holdout 0.2 --dry-run",
        ),
    ),
)
@click.argument("datasets", nargs=-1, required=True, metavar="DATASET...")
@option("--name", required=True, metavar="NAME", help="what the split is called")
@finding_options
@amount_options
@holdout_options
@labels_option
@option("--dry-run", is_flag=True, help="show what would become of the rows, and keep nothing")
@format_option("text", "json", default="text")
@pass_session
def command(session: Session, /, datasets: tuple[str, ...], format: str, dry_run: bool, **given: Any) -> int:  # noqa: A002
    """Curate datasets into a split, with the reason for every row left out.

    A split is a list of rows to train on, and of rows held out. Each row becomes a member of it or is left out at one
    step, with the rule or the decision that says so. What decides stands in the table [curate] of
    govern.toml; the options here come before it. The same data and policy give the same split.
    """
    request = curate_request(session, datasets, given)
    end_on_ctrl_c()
    found = run_curation(session, request, dry_run=dry_run)
    if format == "json":
        put_json({**asdict(found.record), "new": found.new, "audited": found.audited})
    else:
        describe_split(found.record)
    session.note(visible_line(said(found, dry_run=dry_run)))
    return 0


def run_curation(session: Session, request: CurateRequest, *, dry_run: bool) -> Curated:
    """The curation, with a moving line where a person watches; a dry run writes to a lake that is gone afterwards."""
    from tempfile import TemporaryDirectory

    from governance.curation.curate import curate
    from governance.lake import open_lake

    if not dry_run:
        with session.open_lake(create=True) as lake, moving_line(session) as progress:
            return curate(request, lake, progress)
    with (
        TemporaryDirectory(prefix="govern-") as folder,
        session.open_lake_to_look() as lake,
        open_lake(folder, create=True) as scratch,
        moving_line(session) as progress,
    ):
        return curate(request, lake, progress, scratch)


def said(found: Curated, *, dry_run: bool) -> str:
    """What was kept, and how to go on."""
    if dry_run:
        return "nothing was kept"
    reference = found.record.reference
    how = "kept" if found.new else "the same split is there already:"
    audited = f"; run {found.record.run} audited the data" if found.audited and found.new else ""
    return f"{how} {reference}{audited}; `govern splits export {reference} --out FOLDER` writes it"
