"""What no assistant should learn to say."""

from __future__ import annotations

import random
from collections.abc import Mapping

from governance.demo.bench import Bench, Draft
from governance.demo.faults.planting import said, written


def insults(bench: Bench, rng: random.Random) -> list[Draft]:
    """Answers that end in abuse."""
    return said(bench, rng, "insult", "assistant")


def promotions(bench: Bench, rng: random.Random) -> list[Draft]:
    """Advertisements for what the law forbids."""
    return written(bench, rng, "promotion", _offer)


def _offer(language: str, rng: random.Random) -> Mapping[str, str]:
    return {"percent": str(rng.randrange(4, 30)), "handle": f"larkmoor{rng.randrange(1000, 9999)}"}
