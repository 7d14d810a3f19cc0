"""A split as training reads it: its members from the lake, or from a folder that it was exported to.

    with open_lake(place, read_only=True) as lake:
        for table in open_split(lake, "sft").members("train"):
            ...                                 # tables of governance.members.MEMBERS

Nothing is read of a split whose data changed: members are held against the hash in the event log, each row against the
identity it had, and files of a folder against its manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.curation.inputs import KeptVersion, kept_version
from governance.curation.record import SplitRecord
from governance.errors import LakeDamaged, UsageError, did_you_mean
from governance.lake import Lake
from governance.lake.splits import checked_split, load_members
from governance.members import MEMBERS, PARTS
from governance.samples import TURN, SampleBatch, hex_ids

CONVERSATION = pa.list_(TURN)


@dataclass(frozen=True)
class OpenSplit:
    """A split that is what it was when it was made.

    Attributes:
        record: what it is called, holds and was made of.
    """

    record: SplitRecord
    _read: Callable[[str | None], Iterator[pa.Table]]

    def members(self, part: str | None = "train") -> Iterator[pa.Table]:
        """Tables of MEMBERS, a bounded number of rows at a time, in the order of positions.

        Args:
            part: train or holdout; None for both.
        """
        if part is not None and part not in PARTS:
            hint = f"{did_you_mean(part, PARTS)}parts are: {', '.join(PARTS)}"
            raise UsageError(f"a split has no part {part!r}", hint=hint)
        return self._read(part)


def open_split(lake: Lake | None, reference: str) -> OpenSplit:
    """The split of NAME or NAME@VERSION in the lake, or of an exported folder.

    Args:
        lake: may be None for a folder; with one, the folder's manifest is held against the lake's event log.

    Raises:
        NotFound: there is no such split, or a dataset version it was made of was removed.
        LakeDamaged: what is stored is not what was committed.
        InputError: the folder is not what was exported.
    """
    from governance.curation.folder import MANIFEST, open_folder

    if (Path(reference) / MANIFEST).is_file():
        record, read = open_folder(Path(reference), lake)
        return OpenSplit(record, read)
    if lake is None:
        raise UsageError(f"{reference!r} is no exported split", hint=f"name a folder that has {MANIFEST}")
    record = checked_split(lake, reference)
    members = load_members(lake, record)
    inputs = [kept_version(lake, i.name, i.version) for i in record.inputs]
    return OpenSplit(record, lambda part: _stored(record, members, inputs, part))


def _stored(
    record: SplitRecord, members: pa.Table, inputs: list[KeptVersion], part: str | None
) -> Iterator[pa.Table]:
    """Tables of MEMBERS from the rows that the lake keeps."""
    numbered = members.add_column(0, "position", pa.array(np.arange(members.num_rows, dtype=np.int64)))
    for data in inputs:
        own = numbered.filter(pc.equal(numbered.column("dataset"), data.reference)).combine_chunks()
        rows, found = own.column("row").to_numpy(), 0
        for batch in data.batches():
            low, high = np.searchsorted(rows, [batch.rows[0], batch.rows[-1] + 1])
            wanted = own.slice(low, high - low)
            found += wanted.num_rows
            wanted = wanted if part is None else wanted.filter(pc.equal(wanted.column("part"), part))
            if wanted.num_rows:
                yield with_conversations(wanted, batch, data.reference)
        if found != own.num_rows:
            raise _changed(record.reference, f"{own.num_rows - found:,} rows of {data.reference} are gone")


def with_conversations(members: pa.Table, batch: SampleBatch, where: str) -> pa.Table:
    """MEMBERS of the members whose rows are in the batch."""
    at = np.searchsorted(batch.rows, members.column("row").to_numpy())
    at = np.minimum(at, len(batch) - 1)
    ids = hex_ids(batch.sample_ids.take(pa.array(at)))
    if not pc.all(pc.equal(ids, members.column("sample_id"))).as_py():
        raise _changed(where, "its rows are not the samples that the split was made of")
    taken = batch.table.column("conversation").take(pa.array(at))
    table = members.append_column(pa.field("conversation", CONVERSATION, False), replaced(taken, members))
    return table.select(MEMBERS.names).cast(MEMBERS)


def replaced(conversations: pa.ChunkedArray, members: pa.Table) -> pa.Array:
    """The conversations, with the redacted ones in their places."""
    own = pa.concat_arrays(conversations.chunks) if conversations.num_chunks else pa.array([], CONVERSATION)
    redacted = members.column("redacted")
    at = np.flatnonzero(redacted.is_valid().to_numpy())
    if not len(at):
        return own
    texts: pl.Series = pl.Series(pl.from_arrow(redacted.take(pa.array(at))))
    kind = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
    spoken = texts.str.json_decode(kind).to_arrow().cast(CONVERSATION)
    order = np.arange(len(own))
    order[at] = len(own) + np.arange(len(at))
    return pa.concat_arrays([own, spoken]).take(pa.array(order))


def _changed(where: str, words: str) -> LakeDamaged:
    return LakeDamaged(
        f"{where} was changed: {words}", where=where, hint="`govern runs verify` says what; curate again"
    )
