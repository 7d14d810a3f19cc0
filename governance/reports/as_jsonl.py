"""A header line, then one finding a line: for `jq`, DuckDB and whatever else reads a line at a time.

The header is the JSON report without its findings; `record` says which of the two a line is.
"""

from __future__ import annotations

from typing import TextIO

from governance.reports import as_json, words
from governance.reports.view import View


def write(view: View, out: TextIO) -> None:
    """Writes the header, then the findings."""
    out.write(words.canonical({"record": "audit", **as_json.head(view)}) + "\n")
    for found in view.findings():
        pieces = as_json.finding(found)
        out.write('{"record":"finding",' + next(pieces).removeprefix("{"))
        out.writelines(pieces)
        out.write("\n")
