"""Tokens found by pieces are the tokenizer's own, for every text; tokenizers of other kinds are left alone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.embedding import pieces
from governance.embedding.model import load, wordllama_files
from governance.embedding.pieces import NORMALIZER, Pieces, pieces_of
from tests.embedding.models import needs_model, needs_wordllama

pytestmark = needs_model

BYTES = [f"<0x{b:02X}>" for b in range(256)]
MERGES = ["a b", "ab a", "▁ a", "▁ ▁", "▁▁ ▁▁", "b 字", "字 字", "é a", "a 😀", "▁a b"]
ODD = [
    "", " ", "a", "字", "  a", "▁a", "a▁ b", "ab" * 900, "字" * 1500, " " * 1500, "<s>ab</s>", "a<unk>b", "a\x00b",
    "\n\t\r", "😀a😀", "é e\u0301", "\ufffd", "𠀀𠀀ab", "<0x41>", "ab 字字 b字", "1234 5,678.90%", "- - -", "<s",
    "　ａ",
]  # fmt: skip


def made(**changes: Any) -> Any:
    """A tiny tokenizer of the same kind as Llama 2's, with parts of its description replaced."""
    from tokenizers import Tokenizer

    merged = [merge.replace(" ", "") for merge in MERGES]
    letters = sorted({c for merge in merged for c in merge})
    vocabulary = dict.fromkeys(["<unk>", "<s>", "</s>", *BYTES, *letters, *merged])
    model = {
        "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
        "vocab": {token: i for i, token in enumerate(vocabulary)}, "merges": MERGES,
    }  # fmt: skip
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    added = [{"id": i, "content": token, **flags} for i, token in enumerate(("<unk>", "<s>", "</s>"))]
    said = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": NORMALIZER,
        "pre_tokenizer": None, "post_processor": None, "decoder": None,
        "model": model | changes.pop("model", {}),
    }  # fmt: skip
    return Tokenizer.from_str(json.dumps(said | changes))


def quick(tokenizer: Any) -> Pieces:
    found = pieces_of(tokenizer)
    assert found is not None
    return found


def by_pieces(found: Pieces, texts: list[str], characters: int = 1024) -> list[list[int]]:
    tokens, bounds = found.tokens(pa.array(texts, pa.large_string()), characters)
    return [part.tolist() for part in np.split(tokens, bounds[1:-1])] if texts else []


def whole(tokenizer: Any, texts: list[str], characters: int = 1024) -> list[list[int]]:
    short = [text[:characters] for text in texts]
    return [e.ids for e in tokenizer.encode_batch_fast(short, add_special_tokens=False)]


TINY = made()
FOUND = quick(TINY)
LETTERS = st.text(st.sampled_from("ab 字▁é😀c\n") | st.characters(codec="utf-8"), max_size=30)
TEXTS = st.lists(LETTERS | st.sampled_from(["<s>", "a</s>b", "<unk>"]), max_size=6)


@given(TEXTS, st.integers(1, 40))
def test_every_text_has_the_tokens_of_the_tokenizer(texts: list[str], characters: int) -> None:
    assert whole(TINY, texts, characters) == by_pieces(FOUND, texts, characters)


def test_odd_texts_have_them_too_and_a_slice_of_a_column() -> None:
    column = pa.array(["before", *ODD, "behind"], pa.large_string()).slice(1, len(ODD))
    tokens, bounds = FOUND.tokens(column, 1024)

    assert whole(TINY, ODD) == by_pieces(FOUND, ODD)
    assert whole(TINY, ODD) == [part.tolist() for part in np.split(tokens, bounds[1:-1])]


def test_a_full_memory_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "REMEMBERED", 3)
    found = quick(TINY)

    for text in ODD * 2:
        assert whole(TINY, [text]) == by_pieces(found, [text])


def test_threads_do_not_disturb_each_other() -> None:
    found, texts = quick(TINY), [f"{odd} {i} ab" for i, odd in enumerate(ODD * 20)]
    parts = [texts[i::8] for i in range(8)]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda part: by_pieces(found, part), parts))

    assert [whole(TINY, part) for part in parts] == answers


@pytest.mark.parametrize(
    "changes",
    [
        {"pre_tokenizer": {"type": "Whitespace"}},
        {"normalizer": None},
        {"normalizer": {"type": "NFKC"}},
        {"model": {"byte_fallback": False}},
        {"model": {"dropout": 0.1}},
        {"model": {"ignore_merges": True}},
    ],
)
def test_other_kinds_of_tokenizers_are_left_alone(changes: dict[str, Any]) -> None:
    assert pieces_of(made(**changes)) is None


def test_merges_of_bytes_reach_into_characters() -> None:
    vocabulary = json.loads(TINY.to_str())["model"]["vocab"] | {"<0x00><0x01>": 999}

    assert pieces_of(made(model={"vocab": vocabulary, "merges": [*MERGES, "<0x00> <0x01>"]})) is None


@needs_wordllama
@given(st.lists(st.text(max_size=60), max_size=4))
def test_the_built_in_tokenizer_agrees(texts: list[str]) -> None:
    tokenizer, found = built_in()

    assert whole(tokenizer, texts) == by_pieces(found, texts)
    assert whole(tokenizer, ODD) == by_pieces(found, ODD)


_LOADED: list[tuple[Any, Pieces]] = []


def built_in() -> tuple[Any, Pieces]:
    """The tokenizer of the wordllama wheel and its pieces, made once."""
    from tokenizers import Tokenizer

    if not _LOADED:
        tokenizer = Tokenizer.from_file(str((wordllama_files() or (Path(), Path()))[1]))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        _LOADED.append((tokenizer, quick(tokenizer)))
    return _LOADED[0]


@needs_wordllama
def test_vectors_do_not_depend_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*ODD, "What is the duration of a bond?", "债券的久期是什么？", "债券 bond 债券"]
    model = load("auto")
    assert model._pieces is not None
    quickly = model.encode(texts)

    monkeypatch.setattr(model, "_pieces", None)

    assert model.encode(texts).tobytes() == quickly.tobytes()


@needs_wordllama
@pytest.mark.shared
def test_real_texts_have_the_tokens_of_the_tokenizer(shared_data: Path) -> None:
    tokenizer, found = built_in()
    texts = (shared_data / "gsm8k" / "test.jsonl").read_text("utf-8").splitlines()
    for path in sorted((shared_data / "laws").glob("*.md")):
        texts += path.read_text("utf-8").split("\n\n")

    assert whole(tokenizer, texts) == by_pieces(found, texts)
