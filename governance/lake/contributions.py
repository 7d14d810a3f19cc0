"""Attributions: the ledger of a training run goes in whole, in one transaction, and comes out equal.

An attribution belongs to a training run. Beside the three tables of `governance.contributions` it keeps the run's
list of samples, so that roll-ups by label, source and finding need no other table, and the evaluations that the
items were measured in. What is tried on it later (retraining without the named samples, subsets, planted causes) is
a check: a line of its own, so that a report can say whether anybody ever tested the claim.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from governance.contributions import BALANCES, CONTRIBUTIONS, REMOVALS, SAMPLES
from governance.errors import NotFound, did_you_mean
from governance.lake import events
from governance.lake.attribution_tables import (
    ATTRIBUTED,
    ATTRIBUTED_BALANCES,
    ATTRIBUTED_REMOVALS,
    ATTRIBUTED_SAMPLES,
    ATTRIBUTION_CHECKS,
    ATTRIBUTIONS,
)
from governance.lake.canonical import canonical_json, digest, table_hash
from governance.lake.catalog import table_names
from governance.lake.commit import committed, writing
from governance.lake.removals import removal_row
from governance.lake.staging import StagedFile, StagedTable
from governance.lake.tables import REMOVALS as REMOVED
from governance.lake.tables import Table, names, table_of, with_owner

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

LATEST = "latest"
SLICE = 500_000  # rows staged at a time
PARTS: dict[str, tuple[Table, pa.Schema]] = {
    "samples": (ATTRIBUTED_SAMPLES, SAMPLES),
    "contributions": (ATTRIBUTED, CONTRIBUTIONS),
    "balances": (ATTRIBUTED_BALANCES, BALANCES),
    "removals": (ATTRIBUTED_REMOVALS, REMOVALS),
}
HELD = {
    "samples": "the stored list of samples is",
    "contributions": "the stored contributions are",
    "balances": "the stored balances are",
    "removals": "the stored removal scores are",
    "record": "the stored record is",
}
OWNED = (ATTRIBUTIONS, ATTRIBUTION_CHECKS, *(table for table, _ in PARTS.values()))
CheckKind = Literal["flip", "retrain", "group", "lds", "planted"]
"""Retraining without the named samples, where that is to turn an item back, and where it is to cost it more than other
samples do; retraining without a whole group; rank correlation with retraining on subsets; planted causes found
again."""


@dataclass(frozen=True)
class AttributionRecord:
    """What an attribution is of, and how it was made.

    Attributes:
        run: id of the training run.
        split: what it was trained on: NAME@VERSION, or the folder of an exported split.
        split_id: the split's own id; empty where it is not in the lake.
        model: what was trained.
        evaluations: ids of the evaluations that the items were measured in; empty where only the trace measured them.
        settings: how it was traced: parameters covered, refresh interval, cost ceiling, functionals ...
        costs: seconds and bytes of the trace; they differ between equal runs.
    """

    run: str
    split: str = ""
    split_id: str = ""
    model: str = ""
    evaluations: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    costs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """The tables of one attribution, of the schemas of `governance.contributions`."""

    samples: pa.Table
    contributions: pa.Table
    balances: pa.Table
    removals: pa.Table = field(default_factory=REMOVALS.empty_table)


@dataclass(frozen=True)
class Check:
    """Somebody tested what an attribution says.

    Attributes:
        method: which column was tested: contribution | removal.
        value: by `kind`: share of flips that reverted, nats beyond what other samples cost, nats without a group, rank
            correlation, or area under the curve.
        low, high: 95 % interval of it.
        cases: items, subsets, or planted causes.
        record: what was done, as JSON values.
    """

    kind: CheckKind
    method: str
    value: float
    low: float | None
    high: float | None
    cases: int
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredAttribution:
    """One attribution, without its tables."""

    id: str
    samples: int
    contributions: int
    created_at: str
    created_by: str
    record: AttributionRecord
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class AttributionCheck:
    """Whether what is stored of an attribution is what its event recorded."""

    attribution: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True where everything agrees."""
        return not self.problems


