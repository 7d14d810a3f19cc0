"""How data shall be read: which columns, which rows, and the bounds that protect the machine."""

from __future__ import annotations

from dataclasses import dataclass, field

MB = 1 << 20
BATCH_ROWS = 8192
BATCH_BYTES = 16 * MB
"""Most rows, and about the most bytes of text, that a batch holds; memory does not grow with the data."""


@dataclass(frozen=True)
class ReadLimits:
    """Bounds on what readers accept; settings of the same names in the `[limits]` table of the configuration.

    Attributes:
        row_mb: longest record in MiB of JSONL, of a JSON array or of CSV; a longer one is reported, not read.
        nesting: deepest nesting of a JSON record; a deeper one is reported, not read.
        expansion_ratio: most bytes out per byte in of a compressed file, counted once 64 MiB are out. Text
            compresses 3 to 30 times; a bomb about 1,000 times (gzip) or 30,000 times (zstd).
        expansion_mb: most MiB one compressed file may unpack to; the default is one TiB.
        window_mb: largest zstd window in MiB, which is memory the reader must set aside.
        survey_rows: records looked at to find out which columns there are, where a file has no schema.
    """

    row_mb: int = 64
    nesting: int = 64
    expansion_ratio: int = 200
    expansion_mb: int = 1 << 20
    window_mb: int = 128
    survey_rows: int = 1000


@dataclass(frozen=True)
class ReadOptions:
    """What the user said about the data; None means: find out.

    Attributes:
        input_format: parquet | jsonl | json | csv | tsv | arrow.
        text_column: the column with the text; a.b reaches into a struct.
        chat_column: the column with the list of turns.
        split: which split of a saved or hub dataset, or which files of a folder by their names.
        sample: read this many rows, drawn uniformly with `seed`.
        strict: a row that cannot be read as it stands is an InputError instead of a problem of the batch.
        keep_original: batches carry the user's own columns too (JSON: one column `json`, the record's text).
    """

    input_format: str | None = None
    text_column: str | None = None
    chat_column: str | None = None
    id_column: str | None = None
    source_column: str | None = None
    licence_column: str | None = None
    label_column: str | None = None
    group_column: str | None = None
    time_column: str | None = None
    split: str | None = None
    sample: int | None = None
    seed: int = 0
    strict: bool = False
    keep_original: bool = False
    limits: ReadLimits = field(default_factory=ReadLimits)
