"""What a step's optimizer did to each covered layer, in numbers: equation (1) of `ledger.movement` without its vectors.

q_s = scale_s P_s, where the scale has the learning rate and the first moment's correction of this very step, and the
preconditioner P, 1 / (√v̂ + ε) for Adam and 1 for SGD, moves slowly enough to be read at marks only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from attribution.capturing.layout import Layout
from attribution.ledger.movement import RESTS, Coefficients, Setting, rule_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

NAMES = (*(f.name for f in fields(Coefficients)), "scale")


@dataclass(frozen=True, slots=True)
class LayerStep:
    """One layer at one step: its coefficients before the update, how often it was updated, its group."""

    coefficients: Coefficients
    count: int
    group: Setting


def before(optimizer: torch.optim.Optimizer, weights: Sequence[torch.nn.Parameter]) -> tuple[LayerStep, ...]:
    """What the groups say just before `optimizer.step()`."""
    groups = {id(p): dict(group) for group in optimizer.param_groups for p in group["params"]}
    rule = rule_of(optimizer)
    found = []
    for weight in weights:
        group, state = groups[id(weight)], optimizer.state.get(weight, {})
        moved = RESTS if weight.grad is None else rule.coefficients(group, state)
        found.append(LayerStep(moved, _count(state), group))
    return tuple(found)


def after(
    optimizer: torch.optim.Optimizer, weights: Sequence[torch.nn.Parameter], pending: Sequence[LayerStep]
) -> NDArray[np.float64]:
    """(layers, 8) numbers of the step, in the order of `NAMES`."""
    rows = []
    for weight, layer in zip(weights, pending, strict=True):
        count = _count(optimizer.state.get(weight, {}))
        held_back = layer.count == count >= 0  # by a loss scaler
        moved = RESTS if held_back else layer.coefficients
        scale = 0.0 if moved is RESTS else scale_of(layer.group, count)
        rows.append([*(float(getattr(moved, f.name)) for f in fields(Coefficients)), scale])
    return np.array(rows)


def scale_of(group: Setting, count: int) -> float:
    """What of a step's rate is a number."""
    rate = float(group["lr"])
    return rate / (1 - float(group["betas"][0]) ** max(1, count)) if "betas" in group else rate


def preconditioner(optimizer: torch.optim.Optimizer, weight: torch.nn.Parameter, cap: float) -> Tensor:
    """P of a weight as the optimizer's state is now, in the weight's shape; 0 where v is 0.

    Args:
        cap: entries beyond so many times what the layer's mean v gives are cut to that; 0 cuts none.
    """
    group = next(g for g in optimizer.param_groups if any(p is weight for p in g["params"]))
    state = optimizer.state.get(weight, {})
    count = max(1, _count(state))
    unit: Setting = {**group, "lr": 1 - float(group["betas"][0]) ** count if "betas" in group else 1.0}
    alone = Layout(("weight",), (weight,), (0, weight.numel()))
    p = rule_of(optimizer).rates(alone, [unit], [state], [count]).view_as(weight)
    live = p[p > 0] if cap else p[:0]
    return p.clamp_max(cap / live.double().pow(-2).mean().sqrt().to(p.dtype)) if live.numel() else p


def second_moment(optimizer: torch.optim.Optimizer, weight: torch.nn.Parameter) -> Tensor | None:
    """v of a weight; None where the optimizer holds none, or has not moved it yet."""
    squares = optimizer.state.get(weight, {}).get("exp_avg_sq")
    return squares if squares is not None and bool((squares > 0).any()) else None


def coefficients(numbers: NDArray[np.float64], layout: Layout) -> tuple[Coefficients, Tensor]:
    """(coefficients, (K,) scales) of a step over the columns of a sketch, from what `after` gave."""
    spread = [layout.spread([float(x) for x in numbers[:, n]]) for n in range(len(NAMES))]
    found = replace(Coefficients(), **dict(zip(NAMES[:-1], spread[:-1], strict=True)))
    ones = torch.ones(layout.size, dtype=layout.work, device=layout.device)
    return found, ones * spread[-1]


def _count(state: Setting) -> int:
    return int(state["step"]) if "step" in state else -1
