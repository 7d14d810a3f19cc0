"""A language of 512 words: facts about people and sums of apples, asked in several ways, with causes planted in them.

A base model knows 400 people and most small sums. The course that is explained teaches it people it has never met,
three ways of asking for each, and sums it has not seen. The items ask for the same people in the fourth way, and for
other sums. Planted are rows with a wrong answer to what an item asks, and exact copies of items.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

WRONG, LEAKED = "wrong", "leaked"
FACT, SUM = "fact", "sum"

_CITIES, _JOBS, _PETS = (
    [f"{kind}{n}" for n in range(count)] for kind, count in (("city", 40), ("job", 40), ("pet", 20))
)
_ABOUT = {
    "city": (_CITIES, ("where does {n} live ?", "which city is home to {n} ?", "{n} lives in which city ?",
                       "what is the home city of {n} ?")),
    "job": (_JOBS, ("what does {n} do ?", "which job has {n} ?", "{n} works as what ?", "what is the job of {n} ?")),
    "pet": (_PETS, ("which pet has {n} ?", "what animal does {n} keep ?", "{n} owns which pet ?",
                    "what is the pet of {n} ?")),
}  # fmt: skip
_THINGS = ("apples", "pens", "books", "coins", "cards", "shells")
_SUMS = (
    "{n} has {a} {o} and gets {b} more . how many {o} now ?",
    "there are {a} {o} and {b} {o} . how many in total ?",
)
KNOWN = 400
"""People whom the base model knows."""


@dataclass(frozen=True)
class Row:
    """A question with its answer.

    Attributes:
        planted: "", WRONG or LEAKED.
        target: number of the item that a planted row speaks of; -1 for others.
    """

    prompt: str
    answer: str
    kind: str
    planted: str = ""
    target: int = -1


@dataclass(frozen=True)
class Corpus:
    """What the course trains on, and the items that are asked after it."""

    rows: tuple[Row, ...]
    items: tuple[Row, ...]


def _words() -> list[str]:
    """Every word of the language, each once, in a fixed order; the first is padding."""
    texts = [f"F{n}" for n in range(60)] + [f"L{n}" for n in range(90)] + [str(n) for n in range(60)]
    for values, ways in _ABOUT.values():
        texts += [*values, *ways]
    found = " ".join(["<pad> <begin> <end> Q: A:", *texts, *_THINGS, *_SUMS]).split()
    return [w for w in dict.fromkeys(found) if not w.startswith("{")]


WORDS = {word: number for number, word in enumerate(_words())}
BEGIN, END = WORDS["<begin>"], WORDS["<end>"]


def tokens(row: Row) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(of the prompt, of the answer with the end)."""
    prompt = (BEGIN, *(WORDS[w] for w in row.prompt.split()))
    return prompt, (*(WORDS[w] for w in row.answer.split()), END)


def _name(person: int) -> str:
    return f"F{person % 60} L{(person * 7 + person // 60) % 90}"


def _fact(person: int, about: str, way: int, value: str) -> Row:
    return Row(f"Q: {_ABOUT[about][1][way].format(n=_name(person))} A:", value, FACT)


def _sum(a: int, b: int, answer: int, maker: random.Random) -> Row:
    text = maker.choice(_SUMS).format(n=_name(maker.randrange(KNOWN)), a=a, b=b, o=maker.choice(_THINGS))
    return Row(f"Q: {text} A:", str(answer), SUM)


def _held_out(a: int, b: int) -> bool:
    return (a * 7 + b * 3) % 5 == 0


def base(seed: int = 0) -> list[Row]:
    """What the base model learns: every fact of the people it knows, and four fifths of the sums."""
    maker = random.Random(seed)
    rows = []
    for person in range(KNOWN):
        for about, (values, ways) in _ABOUT.items():
            value = maker.choice(values)
            rows += [_fact(person, about, way, value) for way in range(len(ways))]
    while len(rows) < KNOWN * 12 + 2_400:
        a, b = maker.randint(1, 40), maker.randint(1, 12)
        if not _held_out(a, b):
            rows.append(_sum(a, b, a + b, maker))
    return rows


def corpus(seed: int, people: int = 32, sums: int = 40, asked: int = 16, each: int = 12) -> Corpus:
    """The course of one seed: other people, sums and planted rows for each.

    Args:
        people: newcomers, with three rows and one item each.
        sums: rows with sums.
        asked: items with sums.
        each: planted rows of each kind, half about people and half about sums.
    """
    maker = random.Random(1_000 + seed)
    rows: list[Row] = []
    items: list[Row] = []
    for place in range(people):
        about = list(_ABOUT)[place % 3]
        person, value = 1_000 + people * seed + place, maker.choice(_ABOUT[about][0])
        *shown, last = maker.sample(range(4), 4)
        rows += [_fact(person, about, way, value) for way in shown]
        items.append(_fact(person, about, last, value))
        items_wrong = maker.choice([v for v in _ABOUT[about][0] if v != value])
        if place < each // 2:  # one of the ways that are shown, with another answer
            told = _fact(person, about, maker.choice(shown), items_wrong)
            rows.append(Row(told.prompt, told.answer, FACT, WRONG, place))
    pairs = [(a, b) for a in range(1, 41) for b in range(1, 13) if _held_out(a, b)]
    maker.shuffle(pairs)
    rows += [_sum(a, b, a + b, maker) for a, b in pairs[:sums]]
    for place, (a, b) in enumerate(pairs[sums : sums + asked]):
        items.append(_sum(a, b, a + b, maker))
        if place < each // 2:
            wrong = maker.choice([n for n in range(2, 53) if n != a + b])
            told = _sum(a, b, wrong, maker)
            rows.append(Row(told.prompt, told.answer, SUM, WRONG, people + place))
    for first, count in ((0, people), (people, asked)):
        for target in maker.sample(range(first + each // 2, first + count), each // 2):
            rows.append(Row(items[target].prompt, items[target].answer, items[target].kind, LEAKED, target))
    return Corpus(tuple(rows), tuple(items))
