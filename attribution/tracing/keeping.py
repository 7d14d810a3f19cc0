"""What comes before a traced run and after it: its items are opened, and its ledger is kept.

A run that is done once more (`rerun`) and one that is traced while it trains (`one_pass`) differ in who trains; what
they ask of the items, and what stands in the lake in the end, is made here for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from attribution.entries import REMOVALS, SAMPLES
from attribution.ledger.coverage import Coverage, coverage
from attribution.ledger.rows import balances, removals
from attribution.tracing.probing import Probes, probes_of
from attribution.tracing.tracer import Tracer, TraceSettings
from governance.errors import NotFound
from governance.lake.contributions import AttributionRecord, Ledger, StoredAttribution, commit_attribution
from governance.lake.evaluations import find_evaluation, load_results
from governance.lake.splits import find_split, load_members
from training.evaluation.plan import Choice
from training.runs.run import SAMPLES as SAMPLES_FILE
from training.runs.run import new_run_id

if TYPE_CHECKING:
    from governance.benchmarks import Suite
    from governance.lake import Lake
    from governance.trainings import TrainingRecord
    from training.supervised.sft import SftRequest

Say = Callable[[str], None]
Progress = Callable[[str, int, int | None], None]


def silent(words: str, done: int = 0, total: int | None = None) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Wanted:
    """What of a run is traced, and how.

    Attributes:
        suites: whose items are explained.
        choice: which items of each suite.
        competitors: by suite and item, the wrong answer of the model before training, as an evaluation found it.
        evaluations: ids of the evaluations that said so.
        settings: of the tracer.
    """

    suites: tuple[Suite, ...]
    choice: Choice = field(default_factory=lambda: Choice(limit=64))
    competitors: dict[tuple[str, str], str] = field(default_factory=dict)
    evaluations: tuple[str, ...] = ()
    settings: TraceSettings = field(default_factory=TraceSettings)


@dataclass(frozen=True)
class Traced:
    """An attribution, how much of the change it accounts for, and how well the run was repeated.

    Attributes:
        difference: largest difference of a step's loss from the one on record, nats; None where the numbers of steps
            differ. A run that was traced while it trained is its own record.
    """

    stored: StoredAttribution
    coverage: Coverage
    difference: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Watch:
    """A run that is about to be traced.

    Attributes:
        probes: of each suite.
        tracer: the observer that the run is given.
    """

    wanted: Wanted
    probes: tuple[Probes, ...]
    tracer: Tracer


def watch(wanted: Wanted, request: SftRequest, say: Say, resume: Path | None = None) -> Watch:
    """The tracer of the run that is asked for, its items opened; nothing of a model is loaded.

    Args:
        resume: folder of the checkpoint that the run goes on from.

    Raises:
        UsageError: no item can be traced.
    """
    probes = tuple(probes_for(wanted, suite, request) for suite in wanted.suites)
    items = [p for part in probes for p in part.probes]
    return Watch(wanted, probes, Tracer(items, wanted.settings, resume=resume, say=say))


def keep(
    lake: Lake, watched: Watch, record: TrainingRecord, folder: Path, seconds: float, difference: float | None
) -> Traced:
    """The ledger of a run that has ended, in the lake.

    Args:
        record: the run that it is of.
        folder: where the run's list of samples lies.
        seconds: of the processor, with the training.
    """
    tracer = watched.tracer
    ledger = ledger_of(tracer, samples_of(lake, record.split, folder / SAMPLES_FILE))
    kept = AttributionRecord(
        run=record.run,
        split=record.split,
        split_id=record.split_id,
        model=record.model,
        evaluations=watched.wanted.evaluations,
        settings=_settings(watched, difference),
        costs={"cpu_seconds": round(seconds, 3), "memory": asdict(tracer.plan) if tracer.plan else {}},
    )
    stored = commit_attribution(lake, new_run_id(), kept, ledger)
    notes = [note for part in watched.probes for note in part.notes]
    if tracer.intervals and tracer.intervals[0].start:
        notes.append(
            f"the ledger begins at step {tracer.intervals[0].start:,}: no trace lay beside that checkpoint"
        )
    return Traced(stored, coverage(ledger.balances), difference, tuple(notes))


def probes_for(wanted: Wanted, suite: Suite, request: SftRequest) -> Probes:
    """The probes of a suite, asked with the run's own tokenizer and template."""
    from training.data.template import template_of
    from training.evaluation.rendering import Renderer
    from training.models.loading import load_config, load_tokenizer

    tokenizer = load_tokenizer(request.model)
    template = template_of(tokenizer, request.settings.template)
    tokenizer.chat_template = tokenizer.chat_template or template.source
    context = int(load_config(request.model, tokenizer).max_position_embeddings)
    competitors = {item: text for (name, item), text in wanted.competitors.items() if name == suite.name}
    return probes_of(suite, Renderer(tokenizer), wanted.choice, context, competitors)


def competitors_of(
    lake: Lake, evaluations: Sequence[str]
) -> tuple[dict[tuple[str, str], str], tuple[str, ...]]:
    """What each item is held against, by suite and item, and the ids of the evaluations that say so."""
    found = [find_evaluation(lake, name) for name in dict.fromkeys(evaluations)]
    competitors = {
        (one.suite.name, result.item): result.competitor
        for one in found
        for result in load_results(lake, one.id)
        if result.competitor
    }
    return competitors, tuple(one.id for one in found)


def samples_of(lake: Lake, split: str, path: Path) -> pa.Table:
    """SAMPLES of a run from its own list, with what the split says of them where the lake has it."""
    import polars as pl
    import pyarrow.parquet as pq

    listed = pl.DataFrame(pl.from_arrow(pq.read_table(path))).select(
        "number", "position", "sample_id", "label"
    )
    try:
        members = pl.DataFrame(pl.from_arrow(load_members(lake, find_split(lake, split))))
    except NotFound:  # an exported folder
        members = pl.DataFrame(
            schema=dict.fromkeys(("dataset", "source", "group"), pl.String) | {"row": pl.Int64}
        )
    known = members.with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))
    joined = listed.join(
        known.select("position", "dataset", "row", "source", "group"), on="position", how="left"
    )
    named = joined.sort("number").rename({"number": "sample"}).select(SAMPLES.names)
    return named.to_arrow().cast(SAMPLES)


def ledger_of(tracer: Tracer, samples: pa.Table) -> Ledger:
    """The tables of a trace that has ended."""
    scores = REMOVALS.empty_table()
    if tracer.removal is not None:
        scores = removals(*tracer.removal.scores(), tracer.names, tracer.samples)
    return Ledger(
        samples, pa.concat_tables(tracer.contributions()), balances(tracer.intervals, tracer.names), scores
    )


def _settings(watched: Watch, difference: float | None) -> dict[str, Any]:
    wanted, settings = watched.wanted, watched.wanted.settings
    return {
        **{k: v for k, v in asdict(settings).items() if k not in {"refresh", "leave_out"}},
        **{f"refresh_{k}": v for k, v in asdict(settings.refresh).items()},
        "leave_out": list(settings.leave_out),
        "suites": {s.name: s.content_hash for s in wanted.suites},
        "items": sum(p.items for p in watched.probes),
        "margins": sum(p.margins for p in watched.probes),
        "parameters": watched.tracer.layout.size,
        "loss_difference": difference,
    }
