"""Columns as turns: a text, a list of pairs or a list of turns a row, all by Arrow, no loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import EXCERPT_CHARACTERS
from governance.readers import faults
from governance.readers.faults import FAULTS
from governance.readers.roles import normal_roles
from governance.readers.texts import (
    NEWLINE,
    NOTHING,
    canonical_json,
    filled,
    flat,
    joined,
    list_lengths,
    texts_of,
)

ROLE_FIELDS = ("role", "from")
CONTENT_FIELDS = ("content", "value", "text")
CALL_FIELDS = ("tool_calls", "function_call")
NOT_TEXT_PARTS = "a turn has parts that are not text; only its texts are read"


@dataclass(frozen=True)
class Piece:
    """The turns that one part of the plan gives each row.

    Attributes:
        lengths: (rows,) number of turns.
        roles: StringArray, one a turn.
        contents: LargeStringArray, one a turn.
        faults: `FAULTS`, positions are rows.
    """

    lengths: npt.NDArray[np.int64]
    roles: pa.StringArray
    contents: pa.LargeStringArray
    faults: pa.Table = field(default_factory=FAULTS.empty_table)

    @property
    def owners(self) -> npt.NDArray[np.int64]:
        """(turns,) the row of each turn."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """(rows + 1,) row i owns the turns starts[i]:starts[i + 1]."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(self.lengths)])


def text_piece(columns: Sequence[pa.ChunkedArray], role: str) -> Piece:
    """One turn a row that has text; several columns are joined by newlines, empty ones left out."""
    found = [texts_of(column) for column in columns]
    texts = joined([text for text, _ in found])
    full = pc.not_equal(texts, NOTHING)
    lengths = np.asarray(full.to_numpy(zero_copy_only=False), np.int64)
    kept = texts if lengths.all() else texts.filter(full)
    return Piece(lengths, pa.repeat(role, len(kept)), kept, faults.together(f for _, f in found))


def pairs_piece(column: pa.ChunkedArray) -> Piece:
    """Past exchanges: a list of [user, assistant] a row, or a flat list in which the two take turns."""
    array = flat(column)
    if pa.types.is_null(array.type) or pa.types.is_null(array.type.value_type):
        return _no_turns(len(array))
    outer = list_lengths(array)
    inner = pc.list_flatten(array)
    if pa.types.is_nested(inner.type):
        sizes = list_lengths(inner)
        owners = np.repeat(np.repeat(np.arange(len(array)), outer), sizes)
        begins = np.repeat(np.cumsum(sizes) - sizes, sizes)
        inner = pc.list_flatten(inner)
    else:
        owners = np.repeat(np.arange(len(array)), outer)
        begins = np.repeat(np.cumsum(outer) - outer, outer)
    texts, found = texts_of(inner)
    answers = (np.arange(len(texts)) - begins) % 2
    roles = pa.array(["user", "assistant"]).take(pa.array(answers, pa.int64()))
    full = np.asarray(pc.not_equal(texts, NOTHING).to_numpy(zero_copy_only=False))
    lengths = np.bincount(owners[full], minlength=len(array)).astype(np.int64)
    mask = pa.array(full)
    return Piece(lengths, roles.filter(mask), texts.filter(mask), faults.moved(found, owners))


def turns_piece(column: pa.ChunkedArray) -> Piece:
    """The turns of a list of {role, content} or {from, value} a row, roles normalised."""
    array = flat(column)
    if pa.types.is_null(array.type) or pa.types.is_null(array.type.value_type):
        return _no_turns(len(array))
    lengths = list_lengths(array)
    owners = np.repeat(np.arange(len(array)), lengths)
    turns = pc.list_flatten(array)
    fields = {f.name: child for f, child in zip(turns.type, turns.flatten(), strict=True)}
    named, bad_names = _first(fields, ROLE_FIELDS, len(turns))
    said, bad_texts = _first(fields, CONTENT_FIELDS, len(turns))
    calls = _calls(fields, len(turns))
    roles, plausible = normal_roles(named)
    wrong = _wrong(named, plausible, said, calls)
    contents = filled(said) if calls is None else joined([filled(said), filled(calls)])
    piece = Piece(lengths, roles, contents)
    found = [numbered(piece, flags, words, shown) for flags, words, shown in wrong]
    moved = [faults.moved(f, owners) for f in (*bad_names, *bad_texts)]
    return Piece(lengths, roles, contents, faults.together([*moved, *found]))


