"""Supervised fine-tuning of a split, recorded step by step: `train_sft`.

    run = train_sft(SftRequest(split, ModelSpec("new:tiny"), chosen(), Path("runs/first"), lake=lake))

It prepares the samples, loads the model, lets TRL train, and keeps what happened. A run that was killed goes on
from its last whole checkpoint with `resume=True` and the same request; on a CPU its losses are equal to the last
bit to those of a run that was never stopped, on a GPU as far as the GPU's own kernels repeat themselves.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import ConfigError
from governance.trainings import FINISHED
from training.data.packing import packed
from training.data.samples import REASONS, Samples, tokenised
from training.data.source import SplitData
from training.data.template import template_of
from training.errors import TrainingError
from training.failures import only_our_words
from training.models.loading import LoadedModel, ModelSpec, load_config, load_model, load_tokenizer
from training.models.placement import Placement, placed
from training.observer import StepObserver
from training.processes import is_first
from training.runs.checkpoints import Checkpoint
from training.runs.journal import CheckpointLine, StepLine, weights_in_force
from training.runs.opening import checkpoint_of, fail, opened, record_of
from training.runs.run import (
    BASE,
    MODEL,
    RunBook,
    journal_of,
    read_record,
)
from training.settings import Chosen, TrainSettings
from training.supervised.weighting import Weighting

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.runs.recording import Progress, Refresh
    from training.supervised.trainer import WeightedTrainer

DEFAULT_LENGTH = 4_096


def _silent(words: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class SftRequest:
    """One run to do.

    Attributes:
        folder: where checkpoints and the model go; absent or empty, unless `resume`.
        lake: keeps the run; None keeps it in the folder alone.
        label_weights: weights of the loss by label, in force from the first step.
        refresh: estimates them anew (model, tokenizer, step), at step 0 and every `refresh_every` steps.
        resume: go on with the run in the folder, where one was begun.
        parent: the run whose model this one starts from.
        fused: see `WeightedTrainer.fused`; False where an observer watches the output layer.
    """

    split: SplitData
    model: ModelSpec
    chosen: Chosen
    folder: Path
    lake: Lake | None = None
    label_weights: Mapping[str, float] | None = None
    refresh: Refresh | None = None
    resume: bool = False
    run: str = ""
    parent: str = ""
    command: str = ""
    fused: bool = True
    progress: Progress = field(default=_silent)

    @property
    def settings(self) -> TrainSettings:
        """The settings, without their origins."""
        return self.chosen.settings


@dataclass(frozen=True)
class TrainedRun:
    """What became of a run.

    Attributes:
        model: folder of the trained model: whole, or an adapter.
        losses: of every step from the first, those before a resume among them.
        excluded: how many members each reason excluded.
        first_step: the step this process began with.
    """

    run: str
    folder: Path
    model: Path
    steps: int
    first_step: int
    losses: tuple[float, ...]
    samples: int
    tokens: int
    excluded: Mapping[str, int]
    checkpoints: tuple[Path, ...]
    seconds: float


def train_sft(request: SftRequest, observers: Sequence[StepObserver] = ()) -> TrainedRun:
    """The run, done and recorded; a TrainingError leaves what was recorded until then, and the checkpoints."""
    placement = placed(request.settings)
    tokenizer = load_tokenizer(request.model)
    samples = samples_of(request, tokenizer)
    with only_our_words():
        loaded = load_model(request.model, request.settings, placement, tokenizer, request.folder / BASE)
    checkpoint = checkpoint_of(request)
    record = record_of("sft", request, request.settings.seed, loaded, placement)
    book = opened(record, request, samples.rows, samples.excluded, checkpoint) if is_first() else None
    trainer = trainer_of(request, samples, loaded, placement)
    _weigh(request, trainer, book, checkpoint)
    _attach(request, trainer, book, observers)
    try:
        with only_our_words():
            _go(trainer, checkpoint)
            _keep_model(trainer, request.folder)
    except BaseException as error:
        fail(error, book, request.folder, request.settings, placement)
        raise
    if book is not None:
        book.finish(FINISHED, {"model": str((request.folder / MODEL).absolute())})
    return _trained(request, samples, checkpoint)


def samples_of(request: SftRequest, tokenizer: Any) -> Samples:
    """The split as tokens; TrainingError where nothing is left to train on."""
    limit = length_limit(request, tokenizer)
    template = template_of(tokenizer, request.settings.template)
    tokenizer.chat_template = (
        tokenizer.chat_template or template.source
    )  # the trained model shall be asked that way
    samples = tokenised(request.split.members(), tokenizer, template, limit)
    if not len(samples):
        why = "; ".join(f"{n:,} {REASONS[reason]}" for reason, n in samples.reasons.items()) or "it is empty"
        hint = "raise max_length, choose another template, or curate another split"
        raise TrainingError(
            f"nothing of the split can be trained on: {why}", where=request.split.name, hint=hint
        )
    return samples


def length_limit(request: SftRequest, tokenizer: Any) -> int:
    """Tokens a sample may have; ConfigError where the settings ask for more than the model takes."""
    wanted = request.settings.max_length
    context = int(load_config(request.model, tokenizer).max_position_embeddings)
    if wanted > context:
        what = f"max_length is {wanted:,}, and the model takes {context:,} tokens"
        origin = request.chosen.origins.get("max_length", "")
        raise ConfigError(what, where=origin, hint=f"give {context} or less, or 0 for what the model takes")
    return wanted or min(context, DEFAULT_LENGTH)


def rows_of(request: SftRequest, samples: Samples, tokenizer: Any) -> list[list[int]]:
    """The samples' numbers by row: one each, or as many as fit where rows are packed."""
    if not request.settings.packing:
        return [[n] for n in range(len(samples))]
    return packed(samples.tokens.lengths.tolist(), length_limit(request, tokenizer))


