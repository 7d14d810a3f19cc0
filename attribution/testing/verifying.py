"""An explanation, tested: the run trained again without the samples that it names, and the outcome kept."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from attribution.entries import ANSWER_LOSS
from attribution.explaining.why import Why
from attribution.findings.registry import findings_of
from attribution.reports.model import WhyReport
from attribution.reports.words import functional, nats
from attribution.testing.retraining import Verified, verify
from attribution.tracing.keeping import competitors_of
from attribution.tracing.rerun import TraceRequest, retrainer_of
from governance.lake.contributions import find_attribution, load_ledger, record_check
from governance.lake.suites import load_suite
from governance.reports.words import plural
from training.evaluation.plan import Choice

if TYPE_CHECKING:
    from governance.lake import Lake

Progress = Callable[[str, int, int | None], None]


def verified(lake: Lake, report: WhyReport, top: int, progress: Progress, *, offline: bool) -> WhyReport:
    """The report with what training without its causes did, which the lake has now too.

    Raises:
        NotFound: the lake does not have the suite, or the run is not on record.
        UsageError: the run cannot be repeated, or no sample pushed the item the way it moved.
    """
    stored = report.stored
    competitors, _ = competitors_of(lake, stored.record.evaluations)
    request = TraceRequest(
        run=stored.record.run,
        suites=(load_suite(lake, report.suite),),
        choice=Choice(items=glob.escape(report.item)),
        competitors=competitors,
        offline=offline,
    )
    retrain, names = retrainer_of(lake, request, progress)
    ledger = load_ledger(lake, stored.id)
    samples = ledger.samples.column("sample").to_pylist()
    found = []
    for part in report.parts:
        place = [n.functional for n in names].index(part.line.functional)
        found.append(verify(part, lambda without, at=place: retrain(without)[at : at + 1], samples, top))  # type: ignore[misc]
        record_check(lake, stored.id, found[-1].check())
    again = find_attribution(lake, stored.id)
    notes = (*report.notes, *(words(part, one) for part, one in zip(report.parts, found, strict=True)))
    findings = tuple(f for f in findings_of(again, ledger) if f.suite in {"", report.suite})
    return replace(report, stored=again, findings=findings, notes=notes)


def words(part: Why, one: Verified) -> str:
    """The outcome in a sentence."""
    what = functional(part.line.functional)

    def shown(worth: float) -> float:
        return -worth if part.line.functional == ANSWER_LOSS else worth

    text = (
        f"verified: without the {plural(len(one.named), 'sample')} named first the {what} is "
        f"{shown(one.without):.4f} after training, not {shown(one.after):.4f}; without {len(one.control)} others it is "
        f"{shown(one.without_control):.4f}. "
        f"The ledger says they brought {nats(one.claimed)}"
    )
    if one.flip is None:
        return text
    return f"{text}. The item {'turns back' if one.flip.reverted else 'does not turn back'} without them"
