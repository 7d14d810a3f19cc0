"""A dataset with its labels: the rows as they came, and three columns more.

Rows are written as they are read, a batch at a time. JSON records keep their text: the three keys are put before the
closing brace. The file is whole or not there.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa

from governance.census import unreadable
from governance.errors import InputError, UsageError
from governance.findings import empty_evidence, empty_findings
from governance.labels.counts import counted, label_counts
from governance.labels.labeller import LABELS, Labeller
from governance.readers import ReadOptions, Source, open_source
from governance.report import LabelCount
from governance.spill import Spill

COLUMNS = {"label": "govern_label", "confidence": "govern_label_confidence", "basis": "govern_label_basis"}
"""Column of `LABELS` -> column of the file."""
MEMORY = 64 << 20
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class LabelRequest:
    """What to label, and where to write it (None: only count).

    The name of `output` tells the format: .parquet, or .jsonl and .ndjson.
    """

    dataset: str
    read: ReadOptions = field(default_factory=ReadOptions)
    output: Path | None = None


@dataclass(frozen=True)
class Labelled:
    """What was labelled.

    Attributes:
        rows: rows that could be read; `unreadable` rows are neither counted nor written.
        counts: rows by label, most rows first; empty where no row has a label.
    """

    rows: int
    unreadable: int
    counts: tuple[LabelCount, ...]
    notes: tuple[str, ...]


class Writer(Protocol):
    """Takes rows and their labels."""

    def write(self, rows: pa.Table, labels: pa.Table) -> None:
        """Write the rows of a batch, each with its label."""
        ...

    def close(self) -> None:
        """No more rows will come."""
        ...


def label_dataset(
    request: LabelRequest, labeller: Labeller, progress: Progress = lambda words, done, total: None
) -> Labelled:
    """Label every row of a dataset, and write the rows where an output is named.

    Raises:
        GovernError: the input cannot be read, or its rows cannot be written in that format; nothing is written then.
    """
    source = open_source(request.dataset, replace(request.read, keep_original=request.output is not None))
    rows = missed = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="govern-label-")))
        kept = Spill(folder / "labels.arrow", MEMORY)
        writer = stack.enter_context(_writing(request.output, source)) if request.output else None
        for batch in source.batches():
            labels = labeller.label(batch)
            kept.add(counted(batch, labels))
            if writer is not None and batch.original is not None:
                writer.write(batch.original, labels)
            rows, missed = rows + len(batch), missed + unreadable(batch)
            progress("labelling", rows + missed, source.total_rows())
        counts = label_counts(kept, empty_findings(), empty_evidence())
    return Labelled(rows, missed, counts, source.notes)


@contextmanager
def _writing(output: Path, source: Source) -> Iterator[Writer]:
    """The writer of the format that the file's name tells; the file appears when everything is written."""
    make = _maker(output, source)
    folder = output.resolve().parent
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=str(folder), hint="create it, or name another file")
    with tempfile.NamedTemporaryFile(prefix=".govern-", suffix=".part", dir=folder, delete=False) as out:
        part = Path(out.name)
        try:
            writer = make(out)
            try:
                yield writer
            finally:
                writer.close()
            out.flush()
            part.chmod(0o644)
            part.replace(output.resolve())
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _maker(output: Path, source: Source) -> Callable[[IO[bytes]], Writer]:
    taken = sorted(set(COLUMNS.values()) & source.plan.present)
    if taken:
        hint = "label the file this one was made from"
        raise UsageError(f"the data have a column {taken[0]!r} already", where=source.uri, hint=hint)
    if output.suffix in {".jsonl", ".ndjson"}:
        return JsonLines if source.json else TableLines
    if output.suffix != ".parquet":
        raise UsageError(
            f"{output.suffix or output.name!r} tells no format",
            where="--output",
            hint="name it .parquet or .jsonl",
        )
    if source.json:
        hint = "name the output .jsonl"
        raise UsageError("records of JSON have no fixed columns for Parquet", where="--output", hint=hint)
    return ParquetRows


def labelled(rows: pa.Table, labels: pa.Table) -> pa.Table:
    """The rows with the three columns."""
    for own, name in COLUMNS.items():
        rows = rows.append_column(name, labels.column(own))
    return rows


class ParquetRows:
    """Rows as Parquet, in the schema they came with."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._writer: Any = None

    def write(self, rows: pa.Table, labels: pa.Table) -> None:
        """Write a batch; InputError where its columns are not those of the first."""
        import pyarrow.parquet as pq

        table = labelled(rows, labels)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._out, table.schema, compression="zstd")
        if not table.schema.equals(self._writer.schema):
            hint = "label each file by itself"
            raise InputError("the files have different columns", where="--output", hint=hint)
        self._writer.write_table(table)

    def close(self) -> None:
        """Write the footer; a file of no rows where none came."""
        if self._writer is None:
            self.write(pa.table({}), LABELS.empty_table())
        self._writer.close()


class TableLines:
    """Rows of columns as JSON lines."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, rows: pa.Table, labels: pa.Table) -> None:
        """Write a batch; InputError where a column has no JSON form."""
        import polars as pl

        try:
            made: Any = pl.from_arrow(labelled(rows, labels))
            made.write_ndjson(self._out)
        except (pl.exceptions.PolarsError, pa.ArrowException, pl.exceptions.PanicException) as error:
            hint = "write Parquet instead"
            raise InputError("a column cannot be written as JSON", where="--output", hint=hint) from error

    def close(self) -> None:
        """Nothing is left to write."""


class JsonLines:
    """Records of JSON with three keys more; their own text stays as it is, on one line."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, rows: pa.Table, labels: pa.Table) -> None:
        """Write a batch."""
        import polars as pl

        made: Any = pl.from_arrow(rows.select(["json"]).append_column("label", labels.column("label")))
        named = made.get_column("label").unique().to_list()
        spelt = pl.DataFrame({"label": named, "value": [json.dumps(n, ensure_ascii=False) for n in named]},
                             {"label": pl.String, "value": pl.String})  # fmt: skip
        others: Any = pl.from_arrow(labels.select(["confidence", "basis"]))
        frame = made.join(spelt, on="label", how="left", nulls_equal=True, maintain_order="left").hstack(
            others
        )
        # A line break inside a string is escaped in JSON, so one that stands bare is white space.
        record = pl.col("json").str.replace_all(r"\s*[\r\n]\s*", " ").str.strip_chars().str.strip_suffix("}")
        record = record.str.strip_chars_end()
        comma = pl.when(record.str.ends_with("{")).then(pl.lit("")).otherwise(pl.lit(", "))
        confidence = pl.col("confidence").cast(pl.Float64).round(4).cast(pl.String)
        values = (pl.col("value"), confidence, pl.format('"{}"', "basis"))
        tail = [
            pl.format('"{}": {}', pl.lit(name), value)
            for name, value in zip(COLUMNS.values(), values, strict=True)
        ]
        closed = pl.concat_str(record, comma, pl.concat_str(tail, separator=", "), pl.lit("}"))
        lines = frame.select(closed).to_series().to_list()
        self._out.write("".join(f"{line}\n" for line in lines).encode())

    def close(self) -> None:
        """Nothing is left to write."""
