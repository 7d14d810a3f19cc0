"""Whether what the lake says of training runs is what was committed: record, samples, steps, who was in each batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from governance.lake import events
from governance.lake.canonical import digest, table_hash
from governance.lake.trainings import list_trainings, load_batches, load_samples, load_steps

if TYPE_CHECKING:
    from governance.lake.catalog import Lake


def verify_training(lake: Lake, run: str) -> list[str]:
    """What of a run, by its whole id, is not as its events recorded it."""
    logged = _intact(lake, "training.start", run)
    if not logged:
        return ["the event log has no intact entry for this run"]
    started = logged[-1].data
    text = str(lake.fetch("SELECT record FROM lake.trainings WHERE run = ?", [run])[0][0])
    problems = []
    if started["record"] != digest(text):
        problems.append("the stored record is not what was committed")
    if started["samples"] != table_hash(load_samples(lake, run)):
        problems.append("the stored list of samples is not what was committed")
    return [*problems, *_step_problems(lake, run)]


def missing_trainings(lake: Lake) -> list[str]:
    """Runs that were started by the event log, were never removed, and are not in the lake."""
    logged = [e.subject for e in events.beginning(lake, "training.start")]
    removed = {e.subject for e in events.beginning(lake, "training.remove")}
    stored = {t.run for t in list_trainings(lake)}
    return [run for run in dict.fromkeys(logged) if run not in removed | stored]


def _step_problems(lake: Lake, run: str) -> Iterator[str]:
    """Each piece of steps against the event it came with; after a rewind only what came anew counts."""
    back = [e.seq for e in _intact(lake, "training.rewind", run)]
    pieces = [e for e in _intact(lake, "training.progress", run) if not back or e.seq > back[-1]]
    batches, steps = load_batches(lake, run), load_steps(lake, run)
    first = 0
    for piece in pieces:
        stop = int(piece.data["steps"])
        if table_hash(_between(batches, first, stop)) != piece.data["hash"]:
            yield f"the batches of steps {first} to {stop - 1} are not what was committed"
        if table_hash(_between(steps, first, stop)) != piece.data.get("steps_hash"):
            yield f"the figures of steps {first} to {stop - 1} are not what was committed"
        first = stop
    if steps.num_rows != first:
        yield f"{steps.num_rows} steps are stored, and {first} were committed"


def _between(rows: pa.Table, first: int, stop: int) -> pa.Table:
    number = rows.column("step")
    return rows.filter(pc.and_(pc.greater_equal(number, first), pc.less(number, stop)))


def _intact(lake: Lake, action: str, run: str) -> list[Any]:
    return [e for e in events.about(lake, action, run) if e.expected_hash() == e.hash]
