"""# conflicting-licences

## What it does
Finds equal rows that state different licences (kind `content`), and sources whose rows state different licences (kind
`source`). Spellings of one licence (`apache-2.0`, `Apache 2.0`) do not conflict; a row that states none conflicts with
nobody.

## Why it matters
When one text is here under CC-BY-NC and there under MIT, at most one statement is right, and deduplication decides by
chance which one stays.

## Example
A question copied from a non-commercial set into a set that was released as MIT.

## Options
None.

## Known limits
- Only rows equal to the letter are compared (DUP001), not near-duplicates.
- Sources are compared as they are written.

## References
- Longpre et al. 2023, The Data Provenance Initiative (licence errors on aggregators), https://arxiv.org/abs/2310.16787
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch


def _map(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """Row, sample, source and licence of the rows that state one."""
    stated = pc.and_(batch.table.column("licence").is_valid(), pa.array(batch.holds_text))
    if not pc.any(stated).as_py():
        return None
    table = batch.table.select(["row", "source", "licence"]).append_column("sample", batch.sample_ids)
    return table.filter(stated)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content, and for each source, under several licences."""
    from governance.detectors.licences.conflicts import clashes_reported

    return clashes_reported(INFO.id, setup.severity(INFO), partials[STATED.name], _read, MESSAGES)


def _read(licences: pl.Series) -> dict[str, str | None]:
    """Licence field -> its SPDX expression, or the field itself; None where it states nothing."""
    from governance.detectors.licences.expressions import read

    found = {text: read(text) for text in licences.unique().drop_nulls().to_list()}
    return {text: (one.expression or text) if one.stated else None for text, one in found.items()}


MESSAGES = {
    "content": "equal rows state different licences",
    "source": "rows of one source state different licences",
}
STATED = Mapper("stated-licences", _map)
INFO = RuleInfo(
    "LIC003",
    "conflicting-licences",
    Severity.WARNING,
    "one text, or one source, stands under different licences",
)
RULE = Rule(INFO, (STATED,), reduce)
