"""Text that was decoded wrongly, as marks.

The profile and the look at the words name a few turns in a thousand; regular expressions, a second decoding and ftfy
(Robyn Speer) then find the places in these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from governance.detectors.quality.listed import phrase_marks
from governance.detectors.quality.look import look, usual_characters
from governance.rules.base import Setup
from governance.rules.marks import Mark, candidate_turns, marked, turns_with
from governance.samples import SampleBatch
from governance.text.profile import profile

REPLACED = re.compile("\ufffd+")
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]+")
"""Control characters but tab, newline, carriage return and the form feed that pages end with."""

RARE = 0.15
"""Share of rare characters from which Chinese text is read again: mojibake has 0.45 and more; of 120,000 real texts 4
(drug names) have more than 0.15."""

WESTERN = (
    "â€|[ÂÃ][\u0080-\u00bf]|[ÂÃ][‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ]|ï»¿|[äåæçèé][\u0080-\u00bf]|[\u00a1-\u00ff]{6}"
)
"""What UTF-8 looks like when read as Latin-1 or Windows-1252, and a run of GBK read as either (RE2)."""

LATIN_RUN = re.compile("[\u00a1-\u00ff]{6,}")
FOREIGN_RUN = re.compile("[^\x00-\x7f]{6,}")
FEW_LOST = 0.34
"""Share of characters that may be lost in a second decoding: an odd byte costs one of three."""


def map_garbled(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of garbled places in any turn."""
    western = list(_western(batch, setup))
    explained = {mark.turn for mark in western}  # UTF-8 read as Latin-1 is half control characters
    signs = [mark for mark in _signs(batch) if mark.kind != "control" or mark.turn not in explained]
    # The list holds what U+FFFD and uninitialised memory look like in GBK.
    marks = [*signs, *western, *_chinese(batch, setup), *phrase_marks(batch, setup, "garbled")]
    return marked(batch, sorted(set(marks), key=lambda m: (m.turn, m.start, m.end, m.kind)))


def _signs(batch: SampleBatch) -> Iterator[Mark]:
    """Replacement and control characters."""
    counts = profile(batch)
    for field, kind, pattern in (("replaced", "replacement", REPLACED), ("controls", "control", CONTROLS)):
        for turn, text in candidate_turns(batch, counts.of(field) > 0):
            yield from (Mark(turn, *match.span(), kind) for match in pattern.finditer(text))


def _western(batch: SampleBatch, setup: Setup) -> Iterator[Mark]:
    """UTF-8 read as Latin-1 or Windows-1252, where ftfy agrees; GBK read as Latin-1, where GBK gives Chinese."""
    wanted = look(batch, setup).count("accented") > 0
    if not wanted.any():
        return
    for turn, text in candidate_turns(batch, turns_with(batch, WESTERN, wanted)):
        places = [*_mojibake(text), *_gbk_bytes(text)]
        yield from (Mark(turn, start, end, "western") for start, end in places)


def _mojibake(text: str) -> list[tuple[int, int]]:
    """Places that ftfy takes for mojibake, in a text that it would repair."""
    import ftfy
    from ftfy.badness import BADNESS_RE

    if ftfy.fix_encoding(text) == text:
        return []
    return [match.span() for match in BADNESS_RE.finditer(text)]


def _gbk_bytes(text: str) -> list[tuple[int, int]]:
    """Runs of Latin-1 characters whose bytes are everyday Chinese in GBK."""
    found = []
    for match in LATIN_RUN.finditer(text):
        decoded = match.group().encode("latin-1").decode("gbk", "replace")
        if _everyday(decoded):
            found.append(match.span())
    return found


def _chinese(batch: SampleBatch, setup: Setup) -> Iterator[Mark]:
    """UTF-8 read as GBK: rare characters whose GBK bytes are UTF-8."""
    words = look(batch, setup)
    singles = words.count("singles")
    wanted = (singles >= 8) & (words.count("rare") > RARE * singles)
    for turn, text in candidate_turns(batch, wanted):
        for match in FOREIGN_RUN.finditer(text):
            decoded = match.group().encode("gb18030", "replace").decode("utf-8", "replace")
            if _everyday(decoded):
                yield Mark(turn, *match.span(), "gbk")


def _everyday(text: str) -> bool:
    """True for text of everyday Chinese characters with few lost ones."""
    bits = usual_characters()
    codes = np.array([ord(c) for c in text if 0x3400 <= ord(c) < 0xA000], np.int64)
    usual = int((bits[codes >> 3] >> (codes & 7) & 1).sum())
    lost = text.count("\ufffd") + text.count("?")
    return (
        usual >= 3
        and lost <= FEW_LOST * len(text)
        and usual >= 0.8 * len(codes)
        and 2 * usual >= len(text) - lost
    )
