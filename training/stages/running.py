"""Stages one after another: weighted SFT, then training by reward on weak labels, then SFT on what reward cannot teach.

    result = run_stages(StagesRequest(read_stages(Path("stages.toml")), "mix@1", opener, ModelSpec("Qwen/Qwen3-0.6B"),
                                      Path("runs/two-stage"), lake))

Each stage is a run of its own with its own folder, record and parent; the lake's `stages` table says in which order
they came, on which labels, and why on these. `stages.json` in the folder says the same, so a plan that was killed goes
on with `resume=True`: runs that are done stay, the one under way is resumed from its last checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from governance.errors import UsageError
from training.data.source import SplitData
from training.difficulty.answering import loaded_when_asked
from training.difficulty.estimating import Answers
from training.difficulty.reweighing import Reweighing, last_weights
from training.models.loading import ModelSpec
from training.observer import StepObserver
from training.processes import processes
from training.reward.instances import UNLABELLED, instances_of
from training.reward.rewarding import gold_of
from training.reward.run import GrpoRunRequest, run_grpo
from training.runs.run import MODEL
from training.stages.file import GrpoStage, SftStage, StagePlan
from training.stages.record import Book, Header, StageRun
from training.stages.weak_labels import Chosen as ChosenLabels
from training.stages.weak_labels import weak_labels
from training.supervised.sft import SftRequest, train_sft

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.runs.recording import Progress

Observers = Callable[[str, str], Sequence[StepObserver]]
"""(kind, run) -> who watches that run."""


def _silent(words: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def _unwatched(kind: str, run: str) -> Sequence[StepObserver]:
    return ()


@dataclass(frozen=True)
class StagesRequest:
    """A plan to carry out.

    Attributes:
        split: what stages train on that name none.
        open_split: name of a split -> its data, the part to train on.
        model: what the first stage trains.
        folder: for the folders of the runs.
        lake: keeps the runs and the plan; None keeps them in the folder alone.
        resume: go on with the plan in the folder, where one was begun.
    """

    plan: StagePlan
    split: str
    open_split: Callable[[str], SplitData]
    model: ModelSpec
    folder: Path
    lake: Lake | None = None
    resume: bool = False
    command: str = ""
    progress: Progress = field(default=_silent)


@dataclass(frozen=True)
class StagesResult:
    """What became of a plan.

    Attributes:
        plan: its id in the lake.
        runs: in order; one without a run id is a stage for which there was nothing to do.
        model: folder of the model that the last run left.
    """

    plan: str
    runs: tuple[StageRun, ...]
    model: Path | None


def run_stages(request: StagesRequest, observers: Observers = _unwatched) -> StagesResult:
    """The plan, carried out and recorded; an error leaves what was done until then, to be resumed."""
    if processes() > 1:
        hint = "stages run in one process; a single SFT run can use several"
        raise UsageError(
            "a plan of stages cannot be started on several processes", where="--stages", hint=hint
        )
    path = str(request.plan.path.absolute())
    header = Header(path, request.split, request.model.name, request.model.tokenizer)
    book = Book.opened(request.folder, header, request.lake, resume=request.resume)
    for stage in request.plan.stages:
        if isinstance(stage, SftStage):
            _supervised(request, book, stage, observers)
        else:
            _by_reward(request, book, stage, observers)
    last = book.last
    return StagesResult(book.plan, tuple(book.runs), None if last is None else Path(last.folder) / MODEL)


def _supervised(request: StagesRequest, book: Book, stage: SftStage, observers: Observers) -> None:
    why = "the stage names them" if stage.labels else "every label"
    begun = book.next(stage.name, "sft", stage.labels, why)
    if begun.done:
        return
    split = _only(request.open_split(stage.split or request.split), stage.labels)
    refresh = _reweighing(request, book, begun.row, split) if stage.weighted else None
    sft = SftRequest(split, _model(request, book), stage.chosen, Path(begun.row.folder), request.lake)
    _train(request, book, begun.row, replace(sft, refresh=refresh), observers)


def _by_reward(request: StagesRequest, book: Book, stage: GrpoStage, observers: Observers) -> None:
    split = request.open_split(stage.split or request.split)
    chosen = book.choice(stage.name) or _choose(request, book, stage, split)
    begun = book.next(stage.name, "grpo", chosen.labels, chosen.reason, nothing=not chosen.labels)
    row = begun.row
    if not begun.done:
        run = run_grpo(
            GrpoRunRequest(
                split=split,
                model=_model(request, book),
                chosen=stage.chosen,
                folder=Path(row.folder),
                lake=request.lake,
                labels=chosen.labels,
                rule=stage.rule,
                weighting=request.plan.weights,
                weights=book.weights,
                references=_references(request),
                imported=request.plan.imported,
                resume=request.resume,
                run=row.run,
                parent=row.before or "",
                command=request.command,
                progress=request.progress,
            ),
            observers("grpo", row.run),
        )
        row = replace(row, taken=dict(run.taken), weights=run.weights)
        book.finish(row)
    if stage.targeted is not None and row.taken:
        _take_over(request, book, stage, split, row, observers)


def _take_over(
    request: StagesRequest,
    book: Book,
    stage: GrpoStage,
    split: SplitData,
    row: StageRun,
    observers: Observers,
) -> None:
    """Targeted SFT on the labels that reward did not teach, with a rehearsal of the others where it is asked for."""
    labels = tuple(sorted(row.taken))
    steps = ", ".join(f"{label} after step {row.taken[label]}" for label in labels)
    begun = book.next(f"{stage.name}-targeted", "sft", labels, f"reward did not improve: {steps}")
    if begun.done or stage.targeted is None:
        return
    others = sorted(
        {i for t in split.members() for i in t.column("label").unique().to_pylist() if i} - set(labels)
    )
    rehearsed = others if stage.rehearsal else []
    sft = SftRequest(
        _only(split, [*labels, *rehearsed]),
        _model(request, book),
        stage.targeted,
        Path(begun.row.folder),
        request.lake,
        label_weights=dict.fromkeys(rehearsed, stage.rehearsal) | dict.fromkeys(labels, 1.0),
    )
    _train(request, book, begun.row, sft, observers)


def _train(request: StagesRequest, book: Book, row: StageRun, sft: SftRequest, observers: Observers) -> None:
    train_sft(
        replace(
            sft,
            resume=request.resume,
            run=row.run,
            parent=row.before or "",
            command=request.command,
            progress=request.progress,
        ),
        observers("sft", row.run),
    )
    weights = last_weights(Path(row.folder))
    book.finish(replace(row, weights=weights if weights.weights else book.weights))


def _reweighing(request: StagesRequest, book: Book, row: StageRun, split: SplitData) -> Reweighing:
    found = instances_of(split.members(), gold_of)
    plan = request.plan
    return Reweighing(
        row.run,
        Path(row.folder),
        found.labels,
        found.found,
        plan.weights,
        plan.sampling,
        _references(request),
        plan.imported,
        book.weights,
        request.lake,
    )


def _references(request: StagesRequest) -> tuple[Answers, ...]:
    plan, offline = request.plan, request.model.offline
    return tuple(loaded_when_asked(ModelSpec(name, offline=offline), plan.sampling) for name in plan.models)


def _choose(request: StagesRequest, book: Book, stage: GrpoStage, split: SplitData) -> ChosenLabels:
    chosen = weak_labels(stage, split, _model(request, book), request.plan, request.lake)
    book.keep_choice(stage.name, chosen)
    return chosen


def _model(request: StagesRequest, book: Book) -> ModelSpec:
    """What the next run trains: what the last one left, or what the plan began with."""
    last = book.last
    return (
        request.model
        if last is None
        else ModelSpec(str(Path(last.folder) / MODEL), offline=request.model.offline)
    )


def _only(split: SplitData, labels: Collection[str]) -> SplitData:
    """The split's members of those labels; all of them where none is named."""
    if not labels:
        return split
    wanted = pa.array(sorted(labels), pa.string())

    def members() -> list[pa.Table]:
        return [
            table.filter(pc.is_in(pc.fill_null(table.column("label"), UNLABELLED), wanted))
            for table in split.members()
        ]

    return replace(split, members=members)
