"""A plain training loop over GSM8K, and items to explain, for the measurements in this folder."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.tracing.items import Probe
from training.evaluation.functionals import Continuation, MarginBatch, answer_batch
from training.observer import MicroBatch, RunStarted, Segment, StepObserver

SHARED = Path(__file__).resolve().parents[3] / "shared"


@dataclass(frozen=True)
class Example:
    """Tokens of a question and of its worked answer."""

    question: tuple[int, ...]
    answer: tuple[int, ...]


def gsm8k(tokenizer: Any, part: str, count: int, longest: int, seed: int = 0) -> list[tuple[Example, str]]:
    """So many (example, gold number) of no more tokens than `longest`, drawn by the seed."""
    lines = (SHARED / "data" / "gsm8k" / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    random.Random(seed).shuffle(lines)
    chosen: list[tuple[Example, str]] = []
    for line in lines:
        row = json.loads(line)
        number = row["answer"].rsplit("####", 1)[1].strip()
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": row["question"]}], add_generation_prompt=True, tokenize=False
        )
        example = Example(_tokens(tokenizer, prompt), _tokens(tokenizer, row["answer"] + tokenizer.eos_token))
        if len(example.question) + len(example.answer) <= longest:
            chosen.append((example, number))
        if len(chosen) == count:
            break
    return chosen


def probes(tokenizer: Any, chosen: Sequence[tuple[Example, str]], batch: int = 8) -> tuple[Probe, ...]:
    """Loss of the worked answer, and margin of the gold number over that number plus one."""
    made = []
    for first in range(0, len(chosen), batch):
        part = chosen[first : first + batch]
        ids = tuple(f"test/{first + n}" for n in range(len(part)))
        worked = answer_batch([Continuation(e.question, e.answer) for e, _ in part])
        made.append(Probe("gsm8k", ids, ANSWER_LOSS, worked))
        gold, other = (
            answer_batch([Continuation(e.question, _number(tokenizer, n, add)) for e, n in part])
            for add in (0, 1)
        )
        made.append(Probe("gsm8k", ids, MARGIN, MarginBatch(gold, other)))
    return tuple(made)


def _number(tokenizer: Any, gold: str, add: int) -> tuple[int, ...]:
    value = int(float(gold.replace(",", ""))) + add
    return _tokens(tokenizer, f"#### {value}")


def _tokens(tokenizer: Any, text: str) -> tuple[int, ...]:
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])


def batches(examples: Sequence[Example], rows: int, steps: int, seed: int = 0) -> Iterator[list[int]]:
    """Numbers of the examples in each step, epoch by epoch."""
    maker, order = random.Random(seed), []
    for _ in range(steps):
        if len(order) < rows:
            order = [*order, *maker.sample(range(len(examples)), len(examples))]
        yield order[:rows]
        order = order[rows:]


def tensors(examples: Sequence[Example], chosen: Sequence[int]) -> tuple[dict[str, Any], tuple[Segment, ...]]:
    """(inputs, segments), one example a row."""
    width = max(len(examples[n].question) + len(examples[n].answer) for n in chosen)
    ids = torch.zeros(len(chosen), width, dtype=torch.long)
    mask, labels, segments = torch.zeros_like(ids), torch.full_like(ids, -100), []
    for row, n in enumerate(chosen):
        tokens = examples[n].question + examples[n].answer
        ids[row, : len(tokens)], mask[row, : len(tokens)] = torch.tensor(tokens), 1
        labels[row, len(examples[n].question) : len(tokens)] = torch.tensor(examples[n].answer)
        segments.append(Segment(n, row, 0, len(tokens)))
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}, tuple(segments)


def train(
    model: Any,
    optimizer: Any,
    examples: Sequence[Example],
    rows: int,
    steps: int,
    observers: Sequence[StepObserver],
) -> None:
    """Linear warm-up over a fifth of the steps, then linear decay to a tenth; gradients are clipped to norm 1."""
    rates = [group["lr"] for group in optimizer.param_groups]
    run = RunStarted(model, optimizer, [f"{n:064x}" for n in range(len(examples))], 0, steps, 1.0)
    model.train()
    for observer in observers:
        observer.run_started(run)
    for step, chosen in enumerate(batches(examples, rows, steps)):
        scale = min((step + 1) / max(1, steps // 5), max(0.1, 1 - step / steps))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * scale
        optimizer.zero_grad()
        for observer in observers:
            observer.step_started(step)
        _backward(model, examples, chosen, step, observers)
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        for observer in observers:
            observer.before_update(step)
        optimizer.step()
        for observer in observers:
            observer.after_update(step)
    for observer in observers:
        observer.run_finished(steps)


def _backward(
    model: Any,
    examples: Sequence[Example],
    chosen: Sequence[int],
    step: int,
    observers: Sequence[StepObserver],
) -> None:
    inputs, segments = tensors(examples, chosen)
    contexts = [observer.observed(MicroBatch(step, 0, segments, inputs)) for observer in observers]
    for context in contexts:
        context.__enter__()
    logits = model(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
    ).logits
    cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]), inputs["labels"][:, 1:].reshape(-1), ignore_index=-100
    ).backward()
    for context in contexts:
        context.__exit__(None, None, None)
