"""What an evaluation item is: question, options, answer and context apart, under one content hash."""

from __future__ import annotations

import pyarrow as pa

ITEMS = pa.schema(
    [
        pa.field("suite", pa.string(), False),  # fineval
        pa.field("item", pa.string(), False),  # accounting_val/3, unique within the suite
        pa.field("subject", pa.string()),
        pa.field("label", pa.string()),
        pa.field("question", pa.large_string(), False),  # what is asked, without options and context
        pa.field("context", pa.large_string()),  # passage or table the question is about
        pa.field(
            "options", pa.list_(pa.large_string()), False
        ),  # in order A, B, C ...; empty where there are none
        pa.field(
            "answer", pa.large_string()
        ),  # gold as the benchmark gives it (a letter, a number, a text); null if withheld
        pa.field(
            "answer_text", pa.large_string()
        ),  # the gold spelled out: the option's text, or the answer itself
        pa.field("content_hash", pa.string(), False),  # 64 hex SHA-256 of the canonical parts
    ]
)
