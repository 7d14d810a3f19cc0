"""Options that mean the same in every command that has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

import governance
from governance.reports import FORMATS
from ui.cli.lazy import option

F = TypeVar("F", bound=Callable[..., Any])

INPUT_FORMATS = ("parquet", "jsonl", "json", "csv", "tsv", "arrow")
RULES = Path(governance.__file__).parent / "rules"
RULE_FILE = re.compile(r"[a-z]{3}\d{3}_")
LEVELS = ("error", "warning", "note", "never")


def complete_codes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Rule ids and families that continue what is typed; file names tell them, so no rule is imported."""
    given, comma, last = incomplete.rpartition(",")
    ids = [path.name[:6].upper() for path in RULES.iterdir() if RULE_FILE.match(path.name)]
    codes = sorted({*ids, *(rule[:3] for rule in ids), "ALL"})
    return [f"{given}{comma}{code}" for code in codes if code.startswith(last.upper())]


def together(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """One decorator for several options; they stand in the help in this order."""

    def apply(function: F) -> F:
        for decorate in reversed(decorators):
            function = decorate(function)
        return function

    return apply


def format_option(*choices: str, default: str | None = None) -> Callable[[F], F]:
    """`-f` for results that a person or a program reads."""
    shown = f" (default {default})" if default else ""
    return option(
        "-f",
        "--format",
        "format",
        type=click.Choice(choices),
        metavar="|".join(choices),
        default=default,
        section="Output",
        help=f"format of the result{shown}",
    )


output_option = option(
    "-o", "--output", metavar="FILE", section="Output", help="write the result to FILE instead of stdout"
)
labels_option = option(
    "--labels",
    metavar="FILE",
    section="Labels",
    help="taxonomy of scenes and tasks (TOML); none labels nothing (default: finance)",
)
yes_option = option("-y", "--yes", is_flag=True, help="do not ask")
dry_run_option = option("--dry-run", is_flag=True, help="say what would be done, and do nothing")

report_options = together(
    option(
        "-f",
        "--format",
        "format",
        type=click.Choice(FORMATS),
        metavar="FORMAT",
        section="Output",
        help="|".join(FORMATS) + " (default text)",
    ),
    output_option,
    option(
        "--also",
        multiple=True,
        metavar="FORMAT=FILE",
        section="Output",
        help="write FILE in another format too; may be repeated",
    ),
    option(
        "--statistics", is_flag=True, section="Output", help="counts by rule only, without single findings"
    ),
    option("--show-waived", is_flag=True, section="Output", help="show waived findings among the others"),
    option(
        "--limit",
        type=click.IntRange(min=0),
        metavar="N",
        section="Output",
        help="show at most N findings of a rule; the counts stay whole",
    ),
    option(
        "--show-sensitive",
        is_flag=True,
        section="Output",
        help="do not redact personal data and secrets in excerpts; on a terminal only",
    ),
)

input_options = together(
    option(
        "--input-format",
        type=click.Choice(INPUT_FORMATS),
        metavar="FORMAT",
        section="Input",
        help="|".join(INPUT_FORMATS) + ", where the file's name does not tell",
    ),
    option("--text-column", metavar="COLUMN", section="Input", help="column with the text"),
    option("--chat-column", metavar="COLUMN", section="Input", help="column with the conversation"),
    option("--id-column", metavar="COLUMN", section="Input", help="column with your own row id"),
    option("--source-column", metavar="COLUMN", section="Input", help="column with the source of a row"),
    option("--licence-column", metavar="COLUMN", section="Input", help="column with the licence of a row"),
    option("--label-column", metavar="COLUMN", section="Input", help="column with the label of a row"),
    option(
        "--group-column",
        metavar="COLUMN",
        section="Input",
        help="column with the document or person a row was made from",
    ),
    option("--time-column", metavar="COLUMN", section="Input", help="column with the time of a row"),
    option("--split", metavar="NAME", section="Input", help="split of a saved or hub dataset"),
    option(
        "--sample",
        type=click.IntRange(min=1),
        metavar="N",
        section="Input",
        help="read a random N rows; the report says so",
    ),
    option("--seed", type=int, metavar="N", default=0, section="Input", help="seed of --sample (default 0)"),
    option("--strict-input", is_flag=True, section="Input", help="a row that cannot be read ends the run"),
)

INPUT_NAMES = (
    "input_format",
    "text_column",
    "chat_column",
    "id_column",
    "source_column",
    "licence_column",
    "label_column",
    "group_column",
    "time_column",
    "split",
    "sample",
    "seed",
)
"""Options that readers take under the same name."""
