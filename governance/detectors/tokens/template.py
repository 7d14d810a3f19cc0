"""Conversations that the template of Qwen3 renders as something other than what they say, as marks."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.tokens.qwen3 import CALL, CONTROL, THOUGHT, thoughts_in_order
from governance.rules.base import Setup
from governance.rules.marks import Mark, candidate_turns, marked, marked_turns, owners, turns_with
from governance.samples import ASSISTANT, OTHER, SYSTEM, TEXT, TOOL, USER, SampleBatch
from governance.text.profile import profile

Flags = npt.NDArray[np.bool_]
_CONTROL = re.compile(CONTROL)


def map_template(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of turns that the template drops, moves or breaks."""
    kinds = _sequence(batch)
    turns = np.concatenate([np.flatnonzero(flags) for flags in kinds.values()])
    names = [kind for kind, flags in kinds.items() for _ in range(int(flags.sum()))]
    found = [marked_turns(batch, turns, names), marked(batch, [*_controls(batch), *_thoughts(batch)])]
    tables = [table for table in found if table is not None]
    return pa.concat_tables(tables) if tables else None


def chat_turns(batch: SampleBatch) -> Flags:
    """(turns,) true for turns of conversations; a row of plain text is no conversation."""
    owner = owners(batch.turns.starts)
    spoken = batch.turns.roles != TEXT
    out: Flags = np.bincount(owner[spoken], minlength=len(batch))[owner] > 0
    return out


def _sequence(batch: SampleBatch) -> dict[str, Flags]:
    """Turns at fault by kind, from the order of roles alone but for calls of tools."""
    roles, starts = batch.turns.roles, batch.turns.starts
    chat = chat_turns(batch)
    place = np.arange(len(roles)) - np.repeat(starts[:-1], np.diff(starts))
    before = np.concatenate([[OTHER], roles[:-1]]) if len(roles) else roles
    follows = place > 0
    opening = (place == 0) | ((place == 1) & (before == SYSTEM))
    return {
        "unknown-role": chat & ((roles == OTHER) | (roles == TEXT)),
        "late-system": chat & follows & (roles == SYSTEM),
        "assistant-first": chat & opening & (roles == ASSISTANT),
        "repeated-role": chat & follows & (roles == before) & np.isin(roles, [USER, ASSISTANT]),
        "tool-without-call": chat & _uncalled(batch, roles == TOOL, before, follows),
    }


def _uncalled(batch: SampleBatch, tools: Flags, before: npt.NDArray[np.uint8], follows: Flags) -> Flags:
    """Tool turns that follow neither a tool turn nor an answer that calls a tool."""
    first = tools & ~(follows & (before == TOOL))
    answered = np.flatnonzero(first & follows & (before == ASSISTANT))
    asked = np.zeros(len(tools), np.bool_)
    asked[answered - 1] = True
    calls = turns_with(batch, CALL, asked) if len(answered) else asked
    called = np.zeros(len(tools), np.bool_)
    called[answered] = calls[answered - 1]
    uncalled: Flags = first & ~called
    return uncalled


def _controls(batch: SampleBatch) -> list[Mark]:
    """Tokens that steer the model, spelled inside a content."""
    special = profile(batch).of("specials") > 0
    return [
        Mark(turn, *match.span(), "special-token")
        for turn, text in candidate_turns(batch, special)
        for match in _CONTROL.finditer(text)
    ]


def _thoughts(batch: SampleBatch) -> list[Mark]:
    """The tags of thoughts that the template takes apart wrongly."""
    tagged = (batch.turns.roles == ASSISTANT) & (profile(batch).of("tags") > 0)
    marks = []
    for turn, text in candidate_turns(batch, turns_with(batch, "</?think>", tagged)):
        if not thoughts_in_order(text):
            marks += [Mark(turn, *match.span(), "unbalanced-think") for match in THOUGHT.finditer(text)]
    return marks
