r"""One optimizer step taken apart: which part of each parameter's movement came from which gradient.

Both optimizers that are covered move a parameter by

    m_s             = keep_s m_{s-1} + gain_s ĝ_s + inject_s θ_s
    θ_{s+1} - θ_s   = - q_s ⊙ (through_s m_s + direct_s ĝ_s + coupled_s θ_s) - shrink_s θ_s              (1)

with ĝ_s the clipped gradient. All coefficients are taken as realised, so (1) is linear in the samples' shares of ĝ_s.

|           | AdamW, Adam                                   | SGD                                    |
|-----------|-----------------------------------------------|----------------------------------------|
| keep      | β1                                            | μ; 0 without momentum                  |
| gain      | 1 - β1                                        | 1 - dampening; 1 at the first step     |
| through   | 1                                             | 1; μ with Nesterov                     |
| direct    | 0                                             | 0; 1 with Nesterov                     |
| q         | η / (1 - β1^t) / (√v̂ + ε), 0 where v = 0      | η                                      |
| shrink    | ηλ (AdamW)                                    | 0                                      |
| inject    | (1 - β1) λ (Adam: the decay is in the moments)| gain λ                                 |
| coupled   | 0                                             | direct λ                               |

v is the second moment after the update, its running maximum with amsgrad; `maximize` turns the sign of gain and
direct. In AdamW's own terms this is θ_{s+1} - θ_s = -η P Σ_r κ(s,r) c_r Σ_i g_i - ηλθ_s with P = 1/(√v̂+ε) and
κ(s,r) = (1-β1) β1^(s-r) / (1-β1^t).

Why q = 0 where v = 0: v is a sum of squares of all past gradients with positive weights, so it is zero only where each
of them was zero or so small that its square underflowed (below 3.7e-23 in float32). There the momentum is at most
that small too, and the step at most η · 3.7e-23 / ε, 1e-15 η: nothing moves. But P would be 1/ε = 1e8 there, and the
samples' shares, which cancel in the gradient, need not cancel to the last bit in our sum of them: rounding noise
times 1e8 would swamp the ledger. Any split of a movement of zero that sums to zero is right; ours gives zero to all.

A parameter without a gradient at a step (`grad is None`) is skipped by the optimizer: keep = 1, all else 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from attribution.capturing.layout import Layout, Spread, is_zero
from attribution.errors import OptimizerNotCovered

if TYPE_CHECKING:
    from torch import Tensor

Setting: TypeAlias = "Mapping[str, Any]"
"""A parameter group or a parameter's state, as the optimizer holds them."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What (1) says of one parameter at one step; or, spread, of all."""

    keep: Spread = 1.0
    gain: Spread = 0.0
    inject: Spread = 0.0
    through: Spread = 0.0
    direct: Spread = 0.0
    coupled: Spread = 0.0
    shrink: Spread = 0.0


RESTS = Coefficients()
"""A parameter that the optimizer skips."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One step of the optimizer over all traced parameters.

    Attributes:
        coefficients: of equation (1).
        rates: q, (P,).
        momentum: m after the step, (P,).
        applied: the gradient that was applied, clipped, sign not turned, (P,).
        before: the parameters before the step, (P,).
        after: the parameters after it, (P,).
        rate: η, the largest of any group.
    """

    coefficients: Coefficients
    rates: Tensor
    momentum: Tensor
    applied: Tensor
    before: Tensor
    after: Tensor
    rate: float


@dataclass(frozen=True, slots=True)
class Pending:
    """What is read before the optimizer moves: its settings are those of this step, not of the next."""

    groups: tuple[Setting, ...]
    each: tuple[Coefficients, ...]
    counts: Tensor
    momentum: Tensor
    applied: Tensor
    before: Tensor


