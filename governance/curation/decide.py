"""The funnel: every row of the input becomes a member of the split, or leaves at one step with its reason.

    unreadable > decision > rule > redaction > duplicate > unsupervised > over-length      whether a row is fit
        > holdout                                                                           which part it is of
        > allocation > mixture > budget                                                     how many are taken

A row that leaves at a step is not looked at by those after it. Everything here works on columns of facts; no text of a
row is needed, and nothing depends on the order of rows but `first` and ties of equal samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from governance.curation import record as steps
from governance.curation.policy import DROP, OTHERS, Policy, Quota
from governance.curation.proposed import notes_of
from governance.curation.reasons import Findings
from governance.curation.representative import ranked
from governance.curation.sampling import entering, seeded, taken
from governance.members import HOLDOUT, TRAIN

REASON = ("step", "rule", "finding", "decision")
LENGTH, SUPERVISION = "TOK001", "TOK002"
"""Rules whose rows leave at steps of their own."""


@dataclass(frozen=True)
class Decided:
    """What became of every row.

    Attributes:
        rows: FACTS with at, step (null for members), rule, finding, decision, stands (place of the row that stands
            for a duplicate), part (null where excluded), weight.
        notes: what must not be silent.
    """

    rows: pl.DataFrame
    notes: tuple[str, ...]


def decide(
    facts: pl.DataFrame, findings: Findings, policy: Policy, unredacted: Sequence[int] = ()
) -> Decided:
    """The state of every row that could be read.

    Args:
        facts: FACTS in the order of inputs and rows.
        unredacted: places of rows in which personal data could not be replaced.
    """
    rows = facts.with_row_index("at").with_columns(
        pl.col("at").cast(pl.Int64),
        **{name: pl.lit(None, pl.String) for name in REASON},
        stands=pl.lit(None, pl.Int64),
    )
    drops = findings.of(DROP)
    own_steps = drops.filter(pl.col("rule").is_in([LENGTH, SUPERVISION]))
    other = drops.filter(~pl.col("rule").is_in([LENGTH, SUPERVISION]))
    rows = _left(rows, steps.DECIDED, _named(rows, policy.exclude, "exclude"))
    rows = _left(rows, steps.DECIDED, _proposed(rows, "sample_id", policy.left_out))
    rows = _left(rows, steps.RULE, other, spared=policy.include)
    rows = _left(rows, steps.REDACTION, _unredacted(findings, unredacted))
    rows = _duplicates(rows, findings, policy, own_steps)
    rows = _left(
        rows, steps.UNSUPERVISED, own_steps.filter(pl.col("rule") == SUPERVISION), spared=policy.include
    )
    rows = _left(rows, steps.OVER_LENGTH, own_steps.filter(pl.col("rule") == LENGTH), spared=policy.include)
    rows = _left(rows, steps.OVER_LENGTH, _long(rows, policy.max_tokens), spared=policy.include)
    rows = _parts(rows, policy)
    notes = list(findings.notes)
    rows = _amounts(rows, policy, notes)
    rows = rows.with_columns(
        part=pl.when(pl.col("step").is_null()).then(pl.col("part")), weight=_weights(policy.weights)
    )
    return Decided(rows, (*notes, *_warnings(rows, policy), *notes_of(rows, policy)))


def _left(rows: pl.DataFrame, step: str, lines: pl.DataFrame, spared: Sequence[str] = ()) -> pl.DataFrame:
    """The rows, where those that lines speak of, and that are still in, leave at this step.

    Args:
        lines: at, rule, finding, decision; of several for a row the first counts.
        spared: sample ids that stay.
    """
    if not lines.height:
        return rows
    why = lines.unique("at", keep="first", maintain_order=True).select(
        "at", *(pl.col(n).alias(f"new_{n}") for n in REASON[1:]), new_step=pl.lit(step)
    )
    joined = rows.join(why, on="at", how="left", maintain_order="left")
    leaves = pl.col("step").is_null() & pl.col("new_step").is_not_null()
    if spared:
        leaves &= ~pl.col("sample_id").is_in(list(spared))
    changed = {n: pl.when(leaves).then(pl.col(f"new_{n}")).otherwise(pl.col(n)) for n in REASON}
    return joined.with_columns(**changed).drop([f"new_{n}" for n in REASON])


def _reasons(rows: pl.DataFrame, decision: str) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String)
    return rows.select("at", rule=nothing, finding=nothing, decision=pl.lit(decision))


def _named(rows: pl.DataFrame, samples: Sequence[str], decision: str) -> pl.DataFrame:
    return _reasons(rows.filter(pl.col("sample_id").is_in(list(samples))), decision)


def _proposed(rows: pl.DataFrame, column: str, by: Mapping[str, str]) -> pl.DataFrame:
    """The rows whose sample in that column a proposal speaks of, with its id as the reason."""
    named = rows.filter(pl.col(column).is_in(list(by))) if by else rows.clear()
    said = pl.lit("proposal ") + pl.col(column).replace_strict(dict(by), default="", return_dtype=pl.String)
    nothing = pl.lit(None, pl.String)
    return named.select("at", rule=nothing, finding=nothing, decision=said)


def _long(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    over = rows.filter(pl.col("tokens") > most) if most else rows.clear()
    return _reasons(over, f"max_tokens = {most}")


def _unredacted(findings: Findings, places: Sequence[int]) -> pl.DataFrame:
    return findings.of("redact").filter(pl.col("at").is_in(list(places)))


def _duplicates(rows: pl.DataFrame, findings: Findings, policy: Policy, later: pl.DataFrame) -> pl.DataFrame:
    """One row of each cluster stays: the best of those that are still in.

    Clusters are what the findings of DUP001 to DUP004 join. Rows that would leave at a later step come last.
    """
    lines = findings.clusters().filter(pl.col("at") >= 0)
    if not lines.height:
        return rows
    cluster = clusters(lines)
    inside = (
        rows.filter(pl.col("step").is_null())
        .select("at", "input", "row", "sample_id", "source", "licence", "characters", "tokens")
        .join(cluster, on="at", how="inner")
    )
    over = pl.col("tokens") > policy.max_tokens if policy.max_tokens else pl.lit(value=False)
    inside = inside.with_columns(late=pl.col("at").is_in(later.get_column("at").implode()) | over)
    inside = ranked(inside, findings, lines, policy)
    best = inside.group_by("cluster", maintain_order=True).agg(pl.col("at").first().alias("stands"))
    gone = inside.join(best, on="cluster").filter(pl.col("at") != pl.col("stands"))
    gone = gone.filter(~pl.col("sample_id").is_in(list(policy.include))) if policy.include else gone
    why = lines.unique("at", keep="first", maintain_order=True).join(gone.select("at"), on="at", how="semi")
    why = _by_choice(why, gone, rows, policy)
    rows = _left(rows, steps.DUPLICATE, why).drop("stands")
    return rows.join(gone.select("at", "stands"), on="at", how="left", maintain_order="left")


def _by_choice(why: pl.DataFrame, gone: pl.DataFrame, rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The reasons, where a proposal is named for rows that another one stands for by it."""
    if not policy.stays:
        return why
    standing = rows.select(pl.col("at").alias("stands"), pl.col("sample_id").alias("stand"))
    pairs = gone.select("at", "stands").join(standing, on="stands")
    chosen = _proposed(pairs, "stand", policy.stays).select("at", pl.col("decision").alias("chosen"))
    why = why.join(chosen, on="at", how="left", maintain_order="left")
    return why.with_columns(decision=pl.coalesce("chosen", "decision")).drop("chosen")


