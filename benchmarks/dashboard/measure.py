"""What the dashboard asks of a lake of a million rows and two million findings: query by query, then page by page.

python -m benchmarks.dashboard.measure --rows 1000000 --findings 2000000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.dashboard.pages import measured, table
from governance.findings import EVIDENCE, FINDINGS
from governance.lake import Lake, open_lake
from governance.lake.audits import commit_audit
from governance.lake.browsing import entries, evidence, findings, runs
from governance.lake.browsing.wanted import Piece, Wanted
from governance.lake.datasets import stage_version
from governance.lake.tables import ENTRY
from tests.lake.builders import audit_report, dataset_record

RULES = ("CON001", "CON003", "DUP001", "DUP003", "LBL003", "PII001", "QLT006", "TOK003")
SEVERITIES = ("error", "error", "warning", "warning", "warning", "warning", "note", "note")
SOURCES = tuple(f"source-{n}" for n in range(40))
MESSAGES = tuple(f"{n} rows say nearly the same" for n in range(50))
REPEATS = 3


def hexes(random: np.random.Generator, count: int) -> pa.Array:
    """(count,) random names of 64 hex digits."""
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    letters = digits[random.integers(0, 16, (count, 64), np.uint8)]
    data = pa.py_buffer(np.ascontiguousarray(letters))
    offsets = pa.py_buffer(np.arange(0, 64 * count + 1, 64, dtype=np.int32))
    return pa.StringArray.from_buffers(count, offsets, data)


def chosen(values: tuple[str, ...], which: np.ndarray) -> pa.Array:
    return pa.array(values).take(pa.array(which))


def finding_rows(random: np.random.Generator, count: int, prints: pa.Array) -> pa.Table:
    which = np.sort(random.integers(0, len(RULES), count))
    return pa.table(
        {
            "fingerprint": prints,
            "rule": chosen(RULES, which),
            "severity": chosen(SEVERITIES, which),
            "kind": chosen(("near", "verbatim", "answer"), random.integers(0, 3, count)),
            "message": chosen(MESSAGES, random.integers(0, len(MESSAGES), count)),
            "score": pa.array(random.random(count)),
            "threshold": pa.array(np.full(count, 0.8)),
            "rows": pa.array(random.integers(1, 9, count)),
            "details": chosen(('{"pairs":1}',), np.zeros(count, np.int64)),
        },
        schema=FINDINGS,
    )


def evidence_rows(random: np.random.Generator, count: int, prints: pa.Array, rows: int) -> pa.Table:
    texts = tuple(f"The coupon of bond {n} is paid every half year, 每半年付息一次。" * 3 for n in range(500))
    given = {
        "fingerprint": prints,
        "row": pa.array(random.integers(0, rows, count)),
        "role": chosen(("affected",), np.zeros(count, np.int64)),
        "peer": chosen(
            tuple(f"item:suite-{n % 5}/{n}" for n in range(2000)), random.integers(0, 2000, count)
        ),
        "excerpt": chosen(texts, random.integers(0, len(texts), count)),
    }
    columns = [given.get(f.name, pa.nulls(count, f.type)) for f in EVIDENCE]
    return pa.Table.from_arrays(
        [c.cast(f.type) for c, f in zip(columns, EVIDENCE, strict=True)], schema=EVIDENCE
    )


def entry_rows(random: np.random.Generator, rows: int) -> pa.Table:
    ids = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(32), rows, [None, pa.py_buffer(random.bytes(32 * rows))]
    )
    sources = chosen(SOURCES, random.integers(0, len(SOURCES), rows))
    numbers = pa.array(np.arange(rows))
    nothing = pa.nulls(rows, pa.string())
    files = pa.array(np.zeros(rows, np.int32))
    return pa.Table.from_arrays(
        [numbers, files, numbers, ids, nothing, sources, nothing, nothing], schema=ENTRY
    )


def fill(lake: Lake, rows: int, count: int) -> None:
    """One audit of so many rows with so many findings."""
    random = np.random.default_rng(7)
    prints = hexes(random, count)
    record = dataset_record("sft", [], rows=rows)
    found, lines = finding_rows(random, count, prints), evidence_rows(random, count, prints, rows)
    report = replace(audit_report("run-1", record, findings=0), findings=found, evidence=lines)
    with stage_version(lake, "sft") as staged:
        staged.write_entries(entry_rows(random, rows))
        commit_audit(lake, report, [staged])


def questions(lake: Lake) -> dict[str, Callable[[], object]]:
    """What pages ask, by name."""
    run = Wanted("run-1")
    head = runs.report_head(lake, "run-1")
    assert head is not None
    pieces: tuple[Piece, ...] = runs.kept_pieces(lake, head)
    dup, source = Wanted("run-1", rule="DUP003"), Wanted("run-1", source="source-3")
    one = findings.page(lake, run, (), "severity", 25, 0)
    prints = [f.fingerprint for f in one]
    return {
        "list of runs": lambda: runs.recent_runs(lake),
        "head of the report": lambda: runs.report_head(lake, "run-1"),
        "counts by severity": lambda: findings.by_severity(lake, run),
        "first page, worst first": lambda: findings.page(lake, run, pieces, "severity", 25, 0),
        "page 4,000": lambda: findings.page(lake, run, pieces, "severity", 25, 100_000),
        "first lines of a page": lambda: evidence.first_lines(lake, "run-1", prints),
        "facets, no filter": lambda: findings.facets(lake, run, pieces),
        "facets of a rule": lambda: findings.facets(lake, dup, pieces),
        "count of a source": lambda: findings.count(lake, source, pieces),
        "page of a source": lambda: findings.page(lake, source, pieces, "severity", 25, 0),
        "words in excerpts": lambda: findings.count(lake, Wanted("run-1", text="bond 377 is")),
        "one finding": lambda: findings.one(lake, "run-1", prints[7]),
        "its lines": lambda: evidence.lines(lake, "run-1", prints[7], 20),
        "its neighbours": lambda: findings.neighbours(lake, run, pieces, "severity", prints[7]),
        "matrix of suites": lambda: evidence.overlaps(lake, "run-1"),
        "rows with findings": lambda: entries.page(lake, "run-1", pieces[0], marked=True, limit=25, offset=0),
    }


def timed(ask: Callable[[], object]) -> tuple[float, float]:
    """(best wall, CPU seconds of that turn) of some turns."""
    turns = []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        ask()
        turns.append((time.perf_counter() - wall, time.process_time() - cpu))
    return min(turns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--findings", type=int, default=2_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / ".govern")
        with open_lake(place, create=True) as lake:
            fill(lake, given.rows, given.findings)
        with open_lake(place, read_only=True) as lake:
            print(f"{given.rows:,} rows, {given.findings:,} findings\n")
            print("| question | seconds | CPU seconds |\n|---|---:|---:|")
            for name, ask in questions(lake).items():
                wall, cpu = timed(ask)
                print(f"| {name} | {wall:.3f} | {cpu:.3f} |", flush=True)
            one = findings.page(lake, Wanted("run-1"), (), "severity", 1, 0)[0].fingerprint
        print("\n" + table(measured(Path(folder), one)))


if __name__ == "__main__":
    main()
