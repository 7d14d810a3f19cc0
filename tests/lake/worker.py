"""Writes to a lake and says so: `python -m tests.lake.worker LOCATION NAME FIRST COUNT [ROWS]`.

Each commit is one audit with a new dataset version of ROWS entries. A line `ack N` follows each commit that
came back; whoever kills this process knows from the lines which commits must be there.
"""

from __future__ import annotations

import sys

from governance.lake import open_lake
from governance.lake.audits import commit_audit
from governance.lake.datasets import stage_version
from tests.lake.builders import audit_report, dataset_record, many_entries

ROWS = 200


def main(location: str, name: str, first: str, count: str, rows: str = str(ROWS)) -> None:
    with open_lake(location) as lake:
        print("open", flush=True)
        for n in range(int(first), int(first) + int(count)):
            commit_one(lake, name, n, int(rows))
            print(f"ack {n}", flush=True)


def commit_one(lake, name: str, n: int, rows: int) -> None:
    """Audit number n of the dataset: a version of its own, and a report with 20 findings."""
    with stage_version(lake, name) as staged:
        staged.write_entries(many_entries(rows, seed=n))
        record = dataset_record(name, [f"{name} {n}"], rows=rows)
        commit_audit(lake, audit_report(f"{name}-{n:05}", record, findings=20), [staged])


if __name__ == "__main__":
    main(*sys.argv[1:])
