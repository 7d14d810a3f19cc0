"""Training by verifiable rewards: GRPO with TRL, weighted by label, recorded, resumable.

    found = instances_of(split.members("train"), gold_of)
    request = GrpoRequest(model, tokenizer, found.found, GrpoSettings(), Path("runs/2"), rule=TakeoverOptions())
    result = train_grpo(request, observers=[recorder])

Before each step's micro-batches answers are sampled from the model as it is, so every step is on policy. On a CPU that
is transformers' own `generate`; nothing else is needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from governance.errors import UsageError
from training.difficulty.estimating import Estimator
from training.difficulty.weights import among
from training.failures import only_our_words
from training.models.placement import Placement, placed
from training.observer import StepObserver
from training.reward.instances import Instance, renumbered
from training.reward.request import GrpoRequest, GrpoResult
from training.reward.settings import GrpoSettings
from training.stages.course import Course, order_of
from training.supervised.arguments import NEVER


def train_grpo(request: GrpoRequest, observers: Sequence[StepObserver] = ()) -> GrpoResult:
    """The model of the request is trained in place.

    Raises:
        UsageError: there are no prompts, or a step's answers cannot be dealt out evenly.
        ResumeError: the checkpoint is not whole, or of another run.
    """
    from training.reward.callback import CourseCallback, restored

    if not request.instances:
        raise UsageError(
            "there is no prompt to be trained by reward",
            hint="choose labels whose answers state their result",
        )
    instances = renumbered(request.instances)
    course = Course(instances, request.rule)
    if request.settings.label_weights != "none":
        course.weights = among(request.weights, course.labels)
    done = 0
    if request.resume is not None:
        restored(course, request.resume)
        done = int(request.resume.name.rpartition("-")[2])
    keeping = CourseCallback(course, estimator_of(request, instances), request)
    trainer = _trainer(request, course, observers, keeping)
    with only_our_words(), warnings.catch_warnings():
        # TRL 1.16 asks transformers 5.24 by names that go with version 6, at every step
        warnings.filterwarnings("ignore", "`(is_)?gradient_checkpointing", FutureWarning)
        if (
            course.over or done >= request.settings.steps
        ):  # killed after its last step; one more would be taken
            trainer._load_from_checkpoint(str(request.resume))
            keeping.keep()
            return _result(request, course, done)
        trainer.train(resume_from_checkpoint=None if request.resume is None else str(request.resume))
    return _result(request, course, int(trainer.state.global_step))


def _result(request: GrpoRequest, course: Course, steps: int) -> GrpoResult:
    folder = request.folder / f"checkpoint-{steps}"
    return GrpoResult(steps, dict(course.taken), course.weights, folder)


def estimator_of(request: GrpoRequest, instances: Sequence[Instance]) -> Estimator | None:
    """What estimates label weights during the run; None where none are estimated."""
    from training.difficulty.answering import Sampling, answering

    settings = request.settings
    if not settings.reestimate_steps or settings.label_weights == "none":
        return None
    sampling = Sampling(
        settings.max_new_tokens, settings.temperature, settings.top_p, seed=request.weighting.seed
    )
    return Estimator(
        sorted({i.label for i in instances}),
        instances,
        answering(request.model, request.tokenizer, sampling),
        request.reward,
        request.weighting,
        request.references,
        request.imported,
    )


def _trainer(request: GrpoRequest, course: Course, observers: Sequence[StepObserver], keeping: Any) -> Any:
    from datasets import Dataset
    from transformers import PrinterCallback

    from training.callback import ObserverCallback
    from training.reward.rollouts import PLACE, RolloutTrainer

    settings = request.settings
    order = order_of(len(course.instances), settings.steps * settings.prompts, settings.seed)
    observing = ObserverCallback(observers, [i.sample_id for i in course.instances])
    if request.tokenizer.pad_token_id is None:
        request.tokenizer.pad_token = request.tokenizer.eos_token
    with only_our_words(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what TRL says while it is made is about names that change
        trainer = RolloutTrainer(
            course=course,
            observing=observing,
            reward=request.reward,
            decode=lambda ids: request.tokenizer.batch_decode(ids, skip_special_tokens=True),
            model=request.model,
            args=grpo_arguments(settings, request.placement or placed(settings.as_sft()), request.folder),
            train_dataset=Dataset.from_dict({PLACE: order}),
            processing_class=request.tokenizer,
        )
    trainer.remove_callback(PrinterCallback)  # stdout is for results
    for callback in (observing, keeping, *request.recording(trainer)):
        trainer.add_callback(callback)
    return trainer


def grpo_arguments(settings: GrpoSettings, placement: Placement, folder: Path) -> Any:
    """Our settings as those of TRL's trainer."""
    from accelerate import PartialState
    from trl.trainer.grpo_config import GRPOConfig

    state = PartialState(cpu=placement.device == "cpu")
    return GRPOConfig(
        output_dir=str(folder),
        max_steps=settings.steps,
        per_device_train_batch_size=settings.micro_batch,
        gradient_accumulation_steps=settings.accumulation(state.num_processes),
        num_generations=settings.generations,
        max_completion_length=settings.max_new_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        top_k=0,
        learning_rate=settings.learning_rate,
        warmup_steps=settings.warmup_steps,
        lr_scheduler_type="constant_with_warmup" if settings.warmup_steps else "constant",
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        beta=settings.kl,
        epsilon=settings.clip,
        loss_type=settings.loss,
        scale_rewards=settings.scale_rewards,
        shuffle_dataset=False,  # the order is the course's own
        bf16=placement.bf16,
        fp16=False,
        use_cpu=placement.device == "cpu",
        gradient_checkpointing=placement.checkpointing,
        seed=settings.seed,
        save_strategy="steps",
        save_steps=settings.save_steps or NEVER,
        save_total_limit=settings.keep,
        logging_strategy="no",  # steps are recorded by callbacks of our own
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=placement.device == "cuda",
    )