def read_before(
    layout: Layout, optimizer: torch.optim.Optimizer, applied: Tensor, *, idle: bool = False
) -> Pending:
    """The step's coefficients, from groups and state as they are before `optimizer.step()`.

    Args:
        idle: the step will be held back, which counts of steps cannot tell where there are none, or not yet.
    """
    groups = groups_of(layout, optimizer)
    states = _states(layout, optimizer)
    rule = rule_of(optimizer)
    known: dict[
        tuple[int, bool], Coefficients
    ] = {}  # of a group they are all alike, but for SGD's first step
    each = []
    for parameter, group, state in zip(layout.parameters, groups, states, strict=True):
        key = id(group), state.get(rule.momentum_key) is None
        if key not in known:
            known[key] = rule.coefficients(group, state)
        each.append(RESTS if idle or parameter.grad is None else known[key])
    settings = {id(g): dict(g) for g in optimizer.param_groups}
    copies = tuple(settings[id(g)] for g in groups)
    momentum = _momentum(layout, states, rule)
    return Pending(copies, tuple(each), _counts(states), momentum, applied, layout.values())


def read_after(layout: Layout, optimizer: torch.optim.Optimizer, pending: Pending) -> Movement:
    """The movement, from what was read before and the state after `optimizer.step()`.

    Raises:
        OptimizerNotCovered: momentum or parameters did not move as equation (1) says.
    """
    rule = rule_of(optimizer)
    states = _states(layout, optimizer)
    earlier, counts = _both(pending.counts, _counts(states))
    each = [
        RESTS if before == after >= 0 else coefficients  # a loss scaler held the step back
        for before, after, coefficients in zip(earlier, counts, pending.each, strict=True)
    ]
    coefficients = _spread(layout, each)
    rates = rule.rates(layout, pending.groups, states, counts)
    if any(c is RESTS for c in each):
        rates = rates * layout.spread([float(c is not RESTS) for c in each])
    expected = _plus(pending.momentum * coefficients.keep, pending.applied, coefficients.gain)
    expected = _plus(expected, pending.before, coefficients.inject)
    rate = max(float(group["lr"]) for group in {id(g): g for g in pending.groups}.values())
    after = layout.values()
    movement = Movement(coefficients, rates, expected, pending.applied, pending.before, after, rate)
    moves = []
    if any(rule.momentum_key in state for state in states):
        kept = _momentum(layout, states, rule, absent=expected)
        moves.append(_Move("momentum", kept - pending.momentum, expected.sub_(kept), kept))
        movement = replace(movement, momentum=kept)
    realised = after - pending.before
    moves.append(_Move("the parameter", realised, predicted(movement).sub_(realised), after))
    _confirm(layout, moves)
    return movement


def _spread(layout: Layout, each: Sequence[Coefficients]) -> Coefficients:
    """One parameter's coefficients each, for every place; they are all alike but where groups differ."""
    if all(c is each[0] for c in each):
        return each[0]
    return Coefficients(
        *(layout.spread([float(getattr(c, f.name)) for c in each]) for f in fields(Coefficients))
    )


def _plus(vector: Tensor, other: Tensor, factor: Spread) -> Tensor:
    """vector + other * factor, the vector being ours to write on."""
    if isinstance(factor, float):
        return vector.add_(other, alpha=factor) if factor else vector
    return vector.addcmul_(other, factor)


def predicted(movement: Movement) -> Tensor:
    """θ_{s+1} - θ_s by equation (1), (P,)."""
    c = movement.coefficients
    inner = movement.momentum if _is_one(c.through) else movement.momentum * c.through
    if not is_zero(c.direct):
        inner = inner + movement.applied * c.direct
    if not is_zero(c.coupled):
        inner = inner + movement.before * c.coupled
    return _plus(movement.rates * inner, movement.before, c.shrink).neg_()


@dataclass(frozen=True, slots=True)
class _Move:
    """How something moved: by how much, how far that is from what was expected, and what it is now; (P,) each.

    `realised` and `missed` are written on when they are compared.
    """

    thing: str
    realised: Tensor
    missed: Tensor
    values: Tensor


