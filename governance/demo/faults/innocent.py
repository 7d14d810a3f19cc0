"""Hard negatives: finance text that holds the words, numbers and marks of a fault and is none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from governance.demo.bench import Bench, Draft
from governance.demo.faults.numbers import digits
from governance.demo.faults.planting import put
from governance.demo.grammar import words
from governance.demo.say import LANGUAGES


def telling(name: str) -> Callable[[Bench, random.Random], list[Draft]]:
    """The function that plants the text of that name in each language."""

    def plant(bench: Bench, rng: random.Random) -> list[Draft]:
        pages = {code: words(f"{code}_planted")["innocent"][name] for code in LANGUAGES}
        parts = ("user", "assistant")
        return [Draft((put(bench, code, page, parts, _figures(rng), rng),)) for code, page in pages.items()]

    return plant


def _figures(rng: random.Random) -> Mapping[str, str]:
    """A figure that reads like a mobile number, and a rate."""
    return {"digits": f"138{digits(8, rng)}", "percent": str(rng.randrange(4, 30))}