def trainer_of(
    request: SftRequest, samples: Samples, loaded: LoadedModel, placement: Placement
) -> WeightedTrainer:
    """TRL's trainer, complete but for who watches it."""
    from datasets import Dataset
    from transformers import PrinterCallback

    from training.data.collate import ROW, Collator
    from training.data.order import Order
    from training.supervised.arguments import arguments
    from training.supervised.trainer import WeightedTrainer

    settings = request.settings
    rows = rows_of(request, samples, loaded.tokenizer)
    collator = Collator(samples.tokens, loaded.tokenizer.pad_token_id, packed=settings.packing)
    with only_our_words(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of TRL's options, which are all set on purpose
        trainer = WeightedTrainer(
            model=loaded.model,
            args=arguments(settings, placement, request.folder),
            train_dataset=Dataset.from_dict({ROW: rows}),
            data_collator=collator,
            processing_class=loaded.tokenizer,
        )
    trainer.remove_callback(PrinterCallback)
    order = Order(len(rows), settings.seed, shuffle=settings.shuffle)
    trainer.prepare(samples, Weighting(samples.rows), order, by_tokens=settings.loss == "tokens")
    trainer.fused = request.fused
    return trainer


def _weigh(
    request: SftRequest, trainer: WeightedTrainer, book: RunBook | None, checkpoint: Checkpoint | None
) -> None:
    """The weights of labels as the run has them at this step: those asked for, or those of its journal."""
    before = [line for line in journal_of(request.folder) if checkpoint and line.step < checkpoint.step]
    known = weights_in_force(before)
    labels = known or request.label_weights
    if labels is None:
        return
    trainer.weighting.set_labels(labels)
    if known is None and book is not None:
        book.weights(0, labels)


def _attach(
    request: SftRequest, trainer: WeightedTrainer, book: RunBook | None, observers: Sequence[StepObserver]
) -> None:
    from training.callback import ObserverCallback
    from training.runs.recording import Recording, Refreshing

    refreshing = Refreshing(request.refresh, request.settings.refresh_every) if request.refresh else None
    trainer.observing = ObserverCallback(observers, trainer.samples.ids)
    trainer.add_callback(trainer.observing)
    trainer.add_callback(Recording(trainer, book, refreshing, request.progress))


def _go(trainer: Any, checkpoint: Checkpoint | None) -> None:
    """Every step that is still to take; none where the run was killed after its last, before its model was kept."""
    from training.runs.recording import steps_an_epoch

    steps = trainer.args.max_steps
    last = steps if steps > 0 else steps_an_epoch(trainer) * int(trainer.args.num_train_epochs)
    if checkpoint is not None and checkpoint.step >= last:  # transformers would take one more
        trainer._load_from_checkpoint(str(checkpoint.folder))
        _tell_the_end(trainer, last)
        return
    trainer.train(resume_from_checkpoint=str(checkpoint.folder) if checkpoint else None)


def _tell_the_end(trainer: Any, last: int) -> None:
    """Observers learn of a run that has no step left: they too may have been killed before they were done."""
    trainer.state.global_step = trainer.state.max_steps = last
    told = {"model": trainer.model, "optimizer": trainer.create_optimizer()}
    trainer.observing.on_train_begin(trainer.args, trainer.state, trainer.control, **told)
    trainer.observing.on_train_end(trainer.args, trainer.state, trainer.control)


def _keep_model(trainer: Any, folder: Path) -> None:
    """The trained model, in a folder that holds nothing but it: no pickles, no state of the optimizer."""
    if is_first():
        trainer.model.save_pretrained(str(folder / MODEL))
        trainer.processing_class.save_pretrained(str(folder / MODEL))


def _trained(request: SftRequest, samples: Samples, checkpoint: Checkpoint | None) -> TrainedRun:
    lines = journal_of(request.folder)
    steps = [line for line in lines if isinstance(line, StepLine)]
    return TrainedRun(
        run=read_record(request.folder).run,
        folder=request.folder,
        model=request.folder / MODEL,
        steps=len(steps),
        first_step=checkpoint.step if checkpoint else 0,
        losses=tuple(line.loss for line in steps),
        samples=len(samples),
        tokens=sum(line.tokens for line in steps),
        excluded=samples.reasons,
        checkpoints=tuple(Path(line.path) for line in lines if isinstance(line, CheckpointLine)),
        seconds=sum(line.seconds for line in steps),
    )
