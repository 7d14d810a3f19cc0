"""What was measured of each label: items, how many were solved, and how many rows there are."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from governance.errors import ConfigError, NotFound, UsageError
from governance.safe_text import brief

if TYPE_CHECKING:
    from governance.lake import Lake

LARGEST_FILE = 64 << 20  # bytes
COLUMNS = "columns are: label, items, passed or pass_at_1, and if you like rows, available, target, best"
UNLABELLED = (
    "`govern label FILE -o LABELLED` labels items; evaluate these, or name a table of label, items, passed"
)
Scored = Literal["strict", "official"]
"""Whose score of an item counts."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Measured(BaseModel):
    """One label's measurement.

    Attributes:
        label: the label, as `scene/task`; empty for items without one.
        items: evaluation items of the label.
        passed: how many were solved; with several answers to an item, the sum of the shares that were right.
        pass_at_1: the same over `items`; either may be given.
        rows: rows of the label in the split that the model was trained on; where absent, what the history says.
        available: rows of the label that can be had in all; where absent, as many as are asked for.
        target: what pass@1 shall be; where absent, see `allocation.Settings`.
        best: the best pass@1 known of any model, from which a target is made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Annotated[str, Field(max_length=1_000)]
    items: Annotated[int, Field(ge=0)]
    passed: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    pass_at_1: Share | None = None
    rows: Annotated[int, Field(ge=0)] | None = None
    available: Annotated[int, Field(ge=0)] | None = None
    target: Share | None = None
    best: Share | None = None

    @model_validator(mode="after")
    def _measured_once(self) -> Measured:
        if self.passed is None and self.pass_at_1 is None and self.items:
            raise ValueError("neither passed nor pass_at_1 is given")
        if self.passed is not None and self.pass_at_1 is not None:
            raise ValueError("both passed and pass_at_1 are given")
        if self.passed is not None and self.passed > self.items:
            raise ValueError("more items are passed than there are")
        return self

    @property
    def rate(self) -> float | None:
        """p_t = Pass@1(t) (17); None where no item was measured."""
        if not self.items:
            return None
        return self.pass_at_1 if self.passed is None else self.passed / self.items


def read_measures(path: Path) -> tuple[Measured, ...]:
    """The measurements of a CSV file with a head line, or of a JSON file that holds a list of objects.

    Raises:
        ConfigError: the file cannot be read, or a line of it makes no sense; the line is named.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError(
                f"the file is larger than {LARGEST_FILE >> 20} MiB", where=str(path), hint=COLUMNS
            )
        text = path.read_bytes().decode("utf-8-sig")
        entries = _json(text) if path.suffix == ".json" else _csv(text)
    except OSError as error:
        raise ConfigError(
            f"the measurements cannot be read: {error.strerror}", where=str(path), hint="check the path"
        ) from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise ConfigError(f"not valid CSV or JSON: {error}", where=str(path), hint=COLUMNS) from error
    return checked([_measured(entry, f"{path}: entry {n}") for n, entry in enumerate(entries, 1)], str(path))


def measured_in(lake: Lake, names: Sequence[str], score: Scored, *, count_rows: bool) -> tuple[Measured, ...]:
    """The measurements of evaluations in the lake, by the labels of their items.

    Items of several evaluations are put together. Only scored items count. Where the model is the checkpoint of a
    training run whose split the lake has, the rows of each label in its part for training are told too.

    Args:
        names: ids of evaluations, unique beginnings of one, or `latest`.
        score: whose scores: strict or official.
        count_rows: tell the rows of each label; not where the loop counts tokens.

    Raises:
        UsageError: no item has such a score, or none of those that do has a label, or the evaluations are of different
            training runs.
    """
    import polars as pl

    from governance.lake.evaluations import find_evaluation, load_result_table

    found = [find_evaluation(lake, name) for name in dict.fromkeys(names)]
    runs = {one.model.run for one in found}
    if len(runs) > 1:
        hint = "evaluate one model, and name its evaluations only"
        raise UsageError("the evaluations are of different training runs", where=", ".join(names), hint=hint)
    tables = [load_result_table(lake, one.id).select(["label", "state", score]) for one in found]
    items = pl.DataFrame(pl.from_arrow(pa.concat_tables(tables))).filter(state="scored").drop_nulls(score)
    if items.is_empty():
        raise UsageError(
            f"no item has a score of kind {score}", where=", ".join(names), hint="`govern eval` scores items"
        )
    if (items["label"].fill_null("") == "").all():
        what = f"none of the {len(items):,} items with a score has a label, so there is nothing to share a budget among"
        raise UsageError(what, where=", ".join(names), hint=UNLABELLED)
    counts = items.group_by(pl.col("label").fill_null("")).agg(pl.len(), pl.col(score).sum()).sort("label")
    rows = _rows_by_label(lake, runs.pop()) if count_rows else None
    return tuple(
        Measured(label=label, items=n, passed=passed, rows=None if rows is None else rows.get(label, 0))
        for label, n, passed in counts.rows()
    )


def _rows_by_label(lake: Lake, run: str) -> dict[str, int] | None:
    """Rows for training of each label in the split of a run; None where the lake does not know."""
    import polars as pl

    from governance.lake.splits import find_split, load_members
    from governance.lake.trainings import find_training, load_record

    try:
        record = load_record(lake, find_training(lake, run).run) if run else None
        split = find_split(lake, record.split) if record is not None else None
    except NotFound:
        return None
    if split is None:
        return None
    members = pl.DataFrame(pl.from_arrow(load_members(lake, split).select(["part", "label"])))
    counts = members.filter(part="train").group_by(pl.col("label").fill_null("")).agg(pl.len())
    return dict(counts.rows())


def checked(found: Sequence[Measured], where: str) -> tuple[Measured, ...]:
    """The measurements, each label once; ConfigError where one is named twice."""
    twice = [label for label, n in Counter(one.label for one in found).items() if n > 1]
    if twice:
        raise ConfigError(f"label {brief(twice[0], 100)!r} is measured twice", where=where, hint=COLUMNS)
    return tuple(found)


def _json(text: str) -> list[Any]:
    values = json.loads(text)
    if not isinstance(values, list):
        raise ValueError("not a list of objects")
    return values


def _csv(text: str) -> list[Any]:
    """One object a line; empty cells are absent."""
    lines = csv.DictReader(io.StringIO(text), restkey="beyond the last column")
    return [{k: v for k, v in line.items() if v or k == "label"} for line in lines]


def _measured(entry: Any, where: str) -> Measured:
    try:
        return Measured.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        words = f"{place}: {first['msg']}" if place else first["msg"]
        raise ConfigError(words, where=where, hint=COLUMNS) from error
