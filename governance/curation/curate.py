"""A curation: dataset versions, the findings of their audit and a policy become a split that the lake keeps.

    datasets ─► versions with their rows ─► audit of exactly these ─► facts ─► funnel ─► members and exclusions

Everything but the version number, the time and the run follows from the rows, the findings and the policy, so the same
curation again is the split that is there already.
"""

from __future__ import annotations

import tempfile
from collections import Counter as Counts
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from governance.audit import Progress, silent
from governance.curation.audited import audited_by, places_in
from governance.curation.decide import decide
from governance.curation.facts import FACTS, Counter, counter_of, facts_of
from governance.curation.inputs import Indices, KeptVersion, kept_version
from governance.curation.outcome import Outcome, exclusions_of, members_of, record_of_outcome
from governance.curation.policy import REDACT, check_policy
from governance.curation.proposed import with_proposals
from governance.curation.reasons import Audited, judged, placed
from governance.curation.redact import Redaction, redacted, redaction_of
from governance.curation.request import Curated, CurateRequest
from governance.errors import UsageError
from governance.ingest import IngestRequest, ingest
from governance.labels.labeller import labeller_of
from governance.lake import Lake
from governance.lake.canonical import canonical_json
from governance.lake.datasets import parse_reference
from governance.lake.splits import save_split
from governance.proposals.actions import in_force
from governance.report import AuditReport
from governance.samples import SampleBatch
from governance.spill import Spill

REDACTED = pa.schema(
    [("input", pa.int32()), ("row", pa.int64()), ("redacted", pa.string()), ("kinds", pa.string())]
)
"""What became of a row that is to be redacted; `redacted` is null where it could not be."""
SPILL = 64 << 20  # bytes of redacted text kept in memory


def curate(
    request: CurateRequest, lake: Lake, progress: Progress = silent, scratch: Lake | None = None
) -> Curated:
    """The split of a request.

    Args:
        scratch: a lake for what is read and audited on the way; then no split is kept, and `lake` is not written to.

    Raises:
        GovernError: the data, the audit or the policy cannot be used; no split is kept then.
    """
    check_policy(request.policy)
    request, unheard = _with_proposals(request, lake)
    inputs = _inputs(request, lake, scratch or lake, progress)
    report, audited = audited_by(request, inputs, lake, scratch or lake, progress)
    with tempfile.TemporaryDirectory(prefix="curate-", dir=(scratch or lake).scratch) as folder:
        made = _made(request, inputs, report, Path(folder), progress)
    members, exclusions = members_of(made), exclusions_of(made)
    record = record_of_outcome(made, members, exclusions)
    record = replace(record, notes=(*record.notes, *unheard))
    if scratch is not None:
        return Curated(record, new=False, audited=audited)
    progress("writing to the lake", 0, None)
    record, new = save_split(lake, record, members, exclusions)
    return Curated(record, new, audited)


def _with_proposals(request: CurateRequest, lake: Lake) -> tuple[CurateRequest, tuple[str, ...]]:
    """(the request with what was approved for splits of its name, what of it could not be heard)."""
    if not request.proposals:
        return request, ()
    policy, unheard = with_proposals(request.policy, in_force(lake, request.name))
    return replace(request, policy=policy), unheard


def _inputs(request: CurateRequest, lake: Lake, work: Lake, progress: Progress) -> list[KeptVersion]:
    """The versions, each of which is there once; a path is ingested."""
    named = {"group": request.policy.group_by, "time": request.policy.time_column}
    named = {field: column for field, column in named.items() if column}
    found = []
    for spec in request.datasets:
        if _is_path(spec):
            version = ingest(IngestRequest(spec), work, progress).version
            found.append(kept_version(work, version.name, version.version, named, spec))
        else:
            found.append(kept_version(lake, *parse_reference(spec), named))
    twice = [name for name, count in Counts(data.version.name for data in found).items() if count > 1]
    if twice:
        raise UsageError(
            f"dataset {twice[0]!r} is named twice",
            hint="name each once; ingest one under another name (--name)",
        )
    return found


def _is_path(spec: str) -> bool:
    """True of what can only be a file, folder, glob or hub name, or is one."""
    return Path(spec).exists() or spec == "-" or "://" in spec or any(c in spec for c in "/*?")


