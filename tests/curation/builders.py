"""Small facts, findings and lakes for tests of curation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from governance.audit import AuditRequest
from governance.curation.curate import curate
from governance.curation.decide import Decided, decide
from governance.curation.facts import FACTS
from governance.curation.policy import Policy
from governance.curation.reasons import Audited, judged, placed
from governance.curation.request import Curated, CurateRequest
from governance.findings import EVIDENCE, FINDINGS, SUPPRESSIONS
from governance.lake import Lake

QUICK = AuditRequest(
    (), select=("INP", "DUP001", "DUP002", "DUP003", "PII", "SEC001", "TOK001", "TOK002"), jobs=1
)
"""An audit of the rules that the default policy speaks of."""
NO_ROWS = {"input": pl.Int32, "row": pl.Int64}


def facts(count: int, **columns: Sequence[Any]) -> pl.DataFrame:
    """FACTS of rows of one dataset: sample ids "s0", "s1" ..., ten tokens each, where nothing else is said."""
    table: dict[str, Sequence[Any]] = {
        "input": [0] * count,
        "row": range(count),
        "sample_id": [f"s{i}" for i in range(count)],
        "held": [False] * count,
        "characters": [100] * count,
        "tokens": [10] * count,
    }
    whole = {name: columns.get(name, table.get(name, [None] * count)) for name in FACTS}
    return pl.DataFrame(whole, schema=FACTS)


def finding(
    rule: str, rows: Iterable[int], severity: str = "warning", keeper: int | None = None, **more: Any
) -> dict[str, Any]:
    """A finding against rows, held by a representative where one is given."""
    return {"rule": rule, "rows": list(rows), "severity": severity, "keeper": keeper, **more}


def audited(*found: Mapping[str, Any], waived: Sequence[int] = ()) -> Audited:
    """What an audit of one dataset says; fingerprints are "f0", "f1" ..."""
    findings, evidence = [], []
    for i, one in enumerate(found):
        mark = f"f{i}"
        findings.append(
            {
                "fingerprint": mark,
                "rule": one["rule"],
                "severity": one["severity"],
                "kind": "test",
                "message": "",
                "rows": one.get("count", len(one["rows"])),
                "details": json.dumps(one.get("details", {})),
            }
        )
        peer = None if one["keeper"] is None else f"row:{one['keeper']}"
        evidence += [{"fingerprint": mark, "row": r, "role": "affected", "peer": peer} for r in one["rows"]]
        if one["keeper"] is not None:
            evidence.append({"fingerprint": mark, "row": one["keeper"], "role": "representative"})
    lines = [{"fingerprint": f"f{i}", "kind": "external", "waiver": "W-0001"} for i in waived]
    return Audited(
        pa.Table.from_pylist(findings, FINDINGS),
        pa.Table.from_pylist(evidence, EVIDENCE),
        pa.Table.from_pylist(lines, SUPPRESSIONS),
        [0],
    )


def decided(rows: pl.DataFrame, said: Audited, policy: Policy, unredacted: Sequence[int] = ()) -> Decided:
    """What becomes of the rows."""
    verdicts = judged(said, policy)
    unread = pl.DataFrame(schema=NO_ROWS)
    return decide(rows, placed(said, verdicts, rows, unread), policy, unredacted)


def states(found: Decided) -> list[str]:
    """The part or the step of each row, in order."""
    return found.rows.select(pl.coalesce("step", "part")).to_series().to_list()


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> str:
    """A JSONL file of rows; its path."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def bonds(count: int, **more: Any) -> list[dict[str, Any]]:
    """Rows that share little enough to be no duplicates of each other."""
    words = (
        "coupon",
        "yield",
        "spread",
        "maturity",
        "notice",
        "clause",
        "tranche",
        "margin",
        "haircut",
        "swap",
    )
    rows = []
    for i in range(count):
        own = " ".join(words[(i * k + k * k) % 10] + str(i * k) for k in range(1, 9))
        rows.append({"prompt": f"Explain {own}?", "response": f"It means {own[::-1]}.", **more})
    return rows


def curated(lake: Lake, *datasets: str, policy: Policy | None = None, **more: Any) -> Curated:
    """The split "sft" of the datasets."""
    plain = {"name": "sft", "policy": policy or Policy(), "audit": QUICK, "labels": "none"}
    return curate(CurateRequest(datasets, **{**plain, **more}), lake)
