"""What a sample is: a conversation, and an identity that only its content decides.

A batch of samples is an Arrow table of `SAMPLES` columns. A prompt/response pair becomes a user turn and an
assistant turn, a plain text becomes one turn of role `text`, so every rule sees one shape only.

Identity (`sample_id`): SHA-256 over the canonical conversation. Canonical means Unicode NFC and `\\n` newlines.
Each turn is hashed first, then the list of `role:digest` lines, so a turn's own digest is at hand for free and no
separator inside a text can imitate a turn boundary. Metadata never enter the hash: the same content has the same
id in every dataset, version and shard.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

TURN = pa.struct([pa.field("role", pa.string(), False), pa.field("content", pa.large_string(), False)])
SAMPLES = pa.schema(
    [
        pa.field("row", pa.int64(), False),  # 0-based, over the whole dataset, in reading order
        pa.field("file", pa.int32(), False),  # index into the source's list of files
        pa.field("line", pa.int64(), False),  # 1-based line (JSONL, CSV) or row (Parquet, Arrow)
        pa.field("conversation", pa.list_(TURN), False),  # canonical text; may be an empty list
        pa.field("row_id", pa.string()),  # the user's own identifier, where a column holds one
        pa.field("source", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("label", pa.string()),
        pa.field("split", pa.string()),  # train, validation, test ... as the data say
        pa.field("group", pa.string()),  # document, conversation or person that a row was made from
        pa.field("time", pa.string()),  # when the row came to be, as the data write it
        pa.field("revision", pa.string()),  # commit or snapshot of its source
        pa.field("checksum", pa.string()),  # hash of its content that its source states
        pa.field("generator", pa.string()),  # the model that wrote it
        pa.field("synthetic", pa.string()),  # whether the data say that a machine wrote it
        pa.field("ignored", pa.string()),  # rule codes that the row asks to be left alone by, one a line
    ]
)
METADATA = tuple(SAMPLES.names[4:])
"""Fields that say something about a row and never enter its identity; null where the data do not say it."""

SAMPLE_ID = pa.binary(32)
PROBLEMS = pa.schema(
    [
        pa.field("row", pa.int64(), False),
        pa.field("file", pa.int32(), False),
        pa.field("line", pa.int64(), False),
        pa.field("rule", pa.string(), False),  # INP001 ... INP004
        pa.field("message", pa.string(), False),  # our words, never text of the row
        pa.field("excerpt", pa.string()),  # at most 200 characters of what could not be used, untrusted
    ]
)
"""What a reader could not take as it stood. A row of INP001 has a number but no place in the samples."""

SYSTEM, USER, ASSISTANT, TOOL, TEXT, OTHER = range(6)
ROLES = ("system", "user", "assistant", "tool", "text", "other")
"""Role names in the order of their codes; a role outside the list keeps its name and has the code OTHER."""

T = TypeVar("T")


@dataclass(frozen=True)
class Turns:
    """The turns of a batch laid end to end, for compiled kernels.

    Attributes:
        contents: LargeStringArray, one text a turn.
        names: StringArray, the role of each turn as the data name it.
        roles: (turns,) uint8, the same as codes of `ROLES`.
        starts: (rows + 1,) int64; row i owns the turns starts[i]:starts[i + 1].
    """

    contents: pa.LargeStringArray
    names: pa.StringArray
    roles: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]

    @cached_property
    def buffers(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """(UTF-8 bytes, (turns + 1,) int64 byte offsets), both views into Arrow's own memory."""
        return utf8_buffers(self.contents)


@dataclass(frozen=True)
class SampleBatch:
    """A slice of a dataset that every selected rule sees once.

    Attributes:
        table: `SAMPLES` columns.
        problems: `PROBLEMS` columns, about rows of this slice.
        original: the same rows with the user's own columns, where a reader was asked to keep them.
    """

    table: pa.Table
    problems: pa.Table = field(default_factory=PROBLEMS.empty_table)
    original: pa.Table | None = None
    _memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """(n,) row numbers."""
        return cast("npt.NDArray[np.int64]", self.table.column("row").to_numpy())

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def turns(self) -> Turns:
        """The batch's turns, laid end to end."""
        return self.once("turns", lambda: flatten(self.table.column("conversation")))

    @property
    def holds_text(self) -> npt.NDArray[np.bool_]:
        """(n,) whether a row has a character of text in any turn; rows without are equal only by name."""
        offsets, starts = self.turns.buffers[1], self.turns.starts
        return np.asarray(offsets[starts[1:]] > offsets[starts[:-1]])

    @property
    def sample_ids(self) -> pa.FixedSizeBinaryArray:
        """(n,) 32-byte identities."""
        return self.once("sample_ids", lambda: sample_ids(self.turns))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """The value of `make()`, computed at most once for this batch however many rules ask."""
        with self._lock:
            if name not in self._memo:
                self._memo[name] = make()
            return cast("T", self._memo[name])


