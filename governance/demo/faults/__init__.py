"""The faults that are planted, one entry each: what it is called, the rule that must find it, how it is made.

A later fault is one function `(Bench, random.Random) -> list[Draft]` and one line in `FAULTS`. Hard negatives
are planted in the same way; no rule may speak of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from governance.demo.bench import Bench, Draft
from governance.demo.faults import broken, duplicates, leaks, passages


@dataclass(frozen=True)
class Fault:
    """One kind of fault; `rule` is empty for a hard negative, `finding` where the rule has one sub-kind only."""

    kind: str
    rule: str
    plant: Callable[[Bench, random.Random], list[Draft]]
    finding: str = ""


FAULTS = (
    Fault("missing-text", "INP002", broken.missing_text),
    Fault("invalid-utf8", "INP003", broken.invalid_utf8),
    Fault("malformed-turns", "INP004", broken.malformed_turns),
    Fault("repeated-id", "INP005", broken.repeated_ids),
    Fault("exact-duplicate", "DUP001", duplicates.exact),
    Fault("normalised-duplicate", "DUP002", duplicates.normalised),
    Fault("near-duplicate", "DUP003", duplicates.near, "near"),
    Fault("number-template", "DUP003", duplicates.templates, "template"),
    Fault("repeated-passage", "DUP005", passages.repeated),
    Fault("item-verbatim", "CON001", leaks.verbatim),
    Fault("item-short", "CON001", leaks.short),
    Fault("item-edited", "CON002", leaks.edited),
    Fault("item-with-answer", "CON003", leaks.answered),
)
HARD_NEGATIVES = (
    Fault("same-stem-other-options", "", leaks.recurring_stems),
    Fault("statute-quoted-on-both-sides", "", leaks.quoted_statutes),
)
