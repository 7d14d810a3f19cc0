"""A row of the demonstration set, before and after it has been given its place in the file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pyarrow as pa

TURN = pa.struct([("role", pa.string()), ("content", pa.string())])
DATASET = pa.schema(
    [
        ("id", pa.string()),
        ("messages", pa.list_(TURN)),
        ("source", pa.string()),
        ("licence", pa.string()),
        ("label", pa.string()),
        ("split", pa.string()),
        ("revision", pa.string()),
        ("sha256", pa.string()),
        ("generator", pa.string()),
        ("synthetic", pa.bool_()),
    ]
)


class Turn(NamedTuple):
    """One message; None and bytes occur only in rows that are broken on purpose."""

    role: str | None
    content: str | bytes | None

    @property
    def text(self) -> str:
        """The content where it is text, else nothing."""
        return self.content if isinstance(self.content, str) else ""


@dataclass(frozen=True)
class Row:
    """One example.

    Attributes:
        key: a number that stays with the row while rows are shuffled; its place in the file comes later.
        language: en | zh.
        turns: the conversation, or None where the column shall be null.
        source: where it comes from; None only where that is the fault.
        licence: None only where that is the fault.
        revision: the state of the source it was taken from.
        split: train | validation.
        generator: the model that wrote it, or None for people.
        synthetic: what the row itself says about that.
        stated_hash: the hash it states where that is not the hash of its text.
        same_id_as: key of the row whose id this one repeats, or None for an id of its own.
    """

    key: int
    language: str
    label: str
    turns: tuple[Turn, ...] | None
    source: str | None
    licence: str | None
    revision: str | None = None
    split: str = "train"
    generator: str | None = None
    synthetic: bool = False
    stated_hash: str | None = None
    same_id_as: int | None = None

    @property
    def text(self) -> str:
        """Everything said by user and assistant, one turn a line; the system prompt is left out."""
        return "\n".join(t.text for t in self.turns or () if t.role != "system")

    @property
    def checksum(self) -> str | None:
        """SHA-256 of all turns joined by newlines; None where a turn is missing or is not text."""
        if self.stated_hash is not None:
            return self.stated_hash
        contents = [turn.content for turn in self.turns or ()]
        texts = [content for content in contents if isinstance(content, str)]
        if not texts or len(texts) < len(contents):
            return None
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()

    def saying(self, turns: Sequence[Turn]) -> Row:
        """The row with other turns."""
        return replace(self, turns=tuple(turns))


def table(rows: Sequence[Row]) -> pa.Table:
    """The rows as the Parquet file holds them: `DATASET` columns, ids by place."""
    place = {row.key: number for number, row in enumerate(rows)}
    origins = [place[row.key if row.same_id_as is None else row.same_id_as] for row in rows]
    return pa.table(
        [
            pa.array([f"demo-{number:05d}" for number in origins]),
            messages(rows),
            pa.array([row.source for row in rows]),
            pa.array([row.licence for row in rows]),
            pa.array([row.label for row in rows]),
            pa.array([row.split for row in rows]),
            pa.array([row.revision for row in rows]),
            pa.array([row.checksum for row in rows]),
            pa.array([row.generator for row in rows], pa.string()),
            pa.array([row.synthetic for row in rows]),
        ],
        schema=DATASET,
    )


def messages(rows: Sequence[Row]) -> pa.Array:
    """The conversations in Arrow; contents pass as bytes, so that invalid UTF-8 gets through unchanged."""
    turns = [turn for row in rows for turn in row.turns or ()]
    contents = [t.content.encode() if isinstance(t.content, str) else t.content for t in turns]
    texts = pa.array(contents, pa.binary())
    text = pa.StringArray.from_buffers(len(texts), *texts.buffers()[1:], texts.buffers()[0], texts.null_count)
    fields = pa.StructArray.from_arrays(
        [pa.array([t.role for t in turns], pa.string()), text], fields=list(TURN)
    )
    offsets = [0]
    for row in rows:
        offsets.append(offsets[-1] + len(row.turns or ()))
    missing = pa.array([row.turns is None for row in rows])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), fields, mask=missing)
