"""An evaluation set as a value: its items in one table, one content hash, notes on what was unusable."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from governance.benchmarks.items import ITEMS
from governance.samples import canonical_text, sha256_hex

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NOTES_LISTED = 200


@dataclass(frozen=True)
class Suite:
    """An evaluation set.

    Attributes:
        name: what findings call it, e.g. fineval.
        uri: where it was read from, as the user gave it.
        items: `ITEMS` columns; item ids are unique.
        content_hash: 64 hex, over the items' own hashes in sorted order, so file order does not matter.
        notes: rows that could not be used, withheld answers, texts set apart; nothing is dropped in silence.
    """

    name: str
    uri: str
    items: pa.Table
    content_hash: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RawItem:
    """One item as an adapter found it; texts are as in the file.

    Attributes:
        item: the adapter's proposal of an id, e.g. accounting_val/3; made unique by `build_suite`.
        answer: the gold as the benchmark gives it; None where it is withheld.
        answer_text: the gold spelled out; None takes the option that the letter names, or the answer itself.
    """

    item: str
    question: str
    options: tuple[str, ...] = ()
    answer: str | None = None
    answer_text: str | None = None
    context: str | None = None
    subject: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Reading:
    """What an adapter brings back: items in file order, and what it could not take, in words."""

    items: Sequence[RawItem]
    notes: Sequence[str] = field(default_factory=tuple)


def build_suite(name: str, uri: str, reading: Reading) -> Suite:
    """The suite of a reading: canonical texts, unique ids, hashes.

    A text with lone surrogates has them replaced by U+FFFD, since UTF-8 cannot hold them.
    """
    items = list(reading.items)
    ids, repeated = _unique([i.item for i in items])
    texts = [_text(i.question) or "" for i in items]
    contexts = [_text(i.context) for i in items]
    options = [[_text(o) or "" for o in i.options] for i in items]
    answers = [_text(i.answer) for i in items]
    golds = [
        _text(i.answer_text) or _spelled_out(a, o) for i, a, o in zip(items, answers, options, strict=True)
    ]
    parts = {
        "question": _canonical(texts),
        "context": _canonical(contexts),
        "options": _canonical_lists(options),
        "answer": _canonical(answers),
        "answer_text": _canonical(golds),
    }
    table = pa.table(
        {
            "suite": pa.array([name] * len(items), pa.string()),
            "item": pa.array(ids, pa.string()),
            "subject": pa.array([_text(i.subject) for i in items], pa.string()),
            "label": pa.array([_text(i.label) for i in items], pa.string()),
            **parts,
            "content_hash": content_hashes(parts),
        }
    ).select(ITEMS.names)
    return Suite(
        name,
        uri,
        table.cast(ITEMS),
        suite_hash(table.column("content_hash").to_pylist()),
        tuple(_capped([*reading.notes, *repeated, *_withheld(answers)])),
    )


def content_hashes(parts: dict[str, pa.Array]) -> pa.StringArray:
    """(n,) SHA-256 hex of question, context, options and answer; every part is hashed before it is joined.

    Joining digests rather than texts means that no text can imitate a boundary between parts. A part that is
    null has an empty digest, which differs from the digest of an empty text.
    """
    digests = {name: _digests(parts[name]) for name in ("question", "context", "answer")}
    lists = parts["options"]
    flat = _digests(lists.flatten()).to_pylist()
    bounds = lists.offsets.to_pylist()
    lines = [
        "\n".join([f"question:{q}", f"context:{c}", *(f"option:{d}" for d in flat[a:b]), f"answer:{g}"])
        for q, c, g, a, b in zip(
            *(digests[n].to_pylist() for n in ("question", "context", "answer")),
            bounds[:-1],
            bounds[1:],
            strict=True,
        )
    ]
    return sha256_hex(pa.array(lines, pa.large_string()))


def suite_hash(hashes: Sequence[str]) -> str:
    """64 hex over the items' hashes, whatever their order."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


def letter_index(answer: str | None, count: int) -> int | None:
    """Which option a gold letter such as 'C', '(c)' or 'C.' names, 0-based; None where it names none."""
    letter = (answer or "").strip().strip("().（）。、").upper()
    if len(letter) != 1 or letter not in LETTERS[:count]:
        return None
    return LETTERS.index(letter)


def _spelled_out(answer: str | None, options: Sequence[str]) -> str | None:
    """The option texts that a gold such as 'C', 'ABD' or 'A;C' names, or the gold itself."""
    if answer is None or not options:
        return answer
    letters = [c for c in answer.upper() if c not in " ,，;；、."]
    named = [LETTERS.index(c) for c in letters if c in LETTERS[: len(options)]]
    if not letters or len(named) != len(letters) or len(set(named)) != len(named):
        return answer
    return "\n".join(options[i] for i in named)


def _text(value: str | None) -> str | None:
    """A text without outer white space that UTF-8 can hold; None where nothing is left."""
    if value is None:
        return None
    stripped = value.strip()
    return stripped.encode("utf-8", "replace").decode() if stripped else None


def _canonical(texts: Sequence[str | None]) -> pa.LargeStringArray:
    return canonical_text(pa.array(texts, pa.large_string()))


def _canonical_lists(lists: Sequence[Sequence[str]]) -> pa.ListArray:
    offsets = [0]
    for values in lists:
        offsets.append(offsets[-1] + len(values))
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), _canonical([v for values in lists for v in values])
    )


def _digests(texts: pa.Array) -> pa.StringArray:
    """SHA-256 hex of each text, the empty string for a null."""
    return sha256_hex(texts).fill_null("")


def _unique(ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """The ids, a repeated one numbered `#2`, `#3` ... in file order, and a note for each repeated id."""
    counts = Counter(ids)
    seen: Counter[str] = Counter()
    taken = set(ids)
    unique: list[str] = []
    for name in ids:
        seen[name] += 1
        proposal = name
        while seen[name] > 1 and (proposal := f"{name}#{seen[name]}") in taken:
            seen[name] += 1
        taken.add(proposal)
        unique.append(proposal)
    return unique, [f"{n} items are called {k}; they were numbered" for k, n in counts.items() if n > 1]


def _withheld(answers: Sequence[str | None]) -> list[str]:
    missing = sum(a is None for a in answers)
    return [f"{missing} of {len(answers)} items have no gold answer"] if missing else []


def _capped(notes: Sequence[str]) -> list[str]:
    """At most `NOTES_LISTED` notes, the rest counted."""
    if len(notes) <= NOTES_LISTED:
        return list(notes)
    return [*notes[:NOTES_LISTED], f"{len(notes) - NOTES_LISTED} further notes are not listed"]
