"""`govern rule`: the pages of rules."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.options import complete_codes, format_option
from ui.cli.output import put, put_json, put_table
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from governance.rules.base import RuleInfo


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
    if not codes and not every:
        raise click.UsageError("name a rule, or give --all to list them", click.get_current_context())
    ids = list(_known()) if every else sorted(set().union(*(_meant(code) for code in codes)))
    if format == "json":
        put_json([as_json(i, pages=not every) for i in ids])
    elif every:
        _list(ids, markdown=format == "markdown")
    else:
        _show("\n\n".join(as_markdown(i) for i in ids), drawn=session.colored and format == "text")
    return 0


def _known() -> dict[str, RuleInfo]:
    """Every rule by id: those of audits, and those about attributions."""
    from attribution.findings.registry import attribution_rules
    from governance.rules.registry import all_rules

    found = {ident: rule.info for ident, rule in all_rules().items()}
    found |= {ident: rule.info for ident, rule in attribution_rules().items()}
    return dict(sorted(found.items()))


def _meant(code: str) -> set[str]:
    """The ids that one code names."""
    from governance.rules.registry import expand

    meant = code.upper()
    about = {i: info for i, info in _known().items() if info.family == "ATT"}
    own = {i for i, info in about.items() if meant in {i, info.family, info.name.upper()}}
    return set(_known()) if meant == "ALL" else own or expand(code)


def _page(rule_id: str) -> str:
    from attribution.findings.registry import modules
    from attribution.findings.registry import page as attribution_page
    from governance.rules.registry import page

    return attribution_page(rule_id) if rule_id in modules() else page(rule_id)


def as_json(rule_id: str, *, pages: bool) -> dict[str, Any]:
    """What is known about a rule, as JSON values."""
    info = _known()[rule_id]
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
    return known | ({"page": _page(rule_id)} if pages else {})


def as_markdown(rule_id: str) -> str:
    """The heading of a rule, then its page."""
    info = _known()[rule_id]
    title, _, body = _page(rule_id).partition("\n")
    if not title.startswith("# "):
        body = f"{title}\n{body}"
    return f"# {info.id} {info.name}\n\n*{info.severity.value}, {info.stage}*\n\n{body.strip()}"


def _list(ids: list[str], *, markdown: bool) -> None:
    rows = [(r.id, r.name, r.severity.value, r.summary) for i in ids for r in [_known()[i]]]
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