def commit_attribution(
    lake: Lake, ident: str, record: AttributionRecord, ledger: Ledger
) -> StoredAttribution:
    """The attribution in the lake. Committing the same id again gives back what is stored.

    Args:
        ident: the attribution's own id, as `Stopwatch` makes them; a run may be traced more than once.
    """
    key = f"attribution:{ident}"
    if committed(lake, key):
        return find_attribution(lake, ident)
    parts = {name: getattr(ledger, name) for name in PARTS}
    files = [f for name, rows in parts.items() for f in _stage(lake, PARTS[name][0], ident, rows)]
    text = canonical_json(asdict(record))
    with writing(lake) as tx:
        for table in OWNED:
            tx.ensure(table)
        tx.add(files)
        row = {
            "attribution": ident,
            "seq": tx.seq,
            "run": record.run,
            "split": record.split,
            "samples": ledger.samples.num_rows,
            "contributions": ledger.contributions.num_rows,
            "created_at": tx.at,
            "created_by": lake.actor,
            "record": text,
        }
        tx.insert(ATTRIBUTIONS, table_of(ATTRIBUTIONS.schema, [row]))
        hashes = {name: table_hash(rows) for name, rows in parts.items()}
        tx.describe("attribution.commit", ident, {**hashes, "record": digest(text), "run": record.run}, key)
    return find_attribution(lake, ident)


def load_ledger(lake: Lake, ident: str) -> Ledger:
    """The tables of an attribution, by its whole id."""
    return Ledger(**{name: _load(lake, table, schema, ident) for name, (table, schema) in PARTS.items()})


def record_check(lake: Lake, ident: str, check: Check) -> None:
    """The check is kept with the attribution of that id."""
    found = find_attribution(lake, ident)
    values = asdict(check)
    with writing(lake) as tx:
        row = {
            **values,
            "attribution": found.id,
            "seq": tx.seq,
            "at": tx.at,
            "actor": lake.actor,
            "record": canonical_json(check.record),
        }
        tx.insert(ATTRIBUTION_CHECKS, table_of(ATTRIBUTION_CHECKS.schema, [row]))
        tx.describe(
            "attribution.check", found.id, {"check": digest(canonical_json(values)), "kind": check.kind}
        )


def find_attribution(lake: Lake, name: str) -> StoredAttribution:
    """The attribution of that id, of the beginning of one, of that training run (its last), or `latest`."""
    known = list_attributions(lake)
    if name == LATEST and known:
        return known[0]
    exact = [a for a in known if name in {a.id, a.record.run}]
    near = exact or [a for a in known if name and a.id.startswith(name)]
    near = near or [a for a in known if name and a.record.run.startswith(name)]
    if exact or len(near) == 1 or len({a.record.run for a in near if a.record.run.startswith(name)}) == 1:
        return near[0]
    if name == LATEST or not known:
        hint = "`govern train SPLIT --attribute --suite SUITE` traces a run"
        raise NotFound("no attribution is stored in this lake", where=lake.display, hint=hint)
    ids = [a.id for a in near or known]
    what = f"{name!r} could be more than one attribution" if near else f"there is no attribution {name!r}"
    hint = f"{'' if near else did_you_mean(name, ids)}attributions are: {', '.join(ids[:20])}"
    raise NotFound(what, where=lake.display, hint=hint)


def list_attributions(lake: Lake) -> list[StoredAttribution]:
    """Every stored attribution, latest first."""
    if ATTRIBUTIONS.name not in table_names(lake):
        return []
    sql = (
        "SELECT attribution, samples, contributions, created_at, created_by, record FROM lake.attributions"
        " ORDER BY seq DESC"
    )
    checks = _checks(lake)
    return [
        StoredAttribution(*(*row[:5], _record_of(str(row[5])), tuple(checks.get(row[0], ()))))
        for row in lake.fetch(sql)
    ]


