"""Records of any format into batches of samples, as the plan says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.columns import Form, Part, Plan
from governance.readers import faults
from governance.readers.jsonvalues import turns_of_texts
from governance.readers.options import BATCH_BYTES, BATCH_ROWS
from governance.readers.records import Records
from governance.readers.texts import NOTHING, flat, is_text, texts_of
from governance.readers.turns import Piece, numbered, pairs_piece, text_piece, turns_piece
from governance.samples import (
    ASSISTANT,
    METADATA,
    PROBLEMS,
    SAMPLES,
    SYSTEM,
    TURN,
    SampleBatch,
    canonical_text,
    role_codes,
)


def batches(
    records: Records, plan: Plan, *, file: int, first_row: int, split: str | None = None
) -> Iterator[SampleBatch]:
    """The records as batches; the first record has the row number `first_row`.

    `split` is what the file's name says of its rows, for those without a column that does.
    """
    piece, found = conversations(records.table, plan)
    found = faults.together([records.faults, faults.moved(found, records.kept)])
    table = _samples(records, plan, piece, file, first_row)
    if split is not None and plan.meta.get("split") not in plan.present:
        words = pa.repeat(pa.scalar(split), table.num_rows)
        table = table.set_column(SAMPLES.get_field_index("split"), SAMPLES.field("split"), words)
    problems = _problems(found, records.lines, file, first_row)
    for low, high in _cuts(piece):
        rows = slice(low, high)
        yield _batch(table, problems, records, rows, first_row)


def conversations(table: pa.Table, plan: Plan) -> tuple[Piece, pa.Table]:
    """(the turns of each row, FAULTS by row of the table)."""
    pieces = [_piece(table, part) for part in plan.parts]
    whole = _interleaved(pieces)
    whole = Piece(whole.lengths, whole.roles, canonical_text(whole.contents))
    own = [piece.faults for piece in pieces]
    return whole, faults.together([*own, *_checks(whole, pieces, plan)])


def _piece(table: pa.Table, part: Part) -> Piece:
    columns = [table.column(name) for name in part.columns]
    if part.form is Form.TURNS:
        return _turns(columns[0])
    return pairs_piece(columns[0]) if part.form is Form.PAIRS else text_piece(columns, part.role)


def _turns(column: pa.ChunkedArray) -> Piece:
    """Turns from a list of them, or from text that spells such a list in JSON (CSV has no other way)."""
    array = flat(column)
    if not is_text(array.type):
        return turns_piece(array)
    texts, bad = texts_of(array)
    lists, found = turns_of_texts(texts)
    piece = turns_piece(lists)
    return replace(piece, faults=faults.together([bad, found, piece.faults]))


def _interleaved(pieces: Sequence[Piece]) -> Piece:
    """One piece of many: each row's turns of the first part, then of the second, and so on."""
    if len(pieces) == 1:
        return pieces[0]
    lengths = np.sum([piece.lengths for piece in pieces], axis=0)
    order = np.empty(int(lengths.sum()), np.int64)
    begin, before = np.cumsum(lengths) - lengths, 0
    for piece in pieces:
        turns = np.arange(len(piece.roles))
        order[begin[piece.owners] + turns - piece.starts[piece.owners]] = before + turns
        begin, before = begin + piece.lengths, before + len(turns)
    index = pa.array(order)
    roles = pa.concat_arrays([piece.roles for piece in pieces]).take(index)
    return Piece(lengths, roles, pa.concat_arrays([piece.contents for piece in pieces]).take(index))


