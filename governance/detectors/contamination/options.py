"""What the options and the gold answers of items are worth for telling the items apart."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.benchmarks.suite import LETTERS
from governance.text.ngrams import token_lists

MOST_OPTIONS = 16  # options beyond this are not compared; no benchmark known to us has more than 10
COMMON_OPTION = 8  # an option of more questions than this says nothing about any of them


def gold_options(table: pa.Table) -> npt.NDArray[np.int8]:
    """(K,) which option the gold is, by its text; -1 where it is none or several."""
    options, golds = table.column("options").to_pylist(), table.column("answer_text").to_pylist()
    found = [
        o.index(g) if g is not None and g in o[:MOST_OPTIONS] else -1
        for o, g in zip(options, golds, strict=True)
    ]
    return np.array(found, np.int8)


def letter_hashes(table: pa.Table) -> npt.NDArray[np.uint64]:
    """(K,) hash of the letters that name the gold options, 0 where the gold is given otherwise."""
    found = []
    for answer, options in zip(*(table.column(n).to_pylist() for n in ("answer", "options")), strict=True):
        letters = (answer or "").strip("().（）。 ").upper()
        named = (
            options
            and 0 < len(letters) <= len(options)
            and all(c in LETTERS[: len(options)] for c in letters)
        )
        found.append(letters if named else "")
    lists = token_lists(pa.array(found, pa.large_string()))
    hashes = np.zeros(len(found), np.uint64)
    one = np.diff(lists.bounds) == 1
    hashes[one] = lists.hashes[lists.bounds[:-1][one]]
    return hashes


def filled_options(sizes: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """(K,) options with at least one word, of the first `MOST_OPTIONS`."""
    filled = np.concatenate([[0], np.cumsum(sizes > 0)])
    last = np.minimum(bounds[1:], bounds[:-1] + MOST_OPTIONS)
    return np.asarray(filled[last] - filled[bounds[:-1]], np.int8)


def telling_options(
    tokens: npt.NDArray[np.uint64], bounds: npt.NDArray[np.int64], options: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint32]:
    """(K,) bit masks of the options that say something about their item."""
    count = len(options) - 1
    keys = [tokens[a:b].tobytes() for a, b in pairwise(bounds[3 * count :].tolist())]
    questions = [tokens[a:b].tobytes() for a, b in pairwise(bounds[: count + 1].tolist())]
    asked: dict[bytes, set[bytes]] = {}
    for i, question in enumerate(questions):
        for key in keys[options[i] : options[i + 1]]:
            asked.setdefault(key, set()).add(question)
    masks = np.zeros(count, np.uint32)
    for i, question in enumerate(questions):
        for j, key in enumerate(keys[options[i] : options[i + 1]][:MOST_OPTIONS]):
            if key and len(asked[key]) <= COMMON_OPTION and not _holds(question, key):
                masks[i] |= np.uint32(1 << j)
    return masks


def _holds(question: bytes, option: bytes) -> bool:
    """Whether the tokens of an option stand in those of a question (8 bytes a token)."""
    at = question.find(option)
    while at >= 0 and at % 8:
        at = question.find(option, at + 1)
    return at >= 0


def stem_groups(
    tokens: npt.NDArray[np.uint64], bounds: npt.NDArray[np.int64], count: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """(stems, members): see `ItemArrays`."""
    groups: dict[bytes, list[int]] = {}
    for i, (a, b) in enumerate(pairwise(bounds[: count + 1].tolist())):
        groups.setdefault(tokens[a:b].tobytes(), []).append(i)
    sizes = np.zeros(count, np.int32)
    for members in groups.values():
        sizes[members[0]] = len(members)
    stems = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return stems, np.array([i for members in groups.values() for i in members], np.int32)


def siblings(
    tokens: npt.NDArray[np.uint64], bounds: npt.NDArray[np.int64], options: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(shared, by_options, by_context), each (K,) bool: see `PreparedItems`."""
    count = len(options) - 1
    keys = [tokens[a:b].tobytes() for a, b in pairwise(bounds.tolist())]
    groups: dict[bytes, list[int]] = {}
    for i in range(count):
        groups.setdefault(keys[i], []).append(i)
    shared = np.zeros(count, np.bool_)
    by_options, by_context = np.ones(count, np.bool_), np.ones(count, np.bool_)
    for members in groups.values():
        # options as a set, since their order is often permuted
        choices = [
            b"|".join(sorted(keys[3 * count + options[i] : 3 * count + options[i + 1]])) for i in members
        ]
        contexts = [keys[count + i] for i in members]
        if len(set(zip(choices, contexts, strict=True))) == 1:
            continue
        shared[members] = True
        by_options[members] = [choices.count(c) == 1 for c in choices]
        by_context[members] = [contexts.count(c) == 1 for c in contexts]
    return shared, by_options, by_context
