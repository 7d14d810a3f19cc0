"""Attributions page by page: the ledger of one item, groups of samples with their sums, the samples of one group.

A ledger has a line for each sample, item and interval of steps, tens of millions of them. Sums over intervals and over
samples are made in DuckDB; a page gets one line a group, or one a sample of one item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.contributions import BALANCES, CONTRIBUTIONS, REMOVALS, SAMPLES
from governance.lake.attribution_tables import ATTRIBUTIONS
from governance.lake.browsing.runs import kept_pieces, report_head
from governance.lake.catalog import table_names
from governance.lake.contributions import RULED, Ledger
from governance.lake.tables import names

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

NAME = "coalesce(s.dataset || ' row ' || s.row, 'sample ' || s.sample)"
"""What people call a sample, as `attribution.explaining.groups.sample_names` says it."""
TOTALS = pa.schema([pa.field("group", pa.string()), pa.field("amount", pa.float64())])
CELLS = pa.schema([pa.field("group", pa.string()), pa.field("item", pa.string()), TOTALS.field("amount")])


@dataclass(frozen=True)
class Traced:
    """A suite of an attribution, and what of its items was traced."""

    suite: str
    functional: str
    items: int


@dataclass(frozen=True)
class Grouping:
    """What samples are rolled up by.

    Attributes:
        by: sample | cluster | label | source | rule.
        audit: the audit whose findings say what a rule found; for `rule`.
        clusters: (number of a sample, name of its cluster) of those that are in one; for `cluster`.
    """

    by: str
    audit: str = ""
    clusters: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Part:
    """One suite and functional of an attribution."""

    attribution: str
    suite: str
    functional: str

    @property
    def values(self) -> list[object]:
        """What `OF` has to be told."""
        return [self.attribution, self.suite, self.functional]


OF = "attribution = ? AND suite = ? AND functional = ?"


@dataclass(frozen=True)
class GroupFacts:
    """A group: how many samples it has, the first of them, and its mean removal score."""

    samples: int
    first: int
    removal: float | None = None


@dataclass(frozen=True)
class Member:
    """A sample of a group: who it is, and what it did to all items of the suite.

    Attributes:
        amount: nats, positive helped; its whole contribution, also where it is shared among groups.
        removal: mean removal score over the items; None where none was computed.
    """

    sample: int
    sample_id: str
    name: str
    dataset: str | None
    row: int | None
    source: str | None
    label: str | None
    amount: float
    removal: float | None


@dataclass(frozen=True)
class SourceSum:
    """What the samples of one source did to one item."""

    source: str
    samples: int
    amount: float


@dataclass(frozen=True)
class Home:
    """Where a row of a dataset version can be looked at.

    Attributes:
        run: an audit that read it.
        dataset: what the audit calls the dataset.
        row: the row's number in that audit.
        line: its line in the list of all rows of the dataset, 0-based.
    """

    run: str
    dataset: str
    row: int
    line: int


def traced_suites(lake: Lake, attribution: str) -> list[Traced]:
    """The suites and functionals of an attribution."""
    sql = (
        "SELECT suite, functional, count(DISTINCT item) FROM lake.balances WHERE attribution = ?"
        " GROUP BY suite, functional ORDER BY suite, functional"
    )
    return [Traced(*row) for row in lake.fetch(sql, [attribution])]


def any_traced(lake: Lake, suite: str) -> bool:
    """Whether an attribution has traced an item of the suite."""
    if ATTRIBUTIONS.name not in table_names(lake):
        return False
    return bool(lake.fetch("SELECT 1 FROM lake.balances WHERE suite = ? LIMIT 1", [suite]))


def tracing(lake: Lake, suite: str, items: Sequence[str]) -> dict[str, set[str]]:
    """Which attributions have traced each of the items; those of no attribution are not there."""
    if ATTRIBUTIONS.name not in table_names(lake) or not items:
        return {}
    sql = (
        "SELECT DISTINCT item, attribution FROM lake.balances WHERE suite = ? AND item IN (SELECT unnest(?))"
    )
    found: dict[str, set[str]] = {}
    for item, attribution in lake.fetch(sql, [suite, list(items)]):
        found.setdefault(str(item), set()).add(str(attribution))
    return found


def item_ledger(lake: Lake, attribution: str, suite: str, item: str, most: int) -> Ledger:
    """The ledger of one item: intervals summed up to one of a step, and the close, which has none.

    Samples and removal scores are told of the `most` samples of either sign and functional only; every other sample
    is there with its number, so that sums over all of them are right.
    """
    own = "attribution = ? AND suite = ? AND item = ?"
    values: list[object] = [attribution, suite, item]
    contributions = lake.query(
        "SELECT 0 AS start_step, (start_step < stop_step)::BIGINT AS stop_step, sample, '' AS sample_id, ? AS suite,"
        f" ? AS item, functional, sum(amount) AS amount FROM lake.contributions WHERE {own}"
        " GROUP BY sample, functional, start_step < stop_step",
        CONTRIBUTIONS,
        [suite, item, *values],
    )
    shown = _largest(contributions, most)
    among = "sample IN (SELECT unnest(?)) ORDER BY sample"
    sql = f"SELECT {names(REMOVALS)} FROM lake.removal_scores WHERE {own} AND {among}"
    removals = lake.query(sql, REMOVALS, [*values, shown])
    sql = f"SELECT {names(BALANCES)} FROM lake.balances WHERE {own} ORDER BY position"
    lines = lake.query(sql, BALANCES, values)
    return Ledger(_told(lake, attribution, contributions, shown), contributions, lines, removals)


def _largest(contributions: pa.Table, most: int) -> list[int]:
    """Numbers of the samples that moved most, either way, for each functional."""
    import polars as pl

    rows = pl.DataFrame(pl.from_arrow(contributions.select(["sample", "functional", "amount"])))
    rows = rows.group_by("sample", "functional").agg(pl.col("amount").sum())
    ordered = rows.sort(["functional", "amount", "sample"], descending=[False, True, False])
    groups = ordered.group_by("functional", maintain_order=True)
    both = pl.concat([groups.head(most), groups.tail(most)])
    found: list[int] = both["sample"].unique().sort().to_list()
    return found


def _told(lake: Lake, attribution: str, contributions: pa.Table, shown: list[int]) -> pa.Table:
    """SAMPLES of all that contributed; who they are is told of those that are shown."""
    import polars as pl

    sql = (
        f"SELECT {names(SAMPLES)} FROM lake.attributed_samples WHERE attribution = ?"
        " AND sample IN (SELECT unnest(?)) ORDER BY sample"
    )
    known = pl.DataFrame(pl.from_arrow(lake.query(sql, SAMPLES, [attribution, shown])))
    every = pl.DataFrame(pl.from_arrow(contributions.select(["sample"]))).unique().sort("sample")
    whole = every.join(known, on="sample", how="left", maintain_order="left")
    return (
        whole.with_columns(pl.col("sample_id").fill_null("")).select(SAMPLES.names).to_arrow().cast(SAMPLES)
    )


def places(lake: Lake, attribution: str, samples: Sequence[int]) -> dict[int, tuple[str, int]]:
    """(NAME@VERSION, row) of some samples; those of which it is not known are left out."""
    sql = (
        "SELECT sample, dataset, row FROM lake.attributed_samples WHERE attribution = ? AND dataset IS NOT NULL"
        " AND row IS NOT NULL AND sample IN (SELECT unnest(?)) ORDER BY sample"
    )
    found = lake.fetch(sql, [attribution, list(samples)]) if samples else []
    return {int(sample): (str(dataset), int(row)) for sample, dataset, row in found}


def sources_of_item(lake: Lake, part: Part, item: str, most: int = 12) -> list[SourceSum]:
    """What the samples of each source did to one item, the largest amounts of either sign first."""
    sql = (
        "SELECT coalesce(s.source, '') AS source, count(DISTINCT c.sample), sum(c.amount) AS amount"
        " FROM lake.contributions c JOIN lake.attributed_samples s ON s.sample = c.sample AND s.attribution = ?"
        f" WHERE c.{OF.replace('AND ', 'AND c.')} AND c.item = ?"
        " GROUP BY coalesce(s.source, '') ORDER BY abs(sum(c.amount)) DESC, source LIMIT ?"
    )
    return [SourceSum(*row) for row in lake.fetch(sql, [part.attribution, *part.values, item, most])]


def balances(lake: Lake, part: Part) -> pa.Table:
    """BALANCES of a part."""
    sql = f"SELECT {names(BALANCES)} FROM lake.balances WHERE {OF} ORDER BY position"
    return lake.query(sql, BALANCES, part.values)


def clustered(lake: Lake, attribution: str, audit: str, rules: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """(SAMPLES, RULED) of the samples that findings of these rules speak of, in the order of the run."""
    found = (
        "SELECT DISTINCT f.rule, f.fingerprint, e.sample_id, e.role FROM lake.evidence e"
        " JOIN lake.findings f ON f.run = e.run AND f.fingerprint = e.fingerprint WHERE e.run = ?"
        " AND f.rule IN (SELECT unnest(?)) AND e.sample_id IN"
        " (SELECT sample_id FROM lake.attributed_samples WHERE attribution = ?)"
    )
    values = [audit, list(rules), attribution]
    ruled = lake.query(f"{found} ORDER BY ALL", RULED, values)
    sql = (
        f"SELECT {names(SAMPLES)} FROM lake.attributed_samples WHERE attribution = ?"
        f" AND sample_id IN (SELECT sample_id FROM ({found})) ORDER BY sample"
    )
    return lake.query(sql, SAMPLES, [attribution, *values]), ruled


def totals(lake: Lake, part: Part, by: Grouping) -> pa.Table:
    """`TOTALS`: the sum of each group that moved an item, largest first."""
    groups, values = _groups(part.attribution, by)
    sql = (
        f"WITH g AS ({groups}), c AS (SELECT sample, sum(amount) AS amount FROM lake.contributions WHERE {OF}"
        ' GROUP BY sample) SELECT g."group", sum(c.amount * g.share) AS amount FROM c JOIN g USING (sample)'
        ' GROUP BY g."group" ORDER BY amount DESC, g."group"'
    )
    return lake.query(sql, TOTALS, [*values, *part.values])


def cells(lake: Lake, part: Part, by: Grouping, shown: Sequence[str]) -> pa.Table:
    """`CELLS`: the sum of some groups on each item."""
    groups, values = _groups(part.attribution, by)
    sql = (
        f'WITH g AS ({groups}) SELECT g."group", c.item, sum(c.amount * g.share) AS amount'
        f' FROM lake.contributions c JOIN g USING (sample) WHERE {OF} AND g."group" IN (SELECT unnest(?))'
        ' GROUP BY g."group", c.item ORDER BY g."group", c.item'
    )
    return lake.query(sql, CELLS, [*values, *part.values, list(shown)])


def group_facts(lake: Lake, part: Part, by: Grouping, shown: Sequence[str]) -> dict[str, GroupFacts]:
    """What some groups are."""
    groups, values = _groups(part.attribution, by)
    sql = (
        f'WITH g AS (SELECT * FROM ({groups}) WHERE "group" IN (SELECT unnest(?))),'
        ' sizes AS (SELECT "group", count(*) AS n, min(sample) AS first FROM g GROUP BY "group"),'
        f' scores AS (SELECT g."group", avg(r.score) AS score FROM lake.removal_scores r JOIN g USING (sample)'
        f' WHERE {OF} GROUP BY g."group")'
        ' SELECT "group", n, first, score FROM sizes LEFT JOIN scores USING ("group")'
    )
    found = lake.fetch(sql, [*values, list(shown), *part.values])
    return {str(group): GroupFacts(n, first, score) for group, n, first, score in found}


def count_members(lake: Lake, part: Part, by: Grouping, group: str) -> int:
    """How many samples of a group moved an item."""
    groups, values = _groups(part.attribution, by)
    sql = (
        f"WITH g AS ({groups}) SELECT count(DISTINCT c.sample) FROM lake.contributions c JOIN g USING (sample)"
        f' WHERE {OF} AND g."group" = ?'
    )
    return int(lake.fetch(sql, [*values, *part.values, group])[0][0])


def members(lake: Lake, part: Part, by: Grouping, group: str, limit: int, offset: int) -> list[Member]:
    """Samples of a group, those that moved most first, whichever way."""
    groups, values = _groups(part.attribution, by)
    sql = (
        f"WITH g AS ({groups}), c AS (SELECT sample, sum(amount) AS amount FROM lake.contributions JOIN"
        f' (SELECT sample FROM g WHERE "group" = ?) USING (sample) WHERE {OF} GROUP BY sample'
        " ORDER BY abs(sum(amount)) DESC, sample LIMIT ? OFFSET ?),"
        f" r AS (SELECT sample, avg(score) AS score FROM lake.removal_scores WHERE {OF}"
        " AND sample IN (SELECT sample FROM c) GROUP BY sample)"
        f" SELECT s.sample, s.sample_id, {NAME}, s.dataset, s.row, s.source, s.label, c.amount, r.score FROM c"
        " JOIN lake.attributed_samples s ON s.sample = c.sample AND s.attribution = ?"
        " LEFT JOIN r ON r.sample = c.sample ORDER BY abs(c.amount) DESC, s.sample"
    )
    given = [*values, group, *part.values, limit, offset, *part.values, part.attribution]
    return [Member(*row) for row in lake.fetch(sql, given)]


def homes(lake: Lake, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Home]:
    """Where rows (NAME@VERSION, row) can be looked at: in the latest audit that read the same data and kept entries.

    That may be another version: what an audit kept and what was ingested for a split are the same rows where their
    identities are.
    """
    first = "coalesce(CAST(json_extract({}.record, '$.first_row') AS BIGINT), 0)"
    sql = (
        "SELECT w.name || '@' || w.version AS reference, a.run, d.name, v.version_id,"
        f" {first.format('v')} - {first.format('w')} FROM lake.dataset_versions w"
        " JOIN lake.dataset_versions v ON v.identity = w.identity"
        " JOIN lake.audit_datasets d ON d.version_id = v.version_id JOIN lake.audits a ON a.run = d.run"
        " LEFT JOIN lake.removals r ON r.id = v.version_id"
        " WHERE r.id IS NULL AND w.name || '@' || w.version IN (SELECT unnest(?))"
        " QUALIFY row_number() OVER (PARTITION BY w.version_id"
        " ORDER BY a.seq DESC, v.version_id = w.version_id DESC) = 1"
    )
    found: dict[tuple[str, int], Home] = {}
    for reference, run, name, version, moved in lake.fetch(sql, [sorted({dataset for dataset, _ in places})]):
        rows = {row: row + int(moved) for dataset, row in places if dataset == reference}
        shift = _shift(lake, str(run), str(version))
        lines = _lines(lake, str(version), list(rows.values()))
        found |= {
            (str(reference), row): Home(str(run), str(name), own + shift, lines[own])
            for row, own in rows.items()
            if own in lines
        }
    return found


def _shift(lake: Lake, run: str, version: str) -> int:
    """How much higher the run numbers the rows of a version than its entries do."""
    report = report_head(lake, run)
    pieces = kept_pieces(lake, report) if report is not None else ()
    return next((p.shift for p in pieces if p.version_id == version), 0)


def _lines(lake: Lake, version: str, rows: Sequence[int]) -> dict[int, int]:
    """Which line of the list of the version's rows each row is, 0-based; rows it does not have are not there."""
    sql = (
        "SELECT w.row, count(e.row) FILTER (e.row < w.row) FROM (SELECT DISTINCT unnest(?) AS row) w"
        " JOIN lake.entries e ON e.version_id = ? AND e.row <= w.row GROUP BY w.row HAVING max(e.row) = w.row"
    )
    return {int(row): int(before) for row, before in lake.fetch(sql, [list(rows), version])}


