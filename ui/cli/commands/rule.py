"""`govern rule`: the pages of rules."""

from __future__ import annotations

import io
import shutil
from typing import Any

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.options import complete_codes, format_option
from ui.cli.output import put, put_json, put_table
from ui.cli.session import Session, pass_session


@click.command(
    cls=Command,
    arguments={"CODE...": "rule ids (DUP003), names (near-duplicate) or families (DUP)"},
    examples=(
        Example("what near-duplicates are, and which options the rule has", "govern rule DUP003"),
        Example("every rule in one table", "govern rule --all"),
    ),
)
@click.argument("codes", nargs=-1, metavar="CODE...", shell_complete=complete_codes)
@option("--all", "every", is_flag=True, help="list every rule, one a line")
@format_option("text", "json", "markdown", default="text")
@pass_session
def command(session: Session, /, codes: tuple[str, ...], every: bool, format: str) -> int:  # noqa: A002
    """Explain rules.

    A page says what the rule does, why it matters, an example, options, known limits and references.
    """
    from governance.rules.registry import all_rules, expand

    if not codes and not every:
        raise click.UsageError("name a rule, or give --all to list them", click.get_current_context())
    ids = list(all_rules()) if every else sorted(set().union(*(expand(code) for code in codes)))
    if format == "json":
        put_json([as_json(i, pages=not every) for i in ids])
    elif every:
        _list(ids, markdown=format == "markdown")
    else:
        _show("\n\n".join(as_markdown(i) for i in ids), drawn=session.colored and format == "text")
    return 0


def as_json(rule_id: str, *, pages: bool) -> dict[str, Any]:
    """What is known about a rule, as JSON values."""
    from governance.rules.registry import all_rules, page

    info = all_rules()[rule_id].info
    known = {
        "id": info.id,
        "name": info.name,
        "severity": info.severity.value,
        "stage": info.stage,
        "summary": info.summary,
        "needs_eval": info.needs_eval,
        "options": [
            {
                "name": o.name,
                "default": o.default,
                "help": o.help,
                "minimum": o.minimum,
                "maximum": o.maximum,
                "choices": list(o.choices),
            }
            for o in info.options
        ],
    }
    return known | ({"page": page(rule_id)} if pages else {})


def as_markdown(rule_id: str) -> str:
    """The heading of a rule, then its page."""
    from governance.rules.registry import all_rules, page

    info = all_rules()[rule_id].info
    title, _, body = page(rule_id).partition("\n")
    if not title.startswith("# "):
        body = f"{title}\n{body}"
    return f"# {info.id} {info.name}\n\n*{info.severity.value}, {info.stage}*\n\n{body.strip()}"


def _list(ids: list[str], *, markdown: bool) -> None:
    from governance.rules.registry import all_rules

    rows = [
        (r.info.id, r.info.name, r.info.severity.value, r.info.summary) for i in ids for r in [all_rules()[i]]
    ]
    if markdown:
        head = ["| rule | name | severity | finds |", "|---|---|---|---|"]
        put("\n".join(head + [f"| {' | '.join(row)} |" for row in rows]))
    else:
        put_table(("rule", "name", "severity", "finds"), rows, "there are no rules")


def _show(text: str, *, drawn: bool) -> None:
    """Markdown drawn for a terminal, or as it stands where there is none."""
    if not drawn:
        put(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    width = min(100, shutil.get_terminal_size().columns)
    drawing = io.StringIO()  # not stdout: Rich answers a closed pipe with exit 1
    Console(file=drawing, force_terminal=True, width=width).print(Markdown(text))
    put(drawing.getvalue().rstrip())
