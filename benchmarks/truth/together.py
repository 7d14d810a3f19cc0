"""Many courses at once, each without rows of its own: ground truth in half the time of one after another.

A model of this size spends most of a step on the way to its operations. So K copies are trained side by side, their
weights stacked in tensors whose first axis is the copy, with batched products. The arithmetic is that of Qwen3 as
transformers writes it, of `course.train` and of `attribution.testing.retraining.Worth`, in another order of sums; a
test holds the three together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention, silu

from attribution.ledger.intervals import Floats
from benchmarks.truth.course import LORA, WIDTH, Case, Course, order, tensors

AT_ONCE = 10
LoRA = 16 / 8
"""alpha over rank, as `course.started` has it."""
Weights = Mapping[str, torch.Tensor]
Move = Callable[[int], None]
"""Moves parameters by their gradients, at a step."""
Moves = Callable[[Course, Sequence[torch.Tensor]], Move]


def retrained_together(case: Case, without: Sequence[Collection[int]]) -> Floats:
    """(K, 2M) what the items are worth after the course without each of the K sets of rows; more is better."""
    weights = torch.ones(len(without), len(case.corpus.rows))
    for copy, rows in enumerate(without):
        weights[copy, list(rows)] = 0.0
    return weighted_together(case, weights)


def plainly(course: Course, trained: Sequence[torch.Tensor]) -> Move:
    """The course's own way: clipped, then moved by its optimizer."""
    optimizer = course.optimizer_of(trained)

    def move(step: int) -> None:
        optimizer.param_groups[0]["lr"] = course.rate * course.share(step)
        clipped(trained, course.most)
        optimizer.step()

    return move


def weighted_together(
    case: Case, weights: torch.Tensor, moves: Moves = plainly, own_divisor: bool = False
) -> Floats:
    """(K, 2M) what the items are worth after the course with each of the K rows of weights.

    Args:
        weights: (K, N) by which the loss of each row counts; 0 leaves it out.
        moves: what moves the stacked parameters.
        own_divisor: a step's loss is divided by the weights of its own tokens, not by how many the whole course has.
    """
    return np.concatenate([_trained(case, part, moves, own_divisor) for part in weights.split(AT_ONCE)])


def _trained(case: Case, keep: torch.Tensor, moves: Moves, own_divisor: bool) -> Floats:
    course, copies = case.course, len(keep)
    model = case.model()
    stacked = {
        _plain(name): tensor.detach()
        .expand(copies, *tensor.shape)
        .clone()
        .requires_grad_(tensor.requires_grad)
        for name, tensor in model.named_parameters()
    }
    trained = [tensor for tensor in stacked.values() if tensor.requires_grad]
    move, turns = moves(course, trained), _turns(model)
    whole = tensors(case.corpus.rows)
    for step, chosen in enumerate(order(course, len(case.corpus.rows))):
        ids, labels = whole["input_ids"][chosen], whole["labels"][chosen][:, 1:]
        counted = labels != -100
        logits = _logits(stacked, ids, counted, turns, course.mode)
        each = cross_entropy(logits.transpose(1, 2), labels[counted].expand(copies, -1), reduction="none")
        of = torch.arange(len(chosen))[:, None].expand_as(labels)[counted]  # the row of each answer token
        counts = keep[:, chosen][:, of]
        divisor = counts.sum(1, keepdim=True).clamp(min=1) if own_divisor else counted.sum()
        (each * counts / divisor).sum().backward()
        move(step)
        for tensor in trained:
            tensor.grad = None
    with torch.no_grad():
        return _worth(case, stacked, turns)


def clipped(trained: Sequence[torch.Tensor], most: float) -> torch.Tensor:
    """(K,) by what each copy's gradient was multiplied, so that its norm is at most this."""
    gradients = [t.grad for t in trained if t.grad is not None]
    squares = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0)
    factors = (most / (squares.sqrt() + 1e-6)).clamp(max=1.0)
    for g in gradients:
        g.mul_(factors.view(-1, *[1] * (g.ndim - 1)))
    return factors


