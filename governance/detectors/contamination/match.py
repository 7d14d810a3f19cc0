"""Searching one token sequence for another, and the best stretch of a turn to hold a question."""

from __future__ import annotations

from typing import Any

from governance.text.ngrams import inner


@inner()
def find(hashes: Any, low: int, high: int, tokens: Any, first: int, last: int) -> int:
    """The first place in hashes[low:high] where tokens[first:last] stand, or -1."""
    size = last - first
    if size == 0:
        return -1
    for at in range(low, high - size + 1):
        if hashes[at] == tokens[first]:
            same = 1
            while same < size and hashes[at + same] == tokens[first + same]:
                same += 1
            if same == size:
                return at
    return -1


@inner()
def last_place(hashes: Any, low: int, high: int, tokens: Any, first: int, last: int) -> int:
    """The last place in hashes[low:high] where tokens[first:last] stand, or -1."""
    found = -1
    at = find(hashes, low, high, tokens, first, last)
    while at >= 0:
        found = at
        at = find(hashes, at + 1, high, tokens, first, last)
    return found


@inner()
def best_window(runs: Any, order: Any, weights: Any, covered: Any, size: int) -> tuple[int, int, float]:
    """(first run, past-last run, score): runs that end within a window a quarter longer than the question.

    The score is the greater of the covered share by weight and by number of tokens; of equal windows the
    first.
    """
    width = size + max(8, size // 4)
    whole = 0.0
    for w in weights:
        whole += w
    best, best_first, best_last = -1.0, 0, 0
    last, mass, tokens = 0, 0.0, 0
    for first in range(len(order)):
        start = runs[order[first], 1]
        while last < len(order) and runs[order[last], 1] + runs[order[last], 3] <= start + width:
            k = order[last]
            for q in range(runs[k, 2], runs[k, 2] + runs[k, 3]):
                if covered[q] == 0:
                    mass += weights[q]
                    tokens += 1
                covered[q] += 1
            last += 1
        score = max(mass / whole, tokens / size)
        if score > best + 1e-9:
            best, best_first, best_last = score, first, last
        if last <= first:
            last = first + 1
            continue
        k = order[first]
        for q in range(runs[k, 2], runs[k, 2] + runs[k, 3]):
            covered[q] -= 1
            if covered[q] == 0:
                mass -= weights[q]
                tokens -= 1
    covered[:] = 0
    return best_first, best_last, best
