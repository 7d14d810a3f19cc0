"""Answers that teach bad writing."""

from __future__ import annotations

import random
import re

from governance.demo.bench import Bench, Draft
from governance.demo.faults.planting import EACH, plain, said, saying_more, some, written
from governance.demo.grammar import words
from governance.demo.rows import Row, Turn
from governance.demo.say import LANGUAGES

REPEATS = 12  # of a phrase of three or four words
LINE = 40  # characters of the line that is cut: a short one that ends in a comma may be the close of a letter
_CUT = re.compile(r"(?<=[a-z]),(?= [a-z])|，")
_LEAST = {"en": 90, "zh": 30}  # letters before a cut, half as many again as the rule wants to see


def short(bench: Bench, rng: random.Random) -> list[Draft]:
    """One word where an explanation was asked for."""
    return written(bench, rng, "short")


def loops(bench: Bench, rng: random.Random) -> list[Draft]:
    """Answers caught in a loop."""
    drafts = []
    for language in LANGUAGES:
        for number in range(EACH):
            row = bench.take(language, plain)
            loop = words(f"{language}_planted")["loop"] * (REPEATS + number)
            text = f"{loop.strip(' ，').capitalize()}{'.' if language == 'en' else '。'}"
            bench.change(saying_more(row, text, "assistant"))
            drafts.append(Draft((row.key,)))
    return drafts


def foreign(bench: Bench, rng: random.Random) -> list[Draft]:
    """Answers in a language that nobody asked for."""
    return [_ending(bench, language, text) for language, text in _texts("foreign", rng)]


def garbled(bench: Bench, rng: random.Random) -> list[Draft]:
    """UTF-8 read as Windows-1252 in English rows, as GBK in Chinese ones."""
    read_as = {"en": "cp1252", "zh": "gbk"}
    return [
        _ending(bench, language, text.encode().decode(read_as[language], "ignore"))
        for language, text in _texts("garbled", rng)
    ]


def _texts(name: str, rng: random.Random) -> list[tuple[str, str]]:
    return [(code, text) for code in LANGUAGES for text in some(words(f"{code}_planted")[name], rng)]


def _ending(bench: Bench, language: str, text: str) -> Draft:
    """A row whose last answer is that text."""
    row = bench.take(language)
    *turns, last = row.turns or ()
    bench.change(row.saying([*turns, Turn(last.role, text)]))
    return Draft((row.key,))


def truncated(bench: Bench, rng: random.Random) -> list[Draft]:
    """Answers cut behind a comma."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(EACH):
            row = bench.take(language, lambda row: bool(_cuts(row)) and plain(row))
            *turns, last = row.turns or ()
            bench.change(row.saying([*turns, Turn(last.role, last.text[: rng.choice(_cuts(row))])]))
            drafts.append(Draft((row.key,)))
    return drafts


def _cuts(row: Row) -> list[int]:
    """Where the last answer may be cut: behind a comma that much stands before, also in its own line."""
    text = (row.turns or ())[-1].text
    ends = [match.end() for match in _CUT.finditer(text)]
    enough = [end for end in ends if sum(map(str.isalpha, text[:end])) > _LEAST[row.language]]
    return [end for end in enough if end - text.rfind("\n", 0, end) > LINE]


def boilerplate(bench: Bench, rng: random.Random) -> list[Draft]:
    """Answers that end with the furniture of a web page."""
    return said(bench, rng, "boilerplate", "assistant")