def clusters(lines: pl.DataFrame) -> pl.DataFrame:
    """Columns at, cluster of the rows that findings join, directly or through others."""
    from governance.text.clusters import components

    pairs = lines.filter(pl.col("peer").is_not_null()).select("at", "peer")
    nodes = np.unique(
        np.concatenate([pairs["at"].to_numpy(), pairs["peer"].to_numpy(), lines["at"].to_numpy()])
    )
    a, b = (np.searchsorted(nodes, pairs[name].to_numpy()) for name in ("at", "peer"))
    return pl.DataFrame({"at": nodes, "cluster": components(len(nodes), a, b)})


def _parts(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The rows with `part`. Rows of one group, and equal samples, are of one part.

    A group is held out where the data say so of one of its rows; where its hash falls below the share asked for (so a
    group stays on its side when data are added); or, with `latest`, where one of its rows is among the last in time.
    """
    key = pl.coalesce("group", "sample_id")
    inside = rows.filter(pl.col("step").is_null()).select("at", "sample_id", "held", "day", key.alias("key"))
    groups = inside.group_by("key", maintain_order=True).agg(
        pl.len().alias("rows"), pl.col("held").any(), pl.col("day").max()
    )
    chosen = pl.col("held")
    if policy.holdout and policy.latest:
        chosen = chosen | (pl.col("day") >= _first_day(groups, policy.holdout)).fill_null(value=False)
    elif policy.holdout:
        chance = seeded(groups.get_column("key"), policy.seed, "holdout")
        groups = groups.with_columns(chance=chance)
        chosen = chosen | (pl.col("chance") < policy.holdout)
    held = groups.filter(chosen).select("key")
    at = inside.join(held, on="key", how="semi").get_column("at")
    part = pl.when(pl.col("at").is_in(at.implode())).then(pl.lit(HOLDOUT)).otherwise(pl.lit(TRAIN))
    return rows.with_columns(part=part)


def _first_day(groups: pl.DataFrame, share: float) -> int:
    """The first day of the holdout: from it on lie at least the share of rows; a day is not torn."""
    timed = groups.filter(pl.col("day").is_not_null()).sort("day", descending=True)
    if not timed.height:
        return int(np.iinfo(np.int64).max)
    total = timed.get_column("rows").cum_sum()
    wanted = share * int(groups.get_column("rows").sum())
    at = int((total < wanted).sum())
    return int(timed.get_column("day")[min(at, timed.height - 1)])


def _amounts(rows: pl.DataFrame, policy: Policy, notes: list[str]) -> pl.DataFrame:
    """The rows of training beyond what is asked for leave; held-out rows all stay."""
    for quota, step in ((policy.allocation, steps.ALLOCATION), (policy.mixture, steps.MIXTURE)):
        if quota is not None:
            rows = _quota(rows, quota, step, policy, notes)
    if policy.tokens and policy.mixture is None:
        inside = _training(rows)
        fits = taken(
            entering(inside, "label", "tokens", policy.seed), policy.tokens, int(inside["tokens"].sum())
        )
        rows = _left(rows, steps.BUDGET, _beyond(inside, fits, f"tokens = {policy.tokens}"))
    return rows


def _training(rows: pl.DataFrame) -> pl.DataFrame:
    wanted = pl.col("step").is_null() & (pl.col("part") == TRAIN)
    return rows.filter(wanted).select("at", "sample_id", "source", "label", "tokens")


def _beyond(inside: pl.DataFrame, fits: pl.DataFrame, decision: str) -> pl.DataFrame:
    return _reasons(inside.join(fits.select("at"), on="at", how="anti"), decision)


def _quota(rows: pl.DataFrame, quota: Quota, step: str, policy: Policy, notes: list[str]) -> pl.DataFrame:
    """The rows beyond the amount of their kind leave; within a kind, labels keep their shares."""
    inside = _training(rows)
    amount = pl.lit(1.0) if quota.unit == "rows" else pl.col("tokens").cast(pl.Float64)
    names = pl.col(quota.by).fill_null("")
    kind = pl.when(names.is_in(list(quota.amounts))).then(names).otherwise(pl.lit(OTHERS))
    inside = inside.with_columns(kind=kind, amount=amount)
    there = dict(inside.group_by("kind").agg(pl.col("amount").sum()).iter_rows())
    total = _total(quota, there, policy) if quota.relative else 1.0
    fits = []
    for (name,), group in inside.group_by("kind", maintain_order=True):
        stays = quota.rest_stays and name == OTHERS
        wanted = there[name] if stays else quota.amounts.get(str(name), 0.0) * total
        order = entering(group, "label", "amount", policy.seed)
        fits.append(taken(order, wanted, there[name]))
        if there[name] < wanted - 0.5:
            notes.append(f"{step}: {_said(name)} has {there[name]:,.0f} {quota.unit} of {wanted:,.0f}")
    missing = sorted(name for name, amount in quota.amounts.items() if amount and name not in there)
    notes += [f"{step}: no row is of {_said(name)}" for name in missing]
    whole = pl.concat(fits) if fits else inside.select("at")
    said = f"{step} by {quota.by}" + (f", {quota.origin}" if quota.origin else "")
    return _left(rows, step, _beyond(inside, whole, said))


def _said(name: object) -> str:
    return "the others" if name == OTHERS else repr(str(name))


def _total(quota: Quota, there: Mapping[str, float], policy: Policy) -> float:
    """What shares are shares of, per unit of share: the budget, or as much as no kind runs short of."""
    whole = sum(quota.amounts.values())
    if policy.tokens and quota.unit == "tokens":
        return policy.tokens / whole
    return min(there.get(name, 0.0) / share for name, share in quota.amounts.items() if share)


def _weights(weights: Mapping[str, float]) -> pl.Expr:
    if not weights:
        return pl.lit(1.0)
    default = weights.get(OTHERS, 1.0)
    return (
        pl.col("label").fill_null("").replace_strict(dict(weights), default=default, return_dtype=pl.Float64)
    )


def _warnings(rows: pl.DataFrame, policy: Policy) -> list[str]:
    held = rows.filter(pl.col("part") == HOLDOUT).height
    found = []
    if policy.holdout and not held:
        found.append("no row was held out: there are too few groups for the share that was asked for")
    if policy.holdout and policy.latest:
        untimed = rows.filter(pl.col("step").is_null() & pl.col("day").is_null()).height
        if untimed:
            found.append(f"{untimed:,} rows say no time that could be read, and were not held out by time")
    known = (
        set(
            rows.get_column("sample_id")
            .unique()
            .filter(rows.get_column("sample_id").unique().is_in([*policy.exclude, *policy.include]))
        )
        if policy.exclude or policy.include
        else set()
    )
    unknown = [s for s in (*policy.exclude, *policy.include) if s not in known]
    if unknown:
        found.append(
            f"{len(unknown):,} of the samples to leave out or to keep are not in the data: {unknown[0][:12]} ..."
        )
    return found
