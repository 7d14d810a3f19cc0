r"""Difficulty-aware label weights: how much a label counts in the loss, from how often models pass it.

For each label t, with pass@k of the model in training and the mean pass@k of reference models,

    raw(t)        = alpha (1 - pass_cur) + beta max(0, pass_ref - pass_cur) + gamma                       (12)
    smoothed(t)   = rho smoothed_before(t) + (1 - rho) raw(t),   the first time raw(t)                    (14)
    smoothed(t)  >= gamma > 0                                                                             (15)
    normalised(t) = smoothed(t) / sum over labels of smoothed * number of labels                          (13)
    loss          = -1/N sum over samples of normalised(label of i) log P(y_i | x_i)                      (16)

with the equation numbers of arXiv 2507.16802. What is carried over to the next estimate is `smoothed`, not what it was
normalised to. The mean is 1 over labels, not over samples: a split in which hard labels are many is trained on with a
mean above 1.

What the paper leaves open, and what is done here:
- a label without a measured instance keeps the `smoothed` it has; if it has none it gets the mean over the labels that
  have one, so that it counts 1 and changes nothing for the others; where no label has one, all count 1;
- a label that no reference was measured on has no second term;
- a label that comes later begins with its raw weight; one that is away for a while keeps its `smoothed`;
- `gamma` is both the constant of (12) and the floor of (15), as in the paper.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from governance.errors import UsageError


@dataclass(frozen=True)
class WeightOptions:
    """The parameters of the weights. The paper gives no value for any; these are ours.

    Attributes:
        alpha: weight of what the model fails, at least 0.
        beta: weight of what references pass and the model fails, at least 0.
        gamma: what every label has, and the least it can have; above 0. With the other defaults a label that all pass
            counts a twentieth to a tenth of one that only references pass.
        rho: share of the weight before in the new one, from 0 (no memory) up to but not 1 (never changes).
        k: answers of which one has to be right; at most `answers`.
        answers: answers to each instance, n_s. With k = n_s a rate only says whether any answer was right; twice k
            makes the estimate finer at no loss of bias.
        instances: instances drawn from each label; a label that has fewer gives all it has.
        seed: of the drawing.
    """

    alpha: float = 1.0
    beta: float = 1.0
    gamma: float = 0.1
    rho: float = 0.5
    k: int = 4
    answers: int = 8
    instances: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        rules = {
            "alpha": (math.isfinite(self.alpha) and self.alpha >= 0, "a number from 0"),
            "beta": (math.isfinite(self.beta) and self.beta >= 0, "a number from 0"),
            "gamma": (
                math.isfinite(self.gamma) and self.gamma > 0,
                "a number above 0: no label may count nothing",
            ),
            "rho": (0 <= self.rho < 1, "a number from 0 to below 1; with 1 no weight would ever change"),
            "answers": (self.answers >= 1, "a number of answers from 1"),
            "instances": (self.instances >= 1, "a number of instances from 1"),
            "k": (
                1 <= self.k <= self.answers,
                f"from 1 to the number of answers to each instance, which is {self.answers}",
            ),
        }
        for name, (fits, hint) in rules.items():
            if not fits:
                raise UsageError(
                    f"{getattr(self, name)!r} does not fit {name!r}", where="label weights", hint=hint
                )


@dataclass(frozen=True, slots=True)
class Pass:
    """How often one instance was answered right: `right` of `answers`."""

    answers: int
    right: int

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.answers:
            raise UsageError(
                f"{self.right} right answers of {self.answers}", hint="right is from 0 to answers"
            )


@dataclass(frozen=True, slots=True)
class LabelRate:
    """What was measured of one label; None where nothing was."""

    current: float | None
    reference: float | None = None


@dataclass(frozen=True, slots=True)
class LabelWeight:
    """The weight of one label and what it was made from.

    Attributes:
        raw: equation 12; None where the model was not measured on the label.
        smoothed: equations 14 and 15, carried over to the next estimate; above 0.
        normalised: equation 13; its mean over the labels is 1.
    """

    label: str
    pass_cur: float | None
    pass_ref: float | None
    raw: float | None
    smoothed: float
    normalised: float


@dataclass(frozen=True)
class WeightState:
    """The weights after an estimate, and what the next one goes on from.

    Attributes:
        weights: those of the estimate, by label.
        carried: `smoothed` of every label ever estimated, also of labels that are away now.
    """

    weights: tuple[LabelWeight, ...] = ()
    carried: Mapping[str, float] = field(default_factory=dict)

    @property
    def by_label(self) -> dict[str, float]:
        """Label -> normalised weight."""
        return {w.label: w.normalised for w in self.weights}

    def of(self, label: str | None) -> float:
        """The weight of a sample of that label; 1 for no label and for one that was never estimated."""
        return 1.0 if label is None else self.by_label.get(label, 1.0)


def pass_at_k(answers: int, right: int, k: int) -> float:
    """The chance that one of k of the answers is right: 1 - C(n - c, k) / C(n, k), without bias.

    Raises:
        UsageError: k is not from 1 to the number of answers, for there the estimator does not exist.
    """
    if not 1 <= k <= answers:
        raise UsageError(
            f"pass@{k} cannot be estimated from {answers} answers",
            hint="ask for at least k answers to each instance",
        )
    whole = math.comb(answers, k)
    return (whole - math.comb(answers - right, k)) / whole  # integers: exact, rounded once


def pass_rate(passes: Sequence[Pass], k: int) -> float | None:
    """pass@k, the mean over instances; None where there are none."""
    return fmean(pass_at_k(p.answers, p.right, k) for p in passes) if passes else None


def reference_rates(models: Iterable[Mapping[str, float | None]]) -> dict[str, float]:
    """Label -> mean pass rate over the reference models that were measured on it."""
    found: dict[str, list[float]] = {}
    for rates in models:
        for label, rate in rates.items():
            if rate is not None:
                found.setdefault(label, []).append(rate)
    return {label: fmean(rates) for label, rates in found.items()}


def raw_weight(rate: LabelRate, options: WeightOptions) -> float | None:
    """Equation 12; None where the model was not measured."""
    if rate.current is None:
        return None
    _check_rate(rate.current)
    behind = 0.0
    if rate.reference is not None:
        _check_rate(rate.reference)
        behind = max(0.0, rate.reference - rate.current)
    return options.alpha * (1 - rate.current) + options.beta * behind + options.gamma


def smoothed_weight(raw: float, before: float | None, options: WeightOptions) -> float:
    """Equations 14 and 15: the first time the raw weight, later a mixture, never below gamma."""
    mixed = raw if before is None else options.rho * before + (1 - options.rho) * raw
    return max(mixed, options.gamma)


def estimated(rates: Mapping[str, LabelRate], before: WeightState, options: WeightOptions) -> WeightState:
    """The weights of the labels named, after one more estimate. Labels are in the order of their names."""
    labels = sorted(rates)
    raw = {label: raw_weight(rates[label], options) for label in labels}
    smoothed = {label: _carried_on(raw[label], before.carried.get(label), options) for label in labels}
    known = [w for w in smoothed.values() if w is not None]
    neutral = math.fsum(known) / len(known) if known else 1.0
    whole = {label: neutral if w is None else w for label, w in smoothed.items()}
    total = math.fsum(whole.values())
    weights = tuple(
        LabelWeight(
            label,
            rates[label].current,
            rates[label].reference,
            raw[label],
            whole[label],
            whole[label] / total * len(labels),
        )
        for label in labels
    )
    carried = {label: w for label, w in smoothed.items() if w is not None}
    return WeightState(weights, {**before.carried, **carried})


def among(state: WeightState, labels: Iterable[str]) -> WeightState:
    """The weights last estimated, normalised anew over some of the labels; what is carried over stays whole.

    A stage that trains on some labels only begins with these. A label that was never estimated is left out and counts
    1, as everywhere.
    """
    known = {w.label: w for w in state.weights}
    chosen = [known[label] for label in sorted(set(labels)) if label in known]
    total = math.fsum(w.smoothed for w in chosen)
    weights = tuple(replace(w, normalised=w.smoothed / total * len(chosen)) for w in chosen)
    return WeightState(weights, state.carried)


def _carried_on(raw: float | None, before: float | None, options: WeightOptions) -> float | None:
    return before if raw is None else smoothed_weight(raw, before, options)


def _check_rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise UsageError(f"a pass rate of {rate!r}", hint="pass rates are from 0 to 1")
