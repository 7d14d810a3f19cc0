"""Places in rows that a rule objects to, and the findings they amount to.

Most rules about single rows work alike: find places in turns, say what kind each is, and report one finding for each
content and kind. A mapper makes `MARKS`, `reported` makes the findings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import EVIDENCE, FINDINGS, Severity, empty_evidence, empty_findings, fingerprints
from governance.rules.base import Partials, RuleResult
from governance.samples import SAMPLE_ID, SampleBatch, hex_ids

MARKS = pa.schema(
    [
        pa.field("row", pa.int64(), False),
        pa.field("sample", SAMPLE_ID, False),
        pa.field("turn", pa.int32()),  # of the conversation, 0-based; null speaks of the whole row
        pa.field("start", pa.int64()),  # characters in the turn; null speaks of the whole turn
        pa.field("end", pa.int64()),
        pa.field("kind", pa.string(), False),
        pa.field("score", pa.float64()),
    ]
)
LISTED = 20
"""Places listed as evidence of one row and kind; a finding counts all of them in `details.places`."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mark:
    """One place. `turn` numbers the turns of the whole batch, offsets are characters of that turn."""

    turn: int
    start: int
    end: int
    kind: str
    score: float | None = None


def marked(batch: SampleBatch, marks: Sequence[Mark]) -> pa.Table | None:
    """MARKS of places found in turns of a batch; None where there are none."""
    if not marks:
        return None
    turns = np.array([m.turn for m in marks], np.int64)
    rows = owners(batch.turns.starts)[turns]
    return _table(
        batch,
        rows,
        pa.array(turns - batch.turns.starts[rows], pa.int32()),
        pa.array([m.start for m in marks], pa.int64()),
        pa.array([m.end for m in marks], pa.int64()),
        pa.array([m.kind for m in marks], pa.string()),
        pa.array([m.score for m in marks], pa.float64()),
    )


def marked_turns(
    batch: SampleBatch, turns: Numbers, kinds: str | Sequence[str], scores: Iterable[float] | None = None
) -> pa.Table | None:
    """MARKS of whole turns, given by their number in the batch; None where there are none."""
    if not len(turns):
        return None
    rows = owners(batch.turns.starts)[turns]
    nothing = pa.nulls(len(turns), pa.int64())
    place = pa.array(turns - batch.turns.starts[rows], pa.int32())
    return _table(
        batch, rows, place, nothing, nothing, _kinds(kinds, len(turns)), _scores(scores, len(turns))
    )


def marked_rows(
    batch: SampleBatch, rows: Numbers, kinds: str | Sequence[str], scores: Iterable[float] | None = None
) -> pa.Table | None:
    """MARKS of whole rows, given by their place in the batch; None where there are none."""
    if not len(rows):
        return None
    nothing = pa.nulls(len(rows), pa.int64())
    turns = pa.nulls(len(rows), pa.int32())
    return _table(batch, rows, turns, nothing, nothing, _kinds(kinds, len(rows)), _scores(scores, len(rows)))


