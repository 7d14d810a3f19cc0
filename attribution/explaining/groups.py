"""What contributions are rolled up by: for each sample the group it belongs to, so that amounts still add up.

A sample may have findings of several rules. Its amount is then shared among them in equal parts, and nothing is
counted twice. Samples without a label, a source or a finding are a group of their own, with no name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import pyarrow as pa

from governance.lake.contributions import Ledger

if TYPE_CHECKING:
    import polars as pl

By = Literal["sample", "cluster", "label", "source", "rule"]
BYS: tuple[By, ...] = get_args(By)
CLUSTERING = ("DUP001", "DUP002", "DUP003", "DUP004")
"""Rules whose findings say that rows are the same or nearly the same."""
NEEDS_FINDINGS: frozenset[By] = frozenset({"cluster", "rule"})


def groups_of(ledger: Ledger, by: By, ruled: pa.Table | None = None) -> pl.DataFrame:
    """(sample, group, share): the shares of each sample sum to 1. `group` is empty where there is none.

    Args:
        ruled: for clusters and rules, the findings on the samples: rule, fingerprint, sample_id, role.
    """
    import polars as pl

    samples = pl.DataFrame(pl.from_arrow(ledger.samples))
    if by in {"label", "source"}:
        return _whole(samples.select("sample", group=pl.col(by).fill_null("")))
    if by == "rule":
        return _by_rule(samples, pl.DataFrame(pl.from_arrow(ruled)))
    names = samples.select("sample", group=sample_names())
    return (
        _whole(names) if by == "sample" else _by_cluster(samples, names, pl.DataFrame(pl.from_arrow(ruled)))
    )


def sample_names() -> pl.Expr:
    """What people call a sample: its row in its dataset, or its number where that is not known."""
    import polars as pl

    number = pl.format("sample {}", "sample")
    return pl.coalesce(pl.format("{} row {}", "dataset", "row"), number)


def _whole(groups: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return groups.with_columns(share=pl.lit(1.0))


def _by_rule(samples: pl.DataFrame, ruled: pl.DataFrame) -> pl.DataFrame:
    """A sample counts for the rules that found it as affected, in equal parts."""
    import polars as pl

    rules = ruled.filter(role="affected").select("sample_id", group="rule").unique()
    joined = samples.select("sample", "sample_id").join(rules, on="sample_id", how="left")
    share = 1.0 / pl.len().over("sample")
    return joined.select("sample", pl.col("group").fill_null(""), share=share).sort("sample", "group")


def _by_cluster(samples: pl.DataFrame, names: pl.DataFrame, ruled: pl.DataFrame) -> pl.DataFrame:
    """Samples that findings of `CLUSTERING` join, directly or through others; every other one by itself.

    A cluster is named after its first sample of the run.
    """
    import numpy as np
    import polars as pl

    from governance.text.clusters import components

    found = ruled.filter(pl.col("rule").is_in(CLUSTERING)).select("sample_id", "fingerprint").unique()
    joined = samples.with_row_index("place").join(found, on="sample_id").sort("place")
    firsts = joined.with_columns(first=pl.col("place").first().over("fingerprint"))
    # rows of equal content are one sample_id: they join the same findings, and so each other
    a, b = (firsts[name].to_numpy().astype(np.int64) for name in ("first", "place"))
    roots = components(samples.height, a, b)
    sizes = np.bincount(roots, minlength=samples.height)[roots]
    own = names.with_columns(root=pl.Series(roots), size=pl.Series(sizes))
    head = names["group"].gather(pl.Series(roots))
    return _whole(
        own.with_columns(head=head).select(
            "sample",
            group=pl.when(pl.col("size") > 1)
            .then(pl.format("{} and {} like it", "head", pl.col("size") - 1))
            .otherwise(pl.col("group")),
        )
    )
