"""Small makers of data files and of what a reader should say about them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import zstandard

from governance.readers import ReadOptions, Source, open_source
from governance.samples import PROBLEMS, SAMPLES, hex_ids

Row = Mapping[str, Any]


def jsonl(rows: Sequence[Row], **kwargs: Any) -> bytes:
    """Rows as JSON lines."""
    return b"".join(json.dumps(row, **kwargs).encode("utf-8", "surrogatepass") + b"\n" for row in rows)


def write(path: Path, rows: Sequence[Row]) -> Path:
    """Rows in the format the path's name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(jsonl(rows)))
    elif name.endswith(".zst"):
        path.write_bytes(zstandard.compress(jsonl(rows)))
    elif name.endswith(".jsonl"):
        path.write_bytes(jsonl(rows))
    elif name.endswith(".json"):
        path.write_text(json.dumps(rows, indent=2, ensure_ascii=False), "utf-8")
    elif name.endswith((".csv", ".tsv")):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(
                file, list(rows[0]), delimiter="\t" if name.endswith("v") and "t" in name[-3:] else ","
            )
            writer.writeheader()
            writer.writerows(rows)
    else:
        write_table(path, pa.Table.from_pylist(list(rows)))
    return path


def write_table(path: Path, table: pa.Table, **kwargs: Any) -> Path:
    """A table as Parquet, Arrow file or Arrow stream."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(table, path, **kwargs)
    elif path.suffix == ".stream":
        with ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)
    else:
        with ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
    return path


def everything(source: Source) -> tuple[pa.Table, pa.Table]:
    """(SAMPLES, PROBLEMS) of all batches."""
    batches = list(source.batches())
    samples = pa.concat_tables([SAMPLES.empty_table(), *(b.table for b in batches)])
    return samples, pa.concat_tables([PROBLEMS.empty_table(), *(b.problems for b in batches)])


def samples_of(path: Path | str, **options: Any) -> pa.Table:
    """SAMPLES of a file."""
    return everything(open_source(str(path), ReadOptions(**options)))[0]


def conversations(path: Path | str, **options: Any) -> list[list[tuple[str, str]]]:
    """The turns of each row as (role, content)."""
    column = samples_of(path, **options).column("conversation").to_pylist()
    return [[(turn["role"], turn["content"]) for turn in turns] for turns in column]


def problems(path: Path | str, **options: Any) -> list[tuple[int, int, str]]:
    """(row, line, rule) of each problem."""
    table = everything(open_source(str(path), ReadOptions(**options)))[1]
    return [(p["row"], p["line"], p["rule"]) for p in table.to_pylist()]


def ids(path: Path | str, **options: Any) -> list[str]:
    """The sample ids in reading order."""
    source = open_source(str(path), ReadOptions(**options))
    return [name for b in source.batches() for name in hex_ids(b.sample_ids).to_pylist()]
