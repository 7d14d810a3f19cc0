"""Which rows answer one question in ways that cannot all be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.answers.final import Final, contradict, final
from governance.findings import EVIDENCE, FINDINGS, Severity, empty_evidence, empty_findings, fingerprint
from governance.rules.base import Partials, RuleResult
from governance.samples import hex_ids

LISTED = 20
"""Rows listed as evidence of one question; `details` counts all of them."""


@dataclass(frozen=True, slots=True)
class Given:
    """A row of a question and the final answer it gives."""

    row: int
    sample: str
    final: Final


def reported(rule: str, severity: Severity, partials: Partials) -> RuleResult:
    """One finding for each question whose rows contradict each other; `stats` say how many were compared."""
    if not partials.rows:
        return RuleResult(empty_findings(), empty_evidence())
    asked = _asked_again(partials)
    findings, evidence = [], []
    for rows in asked.partition_by("question", maintain_order=True):
        given = _given(rows)
        groups = _sides(given)
        if len(groups) > 1:
            print_ = fingerprint(rule, {g.sample for side in groups for g in side})
            findings.append(_finding(rule, severity, print_, groups))
            evidence += _evidence(print_, groups)
    stats = {
        "rows_with_final_answer": partials.rows,
        "questions_asked_again": asked.get_column("question").n_unique(),
    }
    return RuleResult(
        pa.Table.from_pylist(findings, FINDINGS), pa.Table.from_pylist(evidence, EVIDENCE), stats
    )


def _asked_again(partials: Partials) -> pl.DataFrame:
    """The rows of questions that come with more than one wording of an answer, sorted by question and sample.

    Only the hashes of all rows are in memory at once; the texts are those of questions that came twice.
    """
    questions = pl.Series("question", pl.from_arrow(partials.read(["question"]).column("question")))
    again = questions.to_frame().group_by("question").len().filter(pl.col("len") > 1).get_column("question")
    wanted = again.to_arrow().cast(pa.binary(16))
    parts = [_of(table, wanted) for table in partials.tables()]
    rows = pl.concat(parts)
    told_apart = pl.struct("ending", "beginning").n_unique().over("question") > 1
    return rows.filter(told_apart).sort("question", "sample", "row")


def _of(table: pa.Table, questions: pa.Array) -> pl.DataFrame:
    """The rows of one partial that ask one of the questions."""
    rows = table.filter(pc.is_in(table.column("question"), value_set=questions))
    samples = rows.column("sample")
    ids = [hex_ids(chunk) for chunk in samples.chunks]
    return pl.DataFrame(pl.from_arrow(rows.drop_columns("sample"))).with_columns(
        pl.Series("sample", pl.from_arrow(pa.chunked_array(ids, pa.string())), pl.String)
    )


def _given(rows: pl.DataFrame) -> list[Given]:
    """The final answers of a question's rows, where they have one; equal texts are read once."""
    read: dict[tuple[str, str], Final | None] = {}
    given = []
    for row, sample, beginning, ending in rows.select("row", "sample", "beginning", "ending").iter_rows():
        if (beginning, ending) not in read:
            read[beginning, ending] = final(ending) or final(beginning)
        found = read[beginning, ending]
        if found is not None:
            given.append(Given(row, sample, found))
    return given


def _sides(given: Sequence[Given]) -> list[list[Given]]:
    """Rows of one answer together, the answer that most rows give first; answers that agree are one side."""
    sides: list[list[Given]] = []
    for one in given:
        side = next(
            (s for s in sides if not contradict(s[0].final, one.final) and s[0].final.kind == one.final.kind),
            None,
        )
        if side is None:
            sides.append([one])
        else:
            side.append(one)
    kinds = {s[0].final.kind for s in sides}
    most = max(kinds, key=lambda k: (sum(len(s) for s in sides if s[0].final.kind == k), k), default="")
    alike = [s for s in sides if s[0].final.kind == most]
    return sorted(alike, key=lambda s: (-len(s), s[0].sample))


def _finding(rule: str, severity: Severity, print_: str, sides: list[list[Given]]) -> dict[str, object]:
    rows = sum(len(side) for side in sides)
    kind = sides[0][0].final.kind
    sizes = ",".join(str(len(side)) for side in sides)
    return {
        "fingerprint": print_,
        "rule": rule,
        "severity": severity.value,
        "kind": "answer",
        "message": f"{rows} rows ask one question and give {len(sides)} answers that contradict each other",
        "rows": rows,
        "details": f'{{"answer_kind":"{kind}","answers":{len(sides)},"rows":{rows},"rows_by_answer":[{sizes}]}}',
    }


def _evidence(print_: str, sides: list[list[Given]]) -> list[dict[str, object]]:
    """Every row against the first of another side: those of the largest side against the second's."""
    lines = []
    for place, side in enumerate(sides):
        peer = sides[1 if place == 0 else 0][0]
        lines += [
            {
                "fingerprint": print_,
                "row": one.row,
                "sample_id": one.sample,
                "role": "affected",
                "peer": f"row:{peer.row}",
            }
            for one in side[: LISTED if place else LISTED // 2]
        ]
    return lines[:LISTED]
