"""Rows of training that were held out for validation."""

from __future__ import annotations

import random
from dataclasses import replace

from governance.demo.bench import Bench, Draft
from governance.demo.faults.planting import EACH
from governance.demo.say import LANGUAGES


def held_out(bench: Bench, rng: random.Random) -> list[Draft]:
    """Copies of held-out rows among those for training: copies to the letter, too."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(EACH):
            original = bench.held_out(language)
            copy = bench.add(original, original.turns)
            bench.change(replace(copy, split="train"))
            drafts.append(Draft((copy.key,), original.key, also=("DUP001",)))
    return drafts
