"""Evaluations: a record and a result for each item, in one transaction; stored again whole as one grows.

While an evaluation runs its results stand in a journal on disk, and every few minutes here too. Each time the rows of
the time before are replaced, so that a reader sees one state or the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.errors import NotFound, did_you_mean
from governance.evaluations import (
    EVALUATION_ITEM,
    Evaluation,
    ItemResult,
    result_table,
    results_hash,
    results_of,
)
from governance.lake import events
from governance.lake.canonical import digest
from governance.lake.commit import writing
from governance.lake.removals import find_removal, removal_row
from governance.lake.staging import stage
from governance.lake.tables import EVALUATION_ITEMS, EVALUATIONS, REMOVALS, names, table_of, with_owner

if TYPE_CHECKING:
    from governance.lake.catalog import Lake
    from governance.lake.commit import Transaction

LATEST = "latest"
BEFORE = re.compile(rf"{LATEST}(?:~(\d{{1,6}}))?")
OWNED = (EVALUATIONS, EVALUATION_ITEMS)


@dataclass(frozen=True)
class EvaluationCheck:
    """Whether what is stored of an evaluation is what its last event recorded."""

    evaluation: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True where everything agrees."""
        return not self.problems


def commit_evaluation(lake: Lake, evaluation: Evaluation, results: Sequence[ItemResult]) -> None:
    """Record and results are in the lake, in place of what was there of this evaluation."""
    rows = with_owner("evaluation", evaluation.id, result_table(results))
    files = stage(lake.session, EVALUATION_ITEMS, rows) if rows.num_rows else []
    with writing(lake) as tx:
        for table in OWNED:
            tx.delete(table, "evaluation", evaluation.id)
        tx.add(files)
        tx.insert(EVALUATIONS, _row(tx, evaluation))
        details = {
            "model": evaluation.model.name,
            "model_hash": evaluation.model.hash,
            "suite": evaluation.suite.name,
            "suite_hash": evaluation.suite.content_hash,
            "state": evaluation.state.value,
            "record": digest(evaluation.to_json()),
            "results": results_hash(results),
            "counts": dict(evaluation.counts),
        }
        tx.describe("evaluation.commit", evaluation.id, details)


def list_evaluations(lake: Lake) -> list[Evaluation]:
    """Every stored evaluation, latest first."""
    rows = lake.fetch("SELECT record FROM lake.evaluations ORDER BY started DESC, evaluation DESC")
    return [Evaluation.from_json(str(row[0])) for row in rows]


def find_evaluation(lake: Lake, evaluation: str) -> Evaluation:
    """The one evaluation that is meant: its id, the unique beginning of one, `latest`, or `latest~1` before it."""
    known = list_evaluations(lake)
    back = BEFORE.fullmatch(evaluation)
    if back and int(back[1] or 0) < len(known):
        return known[int(back[1] or 0)]
    matches = [e for e in known if e.id.startswith(evaluation)] if evaluation else []
    exact = [e for e in matches if e.id == evaluation]
    if exact or len(matches) == 1:
        return (exact or matches)[0]
    raise _not_one(lake, evaluation, known, matches)


def load_results(lake: Lake, evaluation: str) -> list[ItemResult]:
    """The results of an evaluation, in the order of its suite."""
    return results_of(load_result_table(lake, evaluation))


def load_result_table(lake: Lake, evaluation: str) -> pa.Table:
    """The same as rows of `EVALUATION_ITEM`."""
    ident = find_evaluation(lake, evaluation).id
    sql = f"SELECT {names(EVALUATION_ITEM)} FROM lake.evaluation_items WHERE evaluation = ? ORDER BY position"
    return lake.query(sql, EVALUATION_ITEM, [ident])


def remove_evaluation(lake: Lake, evaluation: str) -> str:
    """The id of the evaluation that is gone with its items; the log keeps that it was there."""
    with writing(lake) as tx:
        ident = find_evaluation(lake, evaluation).id
        for table in OWNED:
            tx.delete(table, "evaluation", ident)
        tx.insert(REMOVALS, removal_row(tx, "evaluation", ident, ident))
        tx.describe("evaluation.remove", ident, {})
    return ident


def verify_evaluation(lake: Lake, evaluation: str) -> EvaluationCheck:
    """Whether record and results hash to what the last event about the evaluation recorded."""
    found = find_evaluation(lake, evaluation)
    logged = [e for e in events.about(lake, "evaluation.commit", found.id) if e.expected_hash() == e.hash]
    if not logged:
        return EvaluationCheck(found.id, ("the event log has no intact entry for this evaluation",))
    recorded = logged[-1].data
    problems = []
    if recorded["record"] != digest(found.to_json()):
        problems.append("the stored record is not what was committed")
    if recorded["results"] != results_hash(load_results(lake, found.id)):
        problems.append("the stored results are not what was committed")
    return EvaluationCheck(found.id, tuple(problems))


def missing_evaluations(lake: Lake) -> list[str]:
    """Evaluations that were committed by the event log, were never removed, and are not in the lake."""
    logged = [e.subject for e in events.beginning(lake, "evaluation.commit")]
    removed = {e.subject for e in events.beginning(lake, "evaluation.remove")}
    stored = {e.id for e in list_evaluations(lake)}
    return [e for e in dict.fromkeys(logged) if e not in removed | stored]


def _row(tx: Transaction, evaluation: Evaluation) -> pa.Table:
    row = {
        "evaluation": evaluation.id,
        "seq": tx.seq,
        "model": evaluation.model.name,
        "model_hash": evaluation.model.hash,
        "suite": evaluation.suite.name,
        "suite_hash": evaluation.suite.content_hash,
        "run": evaluation.model.run,
        "step": evaluation.model.step,
        "state": evaluation.state.value,
        "items": evaluation.suite.asked,
        "official": evaluation.scores.get("official"),
        "strict": evaluation.scores.get("strict"),
        "choice": evaluation.scores.get("choice"),
        "started": evaluation.started,
        "finished": evaluation.finished,
        "user": evaluation.user,
        "record": evaluation.to_json(),
    }
    return table_of(EVALUATIONS.schema, [row])


def _not_one(lake: Lake, wanted: str, known: list[Evaluation], matches: list[Evaluation]) -> NotFound:
    if not known or wanted == LATEST:
        return NotFound("no evaluation is stored in this lake", where=lake.display, hint="govern eval --help")
    if len(matches) > 1:
        shown = ", ".join(e.id for e in matches[:20])
        what = f"{wanted!r} could be more than one evaluation"
        return NotFound(what, where=lake.display, hint=f"evaluations are: {shown}")
    removal = find_removal(lake, "evaluation", wanted)
    if removal:
        return NotFound(
            f"evaluation {wanted} was removed {removal}", where=lake.display, hint="govern runs list"
        )
    ids = [e.id for e in known]
    hint = f"{did_you_mean(wanted, ids)}evaluations are: {', '.join(ids[:20])}"
    return NotFound(f"there is no evaluation {wanted!r}", where=lake.display, hint=hint)
