"""Tokens of texts, each different piece of text tokenised once.

A tokenizer of byte pairs without a pre-tokenizer, as Llama 2 and wordllama have it, takes a whole text for one word:
170 us a KB. But its tokens grow by merging neighbours, and two characters that stand side by side in no merged token
are never merged. A text may be cut between any such two, at spaces and between Chinese characters for one, and the
tokens of its pieces, end to end, are its tokens. Pieces recur, so a table of those already seen gives most of them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.samples import utf8_buffers
from governance.text.compiled import kept
from governance.text.ngrams import Table, build_table, finished, lookup
from governance.text.tokens import decode

SPACE = "\u2581"
"""What stands for a space in tokens, and before the first character of a text."""
NORMALIZER = {
    "type": "Sequence",
    "normalizers": [
        {"type": "Prepend", "prepend": SPACE},
        {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
    ],
}
REMEMBERED = 1 << 18
"""Pieces a thread remembers; 20 MB. English and Chinese web text has about 100,000 that recur."""
ASCII = 128

_MARK = ord(SPACE)
_BLANK = 32
_BASE = np.uint64(0xD6E8FEB86659FD93)


class Joined(NamedTuple):
    """Which two characters some token has side by side.

    Attributes:
        ascii: (128, 128) bool, for two characters of ASCII; a space stands for `SPACE`.
        others: the same for all others, by `_both`.
    """

    ascii: npt.NDArray[np.bool_]
    others: Table


class Memory:
    """The pieces one thread has seen: sorted hashes, and where the tokens of each lie in `store`."""

    def __init__(self) -> None:
        self.hashes = np.empty(0, np.uint64)
        self.places = np.empty(0, np.int32)
        self.store = np.empty(0, np.int32)  # of each piece the number of its tokens, then its tokens
        self.table = build_table(self.hashes)

    def full(self) -> bool:
        """Whether it is time to begin anew: text without words fills the store with tokens that never recur."""
        return len(self.hashes) > REMEMBERED or len(self.store) > 16 * REMEMBERED

    def add(self, hashes: npt.NDArray[np.uint64], found: list[list[int]]) -> npt.NDArray[np.int32]:
        """Remembers the tokens of new pieces; where they lie."""
        sizes = np.fromiter(map(len, found), np.int32, len(found))
        places = (len(self.store) + np.cumsum(sizes + 1) - sizes - 1).astype(np.int32)
        tokens = np.fromiter(chain.from_iterable(found), np.int32, int(sizes.sum()))
        counted = np.insert(tokens, np.cumsum(sizes) - sizes, sizes)  # before each piece's tokens, how many
        self.store = np.concatenate([self.store, counted])
        every = np.concatenate([self.hashes, hashes])
        order = np.argsort(every)
        self.hashes, self.places = every[order], np.concatenate([self.places, places])[order]
        self.table = build_table(self.hashes)
        return places


class Pieces:
    """Finds what a tokenizer finds, with a table of pieces for each thread."""

    def __init__(self, tokenizer: Any, joined: Joined, special: tuple[str, ...]) -> None:
        from tokenizers import Tokenizer

        self._whole = tokenizer
        self._bare = Tokenizer(tokenizer.model)  # pieces come with their spaces replaced
        self._joined = joined
        self._special = special
        self._local = threading.local()

    def tokens(
        self, texts: pa.LargeStringArray, characters: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """(token ids of the first `characters` of every text, end to end; (n + 1,) their bounds)."""
        special = np.zeros(len(texts), np.bool_)
        for words in self._special:  # a token that no merge made; these few texts are left to the tokenizer
            special |= np.asarray(pc.match_substring(texts, words))
        places, bounds, store = self._places(texts, characters, special)
        whole = [text[:characters] for text in texts.filter(pa.array(special)).to_pylist()]
        found = [e.ids for e in self._whole.encode_batch_fast(whole, add_special_tokens=False)]
        sizes = _sizes(places, bounds, store)
        sizes[special] = [len(ids) for ids in found]
        ends = np.concatenate([[0], np.cumsum(sizes)])
        out = np.empty(int(ends[-1]), np.int32)
        _expand(places, bounds, store, ends, out)
        for text, ids in zip(np.flatnonzero(special), found, strict=True):
            out[ends[text] : ends[text + 1]] = ids
        return out, ends

    def _places(
        self, texts: pa.LargeStringArray, characters: int, skip: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """(where the tokens of each piece lie, (n + 1,) bounds of the texts' pieces, the store they lie in)."""
        memory = self._memory()
        data, offsets = utf8_buffers(texts)
        room = int(offsets[-1] - offsets[0]) + len(texts)  # a text may open with a piece of its own, its mark
        places, bounds = np.empty(room, np.int32), np.zeros(len(texts) + 1, np.int64)
        new = _New(np.empty(room, np.uint64), np.empty((room, 4), np.int64))
        total, fresh = _find(
            data, offsets, skip, characters, self._joined, memory.table, memory.places, places, bounds, new
        )
        if fresh:
            hashes, first, which = np.unique(new.hashes[:fresh], return_index=True, return_inverse=True)
            made = [_text(data, *where) for where in new.where[first, 1:].tolist()]
            ids = [e.ids for e in self._bare.encode_batch_fast(made, add_special_tokens=False)]
            places[new.where[:fresh, 0]] = memory.add(hashes, ids)[which]
        return places[:total], bounds, memory.store

    def _memory(self) -> Memory:
        memory: Memory | None = getattr(self._local, "memory", None)
        if memory is None or memory.full():
            memory = self._local.memory = Memory()
        return memory


def _text(data: npt.NDArray[np.uint8], start: int, end: int, opens: int) -> str:
    return SPACE * opens + bytes(data[start:end]).decode().replace(" ", SPACE)


def pieces_of(tokenizer: Any) -> Pieces | None:
    """The quick way to a tokenizer's tokens; None for a tokenizer of another kind."""
    said = json.loads(tokenizer.to_str())
    model = said["model"]
    plain = model["type"] == "BPE" and not any(
        (said["pre_tokenizer"], model["dropout"], model["continuing_subword_prefix"],
         model["end_of_word_suffix"], model.get("ignore_merges"))
    )  # fmt: skip
    whole_bytes = model.get("byte_fallback") and all(f"<0x{b:02X}>" in model["vocab"] for b in range(256))
    listed = not any(token["normalized"] for token in said["added_tokens"])
    if not (plain and whole_bytes and listed and said["normalizer"] == NORMALIZER):
        return None
    joined = _joined(model)
    special = tuple(token["content"] for token in said["added_tokens"])
    return None if joined is None else Pieces(tokenizer, joined, special)


def _joined(model: Mapping[str, Any]) -> Joined | None:
    """The neighbours within tokens that merges make; None where merges reach into the bytes of a character."""
    merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    if any(part.startswith("<0x") and part.endswith(">") for merge in merges for part in merge):
        return None
    pairs = {
        (ord(a), ord(b)) for one, other in merges for a, b in pairwise((one + other).replace(SPACE, " "))
    }
    ascii_ = np.zeros((ASCII, ASCII), np.bool_)
    others = []
    for a, b in pairs:
        if a < ASCII and b < ASCII:
            ascii_[a, b] = True
        else:
            others.append(a << 32 | b)
    mixed = np.array([int(_both(np.uint64(pair))) for pair in others], np.uint64)
    return Joined(ascii_, build_table(np.unique(mixed)))


@kept
def _both(pair: np.uint64) -> Any:
    """A hash of two code points."""
    return finished(pair * _BASE)


class _New(NamedTuple):
    """Pieces that are not remembered yet.

    Attributes:
        hashes: (room,).
        where: (room, 4) number of the piece, its first byte, the byte behind it, whether it opens a text.
    """

    hashes: npt.NDArray[np.uint64]
    where: npt.NDArray[np.int64]


@kept
def _find(
    data: Any, offsets: Any, skip: Any, characters: int, joined: Any, table: Any, known: Any,
    places: Any, bounds: Any, new: Any,
) -> Any:  # fmt: skip
    """Cuts every text into pieces and looks each up; (pieces, those among them that are new)."""
    total = fresh = 0
    for i in range(len(offsets) - 1):
        at, end, read, opens = offsets[i], offsets[i + 1], 0, True
        while not skip[i] and at < end and read < characters:
            start = at
            rolling = np.uint64(_BLANK + 1) * _BASE if opens else np.uint64(0)
            before = _BLANK if opens else -1
            while at < end and read < characters:
                code, size = decode(data, at, end)
                code = _BLANK if code == _MARK else code
                if before >= 0 and not _are_joined(before, code, joined):
                    break
                rolling = (rolling ^ (rolling >> np.uint64(29))) * _BASE + np.uint64(code + 1)
                before, at, read = code, at + size, read + 1
            found = finished(rolling)
            number = lookup(table, found)
            if number < 0:
                new.hashes[fresh] = found
                new.where[fresh, 0], new.where[fresh, 1], new.where[fresh, 2] = total, start, at
                new.where[fresh, 3] = opens
                fresh += 1
            else:
                places[total] = known[number]
            total, opens = total + 1, False
        bounds[i + 1] = total
    return total, fresh


@kept
def _are_joined(one: int, other: int, joined: Any) -> Any:
    if one < ASCII and other < ASCII:
        return joined.ascii[one, other]
    return lookup(joined.others, _both((np.uint64(one) << np.uint64(32)) | np.uint64(other))) >= 0


def _sizes(places: Any, bounds: Any, store: Any) -> npt.NDArray[np.int64]:
    """(n,) tokens of each text."""
    total = np.concatenate([[0], np.cumsum(store[places], dtype=np.int64)])
    return np.asarray(total[bounds[1:]] - total[bounds[:-1]], np.int64)


@kept
def _expand(places: Any, bounds: Any, store: Any, ends: Any, out: Any) -> None:
    """Writes the tokens of all pieces of each text to where its tokens belong."""
    for i in range(len(bounds) - 1):
        to = ends[i]
        for p in range(bounds[i], bounds[i + 1]):
            place = places[p]
            for k in range(store[place]):
                out[to] = store[place + 1 + k]
                to += 1