def _checks(whole: Piece, pieces: Sequence[Piece], plan: Plan) -> Iterator[pa.Table]:
    """FAULTS of whole conversations: nothing said, nobody asked, no answer."""
    rows = len(whole.lengths)
    blank = _blank(whole.contents)
    said = np.bincount(whole.owners[~blank], minlength=rows) > 0
    yield faults.same(np.flatnonzero(~said), faults.MISSING, "the row holds no text")
    codes = role_codes(whole.roles)
    answers = codes == ASSISTANT
    yield numbered(whole, answers & blank & said[whole.owners], "is an empty answer", None)
    asked = np.bincount(whole.owners[~answers & (codes != SYSTEM)], minlength=rows) > 0
    answered = np.bincount(whole.owners[answers], minlength=rows) > 0
    yield faults.same(
        np.flatnonzero(said & answered & ~asked), faults.TURNS, "there is an answer and no user turn"
    )
    if plan.answered:
        empty = pieces[-1].lengths == 0
        yield faults.same(np.flatnonzero(said & empty), faults.TURNS, "the answer is empty")


def _blank(texts: pa.LargeStringArray) -> npt.NDArray[np.bool_]:
    """(turns,) whether a text is empty or white space only."""
    found = pc.or_(pc.equal(texts, NOTHING), pc.utf8_is_space(texts))
    return np.asarray(found.to_numpy(zero_copy_only=False))


def _samples(records: Records, plan: Plan, piece: Piece, file: int, first_row: int) -> pa.Table:
    """`SAMPLES` of the rows that could be read."""
    turns = pa.StructArray.from_arrays([piece.roles, piece.contents], fields=list(TURN))
    lists = pa.ListArray.from_arrays(pa.array(piece.starts, pa.int32()), turns, type=pa.list_(TURN))
    columns = {
        "row": pa.array(records.kept + first_row, pa.int64()),
        "file": pa.repeat(pa.scalar(file, pa.int32()), len(records.kept)),
        "line": pa.array(records.lines[records.kept], pa.int64()),
        "conversation": lists,
    }
    meta = {name: _meta(records.table, plan, name) for name in METADATA}
    return pa.table(columns | meta, schema=SAMPLES)


def _meta(table: pa.Table, plan: Plan, name: str) -> pa.Array:
    """A column of metadata as text, null where empty."""
    column = plan.meta.get(name)
    if column is None:
        return pa.nulls(table.num_rows, pa.string())
    texts, _ = texts_of(table.column(column))
    return pc.if_else(pc.equal(texts, NOTHING), None, texts).cast(pa.string())


def _problems(found: pa.Table, lines: npt.NDArray[np.int64], file: int, first_row: int) -> pa.Table:
    """FAULTS as `PROBLEMS`, by row."""
    at = found.column("position").to_numpy()
    columns = [
        pa.array(at + first_row, pa.int64()),
        pa.repeat(pa.scalar(file, pa.int32()), len(at)),
        pa.array(lines[at], pa.int64()),
        *(found.column(name) for name in ("rule", "message", "excerpt")),
    ]
    return pa.table(columns, schema=PROBLEMS)


def _cuts(piece: Piece) -> Iterator[tuple[int, int]]:
    """Row ranges of at most BATCH_ROWS rows and about BATCH_BYTES of text, at least one row each."""
    total = np.concatenate([[0], np.cumsum(pc.binary_length(piece.contents).to_numpy())])[piece.starts]
    low, rows = 0, len(piece.lengths)
    yield from [(0, 0)] if not rows else []
    while low < rows:
        fits = int(np.searchsorted(total, total[low] + BATCH_BYTES, "right")) - 1
        high = min(max(fits, low + 1), low + BATCH_ROWS, rows)
        yield low, high
        low = high


def _batch(table: pa.Table, problems: pa.Table, records: Records, rows: slice, first_row: int) -> SampleBatch:
    """The rows of a range, with the problems from its first row up to the next range's."""
    low = 0 if rows.start == 0 else int(records.kept[rows.start])
    high = int(records.kept[rows.stop]) if rows.stop < len(records.kept) else len(records.lines)
    at = problems.column("row").to_numpy() - first_row
    span = slice(*np.searchsorted(at, [low, high]))
    part = records.original
    return SampleBatch(
        table.slice(rows.start, rows.stop - rows.start),
        problems.slice(span.start, span.stop - span.start),
        None if part is None else part.slice(rows.start, rows.stop - rows.start),
    )
