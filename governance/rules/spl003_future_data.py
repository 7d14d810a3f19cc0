"""# future-data

## What it does
Holds the times of rows against each other and against a date.

- `after-holdout`: a row of training is of the day on which the held-out rows begin, or later;
- `after-cutoff`: a row is later than the option `cutoff`.

Rows of one day are one finding. The time is a column such as `timestamp`, `date` or `published_at`, or the one named by
`--time-column`; ISO dates, dates with slashes, dots or 年月日, and epoch seconds or milliseconds are read.

## Why it matters
A model that forecasts, or that is tested on "what was known then", must not have read what came after. In finance the
restated figure is in every later document.

## Example
A holdout of the last quarter, and training rows that quote its results.

## Options
- `cutoff` (empty): a day, YYYY-MM-DD; rows of later days are reported.

## Known limits
- Days are compared, not hours, and no time zone is considered.
- A text may speak of later things than its date says.

## References
- Kapoor, Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based science (temporal leakage)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from governance.errors import UsageError
from governance.findings import EVIDENCE, FINDINGS, Severity, fingerprint
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.split_rows import SPLITS, all_rows

if TYPE_CHECKING:
    import polars as pl

EPOCH = date(1970, 1, 1)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each day of rows that are too late."""
    import polars as pl
    import pyarrow as pa

    cutoff = _day(setup.option(INFO.id, "cutoff"))
    rows = all_rows(partials).filter("timed")
    dated = rows.filter(pl.col("day").is_not_null())
    stats = {"rows_with_time": rows.height, "times_not_read": rows.height - dated.height}
    begins = _first(dated.filter(pl.col("held").fill_null(False)))
    late = []
    if begins is not None:
        train = dated.filter(~pl.col("held").fill_null(True) & (pl.col("day") >= begins))
        late.append(("after-holdout", begins, train))
    if cutoff is not None:
        late.append(("after-cutoff", cutoff, dated.filter(pl.col("day") > cutoff)))
    found = [
        _found(kind, bound, group, setup.severity(INFO))
        for kind, bound, rows in late
        for group in _by_day(rows)
    ]
    findings = pa.Table.from_pylist([finding for finding, _ in found], FINDINGS)
    evidence = pa.Table.from_pylist([line for _, lines in found for line in lines], EVIDENCE)
    return RuleResult(findings, evidence, stats)


def _day(text: str) -> int | None:
    """Days since 1970 of the option; UsageError for what is no date."""
    if not text:
        return None
    try:
        return (date.fromisoformat(text) - EPOCH).days
    except ValueError as error:
        raise UsageError(f"{text!r} is no day", where=f"{INFO.id}.cutoff", hint="write YYYY-MM-DD") from error


def _first(rows: pl.DataFrame) -> int | None:
    return rows.get_column("day").sort()[0] if rows.height else None


def _by_day(rows: pl.DataFrame) -> list[dict[str, Any]]:
    import polars as pl

    days = (
        rows.sort("row")
        .group_by("day")
        .agg(count=pl.len(), row=pl.col("row").head(LISTED), sample=pl.col("sample_id").head(LISTED))
    )
    return days.sort("day").to_dicts()


def _found(
    kind: str, bound: int, group: Mapping[str, Any], severity: Severity
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    said = {
        "day": (EPOCH + timedelta(group["day"])).isoformat(),
        "bound": (EPOCH + timedelta(bound)).isoformat(),
    }
    mark = fingerprint(INFO.id, [f"{kind}/{said['day']}/{said['bound']}"])
    finding = {
        "fingerprint": mark,
        "rule": INFO.id,
        "severity": severity.value,
        "kind": kind,
        "message": MESSAGES[kind].format(rows=group["count"], **said),
        "score": float(group["day"] - bound),
        "threshold": 0.0,
        "rows": group["count"],
        "details": json.dumps(said, sort_keys=True, separators=(",", ":")),
    }
    lines = [
        {"fingerprint": mark, "row": row, "sample_id": sample, "role": "affected"}
        for row, sample in zip(group["row"], group["sample"], strict=True)
    ]
    return finding, lines


LISTED = 20
MESSAGES = {
    "after-holdout": "{rows} rows of training are of {day}; the held-out rows begin on {bound}",
    "after-cutoff": "{rows} rows are of {day}, after {bound}",
}
INFO = RuleInfo(
    "SPL003",
    "future-data",
    Severity.WARNING,
    "a row is later than the part held out from training, or than a date",
    (Option("cutoff", "", "a day, YYYY-MM-DD; rows of later days are reported"),),
)
RULE = Rule(INFO, (SPLITS,), reduce)
