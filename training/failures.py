"""Errors of the libraries in words that say what to change."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from training.errors import LossNotFinite, MemoryExhausted
from training.models.placement import Placement
from training.runs.checkpoints import Checkpoint
from training.settings import TrainSettings

NO_ROOM = ("out of memory", "can't allocate memory", "not enough memory")


def explained(
    error: BaseException, settings: TrainSettings, placement: Placement, last: Checkpoint | None
) -> BaseException:
    """The error to raise in place of this one; the same where there is nothing to add."""
    if isinstance(error, LossNotFinite):
        good = f"the last good checkpoint is {last.folder}" if last else "no checkpoint was written before it"
        return LossNotFinite(error.what, where=error.where, hint=f"{error.hint}; {good}")
    if is_memory(error):
        what = f"{'the GPU' if placement.device == 'cuda' else 'this machine'} has no memory for a step"
        return MemoryExhausted(what, where=_shape(settings), hint=relief(settings, placement))
    return error


def is_memory(error: BaseException) -> bool:
    """True of the errors by which torch and Python say that memory is exhausted."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in NO_ROOM)


def relief(settings: TrainSettings, placement: Placement) -> str:
    """What to change, cheapest first; a smaller batch with as much more accumulation takes the same steps."""
    found = []
    if settings.batch_size > 1:
        half = settings.batch_size // 2
        more = -(-settings.accumulation * settings.batch_size // half)
        found.append(f"batch_size={half} with accumulation={more}, which takes the same steps")
    if not placement.checkpointing:
        found.append("gradient_checkpointing=on")
    if not settings.lora.rank:
        found.append("--lora")
    if placement.device == "cuda" and not placement.bf16:
        found.append("precision=bf16")
    found.append("a smaller max_length, or a smaller model")
    return "; ".join(found)


def _shape(settings: TrainSettings) -> str:
    packed = ", packed" if settings.packing else ""
    return f"batch_size {settings.batch_size}, accumulation {settings.accumulation}{packed}"


@contextlib.contextmanager
def only_our_words() -> Iterator[None]:
    """The libraries' own notes and bars stay away; what matters of them is in the record, the plan, the progress."""
    from transformers.utils import logging as own

    logs = [logging.getLogger(name) for name in ("transformers", "trl", "accelerate", "peft")]
    before, bars = [log.level for log in logs], own.is_progress_bar_enabled()
    own.disable_progress_bar()  # type: ignore[no-untyped-call]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for log, level in zip(logs, before, strict=True):
            log.setLevel(level)
        if bars:
            own.enable_progress_bar()  # type: ignore[no-untyped-call]
