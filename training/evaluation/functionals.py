"""Log-likelihood and margin of an answer, as differentiable functions of a model.

    answer_loss(model, batch)  (B,) nats   -log p(answer | prompt), summed over the answer's tokens
    margin(model, batch)       (B,) nats    log p(gold | prompt) - log p(competitor | prompt)

Evaluation calls them without gradients and attribution with: what an item's score is made of and what training moved
are then the same number. They are pure: no state, no random numbers, nothing on disk. Rows are padded at the right, so
the padding is never attended to by anything that counts, and a row's value does not depend on the rows beside it.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Continuation:
    """Tokens of a prompt, at least one, and of the answer that follows it, at least one."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AnswerBatch:
    """Prompts with one answer each.

    Attributes:
        input_ids: (B, T) prompt and answer, padded at the right.
        attention_mask: (B, T) 1 where there is a token.
        answer_mask: (B, T) True at the answer's tokens; never at position 0.
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    answer_mask: torch.Tensor

    def to(self, device: torch.device | str) -> AnswerBatch:
        """The same batch on another device."""
        return AnswerBatch(
            self.input_ids.to(device), self.attention_mask.to(device), self.answer_mask.to(device)
        )


@dataclass(frozen=True, slots=True)
class MarginBatch:
    """The same prompts with their gold answers and with a fixed competitor each."""

    gold: AnswerBatch
    other: AnswerBatch


def answer_batch(rows: Sequence[Continuation], pad: int = 0) -> AnswerBatch:
    """The rows as tensors; which token pads does not matter, since it is masked."""
    import torch

    width = max(len(r.prompt) + len(r.answer) for r in rows)
    ids = torch.full((len(rows), width), pad, dtype=torch.long)
    attention = torch.zeros((len(rows), width), dtype=torch.long)
    answers = torch.zeros((len(rows), width), dtype=torch.bool)
    for place, row in enumerate(rows):
        if not row.prompt or not row.answer:
            raise ValueError("a continuation needs a token in its prompt and one in its answer")
        stop = len(row.prompt) + len(row.answer)
        ids[place, :stop] = torch.tensor(row.prompt + row.answer)
        attention[place, :stop] = 1
        answers[place, len(row.prompt) : stop] = True
    return AnswerBatch(ids, attention, answers)


def answer_loss(model: torch.nn.Module, batch: AnswerBatch) -> torch.Tensor:
    """(B,) nats: -log p(answer | prompt), the sum over the answer's tokens."""
    return -answer_log_likelihood(model, batch)


def margin(model: torch.nn.Module, batch: MarginBatch) -> torch.Tensor:
    """(B,) nats: how much likelier the gold answer is than the competitor; positive where gold wins.

    Of two answers that are each one token long this is the difference of their logits.
    """
    return answer_log_likelihood(model, batch.gold) - answer_log_likelihood(model, batch.other)


def answer_log_likelihood(model: torch.nn.Module, batch: AnswerBatch) -> torch.Tensor:
    """(B,) nats: log p(answer | prompt), the sum over the answer's tokens."""
    import torch

    predicts = batch.answer_mask[:, 1:]  # (B, T-1): position t predicts token t+1
    wanted = predicts.any(dim=0).nonzero().squeeze(1)  # (K,) positions from which some row predicts an answer
    logits = _logits_at(model, batch, wanted)  # (B, K, V)
    if logits.dtype in (torch.float16, torch.bfloat16):  # a sum of many exponentials needs more than 8 bits
        logits = logits.float()
    targets = batch.input_ids[:, wanted + 1]  # (B, K)
    # logit - logsumexp, not log_softmax: a second (B, K, V) tensor is never made, V is 151,936 in Qwen3
    chosen = logits.gather(2, targets.unsqueeze(2)).squeeze(2) - logits.logsumexp(dim=2)
    return torch.where(predicts[:, wanted], chosen, chosen.new_zeros(())).sum(dim=1)


def _logits_at(model: torch.nn.Module, batch: AnswerBatch, positions: torch.Tensor) -> torch.Tensor:
    """(B, K, V) the logits at these positions; transformers' models compute no others."""
    inputs: dict[str, Any] = {
        "input_ids": batch.input_ids,
        "attention_mask": batch.attention_mask,
        "use_cache": False,
    }
    if _keeps_few(model):
        found: torch.Tensor = model(**inputs, logits_to_keep=positions).logits
        return found
    whole: torch.Tensor = model(**inputs).logits
    return whole[:, positions]


def _keeps_few(model: torch.nn.Module) -> bool:
    """True where the model can compute the logits of some positions alone; adapters pass the wish on."""
    base = getattr(model, "get_base_model", None)
    inner = base() if callable(base) else model
    return "logits_to_keep" in inspect.signature(inner.forward).parameters


def next_token_log_probs(model: torch.nn.Module, batch: AnswerBatch) -> torch.Tensor:
    """(B, V) nats: log-probabilities of every token at the first token of each row's answer.

    Where all answers of a question are one token long, as letters are, one row tells them all.
    """
    import torch

    first = (
        batch.answer_mask.long().argmax(dim=1) - 1
    )  # (B,) the position that predicts the answer's first token
    places = torch.bincount(first).nonzero().squeeze(1)  # (K,) each position once, in order
    logits = _logits_at(model, batch, places)  # (B, K, V)
    own = logits[torch.arange(len(first), device=first.device), torch.searchsorted(places, first)]
    return (own.float() if own.dtype in (torch.float16, torch.bfloat16) else own).log_softmax(dim=1)
