"""Times as data write them, as days since 1970."""

from __future__ import annotations

import polars as pl

_PADDED = (
    (r"^(\d{4})[-/.年](\d)([-/.月])", r"$1-0$2$3"),
    (r"^(\d{4})[-/.年](\d\d)[-/.月](\d)(\D|$)", r"$1-$2-0$3$4"),
    (r"^(\d{4})[-/.年](\d\d)[-/.月](\d\d).*$", r"$1-$2-$3"),
    (r"^(\d{4})(\d\d)(\d\d)$", r"$1-$2-$3"),
    (r"^(\d{4})[-/.年](\d\d)月?$", r"$1-$2-01"),
    (r"^(\d{4})年?$", r"$1-01-01"),
)
"""ISO 8601 dates, the same with slashes, dots or Chinese units, months and years; the time of day is left out."""

_SECONDS, _MILLISECONDS = 10**8, 10**11  # an epoch below 1973 is a number of another kind


def days(times: pl.Series) -> pl.Series:
    """(n,) days since 1970-01-01 of dates and epoch numbers; null where a text is no time."""
    texts = times.cast(pl.String).str.strip_chars()
    plain = texts
    for pattern, replacement in _PADDED:
        plain = plain.str.replace(pattern, replacement)
    dates = plain.str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.Int64)
    epoch = texts.cast(pl.Float64, strict=False)
    seconds = pl.select(
        pl.when(epoch >= _MILLISECONDS).then(epoch / 1000).when(epoch >= _SECONDS).then(epoch)
    ).to_series()
    whole = (seconds / 86400).floor().cast(pl.Int64)
    return pl.select(pl.coalesce(dates, whole)).to_series()