def _groups(attribution: str, by: Grouping) -> tuple[str, list[object]]:
    """A query of (sample, group, share): the shares of each sample sum to 1."""
    of_run = "FROM lake.attributed_samples s"
    if by.by in {"label", "source"}:
        sql = f"SELECT s.sample, coalesce(s.{by.by}, '') AS \"group\", 1.0 AS share {of_run} WHERE s.attribution = ?"
        return sql, [attribution]
    if by.by == "sample":
        return f'SELECT s.sample, {NAME} AS "group", 1.0 AS share {of_run} WHERE s.attribution = ?', [
            attribution
        ]
    if by.by == "rule":
        sql = (
            "SELECT s.sample, coalesce(f.rule, '') AS \"group\", 1.0 / count(*) OVER (PARTITION BY s.sample) AS share"
            f" {of_run} LEFT JOIN (SELECT DISTINCT e.sample_id, f.rule FROM lake.evidence e JOIN lake.findings f"
            " ON f.run = e.run AND f.fingerprint = e.fingerprint WHERE e.run = ? AND e.role = 'affected') f"
            " ON f.sample_id = s.sample_id WHERE s.attribution = ?"
        )
        return sql, [by.audit, attribution]
    if by.by != "cluster":
        raise ValueError(by.by)
    sql = (
        f'SELECT s.sample, coalesce(k.name, {NAME}) AS "group", 1.0 AS share {of_run} LEFT JOIN'
        " (SELECT unnest(CAST(? AS BIGINT[])) AS sample, unnest(CAST(? AS VARCHAR[])) AS name) k"
        " ON k.sample = s.sample WHERE s.attribution = ?"
    )
    return sql, [[n for n, _ in by.clusters], [name for _, name in by.clusters], attribution]
