"""A recorded training run, done once more with the tracer on, and its ledger kept in the lake.

The same split, base model, settings and seed give the same run: on a CPU to the last bit. How far the losses of the
repetition are from those on record is kept with the attribution, so that nobody has to believe it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from attribution.entries import REMOVALS, SAMPLES
from attribution.ledger.coverage import Coverage, coverage
from attribution.ledger.rows import balances, contribution_tables, removals
from attribution.testing.retraining import Retrain, retrainer
from attribution.tracing.items import ItemName, names_of
from attribution.tracing.probing import Probes, probes_of
from attribution.tracing.tracer import Tracer, TraceSettings
from governance.errors import NotFound, UsageError
from governance.lake.contributions import AttributionRecord, Ledger, StoredAttribution, commit_attribution
from governance.lake.evaluations import find_evaluation, load_results
from governance.lake.splits import find_split, load_members
from governance.lake.trainings import find_training, load_record, load_samples, load_steps, load_weights
from governance.trainings import FINISHED, TrainingRecord
from training.evaluation.plan import Choice
from training.runs.run import SAMPLES as SAMPLES_FILE
from training.runs.run import new_run_id

if TYPE_CHECKING:
    from governance.benchmarks import Suite
    from governance.lake import Lake
    from training.supervised.sft import SftRequest, TrainedRun

Say = Callable[[str], None]
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class TraceRequest:
    """What to trace.

    Attributes:
        run: the training run to repeat: its id, the unique beginning of one, or `latest`.
        suites: whose items are explained.
        choice: which items of each suite.
        competitors: by suite and item, the wrong answer of the model before training, as an evaluation found it.
        evaluations: ids of the evaluations that said so.
        settings: of the tracer.
        offline: the model may not come from the hub.
        allow_pickle: read weights that are pickles.
    """

    run: str
    suites: tuple[Suite, ...]
    choice: Choice = field(default_factory=lambda: Choice(limit=64))
    competitors: dict[tuple[str, str], str] = field(default_factory=dict)
    evaluations: tuple[str, ...] = ()
    settings: TraceSettings = field(default_factory=TraceSettings)
    offline: bool = False
    allow_pickle: bool = False


@dataclass(frozen=True)
class Traced:
    """An attribution, how much of the change it accounts for, and how well the run was repeated.

    Attributes:
        difference: largest difference of a step's loss from the one on record, nats; None where the numbers of steps
            differ.
    """

    stored: StoredAttribution
    coverage: Coverage
    difference: float | None
    notes: tuple[str, ...]


def _silent(words: str, done: int = 0, total: int | None = None) -> None:
    """Nobody watches."""


def trace(lake: Lake, request: TraceRequest, say: Say = _silent, progress: Progress = _silent) -> Traced:
    """The run repeated with the tracer on; its ledger is in the lake.

    Raises:
        UsageError: the run cannot be repeated, or no item can be traced.
        CannotTrace: something of the model or the optimizer cannot be traced; it is named.
    """
    record = repeatable(lake, request.run)
    with TemporaryDirectory(prefix="govern-trace-") as folder:
        again = request_of(lake, record, request, Path(folder) / "run", progress)
        probes = [probes_for(request, suite, again) for suite in request.suites]
        tracer = Tracer([p for part in probes for p in part.probes], request.settings, say=say)
        began = process_time()
        done = _train(again, tracer)
        seconds = process_time() - began
        samples = samples_of(lake, record.split, done.folder / SAMPLES_FILE)
    ledger = ledger_of(tracer, samples)
    difference = _difference(lake, record.run, done)
    notes = [note for part in probes for note in part.notes]
    kept = AttributionRecord(
        run=record.run,
        split=record.split,
        split_id=record.split_id,
        model=record.model,
        evaluations=request.evaluations,
        settings=_settings(request, probes, tracer, difference),
        costs={"cpu_seconds": round(seconds, 3), "memory": asdict(tracer.plan) if tracer.plan else {}},
    )
    stored = commit_attribution(lake, new_run_id(), kept, ledger)
    return Traced(stored, coverage(ledger.balances), difference, tuple(notes))


def repeatable(lake: Lake, name: str) -> TrainingRecord:
    """The record of a run that can be done again."""
    found = find_training(lake, name)
    record = load_record(lake, found.run)
    if record.kind != "sft":
        hint = "only supervised fine-tuning is traced"
        raise UsageError(f"a run of kind {record.kind} cannot be traced", where=found.run, hint=hint)
    if found.state != FINISHED:
        hint = "`govern train --resume` ends it"
        raise UsageError(f"the run is {found.state}, not finished", where=found.run, hint=hint)
    steps = pc.unique(load_weights(lake, found.run).column("step")).to_pylist()
    if any(steps):
        hint = "train with weights that stay the same"
        raise UsageError("the weights of labels changed during the run", where=found.run, hint=hint)
    return record


def request_of(
    lake: Lake, record: TrainingRecord, request: TraceRequest, folder: Path, progress: Progress
) -> SftRequest:
    """The run's own request, in another folder and not kept in the lake."""
    from training.data.source import split_data
    from training.models.loading import ModelSpec
    from training.processes import processes
    from training.settings import from_layers
    from training.supervised.sft import SftRequest

    if processes() > 1:
        raise UsageError(
            "a run is traced by one process", where="WORLD_SIZE", hint="start it without a launcher"
        )
    weights = load_weights(lake, record.run)
    layers = {key: (value, record.origins.get(key, record.run)) for key, value in record.settings.items()}
    chosen = from_layers(layers | {"save_every": (0, "attribute")})
    return SftRequest(
        split=split_data(lake, record.split),
        model=ModelSpec(record.model, record.tokenizer, request.offline, request.allow_pickle),
        chosen=chosen,
        folder=folder,
        label_weights=dict(zip(weights["label"].to_pylist(), weights["weight"].to_pylist(), strict=True))
        or None,
        fused=chosen.settings.lora.rank > 0,  # with adapters the output layer is not trained, so not watched
        progress=progress,
    )


