"""Reports of attributions: one item's explanation, and the drivers of suites, in text, JSON, Markdown and HTML."""

from __future__ import annotations

from typing import TextIO

from attribution.reports.model import DriversReport, WhyReport
from governance.errors import UsageError

FORMATS = ("text", "json", "markdown", "html")


def render(report: WhyReport | DriversReport, name: str, out: TextIO) -> None:
    """Writes the report in a format."""
    if name not in FORMATS:
        raise UsageError(
            f"there is no format {name!r}", where="--format", hint=f"one of {', '.join(FORMATS)}"
        )
    if name == "text":
        from attribution.reports import as_text as chosen
    elif name == "json":
        from attribution.reports import as_json as chosen  # type: ignore[no-redef]
    elif name == "markdown":
        from attribution.reports import as_markdown as chosen  # type: ignore[no-redef]
    else:
        from attribution.reports import as_html as chosen  # type: ignore[no-redef]
    out.write(chosen.why(report) if isinstance(report, WhyReport) else chosen.drivers(report))