def _wrong(
    named: pa.Array, plausible: npt.NDArray[np.bool_], said: pa.Array, calls: pa.Array | None
) -> list[tuple[npt.NDArray[np.bool_], str, pa.Array | None]]:
    """(turns, what is wrong with them, what to show)."""
    no_role = _nulls(named)
    no_text = _nulls(said) & (True if calls is None else _nulls(calls))
    return [
        (no_role & no_text, "has neither role nor content", None),
        (no_role & ~no_text, "has no role", said),
        (~plausible & ~no_role, "has a role that is not a name", named),
        (no_text & ~no_role, "has no content", None),
    ]


def numbered(piece: Piece, flags: npt.NDArray[np.bool_], words: str, shown: pa.Array | None) -> pa.Table:
    """FAULTS of the rows that own a flagged turn, which the message counts from 1."""
    at = np.flatnonzero(flags)
    owners = piece.owners[at]
    counted = pa.array(at - piece.starts[owners] + 1, pa.int64()).cast(pa.string())
    message = pc.binary_join_element_wise("turn ", counted, f" {words}", "")
    excerpts = pa.nulls(len(at), pa.string())
    if shown is not None:
        excerpts = pc.utf8_slice_codeunits(shown.take(pa.array(at)), 0, EXCERPT_CHARACTERS).cast(pa.string())
    columns = [pa.array(owners, pa.int64()), pa.repeat(faults.TURNS, len(at)), message, excerpts]
    return pa.table(columns, schema=FAULTS)


def _first(
    fields: dict[str, pa.Array], names: Sequence[str], count: int
) -> tuple[pa.LargeStringArray, list[pa.Table]]:
    """(the first of these fields that is not null, null where none is; FAULTS by turn)."""
    found, wrong = pa.nulls(count, pa.large_string()), []
    for name in names:
        if name in fields and not pa.types.is_null(fields[name].type):
            text, bad = _content(fields[name])
            wrong.append(bad)
            found = pc.coalesce(found, pc.if_else(pc.is_null(fields[name]), None, text))
    return found, wrong


def _content(array: pa.Array) -> tuple[pa.LargeStringArray, pa.Table]:
    """Content as text; of a list of parts, the texts of those that have one."""
    kind = array.type
    parts = pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)
    if parts and kind.value_type.get_field_index("text") >= 0:
        return _parts(array)
    return texts_of(array)


def _parts(array: pa.ListArray) -> tuple[pa.LargeStringArray, pa.Table]:
    """The texts of content parts such as {"type": "text", "text": ...}, joined by newlines."""
    given = list_lengths(array)
    owners = np.repeat(np.arange(len(array)), given)
    texts, _ = texts_of(pc.struct_field(pc.list_flatten(array), "text"))
    full = np.asarray(pc.not_equal(texts, NOTHING).to_numpy(zero_copy_only=False))
    sizes = np.bincount(owners[full], minlength=len(array))
    lists = pa.LargeListArray.from_arrays(
        np.concatenate([[0], np.cumsum(sizes)]), texts.filter(pa.array(full))
    )
    found = faults.same(np.flatnonzero(sizes < given), faults.TURNS, NOT_TEXT_PARTS)
    return filled(pc.binary_join(lists, NEWLINE)), found


def _calls(fields: dict[str, pa.Array], count: int) -> pa.LargeStringArray | None:
    """Tool calls as text, null where there are none; None where no turn has any."""
    found = None
    for name in CALL_FIELDS:
        array = fields.get(name)
        if array is None or array.null_count == count:
            continue
        words = _full(texts_of(array)[0]) if not pa.types.is_nested(array.type) else _spelled(array)
        found = words if found is None else pc.coalesce(found, words)
    return found


def _spelled(array: pa.Array) -> pa.LargeStringArray:
    """Nested calls as canonical JSON, null where empty."""
    return pa.array([canonical_json(v) if v else None for v in array.to_pylist()], pa.large_string())


def _full(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """The same texts with null for ""."""
    return pc.if_else(pc.equal(texts, NOTHING), None, texts)


def _nulls(array: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.is_null(array).to_numpy(zero_copy_only=False))


def _no_turns(rows: int) -> Piece:
    return Piece(np.zeros(rows, np.int64), pa.array([], pa.string()), pa.array([], pa.large_string()))
