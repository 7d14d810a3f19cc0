"""Reports from what the lake holds: the ledger, the items' texts, the findings of an audit, the rows of the split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from attribution.entries import is_sketch
from attribution.explaining.drivers import beside_measures, drivers
from attribution.explaining.groups import NEEDS_FINDINGS, By, groups_of
from attribution.explaining.measured import measured
from attribution.explaining.why import Order, Texts, Why, functionals_of, why, with_overlap
from attribution.findings.registry import findings_of
from attribution.reports.model import DriversReport, WhyReport
from governance.errors import GovernError, NotFound, UsageError, did_you_mean
from governance.lake.audits import find_run
from governance.lake.contributions import (
    Ledger,
    StoredAttribution,
    find_attribution,
    load_ledger,
    rules_of_samples,
)
from governance.lake.suites import load_suite

if TYPE_CHECKING:
    import polars as pl

    from governance.lake import Lake

OpenTexts = Callable[["Lake", str, pa.Table], Texts]
"""Given the lake, the split and the run's samples: what reads the texts of some of them."""


def why_report(
    lake: Lake,
    name: str,
    suite: str,
    item: str,
    functional: str | None,
    top: int,
    texts: OpenTexts | None,
    order: Order = "contribution",
) -> WhyReport:
    """One item of an attribution, for one functional or all that were traced.

    Args:
        texts: how the samples' texts are read; None leaves the overlap out.
        order: the column that samples are listed by.
    """
    stored = find_attribution(lake, name)
    ledger = load_ledger(lake, stored.id)
    wanted = [functional] if functional else functionals_of(ledger, suite, item) or ["answer_loss"]
    parts = [why(ledger, suite, item, one, top, order) for one in wanted]
    notes: list[str] = []
    asked = _item(lake, suite, item, notes)
    if asked and texts is not None:
        parts = _with_texts(lake, stored.record.split, ledger, parts, words_of_item(asked), texts, notes)
    question = str(asked.get("question") or "")
    parts = [replace(part, question=question) for part in parts]
    found = [f for f in findings_of(stored, ledger) if f.suite in {"", suite}]
    return WhyReport(stored, suite, item, tuple(parts), tuple(found), tuple(notes))


def drivers_report(lake: Lake, name: str, by: By, suite: str | None, audit: str, top: int) -> DriversReport:
    """The drivers of every suite of an attribution, or of one.

    Args:
        audit: whose findings say what is a cluster, and what a rule found; as `find_run` takes it.
    """
    stored = find_attribution(lake, name)
    ledger = load_ledger(lake, stored.id)
    ruled, notes = _ruled(lake, stored, by, audit)
    _check_suite(ledger, suite)
    if is_sketch(stored):
        notes.append(
            "the attribution is a sketch: a ranking, not amounts, so nothing of the change is accounted for"
        )
    parts = tuple(
        beside_measures(part, measured(stored.checks, by, part.suite, part.functional))
        for part in drivers(ledger, by, ruled=ruled, suite=suite, top=top)
    )
    found = [f for f in findings_of(stored, ledger) if suite is None or f.suite in {"", suite}]
    return DriversReport(stored, by, parts, tuple(found), tuple(notes))


def grouped(lake: Lake, name: str, by: By, audit: str) -> tuple[StoredAttribution, Ledger, pl.DataFrame]:
    """An attribution, its ledger, and which of its samples are in which group.

    Raises:
        UsageError: it is a sketch, which has no amounts.
    """
    stored = find_attribution(lake, name)
    if is_sketch(stored):
        hint = "trace the run again without --mode sketch"
        raise UsageError("a sketch says no amounts that could be tested", where=stored.id, hint=hint)
    ledger = load_ledger(lake, stored.id)
    return stored, ledger, groups_of(ledger, by, _ruled(lake, stored, by, audit)[0])


def _ruled(lake: Lake, stored: StoredAttribution, by: By, audit: str) -> tuple[pa.Table | None, list[str]]:
    """The findings on the run's samples, where groups are made of them, and what to say of them."""
    if by not in NEEDS_FINDINGS:
        return None, []
    run = find_run(lake, audit)
    ruled = rules_of_samples(lake, stored.id, run)
    return ruled, [f"findings are those of audit {run}, {len(ruled):,} of them on samples of this run"]


def _check_suite(ledger: Ledger, suite: str | None) -> None:
    known = sorted(pc.unique(ledger.balances.column("suite")).to_pylist())
    if suite is not None and suite not in known:
        hint = f"{did_you_mean(suite, known)}suites are: {', '.join(known[:20])}"
        raise NotFound(f"no item of suite {suite!r} was traced", where="--suite", hint=hint)


def _item(lake: Lake, suite: str, item: str, notes: list[str]) -> Mapping[str, Any]:
    """The item as the lake's suite has it; nothing, with a note, where it does not."""
    try:
        items = load_suite(lake, suite).items
    except NotFound:
        notes.append(
            "the suite is not in the lake, so its text is not shown; `govern benchmarks add` keeps it"
        )
        return {}
    mine = items.filter(pc.equal(items.column("item"), item)).to_pylist()
    if not mine:
        notes.append(
            "the lake's latest version of the suite does not have the item, so its text is not shown"
        )
    return mine[0] if mine else {}


def words_of_item(asked: Mapping[str, Any]) -> str:
    """What overlap is looked for in: question, context, options and answer."""
    options: Sequence[str] = asked.get("options") or ()
    answer = asked.get("answer_text") or asked.get("answer")
    return "\n".join(
        str(part) for part in (asked["question"], asked.get("context"), *options, answer) if part
    )


def _with_texts(
    lake: Lake, split: str, ledger: Ledger, parts: list[Why], asked: str, texts: OpenTexts, notes: list[str]
) -> list[Why]:
    try:
        read = texts(lake, split, ledger.samples)
        return [with_overlap(part, asked, read) for part in parts]
    except (GovernError, ImportError) as error:
        what = error.what if isinstance(error, GovernError) else "curated splits cannot be read here"
        notes.append(f"the samples' texts cannot be read, so there is no overlap: {what}")
        return parts


def split_texts(lake: Lake, split: str, samples: pa.Table) -> Texts:
    """What reads texts of the run's samples from the split that it was trained on.

    A sample is found by its dataset and row; one that has none is looked up by its id, which the same words share.
    """
    if not split:
        raise UsageError("the attribution does not say which split was trained on", where="split")
    from governance.curation.open import open_split

    opened = open_split(lake, split)

    def texts(wanted: Sequence[int]) -> dict[int, str]:
        mine = samples.filter(pc.is_in(samples.column("sample"), pa.array(wanted, pa.int64()))).to_pylist()
        ids = pa.array({row["sample_id"] for row in mine}, pa.string())
        found: dict[str, str] = {}
        for table in opened.members(None):
            chosen = table.filter(pc.is_in(table.column("sample_id"), ids))
            for ident, turns in zip(
                *(chosen.column(n).to_pylist() for n in ("sample_id", "conversation")), strict=True
            ):
                found.setdefault(ident, "\n".join(turn["content"] for turn in turns))
        return {row["sample"]: found[row["sample_id"]] for row in mine if row["sample_id"] in found}

    return texts