def _confirm(layout: Layout, moves: Sequence[_Move]) -> None:
    """Refuses where a parameter's movement is another than expected.

    Allowed is rounding: two units in the last place of the values (in bfloat16 that may be the whole step), and a
    thousandth of the movement in float32 (1e-8 of it in float64), for the optimizer's own order of operations. What
    keeps to that at every place keeps to it in norm, so norms are taken only where some place does not.
    """
    tolerance = 1e-8 if layout.work == torch.float64 else 1e-3
    excess = torch.stack([_excess(layout, move, tolerance) for move in moves]).tolist()
    for move, most in zip(moves, excess, strict=True):
        if not most <= 0:  # also where it is not a number
            _confirm_norms(layout, move, tolerance)


def _excess(layout: Layout, move: _Move, tolerance: float) -> Tensor:
    """The largest excess of any place over what is allowed there."""
    excess = torch.sub(move.missed.abs_(), move.realised.abs_(), alpha=tolerance)
    return _plus(excess, move.values.abs(), layout.grain * -2.0).amax()


def _confirm_norms(layout: Layout, move: _Move, tolerance: float) -> None:
    allowed = tolerance * layout.norms(move.realised) + layout.norms(move.values * layout.grain * 2.0)
    excess = (layout.norms(move.missed) - allowed).nan_to_num(nan=float("inf"))
    worst = int(excess.argmax())
    if float(excess[worst]) > 0:
        raise OptimizerNotCovered(
            f"{move.thing} did not move as the optimizer's published update moves it",
            where=layout.names[worst],
            hint="another library may patch the optimizer, change gradients after clipping, or write weights",
        )


def _is_one(spread: Spread) -> bool:
    return isinstance(spread, float) and spread == 1.0


def momentum_of(layout: Layout, optimizer: torch.optim.Optimizer) -> Tensor:
    """The momentum the optimizer holds, (P,); zero where it holds none."""
    return _momentum(layout, _states(layout, optimizer), rule_of(optimizer))


def _momentum(layout: Layout, states: Sequence[Setting], rule: Rule, absent: Tensor | None = None) -> Tensor:
    return layout.flat(_held(layout, [state.get(rule.momentum_key) for state in states], absent))


def _held(layout: Layout, held: list[Tensor | None], absent: Tensor | None = None) -> Sequence[Tensor]:
    """What is held for each parameter; where nothing is, `absent` or zero."""
    known = [tensor for tensor in held if tensor is not None]
    if len(known) == len(held):
        return known
    others = [torch.zeros_like(p) for p in layout.parameters] if absent is None else layout.views(absent)
    return [other if tensor is None else tensor for tensor, other in zip(held, others, strict=True)]


def _states(layout: Layout, optimizer: torch.optim.Optimizer) -> list[Setting]:
    """Each parameter's state; empty where it has none yet."""
    nothing: Setting = {}
    return [optimizer.state.get(p, nothing) for p in layout.parameters]


def rule_of(optimizer: torch.optim.Optimizer) -> Rule:
    """How the optimizer is read.

    Raises:
        OptimizerNotCovered: it is another than those covered. A subclass may do anything, so it is another.
    """
    kind = type(optimizer)
    if kind.__name__ not in RULES or not kind.__module__.startswith("torch.optim."):
        raise OptimizerNotCovered(
            f"the update of {kind.__name__} is not taken apart",
            where=f"{kind.__module__}.{kind.__name__}",
            hint=f"train with torch.optim's {', '.join(RULES)}",
        )
    return RULES[kind.__name__]


