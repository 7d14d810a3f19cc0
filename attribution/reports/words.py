"""Numbers and columns as people read them; every format says the same thing with the same words."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from attribution.entries import ANSWER_LOSS
from attribution.explaining.drivers import Driver, SuiteDrivers
from attribution.explaining.groups import By
from attribution.explaining.measured import Measured
from attribution.explaining.overlap import Overlap
from attribution.explaining.why import Cause, Why
from attribution.ledger.balance import Sums
from governance.lake.contributions import Check, StoredAttribution
from governance.reports.words import plural

CONTRIBUTION = "contribution: what moved it in this run, in nats; positive helped; adds up to the change"
BOOKED = (
    "booked: what its own pushes moved when it was seen; contributions share out what samples did together"
)
REMOVAL = "removal score: what would change without it, as a ranking; no unit, adds up to nothing"
OVERLAP = "overlap: words that stand in both; evidence of text, never of influence"
MEASURED = "measured: what the suite lost when the run was done again without the group, in nats"
LEGEND = (CONTRIBUTION, BOOKED, REMOVAL, OVERLAP)
UNNAMED: dict[By, str] = {"label": "no label", "source": "no source", "rule": "no finding"}
PLURALS: dict[By, str] = {
    "sample": "samples", "cluster": "clusters", "label": "labels", "source": "sources", "rule": "rules",
}  # fmt: skip
PARTS = ("attributed to samples", "weight decay", "momentum from before", "not accounted for")
CHECKS = {
    "flip": "flips reverted",
    "retrain": "nats beyond what other samples cost",
    "lds": "rank correlation over subsets",
    "planted": "planted causes (area)",
}


def legend(parts: Sequence[SuiteDrivers]) -> tuple[str, ...]:
    """What the columns of a report on drivers say."""
    return (CONTRIBUTION, *[MEASURED] * any(map(tested, parts)), REMOVAL)


def nats(value: float) -> str:
    """A signed amount: +1.2345, or +0.0000 for what is nothing."""
    return f"{value + 0.0:+.4f}"


def percent(share: float) -> str:
    """A coverage, cut and not rounded, so that 79.99 % never reads as 80 %; what is negative says so."""
    return f"{math.floor(share * 1000 + 1e-9) / 10:.1f} %"


def functional(name: str) -> str:
    """What of an item is explained."""
    return "loss of the answer" if name == ANSWER_LOSS else "margin over the competitor"


def amount(value: float, *, ranks_only: bool) -> str:
    """A contribution, or a dash where amounts cannot be trusted."""
    return "–" if ranks_only else nats(value)


def interval(driver: Driver, *, ranks_only: bool) -> str:
    """The 95 % interval of an amount."""
    if ranks_only or driver.low is None or driver.high is None:
        return "–"
    return f"{nats(driver.low)} to {nats(driver.high)}"


def measure(found: Measured | None) -> str:
    """What leaving the group out cost, with its interval."""
    if found is None:
        return "not tested"
    if found.low is None or found.high is None:
        return nats(found.amount)
    return f"{nats(found.amount)} ({nats(found.low)} to {nats(found.high)})"


def tested(part: SuiteDrivers) -> bool:
    """Whether somebody trained again without one of the groups that are listed."""
    return any(d.measured is not None for d in (*part.helped, *part.harmed))


def side(how: str, part: Why) -> str:
    """What the samples of one side are listed under; `how` is Helped or Harmed."""
    if part.order == "contribution":
        return f"{how} most"
    return f"{how}, missed {'most' if how == 'Helped' else 'least'} first"


def score(value: float | None) -> str:
    """A removal score."""
    return "–" if value is None else f"{value + 0.0:+.2f}"


def overlap(found: Overlap | None) -> str:
    """Verbatim evidence in a few words."""
    if found is None:
        return "–"
    if not found.words:
        return "none"
    return f"{plural(found.words, 'word')} in a row, {100 * found.share:.0f} % of the item"


def group(name: str, by: By) -> str:
    """The name of a group, or what those without one are called."""
    return name or UNNAMED.get(by, "without")


def about(stored: StoredAttribution) -> list[tuple[str, str]]:
    """Facts of an attribution, for the head of a report."""
    record = stored.record
    facts = [
        ("attribution", stored.id),
        ("training run", record.run),
        ("split", record.split),
        ("model", record.model),
        ("evaluations", ", ".join(record.evaluations)),
        ("samples", f"{stored.samples:,}"),
        ("made", f"{stored.created_at[:19]} by {stored.created_by}"),
        *(("tested", check(one)) for one in stored.checks),
    ]
    return [(name, value) for name, value in facts if value]


def measured_by(one: Check) -> str:
    """What the value of a test is."""
    if one.kind != "group":
        return CHECKS[one.kind]
    by, name = one.record["by"], str(one.record["group"])
    return f"nats without {by} {group(name, by)}"


def check(one: Check) -> str:
    """The outcome of a test, with its interval."""
    reach = "" if one.low is None or one.high is None else f" ({one.low:.2f} to {one.high:.2f})"
    return f"{measured_by(one)} {one.value:.2f}{reach}, {plural(one.cases, 'case')}, by {one.method}"


def outcome(one: Check) -> str:
    """What training again without the samples of one item did, from what the lake keeps of it; empty for other tests.

    Values in the record are worth: minus the loss, or the margin.
    """
    said = one.record
    if one.kind not in {"flip", "retrain"} or not {"named", "after", "without", "claimed"} <= set(said):
        return ""
    loss = said.get("functional") == ANSWER_LOSS
    worth = {k: -float(said[k]) if loss else float(said[k]) for k in ("after", "without")}
    other = said.get("without_control")
    control = (
        ""
        if other is None
        else f"; without {len(said['control'])} others it is {-other if loss else other:.4f}"
    )
    text = (
        f"Without the {plural(len(said['named']), 'sample')} named first the {functional(str(said['functional']))} is "
        f"{worth['without']:.4f} after training, not {worth['after']:.4f}{control}. "
        f"The ledger says they brought {nats(float(said['claimed']))}."
    )
    if one.kind == "retrain":
        return text
    return f"{text} The item {'turns back' if one.value else 'does not turn back'} without them."


def balance(sums: Sums) -> list[tuple[str, str]]:
    """The line of the ledger: the change and the parts it is made of."""
    values = (sums.attributed, sums.weight_decay, sums.carried, sums.residual)
    return [("measured change", nats(sums.change)), *zip(PARTS, map(nats, values), strict=True)]


def covered(share: float, *, ranks_only: bool) -> str:
    """How much of the change is accounted for, and what follows from that."""
    text = f"{percent(share)} of the change is accounted for"
    return f"{text}; below 80.0 % only ranks are shown" if ranks_only else text


def flip(found: Why) -> str:
    """What became of the item, as a sentence; empty for what cannot flip."""
    if found.line.functional == ANSWER_LOSS:
        return ""
    if not found.flip:
        return f"The item stayed {'right' if found.line.after > 0 else 'wrong'}."
    way = "wrong to right" if found.flip == "gained" else "right to wrong"
    if found.ranks_only:
        return f"The item went from {way}."
    if found.crossing is None:
        return f"The item went from {way}; no samples alone carry it over the line."
    return f"The item went from {way}; the largest {plural(found.crossing, 'sample')} alone carry it over the line."


def facts_of(cause: Cause) -> str:
    """Label and source of a sample."""
    return ", ".join(part for part in (cause.label, cause.source) if part)


def rest_of_drivers(part: SuiteDrivers, by: By) -> str:
    """The groups that are not listed, with what they add up to."""
    if not part.rest.groups:
        return ""
    words = f"{part.rest.groups:,} other {PLURALS[by]}"
    return words if part.ranks_only else f"{words}: {nats(part.rest.amount)}"


def aligned(rows: Sequence[Sequence[str]], indent: int = 2) -> list[str]:
    """Lines in which the columns stand below each other; wide characters take two places."""
    if not rows:
        return []
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    pad = " " * indent
    return [
        (
            pad + "  ".join(cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
