"""Small makers of waivers, and of findings that they may cover."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import pyarrow as pa

from governance.findings import EVIDENCE, FINDINGS
from governance.waivers.model import Status, Waiver
from governance.waivers.suppress import FACTS, Rows

DAY = date(2026, 11, 26)
LAST = date(2027, 2, 28)


def fp(name: str) -> str:
    """The fingerprint of a finding that a test calls by a short name."""
    return hashlib.sha256(name.encode()).hexdigest()


def waiver(ident: str = "W-0001", **changes: Any) -> Waiver:
    """A waiver that ben approved and ann asked for."""
    values: dict[str, Any] = {
        "id": ident,
        "rule": "DUP003",
        "reason": "wanted twice",
        "requested_by": "ann",
        "requested_on": DAY,
        "expires": LAST,
        "status": Status.APPROVED,
        "approved_by": "ben",
        "approved_on": DAY,
        **changes,
    }
    if "where" not in values and "fingerprint" not in values:
        values["fingerprint"] = fp("a")
    return Waiver(**values)


@dataclass(frozen=True)
class F:
    """A finding and the rows it counts against."""

    name: str
    rows: tuple[int, ...] = (0,)
    rule: str = "DUP003"
    kind: str = "near"
    severity: str = "warning"
    score: float | None = 0.9
    kept: tuple[int, ...] = ()


def tables(*found: F) -> tuple[pa.Table, pa.Table]:
    """FINDINGS and EVIDENCE of these."""
    findings = [
        {
            "fingerprint": fp(f.name),
            "rule": f.rule,
            "severity": f.severity,
            "kind": f.kind,
            "message": "words",
            "score": f.score,
            "rows": len(f.rows),
            "details": "{}",
        }
        for f in found
    ]
    lines = [
        {"fingerprint": fp(f.name), "row": row, "role": role}
        for f in found
        for role, rows in (("affected", f.rows), ("representative", f.kept))
        for row in rows
    ]
    return pa.Table.from_pylist(findings, FINDINGS), pa.Table.from_pylist(lines, EVIDENCE)


def rows(*sources: str | None, ignores: dict[int, list[str]] | None = None, **columns: Any) -> Rows:
    """Rows 0, 1, 2 ... with these sources; other facts by name."""
    count = len(sources)
    data = {"row": range(count), "source": list(sources)}
    data |= {name: columns.get(name, [None] * count) for name in FACTS[2:]}
    said = {"row": list(ignores or {}), "govern_ignore": list((ignores or {}).values())}
    empty = Rows()
    return Rows(
        pl.DataFrame(data, schema=empty.facts.schema),
        ((0, "train"), (2, "other")),
        pl.DataFrame(said, schema=empty.ignores.schema),
    )
