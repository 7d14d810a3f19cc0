"""A training by reward as a run: a split's prompts and a model in, a trained model and a record out.

    run = run_grpo(GrpoRunRequest(split, ModelSpec("runs/1/model"), chosen_grpo({"steps": 200}), Path("runs/2"), lake))

It is recorded as supervised runs are: record, samples, each step with who was in its batches, checkpoints; and besides
label weights, what each prompt earned at each step, and the verdict on each label at each window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.lake.label_rewards import rewind_labels
from governance.trainings import EXCLUSIONS, FINISHED, SAMPLES
from training.data.samples import OVER_LENGTH
from training.data.source import SplitData
from training.data.template import template_of
from training.difficulty.estimating import Answers
from training.difficulty.weights import WeightOptions, WeightState
from training.errors import TrainingError
from training.failures import only_our_words
from training.models.loading import LoadedModel, ModelSpec, load_model, load_tokenizer
from training.models.placement import Placement, placed
from training.observer import StepObserver
from training.processes import is_first
from training.reward.grpo import train_grpo
from training.reward.instances import REASONS, Instance, instances_of, renumbered
from training.reward.label_keeping import RunKeeper
from training.reward.request import GrpoRequest, GrpoResult
from training.reward.rewarding import Reward, gold_of, reward
from training.reward.settings import ChosenGrpo
from training.runs.checkpoints import Checkpoint
from training.runs.opening import checkpoint_of, fail, goes_on, opened, record_of
from training.runs.run import BASE, MODEL, RunBook
from training.stages.takeover import TakeoverOptions

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.reward.recording import Progress


def _silent(words: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class GrpoRunRequest:
    """One run to do.

    Attributes:
        labels: only prompts of these; None for all.
        rule: when targeted SFT takes a label over; None for never.
        weighting, weights, references, imported: see `training.reward.grpo.GrpoRequest`.
        resume: go on with the run in the folder, where one was begun.
        parent: the run whose model this one starts from.
    """

    split: SplitData
    model: ModelSpec
    chosen: ChosenGrpo
    folder: Path
    lake: Lake | None = None
    labels: Collection[str] | None = None
    rule: TakeoverOptions | None = None
    reward: Reward = reward
    weighting: WeightOptions = field(default_factory=WeightOptions)
    weights: WeightState = field(default_factory=WeightState)
    references: Sequence[Answers] = ()
    imported: Mapping[str, float] = field(default_factory=dict)
    resume: bool = False
    run: str = ""
    parent: str = ""
    command: str = ""
    progress: Progress = field(default=_silent)


@dataclass(frozen=True)
class GrpoRun:
    """What became of a run.

    Attributes:
        model: folder of the trained model: whole, or an adapter.
        prompts: how many it had.
        taken: label -> the step after which it was given up, for targeted SFT to take over.
    """

    run: str
    folder: Path
    model: Path
    steps: int
    prompts: int
    taken: Mapping[str, int]
    weights: WeightState


@dataclass(frozen=True)
class _Prompts:
    instances: tuple[Instance, ...]
    samples: pa.Table
    excluded: pa.Table


def run_grpo(request: GrpoRunRequest, observers: Sequence[StepObserver] = ()) -> GrpoRun:
    """The run, done and recorded; a TrainingError leaves what was recorded until then, and the checkpoints."""
    settings = request.chosen.settings
    placement = placed(settings.as_sft())
    tokenizer = load_tokenizer(request.model)
    tokenizer.chat_template = tokenizer.chat_template or template_of(tokenizer, settings.template).source
    with only_our_words():
        loaded = load_model(
            request.model, settings.as_sft(), placement, tokenizer, keep_base=request.folder / BASE
        )
    prompts = _prompts(request, loaded)
    checkpoint = checkpoint_of(request)
    book = _book(request, prompts, loaded, placement, checkpoint) if is_first() else None
    keeper = RunKeeper(book, request.lake) if book is not None else None
    inner = _inner(request, prompts, loaded, placement, book, keeper, checkpoint)
    try:
        result = train_grpo(inner, observers)
        if keeper is not None:
            keeper.close()
            with only_our_words():
                _keep_model(loaded, request.folder / MODEL)
    except BaseException as error:
        fail(error, book, request.folder, settings.as_sft(), placement)
        raise
    if book is not None:
        book.finish(
            FINISHED, {"model": str((request.folder / MODEL).absolute()), "taken": dict(result.taken)}
        )
    return _done(request, book, prompts, result)


def _keep_model(loaded: LoadedModel, folder: Path) -> None:
    """The trained model; of adapters the one that was trained, not the copy that TRL measures the distance from."""
    chosen = {"selected_adapters": ["default"]} if hasattr(loaded.model, "peft_config") else {}
    loaded.model.save_pretrained(str(folder), **chosen)
    loaded.tokenizer.save_pretrained(str(folder))


def _prompts(request: GrpoRunRequest, loaded: LoadedModel) -> _Prompts:
    """The prompts that can be judged and that leave room for an answer; TrainingError where there is none."""
    found = instances_of(request.split.members(), gold_of, request.labels)
    room = loaded.context - request.chosen.settings.max_new_tokens
    lengths = [_length(loaded.tokenizer, i) for i in found.found]
    fitting = [(i, n) for i, n in zip(found.found, lengths, strict=True) if n <= room]
    instances = renumbered(i for i, _ in fitting)
    if not instances:
        why = "; ".join(f"{n:,}: {REASONS[reason]}" for reason, n in found.reasons.items()) or "it is empty"
        raise TrainingError(
            "no prompt of the split can be trained by reward",
            where=f"{request.split.name}: {why}",
            hint="choose labels whose answers state their result, or lower max_new_tokens",
        )
    rows = [
        {
            "number": i.sample,
            "position": i.position,
            "sample_id": i.sample_id,
            "label": i.label or None,
            "weight": i.weight,
            "tokens": length,
            "supervised": 0,  # answers are made anew at each step
        }
        for i, (_, length) in zip(instances, fitting, strict=True)
    ]
    long = [
        {"position": i.position, "sample_id": i.sample_id, "reason": OVER_LENGTH, "tokens": n}
        for i, n in zip(found.found, lengths, strict=True)
        if n > room
    ]
    excluded = pa.concat_tables([found.excluded, pa.Table.from_pylist(long, schema=EXCLUSIONS)])
    return _Prompts(instances, pa.Table.from_pylist(rows, schema=SAMPLES), excluded.sort_by("position"))


def _length(tokenizer: Any, instance: Instance) -> int:
    found = tokenizer.apply_chat_template(
        instance.messages, add_generation_prompt=True, tokenize=True, return_dict=True
    )
    return len(found["input_ids"])


def _book(
    request: GrpoRunRequest,
    prompts: _Prompts,
    loaded: LoadedModel,
    placement: Placement,
    checkpoint: Checkpoint | None,
) -> RunBook:
    seed = request.chosen.settings.seed
    record = record_of("grpo", request, seed, loaded, placement, _of_labels(request))
    book = opened(record, request, prompts.samples, prompts.excluded, checkpoint)
    if request.lake is not None and goes_on(request):
        rewind_labels(request.lake, book.record.run, checkpoint.step if checkpoint else 0)
    return book


def _of_labels(request: GrpoRunRequest) -> dict[str, Any]:
    """What decides about labels, for the record."""
    found: dict[str, Any] = {f"weights.{k}": v for k, v in asdict(request.weighting).items()}
    if request.rule is not None:
        found |= {f"takeover.{k}": v for k, v in asdict(request.rule).items()}
    return found | {"labels": sorted(request.labels) if request.labels is not None else []}


def _inner(
    request: GrpoRunRequest,
    prompts: _Prompts,
    loaded: LoadedModel,
    placement: Placement,
    book: RunBook | None,
    keeper: RunKeeper | None,
    checkpoint: Checkpoint | None,
) -> GrpoRequest:
    def recording(trainer: Any) -> Sequence[Any]:
        from training.reward.recording import RewardRecording

        return (RewardRecording(trainer, book, request.progress),)

    return GrpoRequest(
        model=loaded.model,
        tokenizer=loaded.tokenizer,
        instances=prompts.instances,
        settings=request.chosen.settings,
        folder=request.folder,
        rule=request.rule,
        reward=request.reward,
        weighting=request.weighting,
        weights=request.weights,
        references=request.references,
        imported=request.imported,
        resume=checkpoint.folder if checkpoint else None,
        keeper=keeper,
        placement=placement,
        recording=recording,
    )


def _done(request: GrpoRunRequest, book: RunBook | None, prompts: _Prompts, result: GrpoResult) -> GrpoRun:
    return GrpoRun(
        run=book.record.run if book is not None else request.run,
        folder=request.folder,
        model=request.folder / MODEL,
        steps=result.steps,
        prompts=len(prompts.instances),
        taken=result.taken,
        weights=result.weights,
    )
