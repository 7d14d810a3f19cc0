"""Makes a large instruction set for timing: rows of about 1 KB, half of them Chinese, and an evaluation set.

    python -m benchmarks.audit.make_rows --rows 1000000 --out rows-1000000.parquet --suite suite.jsonl

Words are drawn from the vocabulary of the demonstration set by their frequency, so the text reads as
nonsense but has the lengths, the tokens and the repeated phrases of real text. Of the rows 2 % are exact
copies of earlier ones, 3 % copies with one to three words changed, and 0.2 % hold an evaluation question
inside a longer prompt. Everything is vectorised, and memory does not grow with the number of rows.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.demo.clean import clean_rows
from governance.demo.rows import Row

Ids = npt.NDArray[np.int32]

BATCH = 8192
EXACT, NEAR, LEAKED = 0.02, 0.03, 0.002
ITEMS = 2000
QUESTION = 24  # words of an evaluation question
LEAK = 5  # words in front of a leaked question; they end in a stop
PHRASES, PHRASE_WORDS, PHRASE_RATE = (
    5000,
    12,
    0.3,
)  # sentences that many rows share, and how many rows hold one
PLAIN, COMMA, STOP, CAPITAL, ASKED = range(5)
"""A word's written forms; id = FORMS * word + form."""
FORMS = 5

_ENGLISH = re.compile(r"[A-Za-z]+(?:[-'][A-Za-z]+)*|[$]?\d[\d,.]*\d%?")
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2}|\d[\d,.]*\d%?")


@dataclass(frozen=True)
class Vocabulary:
    """Words of one language.

    Attributes:
        forms: written forms with whatever stands behind them, FORMS a word.
        chances: (words,) float64 cumulative frequencies.
        length: words of a long row; rows have 70 to 100 % of it.
    """

    forms: pa.StringArray
    chances: npt.NDArray[np.float64]
    length: int

    def draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> Ids:
        """Ids of words by frequency, with commas, stops and capitals as in running text."""
        words = np.searchsorted(self.chances, rng.random(shape)).astype(np.int32)
        forms = rng.choice(np.array([PLAIN, COMMA, STOP], np.int32), shape, p=[0.82, 0.1, 0.08])
        after_stop = np.zeros(shape, bool)
        after_stop[:, 1:] = forms[:, :-1] == STOP
        after_stop[:, 0] = True
        return words * FORMS + np.where(after_stop & (forms == PLAIN), CAPITAL, forms)


def vocabulary(language: str, texts: list[str]) -> Vocabulary:
    """The words of these texts with their frequencies, and as many numbers again."""
    english = language == "en"
    counts = Counter(w.lower() for text in texts for w in (_ENGLISH if english else _CHINESE).findall(text))
    words = [word for word, _ in counts.most_common(12_000)]
    weights = np.array([counts[word] for word in words], np.float64)
    forms = [f for word in words for f in (_english_forms(word) if english else _chinese_forms(word))]
    return Vocabulary(
        pa.array(forms, pa.string()), np.cumsum(weights) / weights.sum(), 205 if english else 190
    )


def _english_forms(word: str) -> tuple[str, ...]:
    return f"{word} ", f"{word}, ", f"{word}. ", f"{word.capitalize()} ", f"{word}? "


def _chinese_forms(word: str) -> tuple[str, ...]:
    return word, f"{word}，", f"{word}。", word, f"{word}？"


@dataclass(frozen=True)
class Speaker:
    """Everything needed to make rows in one language."""

    words: Vocabulary
    phrases: Ids  # (PHRASES, PHRASE_WORDS)
    questions: Ids  # (ITEMS / 2, QUESTION)


