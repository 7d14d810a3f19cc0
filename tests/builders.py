"""Small makers of samples, used by every test folder."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from governance.samples import METADATA, SAMPLES, SampleBatch

Turn = tuple[str, str]


def batch(
    *conversations: str | Sequence[Turn], first_row: int = 0, **columns: Sequence[str | None]
) -> SampleBatch:
    """A batch of samples: each argument is a plain text, or a list of (role, content) turns."""
    rows = range(first_row, first_row + len(conversations))
    table = {
        "row": list(rows),
        "file": [0] * len(rows),
        "line": [r + 1 for r in rows],
        "conversation": [turns(c) for c in conversations],
    }
    for name in METADATA:
        table[name] = list(columns.get(name, [None] * len(rows)))
    return SampleBatch(pa.table(table, schema=SAMPLES))


def turns(conversation: str | Sequence[Turn]) -> list[dict[str, str]]:
    """A conversation as Arrow wants it."""
    if isinstance(conversation, str):
        return [{"role": "text", "content": conversation}]
    return [{"role": role, "content": content} for role, content in conversation]
