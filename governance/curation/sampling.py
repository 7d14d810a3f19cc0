"""Drawing by seed, evenly over labels: which rows enter first when only some are taken."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from governance.samples import sha256_hex

DIGITS = 13  # hex digits that a float64 holds exactly
LARGEST = 16**DIGITS


def seeded(names: pl.Series, seed: int, purpose: str) -> pl.Series:
    """(n,) numbers from 0 to 1 that follow from name, seed and purpose alone."""
    texts = (f"{purpose}\n{seed}\n" + names.cast(pl.String)).to_arrow().cast(pa.string())
    digits = pl.Series(pl.from_arrow(sha256_hex(texts))).str.slice(0, DIGITS)
    return pl.select(digits.str.to_integer(base=16, dtype=pl.Int64).cast(pl.Float64) / LARGEST).to_series()


def entering(rows: pl.DataFrame, by: str, amount: str, seed: int) -> pl.DataFrame:
    """Columns at, amount in the order in which rows are taken, so that every beginning has each label's share.

    Within a label rows are in the order of chance. A row enters where the share of its label that was taken by then,
    the row included, is reached in every other label too: so labels keep their shares of the amount in whatever is
    taken, to the size of one row, and what is taken for a smaller budget is part of what is taken for a larger one.

    Args:
        rows: at, sample_id and the columns `by` and `amount`; a null label is a label of its own.
    """
    drawn = rows.select(
        "at", pl.col(by).fill_null("").alias("kind"), pl.col(amount).cast(pl.Float64).alias("amount")
    )
    drawn = drawn.with_columns(chance=seeded(rows.get_column("sample_id"), seed, "sample"))
    drawn = drawn.sort("kind", "chance", "at")
    through = pl.col("amount").cum_sum().over("kind") / pl.col("amount").sum().over("kind")
    return drawn.with_columns(enters=through).sort("enters", "chance", "at").select("at", "amount")


def taken(order: pl.DataFrame, wanted: float, there: float) -> pl.DataFrame:
    """The rows of the order as far as the amount wanted reaches; all of them where it reaches that far.

    Rows that are too large for what is left are passed over by nobody: what is taken is a beginning of the order, so it
    falls short of `wanted` by less than one row.
    """
    if wanted >= there:
        return order
    return order.filter(pl.col("amount").cum_sum() <= wanted)
