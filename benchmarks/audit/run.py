"""Prints what a default audit costs at growing numbers of rows, as a Markdown table.

    python -m benchmarks.audit.run                                # 10k, 100k and 1M rows, about 1 GB of disk
    python -m benchmarks.audit.run --sizes 10000 100000 --repeat 3

Each audit is the real command, `govern audit ROWS --eval SUITE`, in a fresh process with a fresh lake. CPU
seconds are user and system time of that process and its children; with several repeats the median is shown.
Peak memory is the largest resident set of any one process of the audit, as the kernel counts it. Goals: one
million rows within 2 GB at 10,000 rows a CPU second, and a cost per row at one million of at most 1.3 times
that at 100,000.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# This process imports nothing large: until it calls exec, a child counts its parent's memory as its own peak.

SIZES = (10_000, 100_000, 1_000_000)
REFERENCE = 100_000
MOST_MEMORY, MOST_RATIO, LEAST_ROWS = 2e9, 1.3, 10_000
WARM_UP = 2_000
TIMINGS = "import json, sys; print(json.dumps(json.load(open(sys.argv[1]))['run']['timings']))"
"""In a process of its own, since a report of many findings is large."""
FINISHED = (0, 1)  # verdicts pass and fail; anything else means the audit did not run to its end


@dataclass(frozen=True)
class Cost:
    """What one audit took: seconds, and bytes of memory."""

    rows: int
    size: int  # bytes of the data file
    wall: float
    cpu: float
    memory: int
    timings: Mapping[str, float] = field(default_factory=dict)  # CPU seconds by mapper and rule

    @property
    def per_row(self) -> float:
        """Microseconds of CPU a row."""
        return self.cpu / self.rows * 1e6


def make_data(folder: Path, rows: int) -> tuple[Path, Path]:
    """(data file, suite); made in a process of its own unless they are there from an earlier run."""
    data, suite = folder / f"rows-{rows}.parquet", folder / "bench-suite.jsonl"
    if not (data.exists() and suite.exists()):
        made = ["--rows", str(rows), "--out", str(data), "--suite", str(suite)]
        subprocess.run([sys.executable, "-m", "benchmarks.audit.make_rows", *made], check=True)
    return data, suite


def measure(data: Path, suite: Path, rows: int, options: Sequence[str]) -> Cost:
    """The cost of one audit in a fresh process and a fresh lake.

    Raises:
        RuntimeError: the audit ended with another code than that of a verdict.
    """
    with tempfile.TemporaryDirectory(dir=data.parent) as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "ui.cli", "--lake", str(Path(scratch) / "lake"), "--no-progress"]
        command += ["audit", str(data), "--eval", str(suite), "-f", "json", "-o", str(report), *options]
        started = time.monotonic()
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        code = child.returncode = os.waitstatus_to_exitcode(status)
        if code not in FINISHED:
            raise RuntimeError(f"exit code {code}: {' '.join(command)}\n{said[-2000:]}")
        timings = json.loads(subprocess.check_output([sys.executable, "-c", TIMINGS, str(report)]))
    cpu = used.ru_utime + used.ru_stime
    return Cost(rows, data.stat().st_size, wall, cpu, used.ru_maxrss * 1024, timings)


def median(costs: Sequence[Cost]) -> Cost:
    """The middle of several audits of the same data, by CPU; memory is the largest of them."""
    cpu = statistics.median_low([cost.cpu for cost in costs])
    middle = next(cost for cost in costs if cost.cpu == cpu)
    memory = max(cost.memory for cost in costs)
    return Cost(middle.rows, middle.size, middle.wall, cpu, memory, middle.timings)


def table(costs: Sequence[Cost]) -> str:
    """The costs as a Markdown table, the ratio to the reference size in the last column."""
    reference = next((cost.per_row for cost in costs if cost.rows == REFERENCE), None)
    lines = [
        "| rows | CPU s | wall s | rows / CPU s | CPU us / row | to 100k | peak memory |",
        "|" + "--:|" * 7,
    ]
    for cost in costs:
        ratio = f"{cost.per_row / reference:.2f}" if reference else "-"
        cells = (f"{cost.rows:,}", f"{cost.cpu:.1f}", f"{cost.wall:.1f}", f"{cost.rows / cost.cpu:,.0f}")
        lines.append(
            "| " + " | ".join([*cells, f"{cost.per_row:.0f}", ratio, f"{cost.memory / 1e6:,.0f} MB"]) + " |"
        )
    return "\n".join(lines)


def by_part(cost: Cost) -> str:
    """What each mapper (one pass over the rows) and each rule (its reduction) took, the dearest first."""
    lines = [f"| part, {cost.rows:,} rows | CPU s | us / row |", "|---|--:|--:|"]
    rest = cost.cpu - sum(cost.timings.values())
    parts = sorted(cost.timings.items(), key=lambda pair: -pair[1])
    for name, seconds in [*parts, ("reading, evidence, lake, start", rest)]:
        lines.append(f"| {name} | {seconds:.2f} | {seconds / cost.rows * 1e6:.2f} |")
    return "\n".join(lines)


def goals(costs: Sequence[Cost]) -> list[str]:
    """What the goals say about the largest size, where it and the reference were both measured."""
    by_size = {cost.rows: cost for cost in costs}
    if not {max(SIZES), REFERENCE} <= by_size.keys():
        return []
    largest = by_size[max(SIZES)]
    ratio = largest.per_row / by_size[REFERENCE].per_row
    checks = [
        (
            f"{largest.rows / largest.cpu:,.0f} rows per CPU s, goal 10,000",
            largest.rows / largest.cpu >= LEAST_ROWS,
        ),
        (f"memory at 1M rows {largest.memory / 1e9:.2f} GB, goal 2 GB", largest.memory <= MOST_MEMORY),
        (f"cost per row at 1M rows {ratio:.2f} x that at 100k, goal 1.3", ratio <= MOST_RATIO),
    ]
    return [f"- {'met' if met else 'NOT MET'}: {words}" for words, met in checks]


def machine() -> str:
    """The machine and the versions, one line."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    processor = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    return f"{processor}, {os.cpu_count()} CPUs, Python {platform.python_version()}, load {load}"


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text("utf-8").splitlines() if file.exists() else []


def main() -> int:
    """Measure every size and print the table; 1 where a goal was not met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="ROWS")
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()) / "govern-benchmark")
    parser.add_argument("options", nargs="*", help="further options of `govern audit`, behind --")
    given = parser.parse_args()
    given.dir.mkdir(parents=True, exist_ok=True)
    measure(
        *make_data(given.dir, WARM_UP), WARM_UP, given.options
    )  # compiles what is compiled once a machine
    costs = []
    for rows in sorted(given.sizes):
        data, suite = make_data(given.dir, rows)
        runs = [measure(data, suite, rows, given.options) for _ in range(given.repeat)]
        costs.append(median(runs))
        print(f"{rows:,} rows: {costs[-1].cpu:.1f} CPU s", file=sys.stderr)
    met = goals(costs)
    print("\n".join([machine(), "", table(costs), "", by_part(costs[-1]), "", *met]))
    return int(any("NOT" in line for line in met))


if __name__ == "__main__":
    sys.exit(main())