def owners(starts: Numbers) -> Numbers:
    """(turns,) the row of the batch that each turn belongs to."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _kinds(kinds: str | Sequence[str], count: int) -> pa.Array:
    one = isinstance(kinds, str)
    return pa.repeat(pa.scalar(kinds), count) if one else pa.array(list(kinds), pa.string())


def _scores(scores: Iterable[float] | None, count: int) -> pa.Array:
    return pa.nulls(count, pa.float64()) if scores is None else pa.array(list(scores), pa.float64())


def _table(batch: SampleBatch, rows: Numbers, *columns: pa.Array) -> pa.Table:
    samples = batch.sample_ids.take(pa.array(rows))
    return pa.table([pa.array(batch.rows[rows]), samples, *columns], schema=MARKS)


def reported(
    rule: str,
    severity: Severity,
    partials: Partials,
    messages: Mapping[str, str],
    *,
    threshold: float | Mapping[str, float] | None = None,
    details: Mapping[str, Any] | None = None,
) -> RuleResult:
    """One finding for each content and kind; rows of equal content share it.

    Args:
        messages: kind -> what is said about it, our words only. A kind without one is a programming error.
        threshold: what scores were held against, one for all or by kind.
        details: JSON values that every finding carries.

    The score of a finding is the largest of its places.
    """
    table = partials.read()
    if not table.num_rows:
        return RuleResult(empty_findings(), empty_evidence())
    marks = pl.DataFrame(pl.from_arrow(_with_ids(table))).sort("row", "turn", "start", "end", "kind")
    one = marks.group_by("sample_id", "kind").agg(
        places=pl.len(), rows=pl.col("row").n_unique(), score=pl.col("score").max()
    )
    one = one.sort("sample_id", "kind")
    identity = one.select(pl.concat_str("sample_id", "kind", separator="/")).to_series().to_arrow()
    one = one.with_columns(pl.Series("fingerprint", pl.from_arrow(fingerprints(rule, identity)), pl.String))
    place = pl.int_range(pl.len()).over("row", "kind")
    listed = marks.filter(place < LISTED).join(
        one.select("sample_id", "kind", "fingerprint"), on=["sample_id", "kind"], maintain_order="left"
    )
    findings = _findings(one, rule, severity, messages, threshold, details or {})
    return RuleResult(findings, _evidence(listed), {"places": marks.height})


def _with_ids(table: pa.Table) -> pa.Table:
    samples = table.column("sample").combine_chunks()
    samples = pa.concat_arrays(samples.chunks) if isinstance(samples, pa.ChunkedArray) else samples
    return table.drop_columns("sample").append_column("sample_id", hex_ids(samples))


def _findings(
    one: pl.DataFrame,
    rule: str,
    severity: Severity,
    messages: Mapping[str, str],
    threshold: float | Mapping[str, float] | None,
    details: Mapping[str, Any],
) -> pa.Table:
    said = pl.col("kind").replace_strict(dict(messages), return_dtype=pl.String)
    counted = pl.when(pl.col("rows") > 1).then(pl.format("{} (in {} rows)", said, "rows")).otherwise(said)
    held = (
        pl.col("kind").replace_strict(dict(threshold), default=None, return_dtype=pl.Float64)
        if isinstance(threshold, Mapping)
        else pl.lit(threshold, pl.Float64)
    )
    table = one.with_columns(
        rule=pl.lit(rule),
        severity=pl.lit(severity.value),
        message=counted,
        threshold=held,
        rows=pl.col("rows").cast(pl.Int64),
        details=_details(details),
    )
    return table.select(FINDINGS.names).to_arrow().cast(FINDINGS)


def _details(details: Mapping[str, Any]) -> pl.Expr:
    """The canonical JSON object of a finding: what all share, and the number of its places."""
    text = json.dumps({**details, "places": 0}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    before, _, after = text.partition('"places":0')
    return pl.concat_str(pl.lit(before + '"places":'), pl.col("places").cast(pl.String), pl.lit(after))


def _evidence(listed: pl.DataFrame) -> pa.Table:
    table = listed.select(
        "fingerprint", "row", "sample_id", pl.lit("affected").alias("role"), "turn", "start", "end", "score"
    ).to_arrow()
    nothing = {f.name: pa.nulls(table.num_rows, f.type) for f in EVIDENCE}
    return pa.table({**nothing, **dict(zip(table.column_names, table.columns, strict=True))}).cast(EVIDENCE)


def candidate_turns(batch: SampleBatch, wanted: npt.NDArray[np.bool_]) -> list[tuple[int, str]]:
    """(number of the turn in the batch, its text) of the turns where `wanted` is true: for the few that are left."""
    turns = np.flatnonzero(wanted)
    texts = batch.turns.contents.take(pa.array(turns)).to_pylist()
    return list(zip(turns.tolist(), texts, strict=True))


def turns_with(batch: SampleBatch, pattern: str, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of the wanted turns, those in which a pattern of RE2 (linear time) is found."""
    turns = np.flatnonzero(wanted)
    if not len(turns):
        return wanted
    found = pc.match_substring_regex(batch.turns.contents.take(pa.array(turns)), pattern)
    out = np.zeros(len(wanted), np.bool_)
    out[turns] = found.to_numpy(zero_copy_only=False)
    return out
