"""Writes the demonstration set: a data file, an evaluation set and the key to what was planted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from governance.demo.bench import Bench, Draft
from governance.demo.clean import clean_rows
from governance.demo.evaluation import SUITE, as_lines, items
from governance.demo.faults import FAULTS, HARD_NEGATIVES, Fault
from governance.demo.grammar import generator
from governance.demo.key import FaultKey, HardNegative, Planted, as_json
from governance.demo.rows import Row, table
from governance.errors import UsageError

SMALLEST = 600  # rows below which too few would be left without a fault
PLANTED = 183  # rows that planting adds; the rest of the set is composed anew
ROW_GROUP = 500


@dataclass(frozen=True)
class DemoFiles:
    """Where the three files are."""

    dataset: Path
    suite: Path
    key: Path


def files_in(folder: Path) -> DemoFiles:
    """Where the files of the demonstration set are in a folder, there or not."""
    return DemoFiles(folder / "demo-finance.parquet", folder / f"{SUITE}.jsonl", folder / "demo-key.json")


def write_demo(folder: Path, seed: int = 7, rows: int = 2000) -> DemoFiles:
    """The files of the demonstration set in `folder`, equal byte for byte for equal arguments.

    Args:
        folder: created if it is not there; files of the same names are replaced.
        seed: decides texts, figures, faults and the order of rows.
        rows: rows of the data file, at least 600.

    Raises:
        UsageError: fewer rows than the faults need.
    """
    found, key = make(seed, rows)
    folder.mkdir(parents=True, exist_ok=True)
    files = files_in(folder)
    pq.write_table(table(found), files.dataset, compression="zstd", row_group_size=ROW_GROUP)
    files.suite.write_text(as_lines(items(seed)), "utf-8", newline="\n")
    files.key.write_text(as_json(key), "utf-8", newline="\n")
    return files


def make(seed: int, rows: int) -> tuple[list[Row], FaultKey]:
    """(rows in file order, the key)."""
    if rows < SMALLEST:
        raise UsageError(
            f"{rows} rows cannot hold the planted faults", where="rows", hint=f"use {SMALLEST} or more"
        )
    bench = Bench(clean_rows(rows - PLANTED, seed), items(seed), generator(seed, "bench"))
    planted = [(fault, _plant(fault, bench, seed)) for fault in (*FAULTS, *HARD_NEGATIVES)]
    ordered = bench.rows
    generator(seed, "order").shuffle(ordered)
    place = {row.key: number for number, row in enumerate(ordered)}
    faults = tuple(_placed(fault, d, place) for fault, drafts in planted for d in drafts if fault.rule)
    decoys = tuple(
        HardNegative(fault.kind, tuple(sorted(place[k] for d in drafts for k in d.rows)))
        for fault, drafts in planted
        if not fault.rule
    )
    return ordered, FaultKey(seed, len(ordered), faults, decoys)


def _plant(fault: Fault, bench: Bench, seed: int) -> list[Draft]:
    return fault.plant(bench, generator(seed, f"faults/{fault.kind}"))


def _placed(fault: Fault, draft: Draft, place: dict[int, int]) -> Planted:
    rows = tuple(sorted(place[key] for key in draft.rows))
    peer = f"row:{place[draft.peer]}" if isinstance(draft.peer, int) else draft.peer
    return Planted(fault.kind, fault.rule, rows, peer, draft.also, fault.finding)
