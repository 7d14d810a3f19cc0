"""The one way in: a report, the name of a format, and where to write it.

Importing this is cheap (no Arrow), since the command line lists the formats in its help.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from governance.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from governance.baseline import Comparison
    from governance.report import AuditReport

_MODULES = {
    "text": "as_text",
    "concise": "as_concise",
    "json": "as_json",
    "jsonl": "as_jsonl",
    "sarif": "as_sarif",
    "junit": "as_junit",
    "markdown": "as_markdown",
    "html": "as_html",
    "github": "as_github",
    "csv": "as_csv",
}
FORMATS: tuple[str, ...] = tuple(_MODULES)
"""Names of the formats; each is a module of this package with a function `write(view, out)`."""


@dataclass(frozen=True)
class RenderOptions:
    """How a report is shown; what it says does not depend on it.

    Attributes:
        show_sensitive: excerpts without redaction.
        limit: findings of a rule shown in text, markdown, junit and html; None leaves it to the format.
        show_waived: waived findings stand among the others in text, concise, markdown, junit, html and github, not
            only in their counts. The machine formats hold them always.
        statistics: counts only, no single findings, in text, concise and markdown.
        color: ANSI colours, in text.
        width: columns of the terminal, in text.
        comparison: the report against a baseline, from `governance.baseline.apply`.
    """

    show_sensitive: bool = False
    limit: int | None = None
    show_waived: bool = False
    statistics: bool = False
    color: bool = False
    width: int = 100
    comparison: Comparison | None = None


def render(report: AuditReport, fmt: str, options: RenderOptions, out: TextIO) -> None:
    """Writes the report in one of `FORMATS`; UsageError with the nearest name for another."""
    if fmt not in _MODULES:
        raise UsageError(
            f"there is no format {fmt!r}",
            where="--format",
            hint=f"{did_you_mean(fmt, FORMATS)}formats are: {', '.join(FORMATS)}",
        )
    view = importlib.import_module("governance.reports.view").View(report, options)
    importlib.import_module(f"governance.reports.{_MODULES[fmt]}").write(view, out)
