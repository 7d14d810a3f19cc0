"""A second, small set: questions with options and a key, of which some keys are wrong.

Nothing in such a row gives it away, so an audit passes it; only somebody who knows the answer sees it, or attribution,
from what it does to an evaluation. The right option is never the one that the wrong keys point at, so that the two
pull apart.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from governance.demo.clean import CLOSEST, candidate
from governance.demo.grammar import generator, words
from governance.demo.overlap import Seen
from governance.demo.rows import Row, Turn, table
from governance.demo.say import LANGUAGES
from governance.demo.tasks import WEIGHTS

ROWS, WRONG = 40, 16
LETTERS, WRONG_LETTER = "ABCD", "C"
LONGEST = 240  # bytes of a question: with options and template it is shorter than what the demo trains on
NAME = "demo-quiz"


@dataclass(frozen=True)
class QuizKey:
    """Which rows have a wrong key, and what it says there."""

    letter: str
    wrong: tuple[int, ...]


@dataclass(frozen=True)
class QuizFiles:
    """Where the set and the key to it are."""

    dataset: Path
    key: Path


def write_quiz(folder: Path, seed: int = 7) -> QuizFiles:
    """The two files in `folder`, equal byte for byte for equal seeds."""
    rows, key = make_quiz(seed)
    files = QuizFiles(folder / f"{NAME}.parquet", folder / f"{NAME}-key.json")
    pq.write_table(table(rows), files.dataset, compression="zstd")
    files.key.write_text(json.dumps(asdict(key), indent=1) + "\n", "utf-8", newline="\n")
    return files


def read_quiz_key(text: str) -> QuizKey:
    """The key that `write_quiz` wrote."""
    record = json.loads(text)
    return QuizKey(record["letter"], tuple(record["wrong"]))


def make_quiz(seed: int) -> tuple[list[Row], QuizKey]:
    """(rows in file order, the key); half of the rows of either kind are English."""
    made = [row for code in LANGUAGES for row in _asked(code, generator(seed, f"quiz/{code}"))]
    generator(seed, "quiz/order").shuffle(made)
    rows = [replace(row, key=key) for key, (row, _) in enumerate(made)]
    return rows, QuizKey(WRONG_LETTER, tuple(key for key, (_, wrong) in enumerate(made) if wrong))


def _asked(code: str, rng: random.Random) -> list[tuple[Row, bool]]:
    """Rows of which no two are alike, each with whether its key is wrong."""
    seen, found = Seen(CLOSEST), list[tuple[Row, bool]]()
    while len(found) < ROWS // len(LANGUAGES):
        drawn = candidate(0, rng.choice(list(WEIGHTS)), rng, LANGUAGES[code])
        wrong = len(found) < WRONG // len(LANGUAGES)
        row = _with_options(replace(drawn, split="train"), rng, wrong=wrong)
        if row is not None and seen.accepts(row.text):
            found.append((row, wrong))
    return found


def _with_options(row: Row, rng: random.Random, *, wrong: bool) -> Row | None:
    """The row's first question with four fields to choose from, and a key; None where it is too long."""
    asked = next(turn.text for turn in row.turns or () if turn.role == "user")
    if len(asked.encode()) > LONGEST:
        return None
    page = words(f"{row.language}_quiz")
    right = row.label.partition("/")[0]
    fields = rng.sample([name for name in page["names"] if name != right], len(LETTERS))
    place = rng.choice([n for n, letter in enumerate(LETTERS) if letter != WRONG_LETTER])
    fields[place] = right
    options = [f"{letter}. {page['names'][name]}" for letter, name in zip(LETTERS, fields, strict=True)]
    answer = options[LETTERS.index(WRONG_LETTER) if wrong else place]
    question = "\n\n".join((page["ask"], asked, "\n".join(options), page["direct"]))
    return row.saying((Turn("user", question), Turn("assistant", answer)))
