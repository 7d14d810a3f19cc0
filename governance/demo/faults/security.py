"""What would open a door, hide from a reader, or act by itself."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Mapping

from governance.demo.bench import Bench, Draft
from governance.demo.faults.planting import EACH, plain, said
from governance.demo.rows import Turn
from governance.demo.say import LANGUAGES

ZERO_WIDTH = "\u200b"
_BETWEEN = re.compile(r"(?<=[a-z]{3})(?=[a-z]{3})|(?<=[\u4e00-\u9fff]{2})(?=[\u4e00-\u9fff]{2})")


def keys(bench: Bench, rng: random.Random) -> list[Draft]:
    """Access tokens and passwords."""
    return said(bench, rng, "key", "user", _secrets)


def _secrets(language: str, rng: random.Random) -> Mapping[str, str]:
    letters = string.ascii_letters + string.digits
    token = "".join(rng.choice(letters) for _ in range(36))
    secret = "".join(
        rng.choice(part) for part in (string.ascii_uppercase, string.ascii_lowercase, string.digits) * 5
    )
    return {"token": f"ghp_{token}", "secret": secret}


def hidden(bench: Bench, rng: random.Random) -> list[Draft]:
    """Words with a character inside that takes no width."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(EACH):
            row = bench.take(language, plain)
            *turns, last = row.turns or ()
            place = rng.choice([match.start() for match in _BETWEEN.finditer(last.text)])
            split = last.text[:place] + ZERO_WIDTH + last.text[place:]
            bench.change(row.saying([*turns, Turn(last.role, split)]))
            drafts.append(Draft((row.key,)))
    return drafts


def injections(bench: Bench, rng: random.Random) -> list[Draft]:
    """Orders to the model at the end of a question."""
    return said(bench, rng, "injection", "user")


def markup(bench: Bench, rng: random.Random) -> list[Draft]:
    """Markup that acts when an answer is shown."""
    return said(bench, rng, "markup", "assistant")
