"""The findings of a filter as a file, made when it is asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator

import streamlit as st

from governance.lake.browsing import evidence, findings
from governance.lake.browsing.findings import Found
from ui.dashboard import safe_text
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import FindingsQuery

MOST = 50_000
"""Findings of one file; a larger export is `govern report`, which streams."""
STEP = 5_000
FIELDS = (
    "fingerprint", "rule", "severity", "kind", "message", "score", "threshold", "rows", "status", "waiver", "place",
    "excerpt",
)  # fmt: skip
Maker = Callable[[Visit, FindingsQuery], bytes]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""


def offer(visit: Visit, query: FindingsQuery, total: int) -> None:
    """Buttons for what the list shows, all pages of it."""
    more = f" (first {MOST:,})" if total > MOST else ""
    for name, mime, make in (("CSV", "text/csv", as_csv), ("JSONL", "application/x-ndjson", as_jsonl)):
        st.download_button(
            f"{name}{more}", data=_later(make, visit, query), file_name=f"findings-{visit.run}.{name.lower()}",
            mime=mime, key=f"export:{name}", on_click="ignore", type="tertiary", icon=":material/download:",
        )  # fmt: skip


def _later(make: Maker, visit: Visit, query: FindingsQuery) -> Callable[[], bytes]:
    """The file, made when it is asked for and not before."""
    return lambda: make(visit, query)


def as_csv(visit: Visit, query: FindingsQuery) -> bytes:
    """The findings as CSV, masked, with nothing that a spreadsheet would run."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    for line in _lines(visit, query):
        writer.writerow([_cell(line[name]) for name in FIELDS])
    return out.getvalue().encode("utf-8-sig")


def as_jsonl(visit: Visit, query: FindingsQuery) -> bytes:
    """The findings as JSON lines, masked."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(visit, query)).encode()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _lines(visit: Visit, query: FindingsQuery) -> Iterator[dict[str, object]]:
    for offset in range(0, MOST, STEP):
        wanted = query.wanted(visit.run)
        found = findings.page(visit.lake, wanted, visit.pieces, query.sort, STEP, offset)
        first = evidence.first_lines(visit.lake, visit.run, [f.fingerprint for f in found])
        yield from (_line(visit, f, first.get(f.fingerprint)) for f in found)
        if len(found) < STEP:
            return


def _line(visit: Visit, found: Found, line: evidence.Line | None) -> dict[str, object]:
    shown = safe_text.excerpt(line) if line else None
    return {
        "fingerprint": found.fingerprint,
        "rule": found.rule,
        "severity": found.severity,
        "kind": safe_text.words(found.kind),
        "message": safe_text.words(found.message, 400),
        "score": found.score,
        "threshold": found.threshold,
        "rows": found.rows,
        "status": found.status,
        "waiver": found.waiver,
        "place": safe_text.path(visit.place(line)) if line else "",
        "excerpt": shown.line() if shown else "",
    }
