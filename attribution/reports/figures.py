"""The charts of a report, from its numbers."""

from __future__ import annotations

from attribution.entries import ANSWER_LOSS
from attribution.explaining.drivers import SuiteDrivers
from attribution.explaining.groups import By
from attribution.explaining.why import Why
from attribution.reports import charts, words
from attribution.reports.charts import Range, Step
from governance.reports.figures import Figure


def of_item(part: Why, number: int) -> Figure | None:
    """The waterfall of one item's change; None where only ranks are shown."""
    if part.ranks_only:
        return None
    loss = part.line.functional == ANSWER_LOSS
    title = f"From {part.line.before:.3f} to {part.line.after:.3f}"
    chart = charts.waterfall(f"waterfall-{number}", title, steps_of(part), None if loss else 0.0)
    return Figure(title, chart, waterfall_caption(part), KEY)


def waterfall_caption(part: Why) -> str:
    """What the waterfall shows, and which way is better."""
    loss = part.line.functional == ANSWER_LOSS
    down = (
        "For a loss, what helped goes to the left."
        if loss
        else "What helped goes to the right; the line is 0."
    )
    return f"{words.functional(part.line.functional).capitalize()}, in nats. {down}"


RANGES = "Nats over all items; right of the line helped, left of it harmed. Whiskers are 95 % intervals."
COVERED = "Share of the change that is accounted for in each interval of steps; the line is at 80 %."
KEY = (("plain", "helped"), ("error", "harmed"), ("neither", "neither"))


def steps_of(part: Why) -> list[Step]:
    """From before to after, each part beginning where the one before ended."""
    line = part.line
    sign = -1.0 if line.functional == ANSWER_LOSS else 1.0
    rests = [("helped", part.helped_rest), ("harmed", part.harmed_rest)]
    moves = [(c.name, c.amount) for c in part.helped]
    moves += [(f"{rest.samples:,} more that {how}", rest.amount) for how, rest in rests if rest.samples]
    moves += [(c.name, c.amount) for c in reversed(part.harmed)]
    neither = zip(
        words.PARTS[1:], (line.sums.weight_decay, line.sums.carried, line.sums.residual), strict=True
    )
    steps, at = [Step("before", line.before, line.before, f"{line.before:.4f}", "total")], line.before
    for name, amount in moves:
        steps.append(
            Step(name, at, at + sign * amount, words.nats(amount), "plain" if amount > 0 else "error")
        )
        at += sign * amount
    for name, amount in neither:
        if amount:
            steps.append(Step(name, at, at + sign * amount, words.nats(amount), "neither"))
            at += sign * amount
    return [*steps, Step("after", line.after, line.after, f"{line.after:.4f}", "total")]


def ranges_of(part: SuiteDrivers, by: By) -> list[Range]:
    """The drivers with their intervals, from what helped most to what harmed most."""
    return [
        Range(words.group(d.name, by), d.amount, d.low, d.high, words.nats(d.amount))
        for d in (*part.helped, *reversed(part.harmed))
    ]


def of_suite(part: SuiteDrivers, by: By, number: int) -> list[Figure]:
    """The drivers with their intervals, and coverage over time."""
    rows = ranges_of(part, by)
    found = []
    if rows and not part.ranks_only:
        title = f"Contributions by {by}"
        found.append(Figure(title, charts.ranges(f"drivers-{number}", title, rows), RANGES))
    if part.windows:
        title = "Coverage over time"
        found.append(Figure(title, charts.covered(f"coverage-{number}", title, part.windows), COVERED))
    return found
