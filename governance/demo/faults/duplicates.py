"""Rows that say the same again: to the letter, up to writing, up to a few words, up to the numbers."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import partial

from governance.demo.bench import Bench, Draft, long_enough
from governance.demo.grammar import words
from governance.demo.overlap import jaccard
from governance.demo.rows import Row, Turn

EXACT = (3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1)  # copies of each original, per language: 15
NORMALISED = 9  # per language
NEAR = 20  # per language
LOWEST, HIGHEST = 0.84, 0.965  # inside the promised 0.82 to 0.97, whatever the exact idea of a word
FAMILY = 6  # members of a number-only family

_FULL_WIDTH = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in "0123456789%()+=:;!?"})
_HALF_WIDTH = str.maketrans("，：；？！（）", ",:;?!()")


def exact(bench: Bench, rng: random.Random) -> list[Draft]:
    """Copies to the letter; some originals have two or three of them."""
    drafts = []
    for language in ("en", "zh"):
        for copies in EXACT:
            original = bench.take(language)
            added = [bench.add(original, original.turns) for _ in range(copies)]
            drafts += [Draft((copy.key,), original.key) for copy in added]
    return drafts


def normalised(bench: Bench, rng: random.Random) -> list[Draft]:
    """Copies that differ in case, spaces or the width of characters."""
    return [
        _rewritten(bench, language, _WRITINGS[language][number % len(_WRITINGS[language])])
        for language in ("en", "zh")
        for number in range(NORMALISED)
    ]


def _rewritten(bench: Bench, language: str, write: Callable[[str], str]) -> Draft:
    original = bench.take(language, lambda row: any(write(t.text) != t.text for t in row.turns or ()))
    copy = bench.add(original, [Turn(t.role, write(t.text)) for t in original.turns or ()])
    return Draft((copy.key,), original.key)


def _exclaimed(text: str) -> str:
    return text.replace(". ", "!  ").replace(", ", " , ")


_WRITINGS: dict[str, tuple[Callable[[str], str], ...]] = {
    "en": (str.lower, str.upper, _exclaimed),
    "zh": (
        lambda t: t.translate(_FULL_WIDTH),
        lambda t: t.translate(_HALF_WIDTH),
        lambda t: t.replace("。", "。 "),
    ),
}


def near(bench: Bench, rng: random.Random) -> list[Draft]:
    """Copies with one to four words replaced by words of like meaning."""
    drafts = []
    for language in ("en", "zh"):
        swaps = [tuple(pair) for pair in words(f"{language}_faults")["swaps"]]
        drafts += [_edited(bench, language, swaps, rng) for _ in range(NEAR)]
    return drafts


def _edited(bench: Bench, language: str, swaps: list[tuple[str, ...]], rng: random.Random) -> Draft:
    while True:
        original = bench.take(language, long_enough)
        for number in (3, 2, 4, 1, 2, 1):
            turns = _swapped(original, rng.sample(swaps, len(swaps)), number)
            if LOWEST <= jaccard(original.text, original.saying(turns).text) <= HIGHEST:
                return Draft((bench.add(original, turns).key,), original.key)


def _swapped(row: Row, swaps: list[tuple[str, ...]], number: int) -> list[Turn]:
    """The row's turns after the first `number` of the swaps that apply, each once."""
    turns = list(row.turns or ())
    for old, new in swaps:
        pattern = re.compile(rf"\b{re.escape(old)}(?!\w)" if old.isascii() else re.escape(old), re.IGNORECASE)
        at = next((i for i, t in enumerate(turns) if pattern.search(t.text)), None)
        if at is None or number == 0:
            continue
        turns[at] = Turn(turns[at].role, pattern.sub(partial(_cased, new), turns[at].text, count=1))
        number -= 1
    return turns


def _cased(new: str, old: re.Match[str]) -> str:
    return new[:1].upper() + new[1:] if old[0][:1].isupper() else new


def templates(bench: Bench, rng: random.Random) -> list[Draft]:
    """Families of letters in which only two numbers differ."""
    drafts = []
    for language in ("en", "zh"):
        page = words(f"{language}_faults")
        for text, question in zip(page["template"], page["template_question"], strict=True):
            members = [_letter(bench, language, text, question, n, rng) for n in range(FAMILY)]
            drafts += [Draft((member,), members[0]) for member in members[1:]]
    return drafts


def _letter(bench: Bench, language: str, text: str, question: str, number: int, rng: random.Random) -> int:
    """Key of a new member of the family."""
    like = bench.take(language, lambda row: row.label.startswith("Banking"))
    said = text.replace("{a}", str(1 + 4 * number)).replace("{b}", str(rng.randrange(300, 990)))
    return bench.add(like, [Turn("user", question), Turn("assistant", said)]).key