def groups_of(layout: Layout, optimizer: torch.optim.Optimizer) -> list[Setting]:
    """Each traced parameter's group.

    Raises:
        OptimizerNotCovered: the optimizer does not hold a traced parameter.
    """
    by_parameter = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    for parameter, name in zip(layout.parameters, layout.names, strict=True):
        if id(parameter) not in by_parameter:
            raise OptimizerNotCovered(
                "the optimizer does not hold this trainable parameter",
                where=name,
                hint="freeze it, or add it to a parameter group",
            )
    return [by_parameter[id(p)] for p in layout.parameters]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one optimizer is read.

    Attributes:
        momentum_key: the name of the momentum in a parameter's state.
        coefficients: of a parameter, from its group and its state before the step.
        rates: q of all, from groups, states after the step and counts of steps.
    """

    momentum_key: str
    coefficients: Callable[[Setting, Setting], Coefficients]
    rates: Callable[[Layout, Sequence[Setting], Sequence[Setting], Sequence[int]], Tensor]


def _adam_coefficients(group: Setting, state: Setting) -> Coefficients:
    beta, rate, decay = float(group["betas"][0]), float(group["lr"]), float(group["weight_decay"])
    sign = -1.0 if group["maximize"] else 1.0
    decoupled = bool(group.get("decoupled_weight_decay", False))
    return Coefficients(
        keep=beta,
        gain=sign * (1 - beta),
        inject=0.0 if decoupled else (1 - beta) * decay,
        through=1.0,
        shrink=rate * decay if decoupled else 0.0,
    )


def _adam_rates(
    layout: Layout, groups: Sequence[Setting], states: Sequence[Setting], counts: Sequence[int]
) -> Tensor:
    keys = ["max_exp_avg_sq" if group["amsgrad"] else "exp_avg_sq" for group in groups]
    squares = layout.flat(_held(layout, [state.get(k) for state, k in zip(states, keys, strict=True)]))
    counted = list(zip(groups, counts, strict=True))
    numbers = {
        key: _adam_numbers(group, key[1]) for key, group in {(id(g), t): g for g, t in counted}.items()
    }
    scale, correction, epsilon = (
        layout.spread([numbers[id(g), t][which] for g, t in counted]) for which in range(3)
    )
    unmoved = ~(squares > 0)
    rates = squares.sqrt_().div_(correction).add_(epsilon).reciprocal_().mul_(scale)
    return rates.masked_fill_(unmoved, 0.0)


def _adam_numbers(group: Setting, count: int) -> tuple[float, float, float]:
    """(η / (1 - β1^t), √(1 - β2^t), ε)."""
    first, second = (1 - float(beta) ** max(1, count) for beta in group["betas"])
    return float(group["lr"]) / first, second**0.5, float(group["eps"])


def _sgd_coefficients(group: Setting, state: Setting) -> Coefficients:
    momentum, decay = float(group["momentum"]), float(group["weight_decay"])
    sign = -1.0 if group["maximize"] else 1.0
    first = state.get("momentum_buffer") is None  # torch starts the buffer with the whole gradient
    gain = 1.0 if first else 1 - float(group["dampening"])
    direct = 1.0 if group["nesterov"] else 0.0
    return Coefficients(
        keep=momentum,
        gain=sign * gain,
        inject=gain * decay,
        through=momentum if group["nesterov"] else 1.0,
        direct=sign * direct,
        coupled=direct * decay,
    )


def _sgd_rates(
    layout: Layout, groups: Sequence[Setting], states: Sequence[Setting], counts: Sequence[int]
) -> Tensor:
    rates = layout.spread([float(group["lr"]) for group in groups])
    return torch.ones(layout.size, dtype=layout.work, device=layout.device) * rates


_ADAM = Rule("exp_avg", _adam_coefficients, _adam_rates)
RULES = {"AdamW": _ADAM, "Adam": _ADAM, "SGD": Rule("momentum_buffer", _sgd_coefficients, _sgd_rates)}


def _counts(states: Sequence[Setting]) -> Tensor:
    """Steps taken for each parameter, -1 where they are not counted; left on the device, if they lie there."""
    counted = [state.get("step") for state in states]
    steps = [step for step in counted if isinstance(step, torch.Tensor)]
    if len(steps) < len(counted):
        steps = [torch.as_tensor(-1.0 if step is None else step).float().cpu() for step in counted]
    return torch.stack(steps).view(len(steps))


def _both(earlier: Tensor, later: Tensor) -> tuple[list[int], list[int]]:
    """Two vectors of whole numbers, read at once, as reading waits for the device."""
    before, after = torch.stack([earlier.to(later.device, later.dtype), later]).int().tolist()
    return before, after
