"""What stands around a question that was found: its options, its context, its answer, and how it is
delimited.

Every candidate is looked at once more with the whole turn at hand, and the turns before and behind it.
Nothing is decided here; the facts go to `contamination_decide`, where document frequencies are known.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from governance.detectors.contamination.answers import ANSWER_WORDS, find_answer, list_mark
from governance.detectors.contamination.items import NUMBER, SYMBOL, ItemArrays
from governance.detectors.contamination.match import find
from governance.detectors.contamination.options import MOST_OPTIONS
from governance.detectors.contamination.scan import Candidates
from governance.detectors.contamination.spans import (
    ADJACENT,
    CLOSED,
    MARKED,
    SPACED,
    Text,
    gap,
    marks_of,
    place_of,
    probe,
    text_of,
)
from governance.samples import Turns
from governance.text.compiled import kept
from governance.text.ngrams import inner

_OPTION_REACH = 64  # tokens between question and options beyond twice the options' own length
_LONG_OPTION = 8  # tokens from which on an option is recognised wherever it stands
_LIST_REACH = 400  # tokens behind the question within which a lettered list counts as its options


class Facts(NamedTuple):
    """One row a candidate.

    Attributes:
        spans: (n, 2) int64, first and past-last character of the match in its turn.
        ask, specifics: (n,) float32, covered share of the asking part; share of numbers and symbols present.
        spoken: (n,) float32, covered share of words and ideographs.
        before, behind: (n,) uint8, what stands around the match: ADJACENT ... CLOSED.
        blanks_kept: (n,) bool, every blank of the question is still one: nothing was filled in.
        options: (n,) uint32, bit j set where option j stands near the question.
        option_spans: (n, MOST_OPTIONS, 2) int32, where; characters of the same turn.
        lists: (n,) bool, a list lettered A, B follows the question.
        fills: (n,) float32, share of the turn's tokens that the match takes.
        context: (n,) float32, share of the context that stands in this turn or the one before.
        answer_turns: (n,) int32, the turn that gives the gold answer, or -1.
        answer_spans: (n, 2) int64, where; characters of that turn.
    """

    spans: npt.NDArray[np.int64]
    ask: npt.NDArray[np.float32]
    specifics: npt.NDArray[np.float32]
    spoken: npt.NDArray[np.float32]
    before: npt.NDArray[np.uint8]
    behind: npt.NDArray[np.uint8]
    blanks_kept: npt.NDArray[np.bool_]
    options: npt.NDArray[np.uint32]
    option_spans: npt.NDArray[np.int32]
    lists: npt.NDArray[np.bool_]
    fills: npt.NDArray[np.float32]
    context: npt.NDArray[np.float32]
    answer_turns: npt.NDArray[np.int32]
    answer_spans: npt.NDArray[np.int64]


def confirm(turns: Turns, candidates: Candidates, items: ItemArrays) -> Facts:
    """The facts about every candidate of a batch."""
    n = len(candidates.turns)
    facts = Facts(
        np.zeros((n, 2), np.int64),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
        np.zeros(n, np.uint8),
        np.zeros(n, np.uint8),
        np.zeros(n, np.bool_),
        np.zeros(n, np.uint32),
        np.zeros((n, MOST_OPTIONS, 2), np.int32),
        np.zeros(n, np.bool_),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
        np.full(n, -1, np.int32),
        np.zeros((n, 2), np.int64),
    )
    if n:
        data, offsets = turns.buffers
        rows = np.repeat(np.arange(len(turns.starts) - 1), np.diff(turns.starts))
        _confirm(data, offsets, rows, candidates, items, ANSWER_WORDS, facts)
    return facts


@kept
def _confirm(data: Any, offsets: Any, rows: Any, candidates: Any, items: Any, words: Any, out: Any) -> None:
    number = len(items.options) - 1
    nothing = text_of(data, 0, 0)
    here = behind = before = nothing
    marks = behind_marks = np.zeros(1, np.int64)
    last = np.int64(-1)
    longest = 0
    for i in range(number):
        longest = max(longest, items.bounds[i + 1] - items.bounds[i])
    covered = np.zeros(longest + 1, np.bool_)
    for c in range(len(candidates.turns)):
        turn, item = np.int64(candidates.turns[c]), np.int64(candidates.items[c])
        if turn != last:
            here = text_of(data, offsets[turn], offsets[turn + 1])
            marks = marks_of(data, offsets[turn], offsets[turn + 1])
            follows = turn + 1 < len(rows) and rows[turn + 1] == rows[turn]
            leads = turn > 0 and rows[turn - 1] == rows[turn]
            behind = text_of(data, offsets[turn + 1], offsets[turn + 2]) if follows else nothing
            behind_marks = marks_of(data, offsets[turn + 1], offsets[turn + 2]) if follows else marks
            before = text_of(data, offsets[turn - 1], offsets[turn]) if leads else nothing
            last = turn
        low, high = np.int64(candidates.windows[c, 0]), np.int64(candidates.windows[c, 1])
        first_byte, last_byte = here.starts[low], here.ends[high - 1]
        out.spans[c, 0] = place_of(data, marks, offsets[turn], first_byte)
        out.spans[c, 1] = place_of(data, marks, offsets[turn], last_byte)
        out.before[c] = gap(data, here, low - 1, low, offsets[turn], offsets[turn + 1])
        out.behind[c] = gap(data, here, high - 1, high, offsets[turn], offsets[turn + 1])
        runs = candidates.runs[candidates.first[c] : candidates.first[c + 1]]
        _shares(c, item, runs, here, low, high, items, covered, out)
        out.blanks_kept[c] = _blanks(data, c, item, here, runs, items, offsets[turn], offsets[turn + 1])
        _options(data, c, item, here, high, marks, offsets[turn], items, out)
        out.fills[c] = (high - low) / here.size
        out.lists[c] = _lettered(data, here, high)
        out.context[c] = _context(here, before, low, item, items)
        zone, start, end = find_answer(data, here, behind, high, item, items, words)
        if zone >= 0:
            base = offsets[turn + zone]
            own = behind_marks if zone else marks
            out.answer_turns[c] = turn + zone
            out.answer_spans[c, 0] = place_of(data, own, base, start)
            out.answer_spans[c, 1] = place_of(data, own, base, end)


@inner()
def _shares(
    c: int, item: int, runs: Any, here: Text, low: int, high: int, items: Any, covered: Any, out: Any
) -> None:
    """Shares of the asking part, of numbers and symbols, and of words; 1 where there are none.

    A number counts as there when the window holds it as often as the question: its neighbours may have
    changed.
    """
    base, size = items.bounds[item], items.bounds[item + 1] - items.bounds[item]
    covered[:size] = len(runs) == 0  # a whole turn is covered as a whole
    for k in range(len(runs)):
        covered[runs[k, 1] : runs[k, 1] + runs[k, 2]] = True
    asked = asked_covered = exact = exact_covered = spoken = spoken_covered = 0
    for q in range(size):
        if items.ask[item, 0] <= q < items.ask[item, 1]:
            asked += 1
            asked_covered += covered[q]
        kind = items.classes[base + q]
        if kind in (NUMBER, SYMBOL):
            exact += 1
            token = items.tokens[base + q]
            if covered[q] or _times(here.hashes, low, high, token) >= _times(
                items.tokens, base, base + size, token
            ):
                exact_covered += 1
        elif kind <= 1:
            spoken += 1
            spoken_covered += covered[q]
    out.ask[c] = asked_covered / asked if asked else 1.0
    out.specifics[c] = exact_covered / exact if exact else 1.0
    out.spoken[c] = spoken_covered / spoken if spoken else 1.0


@inner()
def _times(tokens: Any, low: int, high: int, token: np.uint64) -> int:
    """How often a token occurs in tokens[low:high]."""
    found = 0
    for at in range(low, high):
        found += tokens[at] == token
    return found


@inner()
def _blanks(data: Any, c: int, item: int, here: Text, runs: Any, items: Any, start: int, end: int) -> bool:
    """Whether nothing stands in the place of any blank of the question."""
    size = items.bounds[item + 1] - items.bounds[item]
    whole = len(runs) == 1 and runs[0, 2] == size
    at = np.searchsorted(items.blanks[:, 0], item)
    while at < len(items.blanks) and items.blanks[at, 0] == item:
        place = items.blanks[at, 1]
        kept = len(runs) == 0
        for k in range(len(runs)):
            low, high = np.int64(runs[k, 1]), np.int64(runs[k, 1] + runs[k, 2])
            token = np.int64(runs[k, 0]) + place - low  # the token behind the blank
            if low <= place <= high and not kept:
                between = gap(data, here, token - 1, token, start, end)
                if 0 < place < size:
                    kept = low < place < high and (whole or between == CLOSED)
                else:
                    kept = between in (SPACED, CLOSED) if place == size else between > ADJACENT
        if not kept:
            return False
        at += 1
    return True


@inner()
def _options(
    data: Any, c: int, item: int, here: Text, high: int, marks: Any, base: int, items: Any, out: Any
) -> None:
    """Which options stand behind the question, and where."""
    number = len(items.options) - 1
    first, last = items.options[item], min(items.options[item + 1], items.options[item] + MOST_OPTIONS)
    total = items.bounds[3 * number + last] - items.bounds[3 * number + first]
    reach = min(here.size, high + 2 * total + _OPTION_REACH)
    for j in range(first, last):
        begin, end = items.bounds[3 * number + j], items.bounds[3 * number + j + 1]
        at = find(here.hashes, high, reach, items.tokens, begin, end)
        while at >= 0 and not _set_off(data, here, at, at + end - begin, base):
            at = find(here.hashes, at + 1, reach, items.tokens, begin, end)
        if at >= 0:
            out.options[c] |= np.uint32(1) << np.uint32(j - first)
            out.option_spans[c, j - first, 0] = place_of(data, marks, base, here.starts[at])
            out.option_spans[c, j - first, 1] = place_of(data, marks, base, here.ends[at + end - begin - 1])


@inner()
def _set_off(data: Any, here: Text, first: int, last: int, base: int) -> bool:
    """Whether short words are an entry of a list, or on a line of their own, rather than words of a sentence."""
    if last - first >= _LONG_OPTION:
        return True
    end = here.ends[here.size - 1] + 1  # what follows the last word closes it, whatever it is
    wide = data[here.starts[first]] >= 0xE3
    before = gap(data, here, first - 1, first, base, end)
    letter = here.starts[first - 1] if first > 0 else base
    if before == CLOSED and first > 0 and here.ends[first - 1] - letter == 1 and 65 <= data[letter] <= 80:
        return True
    return bool(
        before >= (SPACED if wide else MARKED) and gap(data, here, last - 1, last, base, end) >= SPACED
    )


@inner()
def _lettered(data: Any, here: Text, high: int) -> bool:
    """Whether a capital A and later a capital B, each followed by a mark, stand behind the question."""
    wanted = 65
    for at in range(high, min(here.size, high + _LIST_REACH)):
        byte = here.starts[at]
        if here.ends[at] - byte == 1 and data[byte] == wanted and list_mark(data, here, at):
            if wanted == 66:
                return True
            wanted = 66
    return False


@inner()
def _context(here: Text, before: Text, low: int, item: int, items: Any) -> float:
    """The share of the context's probes found in the turn around the question, or in the turn before."""
    number = len(items.options) - 1
    first, last = items.bounds[number + item], items.bounds[number + item + 1]
    if first == last:
        return 0.0
    reach = 2 * (last - first) + 512
    own, _, _ = probe(here, max(0, low - reach), min(here.size, low + reach), items.tokens, first, last)
    if own >= 1.0 or before.size == 0:
        return float(own)
    other, _, _ = probe(before, max(0, before.size - reach), before.size, items.tokens, first, last)
    return float(max(own, other))