def _worth(case: Case, stacked: Weights, turns: tuple[torch.Tensor, torch.Tensor]) -> Floats:
    losses, margins = (probe.batch for probe in case.probes)
    ids = torch.nn.functional.pad(losses.input_ids, (0, WIDTH - losses.input_ids.shape[1]))
    counted = torch.nn.functional.pad(losses.answer_mask, (0, WIDTH - losses.answer_mask.shape[1]))[:, 1:]
    found = _logits(stacked, ids, counted, turns, case.course.mode).log_softmax(-1)
    of = torch.arange(len(ids))[:, None].expand_as(counted)[counted]
    targets = ids[:, 1:][counted].expand(len(found), -1)
    each = found.gather(2, targets[..., None]).squeeze(2)
    worth = torch.zeros(len(found), len(ids)).index_add_(1, of, each)
    first = torch.tensor([int((of == item).nonzero()[0]) for item in range(len(ids))])
    gold, rival = (
        batch.input_ids[torch.arange(len(ids)), batch.answer_mask.long().argmax(1)]
        for batch in (margins.gold, margins.other)
    )
    own = found[:, first]
    margin = own.gather(2, gold.expand(len(own), -1)[..., None]) - own.gather(
        2, rival.expand(len(own), -1)[..., None]
    )
    return torch.cat([worth, margin.squeeze(2)], 1).double().numpy()


def _plain(name: str) -> str:
    """Without what peft puts around it."""
    return name.replace("base_model.model.", "").replace(".base_layer", "").replace(".default", "")


def _turns(model: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """(cos, sin), each (WIDTH, head size), of the rotary embedding."""
    inverse = next(m for name, m in model.named_modules() if name.endswith("rotary_emb")).inv_freq
    angles = torch.arange(WIDTH)[:, None] * inverse.float()[None]
    angles = torch.cat([angles, angles], 1)
    return angles.cos(), angles.sin()


def _logits(
    w: Weights, ids: torch.Tensor, counted: torch.Tensor, turns: tuple[torch.Tensor, torch.Tensor], mode: str
) -> torch.Tensor:
    """(K, n, V) at the n positions that predict a token that counts. Padding is at the right, so causality hides it."""
    embedding = w["model.embed_tokens.weight"]
    rows, width = ids.shape
    h = embedding[:, ids]  # (K, B, T, D)
    copies = len(h)
    layers = 1 + max(int(name.split(".")[2]) for name in w if name.startswith("model.layers."))

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        weight = w[f"{name}.weight"]
        if mode == LORA:
            weight = weight + LoRA * (w[f"{name}.lora_B.weight"] @ w[f"{name}.lora_A.weight"])
        return (x.reshape(copies, rows * width, -1) @ weight.transpose(1, 2)).view(copies, rows, width, -1)

    for layer in range(layers):
        at = f"model.layers.{layer}"
        x = _norm(h, w[f"{at}.input_layernorm.weight"])
        heads = [
            linear(x, f"{at}.self_attn.{part}_proj").view(copies, rows, width, -1, turns[0].shape[1])
            for part in "qkv"
        ]
        q, k = (_norm(heads[n], w[f"{at}.self_attn.{part}_norm.weight"]) for n, part in enumerate("qk"))
        q, k, v = (x.transpose(2, 3).flatten(0, 1) for x in (q, k, heads[2]))  # (K * B, heads, T, size)
        mixed = scaled_dot_product_attention(
            _turned(q, turns), _turned(k, turns), v, is_causal=True, enable_gqa=True
        )
        h = h + linear(mixed.transpose(1, 2).reshape(copies, rows, width, -1), f"{at}.self_attn.o_proj")
        x = _norm(h, w[f"{at}.post_attention_layernorm.weight"])
        gated = silu(linear(x, f"{at}.mlp.gate_proj")) * linear(x, f"{at}.mlp.up_proj")
        h = h + linear(gated, f"{at}.mlp.down_proj")
    predicting = _norm(h[:, :, :-1][:, counted], w["model.norm.weight"])
    return predicting @ embedding.transpose(1, 2)


def _norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """RMSNorm of each copy with its own weight."""
    scaled = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)
    return scaled * weight.view(len(weight), *[1] * (x.ndim - 2), -1)


def _turned(x: torch.Tensor, turns: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """With its rotary position."""
    half = x.shape[-1] // 2
    return x * turns[0] + torch.cat([-x[..., half:], x[..., :half]], -1) * turns[1]