def speaker(language: str, seed: int) -> Speaker:
    """A speaker whose phrases and questions follow from the seed."""
    words = vocabulary(language, [row.text for row in _samples(seed) if row.language == language])
    rng = np.random.default_rng([seed, len(language), 1 if language == "en" else 2])
    phrases, questions = words.draw(rng, (PHRASES, PHRASE_WORDS)), words.draw(rng, (ITEMS // 2, QUESTION))
    questions = formed(questions, PLAIN)
    questions[:, 0], questions[:, -1] = formed(questions[:, 0], CAPITAL), formed(questions[:, -1], ASKED)
    return Speaker(words, phrases, questions)


@cache
def _samples(seed: int) -> list[Row]:
    return clean_rows(1200, seed)


def formed(ids: Ids, form: int) -> Ids:
    """The same words in another form."""
    return ids // FORMS * FORMS + form


def draw_rows(who: Speaker, count: int, earlier: Ids | None, rng: np.random.Generator) -> Ids:
    """(count, length) ids, -1 behind the end: new rows, copies, near copies, rows with a leaked question."""
    length = who.words.length
    rows = who.words.draw(rng, (count, length))
    _put(rows, who.phrases, PHRASE_RATE, rng)
    lengths = rng.integers(int(0.7 * length), length, count)
    rows[np.arange(length) >= lengths[:, None]] = -1
    rows[np.arange(count), lengths - 1] = formed(
        rows[np.arange(count), lengths - 1], STOP
    )  # answers are whole
    rows[:, LEAK - 1] = formed(rows[:, LEAK - 1], STOP)
    _put(rows, who.questions, LEAKED, rng, at=LEAK)
    copied = np.flatnonzero(rng.random(count) < EXACT + NEAR)
    pool = rows.copy() if earlier is None else earlier
    rows[copied] = pool[rng.integers(0, len(pool), len(copied))]
    _edit(rows, copied[rng.random(len(copied)) < NEAR / (EXACT + NEAR)], who.words, rng)
    return rows


def _edit(rows: Ids, changed: npt.NDArray[np.int64], words: Vocabulary, rng: np.random.Generator) -> None:
    """Replaces one to three words in each of these rows."""
    for _ in range(3):
        places = rng.integers(0, int(0.7 * words.length), len(changed))
        rows[changed, places] = words.draw(rng, (len(changed), 1))[:, 0]
        changed = changed[rng.random(len(changed)) < 0.6]


def _put(rows: Ids, pieces: Ids, rate: float, rng: np.random.Generator, at: int | None = None) -> None:
    """Writes one of the pieces into a share of the rows, at a place of its own in each."""
    chosen = np.flatnonzero(rng.random(len(rows)) < rate)
    width = pieces.shape[1]
    starts = (
        np.full(len(chosen), at) if at is not None else rng.integers(0, int(0.6 * rows.shape[1]), len(chosen))
    )
    rows[chosen[:, None], starts[:, None] + np.arange(width)] = pieces[
        rng.integers(0, len(pieces), len(chosen))
    ]


def texts(ids: Ids, words: Vocabulary) -> pa.StringArray:
    """(rows,) running text of the ids, -1 left out."""
    kept = ids >= 0
    offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), words.forms.take(pa.array(ids[kept])))
    return pc.utf8_rtrim_whitespace(pc.binary_join(lists, ""))


def conversations(ids: Ids, words: Vocabulary) -> tuple[pa.StringArray, pa.StringArray]:
    """(what the user says, what the assistant says): the first third and the rest."""
    third = words.length // 3
    return texts(ids[:, :third], words), texts(ids[:, third:], words)


def batches(rows: int, seed: int) -> Iterator[pa.Table]:
    """Tables of id, messages and source until there are `rows` rows."""
    speakers = [speaker(language, seed) for language in ("en", "zh")]
    earlier: list[Ids | None] = [None, None]
    for first in range(0, rows, BATCH):
        rng = np.random.default_rng([seed, first])
        count = min(BATCH, rows - first)
        parts = []
        for i, (who, size) in enumerate(zip(speakers, (count - count // 2, count // 2), strict=True)):
            ids = draw_rows(who, size, earlier[i], rng)
            earlier[i] = ids
            parts.append(conversations(ids, who.words))
        order = pa.array(rng.permutation(count))
        users, assistants = (pa.concat_arrays(side).take(order) for side in zip(*parts, strict=True))
        yield _table(users, assistants, first)


def _table(users: pa.StringArray, assistants: pa.StringArray, first: int) -> pa.Table:
    count = len(users)
    alternating = pa.array(np.stack([np.arange(count), np.arange(count) + count], axis=1).ravel())
    contents = pa.concat_arrays([users, assistants]).take(alternating)
    roles = pa.array(["user", "assistant"]).take(pa.array(np.tile([0, 1], count)))
    turns = pa.StructArray.from_arrays([roles, contents], ["role", "content"])
    messages = pa.ListArray.from_arrays(pa.array(np.arange(0, 2 * count + 1, 2), pa.int32()), turns)
    numbers = pa.array(np.arange(first, first + count)).cast(pa.string())
    ids = pc.binary_join_element_wise("row-", numbers, "")
    return pa.table({"id": ids, "messages": messages, "source": pa.repeat("benchmark", count)})


def write_rows(path: Path, rows: int, seed: int) -> None:
    """The Parquet file, one batch in memory at a time."""
    made = batches(rows, seed)
    first = next(made)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for table in made:
            writer.write_table(table)


def write_suite(path: Path, seed: int) -> None:
    """The evaluation set: each question with four options, of which some rows hold the question."""
    lines: list[str] = []
    for language in ("en", "zh"):
        who = speaker(language, seed)
        rng = np.random.default_rng([seed, 99, len(lines)])
        questions = texts(who.questions, who.words).to_pylist()
        options = texts(who.words.draw(rng, (4 * len(questions), 4)), who.words).to_pylist()
        for number, question in enumerate(questions):
            record: dict[str, object] = {"id": f"{language}-{number}", "question": question}
            record |= {"choices": options[4 * number : 4 * number + 4], "answer": "ABCD"[number % 4]}
            lines.append(json.dumps(record, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", "utf-8")


def main() -> None:
    """Read the command line and write the files it names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--suite", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write_rows(given.out, given.rows, given.seed)
    if given.suite is not None:
        write_suite(given.suite, given.seed)


if __name__ == "__main__":
    main()
