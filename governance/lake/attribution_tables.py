"""The tables of attributions and of allocations."""

from __future__ import annotations

import pyarrow as pa

from governance.contributions import BALANCES, CONTRIBUTIONS, REMOVALS, SAMPLES
from governance.lake.tables import LONG, TEXT, Table, columns, owned

ATTRIBUTIONS = Table(
    "attributions",
    columns(
        attribution=TEXT,
        seq=LONG,
        run=TEXT,  # the training run that was traced
        split=TEXT,  # NAME@VERSION of what it was trained on, or the folder it was exported to
        samples=LONG,
        contributions=LONG,
        created_at=TEXT,
        created_by=TEXT,
        record=TEXT,  # JSON of the AttributionRecord
    ),
    ("attribution", "run", "seq"),
    later=True,
)
ATTRIBUTED_SAMPLES = Table("attributed_samples", owned("attribution", SAMPLES), ("attribution",), later=True)
ATTRIBUTED = Table("contributions", owned("attribution", CONTRIBUTIONS), ("attribution",), later=True)
ATTRIBUTED_BALANCES = Table("balances", owned("attribution", BALANCES), ("attribution",), later=True)
ATTRIBUTED_REMOVALS = Table("removal_scores", owned("attribution", REMOVALS), ("attribution",), later=True)
ATTRIBUTION_CHECKS = Table(
    "attribution_checks",
    pa.schema(
        [
            *columns(attribution=TEXT, seq=LONG, kind=TEXT, method=TEXT, value=pa.float64()),
            pa.field("low", pa.float64()),
            pa.field("high", pa.float64()),
            *columns(cases=LONG, at=TEXT, actor=TEXT, record=TEXT),  # JSON of what was done
        ]
    ),
    ("attribution", "seq"),
    later=True,
)
ALLOCATIONS = Table(
    "allocations",
    columns(
        allocation=TEXT,
        seq=LONG,
        name=TEXT,  # the loop it belongs to
        iteration=LONG,
        evaluation=TEXT,  # what it was made from: an evaluation run, or the name of a file
        created_at=TEXT,
        created_by=TEXT,
        record=TEXT,  # JSON of the governance.allocation_file.Allocation
    ),
    ("name", "seq"),
    later=True,
)

ATTRIBUTION_TABLES: tuple[Table, ...] = (
    ATTRIBUTIONS,
    ATTRIBUTED_SAMPLES,
    ATTRIBUTED,
    ATTRIBUTED_BALANCES,
    ATTRIBUTED_REMOVALS,
    ATTRIBUTION_CHECKS,
    ALLOCATIONS,
)
