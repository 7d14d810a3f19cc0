"""Ingest: a dataset becomes a version in the lake, rows and all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from governance.audit import Progress, entries, silent
from governance.census import Count
from governance.errors import UsageError
from governance.lake import Lake
from governance.lake.datasets import DatasetVersion, Defaults, StagedVersion, commit_version, stage_version
from governance.readers import ReadOptions, Source, open_source
from governance.samples import SampleBatch


@dataclass(frozen=True)
class IngestRequest:
    """What to keep, and what is true of all of it.

    Attributes:
        name: what the lake calls it; by default the name of the file or folder.
        defaults: licence, source and label of rows that do not say themselves.
    """

    dataset: str
    name: str | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    defaults: Defaults = field(default_factory=Defaults)


@dataclass(frozen=True)
class Ingested:
    """A version in the lake, and what its reader could not take as it stood.

    Attributes:
        problems: rows by rule, e.g. {"INP001": 3}; `govern audit` names them one by one.
    """

    version: DatasetVersion
    problems: Mapping[str, int]


def ingest(request: IngestRequest, lake: Lake, progress: Progress = silent) -> Ingested:
    """Read the dataset and keep its rows; the same content again is the same version.

    Raises:
        GovernError: the input or the lake cannot be used; nothing is kept then.
        UsageError: there is no row at all.
    """
    source = open_source(request.dataset, replace(request.read, keep_original=True))
    name = request.name or source.name
    problems: Counter[str] = Counter()
    with stage_version(lake, name, request.defaults) as staged:
        staged.keep_rows()
        count = Count(0)
        for batch in source.batches():
            _keep(batch, staged)
            count.add(batch)
            problems.update(_by_rule(batch))
            progress("reading", count.rows, source.total_rows())
        if not count.rows:
            raise UsageError(
                "there is no row to keep", where=request.dataset, hint="check that this is the data file"
            )
        progress("writing to the lake", 0, None)
        version = commit_version(lake, staged, count.record(source, name))
    return Ingested(version, dict(sorted(problems.items())))


def plan_ingest(request: IngestRequest) -> tuple[Source, str]:
    """The source and the name an ingest would use; nothing is read or written."""
    source = open_source(request.dataset, request.read)
    return source, request.name or source.name


def _keep(batch: SampleBatch, staged: StagedVersion) -> None:
    if not len(batch):
        return
    staged.write_entries(entries(batch))
    if batch.original is not None:
        for start, end in runs(batch.rows):
            staged.write_rows(int(batch.rows[start]), batch.original.slice(start, end - start))


def runs(rows: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """(start, end) of each run of consecutive row numbers; an unreadable row leaves a gap between two."""
    cuts = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
    return list(pairwise(cuts))


def _by_rule(batch: SampleBatch) -> dict[str, int]:
    counts = pc.value_counts(batch.problems.column("rule"))
    return {entry["values"].as_py(): entry["counts"].as_py() for entry in counts}
