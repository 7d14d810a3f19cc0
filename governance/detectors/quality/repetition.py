"""Turns that say the same again and again, as marks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.quality.look import character_span, learned, look, turn_bytes
from governance.rules.base import Setup
from governance.rules.marks import Mark, marked, marked_turns
from governance.samples import SampleBatch
from governance.text.profile import profile

KINDS = ("lines", "top", "phrases")
SIGNS = 0.2
"""Share of signs beyond which a text is program text, JSON or a table: English prose has 0.04, Chinese 0.12."""


def map_repetition(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of loops and of turns that are mostly repeats."""
    wording = look(batch, setup)
    turns = np.flatnonzero(wording.loops[:, 2])
    loops = [mark for turn in turns for mark in _loop(batch, int(turn), *wording.loops[turn].tolist())]
    chinese = wording.count("singles") > 2 * wording.count("words")
    allowed = np.where(
        chinese, float(setup.option("QLT002", "chinese")), float(setup.option("QLT002", "english"))
    )
    beyond = wording.shares > allowed[:, None]
    kind = beyond.argmax(axis=1)  # the first that is
    score = np.take_along_axis(wording.shares, kind[:, None], axis=1)[:, 0].astype(np.float64)
    over = np.flatnonzero(beyond.any(axis=1) & (wording.loops[:, 2] == 0) & prose(batch))
    shares = marked_turns(
        batch, over, [KINDS[k] for k in kind[over].tolist()], np.round(score[over], 2).tolist()
    )
    found = [table for table in (marked(batch, loops), shares) if table is not None]
    return pa.concat_tables(found) if found else None


def _loop(batch: SampleBatch, turn: int, start: int, end: int, times: int) -> list[Mark]:
    """The mark of a loop; none where most of it are signs, as in markup."""
    first = int(batch.turns.buffers[1][turn])
    text = turn_bytes(batch, turn)
    span = text[start - first : end - first].decode("utf-8", "ignore")
    letters = sum(character.isalpha() for character in span)
    if 2 * letters < len(span) - sum(map(str.isspace, span)):
        return []
    return [Mark(turn, *character_span(text, start - first, end - first), "loop", float(times))]


def prose(batch: SampleBatch) -> npt.NDArray[np.bool_]:
    """(turns,) true for what the model learns to write, where most characters are letters."""
    counts = profile(batch)
    blanks = counts.of("blanks")
    shown = counts.of("characters") - blanks
    signs = shown - counts.letters - counts.of("digits")
    out: npt.NDArray[np.bool_] = learned(batch) & (signs < SIGNS * shown)
    return out