def remove_attribution(lake: Lake, name: str) -> str:
    """The id of the attribution that is gone with its tables; the log keeps that it was there."""
    with writing(lake) as tx:
        ident = find_attribution(lake, name).id
        for table in OWNED:
            tx.delete(table, "attribution", ident)
        tx.insert(REMOVED, removal_row(tx, "attribution", ident, ident))
        tx.describe("attribution.remove", ident, {})
    return ident


def verify_attribution(lake: Lake, name: str) -> AttributionCheck:
    """Whether tables, record and checks hash to what the events recorded."""
    found = find_attribution(lake, name)
    logged = [e for e in events.about(lake, "attribution.commit", found.id) if e.expected_hash() == e.hash]
    if not logged:
        return AttributionCheck(found.id, ("the event log has no intact entry for it",))
    ledger = load_ledger(lake, found.id)
    sql = "SELECT record FROM lake.attributions WHERE attribution = ?"
    stored = {
        **{part: table_hash(getattr(ledger, part)) for part in PARTS},
        "record": digest(str(lake.fetch(sql, [found.id])[0][0])),
    }
    wrong = [HELD[part] for part, value in stored.items() if logged[-1].data.get(part) != value]
    wanted = [e.data.get("check") for e in events.about(lake, "attribution.check", found.id)]
    if wanted != [digest(canonical_json(asdict(check))) for check in found.checks]:
        wrong.append("the stored checks are")
    return AttributionCheck(found.id, tuple(f"{what} not what was committed" for what in wrong))


def missing_attributions(lake: Lake) -> list[str]:
    """Attributions that were committed by the event log, were never removed, and are not in the lake."""
    added = [e.subject for e in events.beginning(lake, "attribution.commit")]
    removed = {e.subject for e in events.beginning(lake, "attribution.remove")}
    stored = {a.id for a in list_attributions(lake)}
    return [ident for ident in dict.fromkeys(added) if ident not in removed | stored]


def rules_of_samples(lake: Lake, ident: str, audit: str) -> pa.Table:
    """(rule, fingerprint, sample_id): findings of an audit whose affected rows are among the run's samples.

    Each row once; representatives count too where a rule names any, because a cluster is made of all its rows.
    """
    sql = (
        "SELECT DISTINCT f.rule, f.fingerprint, e.sample_id, e.role"
        " FROM lake.evidence e JOIN lake.findings f ON f.run = e.run AND f.fingerprint = e.fingerprint"
        " WHERE e.run = ? AND e.sample_id IN"
        " (SELECT sample_id FROM lake.attributed_samples WHERE attribution = ?) ORDER BY ALL"
    )
    return lake.query(sql, RULED, [audit, ident])


RULED = pa.schema([pa.field(n, pa.string(), False) for n in ("rule", "fingerprint", "sample_id", "role")])


def _checks(lake: Lake) -> dict[str, list[Check]]:
    sql = (
        "SELECT attribution, kind, method, value, low, high, cases, record FROM lake.attribution_checks"
        " ORDER BY seq"
    )
    found: dict[str, list[Check]] = {}
    for row in lake.fetch(sql):
        found.setdefault(str(row[0]), []).append(Check(*(*row[1:7], json.loads(row[7]))))
    return found


def _record_of(text: str) -> AttributionRecord:
    values = json.loads(text)
    return AttributionRecord(**{**values, "evaluations": tuple(values["evaluations"])})


def _stage(lake: Lake, table: Table, ident: str, rows: pa.Table) -> list[StagedFile]:
    stream = StagedTable(lake.session, table)
    for start in range(0, rows.num_rows, SLICE):
        stream.write(with_owner("attribution", ident, rows.slice(start, SLICE), start))
    return stream.finish()


def _load(lake: Lake, table: Table, schema: pa.Schema, ident: str) -> pa.Table:
    sql = f"SELECT {names(schema)} FROM lake.{table.name} WHERE attribution = ? ORDER BY position"
    return lake.query(sql, schema, [ident])
