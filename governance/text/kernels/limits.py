"""Numbers that kernels and those who call them agree on."""

from __future__ import annotations

CROWDED = 1 << 18
"""Pairs in a bucket beyond which it is not walked in full."""

HUBS, WINDOW = 8, 8
"""Members of a crowded bucket that each is paired with: the first ones, and those that follow it."""

FLUSH = 1 << 22
"""Pairs that are handed over at once: 32 MB."""

NEXT, CROWDED_BUCKETS, LARGEST, LEFT_OUT, TOLD = range(5)
"""Places in what a walk through the buckets tells, and how many there are."""

SAMPLE = 16
"""Neighbours of a document that a template is judged by."""

COUNTERS = (1 << 16) + 1
"""Piles that the hashes of a document are dealt into before they are sorted, and one."""


def max_tokens(size: int) -> int:
    """The most tokens a text of `size` bytes can have: a token of one byte needs a separator beside it."""
    return size // 2 + 1
