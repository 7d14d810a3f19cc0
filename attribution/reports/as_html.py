"""The reports as one HTML file that opens with no network and runs no script; see `governance.reports.as_html`."""

from __future__ import annotations

from functools import cache

import jinja2

from attribution.reports import figures, words
from attribution.reports.model import DriversReport, WhyReport
from governance.reports.as_html import environment


def why(report: WhyReport) -> str:
    """One item's explanation."""
    drawn = [figures.of_item(part, number) for number, part in enumerate(report.parts)]
    parts = list(zip(report.parts, drawn, strict=True))
    page = _templates().get_template("why.html.j2")
    return page.render(report=report, parts=parts, words=words, legend=words.LEGEND) + "\n"


def drivers(report: DriversReport) -> str:
    """The drivers of every suite."""
    drawn = [figures.of_suite(part, report.by, number) for number, part in enumerate(report.parts)]
    parts = list(zip(report.parts, drawn, strict=True))
    page, legend = _templates().get_template("drivers.html.j2"), words.legend(report.parts)
    return page.render(report=report, parts=parts, words=words, legend=legend) + "\n"


@cache
def _templates() -> jinja2.Environment:
    """The house's environment, which escapes everything and makes it visible, with these templates before its own."""
    house = environment()
    own = jinja2.PackageLoader("attribution.reports", "templates")
    loaders = [own, *([house.loader] if house.loader is not None else [])]
    return house.overlay(loader=jinja2.ChoiceLoader(loaders))
