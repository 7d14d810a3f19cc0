"""Near-duplicates end to end, this project beside its peers: same machine, same run, fresh process each.

    python -m venv peers && peers/bin/pip install -r benchmarks/neardup/requirements.txt
    python -m benchmarks.neardup.compare DATA --peers peers/bin/python

DATA is a folder with en50k.parquet and zh20k.parquet and their truth. Every tool reads the Parquet file, groups the
documents and writes the groups. Counted are CPU seconds (user and system, with child processes), since wall time on a
shared machine says little, and the peaks of resident memory over the process tree, looked at every 20 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow.parquet as pq

from benchmarks.neardup.corpus import build
from benchmarks.neardup.quality import Quality, quality

TOOLS = Path(__file__).parent / "tools"
OURS = "govern"
PEERS = ("daft", "gaoya", "rensa", "datasketch", "text_dedup")
LARGER = {"en200k": "en50k", "zh80k": "zh20k"}
"""Corpora made here from a smaller one, so that the start of a process weighs less."""
SLOW = frozenset({"datasketch", "text_dedup"})
"""Run once: minutes each on the large corpus."""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    cpu: float  # seconds
    peak: float  # MB


class Skipped(Exception):
    """Why a tool was not measured."""


def measured(python: str, tool: str, corpus: Path, result: Path) -> Cost:
    """The cost of one run in a fresh process."""
    command = [python, str(TOOLS / f"run_{tool}.py"), str(corpus), str(result)]
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "DAFT_ANALYTICS_ENABLED": "0",
    }
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=environment)
        peak = _Peak(process.pid)
        peak.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak.over.set()
        peak.join()
        if status:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines()
            raise Skipped(lines[-1] if lines else f"exit {process.returncode}")
    return Cost(
        usage.ru_utime + usage.ru_stime, peak.bytes / 1e6
    )  # ru_maxrss has what this process held at the fork


class _Peak(threading.Thread):
    """Watches the resident memory of a process and its children."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.over = threading.Event()
        self.bytes = 0

    def run(self) -> None:
        """Looks every 20 ms until `over`."""
        while not self.over.wait(0.02):
            try:
                tree = [self.process, *self.process.children(recursive=True)]
                self.bytes = max(self.bytes, sum(_most(p.pid) for p in tree))
            except (psutil.Error, OSError):
                continue


def _most(pid: int) -> int:
    """The most resident memory a process has had so far, as the kernel counts it; 0 for one that has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    lines = (line.split() for line in status.splitlines())
    return next((int(words[1]) * 1024 for words in lines if words[:1] == ["VmHWM:"]), 0)


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    tool: str
    documents: int
    megabytes: float
    costs: tuple[Cost, ...]
    quality: Quality

    def cells(self) -> Iterator[str]:
        """The row's cells."""
        seconds = [cost.cpu for cost in self.costs]
        middle = statistics.median(seconds)
        yield self.tool
        yield " ".join(f"{s:.2f}" for s in seconds)
        yield f"{self.documents / middle:,.0f}"
        yield f"{self.megabytes / middle:.1f}"
        yield f"{max(cost.peak for cost in self.costs):,.0f}"
        yield f"{self.quality.recall:.4f}"
        yield f"{self.quality.precision:.4f}"
        ours = self.quality.drifted >= 0
        yield f"{self.quality.pairs:.4f}, {self.quality.drifted} below" if ours else "-"
        yield f"{self.quality.largest:,}"


HEAD = (
    "tool",
    "CPU s",
    "documents / CPU s",
    "MB / CPU s",
    "peak MB",
    "recall",
    "precision",
    "verified",
    "largest",
)


def compare(corpus: Path, runs: int, pythons: dict[str, str]) -> None:
    """Prints the table of one corpus."""
    file = pq.ParquetFile(corpus)
    documents = file.metadata.num_rows
    texts = pq.read_table(corpus, columns=["text"]).column("text")
    megabytes = sum(len(chunk.buffers()[-1]) for chunk in texts.chunks) / 1e6
    print(f"\n### {corpus.stem}: {documents:,} documents, {megabytes:.1f} MB of text\n")
    print("| " + " | ".join(HEAD) + " |")
    print("|---|" + "---:|" * (len(HEAD) - 1))
    for tool, python in pythons.items():
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder) / "result.npz"
            try:
                times = 1 if tool in SLOW else runs
                costs = tuple(measured(python, tool, corpus, result) for _ in range(times))
                line = Line(tool, documents, megabytes, costs, quality(result, corpus))
            except Skipped as reason:
                print(f"| {tool} | not measured: {reason} |" + " |" * (len(HEAD) - 2))
                continue
        print("| " + " | ".join(line.cells()) + " |", flush=True)


def machine() -> str:
    """What the figures were measured on."""
    model = next(
        (
            x.split(":")[1].strip()
            for x in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in x
        ),
        "?",
    )
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GB, Python {sys.version.split()[0]}, load {load}"


def main(arguments: Sequence[str] | None = None) -> None:
    """The comparison, as the command line asks for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", default="", help="Python of the environment the peers are installed in")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--corpora", default="en50k,zh20k,en200k,zh80k")
    parser.add_argument("--tools", default=",".join((OURS, *PEERS)))
    asked = parser.parse_args(arguments)
    pythons = {t: sys.executable if t == OURS else asked.peers for t in asked.tools.split(",")}
    pythons = {tool: python for tool, python in pythons.items() if python}
    print(f"{machine()}, {time.strftime('%Y-%m-%d')}, medians of {asked.runs}")
    with tempfile.TemporaryDirectory() as folder:
        if (
            OURS in pythons
        ):  # compiled code is kept on disk; making it, once a machine, is not what is compared
            small = Path(folder) / "small.parquet"
            pq.write_table(pq.read_table(asked.data / "zh20k.parquet").slice(0, 100), small)
            measured(pythons[OURS], OURS, small, Path(folder) / "small.npz")
        for name in asked.corpora.split(","):
            corpus = asked.data / f"{name}.parquet"
            if name in LARGER:
                corpus = Path(folder) / f"{name}.parquet"
                build(asked.data / f"{LARGER[name]}.parquet", corpus)
            compare(corpus, asked.runs, pythons)


if __name__ == "__main__":
    main()