def flatten(conversations: pa.ChunkedArray) -> Turns:
    """The turns of a column of conversations, in order."""
    column = conversations.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # combine_chunks keeps an empty column chunked
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], conversations.type)
    offsets = column.offsets.to_numpy().astype(np.int64)
    turns = column.flatten()  # honours the slice that `column` may be
    names = turns.field("role")
    return Turns(turns.field("content"), names, role_codes(names), offsets - offsets[0])


def role_codes(names: pa.StringArray) -> npt.NDArray[np.uint8]:
    """(n,) uint8 codes of role names; unknown names are OTHER."""
    import pyarrow.compute as pc  # 30 ms, which plain texts need not wait for

    found = pc.index_in(names, value_set=pa.array(ROLES[:OTHER], names.type)).fill_null(OTHER)
    return cast("npt.NDArray[np.uint8]", found.to_numpy(zero_copy_only=False).astype(np.uint8))


def utf8_buffers(texts: pa.LargeStringArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """(bytes, (n + 1,) int64 offsets) of a large_string array, without copying."""
    _, offsets, data = texts.buffers()
    where = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8), where


def canonical_text(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """The same texts with `\\n` newlines and in Unicode NFC."""
    if not len(texts):
        return texts
    import pyarrow.compute as pc

    data, where = utf8_buffers(texts)  # looking at the bytes costs a tenth of what Arrow's own searches do
    own = data[where[0] : where[-1]]
    if (own == ord("\r")).any():
        texts = pc.replace_substring(pc.replace_substring(texts, "\r\n", "\n"), "\r", "\n")
    return texts if own.max(initial=0) < 0x80 else pc.utf8_normalize(texts, form="NFC")


def sample_ids(turns: Turns) -> pa.FixedSizeBinaryArray:
    """(rows,) 32-byte SHA-256 identities of a batch's conversations."""
    import pyarrow.compute as pc

    digests = sha256_hex(turns.contents)
    lines = pc.binary_join_element_wise(turns.names, digests, ":")
    grouped = pa.ListArray.from_arrays(pa.array(turns.starts, pa.int32()), lines)
    hexes = sha256_hex(pc.binary_join(grouped, "\n"))
    return _unhex(hexes)


def sha256_hex(texts: pa.Array) -> pa.StringArray:
    """(n,) lower-case SHA-256 of UTF-8 texts, by DuckDB's vectorised function (5 us a KB, no Python loop)."""
    if not len(texts):
        return pa.array([], pa.string())
    db = _hasher()
    db.register("texts", pa.table({"t": texts}))
    found = db.execute("SELECT sha256(t) AS h FROM texts").to_arrow_table().column("h").combine_chunks()
    db.unregister("texts")
    return found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)


_LOCAL = threading.local()


def _hasher() -> duckdb.DuckDBPyConnection:
    """This thread's own DuckDB: opening one takes 10 ms, as long as hashing two thousand rows."""
    import duckdb  # 60 ms, which those who hash nothing need not wait for

    if not hasattr(_LOCAL, "db"):
        _LOCAL.db = duckdb.connect(config={"threads": 1, "preserve_insertion_order": True})
    return cast("duckdb.DuckDBPyConnection", _LOCAL.db)


def _unhex(hexes: pa.StringArray) -> pa.FixedSizeBinaryArray:
    """64-character hex strings as 32-byte values."""
    data, offsets = utf8_buffers(hexes.cast(pa.large_string()))
    digits = data[offsets[0] : offsets[-1]]
    nibbles = np.where(digits >= ord("a"), digits - (ord("a") - 10), digits - ord("0")).astype(np.uint8)
    packed = (nibbles[0::2] << 4) | nibbles[1::2]
    return pa.FixedSizeBinaryArray.from_buffers(SAMPLE_ID, len(hexes), [None, pa.py_buffer(packed.tobytes())])


def hex_ids(ids: pa.Array) -> pa.StringArray:
    """32-byte identities as 64-character lower-case hex strings."""
    raw = np.frombuffer(ids.buffers()[1], np.uint8)[ids.offset * 32 : (ids.offset + len(ids)) * 32]
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    out = np.empty(raw.size * 2, np.uint8)
    out[0::2], out[1::2] = digits[raw >> 4], digits[raw & 15]
    offsets = np.arange(0, out.size + 1, 64, dtype=np.int32)
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets.tobytes()), pa.py_buffer(out.tobytes()))
