"""Rows that ask the same and state a final answer: who they are, by compiled code over the bytes of a batch.

A question is every turn before the last answer, system turns included: another instruction or context is another
question. Its hash does not see case, width, spacing and the punctuation of sentences. It does see operators, brackets
and hyphens, and a separator between two digits, so `3-5` and `3/5`, `1 2` and `12` stay apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from numba import types

from governance.answers.extract import THINKING, THOUGHT
from governance.samples import ASSISTANT, SAMPLE_ID, SampleBatch
from governance.text.compiled import compiled
from governance.text.tokens import I64_READ, SEPARATOR, U8, decode, fold

ENDING = 120
"""Characters of an answer's end that are kept: a final answer stands there."""
BEGINNING = 24
"""Characters of its beginning: `B. The bank ...`, `No, because ...`."""
STATED = pa.schema(
    [
        pa.field("row", pa.int64(), False),
        pa.field("sample", SAMPLE_ID, False),
        pa.field("question", pa.binary(16), False),
        pa.field("beginning", pa.large_string(), False),
        pa.field("ending", pa.large_string(), False),
    ]
)
MARKERS = ["boxed{", "####", "nswer", "ANSWER", "ption", "hoice", "答案", "选", "结果", THOUGHT]
_BEGINS = (
    r"^[\s*(（]*(?:[A-Ha-h][).．、:：,，）]|(?i:yes|no|true|false)[.,。，:：!]"
    r"|(?:是的?|否|不是|正确|错误|对的?|不对|错)[.,。，:：!！\n])"
)

_SOFT = np.zeros(1 << 16, np.bool_)
_SOFT[[*range(33), 0xA0, *range(0x2000, 0x2010), 0x3000, 0xFEFF]] = True
_SOFT[[ord(c) for c in ",.;:!?、。\"'“”‘’「」『』《》【】…·—`"]] = True
_U64_2 = types.Array(types.uint64, 2, "C")
_U8_READ = types.Array(types.uint8, 1, "C", readonly=True)


def stated(batch: SampleBatch) -> pa.Table | None:
    """`STATED` of the rows whose last turn is an answer that seems to state something final."""
    rows, last = answered(batch)
    if not len(rows):
        return None
    answers = pl.Series(values=batch.turns.contents.take(pa.array(last)), dtype=pl.String)
    wanted = np.flatnonzero(_states(answers).to_numpy())
    if not len(wanted):
        return None
    kept, texts = rows[wanted], answers.gather(wanted)
    hashes = np.zeros((len(kept), 2), np.uint64)
    turns = batch.turns
    _hash_questions(
        *turns.buffers, turns.roles, np.ascontiguousarray(turns.starts[kept]), last[wanted], hashes
    )
    columns = [
        pa.array(batch.rows[kept]),
        batch.sample_ids.take(pa.array(kept)),
        pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(16), len(kept), [None, pa.py_buffer(hashes.tobytes())]
        ),
        texts.str.head(BEGINNING).to_arrow().cast(pa.large_string()),
        texts.str.tail(ENDING).to_arrow().cast(pa.large_string()),
    ]
    return pa.table(columns, schema=STATED)


def answered(batch: SampleBatch) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(places of rows in the batch that end in an answer to something, the turn of that answer)."""
    starts, roles = batch.turns.starts, batch.turns.roles
    rows = np.flatnonzero(np.diff(starts) > 1)
    last = starts[rows + 1] - 1
    found = roles[last] == ASSISTANT if len(rows) else np.zeros(0, np.bool_)
    return rows[found], last[found]


def _states(answers: pl.Series) -> pl.Series:
    """Whether each answer is short, begins with an answer, or says near its end that it gives one."""
    short = answers.str.len_bytes() <= 40
    told = answers.str.tail(ENDING).str.contains_any(MARKERS)
    unfinished = answers.str.starts_with(THINKING) & ~answers.str.contains(THOUGHT, literal=True)
    return (short | told | answers.str.head(BEGINNING).str.contains(_BEGINS)) & ~unfinished


@compiled(types.void, U8, I64_READ, _U8_READ, I64_READ, I64_READ, _U64_2)
def _hash_questions(data: Any, offsets: Any, roles: Any, first: Any, last: Any, out: Any) -> None:
    """Writes two 64-bit hashes of the turns first[i]:last[i] for each row."""
    for i in range(len(first)):
        a, b = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
        for turn in range(first[i], last[i]):
            at, end = offsets[turn], offsets[turn + 1]
            code = np.uint64(0x200000 + roles[turn])
            a, b = (a ^ code) * np.uint64(0xA0761D6478BD642F), (b ^ code) * np.uint64(0xE7037ED1A0B428DB)
            digit = False
            between = 0
            while at < end:
                character = int(data[at])
                size = 1
                kind = 1
                if character < 0x80:
                    if 65 <= character <= 90:
                        character += 32
                    soft = _SOFT[character]
                else:
                    character, size = decode(data, at, end)
                    kind, character = fold(character)
                    soft = kind == SEPARATOR and character < 0x10000 and _SOFT[character]
                at += size
                if soft:
                    between = character if between == 0 else between
                    continue
                number = 48 <= character <= 57
                if digit and number and between:
                    code = np.uint64(0x300000 + (between if between > 32 else 32))
                    a = (a ^ code) * np.uint64(0xA0761D6478BD642F)
                    b = (b ^ code) * np.uint64(0xE7037ED1A0B428DB)
                digit = number
                between = 0
                a = (a ^ np.uint64(character)) * np.uint64(0xA0761D6478BD642F)
                b = (b ^ np.uint64(character)) * np.uint64(0xE7037ED1A0B428DB)
                a ^= a >> np.uint64(29)
                b ^= b >> np.uint64(32)
        out[i, 0], out[i, 1] = a, b
