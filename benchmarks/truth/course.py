"""The base model, and the course that is explained: a plain AdamW loop that observers can watch.

A row that is left out gets the weight 0, as in `attribution.testing.retraining`: the order of all others, the number of
steps and what each step's loss is divided by stay as they were.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.ledger.intervals import Floats
from attribution.testing.retraining import Worth
from attribution.tracing.items import Probe
from benchmarks.truth.corpus import Corpus, Row, base, corpus, tokens
from training.evaluation.functionals import (
    AnswerBatch,
    Continuation,
    MarginBatch,
    answer_batch,
    next_token_log_probs,
)
from training.observer import MicroBatch, RunStarted, Segment, StepObserver

FULL, LORA = "full", "lora"
ADAMW, SGD = "adamw", "sgd"
RATES = {(ADAMW, FULL): 1e-3, (ADAMW, LORA): 1e-2, (SGD, FULL): 0.3}
WIDTH = 20
"""Tokens of every row; the longest has 17. One width for all keeps retraining the same to the last bit."""


@dataclass(frozen=True)
class Course:
    """How a run is trained.

    Attributes:
        mode: every parameter, or LoRA of rank 8 on all linear layers.
        seed: of corpus and order.
        optimizer: AdamW, or SGD without momentum.
        most: the norm that gradients are clipped to.
    """

    mode: str
    seed: int
    rows: int = 16
    steps: int = 70
    decay: float = 0.01
    optimizer: str = ADAMW
    most: float = 1.0

    @property
    def rate(self) -> float:
        """Peak learning rate."""
        return RATES[self.optimizer, self.mode]

    def optimizer_of(self, trained: Sequence[torch.Tensor]) -> torch.optim.Optimizer:
        """What moves these parameters."""
        if self.optimizer == SGD:
            return torch.optim.SGD(trained, lr=self.rate, weight_decay=self.decay)
        return torch.optim.AdamW(trained, lr=self.rate, weight_decay=self.decay, fused=True)

    def share(self, step: int) -> float:
        """Of the peak learning rate, at a step: up over a fifth of the steps, then down to a tenth."""
        return min((step + 1) / (self.steps // 5), max(0.1, 1 - step / self.steps))


def base_model(cache: Path) -> Any:
    """The base model, trained once (a minute of one core) and kept."""
    model = empty_model()
    if cache.exists():
        model.load_state_dict(torch.load(cache, weights_only=True))
        return model
    rows, steps, rate = base(), 900, 4e-3
    maker = random.Random(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 50) * max(0.05, 1 - step / steps)
        optimizer.zero_grad()
        loss_of(model, tensors(maker.sample(rows, 64))).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    cache.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), cache)
    return model


def empty_model() -> Any:
    """Qwen3 with random weights, a quarter of a million of them."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=512,
            hidden_size=64,
            intermediate_size=192,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=16,
            tie_word_embeddings=True,
            use_cache=False,
            pad_token_id=0,
        )
    )


def started(mode: str, cache: Path) -> Any:
    """The model as the course finds it."""
    model = base_model(cache)
    if mode == FULL:
        return model
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    return get_peft_model(model, LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=targets))


