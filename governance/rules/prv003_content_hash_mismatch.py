"""# content-hash-mismatch

## What it does
Holds the hash that a row states (a column such as `sha256`, `md5` or `content_hash`; a prefix `sha256:` may stand
before it) against its text. The hash may be that of any one turn, or of all turns joined by newlines.

- `mismatch`: it is of none of them, although other rows of the data match;
- `unverifiable`: not one row of the data matches, so the hash is of something else (a file, a token list, a text before
  normalisation). That is one finding for the whole dataset.

## Why it matters
A text that is no longer what was hashed was edited, damaged or swapped after it was approved.

## Example
A row corrected by hand whose `sha256` was left as it was.

## Options
None.

## Known limits
- Text is hashed in its canonical form (Unicode NFC, `\\n` newlines). A row whose raw form differs from that is reported
  although its raw bytes may match.

## References
- NIST FIPS 180-4, Secure Hash Standard
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import EVIDENCE, FINDINGS, Severity, fingerprint
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import marked_rows, reported
from governance.samples import SampleBatch


def _verdicts(batch: SampleBatch) -> npt.NDArray[np.uint8]:
    from governance.detectors.provenance.checksums import verdicts

    return batch.once("checksums", lambda: verdicts(batch))


def _states_none(batch: SampleBatch) -> bool:
    return bool(batch.table.column("checksum").null_count == len(batch))


def _map_wrong(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """MARKS of the rows whose hash is not that of their text."""
    from governance.detectors.provenance.checksums import DIFFERS

    if _states_none(batch):
        return None
    return marked_rows(batch, np.flatnonzero(_verdicts(batch) == DIFFERS), "mismatch")


def _map_counts(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """How many rows state a hash, and how many of these are right."""
    from governance.detectors.provenance.checksums import MATCHES, UNREAD

    if _states_none(batch):
        return None
    found = _verdicts(batch)
    return pa.table({"stated": [int((found != UNREAD).sum())], "right": [int((found == MATCHES).sum())]})


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content that is not what was hashed, or one for all where none can be checked."""
    counts = partials[COUNTS.name].read()
    stated, right = (int(pc.sum(c).as_py()) for c in counts.columns) if counts.num_rows else (0, 0)
    stats = {"rows_with_hash": stated, "rows_that_match": right}
    if stated and not right:
        return _unverifiable(stated, stats)
    found = reported(INFO.id, setup.severity(INFO), partials[WRONG.name], MESSAGES)
    return RuleResult(found.findings, found.evidence, stats)


def _unverifiable(rows: int, stats: Mapping[str, int]) -> RuleResult:
    finding = {
        "fingerprint": fingerprint(INFO.id, ["unverifiable"]),
        "rule": INFO.id,
        "severity": Severity.NOTE.value,
        "kind": "unverifiable",
        "message": f"none of {rows:,} stated hashes is the hash of the row's text, so none can be checked",
        "rows": rows,
        "details": "{}",
    }
    return RuleResult(pa.Table.from_pylist([finding], FINDINGS), EVIDENCE.empty_table(), stats)


MESSAGES = {"mismatch": "the text is not the one whose hash the row states"}
WRONG, COUNTS = Mapper("checksums", _map_wrong), Mapper("checksum-counts", _map_counts)
INFO = RuleInfo(
    "PRV003", "content-hash-mismatch", Severity.ERROR, "the text of a row is not the one whose hash it states"
)
RULE = Rule(INFO, (WRONG, COUNTS), reduce)
