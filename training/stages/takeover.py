"""When a label has learnt what reward can teach it, and targeted SFT is to take it over.

Training by reward moves nothing where every answer gets the same reward: the advantage of each is 0. Such a label, and
one that moves too slowly, is found by this rule. Steps are counted in windows. A label's reward in a window is the mean
over its prompts, each prompt being the mean over its answers. At the end of a window it is compared with the window
`patience` windows before:

    gain = mean(now) - mean(then),   interval = gain -+ 1.96 sqrt(var(now) / n(now) + var(then) / n(then))

- `reached`: mean(now) is at least `reached`; there is little left to gain;
- `waiting`: there is no window to compare with yet, or this one has fewer than `min_prompts` prompts of the label;
- `taken_over`: the interval includes 0 or lies below it, or the gain is below `min_gain`;
- `improving`: anything else.

Prompts, not answers, are what varies independently, hence n counts prompts. Windows of few prompts have wide intervals
and take labels over that only learn slowly: choose `window` so that a label has some 30 prompts in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from governance.errors import UsageError

Z95 = 1.959963984540054
WAITING, IMPROVING, REACHED, TAKEN_OVER = "waiting", "improving", "reached", "taken_over"


@dataclass(frozen=True)
class TakeoverOptions:
    """The rule's parameters.

    Attributes:
        window: optimizer steps of a window, at least 1.
        patience: windows a label is given, at least 1; what it gains over as many is looked at.
        min_gain: the least gain of the mean reward over `patience` windows, 0 to 1.
        reached: the mean reward that is good enough, above 0; above 1 no label ever is.
        min_prompts: prompts a window must have for a label to be judged by it, at least 2.
    """

    window: int = 20
    patience: int = 3
    min_gain: float = 0.02
    reached: float = 0.95
    min_prompts: int = 8

    def __post_init__(self) -> None:
        rules = {
            "window": (self.window >= 1, "steps from 1"),
            "patience": (self.patience >= 1, "windows from 1"),
            "min_gain": (0 <= self.min_gain <= 1, "a reward from 0 to 1"),
            "reached": (self.reached > 0, "a reward above 0"),
            "min_prompts": (self.min_prompts >= 2, "prompts from 2: one has no variance"),
        }
        for name, (fits, hint) in rules.items():
            if not fits:
                raise UsageError(
                    f"{getattr(self, name)!r} does not fit {name!r}", where="takeover", hint=hint
                )


@dataclass(frozen=True, slots=True)
class Moments:
    """What is kept of a label's rewards in one window: prompts, mean and sample variance."""

    prompts: int
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean or a difference with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a window said of a label; `gain` is None where it was not compared with another."""

    verdict: str
    gain: Interval | None = None


def moments(rewards: Sequence[float]) -> Moments:
    """Of one window; the variance of fewer than two rewards is 0 and is never used."""
    if not rewards:
        return Moments(0, math.nan, 0.0)
    return Moments(len(rewards), fmean(rewards), variance(rewards) if len(rewards) > 1 else 0.0)


def mean_reward(found: Moments) -> Interval:
    """The mean with its interval."""
    return _around(found.mean, found.variance / found.prompts if found.prompts > 1 else math.inf)


def gain(then: Moments, now: Moments) -> Interval:
    """How far the mean moved, with its interval; the two are taken as independent."""
    return _around(now.mean - then.mean, then.variance / then.prompts + now.variance / now.prompts)


def judged(windows: Sequence[Moments], options: TakeoverOptions) -> Judgement:
    """What is to be done about a label after the last of its windows, all of them given in order."""
    now = windows[-1]
    if now.prompts < options.min_prompts:
        return Judgement(WAITING)
    counted = [w for w in windows if w.prompts >= options.min_prompts]
    compared = gain(counted[-1 - options.patience], now) if len(counted) > options.patience else None
    if now.mean >= options.reached:
        return Judgement(REACHED, compared)
    if compared is None:
        return Judgement(WAITING)
    stalled = compared.low <= 0 or compared.value < options.min_gain
    return Judgement(TAKEN_OVER if stalled else IMPROVING, compared)


def _around(value: float, squared_error: float) -> Interval:
    reach = Z95 * math.sqrt(squared_error)
    return Interval(value, value - reach, value + reach)
