"""Why a row is in a split, or is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from governance.curation.record import STEPS, SplitRecord
from governance.errors import NotFound, UsageError, did_you_mean
from governance.lake import Lake
from governance.lake.splits import find_rows

SAMPLE = re.compile(r"[0-9a-f]{8,64}")
ROW = re.compile(r"(?:(?P<dataset>[^:]+):)?(?P<row>\d{1,18})")


@dataclass(frozen=True)
class Answer:
    """What became of one row.

    Attributes:
        part: train or holdout; empty where it was left out.
        step: where it was left out; empty for a member.
        finding: fingerprint of the finding that speaks of it.
        decision: what of the policy decided it.
        stands, stands_at: for a duplicate, the sample that stands for it, and where that is: NAME@VERSION and row.
    """

    dataset: str
    row: int
    sample_id: str
    part: str = ""
    weight: float = 0.0
    label: str = ""
    redacted: bool = False
    step: str = ""
    rule: str = ""
    finding: str = ""
    decision: str = ""
    stands: str = ""
    stands_at: str = ""

    @property
    def inside(self) -> bool:
        """Whether the row is a member."""
        return bool(self.part)

    def words(self) -> list[str]:
        """The answer as lines for a reader."""
        who = f"row {self.row} of {self.dataset}"
        if self.inside:
            more = ["personal data were replaced in it"] if self.redacted else []
            return [f"{who} is in the split: {self.part}, weight {self.weight:g}", *more]
        lines = [f"{who} was left out at step {self.step}: {STEPS[self.step]}"]
        lines += [f"rule {self.rule}, finding {self.finding}"] if self.rule else []
        lines += [f"decided by {self.decision}"] if self.decision else []
        lines += [f"{self.stands_at} stands for it, sample {self.stands}"] if self.stands else []
        return lines


def why(lake: Lake, record: SplitRecord, what: str) -> list[Answer]:
    """What became of a row, or of every row of a sample.

    Args:
        what: a row number (of each dataset), NAME:ROW, NAME@VERSION:ROW, or the beginning of a sample id.

    Raises:
        NotFound: the split's data have no such row or sample.
    """
    dataset, row, sample = _asked(record, what)
    found = []
    for word, table in find_rows(lake, record, dataset, row, sample):
        found += [_member(r) if word == "in" else _excluded(r) for r in _lines(table)]
    if not found:
        sizes = ", ".join(f"{i.reference} has rows 0 to {i.rows - 1}" for i in record.inputs)
        raise NotFound(f"{record.reference} was not made of {what!r}", where=lake.display, hint=sizes)
    return sorted(found, key=lambda a: (a.dataset, a.row))


def _asked(record: SplitRecord, what: str) -> tuple[str | None, int | None, str | None]:
    """(dataset, row, beginning of a sample id) that are asked for."""
    place = ROW.fullmatch(what)
    if place is not None:
        return _dataset(record, place["dataset"]), int(place["row"]), None
    if SAMPLE.fullmatch(what.lower()):
        return None, None, what.lower()
    hint = "a row number, NAME:ROW, or at least 8 characters of a sample id"
    raise UsageError(f"{what!r} is neither a row nor a sample", hint=hint)


def _dataset(record: SplitRecord, name: str | None) -> str | None:
    if name is None:
        return None
    found = [i.reference for i in record.inputs if name in (i.name, i.reference)]
    if found:
        return found[0]
    known = [i.reference for i in record.inputs]
    hint = f"{did_you_mean(name, known)}datasets are: {', '.join(known)}"
    raise NotFound(f"{record.reference} was not made of {name!r}", hint=hint)


def _lines(table: pa.Table) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in table.to_pylist()]


def _member(row: dict[str, Any]) -> Answer:
    fields = ("dataset", "row", "sample_id", "part", "weight", "label")
    return Answer(**{n: row[n] for n in fields if n in row}, redacted="redacted" in row)


def _excluded(row: dict[str, Any]) -> Answer:
    fields = ("dataset", "row", "step", "rule", "finding", "decision", "stands")
    at = f"row {row['stands_row']} of {row['stands_dataset']}" if "stands_row" in row else ""
    found = {n: row[n] for n in fields if n in row}
    return Answer(sample_id=row.get("sample_id", ""), **found, stands_at=at)