def tensors(rows: Sequence[Row]) -> dict[str, torch.Tensor]:
    """input_ids, attention_mask and labels, each (B, WIDTH); labels are -100 but at the answer."""
    ids = torch.zeros(len(rows), WIDTH, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for place, row in enumerate(rows):
        prompt, answer = tokens(row)
        stop = len(prompt) + len(answer)
        ids[place, :stop], mask[place, :stop] = torch.tensor(prompt + answer), 1
        labels[place, len(prompt) : stop] = torch.tensor(answer)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def loss_of(model: Any, batch: dict[str, torch.Tensor], weights: torch.Tensor | None = None) -> torch.Tensor:
    """Mean over the batch's answer tokens, each row's times its weight."""
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[:, :-1]
    labels = batch["labels"][:, 1:]
    each = cross_entropy(logits.transpose(1, 2), labels, ignore_index=-100, reduction="none").sum(1)
    whole = each.sum() if weights is None else (each * weights).sum()
    return whole / (labels != -100).sum()


def order(course: Course, count: int) -> Iterator[list[int]]:
    """Numbers of the rows in each step, epoch by epoch."""
    maker, coming = random.Random(course.seed), []
    for _ in range(course.steps):
        if len(coming) < course.rows:
            coming = [*coming, *maker.sample(range(count), count)]
        yield coming[: course.rows]
        coming = coming[course.rows :]


def train(
    course: Course,
    model: Any,
    rows: Sequence[Row],
    observers: Sequence[StepObserver],
    without: Collection[int] = (),
) -> None:
    """The course's optimizer with decay, gradients clipped."""
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = course.optimizer_of(trained)
    keep = torch.ones(len(rows))
    keep[list(without)] = 0.0
    whole = tensors(rows)
    ids = [f"{n:064x}" for n in range(len(rows))]
    model.train()
    for observer in observers:
        observer.run_started(RunStarted(model, optimizer, ids, 0, course.steps, course.most))
    for step, chosen in enumerate(order(course, len(rows))):
        optimizer.param_groups[0]["lr"] = course.rate * course.share(step)
        optimizer.zero_grad()
        for observer in observers:
            observer.step_started(step)
        batch = {name: tensor[chosen] for name, tensor in whole.items()}
        segments = tuple(Segment(n, place, 0, WIDTH) for place, n in enumerate(chosen))
        with ExitStack() as stack:
            for observer in observers:
                stack.enter_context(observer.observed(MicroBatch(step, 0, segments, batch)))
            loss_of(model, batch, keep[chosen]).backward()
        torch.nn.utils.clip_grad_norm_(trained, course.most)
        for observer in observers:
            observer.before_update(step)
        optimizer.step()
        for observer in observers:
            observer.after_update(step)
    for observer in observers:
        observer.run_finished(course.steps)


@dataclass(frozen=True)
class Case:
    """One seed's run, and what is asked of it.

    Attributes:
        probes: losses of all items, then their margins.
        before: (2M,) what the items are worth before the course; more is better.
        after: (2M,) after it.
    """

    course: Course
    corpus: Corpus
    cache: Path
    probes: tuple[Probe, ...]
    before: Floats
    after: Floats

    @property
    def items(self) -> int:
        """M."""
        return len(self.corpus.items)

    @property
    def flipped(self) -> list[int]:
        """Numbers of the items whose margin crosses zero."""
        before, after = self.before[self.items :], self.after[self.items :]
        return np.flatnonzero((before > 0) != (after > 0)).tolist()

    @property
    def lines(self) -> list[int]:
        """The columns that are explained: every item's loss, and the margins of items that flipped."""
        return [*range(self.items), *(self.items + n for n in self.flipped)]

    @property
    def watched(self) -> tuple[Probe, ...]:
        """The probes of these lines."""
        losses, margins = self.probes
        few, batch = torch.tensor(self.flipped), margins.batch
        gold, other = (
            AnswerBatch(b.input_ids[few], b.attention_mask[few], b.answer_mask[few])
            for b in (batch.gold, batch.other)
        )
        names = tuple(margins.items[n] for n in self.flipped)
        return losses, Probe(margins.suite, names, MARGIN, MarginBatch(gold, other))

    def model(self) -> Any:
        """As the course finds it."""
        return started(self.course.mode, self.cache)

    def retrained(self, without: Collection[int]) -> Floats:
        """(2M,) what the items are worth after the course without these rows."""
        worth = Worth(self.probes)
        train(self.course, self.model(), self.corpus.rows, [worth], without)
        return worth.values


def case_of(course: Course, cache: Path) -> Case:
    """Trains once to see what each item is held against, as an evaluation of the run would find it.

    The competitor is the strongest wrong answer of the model that got the item wrong: after the course, or else before
    it. So where the margin crosses zero, the model's answer turned from wrong to right or back.
    """
    drawn = corpus(course.seed)
    model = started(course.mode, cache)
    asked = answer_batch([Continuation(*tokens(row)) for row in drawn.items])
    gold = torch.tensor([tokens(row)[1][0] for row in drawn.items])
    before = _rivals(model, asked, gold)
    train(course, model, drawn.rows, [])
    after = _rivals(model, asked, gold)
    rival = torch.where(after[1] | ~before[1], after[0], before[0])
    others = [Continuation(tokens(row)[0], (int(r),)) for row, r in zip(drawn.items, rival, strict=True)]
    golds = [Continuation(tokens(row)[0], tokens(row)[1][:1]) for row in drawn.items]
    names = tuple(f"item/{n}" for n in range(len(drawn.items)))
    probes = (
        Probe("truth", names, ANSWER_LOSS, asked),
        Probe("truth", names, MARGIN, MarginBatch(answer_batch(golds), answer_batch(others))),
    )
    worths = []
    for state in (started(course.mode, cache), model):
        worth = Worth(probes)
        worth.run_started(RunStarted(state, torch.optim.SGD(state.parameters(), lr=0.1), [], 0, 0, 0.0))
        worth.run_finished(0)
        worths.append(worth.values)
    return Case(course, drawn, cache, probes, np.asarray(worths[0]), np.asarray(worths[1]))


def _rivals(model: Any, asked: Any, gold: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """((M,) the strongest wrong first word, (M,) whether it beats the right one)."""
    model.eval()
    with torch.no_grad():
        found = next_token_log_probs(model, asked)
    right = found.gather(1, gold[:, None]).squeeze(1)
    others = found.scatter(1, gold[:, None], -torch.inf)
    return others.argmax(1), others.max(1).values > right