def probes_for(request: TraceRequest, suite: Suite, again: SftRequest) -> Probes:
    """The probes of a suite, asked with the run's own tokenizer and template."""
    from training.data.template import template_of
    from training.evaluation.rendering import Renderer
    from training.models.loading import load_config, load_tokenizer

    tokenizer = load_tokenizer(again.model)
    template = template_of(tokenizer, again.settings.template)
    tokenizer.chat_template = tokenizer.chat_template or template.source
    context = int(load_config(again.model, tokenizer).max_position_embeddings)
    competitors = {item: text for (name, item), text in request.competitors.items() if name == suite.name}
    return probes_of(suite, Renderer(tokenizer), request.choice, context, competitors)


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


def retrainer_of(
    lake: Lake, request: TraceRequest, progress: Progress = _silent
) -> tuple[Retrain, tuple[ItemName, ...]]:
    """What trains the run again without some samples, and the items that it then tells the worth of, in order."""
    record = repeatable(lake, request.run)
    again = request_of(lake, record, request, Path(), progress)
    probes = [p for suite in request.suites for p in probes_for(request, suite, again).probes]
    positions = load_samples(lake, record.run).column("position").to_numpy()
    return retrainer(again, probes, positions), names_of(probes)


def _train(request: SftRequest, tracer: Tracer) -> TrainedRun:
    from training.supervised.sft import train_sft

    return train_sft(request, [tracer])


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
    tables = list(contribution_tables(tracer.intervals, tracer.names, tracer.samples))
    scores = REMOVALS.empty_table()
    if tracer.removal is not None:
        scores = removals(*tracer.removal.scores(), tracer.names, tracer.samples)
    return Ledger(samples, pa.concat_tables(tables), balances(tracer.intervals, tracer.names), scores)


def _difference(lake: Lake, run: str, done: TrainedRun) -> float | None:
    """How far the losses are from those on record."""
    recorded = load_steps(lake, run).column("loss").to_pylist()
    if len(recorded) != len(done.losses):
        return None
    return max((abs(a - b) for a, b in zip(recorded, done.losses, strict=True)), default=0.0)


def _settings(
    request: TraceRequest, probes: list[Probes], tracer: Tracer, difference: float | None
) -> dict[str, Any]:
    settings = request.settings
    return {
        **{k: v for k, v in asdict(settings).items() if k not in {"refresh", "leave_out"}},
        **{f"refresh_{k}": v for k, v in asdict(settings.refresh).items()},
        "leave_out": list(settings.leave_out),
        "suites": {s.name: s.content_hash for s in request.suites},
        "items": sum(p.items for p in probes),
        "margins": sum(p.margins for p in probes),
        "parameters": tracer.layout.size,
        "loss_difference": difference,
    }
