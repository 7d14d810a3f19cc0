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

from attribution.capturing.layout import Layout, Spread
from attribution.errors import OptimizerNotCovered

if TYPE_CHECKING:
    import torch
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
    counts: tuple[int, ...]
    momentum: Tensor
    applied: Tensor
    before: Tensor


def read_before(layout: Layout, optimizer: torch.optim.Optimizer, applied: Tensor) -> Pending:
    """The step's coefficients, from groups and state as they are before `optimizer.step()`."""
    groups = groups_of(layout, optimizer)
    states = [optimizer.state.get(p, {}) for p in layout.parameters]
    rule = rule_of(optimizer)
    known: dict[
        tuple[int, bool], Coefficients
    ] = {}  # of a group they are all alike, but for SGD's first step
    each = []
    for parameter, group, state in zip(layout.parameters, groups, states, strict=True):
        key = id(group), state.get(rule.momentum_key) is None
        if key not in known:
            known[key] = rule.coefficients(group, state)
        each.append(RESTS if parameter.grad is None else known[key])
    settings = {id(g): dict(g) for g in groups}
    copies = tuple(settings[id(g)] for g in groups)
    momentum = momentum_of(layout, optimizer)
    return Pending(copies, tuple(each), _counts(states), momentum, applied, layout.values())


def read_after(layout: Layout, optimizer: torch.optim.Optimizer, pending: Pending) -> Movement:
    """The movement, from what was read before and the state after `optimizer.step()`.

    Raises:
        OptimizerNotCovered: momentum or parameters did not move as equation (1) says.
    """
    rule = rule_of(optimizer)
    states = [optimizer.state.get(p, {}) for p in layout.parameters]
    counts = _counts(states)
    each = [
        RESTS if before == after >= 0 else coefficients  # a loss scaler held the step back
        for before, after, coefficients in zip(pending.counts, counts, pending.each, strict=True)
    ]
    coefficients = Coefficients(
        *(layout.spread([float(getattr(c, f.name)) for c in each]) for f in fields(Coefficients))
    )
    live = [c is not RESTS for c in each]
    rates = rule.rates(layout, pending.groups, states, counts) * layout.spread([float(m) for m in live])
    expected = (
        pending.momentum * coefficients.keep
        + pending.applied * coefficients.gain
        + pending.before * coefficients.inject
    )
    rate = max(float(group["lr"]) for group in pending.groups)
    movement = Movement(coefficients, rates, expected, pending.applied, pending.before, layout.values(), rate)
    if rule.momentum_key in {key for state in states for key in state}:
        kept = momentum_of(layout, optimizer, absent=expected)
        _confirm(layout, "momentum", kept - pending.momentum, expected - pending.momentum, kept)
        movement = replace(movement, momentum=kept)
    realised = movement.after - movement.before
    _confirm(layout, "the parameter", realised, predicted(movement), movement.after)
    return movement


def predicted(movement: Movement) -> Tensor:
    """θ_{s+1} - θ_s by equation (1), (P,)."""
    c = movement.coefficients
    inner = movement.momentum * c.through + movement.applied * c.direct + movement.before * c.coupled
    return -movement.rates * inner - movement.before * c.shrink


def _confirm(layout: Layout, thing: str, realised: Tensor, expected: Tensor, values: Tensor) -> None:
    """Refuses where a parameter's movement is another than expected.

    Allowed is rounding: two units in the last place of the values (in bfloat16 that may be the whole step), and a
    thousandth of the movement in float32 (1e-8 of it in float64), for the optimizer's own order of operations.
    """
    import torch

    tolerance = 1e-8 if layout.work == torch.float64 else 1e-3
    grain = torch.tensor([2 * torch.finfo(p.dtype).eps for p in layout.parameters], device=layout.device)
    allowed = tolerance * layout.norms(realised) + grain * layout.norms(values)
    excess = (layout.norms(realised - expected) - allowed).nan_to_num(nan=float("inf"))
    worst = int(excess.argmax())
    if float(excess[worst]) > 0:
        raise OptimizerNotCovered(
            f"{thing} did not move as the optimizer's published update moves it",
            where=layout.names[worst],
            hint="another library may patch the optimizer, change gradients after clipping, or write weights",
        )


def momentum_of(layout: Layout, optimizer: torch.optim.Optimizer, absent: Tensor | None = None) -> Tensor:
    """The momentum the optimizer holds, (P,); where it holds none, `absent` or zero."""
    import torch

    key = rule_of(optimizer).momentum_key
    held = [optimizer.state.get(p, {}).get(key) for p in layout.parameters]
    others = [torch.zeros_like(p) for p in layout.parameters] if absent is None else layout.views(absent)
    return layout.flat(o if m is None else m for m, o in zip(held, others, strict=True))


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
    import torch

    keys = ["max_exp_avg_sq" if group["amsgrad"] else "exp_avg_sq" for group in groups]
    seconds = [state.get(key) for state, key in zip(states, keys, strict=True)]
    squares = layout.flat(
        torch.zeros_like(p) if v is None else v for p, v in zip(layout.parameters, seconds, strict=True)
    )
    steps = [(g, max(1, t)) for g, t in zip(groups, counts, strict=True)]
    scale = layout.spread([float(g["lr"]) / (1 - float(g["betas"][0]) ** t) for g, t in steps])
    correction = layout.spread([(1 - float(g["betas"][1]) ** t) ** 0.5 for g, t in steps])
    rates = scale / (squares.sqrt() / correction + layout.spread([float(g["eps"]) for g in groups]))
    return torch.where(squares > 0, rates, torch.zeros_like(rates))


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
    import torch

    rates = layout.spread([float(group["lr"]) for group in groups])
    return torch.ones(layout.size, dtype=layout.work, device=layout.device) * rates


_ADAM = Rule("exp_avg", _adam_coefficients, _adam_rates)
RULES = {"AdamW": _ADAM, "Adam": _ADAM, "SGD": Rule("momentum_buffer", _sgd_coefficients, _sgd_rates)}


def _counts(states: Sequence[Setting]) -> tuple[int, ...]:
    """Steps taken for each parameter, -1 where they are not counted; read at once, as they may lie on the device."""
    import torch

    known = [torch.as_tensor(state["step"]).reshape(()) for state in states if "step" in state]
    read = iter(torch.stack(known).tolist() if known else ())
    return tuple(int(next(read)) if "step" in state else -1 for state in states)
