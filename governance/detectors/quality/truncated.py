"""Answers that break off, as marks.

A kernel reads how each answer ends; the few that end openly, or hold signs of program text and formulas, are looked at
one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.quality.listed import phrase_marks
from governance.rules.base import Setup
from governance.rules.marks import Mark, candidate_turns, marked
from governance.samples import ASSISTANT, SampleBatch
from governance.text.profile import profile

Flags = npt.NDArray[np.bool_]

FENCE = re.compile(r"^[ \t]*```", re.MULTILINE)
SIGN_OFF = re.compile(r"(?:\S+\s+){0,2}[^\s\u3400-\u9fff]+[,，]|.{0,4}(?:祝|此致|敬上|谨启|顺颂).{0,8}[,，]")
"""A last line of three words or a wish that ends in a comma closes a letter ("Best regards,", 顺祝商祺，)."""
NEAR_END = 40
"""A note that the answer was cut stands within so many characters of its end."""
PAIRED = ((r"\[", r"\]"), (r"\(", r"\)"), (r"\begin{", r"\end{"))
DISPLAY = re.compile(r"^[ \t]*\$\$|\$\$[ \t]*$", re.MULTILINE)
"""Two dollars at either end of a line; within one, a price may follow a formula (`$x,$$y$`, `= $$60`)."""
LINE_BREAK = re.compile(r"\\\\(?:\[[^\]\n]{0,20}\])?")
"""LaTeX's own line break, whose second backslash opens no formula: `\\\\[4pt]`."""


def map_truncated(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of the places where answers break off, at most one a turn."""
    from governance.text.endings import BRACKET, OPEN, SIGNS, UNSTOPPED, WANTING, endings

    counts = profile(batch)
    dense = counts.of("han") + counts.of("kana") + counts.of("hangul")
    letters, characters = (float(setup.option("QLT005", name)) for name in ("letters", "characters"))
    answers = (batch.turns.roles == ASSISTANT) & (
        (counts.letters - dense) / letters + dense / characters >= 1
    )
    found = endings(*batch.turns.buffers, answers)
    bits = found[:, 0]
    marks = {mark.turn: mark for mark in _cut(batch, setup, counts.of("characters"))}
    for mark in _unclosed(batch, answers & (bits & SIGNS > 0)):
        marks.setdefault(mark.turn, mark)
    for mark in _json(batch, answers):
        marks.setdefault(mark.turn, mark)
    broken = (bits & (OPEN | WANTING | UNSTOPPED | BRACKET) > 0) & ~np.isin(np.arange(len(bits)), [*marks])
    for mark in _broken(batch, broken, bits & (OPEN | WANTING) > 0, bits & BRACKET > 0, found):
        marks.setdefault(mark.turn, mark)
    return marked(batch, [marks[turn] for turn in sorted(marks)])


def _cut(batch: SampleBatch, setup: Setup, lengths: npt.NDArray[np.int32]) -> Iterator[Mark]:
    """Notes at the end of an answer that say it was cut."""
    for mark in phrase_marks(batch, setup, "cut", batch.turns.roles == ASSISTANT):
        if lengths[mark.turn] - mark.end <= NEAR_END:
            yield mark


def _unclosed(batch: SampleBatch, wanted: Flags) -> Iterator[Mark]:
    """Fences and formulas that stay open."""
    for turn, text in candidate_turns(batch, wanted):
        fences = [match.start() for match in FENCE.finditer(text)]
        if len(fences) % 2:
            yield Mark(turn, fences[-1], len(text), "fence")
            continue
        if fences or "`" in text:
            continue  # program text speaks of dollars and backslashes as it likes
        at = open_formula(text)
        if at is not None:
            yield Mark(turn, at, len(text), "formula")


def open_formula(text: str) -> int | None:
    """Where a LaTeX formula begins that is never closed; None where all are."""
    text = LINE_BREAK.sub(lambda match: " " * len(match.group()), text)
    if text.count("$$") % 2 and len(DISPLAY.findall(text)) % 2:
        return text.rindex("$$")
    for opening, closing in PAIRED:
        if text.count(opening) > text.count(closing):
            return text.rindex(opening)
    return None


def _json(batch: SampleBatch, answers: Flags) -> Iterator[Mark]:
    """Answers that begin as a JSON object or list and end before it does."""
    data, offsets = batch.turns.buffers
    first = np.zeros(len(answers), np.uint8)
    full = offsets[1:] > offsets[:-1]
    first[full] = data[offsets[:-1][full]]
    for turn, text in candidate_turns(batch, answers & np.isin(first, [ord("{"), ord("[")])):
        if text.rstrip()[-1:] in ("}", "]"):
            continue
        try:
            json.JSONDecoder().raw_decode(text)
        except json.JSONDecodeError as error:
            if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string"):
                yield Mark(turn, 0, len(text), "json")


def _broken(
    batch: SampleBatch, wanted: Flags, opened: Flags, bracket: Flags, found: npt.NDArray[np.int64]
) -> Iterator[Mark]:
    """Last sentences that break off."""
    for turn, text in candidate_turns(batch, wanted):
        whole = text.rstrip()
        line = whole[whole.rfind("\n") + 1 :]
        if len(line) < 24 and SIGN_OFF.fullmatch(line.strip()):
            continue
        start = len(text.encode()[: found[turn, 1]].decode("utf-8", "ignore"))
        kind = "sentence" if opened[turn] else "bracket" if bracket[turn] else "no-stop"
        yield Mark(turn, min(start, len(whole) - 1), len(whole), kind)
