"""One evaluation from its plan to the lake: begun or taken up, kept every few minutes, whole at the end."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import GovernError, LakeBusy, UsageError
from governance.evaluations import (
    Evaluation,
    EvaluationState,
    ItemState,
    ModelRecord,
    SuiteUsed,
    counted,
    mean_scores,
)
from governance.lake.canonical import canonical_json, digest
from governance.lake.evaluations import commit_evaluation
from governance.lake.location import Folder
from governance.lake.suites import save_suite
from governance.version import VERSION
from training.evaluation.engine import Progress, Work, all_results, work_off
from training.evaluation.journal import Heading, Journal, discard, open_journal, peek

if TYPE_CHECKING:
    from governance.lake import Lake

KEEP_EVERY = 300.0
"""Seconds between two states in the lake while an evaluation runs."""


@dataclass(frozen=True)
class Terms:
    """On what terms an evaluation runs.

    Attributes:
        deciding: settings that decide outputs and scores; another value is another evaluation.
        around: what else is recorded: batch size, library versions, the device.
        resume: go on with a journal of the same plan.
        restart: throw such a journal away.
    """

    model: ModelRecord
    deciding: Mapping[str, Any]
    around: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False
    restart: bool = False
    keep_every: float = KEEP_EVERY


def evaluate(
    lake: Lake, work: Work, terms: Terms, progress: Progress = lambda done, total: None
) -> Evaluation:
    """The evaluation as it is in the lake at its end.

    Raises:
        UsageError: an unfinished evaluation of the same plan is there and nothing was said about it.
        GovernError: the backend gave up; what was answered is kept and can be gone on with.
    """
    suite = work.plan.suite
    key = plan_key(work, terms)
    path = journal_folder(lake) / f"{key[:32]}.jsonl"
    _ask_about(path, terms)
    version = save_suite(lake, suite).version
    used = SuiteUsed(
        suite.name,
        version,
        suite.content_hash,
        work.plan.how.benchmark,
        suite.items.num_rows,
        len(work.plan.asked) + len(work.plan.withheld),
        work.plan.sampled,
    )
    with open_journal(path, Heading(_new_id(), key, lake.now())) as journal:
        keeper = _Keeper(lake, work, terms, used, journal)
        try:
            work_off(work, journal, lambda done, total: keeper.tick(done, total, progress))
        except BaseException:
            keeper.keep_what_there_is()
            raise
        ended = keeper.keep(ended=True)
        if ended.state is EvaluationState.COMPLETE:
            journal.remove()
    return ended


def plan_key(work: Work, terms: Terms) -> str:
    """64 hex over everything that decides the results; two evaluations with the same key are the same."""
    plan = work.plan
    prompts = digest("\n".join(digest(canonical_json(asdict(a))) for a in plan.asked))
    parts = {
        "model": asdict(terms.model),
        "suite": [plan.suite.name, plan.suite.content_hash, plan.how.benchmark],
        "method": work.method,
        "prompts": prompts,
        "settings": dict(terms.deciding),
    }
    return digest(canonical_json(parts))


def journal_folder(lake: Lake) -> Path:
    """Where journals of unfinished evaluations lie: beside the lake's files."""
    place = lake.location
    return (place.root if isinstance(place, Folder) else lake.data) / "evaluations"


class _Keeper:
    """Brings the journal's state into the lake."""

    def __init__(self, lake: Lake, work: Work, terms: Terms, used: SuiteUsed, journal: Journal) -> None:
        self._lake, self._work, self._terms, self._used, self._journal = lake, work, terms, used, journal
        self._last = time.monotonic()

    def tick(self, done: int, total: int, progress: Progress) -> None:
        """Say how far it is, and keep it from time to time. A lake that is busy is asked again later."""
        progress(done, total)
        if time.monotonic() - self._last >= self._terms.keep_every and done < total:
            with contextlib.suppress(LakeBusy):
                self.keep()
            self._last = time.monotonic()

    def keep_what_there_is(self) -> None:
        """The state of an evaluation that is breaking off, if the lake takes it; the journal has it anyway."""
        if self._journal.results:
            with contextlib.suppress(GovernError):
                self.keep()

    def keep(self, *, ended: bool = False) -> Evaluation:
        """Record and results are in the lake."""
        results = all_results(self._work.plan, self._journal.results)
        open_items = any(r.state in {ItemState.FAILED, ItemState.MISSING} for r in results)
        finished = EvaluationState.INCOMPLETE if open_items else EvaluationState.COMPLETE
        evaluation = Evaluation(
            id=self._journal.heading.evaluation,
            model=self._terms.model,
            suite=self._used,
            settings={"method": self._work.method, **self._terms.deciding, **self._terms.around},
            state=finished if ended else EvaluationState.RUNNING,
            started=self._journal.heading.started,
            finished=self._lake.now() if ended else "",
            counts=counted(results),
            scores=mean_scores(results),
            notes=self._work.plan.notes,
            user=self._lake.actor,
            govern=VERSION,
        )
        commit_evaluation(self._lake, evaluation, results)
        return evaluation


def _ask_about(path: Path, terms: Terms) -> None:
    """An unfinished evaluation of the same plan is gone on with or thrown away as the user says, never by chance."""
    found = peek(path)
    if terms.restart:
        discard(path)
    elif found is not None and not terms.resume:
        heading, done = found
        raise UsageError(
            f"an unfinished evaluation of the same plan is there: {heading.evaluation}, {done:,} items answered",
            where=str(path),
            hint="--resume goes on with it, --restart throws it away",
        )


def _new_id() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
