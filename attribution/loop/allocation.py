"""The attribution loop: from what was measured of each label to how many rows of it the next split shall hold.

The equations are those of arXiv 2507.16802, section 3.3; the numbers in brackets are the paper's. What it leaves open
is decided here, each time by an option with a default:

- It publishes no value of any constant. `Settings` says where each default comes from.
- The first e_t is undefined. A label that has never been given rows between two measurements gets the mean of the
  efficiencies that are known, or 1 where none is: only ratios count, so all gaps then speak for themselves. After an
  iteration that gave it no rows, its last known efficiency holds: dividing a change by no rows would make noise
  look efficient.
- e_t = 0 would starve a label for ever. A share of each budget (`explore`) goes to all labels with a gap alike.
- Where every priority is 0 although there are gaps, the budget follows the gaps.
- Shares are whole rows by largest remainder, so the budget is spent to the unit; see `shares`.
- A target that moves with the best result could never be met, so it is set once a loop and kept.
- A drop counts as regression only where it is larger than its own noise (`certainty` standard errors).
- A label that was not there before starts with the rows it has; one that is no longer measured stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from statistics import fmean
from typing import Any

from attribution.loop.measures import Measured
from attribution.loop.shares import bounded_shares
from governance.allocation_file import Action, Allocation, LabelAllocation, Origin, Unit
from governance.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """The constants of the loop.

    Attributes:
        budget: B_0, rows that the first iteration adds. No default: it is what you can afford.
        unit: what is counted, rows or tokens.
        shrink: b, by which each budget is the one before multiplied (21). Ours: 0.8, so that five iterations spend
            3.4 B_0 and all together never more than 5 B_0.
        margin: added to the best known pass@1 to make a target. The paper: 5 or 10 points; the smaller.
        ceiling: no target is above it. Ours: 1, what pass@1 can be.
        halving: rows of a label after which its priority is halved, which sets lambda = ln 2 / halving (20). 0 means
            B_0. Ours: a label that has had the whole of a first budget counts half.
        eps: rows that are added to the divisor of (19). Ours: 1, the least that can be given.
        explore: share of each budget that goes to all labels with a gap alike, 0 to 1. Ours: 0.1.
        certainty: standard errors that a drop must exceed to count as regression (24). Ours: 1; 0 is the paper's rule,
            by which half of the labels that did not change regress; with 1 it is one in six.
        patience: regressions in a row after which other data are asked for. Ours: 2, the least that is "keeps".
        most: B_max, rows in all beyond which saturation ends the loop; 0 for no bound. Ours: 0.
        saturated: no label gained more than this: saturation. Ours: 0.005, half a point.
        marginal: eps_eff, gain of the mean pass@1 for each row added below which the loop ends. Ours: 1e-7, a
            hundredth of a point for 1,000 rows.
    """

    budget: int
    unit: Unit = "rows"
    shrink: float = 0.8
    margin: float = 0.05
    ceiling: float = 1.0
    halving: int = 0
    eps: float = 1.0
    explore: float = 0.1
    certainty: float = 1.0
    patience: int = 2
    most: int = 0
    saturated: float = 0.005
    marginal: float = 1e-7

    @property
    def decay(self) -> float:
        """lambda of (20), for each row."""
        return math.log(2) / (self.halving or self.budget or 1)


@dataclass(frozen=True)
class Standing:
    """One label before the budget is shared.

    Attributes:
        rate: p_t, None where it was not measured.
        now: d_t, rows it has.
        past: what the last iteration said of it.
        regressed: its drop since then is larger than noise.
        in_a_row: regressions up to now without a break, this one included.
        gain: change of p_t since the last iteration that measured it, None the first time.
    """

    label: str
    items: int
    rate: float | None
    now: int
    available: int | None
    target: float | None
    past: LabelAllocation | None
    gain: float | None
    regressed: bool
    in_a_row: int
    efficiency: float | None = None
    origin: Origin | None = None

    @property
    def gap(self) -> float:
        """(18); 0 where nothing was measured."""
        return 0.0 if self.rate is None or self.target is None else max(0.0, self.target - self.rate)

    @property
    def grows(self) -> bool:
        """True of a label that may get rows."""
        return self.gap > 0 and not self.regressed


def settings_of(history: Sequence[Allocation], given: Mapping[str, Any]) -> Settings:
    """The constants in force: those that are given, then those of the loop's last iteration, then the defaults.

    Raises:
        UsageError: nobody ever said what the budget is.
    """
    known = {f.name for f in fields(Settings)}
    earlier = {k: v for k, v in history[-1].settings.items() if k in known} if history else {}
    values: dict[str, Any] = {**earlier, **given}
    if "budget" not in values:
        hint = "--budget N: how many rows the first iteration adds; later ones follow from it"
        raise UsageError("the loop begins without a budget", where="--budget", hint=hint)
    return Settings(**values)


def allocate(
    measured: Sequence[Measured], history: Sequence[Allocation], settings: Settings, name: str = ""
) -> Allocation:
    """The proposal for the next split.

    Args:
        measured: each label once, as the present model stands.
        history: the earlier proposals of this loop, first to last.

    Raises:
        UsageError: nothing was measured, or the history counts in another unit.
    """
    _check(measured, history, settings)
    standings = [_standing(one, history, settings) for one in measured]
    standings += _gone(measured, history)
    standings = _with_efficiency(standings, history, settings)
    iteration = len(history) + 1
    budget = round(settings.budget * settings.shrink ** (iteration - 1))  # (21)
    stop = stopping(standings, settings)
    priorities = {s.label: priority(s, settings) for s in standings if s.grows}
    added = {} if stop else _shared(budget, priorities, standings, settings)
    labels = [_line(s, added.get(s.label, 0), priorities.get(s.label), settings) for s in standings]
    return Allocation(
        unit=settings.unit,
        name=name,
        iteration=iteration,
        budget=budget,
        unspent=0 if stop else budget - sum(added.values()),
        stop=stop,
        settings={**asdict(settings), "lambda": settings.decay},
        label=tuple(sorted(labels, key=lambda one: one.label)),
    )


def _check(measured: Sequence[Measured], history: Sequence[Allocation], settings: Settings) -> None:
    if not any(one.items for one in measured):
        raise UsageError("no label was measured", where="evaluation", hint="evaluate first: `govern eval`")
    units = {past.unit for past in history} - {settings.unit}
    if units:
        hint = f"go on with --unit {units.pop()}, or begin a loop under another --name"
        raise UsageError(
            "the earlier iterations of this loop count in another unit", where="--unit", hint=hint
        )


def _standing(one: Measured, history: Sequence[Allocation], settings: Settings) -> Standing:
    lines = _lines(one.label, history)
    past = lines[-1] if lines else None
    known = next((x for x in reversed(lines) if x.pass_at_1 is not None), None)
    gain = None if known is None or one.rate is None else one.rate - (known.pass_at_1 or 0.0)
    fell = known is not None and gain is not None and regressed(known, one, gain, settings.certainty)
    return Standing(
        label=one.label,
        items=one.items,
        rate=one.rate,
        now=one.rows if one.rows is not None else past.rows if past else 0,
        available=one.available,
        target=_target(one, lines, settings),
        past=past,
        gain=gain,
        regressed=fell,
        in_a_row=1 + _regressions(lines) if fell else 0,
    )


def _lines(label: str, history: Sequence[Allocation]) -> list[LabelAllocation]:
    """What earlier iterations said of a label, first to last."""
    return [line for past in history for line in past.label if line.label == label]


def _gone(measured: Sequence[Measured], history: Sequence[Allocation]) -> list[Standing]:
    """Labels that the last iteration knew and nobody measures any more."""
    if not history:
        return []
    gone = {line.label for line in history[-1].label} - {one.label for one in measured}
    absent = [Measured(label=label, items=0) for label in sorted(gone)]
    return [_standing(one, history, Settings(0)) for one in absent]


def _target(one: Measured, lines: Sequence[LabelAllocation], settings: Settings) -> float | None:
    """The target that is given, or was set before, or the best known plus the margin.

    The best known is what the measurement says of other models, else this first measurement itself.
    """
    if one.target is not None:
        return one.target
    earlier = next((x.target for x in reversed(lines) if x.target is not None), None)
    if earlier is not None:
        return earlier
    best = one.best if one.best is not None else one.rate
    return None if best is None else min(best + settings.margin, settings.ceiling)


def regressed(before: LabelAllocation, now: Measured, gain: float, certainty: float) -> bool:
    """Whether the drop is larger than `certainty` standard errors of the difference of two shares.

    The shares are moved towards one half by one item of either kind, so that 0 and 1 have an error too. The items may
    be the same both times, which makes the error smaller than this: the rule errs on the side of no regression.
    """
    error = math.sqrt(
        _variance(before.pass_at_1 or 0.0, before.items or 0) + _variance(now.rate or 0.0, now.items)
    )
    return -gain > certainty * error


def _variance(rate: float, items: int) -> float:
    moved = (rate * items + 1) / (items + 2)
    return moved * (1 - moved) / max(items, 1)


def _regressions(lines: Sequence[LabelAllocation]) -> int:
    """Iterations in a row, up to the last one, in which the label regressed."""
    count = 0
    for line in reversed(lines):
        if line.action not in {"revert", "renew"}:
            break
        count += 1
    return count


def _with_efficiency(
    standings: Sequence[Standing], history: Sequence[Allocation], settings: Settings
) -> list[Standing]:
    """Each label with its e_t (19), and where that comes from."""
    known = [_known_efficiency(s, history, settings) for s in standings]
    values = [value for value, _ in known if value is not None]
    prior = fmean(values) if values else 1.0
    return [
        replace(s, efficiency=prior if value is None else value, origin=origin) if s.rate is not None else s
        for s, (value, origin) in zip(standings, known, strict=True)
    ]


def _known_efficiency(
    s: Standing, history: Sequence[Allocation], settings: Settings
) -> tuple[float | None, Origin]:
    if s.past is not None and s.gain is not None and s.past.pass_at_1 is not None:
        added = s.now - (s.past.rows if s.past.previous is None else s.past.previous)
        if added > 0:
            return max(0.0, s.gain) / (added + settings.eps), "measured"
    earlier = [x.efficiency for x in _lines(s.label, history) if x.efficiency_from in {"measured", "carried"}]
    return (earlier[-1], "carried") if earlier else (None, "prior")


def priority(s: Standing, settings: Settings) -> float:
    """pi_t (20)."""
    return s.gap * (s.efficiency or 0.0) * math.exp(-settings.decay * s.now)


def _shared(
    budget: int, priorities: Mapping[str, float], standings: Sequence[Standing], settings: Settings
) -> dict[str, int]:
    """The budget among the labels with a gap (22): the greater part by priority, the rest to all alike."""
    if not priorities:
        return {}
    gaps = {s.label: s.gap for s in standings if s.grows}
    by = priorities if sum(priorities.values()) > 0 else gaps
    whole = sum(by.values())
    weights = {k: (1 - settings.explore) * v / whole + settings.explore / len(by) for k, v in by.items()}
    room = {s.label: max(0, s.available - s.now) for s in standings if s.available is not None}
    return bounded_shares(budget, weights, room)


def stopping(standings: Sequence[Standing], settings: Settings) -> str:
    """Why the loop should end, as a sentence without a full stop; empty where it should go on."""
    seen = [s for s in standings if s.rate is not None]
    if not any(s.gap for s in seen):
        return "every target is met"
    gains = [s.gain for s in seen if s.gain is not None]
    if not gains:
        return ""
    total = sum(s.now for s in standings)
    if settings.most and total > settings.most and max(gains) <= settings.saturated:
        return (
            f"{total:,} {settings.unit} are more than {settings.most:,}, and no label gained more than "
            f"{settings.saturated:g} in the last iteration"
        )
    added = sum(max(0, s.now - (s.past.previous or 0)) for s in seen if s.past is not None)
    if added and fmean(gains) / added < settings.marginal:
        return (
            f"the mean pass@1 gained {fmean(gains):+.4f} with {added:,} {settings.unit} added, "
            f"less than {settings.marginal:g} for each"
        )
    return ""


def _line(s: Standing, added: int, weight: float | None, settings: Settings) -> LabelAllocation:
    """The label's line of the proposal (23, 24)."""
    action = _action(s, added, settings)
    rows = s.now + added
    if action in {"revert", "renew"} and s.past is not None and s.past.previous is not None:
        rows = min(s.now, s.past.previous)
    return LabelAllocation(
        label=s.label,
        rows=rows,
        previous=s.now,
        action=action,
        reason=_reason(s, action, rows, settings),
        items=s.items or None,
        pass_at_1=s.rate,
        target=s.target,
        gap=None if s.rate is None else s.gap,
        efficiency=s.efficiency,
        efficiency_from=s.origin if s.efficiency is not None else None,
        priority=weight,
    )


