"""Why one evaluation item moved: the samples that moved it, both ways, and the line of the ledger they add up to.

Three columns that say three things, each by itself:

- contribution: what moved it in this run, in nats; all of them and the rest of the line add up to the change. Beside
  it stands what was booked: the sample's own pushes, before what samples did together was shared out.
- removal score: what would change without the sample, as a ranking; it adds up to nothing.
- overlap: words that stand in both; evidence of text, never of influence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from attribution.entries import MARGIN
from attribution.explaining.groups import sample_names
from attribution.explaining.overlap import Overlap, overlaps
from attribution.ledger.balance import ItemLine, by_item, item_line
from attribution.ledger.coverage import ENOUGH
from governance.errors import NotFound, UsageError, did_you_mean
from governance.lake.contributions import Ledger

if TYPE_CHECKING:
    import polars as pl

TOP = 5
Order = Literal["contribution", "removal"]
"""The column that samples of either sign are listed by."""
Texts = Callable[[Sequence[int]], Mapping[int, str]]
"""Given numbers of samples, the text of those that can be read."""


@dataclass(frozen=True)
class Cause:
    """One sample's part in it.

    Attributes:
        rank: its place among the samples that pushed the same way, 1 for the one named first.
        sample: number in the run's list of samples.
        name: its row in its dataset, where known.
        amount: contribution, nats, positive helped.
        booked: the part of it that the sample was booked when it was seen, nats; the rest others gave it, or took.
        removal: removal score; None where none was computed.
        overlap: verbatim evidence; None where the texts could not be read.
    """

    rank: int
    sample: int
    sample_id: str
    name: str
    label: str | None
    source: str | None
    amount: float
    booked: float
    removal: float | None
    overlap: Overlap | None = None


@dataclass(frozen=True)
class Rest:
    """Samples that are not listed: how many, and what they add up to."""

    samples: int
    amount: float


@dataclass(frozen=True)
class Why:
    """One item's explanation.

    Attributes:
        helped, harmed: samples whose contribution has either sign, as `order` lists them: the largest first; or by
            removal score, of those that helped the highest first, of those that harmed the lowest.
        helped_rest, harmed_rest: all others of either sign.
        crossing: of the samples that pushed the way the item flipped, how many of the largest alone carry it from
            where it was over the line; None where it did not flip, or they do not suffice.
        question: the item's text, untrusted; empty where the suite is not in the lake.
    """

    line: ItemLine
    helped: tuple[Cause, ...]
    harmed: tuple[Cause, ...]
    helped_rest: Rest
    harmed_rest: Rest
    crossing: int | None
    question: str = ""
    order: Order = "contribution"

    @property
    def coverage(self) -> float:
        """Of this item alone."""
        return self.line.coverage

    @property
    def ranks_only(self) -> bool:
        """True where too much of the change is not accounted for."""
        return self.coverage < ENOUGH

    @property
    def flip(self) -> str:
        """`gained` or `lost` where the margin changed its sign, else empty."""
        return flip_of(self.line)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """All that are listed."""
        return (*self.helped, *self.harmed)


def flip_of(line: ItemLine) -> str:
    """Whether the item went from wrong to right (`gained`), back (`lost`), or neither; only a margin tells."""
    if line.functional != MARGIN or (line.before > 0) == (line.after > 0):
        return ""
    return "gained" if line.after > 0 else "lost"


def why(
    ledger: Ledger,
    suite: str,
    item: str,
    functional: str,
    top: int = TOP,
    order: Order = "contribution",
) -> Why:
    """The explanation of one item.

    Raises:
        NotFound: the ledger does not have the item; the nearest is named.
        UsageError: samples are to be listed by removal scores, and none were kept.
    """
    line = item_line(ledger.balances, suite, item, functional)
    if line is None:
        raise _unknown(ledger, suite, item, functional)
    amounts = _amounts(ledger, suite, item, functional)
    helped = amounts.filter(amounts["amount"] > 0)
    harmed = amounts.filter(amounts["amount"] < 0).reverse()
    crossing = _crossing(line, helped, harmed)
    if order == "removal":
        helped, harmed = _missed(helped, item, descending=True), _missed(harmed, item, descending=False)
    return Why(
        line=line,
        helped=_causes(helped.head(top)),
        harmed=_causes(harmed.head(top)),
        helped_rest=Rest(max(helped.height - top, 0), float(helped["amount"][top:].sum())),
        harmed_rest=Rest(max(harmed.height - top, 0), float(harmed["amount"][top:].sum())),
        crossing=crossing,
        order=order,
    )


def _amounts(ledger: Ledger, suite: str, item: str, functional: str) -> pl.DataFrame:
    """One row a sample that moved the item, largest amount first."""
    import polars as pl

    key = {"suite": suite, "item": item, "functional": functional}
    mine = pl.DataFrame(pl.from_arrow(ledger.contributions)).filter(**key)
    steps = pl.col("start_step") < pl.col("stop_step")  # none where the ledger is closed
    booked = pl.col("amount").filter(steps).sum()
    sums = mine.group_by("sample").agg(pl.col("amount").sum(), booked=booked)
    scores = pl.DataFrame(pl.from_arrow(ledger.removals)).filter(**key).select("sample", "score")
    samples = pl.DataFrame(pl.from_arrow(ledger.samples)).with_columns(name=sample_names())
    return (
        sums.join(samples, on="sample")
        .join(scores, on="sample", how="left")
        .sort(["amount", "sample"], descending=[True, False])
    )


def _missed(rows: pl.DataFrame, item: str, *, descending: bool) -> pl.DataFrame:
    if rows["score"].null_count() == rows.height > 0:
        hint = "list the samples by contribution"
        raise UsageError("no removal scores were kept with this attribution", where=item, hint=hint)
    return rows.sort("score", descending=descending, nulls_last=True, maintain_order=True)


def _causes(rows: pl.DataFrame) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            rank=rank,
            sample=row["sample"],
            sample_id=row["sample_id"],
            name=row["name"],
            label=row["label"],
            source=row["source"],
            amount=row["amount"],
            booked=row["booked"],
            removal=row["score"],
        )
        for rank, row in enumerate(rows.iter_rows(named=True), 1)
    )


def _crossing(line: ItemLine, helped: pl.DataFrame, harmed: pl.DataFrame) -> int | None:
    flip = flip_of(line)
    if not flip:
        return None
    pushing = (helped if flip == "gained" else harmed)["amount"].cum_sum() + line.before
    over = (pushing > 0 if flip == "gained" else pushing <= 0).arg_true()
    return int(over[0]) + 1 if len(over) else None


def with_overlap(found: Why, item_text: str, texts: Texts) -> Why:
    """The explanation with verbatim evidence beside each listed sample whose text can be read."""
    known = texts([c.sample for c in found.causes])
    order = [c.sample for c in found.causes if c.sample in known]
    evidence = dict(zip(order, overlaps(item_text, [known[s] for s in order]), strict=True)) if order else {}

    def shown(causes: Sequence[Cause]) -> tuple[Cause, ...]:
        return tuple(replace(c, overlap=evidence.get(c.sample)) for c in causes)

    return replace(found, helped=shown(found.helped), harmed=shown(found.harmed))


def functionals_of(ledger: Ledger, suite: str, item: str) -> list[str]:
    """What of the item the ledger explains."""
    import polars as pl

    mine = pl.DataFrame(pl.from_arrow(ledger.balances)).filter(suite=suite, item=item)
    return sorted(mine["functional"].unique())


def _unknown(ledger: Ledger, suite: str, item: str, functional: str) -> NotFound:
    items: list[dict[str, Any]] = by_item(ledger.balances).select("suite", "item").unique().to_dicts()
    suites = sorted({i["suite"] for i in items})
    if suite not in suites:
        hint = f"{did_you_mean(suite, suites)}suites are: {', '.join(suites[:20])}"
        return NotFound(f"no item of suite {suite!r} was traced", where=suite, hint=hint)
    own = sorted(i["item"] for i in items if i["suite"] == suite)
    if item in own:
        known = ", ".join(functionals_of(ledger, suite, item))
        return NotFound(f"{functional} of the item was not traced", where=item, hint=f"known are: {known}")
    hint = f"{did_you_mean(item, own)}{len(own):,} items were traced, {own[0]!r} to {own[-1]!r}"
    return NotFound(f"item {item!r} was not traced", where=suite, hint=hint)
