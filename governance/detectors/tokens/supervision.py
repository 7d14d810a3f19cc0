"""Conversations in which the model is taught nothing, as marks of whole rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from governance.detectors.tokens.template import chat_turns
from governance.rules.base import Setup
from governance.rules.marks import marked_rows, owners, turns_with
from governance.samples import ASSISTANT, SampleBatch
from governance.text.profile import profile

THOUGHT_ENDS = r"(?s)</think>\s*$"
EMPTY_THOUGHT = r"(?s)^\s*<think>\s*</think>\s*$"


def map_supervision(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of conversations without an answer once the template has masked the rest."""
    counts, owner, rows = profile(batch), owners(batch.turns.starts), len(batch)
    answers = batch.turns.roles == ASSISTANT
    written = answers & (counts.of("characters") > counts.of("blanks"))
    tagged = written & (counts.of("tags") > 0)
    ended = turns_with(batch, THOUGHT_ENDS, tagged)
    thought = ended & ~turns_with(batch, EMPTY_THOUGHT, ended)

    def some(turns: np.ndarray) -> np.ndarray:
        return np.bincount(owner[turns], minlength=rows) > 0

    silent = some(chat_turns(batch)) & ~some(written & ~ended)
    kinds = np.where(some(thought), "thought-only", np.where(some(answers), "empty-answer", "no-answer"))
    found = np.flatnonzero(silent)
    return marked_rows(batch, found, kinds[found].tolist())