def _action(s: Standing, added: int, settings: Settings) -> Action:
    if s.rate is None:
        return "unmeasured"
    if s.regressed:
        return "renew" if s.in_a_row >= settings.patience else "revert"
    return "grow" if added else "keep"


def _reason(s: Standing, action: Action, rows: int, settings: Settings) -> str:
    if s.rate is None:
        return "no item of this label was measured; it stays as it is"
    if s.regressed:
        back = s.now - rows
        words = f"pass@1 fell by {-(s.gain or 0):.3f} to {s.rate:.3f}; "
        words += (
            f"the last {back:,} {settings.unit} are taken back"
            if back
            else "there is no addition to take back"
        )
        if action == "renew":
            words += f"; it is the {s.in_a_row}. time in a row: get data of another kind"
        return words
    if not s.gap:
        return f"pass@1 {s.rate:.3f} meets the target {s.target or 0:.3f}"
    return f"pass@1 {s.rate:.3f} is {s.gap:.3f} below the target {s.target or 0:.3f}; {_of_efficiency(s, settings)}"


def _of_efficiency(s: Standing, settings: Settings) -> str:
    per = 1_000 * (s.efficiency or 0.0)
    how = {
        "measured": f"its last addition gained {per:.4f} for 1,000 {settings.unit}",
        "carried": f"its last measured addition gained {per:.4f} for 1,000 {settings.unit}",
        "prior": "what it gains from data is not known yet",
    }
    return how[s.origin or "prior"]
