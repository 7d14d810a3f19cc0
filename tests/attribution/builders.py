"""A tiny model, a plain training loop that calls observers, and items to explain."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.ledger.ledger import Interval
from attribution.ledger.refresh import Refresh
from attribution.tracing.items import Probe
from attribution.tracing.tracer import Tracer, TraceSettings
from training.evaluation.functionals import Continuation, MarginBatch, answer_batch
from training.observer import MicroBatch, RunStarted, Segment, StepObserver

VOCABULARY = 23
EVERY_STEP = Refresh(every=1, adaptive=False)


def tiny_qwen3(
    layers: int = 1, hidden: int = 8, *, tied: bool = True, seed: int = 0, dtype: Any = torch.float64
) -> Any:
    """A Qwen3 of a few hundred parameters."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        intermediate_size=12,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=4,
        max_position_embeddings=64,
        tie_word_embeddings=tied,
        attention_bias=True,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        initializer_range=0.3,
    )
    return Qwen3ForCausalLM(config).to(dtype)


def with_lora(model: Any, rank: int = 2, **options: Any) -> Any:
    """The model with adapters on all linear layers of its blocks."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    config = LoraConfig(
        r=rank,
        lora_alpha=4,
        lora_dropout=0.0,
        target_modules=["q_proj", "v_proj", "up_proj", "down_proj"],
        **options,
    )
    with warnings.catch_warnings():  # peft asks transformers for a property under its old name
        warnings.simplefilter("ignore", FutureWarning)
        adapted = get_peft_model(model, config)
    return adapted.to(next(model.parameters()).dtype)


def sentences(count: int, seed: int = 0, least: int = 4, most: int = 9) -> list[tuple[list[int], list[int]]]:
    """(tokens, labels) of so many samples of different lengths; the prompt's labels are masked."""
    maker = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(count):
        length = int(torch.randint(least, most + 1, (1,), generator=maker))
        tokens = torch.randint(3, VOCABULARY, (length,), generator=maker).tolist()
        prompt = int(torch.randint(1, length - 1, (1,), generator=maker))
        made.append((tokens, [-100] * prompt + tokens[prompt:]))
    return made


def padded(rows: Sequence[tuple[list[int], list[int]]], samples: Sequence[int], *, left: bool = False) -> Any:
    """(inputs, segments): one sample a row."""
    width = max(len(t) for t, _ in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
    segments = []
    for n, (tokens, targets) in enumerate(rows):
        start = width - len(tokens) if left else 0
        at = slice(start, start + len(tokens))
        ids[n, at], labels[n, at], mask[n, at] = torch.tensor(tokens), torch.tensor(targets), 1
        segments.append(Segment(samples[n], n, start, start + len(tokens)))
    return {"input_ids": ids, "labels": labels, "attention_mask": mask}, tuple(segments)


def packed(rows: Sequence[tuple[list[int], list[int]]], samples: Sequence[int]) -> Any:
    """(inputs, segments): all samples in one row, told apart by their positions."""
    ids = torch.tensor([[t for tokens, _ in rows for t in tokens]])
    labels = torch.tensor(
        [[-100, *targets[1:]] for _, targets in rows[:1]]
        and [[target for _, targets in rows for target in [-100, *targets[1:]]]]
    )
    positions = torch.tensor([[p for tokens, _ in rows for p in range(len(tokens))]])
    segments, start = [], 0
    for sample, (tokens, _) in zip(samples, rows, strict=True):
        segments.append(Segment(sample, 0, start, start + len(tokens)))
        start += len(tokens)
    return {"input_ids": ids, "labels": labels, "position_ids": positions}, tuple(segments)


@dataclass(frozen=True)
class Loop:
    """A plain training loop.

    Attributes:
        steps: optimizer steps.
        rows: samples in a micro-batch.
        parts: micro-batches in a step.
        max_norm: gradients are clipped to it; 0 leaves them.
        shape: how samples become tensors.
        warm_up: steps over which the learning rate grows.
        scale: the loss is multiplied by it, and gradients divided again before clipping, as a loss scaler does.
        process: (rank, processes); a process takes every so many-th row of a micro-batch.
        samples: how many there are.
        seed: what they are.
    """

    steps: int = 4
    rows: int = 3
    parts: int = 1
    max_norm: float = 0.0
    shape: Callable[..., Any] = padded
    warm_up: int = 0
    scale: float = 1.0
    process: tuple[int, int] = (0, 1)
    samples: int = 7
    seed: int = 0


def train(
    model: Any,
    optimizer: Any,
    loop: Loop,
    observers: Sequence[StepObserver],
    first: int = 0,
    last: int | None = None,
    forward: Any = None,
) -> None:
    """Trains from step `first` up to `last`; the course depends on the step's number only.

    `forward` is what is called where that is a wrapper around the model.
    """
    forward = forward or model
    rows = sentences(loop.samples, loop.seed)
    names = [f"{n:064x}" for n in range(loop.samples)]
    run = RunStarted(model, optimizer, names, first, loop.steps, loop.max_norm)
    rates = [group["lr"] for group in optimizer.param_groups]
    model.train()
    for observer in observers:
        observer.run_started(run)
    for step in range(first, loop.steps if last is None else last):
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (step + 1) / max(1, loop.warm_up))
        optimizer.zero_grad()
        for observer in observers:
            observer.step_started(step)
        for part in range(loop.parts):
            _micro_batch(forward, loop, observers, rows, step, part)
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad /= loop.scale
        if loop.max_norm:
            torch.nn.utils.clip_grad_norm_(model.parameters(), loop.max_norm)
        for observer in observers:
            observer.before_update(step)
        optimizer.step()
        for observer in observers:
            observer.after_update(step)
    if last is None:
        for observer in observers:
            observer.run_finished(loop.steps)


