"""Rows of more tokens than the context of the model, as marks of whole rows.

A byte-level tokenizer never makes more tokens than a text has bytes, so the sizes alone clear nearly every row; the few
that are left are counted where a tokenizer is at hand, and estimated where none is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.tokens.qwen3 import TURN_TOKENS, rendered
from governance.errors import UsageError
from governance.rules.base import Setup
from governance.rules.marks import marked_rows, owners
from governance.samples import TEXT, SampleBatch
from governance.text.profile import Profile, profile

Numbers = npt.NDArray[np.float64]

PER = {
    "latin": 0.10,
    "han": 0.60,
    "kana": 1.0,
    "hangul": 1.0,
    "cyrillic": 0.5,
    "other_letters": 1.2,
    "digits": 1.05,
}
SIGN, NEWLINE, BLANK = 0.75, 0.42, 0.61
"""Tokens of Qwen3 by kind of character; Latin, Han, digits, signs and blanks by least squares over 15,061 texts of
more than 100 tokens (sets of ../shared/data), the rest by hand. The mean error there is 6 %; 98 of 100 texts lie
between 24 % too low and 16 % too high."""
ERROR = {"mean": 0.06, "low": -0.24, "high": 0.16}


def map_length(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of rows beyond `max_tokens`; the score is the number of tokens."""
    allowed = int(setup.option("TOK001", "max_tokens"))
    long = np.flatnonzero(most_tokens(batch) > allowed)
    if not len(long):
        return None
    name = str(setup.option("TOK001", "tokenizer"))
    if name:
        tokenizer = setup.once("tokenizer", lambda: load_tokenizer(name))
        tokens = np.array([counted(tokenizer, batch, int(row)) for row in long], np.float64)
    else:
        tokens = np.round(estimated(batch)[long])
    over = tokens > allowed
    return marked_rows(batch, long[over], "counted" if name else "estimated", tokens[over].tolist())


def most_tokens(batch: SampleBatch) -> npt.NDArray[np.int64]:
    """(rows,) tokens that a row cannot exceed: its bytes, and what the template adds."""
    starts, offsets = batch.turns.starts, batch.turns.buffers[1]
    size = offsets[starts[1:]] - offsets[starts[:-1]]
    most: npt.NDArray[np.int64] = size + TURN_TOKENS * np.diff(starts)
    return most


def counted(tokenizer: Any, batch: SampleBatch, row: int) -> int:
    """Tokens of a row as it is trained on: a conversation rendered by the template, a text as it stands."""
    first, last = batch.turns.starts[row : row + 2].tolist()
    names = batch.turns.names.slice(first, last - first).to_pylist()
    contents = batch.turns.contents.slice(first, last - first).to_pylist()
    chat = (batch.turns.roles[first:last] != TEXT).any()
    text = rendered(list(zip(names, contents, strict=True))) if chat else "".join(contents)
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


def estimated(batch: SampleBatch) -> Numbers:
    """(rows,) tokens by the kinds of characters, without a tokenizer."""
    turns = estimate(profile(batch)) + np.where(batch.turns.roles == TEXT, 0, 5)
    return np.bincount(owners(batch.turns.starts), turns, minlength=len(batch)).astype(np.float64)


def estimate(counts: Profile) -> Numbers:
    """(turns,) tokens of contents."""
    letters_and_digits = counts.letters + counts.of("digits")
    signs = counts.of("characters") - counts.of("blanks") - letters_and_digits
    newlines = counts.of("newlines")
    out: Numbers = SIGN * signs + NEWLINE * newlines + BLANK * (counts.of("blanks") - newlines)
    for script, tokens in PER.items():
        out = out + tokens * counts.of(script)
    return out


def load_tokenizer(name: str) -> Any:
    """The tokenizer of a folder or a tokenizer.json; UsageError where there is none."""
    path = Path(name).expanduser()
    path = path / "tokenizer.json" if path.is_dir() else path
    where = "TOK001.tokenizer"
    if not path.is_file():
        raise UsageError(
            "there is no tokenizer",
            where=where,
            hint=f"name a folder with tokenizer.json, or the file ({path})",
        )
    try:
        from tokenizers import Tokenizer
    except ImportError:
        hint = "pip install 'govern[train]', or leave the option empty to estimate"
        raise UsageError("the library tokenizers is not installed", where=where, hint=hint) from None
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        raise UsageError(f"{path} is not a tokenizer", where=where, hint=str(error)[:200]) from error
