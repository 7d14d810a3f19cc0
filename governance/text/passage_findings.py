"""Findings and evidence of repeated passages."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import EVIDENCE, FINDINGS, FINGERPRINT_VERSION, Severity
from governance.samples import hex_ids, sha256_hex
from governance.text.duplicate_rows import Decided, Unique
from governance.text.passages import Passages
from governance.text.verify import Indices


def documents_of(decided: Decided) -> tuple[Indices, Indices]:
    """((rows,) by row number the sample it stands for or -1, (samples,) the template or sample each belongs to).

    Only rows that stay after the other duplicate rules count.
    """
    samples, resolved = decided.unique, decided.resolved
    stays = np.flatnonzero(resolved.keeper == np.arange(len(resolved.keeper)))
    document = np.full(int(samples.rows.max()) + 1, -1, np.int64)
    document[samples.kept[stays]] = stays
    return document, np.where(resolved.template >= 0, resolved.template, np.arange(len(resolved.keeper)))


def findings(
    found: Passages, samples: Unique, common: float, rule: str, severity: Severity
) -> tuple[pa.Table, pa.Table]:
    """(FINDINGS, EVIDENCE); passages in more than `common` groups of documents are templates."""
    sizes = np.diff(found.starts)
    named = f"{rule}\n{FINGERPRINT_VERSION}\n" + pl.Series("hash", found.hashes).cast(pl.String)
    prints = sha256_hex(named.to_arrow())
    template = pl.col("documents") > common
    table = pl.DataFrame(
        {
            "fingerprint": pl.Series(values=prints, dtype=pl.String),
            "rows": sizes,
            "words": found.words,
            "documents": found.documents,
        }
    ).select(
        "fingerprint",
        pl.lit(rule).alias("rule"),
        pl.when(template)
        .then(pl.lit(Severity.NOTE.value))
        .otherwise(pl.lit(severity.value))
        .alias("severity"),
        pl.when(template).then(pl.lit("template")).otherwise(pl.lit("passage")).alias("kind"),
        pl.format("a passage of {} words or more stands in {} different rows", "words", "rows").alias(
            "message"
        ),
        pl.lit(None, pl.Float64).alias("score"),
        pl.lit(None, pl.Float64).alias("threshold"),
        "rows",
        pl.struct("rows", "words").struct.json_encode().alias("details"),
    )
    return table.to_arrow().cast(FINDINGS), _evidence(found, samples, prints)


def _evidence(found: Passages, samples: Unique, prints: pa.StringArray) -> pa.Table:
    """Every place of every passage; the first of a passage is the peer of the others."""
    n = len(found.document)
    of = np.repeat(np.arange(len(found.words)), np.diff(found.starts))
    lead = found.starts[:-1][of]
    leads = pa.array(lead == np.arange(n))
    rows = samples.kept[found.document]
    peers = (
        pl.select(pl.format("row:{}", pl.Series("r", rows[lead]))).to_series().to_arrow().cast(pa.string())
    )

    def other(values: pa.Array) -> pa.Array:
        return pc.if_else(leads, pa.scalar(None, values.type), values)

    columns = {field.name: pa.nulls(n, field.type) for field in EVIDENCE}
    columns |= {
        "fingerprint": prints.take(pa.array(of)),
        "row": pa.array(rows),
        "sample_id": hex_ids(samples.ids.take(pa.array(found.document))),
        "role": pa.repeat("affected", n),
        "turn": pa.array(found.turn.astype(np.int32)),
        "start": pa.array(found.begin),
        "end": pa.array(found.end),
        "peer": other(peers),
        "peer_start": other(pa.array(found.begin[lead])),
        "peer_end": other(pa.array(found.end[lead])),
    }
    return pa.table(columns).cast(EVIDENCE)
