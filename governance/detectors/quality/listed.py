"""Stock phrases of one list, as marks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from governance.detectors.quality.look import character_span, look, phrases, turn_bytes
from governance.rules.base import Setup
from governance.rules.marks import Mark
from governance.samples import SampleBatch

ALLOWED = "allowed"


def phrase_marks(
    batch: SampleBatch, setup: Setup, group: str, turns: npt.NDArray[np.bool_] | None = None
) -> list[Mark]:
    """The places of one group of phrases in these turns, without those in a longer phrase or in an allowed one."""
    hits = look(batch, setup).hits
    listed = phrases()
    wanted = np.array([phrase.group == group for phrase in listed], np.bool_)[hits[:, 3]]
    if turns is not None:
        wanted &= turns[hits[:, 0]]
    found = [(hit, listed[hit[3]].kind) for hit in outermost(hits[wanted].tolist())]
    return [_mark(batch, hit, kind) for hit, kind in found if kind != ALLOWED]


def outermost(hits: list[list[int]]) -> list[list[int]]:
    """The hits (turn, start, end, phrase) that lie in no longer one, in order."""
    kept: list[list[int]] = []
    for hit in sorted(hits, key=lambda h: (h[0], h[1], -h[2])):
        if not (kept and kept[-1][0] == hit[0] and hit[2] <= kept[-1][2]):
            kept.append(hit)
    return kept


def _mark(batch: SampleBatch, hit: list[int], kind: str) -> Mark:
    turn, start, end, _ = hit
    first = int(batch.turns.buffers[1][turn])
    return Mark(turn, *character_span(turn_bytes(batch, turn), start - first, end - first), kind)