def _made(
    request: CurateRequest,
    inputs: Sequence[KeptVersion],
    report: AuditReport,
    scratch: Path,
    progress: Progress,
) -> Outcome:
    """What becomes of every row."""
    firsts = places_in(report, [data.version.record for data in inputs]) or []
    audited = Audited(report.findings, report.evidence, report.suppressions, firsts)
    verdicts = judged(audited, request.policy)
    rules = verdicts.filter(pl.col("action") == REDACT).get_column("rule").unique().sort().to_list()
    how = redaction_of(rules, report.config.get("options", {}))
    counter = counter_of(request.policy.tokenizer)
    reading = _Reading(request, inputs, counter, _to_redact(audited, verdicts, inputs), how)
    facts, gone = reading.all(scratch, progress)
    progress("deciding", 0, None)
    unread = _unread(inputs)
    findings = placed(audited, verdicts, facts, unread)
    decided = decide(facts, findings, request.policy, _unredacted(facts, gone))
    rules_of = findings.table.select("fingerprint", "rule")
    lost = findings.lines.filter(pl.col("at") < 0).join(rules_of, on="fingerprint", how="left")
    return Outcome(request, inputs, report, verdicts, decided, unread, lost, gone, how, counter)


def _to_redact(audited: Audited, verdicts: pl.DataFrame, inputs: Sequence[KeptVersion]) -> list[Indices]:
    """For each input, the rows that are to be redacted, ascending."""
    acting = verdicts.filter(pl.col("action") == REDACT).select("fingerprint")
    lines = pl.DataFrame(pl.from_arrow(audited.evidence.select(["fingerprint", "row", "role"])))
    found = lines.filter(pl.col("role") == "affected").join(acting, on="fingerprint", how="semi")
    rows = np.unique(found.get_column("row").to_numpy())
    own = []
    for data, first in zip(inputs, audited.firsts, strict=True):
        low, high = np.searchsorted(rows, [first, first + data.version.record.rows])
        own.append(rows[low:high] - first)
    return own


@dataclass(frozen=True)
class _Reading:
    """The one pass over the rows.

    Attributes:
        wanted: for each input, the rows that are to be redacted, ascending.
    """

    request: CurateRequest
    inputs: Sequence[KeptVersion]
    counter: Counter
    wanted: Sequence[Indices]
    how: Redaction

    def all(self, scratch: Path, progress: Progress) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(FACTS of every row that could be read, REDACTED of those that are to be redacted)."""
        labeller = labeller_of(self.request.labels)
        spill = Spill(scratch / "redacted.arrow", SPILL, compression="lz4")
        total = sum(data.version.record.rows for data in self.inputs)
        done, parts = 0, [pl.DataFrame(schema=FACTS)]
        for number, data in enumerate(self.inputs):

            def seen(batch: SampleBatch, number: int = number, data: KeptVersion = data) -> None:
                table = _redacted(number, batch, data, self.wanted[number], self.how)
                if table is not None:
                    spill.add(table)

            for frame in facts_of(number, data, labeller, self.counter, seen):
                parts.append(frame)
                done += frame.height
                progress("reading", done, total)
        gone = spill.read() if spill.rows else REDACTED.empty_table()
        return pl.concat(parts), pl.DataFrame(pl.from_arrow(gone))


def _redacted(
    number: int, batch: SampleBatch, data: KeptVersion, wanted: Indices, how: Redaction
) -> pa.Table | None:
    """REDACTED of the rows of a batch that are wanted."""
    low, high = np.searchsorted(wanted, [batch.rows[0], batch.rows[-1] + 1])
    if low == high or batch.original is None:
        return None
    rows = wanted[low:high]
    at = np.searchsorted(batch.rows, rows)
    questions = data.questions[np.searchsorted(data.rows, rows)]
    found = redacted(batch.original.take(pa.array(at)), questions, data.reading, how)
    texts = [None if turns is None else canonical_json(turns) for turns in found.conversations]
    kinds = [canonical_json(dict(k)) for k in found.kinds]
    columns = [pa.array(np.full(len(rows), number, np.int32)), pa.array(rows), texts, kinds]
    return pa.table(columns, schema=REDACTED)


def _unread(inputs: Sequence[KeptVersion]) -> pl.DataFrame:
    """Columns input, row of the rows that could not be read."""
    parts = [
        pl.DataFrame({"input": np.full(len(data.unread), i, np.int32), "row": data.unread.astype(np.int64)})
        for i, data in enumerate(inputs)
    ]
    return pl.concat(parts)


def _unredacted(facts: pl.DataFrame, gone: pl.DataFrame) -> list[int]:
    failed = gone.filter(pl.col("redacted").is_null())
    rows = facts.select("input", "row").with_row_index("at")
    return rows.join(failed, on=["input", "row"], how="semi").get_column("at").to_list()