def _micro_batch(
    model: Any, loop: Loop, observers: Sequence[StepObserver], rows: Any, step: int, part: int
) -> None:
    chosen = [((step * loop.parts + part) * loop.rows + n) % loop.samples for n in range(loop.rows)]
    rank, processes = loop.process
    chosen = chosen[rank::processes]
    inputs, segments = loop.shape([rows[n] for n in chosen], chosen)
    batch = MicroBatch(step, part, segments, inputs)
    contexts = [observer.observed(batch) for observer in observers]
    for context in contexts:
        context.__enter__()
    (loop.scale * processes * loss_of(model, inputs, parts=loop.parts)).backward()
    for context in reversed(contexts):
        context.__exit__(None, None, None)


def loss_of(model: Any, inputs: Any, parts: int = 1) -> torch.Tensor:
    """Sum over tokens by a count that all micro-batches share, as transformers does it."""
    logits = model(**{k: v for k, v in inputs.items() if k != "labels"}, use_cache=False).logits[:, :-1]
    targets = inputs["labels"][:, 1:]
    total = cross_entropy(
        logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=-100, reduction="sum"
    )
    return total / (8.0 * parts)


def items(count: int = 3, seed: int = 50) -> tuple[Probe, ...]:
    """So many items with their loss, and as many with their margin."""
    questions = [Continuation(tuple(tokens[:-2]), tuple(tokens[-2:])) for tokens, _ in sentences(count, seed)]
    wrong = [Continuation(q.prompt, tuple(3 + (t + 5) % 20 for t in q.answer)) for q in questions]
    ids = tuple(f"item/{n}" for n in range(count))
    return (
        Probe("toy", ids, ANSWER_LOSS, answer_batch(questions)),
        Probe("toy", ids, MARGIN, MarginBatch(answer_batch(questions), answer_batch(wrong))),
    )


def traced(settings: TraceSettings | None = None, count: int = 3) -> Tracer:
    """A tracer of a few items."""
    return Tracer(items(count), settings or TraceSettings(refresh=EVERY_STEP))


def relative_gap(intervals: Sequence[Interval]) -> float:
    """The largest failure of the decomposition identity, relative to the size of its terms."""
    worst = 0.0
    for i in intervals:
        terms = abs(i.amounts).sum(0) + abs(i.decay) + abs(i.carried) + abs(i.forgotten)
        worst = max(worst, float((abs(i.gap) / terms.clip(1e-300)).max()))
    return worst
